# SPDX-License-Identifier: MIT
from __future__ import annotations

import json

import numpy as np
import pytest

from eoxserver.core.axes import IndexAxis, IrregularAxis, Role
from eoxserver.core.coverage import CellBox, Coverage, MemorySource, Points
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InconsistentChange
from eoxserver.core.fields import Field, RangeType
from eoxserver.resources.coverages.points import (
    check_grid,
    described,
    frame_from_json,
    frame_to_json,
    horizontal_bounds,
    served,
    stored,
)

WGS84 = parse_crs("EPSG:4326")
UTM = parse_crs("EPSG:32633")
WHOLE = CellBox((0,), (3,))


def axis(label: str, low: float, high: float, role: Role, crs: Crs | None = WGS84) -> IrregularAxis:
    return IrregularAxis(label, np.unique([low, high]), crs, "degree", role)


def stations(names: tuple[str, ...] = ("v",), valid: list[bool] | None = None) -> Coverage:
    """Three points in EPSG:4326."""
    positions = np.array([[48.0, 47.0, 46.0], [16.0, 15.0, 14.0]])
    frame = Domain((axis("Lat", 46, 48, Role.Y), axis("Long", 14, 16, Role.X)))
    values = np.arange(3 * len(names), dtype=np.int16).reshape(len(names), 3)
    mask = None if valid is None else np.array([valid] * len(names))
    return Coverage(
        "stations",
        Domain((IndexAxis("point", 3),)),
        RangeType(tuple(Field(name, np.dtype("int16")) for name in names)),
        MemorySource(values, mask),
        points=Points(frame, MemorySource(positions)),
    )


def test_kept_and_served() -> None:
    given = stations(("a", "b"), [True, False, True])
    kept = stored(given)
    assert len(kept.range_type) == 4
    assert kept.footprint is not None and kept.footprint.bounds == (14, 46, 16, 48)
    assert kept.source.read(WHOLE, [0]).values.tolist() == [[48, 47, 46]]
    details = json.loads(json.dumps(described({"document": "x"}, given.points)))
    found = served(kept, details)
    assert found.range_type == given.range_type
    assert found.frame == given.frame
    assert found.points is not None
    assert found.points.source.read(WHOLE, [1]).values.tolist() == [[16, 15, 14]]
    cells = found.source.read(WHOLE, [1, 0])
    assert cells.values.tolist() == [[3, 4, 5], [0, 1, 2]]
    assert cells.mask().tolist() == [[True, False, True]] * 2


def test_positions_and_values_read_together() -> None:
    kept = stored(stations(valid=[True, False, True]))
    cells = kept.source.read(CellBox((1,), (3,)), [2, 0])
    assert cells.values.dtype == np.float64
    assert cells.values.tolist() == [[1, 2], [47, 46]]
    assert cells.mask().tolist() == [[False, True], [True, True]]


def test_names_of_positions_are_free() -> None:
    kept = stored(stations(("position_0", "_position_1")))
    assert len(set(kept.range_type.names)) == 4
    assert kept.range_type.names[2:] == ("position_0", "_position_1")


def test_grids_are_as_they_are() -> None:
    grid = Coverage("g", Domain((IndexAxis("i", 3),)), stations().range_type, stations().source)
    assert stored(grid) is grid
    assert served(grid, {"document": "x"}) is grid
    assert described(None, None) is None
    check_grid("g", {"document": "x"})


def test_points_are_not_changed() -> None:
    with pytest.raises(InconsistentChange, match="'s' has points"):
        check_grid("s", described(None, stations().points))


@pytest.mark.parametrize("broken", [[{}], [{"label": "x"}], [1]])
def test_broken_details(broken: list[object]) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        served(stations(), {"points": broken})


def test_axes_as_json() -> None:
    frame = Domain((axis("t", 5, 5, Role.T, parse_crs("OGC/0/AnsiDate")), axis("h", 0, 0.1, Role.Z, None)))
    assert frame_from_json(json.loads(json.dumps(frame_to_json(frame)))) == frame


@pytest.mark.parametrize(
    ("crs", "margin"),
    [(WGS84, 1e-6), (UTM, 0.1)],
)
def test_footprint_of_a_single_point_has_an_area(crs: Crs, margin: float) -> None:
    frame = Domain((axis("y", 5, 5, Role.Y, crs), axis("x", 7, 7, Role.X, crs)))
    found = horizontal_bounds(frame)
    assert found is not None
    assert found[0] == crs
    assert found[1] == pytest.approx((7 - margin, 5 - margin, 7 + margin, 5 + margin))


def test_no_place_on_the_earth() -> None:
    assert horizontal_bounds(Domain((axis("h", 0, 1, Role.Z),))) is None
    assert horizontal_bounds(Domain((axis("y", 0, 1, Role.Y, WGS84), axis("x", 0, 1, Role.X, UTM)))) is None
    assert stored(stations()).begin_time is None
