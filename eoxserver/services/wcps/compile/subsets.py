# SPDX-License-Identifier: MIT
"""Trims and slices in every form (section 4.1): in the CRS of the axis or another one, in grid indices, by iterators.

Bounds in grid indices, and those of index axes, count from the language's index of the first cell. Bounds that depend
on iterators always are grid indices; they become a ``Pick``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis
from eoxserver.core.crs import Crs, same_crs
from eoxserver.core.errors import EOxServerError, InvalidAxisLabel, InvalidSubsetting, WcpsSemanticError
from eoxserver.core.selection import GRID, Slice, Subset, Trim, select
from eoxserver.query.cellwise.types import LONG
from eoxserver.query.plan import Constant, Map, Node, Pick, PickCell, PickRange, SubsetNode
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bodies import Varying, inside, numbers_of
from eoxserver.services.wcps.compile.bounds import Bound, Lifted, bound, cell_of, grid_index, single_axis
from eoxserver.services.wcps.compile.operands import check_settled, constant, coverage, derived_value, number_constant
from eoxserver.services.wcps.compile.scope import Failure, Scope, SubsetValue
from eoxserver.services.wcps.compile.values import CoverageValue, DomainAxis, DomainValue
from eoxserver.services.wcps.places import at

__all__ = ["Interval", "apply_subset", "axis_position", "intervals_of", "is_grid", "listed", "subset"]


def subset(scope: Scope, tree: nodes.Subset) -> CoverageValue:
    """``e[...]``, ``slice`` and ``trim``."""
    value = coverage(scope, tree.operand, "a subset")
    items, inner = listed(scope, tree.subset, tree)
    return apply_subset(inner, value, items, tree)


def listed(
    scope: Scope, given: tuple[nodes.AxisSubset, ...] | nodes.Variable, tree: nodes.Syntax
) -> tuple[tuple[nodes.AxisSubset, ...], Scope]:
    """Subsets in place or in a variable of ``let``, and the scope of their bounds."""
    if not isinstance(given, nodes.Variable):
        return given, scope
    found = scope.variables.get(given.name)
    if isinstance(found, Failure):
        raise found.error
    if not isinstance(found, SubsetValue):
        raise scope.plan.error(
            WcpsSemanticError,
            f"{given.name} is no list of subsets",
            given if given.line else tree,
            "such a list is let $a := [Lat(30:35), Long(45:50)]",
        )
    return found.items, found.scope


def apply_subset(
    scope: Scope, value: CoverageValue, items: tuple[nodes.AxisSubset, ...], tree: nodes.Syntax
) -> CoverageValue:
    """The part of a coverage that subsets select."""
    cuts = _Cuts(scope, value)
    for item in items:
        cuts.add(item)
    result = cuts.cut(tree)
    return cuts.pick(result, tree)


def axis_position(scope: Scope, value: CoverageValue, label: str, tree: nodes.Syntax) -> int:
    """The position of an own axis; raises InvalidAxisLabel with the place."""
    with scope.plan.placed(tree):
        return value.domain.index(label)


def is_grid(scope: Scope, axis: Axis, crs: nodes.Text | None, tree: nodes.Syntax) -> bool:
    """Whether a CRS means the grid; index axes count their grid in any case."""
    if crs is None:
        return False
    if isinstance(crs, nodes.String) and crs.value.strip() == GRID:
        return True
    found = scope.crs(crs, tree)
    own = axis.crs is not None and same_crs(axis.crs, found)
    return found.kind == "index" and not own


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval along an axis as it stands in a query."""

    item: nodes.Trim | nodes.Within
    low: Bound | None
    """None: the end of the axis."""
    high: Bound | None
    grid: bool
    """Bounds are grid indices."""
    crs: Crs | None = None
    """Another CRS than that of the axis."""


def interval(scope: Scope, item: nodes.Trim | nodes.Within, axis: Axis | None) -> Interval:
    """The bounds of an interval; without an axis they are in the CRS the interval names."""
    grid = axis is not None and is_grid(scope, axis, item.crs, item)
    crs = _other_crs(scope, axis, item) if not grid else None
    if isinstance(item, nodes.Within):
        domain = scope.value(item.domain)
        assert isinstance(domain, DomainValue)
        return _domain_interval(item, single_axis(scope, domain, item.domain), grid, crs)
    low, high = (None if one is None else bound(scope, one) for one in (item.low, item.high))
    for one, where in ((low, item.low), (high, item.high)):
        if isinstance(one, DomainValue):
            raise scope.plan.error(
                WcpsSemanticError, "a bound is one number, and this is a domain", where or item, "take .lo or .hi of it"
            )
    return Interval(item, low, high, grid, crs)


def _other_crs(scope: Scope, axis: Axis | None, item: nodes.AxisSubset) -> Crs | None:
    """The CRS that bounds are in; None when it is that of the axis."""
    if item.crs is None:
        return None
    found = scope.crs(item.crs, item)
    own = None if axis is None else axis.crs
    return None if own is not None and any(same_crs(part, own) for part in (found, *found.components)) else found


def _domain_interval(item: nodes.Trim | nodes.Within, one: DomainAxis, grid: bool, crs: Crs | None) -> Interval:
    """The bounds of a domain; instants go as text, which any time axis reads."""
    low, high = (one.bound_text(one.low), one.bound_text(one.high)) if one.is_time else (one.low, one.high)
    return Interval(item, low, high, grid or one.grid, crs)


def intervals_of(
    scope: Scope, value: CoverageValue, items: tuple[nodes.AxisSubset, ...], what: str
) -> dict[int, Interval]:
    """Intervals by the position of their axes, for what takes no points.

    Raises
    ------
    InvalidAxisLabel
        For an axis that lacks or is named twice.
    """
    found: dict[int, Interval] = {}
    for item in items:
        if isinstance(item, nodes.Slice):
            raise scope.plan.error(WcpsSemanticError, f"{what} takes intervals, and {item.axis} has a point", item)
        position = axis_position(scope, value, item.axis, item)
        if position in found:
            raise scope.plan.error(InvalidAxisLabel, f"axis '{item.axis}' is named twice", item, locator=item.axis)
        check_settled(scope, value, (value.domain.labels[position],), item)
        one = interval(scope, item, value.domain.axes[position])
        if isinstance(one.low, Lifted) or isinstance(one.high, Lifted):
            raise scope.plan.error(WcpsSemanticError, f"bounds of {what} must not depend on iterators", item)
        found[position] = one
    return found


@dataclass(slots=True)
class _Cuts:
    """Subsets of one coverage, sorted into those that are known and those that depend on iterators."""

    scope: Scope
    value: CoverageValue
    known: list[Subset] = field(default_factory=list)
    lifted: list[tuple[nodes.AxisSubset, str, tuple[Lifted, ...]]] = field(default_factory=list)
    trees: dict[str, nodes.AxisSubset] = field(default_factory=dict)

    def add(self, item: nodes.AxisSubset) -> None:
        """Sort in one subset."""
        scope, domain = self.scope, self.value.domain
        axis = self._axis(item)
        label = item.axis if axis is None else axis.label
        if label in self.trees:
            raise scope.plan.error(InvalidAxisLabel, f"axis '{label}' is subset twice", item, locator=label)
        check_settled(scope, self.value, (label,), item)
        self.trees[label] = item
        if isinstance(item, nodes.Slice):
            point = bound(scope, item.point)
            if not isinstance(point, DomainValue):
                self._add_slice(item, axis, point)
                return
            one = single_axis(scope, point, item.point)
            grid = axis is not None and is_grid(scope, axis, item.crs, item)
            crs = _other_crs(scope, axis, item) if not grid else None
            found = _domain_interval(nodes.Trim(item.axis, None, None, item.crs, **at(item)), one, grid, crs)
        else:
            found = interval(scope, item, axis)
        self._add_trim(found, axis, domain.axes)

    def _axis(self, item: nodes.AxisSubset) -> Axis | None:
        """The axis an item names; None when it may be one of the CRS it names."""
        try:
            return self.value.domain.axis(item.axis)
        except InvalidAxisLabel as error:
            if item.crs is None or (isinstance(item.crs, nodes.String) and item.crs.value.strip() == GRID):
                raise self.scope.plan.error(type(error), error.message, item, locator=item.axis) from error
            return None

    def _add_slice(self, item: nodes.Slice, axis: Axis | None, point: int | float | str | Lifted) -> None:
        scope = self.scope
        if isinstance(point, Lifted):
            self._add_lifted(item, axis, point)
        elif axis is not None and is_grid(scope, axis, item.crs, item):
            low = self.value.axis_low(axis.label)
            index = grid_index(scope, point, item.point, axis.label)
            self._check_range(item, axis, index, index)
            shift = 0 if isinstance(axis, IndexAxis) else low
            self.known.append(Slice(axis.label, index - shift, GRID))
        else:
            crs = _other_crs(scope, axis, item)
            self.known.append(Slice(item.axis, point, crs))

    def _add_trim(self, one: Interval, axis: Axis | None, axes: tuple[Axis, ...]) -> None:
        scope = self.scope
        ends = (one.low, one.high)
        if any(isinstance(end, Lifted) for end in ends):
            self._add_lifted_trim(one, axis)
        elif axis is not None and one.grid:
            low = self.value.axis_low(axis.label)
            places = (low, low + axis.size - 1)
            first, last = (
                place if end is None else grid_index(scope, end, one.item, axis.label)
                for end, place in zip(ends, places, strict=True)
            )
            self._check_range(one.item, axis, first, last)
            shift = 0 if isinstance(axis, IndexAxis) else low
            self.known.append(Trim(axis.label, first - shift, last - shift, GRID))
        else:
            start, stop = (end if isinstance(end, (int, float, str)) else "*" for end in ends)
            self.known.append(Trim(one.item.axis, start, stop, one.crs))

    def _check_range(self, item: nodes.AxisSubset, axis: Axis, first: int, last: int) -> None:
        """Refuse grid indices that are reversed, or all outside."""
        low = self.value.axis_low(axis.label)
        if first > last:
            message = f"axis {axis.label}: lower bound {first} is greater than upper bound {last}"
        elif last < low or first >= low + axis.size:
            shown = str(first) if isinstance(item, nodes.Slice) else f"{first}:{last}"
            message = f"axis {axis.label}: {shown} is outside its grid, {low}:{low + axis.size - 1}"
        else:
            return
        raise self.scope.plan.error(InvalidSubsetting, message, item, locator=axis.label)

    def _add_lifted(self, item: nodes.AxisSubset, axis: Axis | None, *ends: Lifted) -> None:
        if axis is None or (item.crs is not None and not is_grid(self.scope, axis, item.crs, item)):
            raise self.scope.plan.error(
                InvalidSubsetting,
                f"axis {item.axis}: what depends on an iterator is a grid index; it stands in no other CRS",
                item,
                locator=item.axis,
            )
        self.lifted.append((item, axis.label, ends))

    def _add_lifted_trim(self, one: Interval, axis: Axis | None) -> None:
        """An interval of which an end depends on iterators; the other is a grid index, or open."""
        ends: list[Lifted] = []
        for end, outer in ((one.low, 0), (one.high, -1)):
            if isinstance(end, Lifted):
                ends.append(end)
            elif axis is not None:
                low = self.value.axis_low(axis.label)
                last = low if outer == 0 else low + axis.size - 1
                index = last if end is None else grid_index(self.scope, end, one.item, axis.label)
                ends.append(Lifted(constant(self.scope, number_constant(index), one.item)))
        self._add_lifted(one.item, axis, *ends)

    def cut(self, tree: nodes.Syntax) -> CoverageValue:
        """The part that known bounds select."""
        scope, value = self.scope, self.value
        if not self.known:
            return value
        try:
            chosen = select(value.domain, self.known, None, scope.plan.mode)
        except EOxServerError as error:
            place = self.trees.get(error.locator or "", tree)
            raise scope.plan.error(type(error), error.message, place, locator=error.locator) from error
        low = tuple(
            start + begin
            for position, (start, begin) in enumerate(zip(value.low, chosen.box.low, strict=True))
            if position not in chosen.sliced
        )
        node = SubsetNode(value.node, tuple(self.known), None, scope.plan.mode)
        return derived_value(scope, node, tree, low, value)

    def pick(self, value: CoverageValue, tree: nodes.Syntax) -> CoverageValue:
        """The part of that which bounds select that depend on iterators."""
        scope = self.scope
        if not self.lifted:
            return value
        picks: list[PickCell | PickRange] = []
        low = dict(zip(value.domain.labels, value.low, strict=True))
        floating = set(value.floating)
        for item, label, ends in self.lifted:
            axis, place = value.domain.axis(label), (item.line, item.column)
            cell_numbers = [cell_of(scope, end, axis, low[label], item) for end in ends]
            if len(cell_numbers) == 1:
                picks.append(PickCell(label, self._kept(cell_numbers[0], axis.size - 1, item), low[label], place))
                del low[label]
            else:
                width = self._width(item, axis, *cell_numbers)
                first = self._kept(cell_numbers[0], axis.size - width, item)
                picks.append(PickRange(label, first, width, low[label], place))
                low[label] = 0
                floating.add(label)
        found = derived_value(scope, Pick(value.node, tuple(picks)), tree, tuple(low.values()), value)
        return replace(found, floating=frozenset(floating))

    def _kept(self, cell: CoverageValue, highest: int, item: nodes.AxisSubset) -> Node:
        """The number of a cell, another one at places that a condition excludes if there is none."""
        plan = self.scope.plan
        if not self.scope.guards or inside(self.scope, cell.step, highest):
            return cell.node
        last, first = (plan.step(Constant(number, LONG), item).node for number in (highest, 0))
        below = plan.step(Map("min", (cell.node, last)), item).node
        return plan.step(Map("max", (below, first)), item).node

    def _width(self, item: nodes.AxisSubset, axis: Axis, first: CoverageValue, last: CoverageValue) -> int:
        """How many cells an interval has, at every place of its iterators alike."""
        plan = self.scope.plan
        found = numbers_of(self.scope, plan.step(Map("-", (last.node, first.node)), item))
        if found is None:
            raise plan.error(
                InvalidSubsetting,
                f"axis {axis.label}: the size of the interval depends on data, or on too many places of iterators",
                item,
                "as in $c[i($x:$x + 2)]",
                locator=axis.label,
            )
        differences, matters = found
        widths = np.unique(np.broadcast_to(differences, matters.shape)[matters]) + 1
        if widths.size == 1 and widths[0] >= 1 and widths[0] == int(widths[0]):
            return int(widths[0])
        if widths.size and widths[0] < 1:
            raise plan.error(
                InvalidSubsetting,
                f"axis {axis.label}: the interval ends before it starts: it has {widths[0]:g} cells somewhere",
                item,
                "where excludes places: condense ... where $x > 0 using ...",
                locator=axis.label,
            )
        shown = ", ".join(f"{width:g}" for width in widths[:3])
        raise plan.error(
            Varying if widths.size > 1 else InvalidSubsetting,
            f"axis {axis.label}: the interval must have equally many cells at every place, not {shown}",
            item,
            "as in $c[i($x:$x + 2)]",
            locator=axis.label,
        )
