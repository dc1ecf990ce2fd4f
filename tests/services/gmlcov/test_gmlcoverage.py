# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, UnsupportedCombination
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.services.gmlcov.gmlcoverage import encode_gml, gml_description
from tests.services.wcs.v20.coverages import airtemp, all_coverages, irr, nothing, pixels, rgb
from tests.xmlschemas import NS, ValidateXml, parse_xml

WORKSPACE = Workspace(Path("unused"))


def encoded(coverage: Coverage, workspace: Workspace = WORKSPACE) -> bytes:
    return b"".join(encode_gml(coverage, workspace))


def tuples(document: bytes) -> str:
    return str(parse_xml(document).findtext(".//gml:tupleList", namespaces=NS))


def table(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None, nil: float | None = None) -> Coverage:
    """Answer a coverage of one index axis for each dimension behind the first."""
    nils = () if nil is None else (NilValue(nil),)
    fields = tuple(Field(f"f{number}", values.dtype, nil=nils) for number in range(values.shape[0]))
    axes = tuple(IndexAxis(f"a{number}", size) for number, size in enumerate(values.shape[1:]))
    return Coverage("table", Domain(axes), RangeType(fields), MemorySource(values, valid))


@pytest.mark.parametrize("coverage", [*all_coverages(), nothing()], ids=lambda coverage: coverage.identifier)
def test_the_root_is_the_subtype_and_the_cells_are_in_array_order(coverage: Coverage) -> None:
    document = encoded(coverage)
    root = parse_xml(document)
    assert root.tag == f"{{{NS['gmlcov']}}}{coverage.domain.subtype}"
    assert root.get(f"{{{NS['gml']}}}id") == coverage.identifier
    assert isinstance(coverage.source, MemorySource)
    count = len(coverage.range_type)
    cells = [[float(v) for v in cell.split(" ")] for cell in tuples(document).split(",")]
    np.testing.assert_array_equal(np.array(cells).T, coverage.source.values.reshape(count, -1))


@pytest.mark.parametrize("coverage", all_coverages(), ids=lambda coverage: coverage.identifier)
def test_documents_are_valid_but_for_instants_in_quotes(coverage: Coverage, validate_xml: ValidateXml) -> None:
    validate_xml(re.sub(rb'"\d{4}-[^"]*Z"(?=[ <])', b"0", encoded(coverage)))


@pytest.mark.parametrize("pool", [False, True])
def test_blocks_do_not_show(pool: bool) -> None:
    whole = encoded(rgb())
    with ThreadPoolExecutor(2) as threads:
        for cells in (1, 5, 7, 24):
            assert encoded(rgb(), Workspace(Path("unused"), threads if pool else None, cells)) == whole


@settings(max_examples=50)
@given(
    hnp.arrays(
        st.sampled_from([np.dtype(name) for name in ("u1", "i2", "u4", "i8", "u8", "f4", "f8")]),
        hnp.array_shapes(min_dims=2, max_dims=4, max_side=3),
    )
)
def test_every_value_reads_back_as_itself(values: npt.NDArray[Any]) -> None:
    coverage = table(values)
    names = {"NaN": "nan", "INF": "inf", "-INF": "-inf"}
    cells = [[names.get(v, v) for v in cell.split(" ")] for cell in tuples(encoded(coverage)).split(",")]
    back = np.array([[values.dtype.type(v) for v in cell] for cell in cells], dtype=values.dtype).T
    np.testing.assert_array_equal(back.reshape(values.shape), values)


def test_cells_that_are_not_valid_are_nil_or_no_number() -> None:
    values = np.array([[1, 2, 3]], dtype="u1")
    valid = np.array([[True, False, True]])
    assert tuples(encoded(table(values, valid, 255))) == "1,255,3"
    assert tuples(encoded(table(values, valid))) == "1,NaN,3"
    assert tuples(encoded(table(values, np.ones_like(valid), 255))) == "1,2,3"
    assert tuples(encoded(table(values.astype("f4") + np.float32(0.1), valid, -9999))) == "1.1,-9999,3.1"


def test_truth_values_are_numbers() -> None:
    assert tuples(encoded(table(np.array([[True, False]])))) == "1,0"


def test_complex_values_are_refused() -> None:
    with pytest.raises(UnsupportedCombination, match="complex64"):
        encoded(table(np.zeros((1, 2), dtype="c8")))


def test_metadata_comes_last() -> None:
    document = encoded(replace(pixels(), metadata={"sensor": "MERIS"}))
    assert list(parse_xml(document))[-1].tag == f"{{{NS['gmlcov']}}}metadata"


@dataclass(frozen=True, eq=False)
class BrokenSource(MemorySource):
    """Fails from a row on."""

    row: int = 0

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        if box.high[0] > self.row:
            raise DataUnavailable("the file is truncated")
        return MemorySource.read(self, box, fields, level)


def test_nothing_is_sent_of_data_that_cannot_be_read() -> None:
    broken = replace(pixels(), source=BrokenSource(np.zeros((1, 4, 5), dtype="u1")))
    with pytest.raises(DataUnavailable):
        next(encode_gml(broken, WORKSPACE))


def test_the_size_of_a_coverage_does_not_matter() -> None:
    parts = list(encode_gml(airtemp(), WORKSPACE))
    assert len(parts) > 8
    assert max(map(len, parts)) < 1 << 20


def test_a_time_series_of_one_cell() -> None:
    source = irr()
    assert isinstance(source.source, MemorySource)
    series = Coverage(
        "series",
        Domain((source.domain.axes[0],)),
        source.range_type,
        MemorySource(source.source.values[:, :, 0, 0]),
    )
    root = parse_xml(encoded(series))
    assert root.findtext(".//gml:tupleList", namespaces=NS) == "0 18,6 24,12 30"
    assert root.findtext(".//gml:pos", namespaces=NS) == '"2008-01-01T00:00:00.000Z"'


@pytest.mark.parametrize("coverage", all_coverages(), ids=lambda coverage: coverage.identifier)
def test_a_description_is_the_document_without_its_range_set(coverage: Coverage) -> None:
    description = "".join(gml_description(coverage))
    if coverage.range_type.dtype.kind == "c":
        assert parse_xml(description.encode()).find("gml:rangeSet", NS) is None
        return
    whole = b"".join(encode_gml(coverage, WORKSPACE)).decode()
    start, end = whole.index("<gml:rangeSet>"), whole.index("</gml:rangeSet>\n") + len("</gml:rangeSet>\n")
    assert description == whole[:start] + whole[end:]
