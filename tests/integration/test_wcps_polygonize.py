# SPDX-License-Identifier: MIT
"""polygonize over HTTP, and queries for results that nobody can hold."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import shapely
from werkzeug.test import TestResponse

from tests.applications import Application, application, instance_template
from tests.services.wcps.samples import mr
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves one image."""
    with application(tmp_path_factory.mktemp("wcps"), instance_template) as found:
        found.instance.ingestion.insert(mr())
        yield found


def ask(app: Application, result: str) -> TestResponse:
    return app.client.get(f"/ows/wcps?query={quote(f'for $c in (mr) return {result}')}")


def test_regions_are_answered_as_geojson(app: Application) -> None:
    answer = ask(app, 'polygonize($c[i(0:3), j(0:2)] > 2, "GeoJSON")')
    assert (answer.status_code, answer.mimetype) == (200, "application/geo+json")
    features = json.loads(answer.data)["features"]
    areas = {one["properties"]["value"]: shapely.geometry.shape(one["geometry"]).area for one in features}
    assert areas == {False: 4, True: 2}


def test_a_shapefile_is_an_archive(app: Application) -> None:
    answer = ask(app, 'polygonize($c[i(0:3), j(0:2)], "ESRI Shapefile", 8)')
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert "mr.shp" in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()


def test_a_format_that_there_is_not(app: Application) -> None:
    answer = ask(app, 'polygonize($c, "KML")')
    assert answer.status_code == 404
    assert "NoSuchMediaType" in answer.get_data(as_text=True)
    assert "line 1, column 38" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "result",
    [
        'encode(extend($c, {i:"CRS:1"(-1000000000000:300)}), "csv")',
        'encode(scaleextent($c, [i(0:1e15), j(0:1e15)]), "tiff")',
        'encode(scalefactor($c, 1e6), "tiff")',
        'encode(coverage q over $x x(0:2147483646), $y y(0:2147483646) values $x, "csv")',
        "avg(coverage q over $x x(0:2147483646), $y y(0:2147483646) values $x)",
        "condense + over $x x(0:2147483646), $y y(0:2147483646) using $x * $y",
        "$c[i(condense + over $x x(0:2147483646), $y y(0:2147483646) using 1), j(0)]",
    ],
)
def test_what_nobody_can_hold_is_refused(app: Application, result: str) -> None:
    answer = ask(app, result)
    report = parse_xml(answer.data)
    assert answer.status_code == 400, answer.get_data(as_text=True)
    assert report.find("ows:Exception", NS) is not None
