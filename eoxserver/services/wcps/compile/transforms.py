# SPDX-License-Identifier: MIT
"""``crsTransform`` (section 4.3): the checks, the interpolation, the grid of the result."""

from __future__ import annotations

import math

from eoxserver.core.axes import RegularAxis
from eoxserver.core.crs import Bounds, Crs, same_crs, transform_bounds
from eoxserver.core.domain import same_label
from eoxserver.core.errors import (
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidRequest,
    InvalidSubsetting,
    WcpsSemanticError,
    suggest,
)
from eoxserver.core.roles import Role
from eoxserver.query.grids import MAX_SIZE, Plane, suggested_grid
from eoxserver.query.plan import Interpolation, Reproject, TargetGrid
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bounds import Bound, real
from eoxserver.services.wcps.compile.operands import check_settled, coverage, derived_value
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.subsets import interval
from eoxserver.services.wcps.compile.values import CoverageValue, DomainValue

__all__ = ["crs_transform"]

_METHODS = {one.value: one for one in Interpolation} | {
    "nearest": Interpolation.NEAREST,
    "linear": Interpolation.BILINEAR,
    "cubic_spline": Interpolation.CUBIC_SPLINE,
    "median": Interpolation.MEDIAN,
}


def crs_transform(scope: Scope, tree: nodes.CrsTransform) -> CoverageValue:
    """A coverage of two horizontal axes in another CRS."""
    value = coverage(scope, tree.operand, "crsTransform()")
    _check_plane(scope, value, tree)
    check_settled(scope, value, value.domain.labels, tree)
    crs = _target_crs(scope, value, tree)
    method = _method(scope, tree)
    grid = None
    if tree.resolutions or tree.bounds is not None:
        with scope.plan.placed(tree):
            grid = suggested_grid(Plane.of(value.domain), crs)
        sizes = _resolutions(scope, crs, tree) or (
            (grid.bounds[2] - grid.bounds[0]) / grid.width,
            (grid.bounds[3] - grid.bounds[1]) / grid.height,
        )
        bounds = grid.bounds if tree.bounds is None else _bounds(scope, crs, tree, grid.bounds)
        grid = _grid(scope, bounds, sizes, tree)
    node = Reproject(value.node, crs, grid, method)
    same = grid is None and crs == value.domain.horizontal_crs
    return derived_value(scope, node, tree, value.low if same else (0, 0), value)


def _check_plane(scope: Scope, value: CoverageValue, tree: nodes.CrsTransform) -> None:
    """Refuse what has not exactly two axes, x and y, tied to the Earth."""
    axes = value.domain.axes
    if len(axes) != 2:
        raise scope.plan.error(
            InvalidRequest,
            f"crsTransform() needs 2 axes, and the coverage has {len(axes)}: {', '.join(value.domain.labels)}",
            tree,
            "slice the others first",
        )
    if value.domain.horizontal is None:
        georeferenced = all(
            axis.crs is not None and axis.crs.kind in ("geographic", "projected") and isinstance(axis, RegularAxis)
            for axis in axes
        )
        what = "x and y axes" if georeferenced else "geo-referenced axes"
        raise scope.plan.error(
            InvalidRequest, f"crsTransform() needs {what}; the axes are {', '.join(value.domain.labels)}", tree
        )


def _target_crs(scope: Scope, value: CoverageValue, tree: nodes.CrsTransform) -> Crs:
    """The one CRS that both axes go to."""
    if not isinstance(tree.crs, tuple):
        return _horizontal(scope, scope.crs(tree.crs, tree), tree)
    found: dict[str, Crs] = {}
    for one in tree.crs:
        with scope.plan.placed(one):
            label = value.domain.axis(one.axis).label
        if label in found:
            raise scope.plan.error(InvalidAxisLabel, f"axis '{label}' is named twice", one, locator=label)
        found[label] = scope.crs(one.crs, one)
    if len(found) != 2:
        lacking = ", ".join(label for label in value.domain.labels if label not in found)
        raise scope.plan.error(
            InvalidRequest, f"crsTransform() needs a CRS for both horizontal axes; {lacking} has none", tree
        )
    first, second = found.values()
    if not same_crs(first, second):
        raise scope.plan.error(
            InvalidRequest,
            f"crsTransform() brings both axes to one CRS, and these are two: {first.short} and {second.short}",
            tree,
        )
    return _horizontal(scope, first, tree)


def _horizontal(scope: Scope, crs: Crs, tree: nodes.Syntax) -> Crs:
    if crs.horizontal is None:
        raise scope.plan.error(InvalidRequest, f"{crs.uri} has no x and y axes to transform to", tree)
    return crs.horizontal


def _method(scope: Scope, tree: nodes.CrsTransform) -> Interpolation:
    if not tree.interpolation:
        return Interpolation.NEAREST
    found = _METHODS.get(tree.interpolation.lower())
    if found is None:
        message = f"no interpolation '{tree.interpolation}'; {suggest(tree.interpolation, Interpolation, 12)}"
        raise scope.plan.error(InterpolationNotSupported, message, tree, locator=tree.interpolation)
    return found


def _role(scope: Scope, crs: Crs, label: str, tree: nodes.Syntax) -> Role:
    """Whether an axis of the target CRS is x or y."""
    for axis in crs.axes:
        if same_label(axis.label, label) or axis.role.value == label.lower():
            return axis.role
    message = f"no axis '{label}' in {crs.short}; {suggest(label, crs.labels)}"
    raise scope.plan.error(InvalidAxisLabel, message, tree, locator=label)


def _resolutions(scope: Scope, crs: Crs, tree: nodes.CrsTransform) -> tuple[float, float] | None:
    """Width and height of cells; without names of axes in the order of the CRS, one alone for both."""
    if not tree.resolutions:
        return None
    found: dict[Role, float] = {}
    for one, axis in zip(tree.resolutions, (*crs.axes, *crs.axes[:1] * len(tree.resolutions)), strict=False):
        size = abs(real(scope, one.value, "a resolution"))
        role = _role(scope, crs, one.axis, one) if one.axis else axis.role
        if role in found or len(tree.resolutions) > 2:
            raise scope.plan.error(WcpsSemanticError, "resolutions are two at most, one for each axis", one)
        if size == 0:
            raise scope.plan.error(WcpsSemanticError, "a resolution must not be 0", one)
        found[role] = size
    x, y = found.get(Role.X), found.get(Role.Y)
    alone = next(iter(found.values()))
    return (alone if x is None else x, alone if y is None else y)


def _bounds(scope: Scope, crs: Crs, tree: nodes.CrsTransform, default: Bounds) -> Bounds:
    """The outer edges of the result; open ends are those of ``default``."""
    edges = {Role.X: [default[0], default[2]], Role.Y: [default[1], default[3]]}
    named: dict[Role, Crs | None] = {}
    for label, role, low, high, other, place in _sides(scope, crs, tree):
        if role in named:
            raise scope.plan.error(InvalidAxisLabel, f"axis '{label}' is named twice", place, locator=label)
        named[role] = other
        for end, bound in enumerate((low, high)):
            if isinstance(bound, (int, float)):
                edges[role][end] = float(bound)
            elif bound is not None:
                raise scope.plan.error(InvalidSubsetting, f"axis {label}: bounds are numbers", place, locator=label)
    box = (edges[Role.X][0], edges[Role.Y][0], edges[Role.X][1], edges[Role.Y][1])
    if box[0] >= box[2] or box[1] >= box[3]:
        raise scope.plan.error(InvalidSubsetting, "the bounds of the result are empty or reversed", tree)
    others = [other for other in named.values() if other is not None and not same_crs(other, crs)]
    if not others:
        return box
    if len(others) != 2 or not same_crs(*others):
        raise scope.plan.error(InvalidSubsetting, "bounds in another CRS are those of both axes, in one CRS", tree)
    with scope.plan.placed(tree):
        return transform_bounds(others[0], crs, box)


def _sides(
    scope: Scope, crs: Crs, tree: nodes.CrsTransform
) -> list[tuple[str, Role, Bound | None, Bound | None, Crs | None, nodes.Syntax]]:
    """Axis, its role, bounds, their CRS and the place of each part of the bounding box."""
    assert tree.bounds is not None
    found: list[tuple[str, Role, Bound | None, Bound | None, Crs | None, nodes.Syntax]] = []
    if isinstance(tree.bounds, nodes.Domain):
        domain = scope.value(tree.bounds)
        assert isinstance(domain, DomainValue)
        if domain.grid or {one.axis.role for one in domain.axes} != {Role.X, Role.Y}:
            message = "the bounds of the result are those of two horizontal axes, in the units of a CRS"
            raise scope.plan.error(InvalidRequest, message, tree.bounds, "as in domain($c)")
        return [(one.axis.label, one.axis.role, one.low, one.high, one.axis.crs, tree.bounds) for one in domain.axes]
    for item in tree.bounds:
        if isinstance(item, nodes.Slice):
            raise scope.plan.error(WcpsSemanticError, f"bounds are intervals, and {item.axis} has a point", item)
        given = interval(scope, item, None)
        role = _role(scope, given.crs or crs, item.axis, item)
        found.append((item.axis, role, given.low, given.high, given.crs, item))
    return found


def _grid(scope: Scope, bounds: Bounds, sizes: tuple[float, float], tree: nodes.Syntax) -> TargetGrid:
    """Cells of these sizes from the upper left corner, as many as fit best."""
    counts = [
        max(1.0, math.floor((bounds[end] - bounds[end - 2]) / size + 0.5))
        for end, size in ((2, sizes[0]), (3, sizes[1]))
    ]
    if max(counts) > MAX_SIZE:
        raise scope.plan.error(WcpsSemanticError, "the resolution is too fine for the bounds", tree)
    columns, rows = (int(count) for count in counts)
    return TargetGrid(
        (bounds[0], bounds[3] - rows * sizes[1], bounds[0] + columns * sizes[0], bounds[3]), columns, rows
    )
