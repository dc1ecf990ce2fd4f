# SPDX-License-Identifier: MIT
"""From coordinates to cells: the rules of slices and trims, mode by mode."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import GRID_CRS, parse_crs, to_number
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown, InvalidAxisLabel, InvalidSubsetting, SubsettingCrsNotSupported
from eoxserver.core.selection import GRID, Mode, Selection, Slice, Subset, Trim, select
from eoxserver.core.subsets import Bound
from eoxserver.core.util.timetools import parse_iso8601

PLANE = parse_crs("EPSG:4326")
ANSI = parse_crs("OGC/0/AnsiDate")
UNIX = parse_crs("OGC/0/UnixTime")
INDEX = parse_crs("OGC/0/Index2D")
LAT = RegularAxis("Lat", -9.0, -0.05, 711, PLANE, "degree", Role.Y)
LONG = RegularAxis("Long", 112.0, 0.05, 886, PLANE, "degree", Role.X)
AIRTEMP = Domain((LAT, LONG))
TENS = Domain(
    (
        RegularAxis("Lat", 45.0, -10.0, 9, PLANE, "degree", Role.Y),
        RegularAxis("Long", 5.0, 10.0, 18, PLANE, "degree", Role.X),
    )
)
POINTS = Domain((IrregularAxis("Long", np.array([112.0, 112.075, 112.11, 112.23]), PLANE, "degree", Role.X),))
EOBS = Domain(
    (
        RegularAxis("t", to_number(ANSI, parse_iso8601("1950-01-01")), 1.0, 6, ANSI, "d", Role.T),
        RegularAxis("Lat", 39.75, -0.5, 30, PLANE, "degree", Role.Y),
        RegularAxis("Long", 40.25, 0.5, 40, PLANE, "degree", Role.X),
    )
)
DAYS = ("2008-01-01T02:01:20Z", "2008-01-03T23:59:55Z", "2008-01-05T01:58:30Z", "2008-01-08T00:02:58Z")
IRREGULAR = Domain(
    (
        IrregularAxis("ansi", np.array([to_number(ANSI, parse_iso8601(day)) for day in DAYS]), ANSI, "d", Role.T),
        RegularAxis("E", 80042.7, 200.0, 5, parse_crs("EPSG:32633"), "metre", Role.X),
        RegularAxis("N", 5449865.6, -200.0, 4, parse_crs("EPSG:32633"), "metre", Role.Y),
    )
)


def cells(domain: Domain, subset: Subset, mode: Mode = "halfopen", beside: Sequence[Subset] = ()) -> tuple[int, int]:
    """First and last cell that a subset selects on its own axis."""
    selection = select(domain, [subset, *beside], mode=mode)
    position = domain.index(subset.label)
    return selection.box.low[position], selection.box.high[position] - 1


def edges(selection: Selection, label: str) -> tuple[float, float]:
    axis = selection.domain.axis(label)
    return axis.low, axis.high


# -- slices of regular axes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "point", "cell"),
    [
        ("Long", 111.975, 0), ("Long", 112.000, 0), ("Long", 112.0249, 0), ("Long", 112.025, 1), ("Long", 156.275, 885),
        ("Lat", -8.975, 0), ("Lat", -9.000, 0), ("Lat", -9.0249, 0), ("Lat", -9.025, 1), ("Lat", -44.525, 710),
    ],
)  # fmt: skip
def test_a_slice_picks_the_cell_around_the_point(label: str, point: float, cell: int) -> None:
    for given_point in (point, str(point)):
        selection = select(AIRTEMP, [Slice(label, given_point)])
        position = AIRTEMP.index(label)
        assert selection.box.low[position] == cell
        assert selection.box.high[position] == cell + 1
        assert selection.sliced == {position}
        assert label not in selection.domain.labels


@pytest.mark.parametrize(
    ("label", "point"),
    [("Long", 156.3), ("Long", 111.9), ("Lat", 0), ("Lat", -44.6), ("Long", 1e308), ("Long", -1e308), ("Lat", "1e308")],
)
def test_a_slice_outside_is_refused(label: str, point: float | str) -> None:
    with pytest.raises(InvalidSubsetting, match="outside the coverage, which extends from") as caught:
        select(AIRTEMP, [Slice(label, point)])
    assert caught.value.locator == label


@pytest.mark.parametrize(
    ("point", "cell"), [(0, 0), (9, 0), (10, 1), (15, 1), (20, 2), (40, 4), (49.99999, 4), (50, 5), (180, 17)]
)
def test_slices_in_steps_of_ten(point: float, cell: int) -> None:
    assert cells(TENS, Slice("Long", point)) == (cell, cell)


# -- trims of regular axes --------------------------------------------------------------------

S1, S2, S3, S4, S5 = (112.0, 112.02), (112.025, 112.075), (112.025, 112.07), (112.01, 112.07), (111.95, 112.0)
LONG_TRIMS: list[tuple[Mode, tuple[float, float], tuple[int, int], tuple[float, float]]] = [
    ("closed", S1, (0, 0), (111.975, 112.025)),
    ("closed", S2, (1, 2), (112.025, 112.125)),
    ("closed", S3, (1, 1), (112.025, 112.075)),
    ("closed", S4, (0, 1), (111.975, 112.075)),
    ("closed", S5, (0, 0), (111.975, 112.025)),
    ("halfopen", S1, (0, 0), (111.975, 112.025)),
    ("halfopen", S2, (1, 1), (112.025, 112.075)),
    ("halfopen", S3, (1, 1), (112.025, 112.075)),
    ("halfopen", S4, (0, 1), (111.975, 112.075)),
    ("halfopen", S5, (0, 0), (111.975, 112.025)),
    ("gdal", S1, (0, 0), (111.975, 112.025)),
    ("gdal", S2, (1, 1), (112.025, 112.075)),
    ("gdal", S3, (1, 1), (112.025, 112.075)),
    ("gdal", S4, (0, 0), (111.975, 112.025)),
    ("gdal", S5, (0, 0), (111.975, 112.025)),
]


@pytest.mark.parametrize(("mode", "bounds", "expected", "box"), LONG_TRIMS)
def test_trims_in_every_mode(
    mode: Mode, bounds: tuple[float, float], expected: tuple[int, int], box: tuple[float, float]
) -> None:
    selection = select(AIRTEMP, [Trim("Long", *bounds), Trim("Lat")], mode=mode)
    assert (selection.box.low[1], selection.box.high[1] - 1) == expected
    assert edges(selection, "Long") == pytest.approx(box, abs=1e-9)
    assert selection.box.low[0] == 0
    assert selection.box.high[0] == 711


@pytest.mark.parametrize(
    ("mode", "bounds", "expected", "box"),
    [
        ("halfopen", (-9.1, -9.0), (0, 2), (-9.125, -8.975)),
        ("halfopen", (-9.08, -9.01), (0, 2), (-9.125, -8.975)),
        ("halfopen", (-44.525, -8.975), (0, 710), (-44.525, -8.975)),
        ("gdal", (-9.1, -9.0), (0, 1), (-9.075, -8.975)),
        ("gdal", (-9.08, -9.01), (0, 0), (-9.025, -8.975)),
        ("gdal", (-44.525, -8.975), (0, 710), (-44.525, -8.975)),
        ("closed", (-9.1, -9.0), (0, 2), (-9.125, -8.975)),
    ],
)
def test_trims_of_a_falling_axis(
    mode: Mode, bounds: tuple[float, float], expected: tuple[int, int], box: tuple[float, float]
) -> None:
    selection = select(AIRTEMP, [Trim("Lat", *bounds), Trim("Long")], mode=mode)
    assert (selection.box.low[0], selection.box.high[0] - 1) == expected
    assert edges(selection, "Lat") == pytest.approx(box, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [(0, 5, 0, 0), (0, 10, 0, 0), (0, 14.999, 0, 0), (0, 15, 0, 1), (0, 24.999, 0, 1), (0, 25, 0, 2), (9, 11, 0, 0)],
)
def test_gdal_mode_rounds_the_size(low: float, high: float, first: int, last: int) -> None:
    assert cells(TENS, Trim("Long", low, high), "gdal", [Trim("Lat")]) == (first, last)


def test_gdal_mode_is_for_boxes_only() -> None:
    """An axis trimmed alone, or beside a slice, follows the half-open rule."""
    for beside in ([], [Slice("Lat", 20)]):
        assert cells(TENS, Trim("Long", 9, 11), "gdal", beside) == cells(TENS, Trim("Long", 9, 11)) == (0, 1)
    timed = select(EOBS, [Trim("t", "1950-01-01T18", "1950-01-02T06"), Trim("Lat"), Trim("Long")], mode="gdal")
    assert (timed.box.low[0], timed.box.high[0]) == (1, 2)


def test_gdal_mode_rounds_halves_of_decimal_steps_up() -> None:
    assert cells(AIRTEMP, Trim("Long", 111.975, 112.05), "gdal", [Trim("Lat")]) == (0, 1)
    assert cells(AIRTEMP, Trim("Long", 156.2, 160), "gdal", [Trim("Lat")]) == (884, 885)


MODES: tuple[Mode, ...] = ("halfopen", "closed", "gdal")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (112.025, 112.025, (1, 1)), (112.03, 112.03, (1, 1)), (111.975, 111.975, (0, 0)),
        (156.275, 156.275, (885, 885)),
        (None, None, (0, 885)), ("*", "*", (0, 885)), ("", " * ", (0, 885)), (None, 112.02, (0, 0)),
        (156.23, "*", (885, 885)), (-1e308, 1e308, (0, 885)), ("100", "200", (0, 885)), (156.275, None, (885, 885)),
    ],
)  # fmt: skip
def test_points_and_open_ends_in_every_mode(mode: Mode, low: Bound, high: Bound, expected: tuple[int, int]) -> None:
    assert cells(AIRTEMP, Trim("Long", low, high), mode, [Trim("Lat")]) == expected


def test_an_open_end_of_a_falling_axis() -> None:
    assert cells(AIRTEMP, Trim("Lat", "*", -9.2)) == (4, 710)
    assert cells(AIRTEMP, Trim("Lat", -9.2, "*")) == (0, 4)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("low", "high"),
    [(156.3, 160), (100, 111.97), (1e300, 1e308), (-1e308, -1e300), (156.28, None), (None, 111.97), (157, "*")],
)
def test_trims_without_overlap_are_refused(mode: Mode, low: Bound, high: Bound) -> None:
    with pytest.raises(InvalidSubsetting, match=r"from 111\.975 to 156\.275") as caught:
        select(AIRTEMP, [Trim("Long", low, high), Trim("Lat")], mode=mode)
    assert caught.value.locator == "Long"


def test_trims_that_only_touch_the_outer_edge_select_nothing_in_halfopen_mode() -> None:
    for bounds in ((156.275, 160), (100, 111.975)):
        with pytest.raises(InvalidSubsetting):
            select(AIRTEMP, [Trim("Long", *bounds)])


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(113, 112, "lower bound 113 is greater than upper bound 112"), ("a", 112, "'a' is not a number"),
     (112, "1,5", "'1,5' is not a number"), (math.nan, 112, "not a finite number"),
     (112, math.inf, "not a finite number"),
     ("nan", 112, "'nan' is not a number"), ("٣", 112, "is not a number"), ("1e999", None, "is not a number")],
)  # fmt: skip
def test_bounds_that_are_none_are_refused(low: Bound, high: Bound, says: str) -> None:
    with pytest.raises(InvalidSubsetting, match=says):
        select(AIRTEMP, [Trim("Long", low, high)])


@pytest.mark.parametrize("point", ["*", "", math.nan, math.inf, "east"])
def test_points_that_are_none_are_refused(point: float | str) -> None:
    with pytest.raises(InvalidSubsetting) as caught:
        select(AIRTEMP, [Slice("Long", point)])
    assert caught.value.locator == "Long"


# -- labels -----------------------------------------------------------------------------------


def test_labels_and_synonyms() -> None:
    assert cells(AIRTEMP, Trim("Lon", 112, 113)) == cells(AIRTEMP, Trim("Long", 112, 113))
    with pytest.raises(InvalidAxisLabel, match="no axis 'height'"):
        select(AIRTEMP, [Trim("height", 0, 1)])
    with pytest.raises(InvalidAxisLabel, match="'Lon' is subset twice"):
        select(AIRTEMP, [Trim("Long", 112, 113), Slice("Lon", 112)])


# -- irregular axes ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("low", "high", "expected", "box"),
    [
        (112.0, 112.02, (0, 0), (112.0, 112.0)),
        (112.04, 112.09, (1, 1), (112.075, 112.075)),
        (111.97, 112.09, (0, 1), (112.0, 112.075)),
        (111.92, 112.0, (0, 0), (112.0, 112.0)),
        (112.075, 112.11, (1, 2), (112.075, 112.11)),
        (None, 112.11, (0, 2), (112.0, 112.11)),
        (112.11, None, (2, 3), (112.11, 112.23)),
        (None, None, (0, 3), (112.0, 112.23)),
    ],
)
def test_trims_of_points(
    mode: Mode, low: Bound, high: Bound, expected: tuple[int, int], box: tuple[float, float]
) -> None:
    selection = select(POINTS, [Trim("Long", low, high)], mode=mode)
    assert (selection.box.low[0], selection.box.high[0] - 1) == expected
    assert edges(selection, "Long") == box


@pytest.mark.parametrize(("low", "high"), [(112.01, 112.065), (100, 111), (113, 114), (112.3, None), (None, 111)])
def test_trims_between_points_are_refused(low: Bound, high: Bound) -> None:
    with pytest.raises(InvalidSubsetting, match=r"112\.23"):
        select(POINTS, [Trim("Long", low, high)])


def test_a_slice_hits_a_point_or_is_refused() -> None:
    assert cells(POINTS, Slice("Long", 112.11)) == (2, 2)
    assert cells(POINTS, Slice("Long", 112.11 + 5e-10)) == (2, 2)
    with pytest.raises(InvalidSubsetting, match=r"not one of its positions; the nearest is 112\.11"):
        select(POINTS, [Slice("Long", 112.1101)])


def test_falling_positions() -> None:
    levels = Domain((IrregularAxis("p", np.array([1000.0, 850.0, 500.0, 250.0])),))
    assert cells(levels, Trim("p", 400, 900)) == (1, 2)
    assert cells(levels, Trim("p", None, 500)) == (2, 3)
    assert cells(levels, Slice("p", 850)) == (1, 1)


# -- time axes --------------------------------------------------------------------------------


def test_a_regular_time_axis_has_cells_like_any_other() -> None:
    assert EOBS.axes[0].low == to_number(ANSI, parse_iso8601("1949-12-31T12:00"))
    assert EOBS.axes[0].high == to_number(ANSI, parse_iso8601("1950-01-06T12:00"))
    selection = select(EOBS, [Slice("Lat", 31), Trim("Long", 40, 40.5), Slice("t", '"1950-01-02"')])
    assert selection.box == CellBox((1, 18, 0), (2, 19, 1))
    assert selection.sliced == {0, 1}
    assert selection.domain.labels == ("Long",)
    assert edges(selection, "Long") == (40, 40.5)
    assert selection.domain.crs == PLANE


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ('"2008-01-02"', '"2008-01-06"', (1, 2)),
        ("2008-01-02", "2008-01-06", (1, 2)),
        ("2008", "2009", (0, 3)),
        ("2008-01", "2008-01-04", (0, 1)),
        ("2008-01-01T02:01:20.000Z", "2008-01-01T02:01:20Z", (0, 0)),
        ("2008-01-01T03:01:20+01:00", "2008-01-01T04:01:20+02:00", (0, 0)),
        ("2008-01-01T02:01:20.0002Z", None, (0, 3)),
        ("148654", "148657.5", (0, 1)),
        (148654.5, None, (1, 3)),
        ("*", '"2008-01-03T23:59:55.000Z"', (0, 1)),
    ],
)
def test_trims_by_instant(low: Bound, high: Bound, expected: tuple[int, int]) -> None:
    assert cells(IRREGULAR, Trim("ansi", low, high)) == expected


def test_instants_that_are_written_can_be_asked_for() -> None:
    """Positions between two milliseconds are written rounded; what is written selects them."""
    position = to_number(UNIX, parse_iso8601("2008-01-01")) + 0.0004
    for crs, value in ((UNIX, position), (ANSI, 148654 + 0.0004 / 86400)):
        domain = Domain((IrregularAxis("t", np.array([value, value + 1]), crs, crs.axes[0].unit, Role.T),))
        assert cells(domain, Slice("t", "2008-01-01T00:00:00.000Z")) == (0, 0)
        assert cells(domain, Trim("t", None, "2008-01-01T00:00:00.000Z")) == (0, 0)
        with pytest.raises(InvalidSubsetting):
            select(domain, [Slice("t", "2008-01-01T00:00:00.002Z")])


def test_slices_by_instant() -> None:
    for number, day in enumerate(DAYS):
        assert cells(IRREGULAR, Slice("ansi", day)) == (number, number)
        assert cells(IRREGULAR, Slice("ansi", f'"{day}"')) == (number, number)
    with pytest.raises(InvalidSubsetting, match=r"nearest is 2008-01-01T02:01:20\.000Z"):
        select(IRREGULAR, [Slice("ansi", "2008-01-02")])
    assert cells(EOBS, Slice("t", "1950")) == (0, 0)
    with pytest.raises(InvalidSubsetting, match="outside"):
        select(EOBS, [Slice("t", "2008")])


@pytest.mark.parametrize("text", ["yesterday", "2008-01-01T00:00:00+25:00", "2008-13-01", '"2008', "2008-01-01X"])
def test_text_that_is_no_instant_is_refused(text: str) -> None:
    for subset in (Slice("ansi", text), Trim("ansi", text, None)):
        with pytest.raises(InvalidSubsetting, match="axis ansi") as caught:
            select(IRREGULAR, [subset])
        assert caught.value.locator == "ansi"


def test_bounds_outside_are_told_as_instants() -> None:
    with pytest.raises(InvalidSubsetting, match=r"from 1949-12-31T12:00:00\.000Z to 1950-01-06T12:00:00\.000Z"):
        select(EOBS, [Trim("t", "2008", "2009")])


# -- index axes and cells of the grid ---------------------------------------------------------

GRID_FORMS: tuple[str | object, ...] = (
    GRID,
    GRID_CRS,
    INDEX,
    "http://www.opengis.net/def/crs/OGC/0/CRS:1",
    "OGC/0/Index2D",
)


@pytest.mark.parametrize("form", range(len(GRID_FORMS)))
def test_bounds_may_be_cells_of_the_grid(form: int) -> None:
    crs = GRID_FORMS[form]
    assert crs is GRID_CRS or crs is INDEX or isinstance(crs, str)
    grid = crs if isinstance(crs, str) else parse_crs("CRS:1") if crs is GRID_CRS else INDEX
    assert cells(AIRTEMP, Trim("Lat", 0, 9, grid)) == (0, 9)
    assert cells(AIRTEMP, Trim("Lat", "700", "*", grid)) == (700, 710)
    assert cells(AIRTEMP, Trim("Lat", None, 2000, grid)) == (0, 710)
    assert cells(POINTS, Trim("Long", 1, 2, grid)) == (1, 2)
    assert cells(AIRTEMP, Slice("Lat", "710", grid)) == (710, 710)
    assert cells(IRREGULAR, Slice("ansi", 3, grid)) == (3, 3)
    with pytest.raises(InvalidSubsetting, match="which extends from cell 0 to cell 710"):
        select(AIRTEMP, [Slice("Lat", 711, grid)])
    with pytest.raises(InvalidSubsetting, match="which extends from cell 0 to cell 710"):
        select(AIRTEMP, [Trim("Lat", 711, 720, grid)])
    with pytest.raises(InvalidSubsetting, match="greater than"):
        select(AIRTEMP, [Trim("Lat", 5, 4, grid)])
    for bad in (0.5, "a", math.nan, "0.5"):
        with pytest.raises(InvalidSubsetting, match="not an integer cell number"):
            select(AIRTEMP, [Trim("Lat", bad, None, grid)])


def test_index_axes_are_cut_by_their_own_numbers() -> None:
    domain = Domain((IndexAxis("j", 10, crs=INDEX), IndexAxis("i", 40, first=-20, crs=INDEX)))
    assert cells(domain, Trim("i", -20, -18)) == (0, 2)
    assert cells(domain, Trim("i", -18.5, -16.5)) == (2, 3)
    assert cells(domain, Slice("i", "19")) == (39, 39)
    for grid in (GRID, INDEX, GRID_CRS):
        assert cells(domain, Trim("i", -20, -18, grid)) == (0, 2)
    selection = select(domain, [Trim("i", 0, 3), Trim("j", None, 4)])
    assert selection.domain.axis("i") == IndexAxis("i", 4, first=0, crs=INDEX)
    assert selection.domain.shape == (5, 4)
    for subset in (Slice("i", 20), Trim("i", 20, 30), Trim("i", 0.2, 0.8), Slice("j", -1)):
        with pytest.raises(InvalidSubsetting, match="outside"):
            select(domain, [subset])
    with pytest.raises(InvalidSubsetting, match="not an integer"):
        select(domain, [Slice("i", 0.5)])


# -- several axes, nothing, everything --------------------------------------------------------


def test_no_subset_selects_everything() -> None:
    selection = select(EOBS, [])
    assert selection.box == CellBox.whole(EOBS.shape)
    assert selection.sliced == frozenset()
    assert selection.domain == EOBS


def test_slicing_every_axis_leaves_a_single_value() -> None:
    selection = select(EOBS, [Slice("t", "1950-01-03"), Slice("Lat", 30), Slice("Long", 45)])
    assert selection.box.cell_count == 1
    assert selection.domain.labels == ()
    assert selection.domain.crs is None


def test_a_domain_without_axes_has_nothing_to_cut() -> None:
    assert select(Domain(()), []).box == CellBox((), ())
    with pytest.raises(InvalidAxisLabel):
        select(Domain(()), [Slice("x", 1)])


def test_the_order_of_the_crs_survives() -> None:
    cube = Domain((EOBS.axes[1], EOBS.axes[2], EOBS.axes[0]), ("t", "Lat", "Long"))
    selection = select(cube, [Slice("Lat", 30)])
    assert selection.domain.labels == ("Long", "t")
    assert selection.domain.crs_labels == ("t", "Long")
    assert selection.domain.crs == parse_crs("OGC/0/AnsiDate@EPSG:4326")


def test_a_crs_of_bounds_that_names_nothing() -> None:
    with pytest.raises(CrsUnknown):
        select(AIRTEMP, [Trim("Lat", 0, 1, "EPSG:999999")])
    with pytest.raises(SubsettingCrsNotSupported, match="axis 'ansi' cannot be given in"):
        select(IRREGULAR, [Trim("ansi", 0, 1, "EPSG:4326")])


# -- properties -------------------------------------------------------------------------------

STEPS = st.sampled_from([0.05, 0.1, 0.25, 1.0, 10.0, 1 / 3, 1e-4, 30.0, 200.0])
REGULAR = st.builds(
    lambda origin, step, sign, size: RegularAxis("x", origin, sign * step, size),
    st.integers(-4000, 4000).map(lambda n: n / 8), STEPS, st.sampled_from([1, -1]), st.integers(1, 500),
)  # fmt: skip
FRACTION = st.floats(-0.2, 1.2)


def within(axis: Axis, fraction: float) -> float:
    return axis.low + (axis.high - axis.low) * fraction


@given(REGULAR, FRACTION, FRACTION, st.sampled_from(["halfopen", "closed"]))
def test_a_trim_holds_what_was_asked_for_and_no_needless_cell(
    axis: RegularAxis, one: float, two: float, mode: Mode
) -> None:
    low, high = sorted((within(axis, one), within(axis, two)))
    snap = 2e-3 * abs(axis.step)
    try:
        part = select(Domain((axis,)), [Trim("x", low, high)], mode=mode).domain.axes[0]
    except InvalidSubsetting:
        assert high <= axis.low + snap or low >= axis.high - snap
        return
    assert part.low <= max(low, axis.low) + snap
    assert part.high >= min(high, axis.high) - snap
    spare = abs(axis.step) + snap
    assert part.low >= max(low, axis.low) - spare
    assert part.high <= min(high, axis.high) + spare


@given(REGULAR, st.data())
def test_boxes_along_cell_edges_select_those_cells_in_halfopen_and_gdal_mode(
    axis: RegularAxis, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, axis.size - 1))
    stop = data.draw(st.integers(first + 1, axis.size))
    low, high = sorted((axis.start + first * axis.step, axis.start + stop * axis.step))
    assert cells(Domain((axis,)), Trim("x", low, high)) == (first, stop - 1)
    x = RegularAxis("Long", axis.origin, axis.step, axis.size, PLANE, "degree", Role.X)
    box = Domain((RegularAxis("Lat", 0.0, 1.0, 2, PLANE, "degree", Role.Y), x))
    assert cells(box, Trim("Long", low, high), "gdal", [Trim("Lat")]) == (first, stop - 1)


@given(REGULAR, st.floats(0, 1))
def test_neighbouring_halfopen_trims_share_no_cell_and_lose_none(axis: RegularAxis, part: float) -> None:
    edge = axis.start + round(axis.size * part) * axis.step
    found: list[int] = []
    for low, high in ((axis.low, edge), (edge, axis.high)):
        if high - low > abs(axis.step) / 2:
            first, last = cells(Domain((axis,)), Trim("x", low, high))
            found += range(first, last + 1)
    assert sorted(found) == list(range(axis.size))


@given(REGULAR, st.floats(0, 1))
def test_a_slice_is_in_the_cell_it_picks(axis: RegularAxis, fraction: float) -> None:
    point = within(axis, fraction)
    cell, _ = cells(Domain((axis,)), Slice("x", point))
    picked = axis.cells(cell, cell + 1)
    noise = 1e-6 * abs(axis.step)
    assert picked.low - noise <= point <= picked.high + noise


@given(REGULAR, st.data())
def test_edges_of_the_result_are_edges_of_cells(axis: RegularAxis, data: st.DataObject) -> None:
    low, high = sorted(within(axis, data.draw(st.floats(0, 1))) for _ in range(2))
    selection = select(Domain((axis,)), [Trim("x", low, high)], mode="closed")
    part = selection.domain.axes[0]
    assert isinstance(part, RegularAxis)
    noise = 1e-9 * (abs(axis.low) + abs(axis.high) + abs(axis.step))
    assert part.start == pytest.approx(axis.start + selection.box.low[0] * axis.step, abs=noise)
    assert part.stop == pytest.approx(axis.start + selection.box.high[0] * axis.step, abs=noise)
    assert part.size == selection.box.shape[0]
    assert part.step == axis.step


@given(REGULAR, st.data())
def test_a_selection_of_a_selection_is_a_selection(axis: RegularAxis, data: st.DataObject) -> None:
    domain = Domain((axis,))
    start, stop = sorted(within(axis, data.draw(st.floats(0, 1))) for _ in range(2))
    outer = select(domain, [Trim("x", start, stop)])
    middle = outer.domain.axes[0]
    low, high = sorted(within(middle, data.draw(st.floats(0.01, 0.99))) for _ in range(2))
    inner = select(outer.domain, [Trim("x", low, high)])
    direct = select(domain, [Trim("x", low, high)])
    assert inner.box.shifted(outer.box.low) == direct.box
    assert inner.domain.axes[0].low == pytest.approx(
        direct.domain.axes[0].low, abs=1e-9 * (abs(axis.low) + abs(axis.high))
    )


@given(
    st.lists(st.integers(-1000, 1000), min_size=1, max_size=40, unique=True),
    st.booleans(), st.integers(-1100, 1100), st.integers(-1100, 1100),
)  # fmt: skip
def test_a_trim_of_points_selects_exactly_those_in_the_interval(
    positions: list[int], falling: bool, one: int, two: int
) -> None:
    ordered = sorted(positions, reverse=falling)
    domain = Domain((IrregularAxis("x", np.array(ordered, dtype=float)),))
    low, high = sorted((one / 1.5, two / 1.5))
    expected = [position for position in ordered if low <= position <= high]
    if not expected:
        with pytest.raises(InvalidSubsetting):
            select(domain, [Trim("x", low, high)])
        return
    selection = select(domain, [Trim("x", low, high)])
    assert selection.domain.axes[0].coordinates().tolist() == expected
    for position in expected:
        first, _ = cells(domain, Slice("x", position))
        assert ordered[first] == position
