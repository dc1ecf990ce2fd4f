# SPDX-License-Identifier: MIT
"""Random plans over the sample coverages, for hypothesis."""

from __future__ import annotations

from hypothesis import reject
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis, IrregularAxis
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.crs import Crs
from eoxserver.core.errors import CrsNotSupported
from eoxserver.core.selection import GRID, Slice, Subset, Trim
from eoxserver.query.plan import (
    Factor,
    Interpolation,
    Node,
    Overlay,
    Read,
    Reproject,
    Scale,
    ScaleTarget,
    Select,
    Size,
    SubsetNode,
    TargetGrid,
)
from eoxserver.query.resolver import Resolver
from tests.query.samples import GEO, MERCATOR, UTM, catalogue, climate, cube, image, scan, series, waves

COVERAGES = {
    "series": series(),
    "cube": cube(valid=True),
    "climate": climate(valid=True),
    "scan": scan(),
    "image": image(waves(60, 80, 3), name="image"),
    "world": image(waves(45, 90, 2), bounds=(-180, -90, 180, 90), name="world"),
    "dateline": image(waves(40, 40, 2), bounds=(170, -10, 190, 10), name="dateline"),
}
LOOKUP = catalogue(*COVERAGES.values())


def result(plan: Node) -> Coverage:
    """What a plan makes, as it is written."""
    return Resolver(LOOKUP).resolve(plan).coverage


@st.composite
def boxes(draw: st.DrawFn, coverage: Coverage) -> CellBox:
    """A box of the cells of a coverage."""
    shape = coverage.domain.shape
    low = tuple(draw(st.integers(0, size - 1)) for size in shape)
    return CellBox(low, tuple(draw(st.integers(a + 1, size)) for a, size in zip(low, shape, strict=True)))


@st.composite
def subsets(draw: st.DrawFn, coverage: Coverage) -> tuple[Subset, ...]:
    """Trims and slices of some axes, in cells or coordinates."""
    chosen: list[Subset] = []
    for axis in coverage.domain.axes:
        kind = draw(st.sampled_from(["none", "none", "trim", "slice", "coordinates"]))
        first = draw(st.integers(0, axis.size - 1))
        last = draw(st.integers(first, axis.size - 1))
        origin = axis.first if isinstance(axis, IndexAxis) else 0
        if kind == "trim":
            chosen.append(Trim(axis.label, origin + first, origin + last, GRID))
        elif kind == "slice":
            chosen.append(Slice(axis.label, origin + first, GRID))
        elif kind == "coordinates":
            ends = sorted((axis.coordinate(first), axis.coordinate(last)))
            chosen.append(Trim(axis.label, ends[0], ends[1]))
    return tuple(draw(st.permutations(chosen)))


@st.composite
def scales(draw: st.DrawFn, coverage: Coverage) -> tuple[ScaleTarget, ...]:
    """New sizes of some axes."""
    targets: list[ScaleTarget] = []
    for axis in coverage.domain.axes:
        if not isinstance(axis, IrregularAxis) and draw(st.booleans()):
            factor: ScaleTarget = Factor(axis.label, draw(st.sampled_from([0.3, 1.0, 1.7])))
            targets.append(factor if draw(st.booleans()) else Size(axis.label, draw(st.integers(1, 2 * axis.size))))
    return tuple(targets)


@st.composite
def grids(draw: st.DrawFn, node: Node, crs: Crs) -> TargetGrid | None:
    """A grid somewhere about what a plan makes."""
    coverage = result(node)
    try:
        bounds = result(Reproject(node, crs, None)).domain.horizontal_bounds
    except CrsNotSupported:  # the other side of the Earth
        reject()
    if draw(st.integers(0, 3)) == 0 and coverage.domain.cell_count < 10_000:
        return None
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    west = bounds[0] + draw(st.floats(-0.2, 0.9)) * width
    south = bounds[1] + draw(st.floats(-0.2, 0.9)) * height
    size = draw(st.floats(0.05, 1.0))
    columns, rows = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    return TargetGrid((west, south, west + size * width, south + size * height), columns, rows)


@st.composite
def plans(draw: st.DrawFn, most: int = 4) -> Node:
    """A coverage under up to ``most`` nodes."""
    node: Node = Read(draw(st.sampled_from(sorted(COVERAGES))))
    for _ in range(draw(st.integers(0, most))):
        coverage = result(node)
        if coverage.domain.cell_count > 100_000:
            break
        kinds = ["subset", "select", "scale", "overlay", *(["reproject"] * 2 if coverage.domain.horizontal else [])]
        interpolation = draw(st.sampled_from(list(Interpolation)))
        match draw(st.sampled_from(kinds)):
            case "subset":
                node = SubsetNode(node, draw(subsets(coverage)))
            case "select":
                count = len(coverage.range_type)
                node = Select(node, tuple(draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3))))
            case "scale":
                node = Scale(node, draw(scales(coverage)), interpolation)
            case "overlay":
                node = draw(
                    st.sampled_from([Overlay((node,)), Overlay((node, node)), Overlay((Overlay((node,)), node))])
                )
            case "reproject":
                crs = draw(st.sampled_from([GEO, MERCATOR, UTM]))
                node = Reproject(node, crs, draw(grids(node, crs)), interpolation)
    return node
