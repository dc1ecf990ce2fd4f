# SPDX-License-Identifier: MIT
"""Whatever is asked, the server answers: with what was asked for, or with a report that says why not.

``EOXS_FUZZ_EXAMPLES`` asks for another number of examples than the usual one; they then differ from run to run.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.transform import from_bounds, from_origin
from werkzeug.test import TestResponse

from tests.applications import Application, application, instance_template, raster_cells
from tests.integration.conftest import write
from tests.integration.strange_requests import Grid, descriptions, get_coverages, get_maps, queries
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

EXAMPLES = os.environ.get("EOXS_FUZZ_EXAMPLES")
FUZZ = settings(
    max_examples=int(EXAMPLES or 200),
    derandomize=EXAMPLES is None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
GREATEST = 512
"""Width and height of maps [pixels]."""
REFUSALS = (400, 403, 404, 415, 501)
GRIDS = (
    Grid("lat_long", ("Lat", "Long"), (48, 10), (50, 13)),
    Grid("web", ("X", "Y"), (1_000_000, 5_999_100), (1_001_500, 6_000_000)),
    Grid("laea", ("Y", "X"), (2_975_000, 4_000_000), (3_000_000, 4_035_000)),
    Grid("utm", ("E", "N"), (500_000, 4_999_800), (500_100, 5_000_000)),
    Grid("globe", ("Lat", "Long"), (-90, -180), (90, 180)),
    Grid("dateline", ("Lat", "Long"), (-20, 170), (20, 190)),
    Grid("polar", ("X", "Y"), (-4e6, -4e6), (4e6, 4e6)),
    Grid("palette", ("Lat", "Long"), (47.4, 11), (49, 12.6)),
    Grid("complex", ("Lat", "Long"), (49.1, 10), (50, 10.9)),
    Grid("dot", ("Lat", "Long"), (49, 10), (50, 11)),
    Grid("void", ("Lat", "Long"), (0, 0), (8, 8)),
    Grid("tied", ("i", "j"), (0, 0), (12, 8)),
)
NAMES = tuple(grid.name for grid in GRIDS)
LAYERS = (*NAMES, "all", "nobody")
HOMES = (
    ("EPSG:4326", "48,10,50,13"), ("EPSG:4326", "-90,-180,90,180"), ("CRS:84", "-180,-90,180,90"),
    ("CRS:84", "170,-20,190,20"), ("CRS:84", "-190,60,-170,90"), ("EPSG:3857", "1000000,5999100,1001500,6000000"),
    ("EPSG:3857", "-30000000,-30000000,30000000,30000000"), ("EPSG:3035", "2975000,4000000,3000000,4035000"),
    ("EPSG:3413", "-4000000,-4000000,4000000,4000000"), ("EPSG:32633", "500000,4999800,500100,5000000"),
    ("EPSG:4326", "84,-180,90,180"), ("EPSG:3857", "20037000,-1000000,21000000,1000000"),
)  # fmt: skip


def rasters(folder: Path) -> Iterator[Path]:
    """Write a raster of every kind."""
    rng = np.random.default_rng(1)

    def cells(dtype: str, *shape: int) -> npt.NDArray[Any]:
        return rng.integers(0, 250, shape).astype(dtype)

    real = rng.normal(size=(2, 25, 35)).astype("float32")
    real[:, 3, 4] = -9999
    globe = rng.normal(size=(1, 36, 72))
    globe[0, :4] = np.nan
    globe[0, 5, 5:8] = np.inf, -np.inf, 1e300
    points = [GroundControlPoint(y, x, 10 + x / 10, 50 - y / 10 + x / 100) for y in (0, 8) for x in (0, 6, 12)]
    made: dict[str, tuple[npt.NDArray[Any], dict[str, Any]]] = {
        "lat_long": (cells("uint8", 3, 40, 60), {"crs": 4326, "transform": from_origin(10, 50, 0.05, 0.05)}),
        "web": (cells("uint16", 1, 30, 50) * 257, {"crs": 3857, "transform": from_origin(1e6, 6e6, 30, 30)}),
        "laea": (real, {"crs": 3035, "transform": from_origin(4e6, 3e6, 1000, 1000), "nodata": -9999}),
        "utm": (cells("int16", 1, 20, 10), {"crs": 32633, "transform": from_origin(5e5, 5e6, 10, 10)}),
        "globe": (globe, {"crs": 4326, "transform": from_bounds(-180, -90, 180, 90, 72, 36), "nodata": np.nan}),
        "dateline": (
            cells("uint8", 4, 40, 20),
            {"crs": 4326, "transform": from_bounds(170, -20, 190, 20, 20, 40), "photometric": "RGB", "alpha": "yes"},
        ),
        "polar": (cells("int32", 1, 40, 40), {"crs": 3413, "transform": from_bounds(-4e6, -4e6, 4e6, 4e6, 40, 40)}),
        "palette": (
            cells("uint8", 1, 16, 16),
            {"crs": 4326, "transform": from_origin(11, 49, 0.1, 0.1), "photometric": "palette", "nodata": 7},
        ),
        "complex": (cells("complex64", 1, 9, 9), {"crs": 4326, "transform": from_origin(10, 50, 0.1, 0.1)}),
        "dot": (cells("uint32", 1, 1, 1), {"crs": 4326, "transform": from_origin(10, 50, 1, 1)}),
        "void": (np.zeros((2, 8, 8), "uint8"), {"crs": 4326, "transform": from_origin(0, 8, 1, 1), "nodata": 0}),
        "tied": (cells("uint16", 1, 8, 12), {"crs": 4326, "gcps": points}),
    }
    for name, (values, profile) in made.items():
        if "crs" in profile:
            profile["crs"] = f"EPSG:{profile['crs']}"
        path = write(folder / f"{name}.tif", values, **profile)
        if name == "palette":
            with rasterio.open(path, "r+") as dataset:
                dataset.write_colormap(1, {index: (index, 255 - index, 0, 255) for index in range(256)})
        yield path


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    """Answer an application that serves a raster of every kind, and all of them as ``all``."""
    folder = tmp_path_factory.mktemp("fuzz")
    environ = {
        "EOXS_SERVICES_LIMITS__MAX_MAP_WIDTH": str(GREATEST),
        "EOXS_SERVICES_LIMITS__MAX_MAP_HEIGHT": str(GREATEST),
        "EOXS_SERVICES_LIMITS__MAX_RESULT_CELLS": "1_000_000",
        "EOXS_SERVICES_LIMITS__MEMORY_BYTES": "64KiB",
        "EOXS_SERVICES_OWS_WMS__SUPPORTED_FORMATS": "image/png,image/jpeg,image/tiff,image/gif",
    }
    with application(folder, instance_template, environ) as made:
        for path in rasters(folder):
            made.register(path, collection="all")
        made.instance.registrar().collections.create("nobody")
        yield made


# -- what an answer must be -----------------------------------------------------------------------


def check(answer: TestResponse, query: str) -> None:
    """The answer is what was asked for, or a report."""
    assert "\n" not in "".join(value for _, value in answer.headers)
    if answer.status_code != 200:
        check_report(answer, query)
    elif answer.mimetype == "multipart/related":
        head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
        parts = message_from_bytes(head + answer.data).get_payload()
        assert isinstance(parts, list) and len(parts) in (1, 2)  # a description and its cells, or GML with both
        for part in parts:
            body = part.get_payload(decode=True)  # type: ignore[union-attr]  # a part of a multipart is a message
            assert isinstance(body, bytes)
            check_body(part.get_content_type(), body, query)  # type: ignore[union-attr]
    else:
        check_body(answer.mimetype or "", answer.data, query)


def check_report(answer: TestResponse, query: str) -> None:
    """A report of the service that was asked, with a code and a text that say something."""
    assert answer.status_code in REFUSALS, f"{answer.status_code}: {answer.text}"
    assert answer.mimetype == "text/xml"
    root = parse_xml(answer.data)
    if root.tag == f"{{{NS['ogc']}}}ServiceExceptionReport":
        (error,) = root.findall("ogc:ServiceException", NS)
        code, text = error.get("code"), error.text
    else:
        assert root.tag == f"{{{NS['ows']}}}ExceptionReport"
        (error,) = root.findall("ows:Exception", NS)
        code, text = error.get("exceptionCode"), error.findtext("ows:ExceptionText", "", NS)
    assert code and code != "NoApplicableCode"
    assert text and text.strip() and "Traceback" not in text and ".py" not in text.lower().replace(query.lower(), "")
    services = [value.strip().upper() for key, value in asked(query) if key.lower() == "service"]
    if services == ["WCS"]:
        assert root.tag.endswith("}ExceptionReport")
    if services == ["WMS"]:
        assert root.tag.endswith("}ServiceExceptionReport")


def check_body(media_type: str, body: bytes, query: str) -> None:
    """The body is of its type, to its end."""
    assert body
    if media_type in ("text/xml", "application/xml", "application/gml+xml", "application/vnd.ogc.wms_xml"):
        parse_xml(body)
    elif media_type == "application/json":
        json.loads(body, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    elif media_type in ("application/netcdf", "application/x-netcdf"):
        with netCDF4.Dataset("body.nc", memory=body) as dataset:
            dataset.set_auto_maskandscale(False)
            assert all(variable[...].size for variable in dataset.variables.values())
    elif "getmap" in [value.strip().lower() for key, value in asked(query) if key.lower() == "request"]:
        assert picture_size(media_type, body) == expected_size(query)
    else:
        assert raster_cells(body).size
        if media_type in ("image/png", "image/jpeg"):
            picture_size(media_type, body)


def picture_size(media_type: str, body: bytes) -> tuple[int, int]:
    """Width and height of a picture, which is decoded to its end."""
    if media_type == "image/tiff":
        height, width = raster_cells(body).shape[1:]
        return width, height
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        assert Image.MIME[image.format or ""] == media_type
        return image.size


def expected_size(query: str) -> tuple[int, int]:
    """Width and height that were asked for; those of error pictures where they make no sense."""
    found = []
    for name in ("width", "height"):
        values = [value.strip() for key, value in asked(query) if key.lower() == name]
        if len(values) != 1 or not values[0].lstrip("+").isdecimal() or not values[0].isascii():
            return 256, 256
        if not 1 <= int(values[0][:30]) <= GREATEST:
            return 256, 256
        found.append(int(values[0]))
    return found[0], found[1]


def asked(query: str) -> list[tuple[str, str]]:
    """The parameters as the server sees them."""
    return parse_qsl(query, keep_blank_values=True)


# -- properties -----------------------------------------------------------------------------------


@FUZZ
@given(query=queries(get_maps(LAYERS, HOMES)))
def test_maps(app: Application, query: str) -> None:
    check(app.get(query), query)


@FUZZ
@given(query=queries(get_coverages(GRIDS)))
def test_coverages(app: Application, query: str) -> None:
    check(app.get(query), query)


@FUZZ
@given(query=queries(descriptions(NAMES)))
def test_descriptions(app: Application, query: str) -> None:
    check(app.get(query), query)


@FUZZ
@given(body=st.binary(max_size=200), kind=st.sampled_from(("text/xml", "application/json", "multipart/form-data", "")))
def test_bodies(app: Application, body: bytes, kind: str) -> None:
    answer = app.client.post("/ows?service=WCS", data=body, content_type=kind)
    check_report(answer, "service=WCS")


@FUZZ
@given(path=st.text(max_size=30), query=st.text(max_size=30))
def test_pages(app: Application, path: str, query: str) -> None:
    """No page of the server fails, whatever is put behind its address."""
    for start in ("/", "/web/", "/ows/", "/-/"):
        answer = app.client.get(start + path.replace("?", ""), query_string=query, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 301, 302, 308, 400, 404), answer.text
        assert answer.data or answer.status_code == 200


def test_the_start_page_shows_everything(app: Application) -> None:
    answer = app.client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    etree.HTML(answer.text)
    for name in ("lat_long", "palette", "dateline"):
        assert name in answer.text
