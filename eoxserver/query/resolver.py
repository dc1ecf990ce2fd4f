# SPDX-License-Identifier: MIT
"""From a plan to what is known of it without reading a cell: a graph of ``Step``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coverage import Source
from eoxserver.core.errors import NoSuchField, UnsupportedCombination
from eoxserver.core.fields import RangeType
from eoxserver.core.selection import select
from eoxserver.query.cellwise import make as make_cells
from eoxserver.query.grids import Plane, reprojected_domain, scaled_domain
from eoxserver.query.iterate import constructing, folding, ordering, picking, unrolling
from eoxserver.query.mapping import PlaneMap
from eoxserver.query.overlay import OverlayView
from eoxserver.query.plan import (
    Cast,
    Clip,
    Combine,
    Condense,
    Constant,
    Construct,
    Corridor,
    Each,
    Extend,
    Flip,
    Given,
    Interpolation,
    Iterator,
    Map,
    Mask,
    Node,
    Overlay,
    Pick,
    Read,
    Reduce,
    Reproject,
    Scale,
    Select,
    SetNil,
    Sort,
    SubsetNode,
    Switch,
    Trace,
)
from eoxserver.query.ratios import typical_ratios
from eoxserver.query.shapes import clip, corridor, extend, trace
from eoxserver.query.steps import Lookup, Options, Step, derived, window_over
from eoxserver.query.transforms import Placement, TransformCache
from eoxserver.query.views import ReprojectView, ScaleView
from eoxserver.query.windows import Window, Zoomed, choose_level

__all__ = ["Resolver"]

SAME_PLACE = 1e-3
"""Grids whose edges differ by less are the same [cells]."""


@dataclass(frozen=True)
class Resolver:
    """Makes steps of plans.

    Parameters
    ----------
    transforms : TransformCache
        Shared by all plans; belongs to whoever evaluates them.

    Each node has one step, however often it is an input: a resolver serves one plan, or several that share nodes.
    """

    lookup: Lookup
    options: Options = field(default_factory=Options)
    transforms: TransformCache = field(default_factory=TransformCache)
    known: dict[int, Step] = field(default_factory=dict, repr=False)
    """By the identity of nodes, which the steps keep alive."""

    def resolve(self, node: Node) -> Step:
        """The step of a node, and of all nodes below.

        Raises
        ------
        EOxServerError
            What the node asks for cannot be had of its input: unknown coverages, axes or fields, bounds outside, bad
            sizes, unreachable CRSs.
        """
        step = self.known.get(id(node))
        if step is None:
            step = self.known[id(node)] = self._made(node)
        return step

    def _made(self, node: Node) -> Step:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of node
        match node:
            case Read():
                return Step(node, replace(self.lookup(node.coverage_id), points=None))  # cells along an index axis
            case Given():
                return Step(node, node.coverage)
            case SubsetNode():
                return self._subset(node)
            case Select():
                return self._select(node)
            case Scale():
                return self._scale(node)
            case Reproject():
                return self._reproject(node)
            case Overlay():
                return self._overlay(node)
            case Constant() | Iterator() | Map() | Cast() | Combine() | Switch() | SetNil() | Mask():
                return make_cells(self, node)
            case Extend():
                return extend.make(self, node)
            case Clip():
                return clip.make(self, node)
            case Trace():
                return trace.make(self, node)
            case Corridor():
                return corridor.make(self, node)
            case Reduce():
                return folding.make_reduce(self, node)
            case Condense():
                return folding.make_condense(self, node)
            case Construct():
                return constructing.make_construct(self, node)
            case Each():
                return unrolling.make_each(self, node)
            case Pick():
                return picking.make_pick(self, node)
            case Flip():
                return ordering.make_flip(self, node)
            case Sort():
                return ordering.make_sort(self, node)
            case _:
                raise UnsupportedCombination(f"{type(node).__name__} cannot be evaluated")

    def _subset(self, node: SubsetNode) -> Step:
        step = self.resolve(node.input)
        chosen = select(step.domain, node.subsets, node.crs, node.mode)
        source = window_over(step).subset(chosen.box, chosen.sliced)
        return Step(node, derived(step.coverage, source, domain=chosen.domain), (step,), step.iterators)

    def _select(self, node: Select) -> Step:
        step = self.resolve(node.input)
        for position in node.fields:
            if not 0 <= position < len(step.range_type):
                raise NoSuchField(
                    f"no field number {position}; there are {len(step.range_type)}: {', '.join(step.range_type.names)}",
                    locator=str(position),
                )
        range_type = step.range_type.select(node.fields)
        source = window_over(step).select(node.fields)
        return Step(node, derived(step.coverage, source, range_type=range_type), (step,), step.iterators)

    def _scale(self, node: Scale) -> Step:
        step = self.resolve(node.input)
        domain = scaled_domain(step.domain, node.targets)
        window = window_over(step)
        changed = {
            axis: old / new
            for axis, (old, new) in enumerate(zip(step.domain.shape, domain.shape, strict=True))
            if old != new
        }
        source: Source = window
        if changed:
            zoomed = _zoomed(window, changed)
            horizontal = step.domain.horizontal
            source = ScaleView(zoomed, step.range_type, domain.shape, horizontal, node.interpolation, self.options)
        return Step(node, derived(step.coverage, source, domain=domain), (step,), step.iterators)

    def _reproject(self, node: Reproject) -> Step:
        step = self.resolve(node.input)
        x, y = step.domain.require_horizontal()
        domain = reprojected_domain(step.domain, node.crs, node.grid)
        old, new = Plane.of(step.domain), Plane.of(domain)
        centre = (old.x + old.dx * old.width / 2, old.y + old.dy * old.height / 2)
        placement = Placement(new, old.crs, centre, self.transforms)
        window = window_over(step)
        nearest = node.interpolation is Interpolation.NEAREST
        if domain is step.domain or (placement.same and nearest and _same_plane(old, new)):
            return Step(node, derived(step.coverage, window, domain=domain), (step,), step.iterators)
        tolerance = self.options.tolerance
        ratios = typical_ratios(placement, old)
        zoomed = _zoomed(window, {x: ratios[0], y: ratios[1]})
        coarser = (ratios[0] * zoomed.scale[x], ratios[1] * zoomed.scale[y])
        plane = PlaneMap(placement, *_zoomed_plane(old, zoomed, x, y), coarser, tolerance)
        source = ReprojectView(zoomed, step.range_type, plane, (x, y), node.interpolation, self.options)
        return Step(node, derived(step.coverage, source, domain=domain), (step,), step.iterators)

    def _overlay(self, node: Overlay) -> Step:
        steps = tuple(self.resolve(input_) for input_ in node.inputs)
        if not steps:
            raise UnsupportedCombination("an overlay needs at least one coverage")
        first = steps[0]
        for other in steps[1:]:
            _check_same_grid(first, other)
        range_type = first.range_type
        for other in steps[1:]:
            range_type = _widened(range_type, other.range_type)
        source = OverlayView(tuple(step.source for step in steps), range_type) if len(steps) > 1 else first.source
        return Step(node, derived(first.coverage, source, range_type=range_type), steps)


def _zoomed(window: Window, ratios: dict[int, float]) -> Zoomed:
    """The window in cells of the level that suits these ratios, given by axis of the window."""
    return window.zoomed(choose_level(window.base.levels, {window.kept[axis]: r for axis, r in ratios.items()}))


def _zoomed_plane(plane: Plane, zoomed: Zoomed, x: int, y: int) -> tuple[Plane, tuple[float, float, float, float]]:
    """The plane in cells of the level, and from and to where the window itself extends in it."""
    (sx, sy), (tx, ty) = ((each[x], each[y]) for each in (zoomed.scale, zoomed.shift))
    dx, dy = plane.dx / sx, plane.dy / sy
    width, height = zoomed.shape[x], zoomed.shape[y]
    edges = (tx, tx + plane.width * sx, ty, ty + plane.height * sy)
    return Plane(plane.crs, plane.x - tx * dx, dx, width, plane.y - ty * dy, dy, height), edges


def _same_plane(a: Plane, b: Plane) -> bool:
    if (a.width, a.height) != (b.width, b.height):
        return False
    pairs = (
        (a.x - b.x, a.dx),
        (a.y - b.y, a.dy),
        ((a.dx - b.dx) * a.width, a.dx),
        ((a.dy - b.dy) * a.height, a.dy),
    )
    return all(abs(difference / cell) <= SAME_PLACE for difference, cell in pairs)


def _check_same_grid(first: Step, other: Step) -> None:
    a, b = first.domain, other.domain
    if len(first.range_type) != len(other.range_type):
        raise UnsupportedCombination(
            f"coverages with {len(first.range_type)} and {len(other.range_type)} fields cannot be overlaid"
        )
    if a.shape != b.shape or a.crs_components != b.crs_components:
        raise UnsupportedCombination(
            f"coverages of {a.shape} and {b.shape} cells ({', '.join(a.labels)} and {', '.join(b.labels)}) "
            "cannot be overlaid; bring them to one grid first"
        )
    for mine, theirs in zip(a.axes, b.axes, strict=True):
        if not _same_axis(mine, theirs):
            raise UnsupportedCombination(
                f"the coverages differ along axis {mine.label}; bring them to one grid first", locator=mine.label
            )


def _same_axis(a: Axis, b: Axis) -> bool:
    if type(a) is not type(b):
        return False
    step = abs(a.step) if isinstance(a, RegularAxis) else 1.0
    ends = ((a.coordinate(0), b.coordinate(0)), (a.coordinate(a.size - 1), b.coordinate(b.size - 1)))
    if any(abs(mine - theirs) > SAME_PLACE * step for mine, theirs in ends):
        return False
    return isinstance(a, RegularAxis) or bool(np.allclose(a.coordinates(), b.coordinates(), rtol=0, atol=SAME_PLACE))


def _widened(first: RangeType, other: RangeType) -> RangeType:
    """The range type with data types that hold the other's values too."""
    dtypes: list[np.dtype[Any]] = [
        np.result_type(a.dtype, b.dtype) for a, b in zip(first.fields, other.fields, strict=True)
    ]
    if all(field.dtype == dtype for field, dtype in zip(first.fields, dtypes, strict=True)):
        return first
    return RangeType(tuple(replace(field, dtype=dtype) for field, dtype in zip(first.fields, dtypes, strict=True)))
