# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest
from lxml import etree

from eoxserver.core.axes import IndexAxis, IrregularAxis, Role
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.selection import Slice, Trim, select
from eoxserver.services.gmlcov import gml
from eoxserver.services.ows.xml import namespaces
from tests.services.wcs.v20.coverages import airtemp, eobs, four, irr, line, pixels, raster
from tests.xmlschemas import parse_xml, texts


def parsed(*fragments: str) -> etree._Element:
    return parse_xml(f"<all{namespaces(gml.NAMESPACES)}>{''.join(fragments)}</all>".encode())


def domain_text(domain: Domain, path: str) -> list[str]:
    root = parsed(gml.bounded_by(domain), *gml.domain_set("c", domain), gml.coverage_function(domain))
    return texts(root, path)


def shape_of(coverage: Coverage) -> dict[str, list[str]]:
    """Answer what clients place a grid by."""
    return {
        "labels": domain_text(coverage.domain, "//gml:Envelope/@axisLabels"),
        "lower": domain_text(coverage.domain, "//gml:lowerCorner/text()"),
        "upper": domain_text(coverage.domain, "//gml:upperCorner/text()"),
        "grid": domain_text(coverage.domain, "//gml:axisLabels/text()"),
        "high": domain_text(coverage.domain, "//gml:high/text()"),
        "pos": domain_text(coverage.domain, "//gml:pos/text()"),
        "vectors": domain_text(coverage.domain, "//*[local-name()='offsetVector']/text()"),
        "order": domain_text(coverage.domain, "//gml:coverageFunction//gml:sequenceRule/@axisOrder"),
    }


def test_a_grid_in_latitude_and_longitude() -> None:
    assert shape_of(airtemp()) == {
        "labels": ["Lat Long"],
        "lower": ["-44.525 111.975"],
        "upper": ["-8.975 156.275"],
        "grid": ["Lat Long"],
        "high": ["710 885"],
        "pos": ["-9 112"],
        "vectors": ["-0.05 0", "0 0.05"],
        "order": ["+2 +1"],
    }


@pytest.mark.parametrize(
    ("code", "labels", "corner", "grid", "pos", "vectors"),
    [
        (3857, "X Y", "4000000 2500000", "Y X", "4000050 2500250", ["0 -100", "100 0"]),
        (32633, "E N", "4000000 2500000", "N E", "4000050 2500250", ["0 -100", "100 0"]),
        (3035, "Y X", "2500000 4000000", "Y X", "2500250 4000050", ["-100 0", "0 100"]),
    ],
)
def test_corners_and_vectors_are_in_the_order_of_the_crs_and_the_grid_in_that_of_the_array(
    code: int, labels: str, corner: str, grid: str, pos: str, vectors: list[str]
) -> None:
    shape = shape_of(raster(parse_crs(f"EPSG:{code}")))
    assert shape["labels"] == [labels]
    assert shape["lower"] == [corner]
    assert shape["grid"] == [grid]
    assert shape["high"] == ["2 4"]
    assert shape["pos"] == [pos]
    assert shape["vectors"] == vectors
    assert shape["order"] == ["+2 +1"]


def test_a_regular_time_axis_has_instants_at_its_edges_and_numbers_for_steps() -> None:
    assert shape_of(eobs()) == {
        "labels": ["t Lat Long"],
        "lower": ['"1949-12-31T12:00:00.000Z" 25 40'],
        "upper": ['"1950-01-06T12:00:00.000Z" 40 60'],
        "grid": ["t Lat Long"],
        "high": ["5 29 39"],
        "pos": ['"1950-01-01T00:00:00.000Z" 39.75 40.25'],
        "vectors": ["1 0 0", "0 -0.5 0", "0 0 0.5"],
        "order": ["+3 +2 +1"],
    }


def test_irregular_axes_give_their_coordinates_and_regular_ones_their_step() -> None:
    assert shape_of(irr())["vectors"] == ["1 0 0", "0 0 -1000", "0 1000 0"]
    assert domain_text(irr().domain, "//gmlrgrid:gridAxesSpanned/text()") == ["ansi", "Y", "X"]
    assert domain_text(irr().domain, "//gmlrgrid:coefficients/text()") == [
        '"2008-01-01T00:00:00.000Z" "2008-01-03T00:00:00.000Z" "2008-01-05T00:00:00.000Z"'
    ]
    assert shape_of(irr())["lower"] == ['"2008-01-01T00:00:00.000Z" 0 0']
    assert shape_of(irr())["upper"] == ['"2008-01-05T00:00:00.000Z" 3000 2000']


def test_four_axes_in_two_orders() -> None:
    shape = shape_of(four())
    assert shape["labels"] == ["ansi Lat Long h"]
    assert shape["grid"] == ["ansi h Lat Long"]
    assert shape["pos"] == ['"2008-01-01T00:00:00.000Z" 1.5 0.5 0']
    assert shape["vectors"] == ["1 0 0 0", "0 0 0 1", "0 -1 0 0", "0 0 1 0"]
    assert domain_text(four().domain, "//gmlrgrid:coefficients/text()")[1] == "0 10 100"


def test_a_line_keeps_the_whole_crs() -> None:
    assert domain_text(line().domain, "//gml:Envelope/@srsName") == ["http://www.opengis.net/def/crs/EPSG/0/4326"]
    assert shape_of(line())["vectors"] == ["1"]


def test_pixels_are_a_grid_of_indices_that_a_subset_keeps() -> None:
    part = select(pixels().domain, [Trim("i", 1, 2)]).domain
    assert domain_text(part, "//gml:Grid/gml:limits//gml:low/text()") == ["0 1"]
    assert domain_text(part, "//gml:Grid/gml:limits//gml:high/text()") == ["3 2"]
    assert domain_text(part, "//gml:lowerCorner/text()") == ["1 0"]
    assert domain_text(part, "//gml:startPoint/text()") == ["0 1"]
    assert domain_text(part, "//gml:Envelope/@uomLabels") == ["GridSpacing GridSpacing"]


def test_a_compound_crs_loses_components_without_axes() -> None:
    part = select(eobs().domain, [Slice("t", "1950-01-01")]).domain
    assert domain_text(part, "//gml:Envelope/@srsName") == ["http://www.opengis.net/def/crs/EPSG/0/4326"]


def test_units_without_a_name_are_unknown() -> None:
    domain = Domain((IndexAxis("a", 2, unit="10^0"), IrregularAxis("b", np.array([1.0, 3.0]))))
    assert domain_text(domain, "//gml:Envelope/@uomLabels") == ["unknown unknown"]


def test_no_axis_at_all() -> None:
    assert shape_of(Coverage("c", Domain(()), pixels().range_type, pixels().source)) == {
        "labels": [""],
        "lower": [],
        "upper": [],
        "grid": [],
        "high": [],
        "pos": [],
        "vectors": [],
        "order": [],
    }


def quantity(field: Field, path: str) -> list[str]:
    root = parsed(gml.range_type(RangeType((field,))))
    return texts(root, f"//swe:Quantity{path}")


@pytest.mark.parametrize(
    ("dtype", "tail"),
    [
        ("bool", "unsignedByte"),
        ("int8", "signedByte"),
        ("uint8", "unsignedByte"),
        ("int16", "signedShort"),
        ("uint16", "unsignedShort"),
        ("int32", "signedInt"),
        ("uint32", "unsignedInt"),
        ("float32", "float32"),
        ("float64", "float64"),
        ("complex64", "cfloat32"),
    ],
)
def test_data_types(dtype: str, tail: str) -> None:
    assert quantity(Field("a", np.dtype(dtype)), "/@definition") == [
        f"http://www.opengis.net/def/dataType/OGC/0/{tail}"
    ]


def test_a_field_says_what_it_measures() -> None:
    field = Field(
        "b1",
        np.dtype("float32"),
        unit="m/s 2:3",
        nil=(NilValue(-9999), NilValue(float("nan"), reason="http://x/cloud"), NilValue(-1e30, -1e29)),
        label="speed & more",
        description="of the wind",
        definition="http://x/speed",
        intervals=((0, 100.5),),
    )
    assert quantity(field, "/@definition") == ["http://x/speed"]
    assert quantity(field, "/swe:label/text()") == ["speed & more"]
    assert quantity(field, "/swe:description/text()") == ["of the wind"]
    assert quantity(field, "/swe:uom/@code") == ["m/s_2_3"]
    assert quantity(field, "//swe:nilValue/text()") == ["-9999", "NaN", "-1e+30:-1e+29"]
    assert quantity(field, "//swe:nilValue/@reason") == [
        "http://www.opengis.net/def/nil/OGC/0/unknown",
        "http://x/cloud",
        "http://www.opengis.net/def/nil/OGC/0/unknown",
    ]
    assert quantity(field, "//swe:interval/text()") == ["0 100.5"]


def test_a_field_without_particulars() -> None:
    field = Field("b1", np.dtype("uint8"))
    assert quantity(field, "/swe:uom/@code") == ["10^0"]
    assert quantity(field, "/swe:label/text()") == ["b1"]
    assert quantity(field, "//swe:nilValue") == []


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (255, "uint8", "255"),
        (-9.22337204e18, "float32", "-9.22337204e+18"),
        (-1.5, "float64", "-1.5"),
        (float("inf"), "float64", "INF"),
        (float("-inf"), "float64", "-INF"),
        (0.5, "uint8", "0.5"),
    ],
)
def test_nil_values_as_text(value: float, dtype: str, text: str) -> None:
    assert gml.nil_text(value, np.dtype(dtype)) == text


def test_open_nil_intervals() -> None:
    field = Field("a", np.dtype("int16"), nil=(NilValue(float("-inf"), 0), NilValue(100, float("inf"))))
    assert quantity(field, "//swe:nilValue/text()") == ["*:0", "100:*"]


def test_metadata_stand_in_an_extension() -> None:
    assert texts(parsed(gml.metadata("<a>b</a>")), "//gmlcov:metadata/gmlcov:Extension/a/text()") == ["b"]
    assert gml.metadata("") == ""


def test_times_before_the_year_1_are_numbers() -> None:
    crs = parse_crs("OGC/0/ChronometricGeologicTime")
    domain = Domain((IrregularAxis("geologic", np.array([66.0, 145.0]), crs=crs, unit="Ma", role=Role.T),))
    assert domain_text(domain, "//gml:upperCorner/text()") == ["145"]
    assert domain_text(domain, "//gmlrgrid:coefficients/text()") == ["66 145"]


def test_many_coefficients_come_in_pieces() -> None:
    values = np.cumsum(np.arange(1, 10_001) % 7 + 1.0)
    axis = IrregularAxis("ansi", values, crs=parse_crs("OGC/0/AnsiDate"), unit="d", role=Role.T)
    pieces = list(gml.domain_set("c", Domain((axis,))))
    assert max(map(len, pieces)) < 1 << 17 < len("".join(pieces))
    coefficients = texts(parsed(*pieces), "//gmlrgrid:coefficients/text()")[0].split(" ")
    assert coefficients == [coordinate_text(axis, value, '"') for value in values.tolist()]
