# SPDX-License-Identifier: MIT
"""The sample data of the demo, written and registered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio

from eoxserver.app import Instance, open_instance
from eoxserver.cli import samples as module
from eoxserver.cli.demo import make_samples
from eoxserver.resources.coverages.metadata.stac import STACReader
from tests.cli.conftest import Commands

pytestmark = pytest.mark.integration


@pytest.fixture
def instance(eoxserver: Commands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    """An instance with the sample data, of a small planet."""
    monkeypatch.setattr(module, "GLOBE_ROWS", 64)
    instance = open_instance(eoxserver.instance)
    make_samples(instance)
    yield instance
    instance.close()


def test_every_kind_of_raster_is_there(instance: Instance, eoxserver: Commands) -> None:
    rows = {row["identifier"]: row for row in eoxserver.json("list")}
    assert len(rows) == 7 + 12 + 1 + 1
    assert rows["vegetation"]["kind"] == "DatasetSeries"
    assert rows["vegetation"]["begin_time"] == "2024-01-01T00:00:00Z"
    assert rows["vegetation"]["end_time"] == "2024-12-31T23:59:59Z"
    assert rows["vegetation_cube"]["begin_time"] == "2024-01-01T00:00:00Z"
    assert rows["storm"]["bbox"] == [165, -29, 205, -9]
    assert rows["coast"]["title"] == "A coast in natural colours"
    described = {name: eoxserver.json("describe", name) for name in ("elevation", "land_cover", "coast_reflectance")}
    assert described["elevation"]["fields"][0]["type"] == "int16"
    assert described["elevation"]["fields"][0]["unit"] == "m"
    assert described["land_cover"]["fields"][0]["colours"] >= 9
    assert described["coast_reflectance"]["crs"].endswith("/32633")
    assert [field["name"] for field in described["coast_reflectance"]["fields"]] == [
        "red", "green", "blue", "nir", "swir",
    ]  # fmt: skip
    assert eoxserver.ok("check").endswith("20 coverages checked, 0 with problems\n")


def test_files_are_what_they_claim(instance: Instance) -> None:
    for path in instance.paths.data.rglob("*.tif"):
        with rasterio.open(path) as dataset:
            assert dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG"
            assert dataset.overviews(1) or dataset.width <= 512
    with rasterio.open(instance.paths.data / "sea_surface_temperature.tif") as dataset:
        sea = dataset.read(1, masked=True)
        assert dataset.nodata == -9999
        assert 0 < sea.mask.mean() < 1
        assert sea.min() >= -2 and sea.max() <= 34


def test_documents_are_stac_items(instance: Instance) -> None:
    path = instance.paths.data / "vegetation" / "vegetation_2024_02.json"
    assert json.loads(path.read_text())["properties"]["end_datetime"] == "2024-02-29T23:59:59Z"
    for document in instance.paths.data.rglob("*.json"):
        assert STACReader().can_read(str(document))
        assert STACReader().read(str(document)).footprint is not None


def test_what_is_read_is_what_was_made(instance: Instance) -> None:
    storm = next(sample for title, make in module.samples() if "storm" in title for sample in make())
    with rasterio.open(instance.paths.data / "storm.tif") as dataset:
        assert np.array_equal(dataset.read(), storm.cells)
        assert dataset.bounds == storm.bounds
        assert Path(dataset.name).stem == storm.identifier


def test_a_cube_of_the_months_answers_queries(instance: Instance) -> None:
    means = instance.wcps(
        'for $c in (vegetation_cube) return coverage means over $m month(0:11) values avg($c[ansi:"CRS:1"($m)])'
    )
    found = []
    for month in range(1, 13):
        with rasterio.open(instance.paths.data / "vegetation" / f"vegetation_2024_{month:02d}.tif") as dataset:
            found.append(dataset.read(1, masked=True).mean())
    np.testing.assert_allclose(means, found)
