# SPDX-License-Identifier: MIT
"""Bounds of subsets: numbers, instants, grid indices, and what depends on iterators (section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import number_text, parse_number
from eoxserver.core.crs import to_number
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidSubsetting, WcpsSemanticError
from eoxserver.core.selection import Slice, select
from eoxserver.query.cellwise.types import LONG
from eoxserver.query.plan import Constant, Iterator, Map, Node
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bodies import numbers_of
from eoxserver.services.wcps.compile.operands import cells, described, known_number
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.values import CoverageValue, DomainAxis, DomainValue, InstantsValue, TextValue

__all__ = ["Bound", "Lifted", "bound", "cell_of", "concatenate", "grid_index", "integer", "real", "single_axis"]


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """A bound that depends on iterators: a grid index, or an instant."""

    value: CoverageValue | InstantsValue


Bound: TypeAlias = int | float | str | Lifted | DomainValue


def bound(scope: Scope, tree: nodes.Syntax) -> Bound:
    """What stands on one side of an interval, or between parentheses."""
    value = scope.value(tree)
    match value:
        case TextValue():
            return value.text
        case DomainValue():
            return value
        case InstantsValue():
            return Lifted(value)
        case CoverageValue():
            if not value.is_scalar:
                labels = ", ".join(value.domain.labels)
                raise scope.plan.error(
                    WcpsSemanticError,
                    f"a bound must be a single number, and this is a coverage with axes {labels}",
                    tree,
                    "condense it, or slice all its axes",
                )
            return Lifted(value) if value.iterators else known_number(scope, value, tree, "a bound")
        case _:
            raise scope.plan.error(
                WcpsSemanticError, f"a bound is a number or an instant, and this is {described(value)}", tree
            )


def grid_index(scope: Scope, given: Bound, tree: nodes.Syntax, label: str) -> int:
    """A bound as grid index; raises InvalidSubsetting when it is no integer."""
    found = parse_number(given) if isinstance(given, str) else given
    if not isinstance(found, (int, float)) or found != int(found):
        shown = given if isinstance(given, (str, int, float)) else described_bound(given)
        raise scope.plan.error(
            InvalidSubsetting, f"axis {label}: '{shown}' is no grid index; those are integers", tree, locator=label
        )
    return int(found)


def described_bound(given: Bound) -> str:
    """What a bound is, for messages."""
    return "a domain" if isinstance(given, DomainValue) else "what depends on an iterator"


def single_axis(scope: Scope, domain: DomainValue, tree: nodes.Syntax) -> DomainAxis:
    """The only axis of a domain."""
    if len(domain.axes) != 1:
        labels = ", ".join(one.axis.label for one in domain.axes)
        raise scope.plan.error(
            WcpsSemanticError,
            f"the domain of one axis is needed here, and this is that of {len(domain.axes)} ({labels})",
            tree,
            f"name the axis, as in domain($c, {domain.axes[0].axis.label})",
        )
    return domain.axes[0]


def integer(scope: Scope, tree: nodes.Syntax, what: str) -> int:
    """An integer that is known now; a real number without fraction is one."""
    found = known_number(scope, cells(scope, tree), tree, what)
    if found != int(found):
        raise scope.plan.error(WcpsSemanticError, f"{what} must be an integer, not {number_text(found)}", tree)
    return int(found)


def real(scope: Scope, tree: nodes.Syntax, what: str) -> float:
    """A number that is known now."""
    return float(known_number(scope, cells(scope, tree), tree, what))


def concatenate(scope: Scope, tree: nodes.Concatenation) -> TextValue:
    """``"2008-" . "01"``: text and numbers joined (section 3, ``bound``)."""
    return TextValue("".join(_piece(scope, part) for part in (tree.left, tree.right)))


def _piece(scope: Scope, tree: nodes.Syntax) -> str:
    found = bound(scope, tree)
    if isinstance(found, str):
        return found
    if isinstance(found, (int, float)):
        return number_text(found)
    raise scope.plan.error(WcpsSemanticError, f"'.' joins text and numbers, not {described_bound(found)}", tree)


# -- iterators --------------------------------------------------------------------------------------------------


def cell_of(scope: Scope, lifted: Lifted, axis: Axis, low: int, tree: nodes.Syntax) -> CoverageValue:
    """The number of the cell, from 0, that a bound which depends on iterators means.

    At places that a condition excludes it may be no cell of the axis.

    Raises
    ------
    InvalidSubsetting
        When it leaves the axis elsewhere, as far as that is known without reading data.
    """
    value = lifted.value
    node: Node
    if isinstance(value, InstantsValue):
        node = _cells_of_instants(scope, value, axis, tree)
    elif isinstance(value.node, Iterator):
        node = _shifted(value.node, -low)
    elif low == 0:
        node = value.node
    else:
        shift = scope.plan.step(Constant(low, LONG), tree)
        node = Map("-", (value.node, shift.node))
    step = scope.plan.step(node, tree)
    if isinstance(node, Iterator) and _stays(node, axis):
        return CoverageValue(step, ())
    found = numbers_of(scope, step)
    if found is None and isinstance(node, Iterator):
        raise _left(scope, node, axis, low, tree)
    if found is not None:
        numbers, matters = found
        outside = ((numbers < 0) | (numbers >= axis.size)) & matters
        if outside.any():
            if isinstance(node, Iterator) and matters.all():
                raise _left(scope, node, axis, low, tree)
            first = int(np.broadcast_to(numbers, outside.shape)[outside].flat[0]) + low
            raise scope.plan.error(
                InvalidSubsetting,
                f"axis {axis.label}: {first} is outside its grid, {low}:{low + axis.size - 1}",
                tree,
                "where excludes places: condense ... where $x < 9 using ...",
                locator=axis.label,
            )
    return CoverageValue(step, ())


def _stays(node: Iterator, axis: Axis) -> bool:
    """Whether all numbers of an iterator are cells of an axis."""
    places = node.values or (node.low, node.low + node.size - 1)
    return min(places) >= 0 and max(places) < axis.size


def _left(scope: Scope, node: Iterator, axis: Axis, low: int, tree: nodes.Syntax) -> InvalidSubsetting:
    places = node.values or (node.low, node.low + node.size - 1)
    return scope.plan.error(
        InvalidSubsetting,
        f"axis {axis.label}: iterator {node.name.partition('#')[0]} goes from {int(min(places)) + low} to "
        f"{int(max(places)) + low}, and the grid from {low} to {low + axis.size - 1}",
        tree,
        f"imageCrsDomain($c, {axis.label}) is the grid of the axis",
        locator=axis.label,
    )


def _shifted(iterator: Iterator, by: int) -> Iterator:
    values = None if iterator.values is None else tuple(value + by for value in iterator.values)
    return Iterator(iterator.name, iterator.low + by, iterator.size, values)


def _cells_of_instants(scope: Scope, value: InstantsValue, axis: Axis, tree: nodes.Syntax) -> Iterator:
    if axis.crs is None or not axis.crs.is_temporal:
        raise scope.plan.error(
            InvalidSubsetting,
            f"axis {axis.label} is no time axis; the iterator visits instants",
            tree,
            locator=axis.label,
        )
    domain = Domain((axis,))
    found = []
    for instant in value.instants:
        with scope.plan.placed(tree):
            point = to_number(axis.crs, instant)
            found.append(select(domain, (Slice(axis.label, point),)).box.low[0])
    return Iterator(value.iterator.name, 0, value.iterator.size, tuple(found))
