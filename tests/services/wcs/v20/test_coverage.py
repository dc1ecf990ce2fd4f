# SPDX-License-Identifier: MIT
from __future__ import annotations

import email.policy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.conf.schema import Settings, Wcs20
from eoxserver.core.axes import RegularAxis
from eoxserver.core.coverage import CellBox, Cells, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import DataUnavailable
from eoxserver.services.wire import Response
from tests.services.wcs.conftest import Client, body, make_client
from tests.services.wcs.v20.coverages import airtemp, eobs, four, irr, pixels, raster, rgb
from tests.xmlschemas import parse_xml, texts


def answer(client: Client, identifier: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(client.coverage(identifier, *pairs))
    return result


def shape(client: Client, identifier: str, *pairs: tuple[str, str]) -> tuple[int, ...]:
    return np.array(answer(client, identifier, *pairs)["values"]).shape[1:]


def gml(client: Client, identifier: str, *pairs: tuple[str, str]) -> dict[str, list[str]]:
    root = parse_xml(client.coverage(identifier, ("format", "application/gml+xml"), *pairs))
    paths = {
        "lower": "//gml:lowerCorner/text()",
        "upper": "//gml:upperCorner/text()",
        "high": "//gml:high/text()",
        "pos": "//gml:pos/text()",
        "vectors": "//*[local-name()='offsetVector']/text()",
        "tuples": "//gml:tupleList/text()",
    }
    return {name: texts(root, path) for name, path in paths.items()}


def values(source: object) -> np.ndarray[Any, Any]:
    assert isinstance(source, MemorySource)
    return source.values


def parts(response: Response) -> list[tuple[str, bytes]]:
    """Answer media type and content of each part of a multipart response."""
    head = f"Content-Type: {response.media_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body(response), policy=email.policy.HTTP)
    assert isinstance(message, EmailMessage)
    found = []
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((part.get_content_type(), content))
    return found


def test_the_native_format_is_the_default(client: Client) -> None:
    response = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "rgb"))
    assert response.media_type == "image/tiff"
    assert ("Content-Disposition", 'inline; filename="rgb.tif"') in response.headers
    assert json.loads(body(response))["driver"] == "GTiff"
    np.testing.assert_array_equal(json.loads(body(response))["values"], values(rgb().source))


@pytest.mark.parametrize(
    ("mime", "driver", "extension"),
    [
        ("image/png", "PNG", ".png"),
        ("application/netcdf", "netCDF", ".nc"),
        ("image/tiff;application=geotiff;profile=cloud-optimized", "COG", ".tif"),
        ("application/gml+xml", None, ".gml"),
    ],
)
def test_formats(client: Client, mime: str, driver: str | None, extension: str) -> None:
    response = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "rgb"), ("format", mime))
    assert response.media_type.replace(" ", "") == mime
    assert ("Content-Disposition", f'inline; filename="rgb{extension}"') in response.headers
    if driver is not None:
        assert json.loads(body(response))["driver"] == driver


def test_what_the_native_format_cannot_hold_is_gml(client: Client) -> None:
    response = client.ask(
        ("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "rgb"), ("subset", "Lat(41)")
    )
    assert response.media_type == "application/gml+xml"
    assert texts(parse_xml(body(response)), "//gml:tupleList/text()")


def test_encoding_parameters_reach_the_encoder(client: Client) -> None:
    options = {"compression": "Deflate", "tiling": "true"}
    pairs = [(f"geotiff:{key}", value) for key, value in options.items()]
    assert answer(client, "rgb", *pairs)["options"] == options
    cog = ("format", "image/tiff; application=geotiff; profile=cloud-optimized")
    assert answer(client, "rgb", cog, *pairs)["options"] == options


def test_multipart(client: Client) -> None:
    response = client.ask(
        ("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "rgb"), ("subset", "Lat(41,42)"),
        ("mediaType", "multipart/related"), ("format", "image/tiff"),
    )  # fmt: skip
    (first_type, first), (second_type, second) = parts(response)
    assert (first_type, second_type) == ("application/gml+xml", "image/tiff")
    root = parse_xml(first)
    assert texts(root, "//gml:high/text()") == ["1 5"]
    assert texts(root, "//gml:fileReference/text()") == ["cid:rgb.tif"]
    assert json.loads(second)["id"] == "rgb"


def test_multipart_of_gml_has_one_part(client: Client) -> None:
    pairs = (("mediaType", "multipart/related"), ("format", "application/gml+xml"))
    response = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "rgb"), *pairs)
    ((media_type, document),) = parts(response)
    assert media_type == "application/gml+xml"
    assert texts(parse_xml(document), "//gml:tupleList/text()")


def test_explain_answers_the_plan_and_its_price(client: Client) -> None:
    pairs = (("explain", "true"), ("subset", "Lat(-10,-9)"), ("scaleFactor", "0.5"))
    response = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "airtemp"), *pairs)
    assert response.media_type == "application/json"
    explained = json.loads(body(response))
    assert explained["plan"]["node"] == "Scale"
    assert explained["cost"]["result_cells"] == 11 * 443


# -- the worked requests of the interface notes ---------------------------------------------------


def test_worked_request_2(client: Client) -> None:
    pairs = (("subset", "Lat(31)"), ("subset", "Long(40,40.5)"), ("subset", 't("1950-01-02")'))
    result = gml(client, "eobs", *pairs)
    assert result["lower"] == ["40"] and result["upper"] == ["40.5"]
    assert result["high"] == ["0"] and result["pos"] == ["40.25"] and result["vectors"] == ["0.5"]
    expected = values(eobs().source)[0, 1, 18, 0]
    assert result["tuples"] == [str(expected)]
    default = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "eobs"), *pairs)
    assert default.media_type == "application/gml+xml"


@pytest.mark.parametrize("separator", [",", ":"])
def test_worked_request_3(client: Client, separator: str) -> None:
    assert shape(client, "airtemp", ("subset", f"Long(112.025{separator}112.075)")) == (711, 1)


def test_worked_request_4(client: Client) -> None:
    result = answer(client, "airtemp", ("subset", "Lat(*,-9.2)"))
    np.testing.assert_array_equal(result["values"], values(airtemp().source)[:, 4:])


def test_worked_request_5(client: Client) -> None:
    result = gml(client, "irr", ("subset", 'ansi("2008-01-02","2008-01-06")'))
    assert result["high"] == ["1 1 2"]
    assert result["lower"] == ['"2008-01-03T00:00:00.000Z" 0 0']


def test_worked_request_7(client: Client) -> None:
    subset = ("subset", "ansi,http://www.opengis.net/def/crs/OGC/0/CRS:1(1)")
    np.testing.assert_array_equal(answer(client, "irr", subset)["values"], values(irr().source)[:, 1])


@pytest.mark.parametrize("crs", ["CRS:1", "Index2D"])
def test_cells_may_be_counted(client: Client, crs: str) -> None:
    root = "http://www.opengis.net/def/crs/OGC/0/"
    subsets = (("subset", f"Long,{root}{crs}(1:2)"), ("subset", f"Lat,{root}{crs}(0,0)"))
    np.testing.assert_array_equal(answer(client, "rgb", *subsets)["values"], values(rgb().source)[:, :1, 1:3])


def test_worked_request_8(client: Client) -> None:
    result = answer(client, "rgb", ("rangesubset", "blue,red:green"), ("format", "image/png"))
    assert result["fields"] == ["blue", "red", "green"]
    np.testing.assert_array_equal(result["values"], values(rgb().source)[[2, 0, 1]])


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("scalefactor", "0.5", (356, 443)),
        ("scalesize", "Long(100)", (711, 100)),
        ("scaleextent", "Long(0:99),Lat(0:49)", (50, 100)),
        ("scaleaxes", "Long(2),Lat(0.1)", (71, 1772)),
    ],
)
def test_worked_requests_11_to_13(client: Client, key: str, value: str, expected: tuple[int, int]) -> None:
    assert shape(client, "airtemp", (key, value)) == expected


def test_scaling_keeps_the_box(client: Client) -> None:
    result = gml(client, "rgb", ("scaleSize", "Lat(2),Long(3)"), ("rangeSubset", "red"))
    assert (result["lower"], result["upper"]) == (["40 10"], ["42 13"])
    assert result["vectors"] == ["-1 0", "0 1"]


def test_worked_request_15(client: Client) -> None:
    subsets = (("subset", "Lat(-1013000,-1000000)"), ("subset", "Long(12500000,12600000)"))
    crs = ("subsettingCrs", "http://www.opengis.net/def/crs/EPSG/0/3857")
    result = gml(client, "airtemp", *subsets, crs)
    assert result["lower"] == ["-9.075 112.275"] and result["upper"] == ["-8.975 113.225"]
    labels = (("subset", "Y(-1013000,-1000000)"), ("subset", "X(12500000,12600000)"))
    assert gml(client, "airtemp", *labels, crs) == result


def test_worked_request_16(client: Client) -> None:
    root = parse_xml(
        client.coverage(
            "rgb", ("outputCrs", "http://www.opengis.net/def/crs/EPSG/0/3857"), ("format", "application/gml+xml")
        )
    )
    assert texts(root, "//gml:Envelope/@srsName") == ["http://www.opengis.net/def/crs/EPSG/0/3857"]
    assert texts(root, "//gml:Envelope/@axisLabels") == ["X Y"]
    assert texts(root, "//gml:RectifiedGrid/gml:axisLabels/text()") == ["Y X"]


def test_a_cut_through_four_axes(client: Client) -> None:
    pairs = (("subset", 'ansi("2008-01-07")'), ("subset", "h(10)"), ("subset", "Long(1,3)"))
    np.testing.assert_array_equal(answer(client, "four", *pairs)["values"], values(four().source)[:, 1, 1, :, 1:3])
    line = gml(client, "four", ("subset", "ansi(148660)"), ("subset", "Lat(1.5)"), ("subset", "Long(0.5)"))
    assert line["lower"] == ["0"] and line["upper"] == ["100"]
    assert line["tuples"] == ["24,32,40"]


def test_a_single_value(client: Client) -> None:
    result = gml(client, "line", ("subset", "Long(3.2)"))
    assert result["tuples"] == ["3"]


def test_pixels_are_cut_by_column_and_row(client: Client) -> None:
    for x, y in (("i", "j"), ("x", "y")):
        pairs = (("subset", f"{x}(1,3)"), ("subset", f"{y}(2,*)"))
        np.testing.assert_array_equal(answer(client, "pixels", *pairs)["values"], values(pixels().source)[:, 2:, 1:4])


def test_the_mode_of_trims_is_configured(make: Callable[..., Client]) -> None:
    closed = make([airtemp()], replace(Settings(), wcs20=Wcs20(subset_mode="closed")))
    assert shape(closed, "airtemp", ("subset", "Long(112.025,112.075)")) == (711, 2)


class Unreadable(MemorySource):
    """Data that has gone."""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        raise DataUnavailable("/data/a.tif is missing")


@pytest.mark.parametrize("mime", ["image/tiff", "application/gml+xml", "multipart"])
def test_data_that_cannot_be_read_is_an_error_and_not_half_an_answer(make: Callable[..., Client], mime: str) -> None:
    client = make([replace(rgb(), source=Unreadable(values(rgb().source)))])
    multipart = [("mediaType", "multipart/related")] if mime == "multipart" else [("format", mime)]
    response = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "rgb"), *multipart)
    assert response.status == 503
    assert b"NoApplicableCode" in body(response)
    assert client.ask(("version", "2.0.1"), ("request", "DescribeCoverage"), ("coverageId", "rgb")).status == 200


@given(st.data())
def test_any_box_of_whole_cells_is_cut_out_in_every_crs_order(data: st.DataObject) -> None:
    coverage = data.draw(st.sampled_from([rgb(), *(raster(parse_crs(f"EPSG:{code}")) for code in (3857, 3035, 32633))]))
    subsets, slices = [], []
    for axis in coverage.domain.axes:
        assert isinstance(axis, RegularAxis)
        first = data.draw(st.integers(0, axis.size - 1))
        last = data.draw(st.integers(first, axis.size - 1))
        low, high = sorted((axis.start + first * axis.step, axis.start + (last + 1) * axis.step))
        subsets.append(("subset", f"{axis.label}({low!r},{high!r})"))
        slices.append(slice(first, last + 1))
    client = make_client(Path("unused"), [coverage])
    part = answer(client, coverage.identifier, *data.draw(st.permutations(subsets)))
    np.testing.assert_array_equal(part["values"], values(coverage.source)[(slice(None), *slices)])
