# SPDX-License-Identifier: MIT
"""From a geometry, as queries and the ``clip`` parameter of GetCoverage have it, to nodes of a plan (section 4.3).

Coordinates stand in the order of the CRS, those of a curtain or corridor in the order of its ``projection``; instants
may be text. With a CRS of its own the horizontal coordinates of a geometry stand in the order of that, and are brought
to the coverage vertex by vertex, edges staying straight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from eoxserver.core.axes import Axis
from eoxserver.core.crs import Crs, same_crs, transform_points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidRequest, InvalidSubsetting
from eoxserver.core.subsets import number
from eoxserver.query.plan import Clip, Corridor, Node, Ring, Trace
from eoxserver.services.wcps import nodes

__all__ = ["Outlined", "Placed", "clip_node"]

Outlined: TypeAlias = nodes.LineString | nodes.Polygon | nodes.MultiPolygon | nodes.Curtain | nodes.Corridor
"""What a coverage is clipped with; curtains and corridors with geometries instead of variables."""

Placed: TypeAlias = Callable[[nodes.Syntax], AbstractContextManager[None]]
"""Makes contexts in which errors get the place of a part of the geometry."""


def _nowhere(_: nodes.Syntax) -> AbstractContextManager[None]:
    return nullcontext()


def clip_node(
    node: Node,
    domain: Domain,
    shape: Outlined,
    crs: Crs | None = None,
    coordinates: bool = False,
    placed: Placed = _nowhere,
) -> Clip | Trace | Corridor:
    """The node that clips what another makes.

    Parameters
    ----------
    node : Node
        The input.
    domain : Domain
        Of the input, without the axes of iterators.
    crs : Crs, optional
        Of the horizontal coordinates.
    coordinates : bool
        Whether the coordinates along a line become fields.
    placed : callable, optional
        Tells errors their place.

    Raises
    ------
    InvalidAxisLabel
        For an axis the domain lacks.
    InvalidSubsetting
        For vertices with another number of coordinates than there are axes, with unreadable ones, or without a place
        in the CRS of the coverage.
    InvalidRequest
        For ``coordinates`` of anything but a line, a mask of another kind than is needed, a polygon on more axes than
        two, and a CRS for other axes than both horizontal ones.
    CrsNotSupported
        For a CRS that is out of reach.
    """
    mask = shape.mask if isinstance(shape, nodes.Curtain) else shape
    if coordinates and not isinstance(mask, nodes.LineString):
        with placed(shape):
            raise InvalidRequest("'with coordinates' goes with a linestring only; leave it away")
    if isinstance(shape, nodes.Corridor):
        return _corridor(node, domain, shape, crs, placed)
    with placed(shape):
        labels = shape.axes if isinstance(shape, nodes.Curtain) else domain.crs_labels
        frame = _Frame.of(domain, labels, crs, placed)
    if isinstance(mask, nodes.Variable):
        with placed(mask):
            raise InvalidRequest(f"{mask.name} stands where a geometry is needed")
    if isinstance(mask, nodes.LineString) and isinstance(shape, nodes.Curtain) and not coordinates:
        return Clip(node, frame.pair(mask), (), (frame.ring(mask.points),))
    if isinstance(mask, nodes.LineString):
        return Trace(node, frame.labels, frame.ring(mask.points), coordinates)
    assert not isinstance(mask, nodes.Corridor)
    return Clip(node, frame.pair(mask), frame.polygons(mask))


def _corridor(node: Node, domain: Domain, shape: nodes.Corridor, crs: Crs | None, placed: Placed) -> Corridor:
    """A mask on two axes along a track through those two, or through all."""
    with placed(shape):
        if not isinstance(shape.track, nodes.LineString):
            raise InvalidRequest("the track of a corridor is a linestring")
        if not isinstance(shape.mask, nodes.Polygon):
            raise InvalidRequest("the mask of a corridor is one polygon")
        plane = _Frame.of(domain, shape.axes, crs, placed)
        flat = len(shape.track.points[0].coordinates) == len(plane.labels)
        along = plane if flat else _Frame.of(domain, domain.crs_labels, crs, placed)
    (polygon,) = plane.polygons(shape.mask)
    track = along.ring(shape.track.points)
    return Corridor(node, plane.pair(shape.mask), track, polygon, shape.discrete, () if flat else along.labels)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes that coordinates of vertices belong to, and the CRS they are given in."""

    axes: tuple[Axis, ...]
    crs: Crs | None
    """None: the coverage's own."""
    horizontal: tuple[int, int] | None
    """Which of the axes are x and y of the coverage; None when not both are there."""
    placed: Placed

    @classmethod
    def of(cls, domain: Domain, labels: Sequence[str], crs: Crs | None, placed: Placed) -> _Frame:
        """The frame of some axes of a domain; raises InvalidAxisLabel, InvalidRequest."""
        positions = [domain.index(label) for label in labels]
        plane = domain.horizontal
        horizontal = None
        if plane is not None and set(plane) <= set(positions):
            horizontal = (positions.index(plane[0]), positions.index(plane[1]))
        own = domain.horizontal_crs
        if crs is not None and own is not None and same_crs(crs, own):
            crs = None
        if crs is not None and (horizontal is None or crs.horizontal is None):
            raise InvalidRequest(
                f"vertices on {', '.join(labels)} cannot be given in {crs.short}: that needs both horizontal axes"
            )
        return cls(tuple(domain.axes[position] for position in positions), crs, horizontal, placed)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the axes."""
        return tuple(axis.label for axis in self.axes)

    def pair(self, mask: nodes.Syntax) -> tuple[str, str]:
        """The labels, which must be two for a mask."""
        if len(self.labels) != 2:
            with self.placed(mask):
                raise InvalidRequest(
                    f"a polygon clips a coverage of 2 axes, and this has {len(self.labels)}: {', '.join(self.labels)}; "
                    f"clip two axes of it, as in CURTAIN(projection({', '.join(self.labels[-2:])}), POLYGON(...))"
                )
        return self.labels[0], self.labels[1]

    def polygons(self, shape: nodes.Polygon | nodes.MultiPolygon) -> tuple[tuple[Ring, ...], ...]:
        """Polygons, each its outline and holes."""
        self.pair(shape)
        parts = shape.polygons if isinstance(shape, nodes.MultiPolygon) else (shape,)
        return tuple(tuple(self.ring(ring) for ring in polygon.rings) for polygon in parts)

    def ring(self, points: Sequence[nodes.Point]) -> Ring:
        """Vertices in the units of the axes."""
        vertices = [self._vertex(point) for point in points]
        if self.crs is None or self.horizontal is None or self.crs.horizontal is None:
            return tuple(vertices)
        x, y = self.horizontal
        east, north = (max(x, y), min(x, y)) if self.crs.horizontal.yx else (min(x, y), max(x, y))
        table = np.array(vertices, dtype=np.float64)
        own = self.axes[x].crs
        assert own is not None
        with self.placed(points[0]):
            table[:, x], table[:, y] = transform_points(self.crs, own, table[:, east], table[:, north])
        lost = np.flatnonzero(~np.isfinite(table).all(axis=1))
        if lost.size:
            first = int(lost[0])
            with self.placed(points[first]):
                raise InvalidSubsetting(
                    f"the point {vertices[first][east]:g}, {vertices[first][north]:g} of {self.crs.short} "
                    f"has no place in {own.short}"
                )
        return tuple(tuple(vertex) for vertex in table.tolist())

    def _vertex(self, point: nodes.Point) -> tuple[float, ...]:
        """The coordinates of a vertex, instants as numbers."""
        with self.placed(point):
            if len(point.coordinates) != len(self.axes):
                shown = " ".join(map(str, point.coordinates))
                raise InvalidSubsetting(
                    f"vertex ({shown}) has {len(point.coordinates)} coordinates; there must be {len(self.axes)}, "
                    f"for {', '.join(self.labels)}"
                )
            return tuple(
                number(axis.crs, coordinate, axis.label)
                for axis, coordinate in zip(self.axes, point.coordinates, strict=True)
            )
