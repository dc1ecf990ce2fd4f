# SPDX-License-Identifier: MIT
"""The same trim by WCS, by WMS at native resolution, and by the Python API gives the same cells."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from eoxserver.core.coordinates import number_text
from eoxserver.core.selection import Trim, select
from tests.applications import Application, application, raster_cells
from tests.integration.conftest import write

pytestmark = pytest.mark.integration

ROWS, COLUMNS = 23, 37


@dataclass(frozen=True)
class Grid:
    """Where a raster lies."""

    epsg: int
    west: float
    north: float
    step: float


GRIDS = {
    "degrees": Grid(4326, 10.0, 50.0, 0.05),
    "thirds": Grid(4326, -0.1, 0.7, 1 / 3),
    "metres": Grid(3857, 1_000_000.0, 6_000_000.0, 30.0),
    "north_first": Grid(3035, 4_000_000.0, 3_000_000.0, 250.0),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves a raster of three fields for each grid."""
    folder = tmp_path_factory.mktemp("cells")
    rng = np.random.default_rng(5)
    with application(folder) as app:
        for name, grid in GRIDS.items():
            cells = rng.integers(1, 255, (3, ROWS, COLUMNS), dtype="uint8")
            transform = (grid.step, 0.0, grid.west, 0.0, -grid.step, grid.north)
            path = Path(folder, f"{name}.tif")
            app.register(write(path, cells, crs=f"EPSG:{grid.epsg}", transform=transform, photometric="RGB"))
        yield app


@st.composite
def boxes(draw: st.DrawFn) -> tuple[str, int, int, int, int]:
    """A grid, and the first and the last column and row of a box in it."""
    name = draw(st.sampled_from(sorted(GRIDS)))
    left, top = draw(st.integers(0, COLUMNS - 1)), draw(st.integers(0, ROWS - 1))
    return name, left, draw(st.integers(left, COLUMNS - 1)), top, draw(st.integers(top, ROWS - 1))


@given(boxes())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_three_ways_one_answer(served: Application, box: tuple[str, int, int, int, int]) -> None:
    name, left, right, top, bottom = box
    grid = GRIDS[name]
    west, east = grid.west + left * grid.step, grid.west + (right + 1) * grid.step
    south, north = grid.north - (bottom + 1) * grid.step, grid.north - top * grid.step

    coverage = served.instance.catalogue.coverage(name)
    (y_label, x_label) = coverage.domain.labels
    chosen = select(coverage.domain, [Trim(x_label, west, east), Trim(y_label, south, north)])
    by_api = coverage.source.read(chosen.box, range(3)).values

    subsets = [f"{x_label}({west!r},{east!r})", f"{y_label}({south!r},{north!r})"]
    answer = served.wcs("GetCoverage", coverageId=name, subset=subsets, format="image/tiff")
    assert answer.status_code == 200, answer.text
    by_wcs = raster_cells(answer.data)

    corners = (west, south, east, north) if grid.epsg == 3857 else (south, west, north, east)
    shown = served.wms(
        "GetMap", layers=name, styles="", crs=f"EPSG:{grid.epsg}", bbox=",".join(map(number_text, corners)),
        width=str(right - left + 1), height=str(bottom - top + 1), format="image/png",
    )  # fmt: skip
    assert shown.status_code == 200, shown.text
    by_wms = np.moveaxis(np.asarray(Image.open(io.BytesIO(shown.data))), 2, 0)

    assert by_api.shape == (3, bottom - top + 1, right - left + 1)
    np.testing.assert_array_equal(by_wcs, by_api)
    np.testing.assert_array_equal(by_wms, by_api)
