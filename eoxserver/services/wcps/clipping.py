# SPDX-License-Identifier: MIT
"""From a geometry, as queries and the ``clip`` parameter of GetCoverage have it, to nodes of a plan (section 4.3).

Coordinates stand in the order of the CRS, those of a curtain or corridor in the order of its ``projection``; instants
may be text. With a CRS of its own a geometry is brought to that of the coverage vertex by vertex, edges staying
straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from eoxserver.core.axes import Axis, Role
from eoxserver.core.crs import Crs, same_crs, same_horizontal, transform_points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported, InvalidSubsetting, SubsettingCrsNotSupported, UnsupportedCombination
from eoxserver.core.subsets import number
from eoxserver.query.plan import Clip, Corridor, Node, Ring, Trace
from eoxserver.services.wcps import nodes

__all__ = ["Outlined", "clip_node"]

Outlined: TypeAlias = nodes.LineString | nodes.Polygon | nodes.MultiPolygon | nodes.Curtain | nodes.Corridor
"""What a coverage is clipped with; the variables of curtains and corridors replaced by what they hold."""


def clip_node(
    node: Node, domain: Domain, shape: Outlined, crs: Crs | None = None, coordinates: bool = False
) -> Clip | Trace | Corridor:
    """The node that clips what another makes.

    Parameters
    ----------
    node : Node
        The input.
    domain : Domain
        Of the input, without the axes of iterators.
    crs : Crs, optional
        Of the horizontal coordinates; they then stand in its order.
    coordinates : bool
        Whether the coordinates along a line become fields.

    Raises
    ------
    InvalidAxisLabel
        For an axis the domain lacks.
    InvalidSubsetting
        For vertices with another number of coordinates than there are axes, or with unreadable ones.
    SubsettingCrsNotSupported
        For a CRS on axes that are not the horizontal ones, or that is out of reach.
    UnsupportedCombination
        For ``coordinates`` of anything but a line, and masks that are of no use.
    """
    line = shape.mask if isinstance(shape, nodes.Curtain) else shape
    if coordinates and not isinstance(line, nodes.LineString):
        raise UnsupportedCombination("only clips along a line have coordinates; leave 'with coordinates' away")
    match shape:
        case nodes.Curtain():
            return _flat(node, _Reader(domain, shape.axes, crs, named=True), _mask(shape.mask), coordinates)
        case nodes.Corridor():
            return _corridor(node, domain, shape, crs)
        case _:
            return _flat(node, _Reader(domain, domain.crs_labels, crs), shape, coordinates)


def _mask(mask: nodes.Shape | nodes.Variable) -> nodes.Shape:
    if isinstance(mask, nodes.Variable):
        raise UnsupportedCombination(f"variable {mask.name} stands where a geometry is needed")
    return mask


def _flat(node: Node, reader: _Reader, shape: nodes.Shape, coordinates: bool) -> Clip | Trace:
    """A clip on some axes."""
    if isinstance(shape, nodes.LineString):
        return Trace(node, reader.labels, reader.ring(shape.points), coordinates)
    return Clip(node, reader.pair, reader.polygons(shape))


def _corridor(node: Node, domain: Domain, shape: nodes.Corridor, crs: Crs | None) -> Corridor:
    track, mask = _mask(shape.track), _mask(shape.mask)
    if not isinstance(track, nodes.LineString):
        raise UnsupportedCombination("the track of a corridor is a linestring, as in corridor(projection(E, N), ...)")
    if not isinstance(mask, nodes.Polygon):
        raise UnsupportedCombination("the mask of a corridor is a single polygon")
    plane = _Reader(domain, shape.axes, crs, named=True)
    short = len(track.points[0].coordinates) == 2
    along = plane if short else _Reader(domain, domain.crs_labels, crs)
    (polygon,) = plane.polygons(mask)
    names = () if short else along.labels
    return Corridor(node, plane.pair, along.ring(track.points), polygon, shape.discrete, names)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads vertices on some axes of a domain."""

    domain: Domain
    labels: tuple[str, ...]
    crs: Crs | None
    named: bool = False
    """Whether coordinates stand in the order of the labels whatever the CRS."""

    @property
    def pair(self) -> tuple[str, str]:
        """The labels of two axes."""
        if len(self.labels) != 2:
            raise InvalidSubsetting(
                f"a polygon lies on two axes, and the coverage has {len(self.labels)} ({', '.join(self.labels)}); "
                "slice the others, or name two: curtain(projection(a, b), polygon(...))"
            )
        return self.labels[0], self.labels[1]

    def polygons(self, shape: nodes.Shape) -> tuple[tuple[Ring, ...], ...]:
        """The rings of polygons."""
        assert not isinstance(shape, nodes.LineString)
        _ = self.pair
        polygons = (shape,) if isinstance(shape, nodes.Polygon) else shape.polygons
        return tuple(tuple(self.ring(ring) for ring in polygon.rings) for polygon in polygons)

    def ring(self, points: Sequence[nodes.Point]) -> Ring:
        """Vertices in the units of the axes."""
        axes = [self.domain.axis(label) for label in self.labels]
        slots = self._foreign(axes)
        read = [self._vertex(point, axes, slots) for point in points]
        if not slots or self.crs is None:
            return tuple(read)
        east, north = slots
        x, y = self._plane(axes)
        table = np.array(read)
        own = axes[x].crs
        assert own is not None
        try:
            table[:, x], table[:, y] = transform_points(self.crs, own, table[:, east], table[:, north])
        except CrsNotSupported as error:
            raise SubsettingCrsNotSupported(error.message) from error
        if not np.isfinite(table).all():
            lost = read[int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])]
            raise InvalidSubsetting(
                f"the point {lost[east]:g}, {lost[north]:g} of {self.crs.uri} has no place in {own.uri}"
            )
        return tuple(tuple(vertex) for vertex in table.tolist())

    def _foreign(self, axes: Sequence[Axis]) -> tuple[int, int] | None:
        """Where x and y stand in a vertex when they are in another CRS."""
        if self.crs is None:
            return None
        x, y = self._plane(axes)
        own = axes[x].crs
        assert own is not None
        if self.crs.horizontal is None:
            raise SubsettingCrsNotSupported(f"{self.crs.uri} has no horizontal axes")
        if same_crs(self.crs.horizontal, own) or (self.named and same_horizontal(self.crs, own)):
            return None
        if self.named:
            return x, y
        first, second = sorted((x, y))
        roles = [axis.role for axis in self.crs.horizontal.axes if axis.role in (Role.X, Role.Y)]
        return (first, second) if roles[0] is Role.X else (second, first)

    def _plane(self, axes: Sequence[Axis]) -> tuple[int, int]:
        """Where x and y of the coverage stand among the axes; raises SubsettingCrsNotSupported when they do not."""
        horizontal = [self.domain.axes[position] for position in self.domain.horizontal or ()]
        if not horizontal or not all(axis in axes for axis in horizontal):
            raise SubsettingCrsNotSupported(
                f"a geometry on the axes {', '.join(self.labels)} takes no CRS: "
                "it is for those on both horizontal axes of the coverage"
            )
        x, y = (axes.index(axis) for axis in horizontal)
        return x, y

    def _vertex(self, point: nodes.Point, axes: Sequence[Axis], slots: tuple[int, int] | None) -> tuple[float, ...]:
        if len(point.coordinates) != len(axes):
            shown = " ".join(map(str, point.coordinates))
            raise InvalidSubsetting(
                f"vertex ({shown}) has {len(point.coordinates)} coordinates; there must be {len(axes)}, "
                f"for {', '.join(self.labels)}"
            )
        return tuple(
            number(self.crs if slots and place in slots else axis.crs, coordinate, axis.label)
            for place, (axis, coordinate) in enumerate(zip(axes, point.coordinates, strict=True))
        )
