# SPDX-License-Identifier: MIT
"""``clip`` with polygons, lines, curtains and corridors (section 4.3): vertices in the order of the CRS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.crs import Crs, same_crs, transform_points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidRequest, InvalidSubsetting, WcpsSemanticError
from eoxserver.core.roles import Role
from eoxserver.core.subsets import number
from eoxserver.query.plan import Clip, Corridor, Node, Ring, Trace
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.operands import coverage, derived_value
from eoxserver.services.wcps.compile.scope import Failure, Scope
from eoxserver.services.wcps.compile.values import CoverageValue, ShapeValue

__all__ = ["clip", "grid_shift"]


def clip(scope: Scope, tree: nodes.Clip) -> CoverageValue:
    """The part of a coverage in or along a geometry."""
    value = coverage(scope, tree.operand, "clip()")
    crs = scope.crs(tree.crs, tree) if tree.crs is not None else None
    shape = _shape(scope, tree.shape) if isinstance(tree.shape, nodes.Variable) else tree.shape
    if tree.with_coordinates and not isinstance(shape, nodes.LineString):
        raise scope.plan.error(InvalidRequest, "'with coordinates' goes with a linestring only", tree, "leave it away")
    node = _node(scope, value, shape, crs, tree)
    step = scope.plan.step(node, tree)
    return derived_value(scope, node, tree, grid_shift(value, step.own_domain), value)


def grid_shift(value: CoverageValue, domain: Domain) -> tuple[int, ...]:
    """The language's indices of the first cells of a domain cut out of a coverage; new axes count from 0."""
    low = []
    for axis in domain.axes:
        if axis.label not in value.domain.labels:
            low.append(0)
            continue
        old = value.domain.axis(axis.label)
        low.append(value.axis_low(axis.label) + _cells_between(old, axis))
    return tuple(low)


def _cells_between(old: Axis, new: Axis) -> int:
    match old, new:
        case RegularAxis(), RegularAxis():
            return round((new.origin - old.origin) / old.step)
        case IndexAxis(), IndexAxis():
            return new.first - old.first
        case IrregularAxis(), IrregularAxis():
            return int(np.argmin(np.abs(old.coefficients - new.coefficients[0])))
        case _:
            return 0


def _shape(scope: Scope, tree: nodes.Variable) -> nodes.Shape:
    """The geometry in a variable of ``let``."""
    found = scope.variables.get(tree.name)
    if isinstance(found, Failure):
        raise found.error
    if not isinstance(found, ShapeValue):
        raise scope.plan.error(
            WcpsSemanticError, f"{tree.name} is no geometry", tree, "as in let $g := POLYGON((0 0, 0 9, 9 9))"
        )
    return found.shape


def _node(
    scope: Scope,
    value: CoverageValue,
    shape: nodes.Shape | nodes.Curtain | nodes.Corridor,
    crs: Crs | None,
    tree: nodes.Clip,
) -> Node:
    if isinstance(shape, nodes.Corridor):
        return _corridor(scope, value, shape, crs)
    labels: tuple[str, ...]
    if isinstance(shape, nodes.Curtain):
        labels = _projection(scope, value, shape)
        mask = _shape(scope, shape.mask) if isinstance(shape.mask, nodes.Variable) else shape.mask
        what = "the projection"
    else:
        labels, mask, what = value.domain.crs_labels, shape, "the coverage"
    frame = _Frame(scope, value.domain, labels, crs, what)
    if isinstance(mask, nodes.LineString):
        return Trace(value.node, labels, frame.line(mask), tree.with_coordinates)
    if len(labels) != 2:
        raise scope.plan.error(
            InvalidRequest,
            f"a polygon clips a coverage of 2 axes, and this has {len(labels)}: {', '.join(labels)}",
            mask,
            f"clip two axes of it, as in CURTAIN(projection({labels[-2]}, {labels[-1]}), POLYGON(...))"
            if len(labels) > 2
            else "",
        )
    return Clip(value.node, (labels[0], labels[1]), frame.polygons(mask))


def _projection(scope: Scope, value: CoverageValue, shape: nodes.Curtain | nodes.Corridor) -> tuple[str, str]:
    """The labels of the two axes of a curtain or corridor, as the coverage has them."""
    with scope.plan.placed(shape):
        first, second = (value.domain.axis(label).label for label in shape.axes)
    if first == second:
        raise scope.plan.error(InvalidAxisLabel, f"axis '{first}' is named twice", shape, locator=first)
    return first, second


def _corridor(scope: Scope, value: CoverageValue, shape: nodes.Corridor, crs: Crs | None) -> Corridor:
    """A mask of two axes along a track of all axes, or of those two."""
    labels = _projection(scope, value, shape)
    track = _shape(scope, shape.track) if isinstance(shape.track, nodes.Variable) else shape.track
    mask = _shape(scope, shape.mask) if isinstance(shape.mask, nodes.Variable) else shape.mask
    if not isinstance(track, nodes.LineString):
        raise scope.plan.error(InvalidRequest, "the track of a corridor is a linestring", track)
    if not isinstance(mask, nodes.Polygon):
        raise scope.plan.error(InvalidRequest, "the mask of a corridor is one polygon", mask)
    frame = _Frame(scope, value.domain, labels, crs, "the projection")
    whole = value.domain.crs_labels
    along = labels if len(track.points[0].coordinates) == 2 else whole
    other = _Frame(scope, value.domain, along, crs, "the coverage") if along is not labels else frame
    polygon = frame.polygons(mask)[0]
    return Corridor(value.node, labels, other.line(track), polygon, shape.discrete, along)


class _Frame:
    """The axes that coordinates of vertices belong to, and the CRS they are given in."""

    def __init__(self, scope: Scope, domain: Domain, labels: Sequence[str], crs: Crs | None, what: str) -> None:
        self.scope = scope
        self.labels = tuple(labels)
        self.axes = [domain.axis(label) for label in labels]
        self.what = what
        self.own = domain.horizontal_crs
        self.crs = crs

    def line(self, shape: nodes.LineString) -> Ring:
        """The vertices of a line."""
        return self._reprojected([self._vertex(point) for point in shape.points], shape)

    def polygons(self, shape: nodes.Polygon | nodes.MultiPolygon) -> tuple[tuple[Ring, ...], ...]:
        """Polygons, each its outline and holes."""
        parts = shape.polygons if isinstance(shape, nodes.MultiPolygon) else (shape,)
        return tuple(tuple(self._ring(ring) for ring in polygon.rings) for polygon in parts)

    def _ring(self, points: tuple[nodes.Point, ...]) -> Ring:
        """A ring; its first vertex may stand again at its end, and no other twice."""
        vertices = [self._vertex(point) for point in points]
        if len(vertices) > 1 and vertices[0] == vertices[-1]:
            vertices.pop()
        seen: set[tuple[float, ...]] = set()
        for vertex, point in zip(vertices, points, strict=False):
            if vertex in seen:
                shown = " ".join(str(one) for one in point.coordinates)
                raise self.scope.plan.error(
                    InvalidSubsetting, f"vertex {shown} stands twice in one ring of a polygon", point
                )
            seen.add(vertex)
        if len(vertices) < 3:
            raise self.scope.plan.error(
                InvalidSubsetting, f"a ring of a polygon has 3 vertices at least, not {len(vertices)}", points[0]
            )
        return self._reprojected(vertices, points[0])

    def _vertex(self, point: nodes.Point) -> tuple[float, ...]:
        """The coordinates of a vertex, instants as numbers."""
        if len(point.coordinates) != len(self.axes):
            raise self.scope.plan.error(
                InvalidSubsetting,
                f"a vertex has {len(point.coordinates)} coordinates, and {self.what} "
                f"{len(self.axes)} axes: {', '.join(self.labels)}",
                point,
            )
        with self.scope.plan.placed(point):
            return tuple(
                number(axis.crs, coordinate, axis.label)
                for axis, coordinate in zip(self.axes, point.coordinates, strict=True)
            )

    def _reprojected(self, vertices: list[tuple[float, ...]], tree: nodes.Syntax) -> Ring:
        """Vertices whose horizontal coordinates are brought from the CRS they are given in."""
        crs = self.crs
        if crs is None or (self.own is not None and same_crs(crs, self.own)):
            return tuple(vertices)
        places = {axis.role: place for place, axis in enumerate(self.axes) if axis.role in (Role.X, Role.Y)}
        if self.own is None or len(places) != 2 or crs.horizontal is None:
            raise self.scope.plan.error(
                InvalidRequest,
                f"vertices on {', '.join(self.labels)} cannot be given in {crs.short}: that needs both horizontal axes",
                tree,
            )
        first, second = sorted(places.values())
        x, y = (second, first) if crs.horizontal.yx else (first, second)
        columns = np.array(vertices, dtype=np.float64).T
        with self.scope.plan.placed(tree):
            east, north = transform_points(crs, self.own, columns[x], columns[y])
        if not (np.isfinite(east) & np.isfinite(north)).all():
            raise self.scope.plan.error(
                InvalidSubsetting, f"a vertex of {crs.short} has no place in {self.own.short}", tree
            )
        columns[places[Role.X]], columns[places[Role.Y]] = east, north
        return tuple(tuple(float(one) for one in vertex) for vertex in columns.T)
