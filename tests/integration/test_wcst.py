# SPDX-License-Identifier: MIT
"""WCS-T in the whole application: coverages are inserted, grown and deleted by requests, and read back by WCS."""

from __future__ import annotations

import base64
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
from lxml import etree
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from tests.applications import Application, application, instance_template
from tests.backends.rasters import write
from tests.services.wcst import documents
from tests.xmlschemas import NS, ValidateXml, parse_xml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

COMMON = {"service": "WCS", "version": "2.0.1"}


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as opened:
        yield opened


def login(app: Application) -> dict[str, str]:
    name, password = app.instance.paths.credentials.read_text().split()
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def ask(app: Application, request: str, method: str = "POST", **params: str | list[str]) -> TestResponse:
    """A request of the administrator, in the form of a POST or in the query."""
    pairs = {**COMMON, "request": request, **params}
    if method == "GET":
        return app.client.get("/ows", query_string=pairs, headers=login(app))
    return app.client.post("/ows", data=pairs, headers=login(app))


def insert(app: Application, document: str, **params: str) -> str:
    response = ask(app, "InsertCoverage", inputCoverage=document, **params)
    assert response.status_code == 200, response.text
    return response.text


def update(app: Application, identifier: str, document: str, **params: str | list[str]) -> None:
    response = ask(app, "UpdateCoverage", coverageId=identifier, inputCoverage=document, **params)
    assert (response.status_code, response.text) == (200, identifier)


def gml(app: Application, identifier: str, **params: str | list[str]) -> etree._Element:
    response = app.wcs("GetCoverage", coverageId=identifier, format="application/gml+xml", **params)
    assert response.status_code == 200, response.text
    return parse_xml(response.data)


def values(app: Application, identifier: str, **params: str | list[str]) -> list[str]:
    """The cells of a coverage as WCS delivers them, in the order of the array."""
    return texts(gml(app, identifier, **params), "//gml:tupleList/text()")[0].split(",")


def times(app: Application, identifier: str) -> list[str]:
    found = texts(gml(app, identifier), "//gmlrgrid:coefficients/text()")[0].split()
    return [one.strip('"')[:10] for one in found]


def code(response: TestResponse, validate: ValidateXml | None = None) -> str:
    """The exception code of a report."""
    root = parse_xml(response.data) if validate is None else validate(response.data)
    return texts(root, "/*/ows:Exception/@exceptionCode")[0]


# -- insert -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_grid_of_values_in_the_document(app: Application, method: str) -> None:
    response = ask(app, "InsertCoverage", method, inputCoverage=documents.index2d())
    assert (response.status_code, response.text, response.mimetype) == (200, "demo", "text/plain")
    assert "ETag" not in response.headers
    assert values(app, "demo") == ["1", "2", "3", "4", "5", "6"]
    assert values(app, "demo", subset="i(1,1)") == ["4", "5", "6"]
    assert values(app, "demo", subset="j(2)") == ["3", "6"]


def test_old_names_of_keys(app: Application) -> None:
    response = ask(app, "InsertCoverage", coverage=documents.index2d("a"), insitu="", blacklisted="")
    assert response.text == "a"
    folder = app.instance.paths.data
    (folder / "b.gml").write_text(documents.index2d("b"))
    assert ask(app, "InsertCoverage", coverageRef=f"file://{folder}/b.gml").text == "b"
    assert ask(app, "InsertCoverage", inputCoverageRef=f"file://{folder}/b.gml", useId="new").text.startswith("cov_")


def test_new_identifiers(app: Application) -> None:
    first, second = (insert(app, documents.index2d(), useId="new") for _ in range(2))
    assert first != second
    assert values(app, second) == ["1", "2", "3", "4", "5", "6"]
    assert insert(app, documents.index2d(), useId="existing") == "demo"


def test_types_of_cells(app: Application) -> None:
    insert(app, documents.index2d("bytes"))
    fields = documents.field("a") + documents.field("b")
    two = "1 -1.5,2 2.5,3 3.5,4 4.5,5 5.5,250 6.5"
    insert(app, documents.index2d("two", two, fields), pixelDataType="UInt16,Float32")
    insert(app, documents.index2d("said", "1,2,3,4,5,-600", documents.field("v", "signedShort")))
    found = {name: app.instance.catalogue.coverage(name).range_type.fields for name in ("bytes", "two", "said")}
    assert [field.dtype.name for fields in found.values() for field in fields] == [
        "uint8", "uint16", "float32", "int16",
    ]  # fmt: skip
    assert values(app, "two") == two.split(",")
    refused = ask(app, "InsertCoverage", inputCoverage=documents.index2d("x", "1,2,3,4,5,256"))
    assert (refused.status_code, code(refused)) == (400, "InvalidParameterValue")
    assert "256" in refused.text


def test_fields_are_described_as_they_came(app: Application, validate_xml: ValidateXml) -> None:
    inner = (
        "<swe:label>Height</swe:label><swe:description>Above the sea</swe:description><swe:nilValues><swe:NilValues>"
        '<swe:nilValue reason="http://www.opengis.net/def/nil/OGC/0/missing">-9999</swe:nilValue>'
        "</swe:NilValues></swe:nilValues>"
    )
    fields = documents.field("h", "float32", inner, "m")
    insert(app, documents.grid2d(documents.cells(",".join(map(str, range(24)))), fields=fields))
    root = validate_xml(app.wcs("DescribeCoverage", coverageId="map").data)
    assert texts(root, "//swe:field/@name") == ["h"]
    assert texts(root, "//swe:Quantity/@definition") == [f"{documents.TYPES}float32"]
    assert texts(root, "//swe:label/text()") == ["Height"]
    assert texts(root, "//swe:description/text()") == ["Above the sea"]
    assert texts(root, "//swe:nilValue/text()") == ["-9999"]
    assert texts(root, "//swe:nilValue/@reason") == ["http://www.opengis.net/def/nil/OGC/0/missing"]
    assert texts(root, "//swe:uom/@code") == ["m"]


def test_what_wcs_answers_can_be_inserted(app: Application) -> None:
    """A coverage that is delivered as GML and inserted again is the same one."""
    rng = np.random.default_rng(4)
    cells = rng.integers(0, 255, (2, 2, 3))
    text = ",".join(map(str, cells.ravel()))
    insert(app, documents.cube(documents.cells(text), ("2008-01-01", "2008-01-04")))
    insert(app, documents.grid2d(documents.cells(",".join(map(str, range(24)))), grid_order="Long Lat"))
    insert(app, documents.index2d())
    for name in ("cube", "map", "demo"):
        body = app.wcs("GetCoverage", coverageId=name, format="application/gml+xml").text
        again = insert(app, body.replace(f'"{name}', f'"{name}_2'))
        assert again == f"{name}_2"
        one, other = (app.instance.catalogue.coverage(each) for each in (name, again))
        assert one.domain == other.domain
        assert one.range_type == other.range_type
        assert values(app, name) == values(app, again)


def test_a_tuple_list_in_another_order(app: Application) -> None:
    rule = (
        '<gml:coverageFunction><gml:GridFunction><gml:sequenceRule axisOrder="+1 -2">Linear</gml:sequenceRule>'
        "<gml:startPoint>0 0</gml:startPoint></gml:GridFunction></gml:coverageFunction>"
    )
    document = documents.index2d().replace("<gmlcov:rangeType>", f"{rule}<gmlcov:rangeType>")
    insert(app, document)
    # i runs fastest and j backwards: (0,2) (1,2) (0,1) (1,1) (0,0) (1,0)
    assert values(app, "demo") == ["5", "3", "1", "6", "4", "2"]


@pytest.mark.parametrize(
    ("clause", "chunks"),
    [
        ("ALIGNED [0:499,0:499] TILE SIZE 4000000", None),
        ("aligned [0:1,0:2]", (2, 3)),
        ("REGULAR [2,2]", (2, 2)),
        ("AREA OF INTEREST [0:1,0:1],[1:1,2:2]", None),
        ("DIRECTIONAL [0,2],[0,3] WITH SUBTILING TILE SIZE 1000", None),
        ("STATISTIC [0:1,0:1] BORDER THRESHOLD 50 INTEREST THRESHOLD 0.3", None),
    ],
)
def test_tiling_clauses(app: Application, clause: str, chunks: tuple[int, int] | None) -> None:
    insert(app, documents.index2d(), tiling=clause)
    assert values(app, "demo") == ["1", "2", "3", "4", "5", "6"]
    if chunks is not None:
        assert app.instance.catalogue.coverage("demo").source.chunks == chunks
