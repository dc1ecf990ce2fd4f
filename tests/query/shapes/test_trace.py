# SPDX-License-Identifier: MIT
"""Lines through coverages (section 4.3 of the specification wcps-language)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis, RegularAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting
from eoxserver.core.selection import Trim
from eoxserver.query.check import check_step, price
from eoxserver.query.plan import Ring, Select, SubsetNode, Trace
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options
from tests.query.samples import Recorder, assert_same, catalogue, climate, covering, cube, image, numbers, read, scan
from tests.query.shapes.shapes import blocks, by_blocks, given, resolved, result


def test_the_cells_along_a_line_are_one_axis() -> None:
    """From (47.5, 11.5) to (43.9, 15.2): the diagonal."""
    traced = result(Trace(given(image(numbers((10, 10)))), ("Lat", "Long"), ((47.5, 11.5), (43.9, 15.2))))
    (axis,) = traced.domain.axes
    assert isinstance(axis, IndexAxis)
    assert (axis.label, axis.size, axis.first) == ("i", 5, 0)
    assert traced.domain.crs is not None
    assert traced.domain.crs.uri.endswith("/OGC/0/Index1D")
    np.testing.assert_array_equal(read(traced).values, [[21, 32, 43, 54, 65]])


def test_coordinates_come_first_in_the_order_of_the_crs() -> None:
    """As in ``"-28.975 119.975 90"`` of the specification: the centres of cells, latitude first."""
    plan = Trace(given(image(numbers((10, 10)))), ("Long", "Lat"), ((11.2, 47.9), (13.9, 47.1)), coordinates=True)
    traced = result(plan)
    assert traced.range_type.names == ("Lat", "Long", "b0")
    assert [field.unit for field in traced.range_type.fields] == ["degree", "degree", "10^0"]
    np.testing.assert_array_equal(read(traced).values, [[47.5] * 3, [11.5, 12.5, 13.5], [21, 22, 23]])
    assert_same(read(result(Select(plan, (2, 1)))), Cells(read(traced).values[[2, 1]]))


def test_coordinates_are_the_decimals_that_are_meant() -> None:
    """408 steps of -0.05 from -9.0 are -29.4, and -29.400000000000002 in binary numbers."""
    axes = (RegularAxis("Lat", -9.0, -0.05, 711), RegularAxis("Long", 112.0, 0.05, 886))
    traced = result(Trace(given(covering(Domain(axes), numbers((711, 886)))), ("Lat", "Long"), ((-29.4, 120.3),), True))
    assert read(traced).values[:2, 0].tolist() == [-29.4, 120.3]


def test_the_coordinates_of_an_axis_called_as_a_field_are_told_apart() -> None:
    axes = (RegularAxis("b0", 0.0, 1.0, 10), RegularAxis("y", 0.0, 1.0, 10))
    coverage = covering(Domain(axes), numbers((10, 10)))
    traced = result(Trace(given(coverage), ("b0", "y"), ((0.0, 0.0), (2.0, 2.0)), coordinates=True))
    assert traced.range_type.names == ("b0_2", "y", "b0")


def test_other_axes_are_left_alone() -> None:
    """A curtain: the new axis stands where the first of the two stood."""
    coverage = climate(valid=True)
    traced = result(Trace(given(coverage), ("Lat", "Long"), ((-25.0, 5.0), (25.0, 55.0))))
    assert traced.domain.labels == ("ansi", "H", "i")
    assert traced.domain.crs_labels == ("ansi", "H", "i")
    cells, whole = read(traced), read(coverage)
    rows, columns = [11, 10, 9, 8, 7, 6], [18, 19, 20, 21, 22, 23]
    np.testing.assert_array_equal(cells.values, whole.values[:, :, :, columns, rows])
    np.testing.assert_array_equal(cells.mask(), whole.mask()[:, :, :, columns, rows])


def test_the_new_axis_stands_between_others() -> None:
    traced = result(Trace(given(climate()), ("Long", "H"), ((5.0, 1000.0), (45.0, 500.0))))
    assert traced.domain.labels == ("ansi", "i", "Lat")
    assert traced.domain.crs_labels == ("ansi", "i", "Lat")
    whole = read(climate()).values
    np.testing.assert_array_equal(read(traced).values, whole[:, :, [0, 0, 1, 1, 2], [18, 19, 20, 21, 22]])


def test_a_line_in_three_dimensions() -> None:
    """Through an irregular axis the nearest positions count."""
    plan = Trace(
        given(cube()), ("ansi", "E", "N"), ((148654.0, 380100.0, 5449900.0), (148662.0, 381300.0, 5448300.0)), True
    )
    traced = result(plan)
    assert traced.range_type.names == ("ansi", "E", "N", "b0", "b1", "b2")
    cells = read(traced).values
    assert cells.shape == (6, 9)
    np.testing.assert_array_equal(cells[2], 5449900.0 - 200.0 * np.arange(9))
    assert set(cells[0]) == {148654.25, 148657.0, 148658.5, 148661.0}
    n, e = (np.round(each).astype(int) for each in ((5449900 - cells[2]) / 200, (cells[1] - 380100) / 200))
    t = np.searchsorted([148654.25, 148657.0, 148658.5, 148661.0], cells[0])
    np.testing.assert_array_equal(cells[3], numbers((9, 7, 4), 3)[0, n, e, t])


def test_a_label_that_is_taken_gets_a_number() -> None:
    axes = (IndexAxis("i", 3), RegularAxis("y", 0.0, 1.0, 10), RegularAxis("x", 0.0, 1.0, 10))
    coverage = covering(Domain(axes), numbers((3, 10, 10)))
    assert result(Trace(given(coverage), ("y", "x"), ((0.0, 0.0), (3.0, 3.0)))).domain.labels == ("i", "i_2")
    assert result(Trace(given(scan()), ("i", "j"), ((4.0, 0.0), (9.0, 3.0)))).domain.labels == ("i",)


def test_one_vertex_is_one_cell() -> None:
    np.testing.assert_array_equal(read(result(Trace(given(scan()), ("j", "i"), ((2.0, 5.0),)))).values, [[62]])


def test_what_lies_outside_is_left_out() -> None:
    traced = result(Trace(given(image(numbers((10, 10)))), ("Lat", "Long"), ((55.5, 3.5), (35.5, 23.5))))
    np.testing.assert_array_equal(read(traced).values[0], _diagonal())


def _diagonal() -> list[int]:
    """Cells (row, column) of the line: row 49.5 - latitude, column longitude - 10.5."""
    cells = [(step - 6, step - 7) for step in range(21)]
    return [10 * row + column for row, column in cells if 0 <= row < 10 and 0 <= column < 10]


@pytest.mark.parametrize(
    ("labels", "vertices", "error", "message"),
    [
        (("Lat", "Long"), ((0.0, 0.0), (5.0, 5.0)), InvalidSubsetting, "no cell of the coverage lies on the line"),
        (("Lat", "Long"), ((0.0, 0.0, 1.0),), InvalidSubsetting, "has 3 coordinates; there must be 2, for Lat, Long"),
        (("Lat", "Long"), (), InvalidSubsetting, "at least one vertex"),
        (("Lat", "Long"), ((45.0, float("nan")),), InvalidSubsetting, "not a finite number"),
        (("Lat", "Long"), ((45.0, 1e300), (44.0, 11.0)), InvalidSubsetting, "too far"),
        (("Lat", "X"), ((45.0, 15.0),), InvalidAxisLabel, "no axis 'X'"),
        (("Lat", "Lat"), ((45.0, 15.0),), InvalidAxisLabel, "named twice"),
    ],
)
def test_what_is_no_line_is_refused(
    labels: tuple[str, ...], vertices: Ring, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        result(Trace(given(image(numbers((10, 10)))), labels, vertices))


@examples(st.data())
def test_block_by_block_and_in_small_pieces_it_is_the_same(data: st.DataObject) -> None:
    coverage = data.draw(st.sampled_from([climate(valid=True), cube(valid=True), image(numbers((30, 40), 2))]))
    labels = tuple(data.draw(st.permutations(coverage.domain.labels)))[: data.draw(st.integers(1, 3))]
    axes = [coverage.domain.axis(label) for label in labels if label in coverage.domain.labels]
    coordinate = st.tuples(*(st.floats(axis.low, axis.high) for axis in axes))
    vertices = tuple(data.draw(st.lists(coordinate, min_size=1, max_size=5)))
    plan = Trace(given(coverage), labels, vertices, data.draw(st.booleans()))
    traced = result(plan)
    whole = read(traced)
    assert_same(by_blocks(traced, data.draw(blocks(traced))), whole)
    assert_same(read(result(plan, window_bytes=data.draw(st.sampled_from([1, 1000])))), whole)


def wide(size: int, chunk: int) -> tuple[Coverage, Recorder]:
    """A large image of one value, which counts what is read."""
    axes = (RegularAxis("Lat", 0.0, 1.0, size), RegularAxis("Long", 0.0, 1.0, size))
    values = np.broadcast_to(np.uint8(1), (1, size, size))
    source = Recorder([values], chunk=chunk)
    return covering(Domain(axes), values, source=source), source


def test_a_diagonal_reads_only_what_is_near() -> None:
    coverage, source = wide(100_000, 512)
    step = resolved(Trace(given(coverage), ("Lat", "Long"), ((0.0, 0.0), (99_999.0, 99_999.0))))
    priced = price(step)
    assert read(step.coverage).values.sum() == 100_000
    assert source.cells == priced.cells
    assert source.cells <= 100_000 * 512
    assert max(box.cell_count for box, _, _ in source.reads) <= 512 * 512


class _TooLong(Exception):
    """Nobody waits any more."""


@pytest.mark.parametrize("chunk", [1, 50])
def test_a_long_line_is_given_up_between_its_pieces(chunk: int) -> None:
    """Both while it is priced and while it is read: a line meets as many chunks as it has cells."""
    coverage, source = wide(3000, chunk)
    calls, most = 0, 10

    def proceed() -> None:
        nonlocal calls
        calls += 1
        if calls > most:
            raise _TooLong

    plan = Trace(given(coverage), ("Lat", "Long"), ((0.0, 0.0), (2999.0, 2999.0)))
    step = Resolver(catalogue(), Options(proceed=proceed)).resolve(plan)
    with pytest.raises(_TooLong):
        check_step(step)
    assert not source.reads
    calls = 0
    with pytest.raises(_TooLong):
        read(step.coverage)
    assert len(source.reads) == most


def test_an_empty_part_of_a_line_has_no_cells() -> None:
    traced = result(Trace(given(image(numbers((10, 10)))), ("Lat", "Long"), ((47.5, 11.5), (43.9, 15.2))))
    assert read(traced, CellBox((2,), (2,))).values.shape == (1, 0)


def test_pieces_meet_the_chunks_of_the_source_also_below_a_trim() -> None:
    coverage, source = wide(4000, 500)
    trimmed = SubsetNode(given(coverage), (Trim("Lat", 130.0, 3500.0), Trim("Long", 130.0, 3500.0)))
    read(result(Trace(trimmed, ("Lat", "Long"), ((200.0, 200.0), (3000.0, 3000.0)))))
    for box, _, _ in source.reads:
        assert all(low // 500 == (high - 1) // 500 for low, high in zip(box.low, box.high, strict=True))


def test_a_read_stays_within_the_budget() -> None:
    coverage, source = wide(3000, 3000)
    read(result(Trace(given(coverage), ("Lat", "Long"), ((0.0, 0.0), (2999.0, 2999.0))), window_bytes=80_000))
    assert max(box.cell_count for box, _, _ in source.reads) <= 10_000


def test_a_part_of_a_line_reads_only_that_part() -> None:
    coverage, source = wide(10_000, 100)
    traced = result(Trace(given(coverage), ("Lat", "Long"), ((0.0, 0.0), (9_999.0, 9_999.0))))
    read(traced, CellBox((5000,), (5100,)))
    assert all(box.low[0] >= 5000 and box.high[0] <= 5100 for box, _, _ in source.reads)
