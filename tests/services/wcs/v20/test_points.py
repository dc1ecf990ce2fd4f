# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.encoders.pointcells import blocks
from eoxserver.core.axes import IndexAxis, IrregularAxis, Role
from eoxserver.core.coverage import MULTI_POINT, CellBox, Coverage, MemorySource, Points
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CoverageUnusable, InvalidAxisLabel, InvalidSubsetting
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.selection import Slice, Subset, Trim
from eoxserver.services.wcs.v20.points import check_request, selected
from eoxserver.services.wcs.v20.requests import AllAxes, GetCoverage

WGS84 = parse_crs("EPSG:4326")


def points(lats: list[float], longs: list[float]) -> tuple[Coverage, Points]:
    """Points whose only value is their number, those with an odd one not valid."""
    positions = np.array([lats, longs])
    axes = tuple(
        IrregularAxis(label, np.unique([column.min(), column.max()]), WGS84, "degree", role)
        for label, column, role in zip(("Lat", "Long"), positions, (Role.Y, Role.X), strict=True)
    )
    numbers = np.arange(len(lats), dtype=np.int32)[np.newaxis]
    place = Points(Domain(axes), MemorySource(positions))
    fields = RangeType((Field("v", np.dtype("int32")),))
    whole = Domain((IndexAxis("point", len(lats)),))
    return Coverage("p", whole, fields, MemorySource(numbers, numbers % 2 == 0), points=place), place


def kept(coverage: Coverage) -> list[int]:
    cells = coverage.source.read(CellBox.whole(coverage.domain.shape), [0])
    numbers: list[int] = cells.values[0].tolist()
    assert cells.mask()[0].tolist() == [number % 2 == 0 for number in numbers]
    return numbers


def test_all_of_them() -> None:
    coverage, place = points([1, 2], [3, 4])
    assert selected(coverage, place, ()).points is place
    assert coverage.subtype == MULTI_POINT


@given(
    found=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30),
    low=st.integers(0, 9),
    width=st.integers(0, 9),
    exactly=st.one_of(st.none(), st.integers(0, 9)),
)
def test_those_within_closed_bounds(found: list[tuple[int, int]], low: int, width: int, exactly: int | None) -> None:
    coverage, place = points([float(lat) for lat, _ in found], [float(long) for _, long in found])
    subsets: list[Subset] = [Trim("Lat", low, low + width)]
    if exactly is not None:
        subsets.append(Slice("Lon", exactly))
    expected = [
        number for number, (lat, long) in enumerate(found) if low <= lat <= low + width and exactly in (None, long)
    ]
    if not expected:
        with pytest.raises(InvalidSubsetting, match="no point"):
            selected(coverage, place, subsets)
        return
    result = selected(coverage, place, subsets)
    assert kept(result) == expected
    assert result.points is not None
    lats = [found[number][0] for number in expected]
    assert (result.frame.axis("Lat").low, result.frame.axis("Lat").high) == (min(lats), max(lats))
    ((_, positions, _),) = blocks(result)
    assert positions.T.tolist() == [list(map(float, found[number])) for number in expected]


def test_parts_far_from_each_other() -> None:
    count = 200_000
    lats = np.zeros(count)
    lats[[0, 65_535, 65_536, 199_999]] = 5
    coverage, place = points(lats.tolist(), lats.tolist())
    result = selected(coverage, place, [Slice("Lat", 5)])
    assert kept(result) == [0, 65_535, 65_536, 199_999]
    cells = result.source.read(CellBox((1,), (3,)), [0])
    assert cells.values.tolist() == [[65_535, 65_536]]
    assert result.source.read(CellBox((2,), (2,)), [0]).values.shape == (1, 0)


@pytest.mark.parametrize(
    ("request_", "locator"),
    [
        (GetCoverage("p", scaling=AllAxes(2.0)), "scaling"),
        (GetCoverage("p", output_crs=WGS84), "outputCrs"),
        (GetCoverage("p", subsetting_crs=WGS84), "subsettingCrs"),
        (GetCoverage("p", general_grid=True), "outputType"),
    ],
)
def test_what_needs_a_grid(request_: GetCoverage, locator: str) -> None:
    with pytest.raises(CoverageUnusable, match="needs a grid") as caught:
        check_request(request_, points([1], [2])[0])
    assert caught.value.locator == locator


@pytest.mark.parametrize(
    ("subsets", "error"),
    [
        ([Trim("h", 0, 1)], InvalidAxisLabel),
        ([Trim("Lat", 0, 1), Slice("Lat", 1)], InvalidAxisLabel),
        ([Trim("Lat", 2, 1)], InvalidSubsetting),
        ([Slice("Lat", "*")], InvalidSubsetting),
        ([Slice("Lat", 0, "CRS:1")], InvalidSubsetting),
        ([Trim("Lat", "a", "b")], InvalidSubsetting),
    ],
)
def test_subsets_that_cannot_be(subsets: list[Subset], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_request(GetCoverage("p", subsets=tuple(subsets)), points([1], [2])[0])
