# SPDX-License-Identifier: MIT
"""What iterators go through: ranges of integers, the grid of an axis, lists of numbers or instants (section 4.1).

The ends of a range may depend on iterators that were declared before. A condenser goes through all integers that are in
the range anywhere, and a condition says where. A coverage has one range along each axis; that may only depend on
iterators around the coverage, of which there is one at each place then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coordinates import number_text
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, LimitExceeded, WcpsSemanticError
from eoxserver.query.plan import Iterator, Map
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bodies import Declared, Varying, having, numbers_of
from eoxserver.services.wcps.compile.bounds import integer, single_axis
from eoxserver.services.wcps.compile.operands import cells, coverage, derived_value, known_number, scalar
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.times import MOST_VALUES, instant, parsed, stepped
from eoxserver.services.wcps.compile.values import CoverageValue, DomainValue, ListValue, TextValue
from eoxserver.services.wcps.places import at

__all__ = ["check_one_range", "declared_iterators", "within_ranges"]


def declared_iterators(scope: Scope, trees: tuple[nodes.Iterator, ...]) -> list[Declared]:
    """The iterators of an expression; ranges see the iterators before them."""
    declared: list[Declared] = []
    for tree in trees:
        if tree.variable in scope.variables or any(one.variable == tree.variable for one in declared):
            raise scope.plan.error(
                WcpsSemanticError, f"variable {tree.variable} is there already; give the iterator another name", tree
            )
        if any(one.label == tree.axis for one in declared):
            raise scope.plan.error(InvalidAxisLabel, f"axis '{tree.axis}' is named twice", tree, locator=tree.axis)
        declared.append(_one(having(scope, declared, tree), tree))
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
    step_size = 1 if span.step is None else integer(scope, span.step, "the step of an iterator")
    if step_size < 1:
        raise scope.plan.error(WcpsSemanticError, f"the step of an iterator is positive, not {step_size}", span)
    first, last = _lowest(scope, span.low, step_size), _highest(scope, span.high)
    found = _integers(scope, tree, first, last, step_size)
    return replace(found, span=span) if _depends(scope, span.low) or _depends(scope, span.high) else found


def _depends(scope: Scope, tree: nodes.Syntax) -> bool:
    return bool(cells(scope, tree).iterators)


def _lowest(scope: Scope, tree: nodes.Syntax, step: int) -> int:
    """Where a range begins, at the earliest."""
    if not _depends(scope, tree):
        return integer(scope, tree, "the end of an iterator")
    if step > 1:
        raise scope.plan.error(
            WcpsSemanticError, "where a range begins that has a step must not depend on an iterator", tree
        )
    return int(_ends(scope, tree).min())


def _highest(scope: Scope, tree: nodes.Syntax) -> int:
    """Where a range ends, at the latest."""
    return int(_ends(scope, tree).max()) if _depends(scope, tree) else integer(scope, tree, "the end of an iterator")


def _ends(scope: Scope, tree: nodes.Syntax) -> npt.NDArray[np.float64]:
    """The ends that a range has at the places of other iterators that matter."""
    value = scalar(scope, tree, "the end of an iterator")
    found = numbers_of(scope, value.step) if len(value.range_type) == 1 else None
    if found is None:
        raise scope.plan.error(
            WcpsSemanticError,
            "the end of an iterator must be a single number; it may depend on another iterator, if neither on data nor "
            "on too many places",
            tree,
            "as in over $x i(0:9), $y j(0:$x)",
        )
    numbers, matters = found
    chosen = np.broadcast_to(numbers, matters.shape)[matters]
    if not chosen.size:
        chosen = numbers.reshape(-1)
    if (chosen != np.trunc(chosen)).any():
        fraction = chosen[chosen != np.trunc(chosen)][0]
        raise scope.plan.error(
            WcpsSemanticError, f"the end of an iterator must be an integer, not {number_text(fraction)}", tree
        )
    return chosen


def within_ranges(scope: Scope, declared: Sequence[Declared], tree: nodes.Syntax) -> CoverageValue | None:
    """Where iterators are in ranges that depend on others; ``scope`` has their variables. None where none does."""
    found: CoverageValue | None = None
    for one in declared:
        if one.span is None:
            continue
        value = cells(scope, nodes.Variable(one.variable, **at(one.span)))
        for end, order in ((one.span.low, ">="), (one.span.high, "<=")):
            limit = cells(scope, end)
            if not limit.iterators:
                continue
            reached = derived_value(scope, Map(order, (value.node, limit.node)), tree, ())
            both = reached if found is None else derived_value(scope, Map("and", (found.node, reached.node)), tree, ())
            found = both
    return found


def check_one_range(scope: Scope, declared: Sequence[Declared], tree: nodes.Syntax) -> None:
    """Refuse ranges that are not the same at all places of other iterators: an axis of a coverage has one.

    Raises
    ------
    WcpsSemanticError
        When a range depends on another axis of the same coverage.
    Varying
        When it depends on iterators around the coverage, which may be a different one at each of their places.
    """
    names = {one.iterator.name for one in declared}
    inner = having(scope, declared, tree)
    for one in declared:
        if one.span is None:
            continue
        ends = [end for end in (one.span.low, one.span.high) if _depends(inner, end)]
        if any(iterator.name in names for end in ends for iterator in cells(inner, end).iterators):
            raise scope.plan.error(
                WcpsSemanticError,
                f"the range of {one.variable} depends on another iterator; an axis of a coverage has one range",
                one.span,
                "only condense goes through another range at each place",
            )
        if any(np.unique(_ends(inner, end)).size > 1 for end in ends):
            raise scope.plan.error(
                Varying,
                f"the range of {one.variable} is another one at another place of an iterator; here it must be the same",
                one.span,
                "in the body of condense and coverage it may depend on their iterators",
                locator=one.label,
            )


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
