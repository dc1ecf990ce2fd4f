# SPDX-License-Identifier: MIT
"""What iterates: general condensers, coverage constructors, constant coverages, ``sort`` and ``flip`` (section 4).

An iterator goes through integers, grid indices of an axis, numbers, or instants; what these are must be known when the
query is compiled. Inside a body it is a number, or a grid index where it stands in a subset.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import index_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, LimitExceeded, WcpsSemanticError
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.cellwise.types import BOOLEAN, DOUBLE, LONG
from eoxserver.query.plan import Condense, Construct, Flip, Given, Iterator, Pick, PickCell, Sort
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bodies import Declared, body, guard_of
from eoxserver.services.wcps.compile.bounds import integer, single_axis
from eoxserver.services.wcps.compile.operands import (
    cells,
    check_boolean,
    check_grids,
    coverage,
    derived_value,
    known_number,
    made,
    scalar,
)
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.subsets import axis_position
from eoxserver.services.wcps.compile.times import MOST_VALUES, instant, parsed, stepped
from eoxserver.services.wcps.compile.values import CoverageValue, DomainValue, ListValue, TextValue

__all__ = ["condense", "constant_coverage", "construct", "flip", "sort"]

MOST_CELLS = 1 << 24
"""Cells that a constant coverage may have."""


def condense(scope: Scope, tree: nodes.Condense) -> CoverageValue:
    """``condense op over ... where ... using e``."""
    declared = _declared(scope, tree.iterators)
    where = None
    if tree.where is not None:
        condition = tree.where
        where = body(scope, declared, lambda inner: cells(inner, condition), condition)
        check_boolean(scope, where, condition, "the condition of condense")
        scope = scope.guarded(guard_of(scope, where))
    using = body(scope, declared, lambda inner: cells(inner, tree.using), tree.using)
    if tree.operator in ("and", "or"):
        check_boolean(scope, using, tree.using, f"what condense {tree.operator} takes")
    if where is not None and tree.where is not None:
        check_grids(scope, (using, where), tree.where)
    iterators = tuple(one.iterator for one in declared)
    node = Condense(tree.operator, iterators, using.node, None if where is None else where.node)
    return derived_value(scope, node, tree, using.low, using)


def construct(scope: Scope, tree: nodes.Coverage) -> CoverageValue:
    """``coverage name over ... values e``."""
    declared = _declared(scope, tree.iterators)
    what = "the value at one place"
    values = body(scope, declared, lambda inner: scalar(inner, tree.values, what), tree.values)
    labels = tuple(one.label for one in declared)
    name = tree.name.lstrip("$")
    node = Construct(labels, tuple(one.iterator for one in declared), values.node, name)
    return CoverageValue(scope.plan.step(node, tree), _first(declared), name)


def _first(declared: Sequence[Declared]) -> tuple[int, ...]:
    return tuple(one.iterator.low for one in declared)


# -- domains of iterators ---------------------------------------------------------------------------------------


def _declared(scope: Scope, trees: tuple[nodes.Iterator, ...]) -> list[Declared]:
    """The iterators of an expression."""
    declared: list[Declared] = []
    for tree in trees:
        if tree.variable in scope.variables or any(one.variable == tree.variable for one in declared):
            raise scope.plan.error(
                WcpsSemanticError, f"variable {tree.variable} is there already; give the iterator another name", tree
            )
        if any(one.label == tree.axis for one in declared):
            raise scope.plan.error(InvalidAxisLabel, f"axis '{tree.axis}' is named twice", tree, locator=tree.axis)
        declared.append(_one(scope, tree))
    return declared


def _one(scope: Scope, tree: nodes.Iterator) -> Declared:
    match tree.domain:
        case nodes.Domain():
            domain = scope.value(tree.domain)
            assert isinstance(domain, DomainValue)
            return _of_domain(scope, tree, domain)
        case nodes.IteratorRange():
            return _of_range(scope, tree, tree.domain)
        case _:
            return _of_values(scope, tree, tree.domain)


def _of_domain(scope: Scope, tree: nodes.Iterator, domain: DomainValue) -> Declared:
    """The grid indices of an axis: of its cells, whether they are asked for as grid or not."""
    one = single_axis(scope, domain, tree.domain)
    low = one.low if one.grid or isinstance(one.axis, IndexAxis) else None
    if low is None:
        assert isinstance(tree.domain, nodes.Domain)
        low = coverage(scope, tree.domain.operand, "domain()").axis_low(one.axis.label)
    return _integers(scope, tree, int(low), int(low) + one.axis.size - 1, 1)


def _of_range(scope: Scope, tree: nodes.Iterator, span: nodes.IteratorRange) -> Declared:
    """Integers from low to high; instants when a step is given."""
    low, high = (scope.value(end) for end in (span.low, span.high))
    if isinstance(low, TextValue) or isinstance(high, TextValue):
        if span.step is None:
            raise scope.plan.error(
                WcpsSemanticError,
                "the ends of an iterator are integers, not text",
                span,
                'instants need a step, as in ("2008-01-01":"2008-12-31":"P1M")',
            )
        step = scope.value(span.step)
        if not isinstance(step, TextValue):
            raise scope.plan.error(
                WcpsSemanticError, "the step between instants is a duration, as text", span.step, 'as in "P1M"'
            )
        begin, end = instant(scope, span.low), instant(scope, span.high)
        return _instants(scope, tree, stepped(scope, begin, end, step.text, span.step))
    first, last = (integer(scope, end, "the end of an iterator") for end in (span.low, span.high))
    step_size = 1 if span.step is None else integer(scope, span.step, "the step of an iterator")
    if step_size < 1:
        raise scope.plan.error(WcpsSemanticError, f"the step of an iterator is positive, not {step_size}", span)
    return _integers(scope, tree, first, last, step_size)


def _of_values(scope: Scope, tree: nodes.Iterator, listed: nodes.IteratorValues) -> Declared:
    """Numbers or instants, one by one or as a list."""
    numbers: list[float] = []
    instants: list[datetime] = []
    for one in listed.values:
        value = scope.value(one)
        if isinstance(value, DomainValue) and len(listed.values) == 1:
            return _integers_of_variable(scope, tree, value)
        given: Sequence[float | datetime]
        if isinstance(value, ListValue):
            given = value.values
        elif isinstance(value, TextValue):
            given = (parsed(scope, value.text, one),)
        else:
            given = (known_number(scope, cells(scope, one), one, "a value of an iterator"),)
        for each in given:
            if isinstance(each, datetime):
                instants.append(each)
            else:
                numbers.append(each)
    if bool(numbers) == bool(instants):
        raise scope.plan.error(WcpsSemanticError, "an iterator goes through numbers, or through instants", tree)
    if instants:
        return _instants(scope, tree, tuple(instants))
    if tree.descending is not None:
        numbers.sort(reverse=tree.descending)
    if len(numbers) > MOST_VALUES:
        raise scope.plan.error(LimitExceeded, f"an iterator has {len(numbers)} values, and at most {MOST_VALUES}", tree)
    return Declared(tree.variable, tree.axis, _iterator(scope, tree, 0, len(numbers), tuple(numbers)))


def _integers_of_variable(scope: Scope, tree: nodes.Iterator, domain: DomainValue) -> Declared:
    """The indices of a domain that a variable of ``let`` holds."""
    one = single_axis(scope, domain, tree)
    if not one.grid and not isinstance(one.axis, IndexAxis):
        raise scope.plan.error(
            WcpsSemanticError, "an iterator goes through the grid of an axis", tree, "take imageCrsDomain"
        )
    return _integers(scope, tree, int(one.low), int(one.high), 1)


def _integers(scope: Scope, tree: nodes.Iterator, first: int, last: int, step: int) -> Declared:
    if last < first:
        raise scope.plan.error(
            InvalidSubsetting,
            f"iterator {tree.variable} goes from {first} to {last}: there is nothing between",
            tree,
            locator=tree.axis,
        )
    size = (last - first) // step + 1
    if max(abs(first), abs(last)) >= 2**31:
        raise scope.plan.error(
            LimitExceeded,
            f"iterator {tree.variable} goes from {first} to {last}; integers of 32 bits are accepted",
            tree,
            locator=tree.axis,
        )
    if step == 1 and not tree.descending:
        return Declared(tree.variable, tree.axis, _iterator(scope, tree, first, size, None))
    if size > MOST_VALUES:
        raise scope.plan.error(LimitExceeded, f"an iterator has {size} values, and at most {MOST_VALUES}", tree)
    values = list(range(first, last + 1, step))
    if tree.descending:
        values.reverse()
    return Declared(tree.variable, tree.axis, _iterator(scope, tree, 0, size, tuple(values)))


def _instants(scope: Scope, tree: nodes.Iterator, instants: tuple[datetime, ...]) -> Declared:
    if tree.descending is not None:
        instants = tuple(sorted(instants, reverse=tree.descending))
    return Declared(tree.variable, tree.axis, _iterator(scope, tree, 0, len(instants), None), instants)


def _iterator(scope: Scope, tree: nodes.Iterator, low: int, size: int, values: tuple[float, ...] | None) -> Iterator:
    return Iterator(scope.plan.name(tree.variable), low, size, values)


# -- constant coverages -----------------------------------------------------------------------------------------


def constant_coverage(scope: Scope, tree: nodes.ConstantCoverage) -> CoverageValue:
    """``coverage name over ... value list <...>``: the last iterator is the fastest."""
    declared = _declared(scope, tree.iterators)
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
    axis = value.domain.axes[axis_position(scope, value, tree.axis, tree)]
    return made(scope, Flip(value.node, axis.label), tree, value)


def sort(scope: Scope, tree: nodes.Sort) -> CoverageValue:
    """``sort e along axis by key``: the key sees coverages sliced at the place that is sorted in."""
    value = coverage(scope, tree.operand, "sort")
    axis = value.domain.axes[axis_position(scope, value, tree.axis, tree)]
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
        return derived_value(scope, Pick(other.node, (PickCell(axis.label, at),)), place, kept, other)

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
