# SPDX-License-Identifier: MIT
"""What is registered from elsewhere is served, by the place that registration wrote down."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio

from eoxserver.resources.coverages.registration.identifiers import IdentifierTemplate
from tests.applications import Application, application, instance_template, raster_cells
from tests.fileservers import FileServer
from tests.resources.coverages.registration.scenes import container, raster, tarred, zipped

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as opened:
        yield opened


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    scene, many = raster(tmp_path), container(tmp_path / "many.nc")
    files = {
        "eo/a.tif": scene,
        "eo/many.nc": many,
        "eo/packed.zip": zipped({"in/many.nc": many, "a.tif": scene}, zipfile.ZIP_DEFLATED),
        "eo/outer.tar": tarred({"inner.zip": zipped({"a.tif": scene, "many.nc": many})}),
    }
    with FileServer(files) as server:
        yield server


@pytest.mark.parametrize("stored", [False, True], ids=["by URL", "in a storage"])
def test_every_kind_of_place_is_served(app: Application, server: FileServer, tmp_path: Path, stored: bool) -> None:
    registrar = app.instance.registrar()
    if stored:
        registrar.storages.add("eo", f"{server.url}/eo")
    url = f"{server.url}/eo"
    places = {
        f"{url}/a.tif": "plain",
        f"{url}/packed.zip//a.tif": "packed",
        f"{url}/outer.tar//inner.zip//a.tif": "nested",
        f'NETCDF:"{url}/many.nc":sst': "data_set",
        f'NETCDF:"{url}/packed.zip//in/many.nc":wind': "packed_data_set",
        f'NETCDF:"{url}/outer.tar//inner.zip//many.nc":sst': "nested_data_set",
    }
    for place, identifier in places.items():
        assert app.register(place, identifier=IdentifierTemplate(identifier)) == [identifier]
    with rasterio.MemoryFile(server.held["eo/a.tif"]) as file, file.open() as dataset:
        expected = dataset.read()
    for identifier in places.values():
        answer = app.wcs("GetCoverage", coverageId=identifier, format="image/tiff")
        assert answer.status_code == 200, answer.text
        cells = raster_cells(answer.data)
        np.testing.assert_array_equal(cells, np.ones((1, 4, 8)) if "data_set" in identifier else expected)
    assert all(checked.ok for checked in registrar.check())
    listed = {place for row in registrar.rows(where=True) for place in row.where or ()}
    assert listed == set(places)
