# SPDX-License-Identifier: MIT
"""Requests of WCS-T as XML documents say what key-value pairs say."""

from __future__ import annotations

import pytest

from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import EOxServerError, InvalidParameterValue, InvalidRequest, MissingParameterValue
from eoxserver.core.subsets import Slice, Trim
from eoxserver.services.wcst.decode import Transaction, decode_transaction
from eoxserver.services.wcst.document import read_document
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.requests import CoverageInput, DeleteCoverage, InsertCoverage, UpdateCoverage
from eoxserver.services.wcst.xmlrequests import document_params
from tests.services.wcst import documents

HEAD = 'xmlns="http://www.opengis.net/wcs/2.0" xmlns:xlink="http://www.w3.org/1999/xlink" service="WCS" version="2.0.1"'
GML = documents.index2d().partition("?>")[2]


def request(name: str, content: str, head: str = HEAD) -> bytes:
    return f"<{name} {head}>{content}</{name}>".encode()


def decoded(name: str, content: str) -> Transaction:
    return decode_transaction(document_params(request(name, content)), name)


def test_insertions() -> None:
    found = decoded("InsertCoverage", f"<coverage>{GML}</coverage><useId>new</useId>")
    assert isinstance(found, InsertCoverage)
    assert found.new_id
    assert found.coverage.text is not None
    assert read_document(found.coverage.text.encode(), parse_crs).identifier == "demo"
    for reference in ("<coverageRef>file:///a</coverageRef>", '<inputCoverageRef xlink:href="file:///a"/>'):
        found = decoded("InsertCoverage", f"{reference}<Extension><tiling>[9,9]</tiling></Extension>")
        assert isinstance(found, InsertCoverage)
        assert found.coverage == CoverageInput(reference="file:///a")
        assert found.tiling is not None


def test_updates() -> None:
    content = (
        "<CoverageId>a</CoverageId><inputCoverageRef>file:///a</inputCoverageRef><maskGridRef>file:///b</maskGridRef>"
        "<DimensionTrim><Dimension>i</Dimension><TrimLow>0</TrimLow><TrimHigh>5</TrimHigh></DimensionTrim>"
        "<!-- time --><DimensionSlice><Dimension>ansi</Dimension><SlicePoint>2008-01-01</SlicePoint></DimensionSlice>"
        "<DimensionTrim><Dimension>j</Dimension><TrimLow>3</TrimLow></DimensionTrim>"
    )
    assert decoded("UpdateCoverage", content) == UpdateCoverage(
        "a",
        CoverageInput(reference="file:///a"),
        (Trim("i", "0", "5"), Slice("ansi", "2008-01-01"), Trim("j", "3", None)),
        CoverageInput(reference="file:///b"),
    )


def test_deletions() -> None:
    content = "<CoverageId>a</CoverageId><CoverageId>b</CoverageId>"
    assert decoded("DeleteCoverage", content) == DeleteCoverage(("a", "b"))


TRIM = "<DimensionTrim><Dimension>{}</Dimension><TrimLow>0</TrimLow></DimensionTrim>"
SLICE = "<DimensionSlice><Dimension>i</Dimension></DimensionSlice>"
BAD: list[tuple[bytes, type[EOxServerError], str]] = [
    (request("InsertCoverage", "", 'version="2.0.1"'), MissingParameterValue, "no attribute 'service'"),
    (request("InsertCoverage", "", 'service="WCS"'), MissingParameterValue, "no attribute 'version'"),
    (request("InsertCoverage", "", 'service="WMS" version="2.0.1"'), InvalidParameterValue, "'WMS' is not available"),
    (request("InsertCoverage", f"<coverage>{GML}{GML}</coverage>"), InvalidRequest, "coverage holds 2 elements"),
    (request("InsertCoverage", "<useId><new/></useId>"), InvalidRequest, "element useId holds other elements"),
    (request("UpdateCoverage", TRIM.format("")), InvalidRequest, "DimensionTrim needs one Dimension"),
    (request("UpdateCoverage", SLICE), InvalidRequest, "DimensionSlice needs one SlicePoint"),
    (request("Envelope", ""), InvalidRequest, "not accepted in SOAP"),
    (b"<InsertCoverage", TransactionError, "is not XML that is accepted"),
    (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', TransactionError, "DOCTYPE"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "error", "words"), BAD)
def test_documents_that_are_wrong(body: bytes, error: type[EOxServerError], words: str) -> None:
    with pytest.raises(error, match=words):
        document_params(body)


def test_elements_that_nobody_knows() -> None:
    with pytest.raises(InvalidRequest, match="force"):
        decoded("DeleteCoverage", "<CoverageId>a</CoverageId><force>1</force>")
