# SPDX-License-Identifier: MIT
"""The example queries of the WCPS specification (section 8) over HTTP, from cubes that were inserted: exact answers."""

from __future__ import annotations

import base64
import email.policy
import io
import json
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import quote

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_bounds
from werkzeug.test import TestResponse

from tests.applications import Application, application, instance_template, raster_cells
from tests.services.wcps import samples
from tests.services.wcps.examples import EXAMPLES
from tests.xmlschemas import NS, ValidateXml, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

Array = npt.NDArray[Any]
HEAD = {"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages"}


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves the coverages of the specification."""
    with application(tmp_path_factory.mktemp("wcps"), instance_template) as found:
        for coverage in samples.samples():
            found.instance.ingestion.insert(coverage)
        yield found


def ask(app: Application, query: str) -> TestResponse:
    return app.client.get(f"/ows/wcps?query={quote(query)}")


def good(app: Application, number: str) -> TestResponse:
    """The answer to an example, which must be one."""
    answer = ask(app, EXAMPLES[number])
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer


def values(name: str) -> Array:
    """The cells of a sample, shape (field, *axes)."""
    source = getattr(samples, name)().source
    found: Array = source.values
    return found


def csv(cells: Array) -> str:
    """Cells of one field as CSV (section 6)."""

    def nested(part: Any) -> str:
        return f"{{{','.join(map(nested, part))}}}" if isinstance(part, list) else text(part)

    def text(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    return ",".join(map(nested, cells.tolist()))


MR = values("mr")[0]
RGB = values("rgb")
AIRTEMP = values("airtemp")[0]
EOBS = values("eobs")[0]
IRR = values("irr")
VALID = EOBS != -9999


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("3", "127.5"),
        ("5", "255\n255"),
        ("7", "mr\nrgb"),
        ("9", "7"),
        ("12", str(MR[10, 20])),
        ("39", str(int(np.sum((MR > 100) ^ (MR < 10))))),
        ("40", "true"),
        ("40b", "true"),
        ("45", str(int(MR[:10, :10][MR[:10, :10] > 50].sum()))),
    ],
)
def test_scalars_and_metadata(app: Application, number: str, text: str) -> None:
    answer = good(app, number)
    assert answer.mimetype == "text/plain"
    assert answer.get_data(as_text=True) == text


BORDERS = np.where(MR < 10, 0, np.where(MR < 100, 1, 2))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("6", csv(np.zeros((256, 211), int))),
        ("10", "[[0,2]]"),
        ("11", "{0,2,4},{1,3,5}"),
        ("13", csv(MR[:9, 5:])),
        ("15", csv(MR[3])),
        ("18", csv(AIRTEMP[:5, :3])),
        ("22", "[100,200,300]"),
        ("34", csv(np.abs(MR.astype(int) - 128))),
        ("41", csv(~VALID)),
        ("46", json.dumps([int((value == MR).sum()) for value in range(256)]).replace(" ", "")),
        ("47", "{0,10},{1,11},{2,12},{3,13}"),
        ("48", "[[1,2,3],[4,5,6]]"),
        ("49", csv(BORDERS)),
        ("59", csv(IRR[0, 0, ::-1].astype(int))),
    ],
)
def test_cells_as_text(app: Application, number: str, text: str) -> None:
    answer = good(app, number)
    assert answer.mimetype == ("application/json" if '"json"' in EXAMPLES[number] else "text/csv")
    assert answer.get_data(as_text=True) == text


def picture(cells: Array) -> Array:
    """Columns first as rows first, with a field."""
    return cells.T[None]


RED = np.where(MR > 200, 255, 0)
DIFFERENCE = (RGB[0] - RGB[1]).astype("f4") / (RGB[0] + RGB[1] + np.int32(1))
"""Differences and sums of bytes are bytes."""


@pytest.mark.parametrize(
    ("number", "dtype", "cells"),
    [
        ("1", "u1", picture(MR)),
        ("2", "u1", picture(MR)),
        ("16", "u1", picture(MR[:10])),
        ("21", "u1", np.clip(EOBS[2], 0, 255)[None]),
        ("25", "f4", picture(IRR[1, 2])),
        ("26", "u1", picture(RGB[0])),
        ("27", "u1", picture(RGB[1])),
        ("31", "f4", picture(DIFFERENCE.astype("f4"))),
        ("32", "u1", picture(MR // 2)),
        ("35", "f8", picture(np.sqrt(MR.astype("f8")))),
        ("36", "f8", picture(np.sqrt(MR.astype("f8")))),
        ("36b", "i4", picture(MR % 7)),
        ("37", "u1", picture(MR >> 7)),
        ("38", "u1", picture((MR > 100) & ~(MR > 200))),
        ("42", "u1", picture(MR)),
        ("43", "u1", picture(np.full_like(MR, 9))),
        ("44", "i2", np.where(VALID, EOBS, -32768).max(axis=0)[None]),
        ("50", "u1", np.stack([RED.T, 0 * RED.T, 0 * RED.T])),
        ("51", "u1", picture(AIRTEMP[np.arange(161) * 886 // 161][:, np.arange(129) * 711 // 129])),
        ("52", "u1", picture(AIRTEMP[np.arange(443) * 886 // 443][:, np.arange(356) * 711 // 356])),
        ("53", "u1", picture(AIRTEMP[np.arange(100) * 886 // 100][:, np.arange(50) * 711 // 50])),
        ("53b", "u1", picture(AIRTEMP[:, np.arange(71) * 711 // 71])),
        ("53c", "u1", picture(AIRTEMP[np.arange(10) * 886 // 10][:, np.arange(10) * 711 // 10])),
        ("54", "u1", picture(np.pad(MR, ((5, 5), (0, 0))))),
    ],
)
def test_cells_as_rasters(app: Application, number: str, dtype: str, cells: Array) -> None:
    found = raster_cells(good(app, number).data)
    assert found.dtype == np.dtype(dtype)
    valid = VALID[:1].any(axis=0) if number == "44" else True
    if number == "21":
        valid = VALID[2][None]
    np.testing.assert_array_equal(np.where(valid, found, 0), np.where(valid, cells, 0))


def test_a_jpeg_is_about_the_picture(app: Application) -> None:
    found = raster_cells(good(app, "29").data)
    assert np.median(np.abs(found.astype(int) - np.stack([RGB[2].T, RGB[1].T, RGB[0].T]))) <= 4


def variables(body: bytes) -> dict[str, Array]:
    with netCDF4.Dataset("memory", memory=body) as file:
        return {name: np.ma.filled(one[:], -9999) for name, one in file.variables.items()}


def rows_first(cells: Array) -> Array:
    """Cells as netCDF has them: eastings last."""
    return cells.swapaxes(-1, -2)


def test_an_irregular_axis_in_netcdf(app: Application) -> None:
    found = variables(good(app, "23").data)
    np.testing.assert_array_equal(found["b1"], rows_first(IRR[0, 1:3]))
    assert found["ansi"].shape == (2,)


def test_a_reprojected_coverage(app: Application) -> None:
    with rasterio.MemoryFile(good(app, "55").data) as file, file.open() as dataset:
        assert dataset.crs.to_epsg() == 3857
        assert dataset.bounds.left == pytest.approx(111.975 * 111319.490793, abs=1)
        assert dataset.count == 1


def test_a_polygon_masks_its_box(app: Application) -> None:
    found = raster_cells(good(app, "56").data)[0]
    assert found.shape == (201, 201)
    # The cells of 120..130 E and 30..20 S: columns 160..360 and rows 220..420.
    inside = found[1:-1, 1:-1]
    np.testing.assert_array_equal(inside, AIRTEMP[161:360, 221:420].T)


def test_a_line_with_coordinates(app: Application) -> None:
    rows = [row.strip('"').split() for row in good(app, "56b").get_data(as_text=True).split(",")]
    assert len(rows) == 483, "one cell for each column between the ends"
    for lat, long, value in (rows[0], rows[100], rows[-1]):
        column, row = round((float(long) - 112) / 0.05), round((-9 - float(lat)) / 0.05)
        assert int(value) == AIRTEMP[column, row]


def test_a_curtain_keeps_time(app: Application) -> None:
    """Section 4.3: as many axes as before; what is not on the line is null."""
    cells = np.ma.filled(variables(good(app, "57").data)["tg"].astype("f8"), np.nan)
    cells[cells == -9999] = np.nan
    assert cells.shape == (6, 10, 9)
    on_line = np.isfinite(cells).any(axis=0)
    assert on_line.sum() == 10 + 8
    rows, columns = EOBS[:, 20:30, 2:11].astype("f8"), VALID[:, 20:30, 2:11]
    np.testing.assert_array_equal(cells, np.where(columns & on_line, rows, np.nan))


def test_let_holds_subsets_and_numbers(app: Application) -> None:
    query = EXAMPLES["58"].replace('"tiff"', '"netcdf"')
    found = variables(ask(app, query).data)["tg"]
    part = EOBS[:, 10:20, 10:20]
    mean = EOBS[VALID].astype("f8").mean()
    np.testing.assert_allclose(found[:, -1, -1], part[:, -1, -1] - mean)
    assert found.dtype == np.dtype("f8")


def test_slices_are_sorted_by_a_key(app: Application) -> None:
    found = variables(good(app, "59b").data)
    np.testing.assert_array_equal(found["b1"], rows_first(IRR[0, ::-1]))
    np.testing.assert_array_equal(found["b2"], rows_first(IRR[1, ::-1]))
    assert (np.diff(found["ansi"]) > 0).all(), "the domain is kept"


def test_a_description_in_json(app: Application) -> None:
    answer = good(app, "60b")
    assert answer.mimetype == "application/json"
    found = json.loads(answer.data)
    assert (found["id"], found["type"]) == ("eobs", "CoverageByDomainAndRangeType")
    assert "rangeSet" not in found


def test_a_description_in_gml(app: Application) -> None:
    answer = ask(app, 'for $c in (rgb) return describe($c.red, "gml")')
    assert answer.mimetype == "application/gml+xml"
    root = parse_xml(answer.data)
    assert [one.get("name") for one in root.iterfind(".//swe:field", NS)] == ["red"]
    assert root.find(".//gml:rangeSet", NS) is None


# -- what is wrong with queries ------------------------------------------------------------------------------


def refusal(answer: TestResponse) -> tuple[int, str, str]:
    """Status, code and text of an exception report."""
    assert answer.mimetype == "text/xml"
    (exception,) = parse_xml(answer.data).iterfind("ows:Exception", NS)
    text = exception.findtext("ows:ExceptionText", namespaces=NS) or ""
    return answer.status_code, exception.get("exceptionCode") or "", text


@pytest.mark.parametrize(
    ("number", "status", "code", "word"),
    [
        ("4", 400, "InvalidRequest", "encode()"),
        ("8", 404, "NoSuchCoverage", "nope"),
        ("14", 400, "", "'*'"),
        ("17", 404, "InvalidAxisLabel", "available: i, j"),
        ("19", 400, "InvalidSubsetting", "outside"),
        ("20", 400, "InvalidSubsetting", "greater than"),
        ("24", 400, "InvalidSubsetting", "2008-01-02"),
        ("28", 400, "NoSuchField", "blue, green, red"),
        ("30", 400, "InvalidRequest", "with axes"),
        ("33", 400, "SyntaxError", "blob"),
        ("58", 400, "UnsupportedCombination", "Formats that hold this result: application/netcdf"),
        ("60", 400, "SyntaxError", "$1 did not come with the query"),
    ],
)
def test_what_is_wrong_is_shown_with_its_place(
    app: Application, number: str, status: int, code: str, word: str, validate_xml: ValidateXml
) -> None:
    answer = ask(app, EXAMPLES[number])
    validate_xml(answer.data)
    found = refusal(answer)
    assert found[0] == status
    assert not code or found[1] == code
    assert word in found[2]
    assert found[2].startswith("line 1, column ")
    assert found[2].splitlines()[2].strip() == "^"


def test_a_wrong_letter_in_a_name_is_told(app: Application) -> None:
    assert "did you mean 'airtemp'?" in refusal(ask(app, "for $c in (artemp) return 1"))[2]
    assert "did you mean 'red'?" in refusal(ask(app, "for $c in (rgb) return avg($c.rad)"))[2]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('for $c in (mr) return encode($c, "image/x-nothing")', "NoSuchMediaType"),
        ('for $c in (mr) return encode($c, "png", "{\\"nodat\\": 1}")', "InvalidParameterValue"),
        ("for $c in (mr) where avg($c) return 1", "SemanticError"),
        ("for $c in (mr) where $c > 1 return 1", "SemanticError"),
        ("for $c in (mr) return avg($c / 0)", "RasdamanRequestFailed"),
    ],
)
def test_other_mistakes(app: Application, query: str, code: str) -> None:
    status, found, text = refusal(ask(app, query))
    assert (found, status // 100) == (code, 4), text


# -- several results, none, and how they are sent ---------------------------------------------------------------


def parts(answer: TestResponse) -> list[tuple[str, str, bytes]]:
    """Media type, file name and content of the parts of a message."""
    head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + answer.data, policy=email.policy.HTTP)
    found = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            found.append((part.get_content_type(), part.get_filename() or "", content))
    return found


def test_several_results_are_a_message(app: Application) -> None:
    answer = ask(app, 'for $c in (mr, rgb), $d in (mr, airtemp) return encode($c.0 * 0, "png")')
    assert answer.mimetype == "multipart/related"
    found = parts(answer)
    assert [(kind, name) for kind, name, _ in found] == [
        ("image/png", "mr-1.png"), ("image/png", "mr-2.png"), ("image/png", "rgb-3.png"), ("image/png", "rgb-4.png"),
    ]  # fmt: skip
    assert [raster_cells(body).shape for _, _, body in found] == [(1, 211, 256)] * 2 + [(1, 344, 400)] * 2


def test_no_result_is_an_empty_text(app: Application) -> None:
    answer = ask(app, 'for $c in (mr) where max($c) > 1000 return encode($c, "png")')
    assert (answer.status_code, answer.data) == (200, b"")


def test_where_lets_pass_what_is_true_and_not_null(app: Application) -> None:
    query = "for $c in (eobs) where {} return identifier($c)"
    null = '$c[t:"CRS:1"(0),Lat:"CRS:1"(0),Long:"CRS:1"(5)]'
    assert ask(app, query.format("true")).data == b"eobs"
    assert ask(app, query.format(f"{null} is null")).data == b"eobs"
    assert ask(app, query.format(f"{null} = {null}")).data == b""


def test_a_name_for_the_file(app: Application) -> None:
    assert good(app, "2").headers["Content-Disposition"] == 'inline; filename="mr.tif"'


def test_more_combinations_than_allowed(app: Application) -> None:
    names = ", ".join(["mr"] * 40)
    _, code, text = refusal(ask(app, f"for $c in ({names}), $d in ({names}) return 1"))
    assert code == "InvalidParameterValue"
    assert "1600 combinations; 1000 are allowed (max_combinations)" in text


# -- transports -------------------------------------------------------------------------------------------------

SUM = 'for $c in (mr) return encode($c[i:"CRS:1"(0:1),j:"CRS:1"(0:1)] + 1,"csv")'
SUM_TEXT = "{1,3},{2,4}"
PROC = 'xmlns:proc="http://www.opengis.net/wcs/processing/2.0" service="WCS" version="2.0.1"'
DOCUMENT = f"<proc:ProcessCoverages {PROC}><proc:query><![CDATA[{SUM}]]></proc:query></proc:ProcessCoverages>"


@pytest.mark.parametrize(
    "send",
    [
        lambda client: client.get("/ows", query_string={**HEAD, "query": SUM}),
        lambda client: client.get("/ows", query_string={**HEAD, "request": "processcoverage", "q": SUM}),
        lambda client: client.get(f"/ows?service=WCS&version=2.0.1&request=ProcessCoverages&query={quote(SUM, '+')}"),
        lambda client: client.get("/rasdaman/ows", query_string={**HEAD, "query": SUM}),
        lambda client: client.get("/rasdaman/ows/wcps", query_string={"query": SUM}),
        lambda client: client.post("/ows", data={**HEAD, "query": SUM}),
        lambda client: client.post("/ows", data={**HEAD, "query": (io.BytesIO(SUM.encode()), "a.wcps")}),
        lambda client: client.post("/ows/wcps", data={"query": SUM}),
        lambda client: client.post("/ows", data=DOCUMENT, content_type="text/xml"),
        lambda client: client.post("/ows/wcps", data=DOCUMENT, content_type="application/xml"),
    ],
    ids=[
        "get",
        "alias",
        "plus",
        "rasdaman",
        "shortcut",
        "form",
        "file",
        "form to the shortcut",
        "xml",
        "xml to it",
    ],
)
def test_transports(app: Application, send: Callable[[Any], TestResponse]) -> None:
    answer = send(app.client)
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, SUM_TEXT)


def asked_by_soap(app: Application, query: str, namespace: str = "http://www.w3.org/2003/05/soap-envelope") -> Any:
    """The element in the body of the answer."""
    request = f"<proc:ProcessCoverages {PROC}><proc:query><![CDATA[{query}]]></proc:query></proc:ProcessCoverages>"
    envelope = f'<s:Envelope xmlns:s="{namespace}"><s:Body>{request}</s:Body></s:Envelope>'
    answer = app.client.post("/rasdaman/ows", data=envelope, content_type="text/xml")
    root = parse_xml(answer.data)
    assert root.tag == f"{{{namespace}}}Envelope"
    kind = "application/soap+xml" if "2003" in namespace else "text/xml"
    assert answer.mimetype == kind
    (body,) = root
    (inside,) = body
    return answer.status_code, inside


@pytest.mark.parametrize(
    "namespace", ["http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"]
)
def test_soap_answers_stand_in_envelopes(app: Application, namespace: str) -> None:
    status, text = asked_by_soap(app, SUM, namespace)
    assert (status, text.text, text.get("mediaType")) == (200, SUM_TEXT, "text/csv")
    _, number = asked_by_soap(app, "for $c in (mr) return max($c) < 300", namespace)
    assert (number.text, number.get("mediaType"), number.get("encoding")) == ("true", "text/plain", None)
    _, picture = asked_by_soap(app, 'for $c in (mr) return encode($c,"png")', namespace)
    assert (picture.get("mediaType"), picture.get("encoding")) == ("image/png", "base64")
    assert np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.text)))).shape == (211, 256)
    _, coverage = asked_by_soap(app, 'for $c in (mr) return encode($c,"gml")', namespace)
    assert coverage.tag.endswith("GridCoverage")
    status, fault = asked_by_soap(app, "for $c in (nope) return 1", namespace)
    assert (status, fault.tag) == (404, f"{{{namespace}}}Fault")
    assert [each.get("exceptionCode") for each in fault.iter("{*}Exception")] == ["NoSuchCoverage"]
    assert "no coverage 'nope'" in "".join(fault.itertext())


@pytest.mark.parametrize("given", [{}, {"query": SUM, "q": SUM}])
def test_a_query_must_be_there_once(app: Application, given: dict[str, str]) -> None:
    assert refusal(app.client.get("/ows", query_string={**HEAD, **given}))[:2] == (400, "WCSPMissingQueryParameter")


def test_documents_that_are_no_requests(app: Application) -> None:
    broken = app.client.post("/ows", data="<ProcessCoverages", content_type="text/xml")
    assert refusal(broken)[:2] == (400, "InvalidRequest")
    entity = '<!DOCTYPE a [<!ENTITY b "c">]>' + DOCUMENT
    assert refusal(app.client.post("/ows", data=entity, content_type="text/xml"))[:2] == (400, "InvalidRequest")
    assert app.client.post("/ows", data="<Nothing/>", content_type="text/xml").status_code == 400


def geotiff(cells: Array) -> bytes:
    with rasterio.MemoryFile() as file:
        height, width = cells.shape
        place = {"crs": "EPSG:4326", "transform": from_bounds(40, 25, 60, 40, width, height)}
        with file.open(driver="GTiff", width=width, height=height, count=1, dtype=cells.dtype, **place) as dataset:
            dataset.write(cells[None])
        return bytes(file.read())


def test_files_and_texts_come_beside_the_query(app: Application) -> None:
    own = np.arange(30 * 40, dtype="i2").reshape(30, 40)
    fields = {**HEAD, "query": EXAMPLES["60"], "1": (io.BytesIO(geotiff(own)), "own.tif"), "2": "tiff"}
    answer = app.client.post("/ows", data=fields)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = raster_cells(answer.data)[0]
    np.testing.assert_array_equal(found[VALID[0]], (EOBS[0] + own)[VALID[0]])
    with rasterio.MemoryFile(answer.data) as file, file.open() as dataset:
        assert dataset.nodata == 0


def test_files_that_are_no_rasters(app: Application) -> None:
    fields = {**HEAD, "query": "for $d in (decode($1)) return avg($d)", "1": (io.BytesIO(b"nothing"), "a")}
    status, code, text = refusal(app.client.post("/ows", data=fields))
    assert (status, code) == (400, "InvalidParameterValue")
    assert "file $1 cannot be decoded" in text


def test_answers_are_good_until_something_changes(app: Application) -> None:
    first = good(app, "3")
    again = app.client.get(f"/ows/wcps?query={quote(EXAMPLES['3'])}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    other = app.client.get(f"/ows/wcps?query={quote(EXAMPLES['5'])}", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_plans_are_explained_and_not_evaluated(app: Application) -> None:
    query = 'for $c in (mr, rgb) where avg($c.0) > 10 return encode($c.0 + $c.0, "png")'
    found = app.client.get("/ows/wcps", query_string={"query": query, "explain": "true"}).get_json()
    assert [one["coverages"] for one in found["results"]] == [{"$c": "mr"}, {"$c": "rgb"}]
    assert found["results"][0]["return"]["cost"]["result_cells"] == 256 * 211
    assert found["results"][1]["where"]["cost"]["cells"] == 400 * 344
    text = app.client.get("/ows/wcps", query_string={"query": query, "explain": "true", "format": "text/plain"})
    assert text.mimetype == "text/plain"
    assert "for $c = rgb" in text.get_data(as_text=True)


def test_what_is_found_wrong_while_cells_are_read_has_its_place(app: Application) -> None:
    """Section 7: line and column, and a caret; the answer is refused before its first byte."""
    wrong = "coverage a over $x i(0:9) values $c[i($x), j($c[i($x), j(0)] * 100)]"
    for result in (f'encode({wrong}, "csv")', f"max({wrong})"):
        answer = ask(app, f"for $c in (mr)\nreturn {result}")
        assert answer.status_code == 400
        (exception,) = parse_xml(answer.data).iterfind("ows:Exception", NS)
        assert exception.get("exceptionCode") == "InvalidSubsetting"
        text = exception.findtext("ows:ExceptionText", namespaces=NS) or ""
        column = f"return {result}".index("j($c[") + 1
        assert text.startswith(f"line 2, column {column}: cell 300 of axis j: it has the cells 0 to 210\n")
        assert text.endswith("^")


@pytest.mark.parametrize("number", sorted(EXAMPLES))
def test_every_example_that_works_can_be_explained(app: Application, number: str) -> None:
    answer = app.client.get("/ows/wcps", query_string={"query": EXAMPLES[number], "explain": "true"})
    refused = {"8", "14", "17", "19", "20", "24", "28", "33", "60"}
    assert answer.status_code == 200 or number in refused, answer.get_data(as_text=True)


def test_the_capabilities_announce_queries(app: Application, validate_xml: ValidateXml) -> None:
    root = validate_xml(app.wcs("GetCapabilities").data)
    operation = root.find(".//ows:Operation[@name='ProcessCoverages']", NS)
    assert operation is not None
    assert [value.text for value in operation.iterfind(".//ows:Post//ows:Value", NS)] == ["KVP", "XML", "SOAP"]
    profiles = [profile.text or "" for profile in root.iterfind(".//ows:Profile", NS)]
    assert any("processing/2.0/conf/processing" in profile for profile in profiles)


@pytest.mark.parametrize(
    ("environ", "status"), [({}, 400), ({"EOXS_SERVICES_OWS_WCS20__INVALID_SUBSETTING_STATUS": "404"}, 404)]
)
def test_the_status_of_subsets_that_cannot_be_is_configured(
    instance_template: Path, tmp_path: Path, environ: dict[str, str], status: int
) -> None:
    """Section 7, of queries and of GetCoverage."""
    with application(tmp_path, instance_template, environ) as app:
        app.instance.ingestion.insert(samples.mr())
        for url, query in (
            ("/ows/wcps", {"query": "for $c in (mr) return $c[i(300), j(0)]"}),
            (
                "/ows",
                {
                    "service": "WCS",
                    "version": "2.0.1",
                    "request": "GetCoverage",
                    "coverageId": "mr",
                    "subset": "i(300)",
                },
            ),
        ):
            answer = app.client.get(url, query_string=query)
            assert (answer.status_code, b'exceptionCode="InvalidSubsetting"' in answer.data) == (status, True)
