# SPDX-License-Identifier: MIT
"""What operands have to be: cells, coverages with axes, coverages of one grid, numbers that are known now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from eoxserver.core.axes import Axis, IrregularAxis
from eoxserver.core.crs import Crs
from eoxserver.core.errors import InvalidRequest, WcpsSemanticError
from eoxserver.query.cellwise.alignment import same_reference
from eoxserver.query.cellwise.types import BOOLEAN, DOUBLE, LONG, type_name
from eoxserver.query.plan import Constant, Node
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.values import (
    CoverageValue,
    DomainValue,
    InstantsValue,
    ListValue,
    OutlinesValue,
    TextValue,
    Value,
)

__all__ = [
    "boolean_cells", "cells", "check_bands", "check_grids", "check_settled", "constant", "coverage", "derived_value",
    "known_number", "made", "number_constant", "scalar",
]  # fmt: skip

ULONG = np.dtype(np.uint32)


def described(value: Value) -> str:
    """What a value is, for messages."""
    match value:
        case TextValue():
            return "text"
        case DomainValue():
            return "a domain"
        case ListValue():
            return "a list of values"
        case InstantsValue():
            return "an instant"
        case CoverageValue():
            return "a coverage" if not value.is_scalar else "a scalar"
        case OutlinesValue():
            return "a set of polygons"
        case _:
            return "a geometry"


def cells(scope: Scope, tree: nodes.Syntax) -> CoverageValue:
    """An operand that has cells: a coverage or a scalar."""
    value = scope.value(tree)
    if isinstance(value, CoverageValue):
        return value
    hints = {
        DomainValue: "take one end of it, as in domain($c, Lat).lo",
        InstantsValue: "an iterator over instants only stands in axis(...)",
        ListValue: "lists stand in the domain of an iterator",
    }
    hint = hints.get(type(value), "")
    raise scope.plan.error(WcpsSemanticError, f"numbers are needed here, and this is {described(value)}", tree, hint)


def coverage(scope: Scope, tree: nodes.Syntax, what: str) -> CoverageValue:
    """An operand with axes: 0-D coverages and scalars are refused (section 4, "0-D")."""
    value = cells(scope, tree)
    if value.is_scalar:
        raise scope.plan.error(InvalidRequest, f"{what} needs a coverage with axes, and this is a single value", tree)
    return value


def scalar(scope: Scope, tree: nodes.Syntax, what: str) -> CoverageValue:
    """An operand without axes."""
    value = cells(scope, tree)
    if not value.is_scalar:
        raise scope.plan.error(
            WcpsSemanticError,
            f"{what} must be a single value, and this is a coverage with axes {', '.join(value.domain.labels)}",
            tree,
            "condense it, or slice all its axes",
        )
    return value


def boolean_cells(scope: Scope, tree: nodes.Syntax, what: str) -> CoverageValue:
    """An operand whose cells are true or false."""
    value = cells(scope, tree)
    check_boolean(scope, value, tree, what)
    return value


def check_boolean(scope: Scope, value: CoverageValue, tree: nodes.Syntax, what: str) -> None:
    """Refuse cells that are not truth values."""
    for field in value.range_type.fields:
        if field.dtype != BOOLEAN:
            raise scope.plan.error(
                WcpsSemanticError,
                f"{what} must be true or false, and this is {type_name(field.dtype)}",
                tree,
                "compare it, as in $c > 0",
            )


def check_bands(scope: Scope, values: Sequence[CoverageValue], tree: nodes.Syntax) -> None:
    """Refuse operands of several bands that do not have equally many (section 4.4)."""
    counts = sorted({len(value.range_type) for value in values} - {1})
    if len(counts) > 1:
        raise scope.plan.error(
            WcpsSemanticError,
            f"incompatible operands: they have {counts[0]} and {counts[1]} bands; "
            "equally many go together, and one band goes with all",
            tree,
        )


def check_grids(scope: Scope, values: Sequence[CoverageValue], tree: nodes.Syntax) -> None:
    """Refuse coverages that do not have one grid (section 4.1); scalars go with all."""
    grids = [value for value in values if not value.is_scalar]
    for other in grids[1:]:
        reason = _difference(grids[0], other)
        if reason:
            raise scope.plan.error(
                WcpsSemanticError,
                f"incompatible operands: {reason}",
                tree,
                "bring them to one grid first, with subsets, scale or crsTransform",
            )


def _difference(a: CoverageValue, b: CoverageValue) -> str:
    """Why two coverages do not have one grid; empty when they have."""
    first, second = a.domain, b.domain
    if len(first.axes) != len(second.axes):
        return (
            f"one has {len(first.axes)} axes ({', '.join(first.labels)}), "
            f"the other {len(second.axes)} ({', '.join(second.labels)})"
        )
    for mine, theirs in zip(first.axes, second.axes, strict=True):
        if mine.size != theirs.size:
            return f"axis {mine.label} of one has {mine.size} cells, axis {theirs.label} of the other {theirs.size}"
        if mine.role is not theirs.role:
            return f"axis {mine.label} of one stands where the other has axis {theirs.label}"
        if not same_reference(mine, theirs):
            return (
                f"axis {mine.label} of one is in {_crs_name(mine)}, "
                f"axis {theirs.label} of the other in {_crs_name(theirs)}"
            )
        if isinstance(mine, IrregularAxis) != isinstance(theirs, IrregularAxis):
            return f"axis {mine.label} of one is irregular, of the other it is not"
        if isinstance(mine, IrregularAxis) and not np.allclose(mine.coordinates(), theirs.coordinates(), rtol=1e-12):
            return f"the positions along axis {mine.label} are not the same"
    return ""


def _crs_name(axis: Axis) -> str:
    crs: Crs | None = axis.crs
    return "no CRS" if crs is None else crs.short


# -- making values ----------------------------------------------------------------------------------------------


def made(scope: Scope, node: Node, tree: nodes.Syntax, *sources: CoverageValue) -> CoverageValue:
    """The value of a node that has the grid of its sources."""
    low = next((source.low for source in sources if not source.is_scalar), ())
    return derived_value(scope, node, tree, low, *sources)


def derived_value(
    scope: Scope, node: Node, tree: nodes.Syntax, low: tuple[int, ...], *sources: CoverageValue
) -> CoverageValue:
    """The value of a node whose grid begins at ``low``."""
    identifier = next((source.identifier for source in sources if source.identifier), "")
    step = scope.plan.step(node, tree)
    floating = frozenset[str]().union(*(source.floating for source in sources)) if step.iterators else frozenset()
    return CoverageValue(step, low, identifier, floating & frozenset(step.own_domain.labels))


def check_settled(scope: Scope, value: CoverageValue, labels: Iterable[str], tree: nodes.Syntax) -> None:
    """Refuse to ask where an axis is that was cut by an interval which depends on iterators."""
    for label in value.floating.intersection(labels):
        raise scope.plan.error(
            WcpsSemanticError,
            f"axis {label} was cut by an interval that depends on an iterator: where it is cannot be told here",
            tree,
            "do this before the interval is cut, or condense the axis",
        )


def constant(scope: Scope, node: Constant, tree: nodes.Syntax) -> CoverageValue:
    """The value of a constant."""
    return CoverageValue(scope.plan.step(node, tree), ())


def number_constant(value: float) -> Constant:
    """A number as the language types it: an integer is ``long`` where it fits, a real number ``double``."""
    if isinstance(value, int) and -(2**31) <= value < 2**31:
        return Constant(value, LONG)
    if isinstance(value, int) and 0 <= value < 2**32:
        return Constant(value, ULONG)
    return Constant(float(value), DOUBLE)


# -- numbers ----------------------------------------------------------------------------------------------------


def known_number(scope: Scope, value: CoverageValue, tree: nodes.Syntax, what: str) -> int | float:
    """The number that a scalar is; data it depends on is read now.

    Raises
    ------
    WcpsSemanticError
        When it depends on an iterator, has several bands, is null, complex or not finite.
    """
    if value.iterators:
        names = ", ".join(iterator.name.partition("#")[0] for iterator in value.iterators)
        raise scope.plan.error(WcpsSemanticError, f"{what} must not depend on iterator {names}", tree)
    if not value.is_scalar or len(value.range_type) != 1:
        raise scope.plan.error(WcpsSemanticError, f"{what} must be a single number", tree)
    found: object = value.node.value if isinstance(value.node, Constant) else None
    if found is None:
        with scope.plan.placed(tree):
            read = scope.plan.read(value.step)
        if read.valid is not None and not read.valid.all():
            raise scope.plan.error(WcpsSemanticError, f"{what} must be a number, and is null", tree)
        found = read.values.reshape(-1)[0].item()
    if not isinstance(found, (bool, int, float)) or not math.isfinite(found):
        raise scope.plan.error(WcpsSemanticError, f"{what} must be a finite number, not {found}", tree)
    return int(found) if isinstance(found, bool) else found
