# SPDX-License-Identifier: MIT
"""Evaluated plans: what cells they have, what they read, in which pieces, from which threads."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box as rectangle

from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.rasters import raster_domain
from eoxserver.core.selection import GRID, Slice, Trim
from eoxserver.query.evaluate import Options, evaluate
from eoxserver.query.plan import (
    Extent,
    Factor,
    Interpolation,
    Node,
    Read,
    Reproject,
    Scale,
    Select,
    Size,
    SubsetNode,
    TargetGrid,
)
from tests.query.plans import LOOKUP, boxes, plans
from tests.query.samples import (
    GEO,
    MERCATOR,
    UTM,
    Array,
    Bounds,
    Recorder,
    assert_same,
    catalogue,
    climate,
    covering,
    cube,
    image,
    numbers,
    pyramid,
    read,
    waves,
)

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
LINEAR = [Interpolation.BILINEAR, Interpolation.CUBIC, Interpolation.CUBIC_SPLINE, Interpolation.LANCZOS]


def made(plan: Node, *coverages: Coverage, options: Options | None = None) -> Coverage:
    return evaluate(plan, catalogue(*coverages) if coverages else LOOKUP, options)


def recorded(values: Array, crs: str = "EPSG:4326", bounds: Bounds = (10, 40, 20, 50), levels: int = 1) -> Coverage:
    source = pyramid(values, levels)
    return covering(image(values, crs, bounds).domain, values, source=source)


def recorder(coverage: Coverage) -> Recorder:
    assert isinstance(coverage.source, Recorder)
    return coverage.source


# -- any plan


@settings(deadline=None, max_examples=100, suppress_health_check=SLOW)
@given(plans(), st.data())
def test_a_box_of_a_result_is_that_box_of_the_whole(plan: Node, data: st.DataObject) -> None:
    coverage = made(plan)
    box = data.draw(boxes(coverage))
    whole, part = read(coverage), read(coverage, box)
    index = (slice(None), *box.slices)
    np.testing.assert_array_equal(part.mask(), whole.mask()[index])
    np.testing.assert_array_equal(part.values[part.mask()], whole.values[index][part.mask()])


@settings(deadline=None, max_examples=100, suppress_health_check=SLOW)
@given(plans(), st.sampled_from([1000, 5000, 100_000]))
def test_a_small_budget_gives_the_same_cells(plan: Node, budget: int) -> None:
    assert_same(read(made(plan, options=Options(window_bytes=budget))), read(made(plan)))


@pytest.mark.parametrize("interpolation", [Interpolation.NEAREST, Interpolation.CUBIC, Interpolation.MEDIAN])
def test_a_budget_of_a_few_cells_gives_the_same_cells(interpolation: Interpolation) -> None:
    # One step only: what each cell of a result needs is read by itself, so steps upon steps multiply.
    plan = Reproject(Read("image"), UTM, None, interpolation)
    assert_same(read(made(plan, options=Options(window_bytes=100))), read(made(plan)))


@settings(deadline=None, max_examples=60, suppress_health_check=SLOW)
@given(plans(), st.data())
def test_fields_are_read_one_by_one_as_well(plan: Node, data: st.DataObject) -> None:
    coverage = made(plan)
    field = data.draw(st.integers(0, len(coverage.range_type) - 1))
    whole, one = read(coverage), read(coverage, fields=(field,))
    np.testing.assert_array_equal(one.mask()[0], whole.mask()[field])
    np.testing.assert_array_equal(one.values[one.mask()], whole.values[[field]][one.mask()])


def test_many_threads_may_read_one_result() -> None:
    coverage = made(Reproject(Read("image"), UTM, None, Interpolation.CUBIC))
    shape = coverage.domain.shape
    parts = [CellBox((row, 0), (min(row + 7, shape[0]), shape[1])) for row in range(0, shape[0], 7)] * 4
    alone = [read(coverage, box) for box in parts]
    with ThreadPoolExecutor(8) as pool:
        for one, other in zip(alone, pool.map(lambda box: read(coverage, box), parts), strict=True):
            assert_same(one, other)


def test_evaluation_reads_nothing_and_reading_reads_once() -> None:
    source = recorded(waves(200, 300, 3))
    result = made(Select(SubsetNode(Read("c"), (Trim("Long", 12.0, 15.0),)), (1,)), source)
    assert recorder(source).reads == []
    read(result)
    assert recorder(source).reads == [(CellBox((0, 60), (200, 150)), (1,), 0)]


# -- metadata


def test_what_describes_the_old_grid_is_dropped_with_it() -> None:
    before = dataclasses.replace(image(waves(20, 20)), footprint=rectangle(10, 40, 20, 50), title="a title")
    chosen = made(Select(Read("c"), (0, 0)), before)
    assert chosen.footprint == before.footprint
    assert chosen.range_type.names == ("b0", "b0_2")
    trimmed = made(SubsetNode(Read("c"), (Trim("Lat", 41.0, 42.0),)), before)
    assert (trimmed.footprint, trimmed.title, trimmed.identifier) == (None, "a title", "c")


# -- scaling


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["cube", "climate", "series", "scan", "image"]), st.data())
def test_scaling_picks_the_cell_at_floor_of_i_times_old_over_new(name: str, data: st.DataObject) -> None:
    coverage = LOOKUP(name)
    sizes = [
        axis.size if axis.label in {"ansi", "H"} else data.draw(st.integers(1, 3 * axis.size))
        for axis in coverage.domain.axes
    ]
    targets = tuple(Size(axis.label, size) for axis, size in zip(coverage.domain.axes, sizes, strict=True))
    expected = read(coverage).values
    for axis, size in enumerate(sizes):
        old = coverage.domain.shape[axis]
        expected = expected.take([i * old // size for i in range(size)], axis=axis + 1)
    cells = read(made(Scale(Read(name), targets)))
    np.testing.assert_array_equal(cells.values, expected)


def test_halving_by_average_is_the_mean_of_four() -> None:
    values = numbers((8, 6), dtype="f8")
    cells = read(
        made(Scale(Read("c"), (Factor("Lat", 0.5), Factor("Long", 0.5)), Interpolation.AVERAGE), image(values))
    )
    np.testing.assert_allclose(cells.values[0], values[0].reshape(4, 2, 3, 2).mean(axis=(1, 3)))


def test_bilinear_scaling_of_a_plane_is_that_plane() -> None:
    y, x = np.mgrid[0:20, 0:30]
    cells = read(
        made(
            Scale(Read("c"), (Size("Lat", 40), Size("Long", 90)), Interpolation.BILINEAR),
            image((y + 10.0 * x)[np.newaxis]),
        )
    )
    fine_y, fine_x = np.meshgrid((np.arange(40) + 0.5) / 2 - 0.5, (np.arange(90) + 0.5) / 3 - 0.5, indexing="ij")
    inner = (slice(2, -2), slice(3, -3))
    np.testing.assert_allclose(cells.values[0][inner], (fine_y + 10 * fine_x)[inner])


@pytest.mark.parametrize("method", LINEAR)
def test_interpolation_keeps_constants_even_beside_invalid_cells(method: Interpolation) -> None:
    values = np.full((2, 30, 40), 77, "u1")
    valid = np.random.default_rng(1).random(values.shape) > 0.2
    source = image(np.where(valid, values, 3).astype("u1"), valid=valid)
    for plan in (
        Scale(Read("c"), (Size("Lat", 17), Size("Long", 61)), method),
        Reproject(Read("c"), UTM, None, method),
        Reproject(Read("c"), MERCATOR, None, method),
    ):
        cells = read(made(plan, source))
        known = cells.mask()
        assert known.mean() > 0.5
        assert set(np.unique(cells.values[known])) <= {76, 77, 78}


def test_other_axes_are_scaled_by_picking_whatever_the_interpolation() -> None:
    before = read(climate()).values
    cells = read(made(Scale(Read("climate"), (Size("ansi", 2), Size("Lat", 9), Size("Long", 18)), Interpolation.MAX)))
    picked = before[:, [0, 2]]
    expected = picked.reshape(2, 2, 3, 18, 2, 9, 2)
    valid = (climate(valid=True).source.read(CellBox.whole((5, 3, 36, 18)), (0, 1)).mask())[:, [0, 2]]
    masked = np.where(valid.reshape(expected.shape), expected, -1).max(axis=(4, 6))
    np.testing.assert_array_equal(np.where(cells.mask(), cells.values, -1), masked)


def test_an_extent_only_says_how_many_cells() -> None:
    one = read(made(Scale(Read("scan"), (Extent("i", 100, 109),))))
    other = read(made(Scale(Read("scan"), (Size("i", 10),))))
    np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("method", [Interpolation.NEAREST, Interpolation.AVERAGE, Interpolation.BILINEAR])
def test_scaling_down_reads_overviews(method: Interpolation) -> None:
    values = waves(512, 768, 1)
    source = recorded(values, levels=5)
    result = made(Scale(Read("c"), (Size("Lat", 64), Size("Long", 96)), method), source)
    cells = read(result)
    assert {level for _, _, level in recorder(source).reads} == {3}
    assert recorder(source).cells <= 64 * 96
    exact = values[0].reshape(64, 8, 96, 8).mean(axis=(1, 3))
    assert np.abs(cells.values[0] - exact).max() < 8


def test_a_window_of_overviews_is_where_it_should_be() -> None:
    y, x = np.mgrid[0:512, 0:512]
    source = recorded((x + 512.0 * y)[np.newaxis], levels=4)
    plan = Scale(
        SubsetNode(Read("c"), (Trim("Lat", 101, 412, GRID), Trim("Long", 37, 420, GRID))),
        (Factor("Lat", 0.125), Factor("Long", 0.125)),
        Interpolation.BILINEAR,
    )
    result = made(plan, source)
    cells = read(result)
    assert {level for _, _, level in recorder(source).reads} == {3}
    expected_y = 101 + (np.arange(39) + 0.5) * 8 - 0.5
    expected_x = 37 + (np.arange(48) + 0.5) * 8 - 0.5
    np.testing.assert_allclose(
        cells.values[0, 1:-1, 1:-1], (expected_x[None, :] + 512 * expected_y[:, None])[1:-1, 1:-1], atol=1e-6
    )


# -- bounded memory


@pytest.mark.parametrize("method", list(Interpolation))
@pytest.mark.parametrize("target", ["EPSG:4326", "EPSG:32633"])
def test_huge_windows_are_read_in_pieces(method: Interpolation, target: str) -> None:
    values = waves(1200, 1200, 1)
    source = recorded(values)
    budget = 200_000
    plan: Node = Scale(Read("c"), (Size("Lat", 4), Size("Long", 3)), method)
    if target != "EPSG:4326":
        plan = Reproject(Read("c"), parse_crs(target), TargetGrid((1.5e5, 4.45e6, 8.5e5, 5.5e6), 3, 4), method)
    read(made(plan, source, options=Options(window_bytes=budget)))
    reads = recorder(source).reads
    assert max(box.cell_count for box, _, _ in reads) * 8 <= budget


@pytest.mark.parametrize("target", [GEO, UTM])
def test_averages_over_huge_cells_are_averages(target: Crs) -> None:
    values = np.random.default_rng(5).integers(0, 200, (1, 1000, 1000)).astype("u1")
    values[0, :500] //= 2
    source = recorded(values, "EPSG:32633", (300_000, 5_000_000, 400_000, 5_100_000))
    grid = TargetGrid((300_000, 5_000_000, 400_000, 5_100_000), 2, 2)
    plan = Reproject(Read("c"), UTM, grid, Interpolation.AVERAGE)
    if target == GEO:
        plan = Reproject(Read("c"), GEO, TargetGrid((12.35, 45.2, 13.6, 46.0), 2, 2), Interpolation.AVERAGE)
    cells = read(made(plan, source, options=Options(window_bytes=1 << 20)))
    upper, lower = values[0, :500].mean(), values[0, 500:].mean()
    np.testing.assert_allclose(cells.values[0], [[upper, upper], [lower, lower]], atol=5)


# -- reprojection


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(["near", "bilinear", "cubic", "average", "lanczos", "max", "med"]))
def test_a_native_request_gives_the_cells_themselves(data: st.DataObject, name: str) -> None:
    """At native resolution in the native CRS every method but the smoothing one gives identical cells."""
    size = (60, 80)
    source = image(waves(*size, 3), bounds=(10.0, 40.0, 10.0 + 80 * 0.05, 40.0 + 60 * 0.05))
    low = [data.draw(st.integers(0, n - 1)) for n in size]
    high = [data.draw(st.integers(a + 1, n)) for a, n in zip(low, size, strict=True)]
    bounds = (10 + low[1] * 0.05, 43 - high[0] * 0.05, 10 + high[1] * 0.05, 43 - low[0] * 0.05)
    grid = TargetGrid(bounds, high[1] - low[1], high[0] - low[0])
    result = made(Reproject(Read("c"), GEO, grid, Interpolation(name)), source)
    trimmed = made(
        SubsetNode(Read("c"), (Trim("Lat", bounds[1], bounds[3]), Trim("Long", bounds[0], bounds[2]))), source
    )
    assert result.domain.shape == trimmed.domain.shape
    box = CellBox((low[0], low[1]), (high[0], high[1]))
    assert_same(read(result), read(source, box))
    assert_same(read(trimmed), read(source, box))


@pytest.mark.parametrize("turn", [-720, -360, 0, 360])
@pytest.mark.parametrize("method", [Interpolation.NEAREST, Interpolation.BILINEAR, Interpolation.AVERAGE])
def test_the_world_goes_on_beyond_the_antimeridian(turn: int, method: Interpolation) -> None:
    world = image(waves(90, 180, 2), bounds=(-180, -90, 180, 90))
    grid = TargetGrid((150 + turn, -20, 210 + turn, 20), 30, 20)
    cells = read(made(Reproject(Read("c"), GEO, grid, method), world))
    assert cells.valid is None
    columns = (np.arange(30) + 165) % 180
    np.testing.assert_array_equal(cells.values, read(world).values[:, 35:55][:, :, columns])


def test_neighbours_across_the_antimeridian_are_interpolated() -> None:
    values = np.zeros((1, 4, 8))
    values[0, :, 0], values[0, :, -1] = 100, 50
    world = image(values, bounds=(-180, -90, 180, 90))
    cells = read(made(Reproject(Read("c"), GEO, TargetGrid((179, -1, 181, 1), 1, 1), Interpolation.BILINEAR), world))
    assert cells.values.item() == pytest.approx(75)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
@pytest.mark.parametrize("west", [165.0, -195.0])
def test_a_coverage_across_the_antimeridian_is_found_from_both_sides(crs: str, west: float) -> None:
    coverage = image(waves(20, 20), bounds=(170, -10, 190, 10))
    scale = 20037508.342789244 / 180 if crs == "EPSG:3857" else 1.0
    grid = TargetGrid((west * scale, -5 * scale, (west + 30) * scale, 5 * scale), 30, 10)
    cells = read(made(Reproject(Read("c"), parse_crs(crs), grid), coverage))
    inside = (np.arange(30) + 0.5 >= 5) & (np.arange(30) + 0.5 <= 25)
    np.testing.assert_array_equal(cells.mask()[0], np.broadcast_to(inside, (10, 30)))
    if crs == "EPSG:4326":
        np.testing.assert_array_equal(cells.values[0][:, 5:25], read(coverage).values[0, 5:15])


def test_a_grid_from_0_to_360_serves_western_longitudes() -> None:
    coverage = image(waves(90, 180), bounds=(0, -90, 360, 90))
    cells = read(made(Reproject(Read("c"), GEO, TargetGrid((-20, 0, 20, 20), 20, 10)), coverage))
    columns = np.arange(-10, 10) % 180
    np.testing.assert_array_equal(cells.values[0], read(coverage).values[0, 35:45][:, columns])


def test_a_mercator_map_beyond_its_seam_is_the_map_a_turn_before() -> None:
    coverage = image(waves(90, 180), bounds=(-180, -90, 180, 90))
    turn = 2 * 20037508.342789244
    here, there = (
        read(made(Reproject(Read("c"), MERCATOR, TargetGrid((shift - 1e6, -1e6, shift + 1e6, 1e6), 40, 40)), coverage))
        for shift in (turn / 2, -turn / 2)
    )
    assert_same(here, there)


def test_outside_nothing_is_valid_and_nothing_is_read() -> None:
    source = recorded(waves(100, 100, 3))
    for crs, bounds in ((GEO, (100, 0, 110, 10)), (MERCATOR, (1e7, 0, 1.1e7, 1e6)), (UTM, (3e5, 1e6, 4e5, 1.1e6))):
        cells = read(made(Reproject(Read("c"), crs, TargetGrid(bounds, 20, 10)), source))
        assert not cells.mask().any()
        assert cells.values.dtype == np.uint8
    assert recorder(source).reads == []


def test_partly_outside_is_partly_valid() -> None:
    source = recorded(waves(100, 100, 1))
    cells = read(made(Reproject(Read("c"), GEO, TargetGrid((5, 35, 15, 45), 100, 100)), source))
    assert cells.mask()[0, :50, 50:].all() and cells.mask().sum() == 2500
    assert recorder(source).cells <= 51 * 51


@pytest.mark.parametrize(("crs", "bounds"), [(MERCATOR, (1.2e6, 5e6, 1.4e6, 5.2e6)), (UTM, (2e5, 4.6e6, 4e5, 4.8e6))])
def test_maps_are_read_from_overviews(crs: Crs, bounds: Bounds) -> None:
    source = recorded(waves(2048, 2048, 1), levels=5)
    whole = TargetGrid((1.12e6, 4.9e6, 2.2e6, 6.4e6) if crs == MERCATOR else (2e5, 4.5e6, 8e5, 5.5e6), 128, 128)
    for grid, levels in ((TargetGrid(bounds, 512, 512), {0}), (whole, {3, 4})):
        recorder(source).reads.clear()
        read(made(Reproject(Read("c"), crs, grid), source))
        assert {level for _, _, level in recorder(source).reads} <= levels
        assert recorder(source).cells < 40 * grid.width * grid.height


@pytest.mark.parametrize("method", [Interpolation.NEAREST, Interpolation.CUBIC, Interpolation.MEDIAN])
@pytest.mark.parametrize(("name", "crs"), [("climate", MERCATOR), ("climate", parse_crs("EPSG:3995")), ("cube", GEO)])
def test_further_axes_are_reprojected_slice_by_slice(name: str, crs: Crs, method: Interpolation) -> None:
    grid = TargetGrid((-4e6, -4e6, 4e6, 4e6), 24, 20) if name == "climate" else None
    whole = made(Reproject(Read(name), crs, grid, method))
    cells = read(whole)
    labels = {"climate": ("ansi", "H"), "cube": ("ansi",)}[name]
    positions = [whole.domain.index(label) for label in labels]
    for index in np.ndindex(*(whole.domain.shape[position] for position in positions)):
        slices = tuple(Slice(label, cell, GRID) for label, cell in zip(labels, index, strict=True))
        one = read(made(Reproject(SubsetNode(Read(name), slices), crs, grid, method)))
        chosen: list[slice | int] = [slice(None)] * cells.values.ndim
        for position, cell in zip(positions, index, strict=True):
            chosen[position + 1] = cell
        np.testing.assert_array_equal(one.mask(), cells.mask()[tuple(chosen)])
        np.testing.assert_array_equal(one.values[one.mask()], cells.values[tuple(chosen)][one.mask()])


@pytest.mark.parametrize("crs", [MERCATOR, GEO, UTM])
def test_large_grids_are_read_by_parts(crs: Crs) -> None:
    """Grids whose columns and rows are too many to be kept transformed."""
    bounds = {MERCATOR: (1.0e6, 4.8e6, 2.3e6, 6.5e6), GEO: (9.0, 39.0, 21.0, 51.0), UTM: (1e5, 4.4e6, 9e5, 5.6e6)}[crs]
    result = made(Reproject(Read("image"), crs, TargetGrid(bounds, 20_000, 15_000), Interpolation.BILINEAR))
    whole = read(result, CellBox((7000, 9900), (7300, 10_300)))
    part = read(result, CellBox((7100, 10_000), (7101, 10_003)))
    assert whole.mask().any()
    np.testing.assert_array_equal(part.values, whole.values[:, 100:101, 100:103])
    coarse = read(made(Reproject(Read("image"), crs, TargetGrid(bounds, 200, 150), Interpolation.BILINEAR)))
    fine = whole.values[:, 50::100, 50::100].astype(int)  # cell centres of the coarse grid, but for half a fine cell
    assert np.abs(fine - coarse.values[:, 70:73, 99:103]).max() <= 2


def test_going_there_and_back_keeps_most_cells() -> None:
    source = cube()
    there = Reproject(Read("cube"), GEO, None)
    back = Reproject(there, UTM, TargetGrid(source.domain.horizontal_bounds, 7, 9))
    before, after = read(source), read(made(back, source))
    same = (before.values == after.values) & after.mask()
    assert same.mean() > 0.4 and after.mask().mean() > 0.9


def test_axes_in_any_order_give_the_same_map() -> None:
    rows_first = image(waves(60, 80, 2))
    swapped = covering(
        Domain(rows_first.domain.axes[::-1], rows_first.domain.crs_labels), read(rows_first).values.swapaxes(1, 2)
    )
    for crs in (MERCATOR, UTM):
        for method in (Interpolation.NEAREST, Interpolation.BILINEAR):
            one, other = (read(made(Reproject(Read("c"), crs, None, method), each)) for each in (rows_first, swapped))
            np.testing.assert_array_equal(one.values, other.values.swapaxes(1, 2))
            np.testing.assert_array_equal(one.mask(), other.mask().swapaxes(1, 2))


def test_rows_that_run_northwards_give_the_same_map() -> None:
    values = waves(60, 80, 2)
    upright = image(values)
    southward = covering(raster_domain(GEO, (10, 40, 20, 50), 80, 60, north_up=False), values[:, ::-1])
    for crs in (MERCATOR, UTM):
        one, other = (read(made(Reproject(Read("c"), crs, None), each)) for each in (upright, southward))
        assert (one.values == other.values).mean() > 0.995
