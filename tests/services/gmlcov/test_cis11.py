# SPDX-License-Identifier: MIT
"""General grid coverages in GML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.selection import Trim, select
from eoxserver.services.gmlcov.cis11 import encode_general_grid, general_grid_description
from tests.services.wcs.conftest import Client
from tests.services.wcs.v20.coverages import all_coverages, eobs, four, irr, nothing, pixels, rgb
from tests.xmlschemas import NS, ValidateXml, parse_xml, texts

WORKSPACE = Workspace(Path("unused"))
EVERY = ",".join(coverage.identifier for coverage in all_coverages())
GENERAL = ("outputType", "GeneralGridCoverage")


def encoded(coverage: Coverage, workspace: Workspace = WORKSPACE) -> bytes:
    return b"".join(encode_general_grid(coverage, workspace))


def described(client: Client, identifiers: str) -> bytes:
    response = client.ask(
        ("version", "2.1.0"), ("request", "DescribeCoverage"), ("coverageId", identifiers), GENERAL
    )  # fmt: skip
    assert response.status == 200
    assert isinstance(response.body, bytes)
    return response.body


@pytest.mark.parametrize("coverage", all_coverages(), ids=lambda coverage: coverage.identifier)
def test_documents_are_valid_and_have_the_cells_in_array_order(coverage: Coverage, validate_xml: ValidateXml) -> None:
    told = replace(coverage, metadata={"sensor": "MERIS & Co"})
    root = validate_xml(encoded(told))
    assert root.tag == f"{{{NS['cis11']}}}GeneralGridCoverage"
    assert isinstance(coverage.source, MemorySource)
    count = len(coverage.range_type)
    cells = np.array([float(text) for text in texts(root, "//cis11:V/text()")])
    np.testing.assert_array_equal(cells.reshape(-1, count).T, coverage.source.values.reshape(count, -1))
    assert len(texts(root, "//cis11:CV/cis11:V[1]/text()")) == (coverage.domain.cell_count if count > 1 else 0)


def test_descriptions_are_valid(make: Callable[..., Client], validate_xml: ValidateXml) -> None:
    told = [replace(one, title="A & B", abstract="c", metadata={"k": "v"}) for one in all_coverages()]
    root = validate_xml(described(make(told), EVERY))
    assert root.tag == f"{{{NS['wcs21']}}}CoverageDescriptions"
    assert texts(root, "//wcs:CoverageId/text()") == EVERY.split(",")
    assert set(texts(root, "//wcs:CoverageSubtype/text()")) == {"GeneralGridCoverage"}
    assert texts(root, "//cis11:RangeSet") == []


def axes(document: bytes) -> list[tuple[str, dict[str, str]]]:
    """Answer the axes of the grid: kind and attributes."""
    grid = parse_xml(document).find(".//cis11:GeneralGrid", namespaces=NS)
    assert grid is not None
    found = [(str(etree.QName(axis).localname), {str(k): str(v) for k, v in axis.attrib.items()}) for axis in grid]
    return [(kind, about) for kind, about in found if kind != "GridLimits"]


def test_regular_axes_have_their_edges_and_their_step() -> None:
    assert axes(encoded(eobs())) == [
        ("RegularAxis", {"axisLabel": "t", "uomLabel": "d", "lowerBound": "1949-12-31T12:00:00.000Z",
                         "upperBound": "1950-01-06T12:00:00.000Z", "resolution": "1"}),
        ("RegularAxis", {"axisLabel": "Lat", "uomLabel": "degree", "lowerBound": "25", "upperBound": "40",
                         "resolution": "-0.5"}),
        ("RegularAxis", {"axisLabel": "Long", "uomLabel": "degree", "lowerBound": "40", "upperBound": "60",
                         "resolution": "0.5"}),
    ]  # fmt: skip


def test_irregular_axes_have_their_coordinates() -> None:
    root = parse_xml(encoded(irr()))
    assert texts(root, "//cis11:IrregularAxis[@axisLabel='ansi']/cis11:C/text()") == [
        '"2008-01-01T00:00:00.000Z"', '"2008-01-03T00:00:00.000Z"', '"2008-01-05T00:00:00.000Z"',
    ]  # fmt: skip
    assert texts(root, "//cis11:AxisExtent[@axisLabel='ansi']/@lowerBound") == ["2008-01-01T00:00:00.000Z"]


def test_labels_are_in_crs_order_and_axes_in_grid_order() -> None:
    root = parse_xml(encoded(four()))
    assert texts(root, "//cis11:GeneralGrid/@axisLabels") == ["ansi Lat Long h"]
    assert texts(root, "//cis11:AxisExtent/@axisLabel") == ["ansi", "Lat", "Long", "h"]
    assert [about["axisLabel"] for _, about in axes(encoded(four()))] == ["ansi", "h", "Lat", "Long"]
    assert texts(root, "//cis11:GridLimits/@axisLabels") == ["i j k l"]
    assert texts(root, "//cis11:GridLimits/cis11:IndexAxis/@upperBound") == ["1", "2", "1", "3"]
    assert texts(root, "//cis11:GridLimits/@srsName") == ["http://www.opengis.net/def/crs/OGC/0/Index4D"]
    assert texts(root, "//cis11:CoverageFunction//gml:sequenceRule/@axisOrder") == ["+4 +3 +2 +1"]


def test_index_axes_keep_their_indices_and_have_a_crs() -> None:
    part = select(pixels().domain, [Trim("i", 1, 2)]).domain
    values = np.zeros((1, *part.shape), "uint16")
    root = parse_xml(encoded(Coverage("part", part, pixels().range_type, MemorySource(values))))
    assert texts(root, "//cis11:GeneralGrid/cis11:IndexAxis/@lowerBound") == ["0", "1"]
    assert texts(root, "//cis11:GridLimits/cis11:IndexAxis/@lowerBound") == ["0", "1"]
    assert texts(root, "//cis11:GeneralGrid/@srsName") == ["http://www.opengis.net/def/crs/OGC/0/Index2D"]


def test_a_single_value() -> None:
    root = parse_xml(encoded(nothing()))
    assert texts(root, "//cis11:Envelope/@srsDimension") == ["0"]
    assert texts(root, "//cis11:CV/cis11:V/text()") == ["0", "1"]
    assert axes(encoded(nothing())) == []


def test_blocks_do_not_show() -> None:
    values = [texts(parse_xml(encoded(rgb(), Workspace(Path("unused"), None, cells))), "//cis11:V/text()")
              for cells in (1, 5, 24)]  # fmt: skip
    assert values[0] == values[1] == values[2]


def test_units_nil_values_and_intervals_are_told(validate_xml: ValidateXml) -> None:
    nils = (NilValue(-9999, reason="http://www.opengis.net/def/nil/OGC/0/missing"), NilValue(-5, -1))
    field = Field("t", np.dtype("i2"), unit="Cel", nil=nils, intervals=((0, 40),), definition="http://x/t")
    values = np.array([[[1, -9999, 3]]], "i2")
    coverage = replace(pixels(), range_type=RangeType((field,)))
    domain = select(pixels().domain, [Trim("j", 0, 0), Trim("i", 0, 2)]).domain
    source = MemorySource(values, values > 0)
    root = validate_xml(encoded(replace(coverage, domain=domain, source=source)))
    assert texts(root, "//cis11:V/text()") == ["1", "-9999", "3"]
    assert texts(root, "//swe:Quantity/@definition") == ["http://x/t"]
    assert texts(root, "//swe:uom/@code") == ["Cel"]
    assert texts(root, "//swe:nilValue/text()") == ["-9999", "-5:-1"]
    assert texts(root, "//swe:interval/text()") == ["0 40"]


def test_complex_values_are_refused() -> None:
    coverage = replace(pixels(), range_type=RangeType((Field("z", np.dtype("c8")),)))
    with pytest.raises(UnsupportedCombination, match="complex64"):
        encode_general_grid(coverage, WORKSPACE)


@pytest.mark.parametrize("coverage", all_coverages(), ids=lambda coverage: coverage.identifier)
def test_a_description_is_the_document_without_its_range_set(coverage: Coverage) -> None:
    description = "".join(general_grid_description(coverage))
    whole = encoded(coverage).decode()
    start, end = whole.index("<cis11:RangeSet>"), whole.index("</cis11:RangeSet>\n") + len("</cis11:RangeSet>\n")
    assert description == whole[:start] + whole[end:]
