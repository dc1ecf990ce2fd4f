# SPDX-License-Identifier: MIT
"""Coverages whose cells lie in a rasdaman server, through the whole application."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from eoxserver.backends import models as backends
from eoxserver.backends.access import connect
from eoxserver.core.coverage import CellBox, Source
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field, RangeType
from eoxserver.resources.coverages import models
from eoxserver.testing.coverages import counted
from tests.applications import Application, application, instance_template, raster_cells
from tests.rasqueries import stored
from tests.rasservers import RasServer

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

ROWS, COLUMNS = 600, 1200
GREY = counted((ROWS, COLUMNS), "uint8")
RGB = {name: counted((COLUMNS, ROWS), "uint8") // number for number, name in enumerate(("red", "green", "blue"), 1)}


@pytest.fixture
def server() -> Iterator[RasServer]:
    collections = {
        "grey": stored(GREY, low=(10, -20), axes=("y", "x")),
        "rgb": stored(RGB, axes=("x", "y")),
        "holes": stored(counted((30, 60), "int16"), nulls="0:100"),
    }
    with RasServer(collections) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, instance_template: Path, server: RasServer) -> Iterator[Application]:
    with application(tmp_path, instance_template, {"EOXS_BACKENDS_REMOTE__RETRIES": "0"}) as made:
        storage = backends.Storage(name="ras", url=server.url, storage_type="rasdaman")
        storage.full_clean()
        storage.save()
        for identifier, location, names, dtype in (
            ("grey", "grey", ["b1"], "uint8"),
            ("rgb", "rgb?axes=y,x", list(RGB), "uint8"),
            ("holes", "holes", ["b1"], "int16"),
        ):
            size_x, size_y = (60, 30) if identifier == "holes" else (COLUMNS, ROWS)
            add(
                storage,
                identifier,
                location,
                RangeType(tuple(Field(n, np.dtype(dtype)) for n in names)),
                size_x,
                size_y,
            )
        yield made


def add(
    storage: backends.Storage, identifier: str, location: str, range_type: RangeType, size_x: int, size_y: int
) -> backends.DataItem:
    """A coverage of 40 by 20 degrees."""
    dataset = models.RectifiedDataset(
        identifier=identifier, size_x=size_x, size_y=size_y, min_x=0, min_y=40, max_x=40, max_y=60, srid=4326,
        footprint="MULTIPOLYGON (((0 40, 40 40, 40 60, 0 60, 0 40)))", range_type=range_type,
    )  # fmt: skip
    dataset.full_clean()
    dataset.save()
    item = backends.DataItem(dataset=dataset, storage=storage, location=location, semantic="bands")
    item.full_clean()
    item.save()
    return item


def cells_of(answer: Any) -> npt.NDArray[Any]:
    assert answer.status_code == 200, answer.data
    return raster_cells(answer.data)


def test_a_subset_by_wcs_moves_only_its_cells(app: Application, server: RasServer) -> None:
    # 30 cells a degree: 1 degree by 0.5 degrees.
    answer = app.wcs("GetCoverage", coverageId="grey", format="image/tiff", subset=["Lat(50,50.5)", "Long(10,11)"])
    np.testing.assert_array_equal(cells_of(answer)[0], GREY[285:300, 300:330])
    asked = [asked for asked in server.asked if "[" in asked.query]
    assert sum(each.sent for each in asked) == 15 * 30
    assert [each.query for each in asked] == ["select c[295:309,280:309] from grey as c"]


def test_one_field_by_wcs_moves_only_that_one(app: Application, server: RasServer) -> None:
    answer = app.wcs(
        "GetCoverage", coverageId="rgb", format="image/tiff", rangesubset="green", subset=["Lat(50,51)", "Long(10,12)"]
    )
    np.testing.assert_array_equal(cells_of(answer)[0], RGB["green"].T[270:300, 300:360])
    assert sum(asked.sent for asked in server.asked if "[" in asked.query) == 30 * 60


def test_all_of_a_coverage_by_wcs(app: Application) -> None:
    cells = cells_of(app.wcs("GetCoverage", coverageId="rgb", format="image/tiff"))
    np.testing.assert_array_equal(cells, [plane.T for plane in RGB.values()])


def test_maps(app: Application, server: RasServer) -> None:
    answer = app.wms(
        "GetMap", layers="rgb", styles="", crs="EPSG:4326", bbox="45,10,50,20", width="300", height="150",
        format="image/png",
    )  # fmt: skip
    assert answer.status_code == 200, answer.data
    picture = np.asarray(Image.open(BytesIO(answer.data)).convert("RGB"))
    shown = np.stack([plane.T[300:450, 300:600] for plane in RGB.values()], axis=-1)
    np.testing.assert_array_equal(picture, shown)


def test_a_map_of_everything_moves_about_its_pixels(app: Application, server: RasServer) -> None:
    answer = app.wms(
        "GetMap", layers="grey", styles="", crs="EPSG:4326", bbox="40,0,60,40", width="300", height="150",
        format="image/png",
    )  # fmt: skip
    assert answer.status_code == 200, answer.data
    assert Image.open(BytesIO(answer.data)).size == (300, 150)
    moved = sum(asked.sent for asked in server.asked if "[" in asked.query)
    assert 0 < moved <= 2 * 300 * 150 < ROWS * COLUMNS / 4
    assert any("scale" in query for query in server.queries)


def test_null_values_of_the_collection_are_nil(app: Application) -> None:
    answer = app.wms(
        "GetMap", layers="holes", styles="", crs="EPSG:4326", bbox="40,0,60,40", width="60", height="30",
        format="image/png", transparent="true",
    )  # fmt: skip
    assert answer.status_code == 200, answer.data
    alpha = np.asarray(Image.open(BytesIO(answer.data)).convert("RGBA"))[..., 3]
    values = counted((30, 60), "int16")
    np.testing.assert_array_equal(alpha == 0, (values >= 0) & (values <= 100))


def test_a_server_that_is_away_is_told_without_its_address(app: Application, server: RasServer) -> None:
    server.faults = ["503"] * 20
    answer = app.wcs("GetCoverage", coverageId="grey", format="image/tiff")
    assert answer.status_code >= 500 or answer.status_code == 404
    said = answer.text
    assert "the data of coverage 'grey' cannot be read" in unescape(said)
    assert "127.0.0.1" not in said
    server.faults.clear()
    assert app.wcs("GetCoverage", coverageId="grey", format="image/tiff").status_code == 200


def test_an_array_that_is_gone_is_told(app: Application, server: RasServer) -> None:
    server.collections = {}
    answer = app.wcs("GetCoverage", coverageId="grey", format="image/tiff")
    assert "the data of coverage 'grey' cannot be read: grey: there is no collection 'grey'" in unescape(answer.text)


def test_connect_answers_a_source(app: Application) -> None:
    source = connect(backends.DataItem.objects.get(dataset__identifier="grey"))
    assert isinstance(source, Source)
    np.testing.assert_array_equal(source.read(CellBox((0, 0), (2, 2)), [0]).values[0], GREY[:2, :2])
    with pytest.raises(DataUnavailable, match="nowhere"):
        connect(backends.DataItem(storage=backends.Storage.objects.get(), location="nowhere", semantic="bands"))


def test_the_catalogue_takes_no_password(server: RasServer) -> None:
    with pytest.raises(ValidationError, match="no password"):
        backends.Storage(url="rasdaman://me:secret@host", storage_type="rasdaman").full_clean()
