# SPDX-License-Identifier: MIT
"""The scale family and ``extend`` (sections 4.2 and 4.3); cells are those of the nearest neighbour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageUnusable,
    InvalidAxisLabel,
    InvalidExtent,
    InvalidRequest,
    InvalidScaleFactor,
    ScaleAxisUndefined,
    WcpsSemanticError,
)
from eoxserver.core.selection import Trim, select
from eoxserver.core.subsets import number
from eoxserver.query.plan import Extend, Extent, Factor, Scale, ScaleTarget, Size
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bounds import Bound, grid_index, integer, real
from eoxserver.services.wcps.compile.operands import check_settled, coverage, derived_value
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.subsets import Interval, axis_position, intervals_of, listed
from eoxserver.services.wcps.compile.values import CoverageValue, DomainValue

__all__ = ["extend", "scale", "scale_axes", "scale_extent", "scale_factor", "scale_size"]

T = TypeVar("T", nodes.AxisValue, nodes.Trim)

SNAP = 1e-3
"""Bounds this close to an edge of cells lie on it [cells]."""


def scale(scope: Scope, tree: nodes.Scale) -> CoverageValue:
    """``scale(e, {axis(low:high), ...})`` and ``scale(e, {imageCrsDomain(d)})``."""
    value = coverage(scope, tree.operand, "scale()")
    domain = _target_domain(scope, tree.target)
    extents = (
        _like(scope, value, domain, tree, extending=False)
        if domain is not None
        else _extents(scope, value, tree.target, tree, extending=False)
    )
    targets: list[ScaleTarget] = [Extent(label, low, high) for label, (low, high) in extents.items()]
    other = _kept_ratio(value, extents)
    if other is not None:
        targets.append(other)
    return _scaled(scope, value, targets, tree)


def scale_factor(scope: Scope, tree: nodes.ScaleFactor) -> CoverageValue:
    """``scalefactor(e, f)``: all axes but irregular ones."""
    value = coverage(scope, tree.operand, "scalefactor()")
    factor = _factor(scope, tree.factor)
    targets = [Factor(axis.label, factor) for axis in value.domain.axes if not isinstance(axis, IrregularAxis)]
    if not targets:
        raise scope.plan.error(CoverageUnusable, "all axes are irregular: their positions cannot be scaled", tree)
    return _scaled(scope, value, targets, tree)


def scale_axes(scope: Scope, tree: nodes.ScaleAxes) -> CoverageValue:
    """``scaleaxes(e, [axis(f), ...])``."""
    value = coverage(scope, tree.operand, "scaleaxes()")
    axes = _named(scope, value, tree.factors)
    targets = [Factor(label, _factor(scope, one.value)) for label, one in axes.items()]
    return _scaled(scope, value, targets, tree)


def scale_size(scope: Scope, tree: nodes.ScaleSize) -> CoverageValue:
    """``scalesize(e, [axis(n), ...])``."""
    value = coverage(scope, tree.operand, "scalesize()")
    targets = []
    for label, one in _named(scope, value, tree.sizes).items():
        size = real(scope, one.value, f"the size of axis {label}")
        if size < 1 or size != int(size):
            raise scope.plan.error(
                InvalidScaleFactor, f"axis {label}: size {size:g} is no number of cells", one, locator=label
            )
        targets.append(Size(label, int(size)))
    return _scaled(scope, value, targets, tree)


def scale_extent(scope: Scope, tree: nodes.ScaleExtent) -> CoverageValue:
    """``scaleextent(e, [axis(low:high), ...])``: bounds are grid indices."""
    value = coverage(scope, tree.operand, "scaleextent()")
    targets = []
    for label, one in _named(scope, value, tree.extents).items():
        if one.low is None or one.high is None:
            raise scope.plan.error(InvalidExtent, f"axis {label}: an extent has two numbers, not '*'", one)
        low, high = (integer(scope, part, f"the extent of axis {label}") for part in (one.low, one.high))
        if high < low:
            raise scope.plan.error(
                InvalidExtent, f"axis {label}: extent {low}:{high} ends before it starts", one, locator=label
            )
        targets.append(Extent(label, low, high))
    return _scaled(scope, value, targets, tree)


def _scaled(scope: Scope, value: CoverageValue, targets: Sequence[ScaleTarget], tree: nodes.Syntax) -> CoverageValue:
    low = dict(zip(value.domain.labels, value.low, strict=True))
    low |= {target.label: target.low for target in targets if isinstance(target, Extent)}
    return derived_value(scope, Scale(value.node, tuple(targets)), tree, tuple(low.values()), value)


def _named(scope: Scope, value: CoverageValue, items: tuple[T, ...]) -> dict[str, T]:
    """Items by the labels of their axes; raises ScaleAxisUndefined, InvalidAxisLabel."""
    found: dict[str, T] = {}
    for one in items:
        try:
            label = value.domain.axis(one.axis).label
        except InvalidAxisLabel as error:
            message = f"scaling: {error.message}"
            raise scope.plan.error(ScaleAxisUndefined, message, one, locator=one.axis) from error
        if label in found:
            raise scope.plan.error(InvalidAxisLabel, f"axis '{label}' is scaled twice", one, locator=label)
        found[label] = one
    return found


def _factor(scope: Scope, tree: nodes.Syntax) -> float:
    factor = real(scope, tree, "a scale factor")
    if factor <= 0:
        raise scope.plan.error(InvalidScaleFactor, f"scale factor {factor:g} is not positive", tree)
    return factor


# -- targets ----------------------------------------------------------------------------------------------------


def _target_domain(
    scope: Scope, target: tuple[nodes.AxisSubset, ...] | nodes.Domain | nodes.Variable
) -> DomainValue | None:
    """The domain that a target is, in place or in a variable; None when it is a list of intervals."""
    if isinstance(target, nodes.Domain):
        found = scope.value(target)
        assert isinstance(found, DomainValue)
        return found
    held = scope.variables.get(target.name) if isinstance(target, nodes.Variable) else None
    return held if isinstance(held, DomainValue) else None


def _like(
    scope: Scope, value: CoverageValue, domain: DomainValue, tree: nodes.Syntax, *, extending: bool
) -> dict[str, tuple[int, int]]:
    """The grid extents of another coverage, whose axes must be the same."""
    theirs = [one.axis.label for one in domain.axes]
    if len(domain.axes) > 1 and sorted(theirs) != sorted(value.domain.labels):
        raise scope.plan.error(
            InvalidRequest,
            f"the axes of the domain ({', '.join(theirs)}) are not those of the coverage "
            f"({', '.join(value.domain.labels)})",
            tree,
        )
    found = {}
    for one in domain.axes:
        axis = value.domain.axes[axis_position(scope, value, one.axis.label, tree)]
        check_settled(scope, value, (axis.label,), tree)
        if one.grid:
            found[axis.label] = (int(one.low), int(one.high))
        else:
            cut, low = _reached if extending else _selected, value.axis_low(axis.label)
            first, last = cut(scope, one.low, one.high, axis, tree)
            found[axis.label] = (first + low, last + low)
    return found


def _kept_ratio(value: CoverageValue, extents: dict[str, tuple[int, int]]) -> Size | None:
    """The size of the other horizontal axis when only one is named: pixels keep their shape (section 4.2)."""
    plane = [value.domain.axes[position] for position in value.domain.horizontal or ()]
    named = [axis for axis in plane if axis.label in extents]
    if len(named) != 1:
        return None
    other = next(axis for axis in plane if axis.label not in extents)
    low, high = extents[named[0].label]
    size = math.floor((high - low + 1) * other.size / named[0].size + 0.5)
    return Size(other.label, max(1, size))


def _extents(
    scope: Scope,
    value: CoverageValue,
    target: tuple[nodes.AxisSubset, ...] | nodes.Domain | nodes.Variable,
    tree: nodes.Syntax,
    *,
    extending: bool,
) -> dict[str, tuple[int, int]]:
    """Grid extents of the axes that a target names, in the language's indices."""
    assert not isinstance(target, nodes.Domain)
    items, inner = listed(scope, target, tree)
    found = {}
    for position, one in intervals_of(inner, value, items, "extend()" if extending else "scale()").items():
        axis, low = value.domain.axes[position], value.low[position]
        if one.crs is not None:
            raise scope.plan.error(
                WcpsSemanticError,
                f"axis {axis.label}: bounds are in the CRS of the axis, or in CRS:1",
                one.item,
                locator=axis.label,
            )
        if one.grid or isinstance(axis, IndexAxis):
            found[axis.label] = _grid_extent(inner, one, axis, low)
        else:
            cut = _reached if extending else _selected
            first, last = cut(inner, one.low, one.high, axis, one.item)
            found[axis.label] = (first + low, last + low)
    return found


def _grid_extent(scope: Scope, one: Interval, axis: Axis, low: int) -> tuple[int, int]:
    first = low if one.low is None else grid_index(scope, one.low, one.item, axis.label)
    last = low + axis.size - 1 if one.high is None else grid_index(scope, one.high, one.item, axis.label)
    if last < first:
        raise scope.plan.error(
            InvalidExtent,
            f"axis {axis.label}: extent {first}:{last} ends before it starts",
            one.item,
            locator=axis.label,
        )
    return first, last


def _selected(scope: Scope, low: Bound | None, high: Bound | None, axis: Axis, tree: nodes.Syntax) -> tuple[int, int]:
    """The cells that bounds select, as a trim does."""
    start, stop = (bound if isinstance(bound, (int, float, str)) else "*" for bound in (low, high))
    with scope.plan.placed(tree):
        box = select(Domain((axis,)), (Trim(axis.label, start, stop),), None, scope.plan.mode).box
    return box.low[0], box.high[0] - 1


def _reached(scope: Scope, low: Bound | None, high: Bound | None, axis: Axis, tree: nodes.Syntax) -> tuple[int, int]:
    """The cells that bounds reach, which may lie beyond the axis."""
    with scope.plan.placed(tree):
        start, stop = (_end(axis, bound, end) for bound, end in ((low, axis.low), (high, axis.high)))
    message = ""
    if start > stop:
        message = f"axis {axis.label}: the extent ends before it starts"
    elif not isinstance(axis, RegularAxis) and (start < axis.low or stop > axis.high):
        message = f"axis {axis.label} is irregular: it cannot be extended beyond its positions"
    if message:
        raise scope.plan.error(InvalidExtent, message, tree, locator=axis.label)
    if not isinstance(axis, RegularAxis):
        return _selected(scope, low, high, axis, tree)
    near, far = sorted((edge - axis.start) / axis.step for edge in (start, stop))
    near, far = (float(round(place)) if abs(place - round(place)) <= SNAP else place for place in (near, far))
    return math.floor(near), max(math.floor(near), math.ceil(far) - 1)


def _end(axis: Axis, bound: Bound | None, end: float) -> float:
    return number(axis.crs, bound, axis.label) if isinstance(bound, (int, float, str)) else end


# -- extend -----------------------------------------------------------------------------------------------------


def extend(scope: Scope, tree: nodes.Extend) -> CoverageValue:
    """``extend(e, {...})``: a larger grid (section 4.3)."""
    value = coverage(scope, tree.operand, "extend()")
    domain = _target_domain(scope, tree.target)
    extents = (
        _like(scope, value, domain, tree, extending=True)
        if domain is not None
        else _extents(scope, value, tree.target, tree, extending=True)
    )
    low = dict(zip(value.domain.labels, value.low, strict=True))
    targets = []
    for label, (first, last) in extents.items():
        begin, end = low[label], low[label] + value.domain.axis(label).size - 1
        if first > begin or last < end:
            raise scope.plan.error(
                InvalidExtent,
                f"axis {label}: {first}:{last} does not contain the grid there is, {begin}:{end}",
                tree,
                "a trim makes a grid smaller",
                locator=label,
            )
        targets.append(Extent(label, first - begin, last - begin))
        low[label] = first
    return derived_value(scope, Extend(value.node, tuple(targets)), tree, tuple(low.values()), value)
