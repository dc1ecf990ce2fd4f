# SPDX-License-Identifier: MIT
"""The parameter ``clip`` of GetCoverage (section 8 of the specification wcs)."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from tests.services.wcs.conftest import Client
from tests.services.wcs.v20.coverages import rgb
from tests.xmlschemas import ValidateXml, parse_xml, texts

SQUARE = "POLYGON((40.5 10.5, 40.5 12, 41.4 12, 41.4 10.5))"
"""Of latitudes and longitudes; ``rgb`` has 4 rows from 42 down to 40 and 6 columns from 10 to 13, of half a degree."""


def answer(client: Client, identifier: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(client.coverage(identifier, *pairs))
    return result


def cells(client: Client, identifier: str, *pairs: tuple[str, str]) -> np.ndarray[Any, Any]:
    return np.array(answer(client, identifier, *pairs)["values"])


def plain() -> np.ndarray[Any, Any]:
    return np.arange(3 * 4 * 6).reshape(3, *rgb().domain.shape)


def test_a_polygon_gives_the_box_around_it(client: Client) -> None:
    np.testing.assert_array_equal(cells(client, "rgb", ("clip", SQUARE))[:, 1], plain()[:, 2, 1:4])


def test_it_comes_before_fields_and_scaling(client: Client) -> None:
    """Scaling to one column takes the first."""
    found = answer(client, "rgb", ("clip", SQUARE), ("rangeSubset", "blue"), ("scaleSize", "Long(1)"))
    assert found["fields"] == ["blue"]
    assert found["values"][0][1] == [plain()[2, 2, 1]]


def test_it_comes_after_the_subset(client: Client) -> None:
    found = cells(client, "eobs", ("subset", 't("1950-01-02")'), ("clip", "POLYGON((30 45, 30 50, 35 50, 35 45))"))
    assert found.shape == (1, 10, 10)
    assert found[0, 0, 0] == 30 * 40 + 10 * 40 + 10


def test_a_line_gives_one_axis(client: Client) -> None:
    root = parse_xml(
        client.coverage("rgb", ("clip", "LineString(41.9 10.1, 40.4 11.6)"), ("format", "application/gml+xml"))
    )
    assert texts(root, "//gml:high/text()") == ["3"]
    tuples = texts(root, "//gml:tupleList/text()")[0].split(",")
    assert [each.split() for each in tuples] == [[str(n), str(24 + n), str(48 + n)] for n in (0, 7, 14, 21)]


def test_its_coordinates_may_be_in_another_crs(client: Client) -> None:
    clip = "LINESTRING(1124347.2 5146011.7, 1291326.7 4941500.0)"
    found = client.coverage("rgb", ("clip", clip), ("subsettingCrs", "EPSG:3857"), ("format", "application/gml+xml"))
    assert texts(parse_xml(found), "//gml:high/text()") == ["3"]


def test_a_corridor_and_a_curtain(client: Client) -> None:
    curtain = client.coverage(
        "eobs", ("clip", "CURTAIN(projection(Lat, Long), linestring(25 41, 30 41))"), ("format", "application/gml+xml")
    )
    assert texts(parse_xml(curtain), "//gml:high/text()") == ["5 9 0"]
    corridor = client.coverage(
        "eobs",
        (
            "clip",
            'CORRIDOR(projection(Lat, Long), LineString("1950-01-01" 30.2 45.2, "1950-01-04" 30.2 46.9), '
            "Polygon((30 45, 30 46, 31 46, 31 45)), discrete)",
        ),
        ("format", "application/gml+xml"),
    )
    assert texts(parse_xml(corridor), "//gml:high/text()") == ["1 1 1"]


@pytest.mark.parametrize(
    ("identifier", "clip", "code", "message"),
    [
        ("rgb", "POLYGON((1 2, 3 4", "SyntaxError", "is not closed"),
        ("rgb", "CIRCLE(1 2)", "SyntaxError", "accepted: POLYGON((...))"),
        ("rgb", "POLYGON((60 60, 70 60, 70 70))", "InvalidRequest", "outside the coverage"),
        ("rgb", "LINESTRING(60 60, 70 60, 70 70)", "InvalidRequest", "no cell of the coverage lies on the line"),
        ("rgb", "LINESTRING(40 10 1)", "InvalidRequest", "has 3 coordinates; there must be 2"),
        ("rgb", "POLYGON((40 10, 41 10, 41 10, 40 11))", "InvalidRequest", "occurs twice"),
        ("eobs", "POLYGON((30 45, 30 50, 35 50))", "InvalidRequest", "CURTAIN(projection(Lat, Long), POLYGON(...))"),
        ("eobs", "CURTAIN(projection(Lat, Z), linestring(25 41))", "InvalidRequest", "no axis 'Z'"),
        ("eobs", "CURTAIN(projection(Lat, Long), $a)", "InvalidRequest", "$a stands where a geometry is needed"),
        ("rgb", "", "MissingParameterValue", "has no value"),
    ],
)
def test_what_cannot_be_clipped_is_refused(client: Client, identifier: str, clip: str, code: str, message: str) -> None:
    response = client.ask(("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", identifier), ("clip", clip))
    assert response.status == 400
    assert isinstance(response.body, bytes)
    root = parse_xml(response.body)
    assert texts(root, "//@exceptionCode") == [code]
    assert texts(root, "//@locator") == ["clip"]
    assert message in texts(root, "//ows:ExceptionText/text()")[0]


def test_a_crs_on_other_axes_is_refused(client: Client) -> None:
    response = client.ask(
        ("version", "2.0.1"),
        ("request", "GetCoverage"),
        ("coverageId", "eobs"),
        ("clip", "CURTAIN(projection(t, Lat), linestring(127470 25, 127472 27))"),
        ("subsettingCrs", "EPSG:3857"),
    )
    assert response.status == 400
    assert isinstance(response.body, bytes)
    assert "both horizontal axes" in texts(parse_xml(response.body), "//ows:ExceptionText/text()")[0]


def test_the_plan_is_explained(client: Client) -> None:
    found = answer(client, "rgb", ("clip", SQUARE), ("explain", "true"))
    assert found["plan"]["node"] == "Clip"
    assert found["plan"]["inputs"][0]["node"] == "Read"


@pytest.mark.parametrize(
    ("identifier", "clip"),
    [
        ("rgb", SQUARE),
        ("rgb", "LINESTRING(41.9 10.1, 40.4 11.6)"),
        ("four", "CURTAIN(projection(Lat, Long), LINESTRING(0.2 0.2, 1.5 3.5))"),
        ("pixels", "LINESTRING(0 0, 3 3)"),
    ],
)
def test_answers_in_gml_are_valid(client: Client, identifier: str, clip: str, validate_xml: ValidateXml) -> None:
    """But for the instants in quotes, which the schema takes for numbers."""
    found = client.coverage(identifier, ("clip", clip), ("format", "application/gml+xml"))
    validate_xml(re.sub(rb'"\d{4}-[^"]*Z"(?=[ <])', b"0", found))


def test_the_capabilities_name_the_parameter(client: Client, validate_xml: ValidateXml) -> None:
    root = validate_xml(client.get("GetCapabilities"))
    assert texts(root, "//ows:Operation[@name='GetCoverage']/ows:Parameter/@name") == ["clip"]
