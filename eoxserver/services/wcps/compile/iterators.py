# SPDX-License-Identifier: MIT
"""What iterates: general condensers, coverage constructors, constant coverages, ``sort`` and ``flip`` (section 4).

An iterator goes through integers, grid indices of an axis, numbers, or instants; what these are must be known when the
query is compiled. Inside a body it is a number, or a grid index where it stands in a subset.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import index_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.cellwise.types import BOOLEAN, DOUBLE, LONG
from eoxserver.query.plan import Condense, Construct, Flip, Given, Iterator, Map, Pick, PickCell, Sort
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bodies import Declared, body, guard_of, having
from eoxserver.services.wcps.compile.operands import (
    cells,
    check_boolean,
    check_grids,
    coverage,
    derived_value,
    made,
    scalar,
)
from eoxserver.services.wcps.compile.ranges import check_one_range, declared_iterators, within_ranges
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.subsets import axis_position
from eoxserver.services.wcps.compile.values import CoverageValue

__all__ = ["condense", "constant_coverage", "construct", "flip", "sort"]

MOST_CELLS = 1 << 24
"""Cells that a constant coverage may have."""


def condense(scope: Scope, tree: nodes.Condense) -> CoverageValue:
    """``condense op over ... where ... using e``."""
    declared = declared_iterators(scope, tree.iterators)
    where = within_ranges(having(scope, declared, tree), declared, tree)
    if where is not None:
        scope = scope.guarded(guard_of(scope, where))
    if tree.where is not None:
        condition = tree.where
        given = body(scope, declared, lambda inner: cells(inner, condition), condition)
        check_boolean(scope, given, condition, "the condition of condense")
        scope = scope.guarded(guard_of(scope, given))
        where = given if where is None else made(scope, Map("and", (where.node, given.node)), condition, given, where)
    using = body(scope, declared, lambda inner: cells(inner, tree.using), tree.using)
    if tree.operator in ("and", "or"):
        check_boolean(scope, using, tree.using, f"what condense {tree.operator} takes")
    if where is not None and tree.where is not None:
        check_grids(scope, (using, where), tree.where)
    iterators = tuple(one.iterator for one in declared)
    node = Condense(tree.operator, iterators, using.node, None if where is None else where.node)
    if where is not None and using.is_scalar:  # the same in each cell of the condition
        return derived_value(scope, node, tree, where.low, where, using)
    return derived_value(scope, node, tree, using.low, using)


def construct(scope: Scope, tree: nodes.Coverage) -> CoverageValue:
    """``coverage name over ... values e``."""
    declared = declared_iterators(scope, tree.iterators)
    check_one_range(scope, declared, tree)
    what = "the value at one place"
    values = body(scope, declared, lambda inner: scalar(inner, tree.values, what), tree.values)
    labels = tuple(one.label for one in declared)
    name = tree.name.lstrip("$")
    node = Construct(labels, tuple(one.iterator for one in declared), values.node, name)
    return CoverageValue(scope.plan.step(node, tree), _first(declared), name)


def _first(declared: Sequence[Declared]) -> tuple[int, ...]:
    return tuple(one.iterator.low for one in declared)


# -- constant coverages -----------------------------------------------------------------------------------------


def constant_coverage(scope: Scope, tree: nodes.ConstantCoverage) -> CoverageValue:
    """``coverage name over ... value list <...>``: the last iterator is the fastest."""
    declared = declared_iterators(scope, tree.iterators)
    check_one_range(scope, declared, tree)
    shape = tuple(one.iterator.size for one in declared)
    count = math.prod(shape)
    if count != len(tree.values):
        raise scope.plan.error(
            WcpsSemanticError,
            f"the list has {len(tree.values)} values, and the domain {count} cells "
            f"({' x '.join(str(size) for size in shape)})",
            tree,
        )
    if any(one.iterator.values or one.instants for one in declared):
        raise scope.plan.error(
            WcpsSemanticError, "the axes of a constant coverage go through consecutive integers", tree
        )
    values = _constants(scope, tree).reshape(1, *shape)
    crs = index_crs(len(declared))
    axes = tuple(IndexAxis(one.label, one.iterator.size, one.iterator.low, crs) for one in declared)
    name = tree.name.lstrip("$")
    made_of = Coverage(name, Domain(axes), RangeType((Field("value", values.dtype),)), MemorySource(values))
    return CoverageValue(scope.plan.step(Given(made_of), tree), _first(declared), name)


def _constants(scope: Scope, tree: nodes.ConstantCoverage) -> npt.NDArray[Any]:
    """The values in the type that holds them all: ``boolean``, ``long``, ``double`` or ``complexd``."""
    found: list[bool | int | float | complex] = []
    for one in tree.values:
        match one:
            case nodes.Number() | nodes.Boolean():
                found.append(one.value)
            case nodes.NotANumber():
                found.append(math.nan)
            case nodes.Complex():
                found.append(complex(one.real, one.imaginary))
            case _:
                raise scope.plan.error(WcpsSemanticError, "the values of a coverage are numbers, not text", one)
    kinds = {type(value) for value in found}
    if bool in kinds and len(kinds) > 1:
        raise scope.plan.error(WcpsSemanticError, "the values of a coverage are numbers, or true and false", tree)
    if kinds == {bool}:
        return np.array(found, BOOLEAN)
    if complex in kinds:
        return np.array(found, np.complex128)
    integers = [value for value in found if isinstance(value, int)]
    fits = len(integers) == len(found) and all(-(2**31) <= value < 2**31 for value in integers)
    return np.array(found, LONG if fits else DOUBLE)


# -- order ------------------------------------------------------------------------------------------------------


def flip(scope: Scope, tree: nodes.Flip) -> CoverageValue:
    """``flip e along axis``."""
    value = coverage(scope, tree.operand, "flip")
    axis = value.domain.axes[axis_position(scope, value, tree.axis, tree.axis_place)]
    return made(scope, Flip(value.node, axis.label), tree, value)


def sort(scope: Scope, tree: nodes.Sort) -> CoverageValue:
    """``sort e along axis by key``: the key sees coverages sliced at the place that is sorted in."""
    value = coverage(scope, tree.operand, "sort")
    axis = value.domain.axes[axis_position(scope, value, tree.axis, tree.axis_place)]
    low = value.axis_low(axis.label)
    name = scope.plan.name(axis.label)

    def sliced(other: CoverageValue, place: nodes.Syntax) -> CoverageValue:
        if axis.label not in other.domain.labels or name in [one.name for one in other.iterators]:
            return other
        theirs, begin = other.domain.axis(axis.label), other.axis_low(axis.label)
        if begin > low or begin + theirs.size < low + axis.size:
            raise scope.plan.error(
                WcpsSemanticError,
                f"the key sorts along {axis.label}, grid {low}:{low + axis.size - 1}, and this coverage has only "
                f"{begin}:{begin + theirs.size - 1}",
                place,
            )
        at = Iterator(name, low - begin, axis.size)
        position = other.domain.index(axis.label)
        kept = tuple(each for number, each in enumerate(other.low) if number != position)
        return derived_value(scope, Pick(other.node, (PickCell(axis.label, at, begin),)), place, kept, other)

    inner = Scope(scope.plan, scope.variables, (*scope.along, sliced))
    key = scalar(inner, tree.key, "the key of a slice")
    if name not in [one.name for one in key.iterators]:
        raise scope.plan.error(
            WcpsSemanticError,
            f"the key is the same for all slices along {axis.label}; it sees the coverage sliced there",
            tree.key,
            "as in sort $c along t by avg($c)",
        )
    node = Sort(value.node, axis.label, Iterator(name, 0, axis.size), key.node, tree.descending)
    return made(scope, node, tree, value)
