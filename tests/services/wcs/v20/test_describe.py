# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wire import Request
from tests.services.wcs.conftest import Client
from tests.services.wcs.v20.coverages import all_coverages, irr, pixels, rgb
from tests.xmlschemas import NS, ValidateXml, parse_xml, texts

EVERY = ",".join(coverage.identifier for coverage in all_coverages())


def test_descriptions_come_in_the_order_asked_for(client: Client) -> None:
    root = parse_xml(client.get("DescribeCoverage", ("coverageId", "rgb,eobs,airtemp")))
    assert root.tag == f"{{{NS['wcs']}}}CoverageDescriptions"
    assert texts(root, "//wcs:CoverageId/text()") == ["rgb", "eobs", "airtemp"]
    assert texts(root, "//wcs:CoverageDescription/@gml:id") == ["rgb", "eobs", "airtemp"]


def test_the_parts_of_a_description_come_in_the_order_of_the_schema(make: Callable[..., Client]) -> None:
    told = replace(rgb(), title="Three & bands", abstract="Of a test.", metadata={"sensor": "MERIS"})
    root = parse_xml(make([told]).get("DescribeCoverage", ("coverageId", "rgb")))
    names = [re.sub(r"\{.*\}", "", str(child.tag)) for child in root[0]]
    assert names == [
        "description", "name", "boundedBy", "CoverageId", "coverageFunction", "metadata", "domainSet", "rangeType",
        "ServiceParameters",
    ]  # fmt: skip
    assert texts(root, "//gml:name/text()") == ["Three & bands"]


def test_subtypes_and_native_formats(client: Client) -> None:
    root = parse_xml(client.get("DescribeCoverage", ("coverageId", "airtemp,irr,pixels")))
    assert texts(root, "//wcs:CoverageSubtype/text()") == [
        "RectifiedGridCoverage",
        "ReferenceableGridCoverage",
        "GridCoverage",
    ]
    assert set(texts(root, "//wcs:nativeFormat/text()")) == {"image/tiff"}


def test_worked_request_1(client: Client) -> None:
    root = parse_xml(client.get("DescribeCoverage", ("coverageId", "eobs")))
    assert texts(root, "//gml:Envelope/@axisLabels") == ["t Lat Long"]
    assert texts(root, "//gml:lowerCorner/text()") == ['"1949-12-31T12:00:00.000Z" 25 40']
    assert texts(root, "//gml:upperCorner/text()") == ['"1950-01-06T12:00:00.000Z" 40 60']
    assert texts(root, "//gml:GridEnvelope/gml:low/text()") == ["0 0 0"]
    assert texts(root, "//gml:GridEnvelope/gml:high/text()") == ["5 29 39"]


def test_the_crs_of_tie_points_is_told(make: Callable[..., Client]) -> None:
    corners = np.array([0.0, 4.0])
    tied = replace(pixels(), tie_points=TiePoints(parse_crs("EPSG:4326"), corners, corners, corners, corners))
    root = parse_xml(make([tied]).get("DescribeCoverage", ("coverageId", "pixels")))
    assert texts(root, "//gmlcov:metadata//tie_points_crs/text()") == ["http://www.opengis.net/def/crs/EPSG/0/4326"]


def test_descriptions_are_valid_but_for_instants_in_quotes(client: Client, validate_xml: ValidateXml) -> None:
    document = client.get("DescribeCoverage", ("coverageId", EVERY))
    validate_xml(re.sub(rb'"\d{4}-[^"]*Z"(?=[ <])', b"0", document))


def test_descriptions_without_time_are_valid_as_they_are(
    make: Callable[..., Client], validate_xml: ValidateXml
) -> None:
    told = [
        replace(coverage, title="A & B", abstract="c", metadata={"k": "v"})
        for coverage in all_coverages()
        if coverage.identifier not in ("eobs", "irr", "four")
    ]
    validate_xml(make(told).get("DescribeCoverage", ("coverageId", ",".join(one.identifier for one in told))))


@pytest.mark.parametrize("pairs", [(), (("outputType", "GeneralGridCoverage"),), (("format", "application/json"),)])
def test_a_long_axis_is_not_gathered_in_memory(make: Callable[..., Client], pairs: tuple[tuple[str, str], ...]) -> None:
    days = 148654 + np.cumsum(np.arange(100_000) % 9 + 1) / 24
    first = irr().domain.axes[0]
    assert isinstance(first, IrregularAxis)
    domain = irr().domain.replaced({0: replace(first, coefficients=days)})
    client = make([replace(irr(), domain=domain)])
    asked = (("service", "WCS"), ("version", "2.1.0"), ("request", "DescribeCoverage"), ("coverageId", "irr"), *pairs)
    tracemalloc.start()
    try:
        response = client.service.handle(Request(Params(asked), "http://eo.example/ows"))
        assert not isinstance(response.body, bytes)
        size = sum(map(len, response.body))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 2_500_000
    assert peak < size
