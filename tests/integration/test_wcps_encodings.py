# SPDX-License-Identifier: MIT
"""Formats and extra parameters of WCPS queries over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
from rasterio.io import DatasetReader, MemoryFile
from werkzeug.test import TestResponse

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.core.coverage import CellBox
from tests.applications import Application, application, instance_template, raster_cells
from tests.services.wcps import samples
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves the coverages of the specification."""
    with application(tmp_path_factory.mktemp("wcps"), instance_template) as found:
        for coverage in samples.samples():
            found.instance.ingestion.insert(coverage)
        yield found


def ask(app: Application, expression: str, name: str, extra: Any = None, function: str = "encode") -> TestResponse:
    """Answer what a query encodes; ``c`` is ``mr``, ``d`` ``rgb``, ``e`` ``eobs`` and ``f`` ``airtemp``."""
    text = ""
    if extra is not None:
        given = extra if isinstance(extra, str) else json.dumps(extra)
        escaped = given.replace("\\", "\\\\").replace('"', '\\"')
        text = f', "{escaped}"'
    query = (
        f"for $c in (mr), $d in (rgb), $e in (eobs), $f in (airtemp) "
        f'return {function}({expression}, "{name}"{text})'
    )  # fmt: skip
    return app.client.get(f"/ows/wcps?query={quote(query)}")


def good(app: Application, expression: str, name: str, extra: Any = None, function: str = "encode") -> bytes:
    answer = ask(app, expression, name, extra, function)
    data = answer.get_data()
    assert answer.status_code == 200, data.decode(errors="replace")
    return data


def refused(answer: TestResponse, status: int, code: str, *texts: str, locator: str | None = None) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    error = parse_xml(answer.get_data()).find("ows:Exception", namespaces=NS)
    assert error is not None
    assert error.get("exceptionCode") == code
    assert locator is None or error.get("locator") == locator
    message = error.findtext("ows:ExceptionText", namespaces=NS) or ""
    assert all(text in message for text in texts), message


def mr() -> npt.NDArray[Any]:
    coverage = samples.mr()
    cells: npt.NDArray[Any] = coverage.source.read(CellBox.whole(coverage.domain.shape), (0,)).values[0]
    return cells


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("png", "image/png"), ("image/tiff", "image/tiff"), ("GTiff", "image/tiff"), ("BMP", "image/bmp"),
        ("jpeg2000", "image/jp2"), ("gif", "image/gif"), ("HFA", "application/x-erdas-hfa"),
    ],
)  # fmt: skip
def test_images_of_one_field(app: Application, name: str, media_type: str) -> None:
    answer = ask(app, "$c", name)
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    np.testing.assert_array_equal(raster_cells(answer.get_data())[0], mr().T)


@pytest.mark.parametrize("name", ["webp", "jpg", "image/jpeg"])
def test_pictures(app: Application, name: str) -> None:
    cells = raster_cells(good(app, "$d", name))
    assert cells.shape == (3, 344, 400)


def opened(data: bytes) -> DatasetReader:
    return MemoryFile(data).open()


def test_parameters_of_a_tiff(app: Application) -> None:
    extra = {
        "nodata": [7],
        "metadata": {"made by": "me"},
        "geoReference": {"crs": "EPSG:4326", "bbox": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}},
        "formatParameters": {"COMPRESS": "DEFLATE"},
        "configOptions": {"GDAL_TIFF_ENDIANNESS": "BIG"},
    }
    data = good(app, "$c", "tiff", extra)
    assert data[:2] == b"MM"
    with opened(data) as dataset:
        assert (dataset.nodata, dataset.crs.to_epsg(), tuple(dataset.bounds)) == (7, 4326, (1, 2, 3, 4))
        assert dataset.tags()["made by"] == "me"
        np.testing.assert_array_equal(dataset.read(1), mr().T)


def test_colours(app: Application) -> None:
    table = {"type": "intervals", "colorTable": {"0": [1, 2, 3, 4], "100": [5, 6, 7, 8]}}
    cells = raster_cells(good(app, "$c", "png", {"colorMap": table}))
    expected = np.where(mr().T < 100, np.array([1, 2, 3, 4])[:, None, None], np.array([5, 6, 7, 8])[:, None, None])
    np.testing.assert_array_equal(cells, expected)
    palette = {"colorPalette": {"colorTable": [[number, 0, 0] for number in range(256)]}}
    with opened(good(app, "$c", "png", palette)) as dataset:
        assert dataset.colormap(1)[200] == (200, 0, 0, 255)


def test_older_parameters(app: Application) -> None:
    with opened(good(app, "$c", "tiff", "nodata=5;xmin=0;ymin=0;xmax=256;ymax=211;crs=EPSG:3857")) as dataset:
        assert (dataset.nodata, dataset.crs.to_epsg(), dataset.res) == (5, 3857, (1, 1))


def test_names_in_netcdf(app: Application, tmp_path: Path) -> None:
    extra = {"variables": {"temperature": {"metadata": {"units": "degC"}}}, "dimensions": ["time", "y", "x"]}
    (tmp_path / "answer.nc").write_bytes(good(app, "$e", "netcdf", extra))
    with HDF5_LOCK, netCDF4.Dataset(tmp_path / "answer.nc") as dataset:
        assert dataset["temperature"].dimensions == ("time", "y", "x")
        assert dataset["temperature"].units == "degC"
        assert dataset["temperature"].shape == (6, 30, 40)


def test_order_and_transposition_of_lists(app: Application) -> None:
    part = '$c[i:"CRS:1"(0:1), j:"CRS:1"(0:2)]'
    cells = mr()[:2, :3]
    assert json.loads(good(app, part, "json")) == cells.tolist()
    for extra in ({"transpose": [0, 1]}, {"formatParameters": {"order": "inner_outer"}}, "order=inner_outer"):
        assert json.loads(good(app, part, "json", extra)) == cells.T.tolist()


def test_nil_cells_get_the_value_asked_for(app: Application) -> None:
    part = '$e[t:"CRS:1"(0)]'
    plain, other = (np.array(json.loads(good(app, part, "json", extra))) for extra in (None, {"nodata": -1}))
    assert (plain == -9999).any()
    np.testing.assert_array_equal(other, np.where(plain == -9999, -1, plain))


def test_other_types_become_bytes_in_a_png(app: Application) -> None:
    cells = raster_cells(good(app, "$c * 2 - 100.5", "png"))
    assert cells.dtype == np.uint8
    np.testing.assert_array_equal(cells[0], np.clip(np.floor(mr().T * 2.0 - 100.5 + 0.5), 0, 255))


def test_points(app: Application) -> None:
    lines = good(app, "$f", "dem").decode().splitlines()
    assert len(lines) == 886 * 711
    x, y, _ = map(float, lines[0].split())
    assert (round(x, 6), round(y, 6)) == (112.0, -9.0)


def test_documents(app: Application) -> None:
    general = "outputType=GeneralGridCoverage"
    assert parse_xml(good(app, "$e", "gml")).find("gml:rangeSet", NS) is not None
    assert parse_xml(good(app, "$e", "application/gml+xml", general)).tag.endswith("GeneralGridCoverage")
    assert "rangeSet" in json.loads(good(app, "$e", "json", general))
    assert parse_xml(good(app, "$e", "gml", None, "describe")).find("gml:rangeSet", NS) is None
    assert "rangeSet" not in json.loads(good(app, "$e", "json", general, "describe"))


def test_what_is_refused(app: Application) -> None:
    refused(ask(app, "$c", "pngg"), 404, "NoSuchMediaType", "'pngg'", "did you mean 'png'", locator="format")
    refused(ask(app, "$e", "png"), 400, "UnsupportedCombination", "PNG holds two axes", "text/csv", locator="format")
    refused(ask(app, "$c", "png", {"nodta": 1}), 400, "InvalidParameterValue", "did you mean 'nodata'", locator="nodta")
    refused(ask(app, "$c", "png", {"nodata": [1, 2]}), 400, "InvalidParameterValue", "nodata has 2", locator="nodata")
    refused(ask(app, "$c", "png", {"configOptions": {"CPL_DEBUG": "ON"}}), 400, "InvalidParameterValue", "CPL_DEBUG")
    refused(ask(app, "$c", "tiff", "COMPRESS=ZIP"), 400, "InvalidParameterValue", "accepted: None", locator="COMPRESS")
    refused(ask(app, "$c", "png", "outputType=GeneralGridCoverage"), 400, "InvalidRequest", "image/png")
    refused(ask(app, "$c", "json", None, "describe"), 400, "InvalidRequest", "General Grid Coverage")
