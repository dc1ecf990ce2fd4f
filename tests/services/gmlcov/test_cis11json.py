# SPDX-License-Identifier: MIT
"""General grid coverages in JSON, made into coverages again by a reader of their structure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.services.gmlcov.cis11json import description_json, encode_general_grid_json
from tests.services.wcs.conftest import Client
from tests.services.wcs.v20.coverages import all_coverages, irr, nothing, pixels, rgb

WORKSPACE = Workspace(Path("unused"))


def document(coverage: Coverage, workspace: Workspace = WORKSPACE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"".join(encode_general_grid_json(coverage, workspace)))
    return found


def taken(about: dict[str, Any], kind: str, *keys: str) -> list[Any]:
    """Answer the members of an object, which must be of this type and have no others."""
    assert about.pop("type") == kind
    assert set(about) == set(keys)
    return [about[key] for key in keys]


def read_domain(found: dict[str, Any]) -> Domain:
    """Answer the domain that a document tells of, with everything in it understood."""
    (grid,) = taken(found["domainSet"], "DomainSetType", "generalGrid")
    srs_name, labels, axes, limits = taken(
        grid, "GeneralGridCoverageType", "srsName", "axisLabels", "axis", "gridLimits"
    )
    index_name, index_labels, index_axes = taken(limits, "GridLimitsType", "srsName", "axisLabels", "axis")
    assert index_name.endswith(f"Index{len(axes)}D")
    components = {label: crs for crs in parse_crs(srs_name).components for label in crs.labels}
    read = []
    for about, index, label in zip(axes, index_axes, index_labels, strict=True):
        index_label, first, last = taken(index, "IndexAxisType", "axisLabel", "lowerBound", "upperBound")
        assert index_label == label
        axis = read_axis(about, components, last - first + 1)
        assert axis.size == last - first + 1
        read.append(axis)
    return Domain(tuple(read), tuple(labels))


def read_axis(about: dict[str, Any], components: dict[str, Crs], size: int) -> Axis:
    label = about["axisLabel"]
    if about["type"] == "IndexAxisType":
        _, low, high = taken(about, "IndexAxisType", "axisLabel", "lowerBound", "upperBound")
        return IndexAxis(label, high - low + 1, low)
    crs = components[label.upper() if label == "h" else label]  # one of the coverages calls a height differently
    role = next(axis.role for axis in crs.axes if axis.label.lower() == label.lower())
    if about["type"] == "IrregularAxisType":
        _, unit, values = taken(about, "IrregularAxisType", "axisLabel", "uomLabel", "coordinate")
        return IrregularAxis(label, np.array([number(crs, value) for value in values]), crs, unit, role)
    _, low, high, unit, step = taken(
        about, "RegularAxisType", "axisLabel", "lowerBound", "upperBound", "uomLabel", "resolution"
    )
    start = number(crs, low) if step > 0 else number(crs, high)
    return RegularAxis(label, start + step / 2, step, size, crs, unit, role)


def number(crs: Crs, value: str | float) -> float:
    return parse_coordinate(crs, value, "axis") if isinstance(value, str) else value


def same(a: Axis, b: Axis) -> bool:
    """Whether two axes are one; index axes may lack a CRS, which is then that of their indices."""
    if isinstance(a, IndexAxis) or isinstance(b, IndexAxis):
        return isinstance(a, IndexAxis) and isinstance(b, IndexAxis) and (a.label, a.first) == (b.label, b.first)
    np.testing.assert_allclose(a.coordinates(), b.coordinates(), rtol=1e-12)
    return (type(a), a.label, a.crs, a.unit, a.role) == (type(b), b.label, b.crs, b.unit, b.role)


@pytest.mark.parametrize("coverage", all_coverages(), ids=lambda coverage: coverage.identifier)
def test_the_document_has_the_whole_coverage(coverage: Coverage) -> None:
    found = document(coverage)
    domain = read_domain(found)
    assert domain.crs_labels == coverage.domain.crs_labels
    assert all(same(a, b) for a, b in zip(domain.axes, coverage.domain.axes, strict=True))
    (block,) = taken(found["rangeSet"], "RangeSetType", "dataBlock")
    count = len(coverage.range_type)
    (values,) = taken(block, "VDataBlockType" if count == 1 else "CVDataBlockType", "values")
    cells = np.array([str(cell).split() for cell in values], float).T
    assert isinstance(coverage.source, MemorySource)
    np.testing.assert_array_equal(cells, coverage.source.values.reshape(count, -1))
    assert set(found) == {"type", "id", "envelope", "domainSet", "rangeSet", "rangeType"}
    assert (found["type"], found["id"]) == ("CoverageByDomainAndRangeType", coverage.identifier)


def test_the_envelope_is_in_crs_order() -> None:
    _, labels, axes = taken(document(irr())["envelope"], "EnvelopeByAxisType", "srsName", "axisLabels", "axis")
    assert labels == ["ansi", "X", "Y"]
    assert axes[0] == {
        "type": "AxisExtentType", "axisLabel": "ansi", "uomLabel": "d",
        "lowerBound": "2008-01-01T00:00:00.000Z", "upperBound": "2008-01-05T00:00:00.000Z",
    }  # fmt: skip
    assert [(axis["lowerBound"], axis["upperBound"]) for axis in axes[1:]] == [(0, 3000), (0, 2000)]


def test_the_range_type() -> None:
    nils = (NilValue(-9999, reason="http://x/missing"), NilValue(float("nan")), NilValue(float("-inf"), -1))
    field = Field("t", np.dtype("f4"), "Cel", nils, "Temp", "of air", "http://x/t", ((0, 40.5),))
    found = document(replace(pixels(), range_type=RangeType((field,)), metadata={"k": "v"}))
    assert found["metadata"] == {"covMetadata": {"k": "v"}}
    (fields,) = taken(found["rangeType"], "DataRecordType", "field")
    assert fields == [
        {
            "type": "QuantityType", "name": "t", "label": "Temp", "description": "of air", "definition": "http://x/t",
            "uom": {"type": "UnitReference", "code": "Cel"},
            "nilValues": [
                {"type": "NilValueType", "value": -9999, "reason": "http://x/missing"},
                {"type": "NilValueType", "value": "NaN", "reason": ""},
                {"type": "NilValueType", "value": "*:-1", "reason": ""},
            ],
            "constraint": {"type": "AllowedValues", "interval": [0, 40.5]},
        }
    ]  # fmt: skip
    assert document(rgb())["rangeType"]["field"][0]["definition"].endswith("/OGC/0/unsignedByte")


def test_what_is_no_number_is_null() -> None:
    values = np.array([[[1.5, np.nan], [np.inf, 4]]], "f4")
    domain = pixels().domain.replaced({0: IndexAxis("j", 2), 1: IndexAxis("i", 2)})
    fields = RangeType((Field("v", np.dtype("f4")),))
    coverage = Coverage("c", domain, fields, MemorySource(values, np.array([[[True, True], [True, False]]])))
    assert document(coverage)["rangeSet"]["dataBlock"]["values"] == [1.5, None, None, None]


def test_a_single_value() -> None:
    found = document(nothing())
    assert found["domainSet"]["generalGrid"]["axis"] == []
    assert found["rangeSet"]["dataBlock"]["values"] == ["0 1"]


def test_blocks_do_not_show() -> None:
    assert document(rgb()) == document(rgb(), Workspace(Path("unused"), None, 5))


def test_a_description_is_the_coverage_without_its_values() -> None:
    for coverage in all_coverages():
        whole = document(coverage)
        del whole["rangeSet"]
        assert json.loads("".join(description_json(coverage))) == whole


def test_descriptions_by_request(client: Client) -> None:
    for version in ("2.0.1", "2.1.0"):
        pairs = (("version", version), ("request", "DescribeCoverage"), ("format", "application/json"))
        one = client.ask(*pairs, ("coverageId", "irr"))
        assert one.media_type == "application/json"
        assert isinstance(one.body, bytes)
        assert json.loads(one.body)["id"] == "irr"
        two = client.ask(*pairs, ("coverageId", "irr,rgb"))
        assert isinstance(two.body, bytes)
        assert [found["id"] for found in json.loads(two.body)] == ["irr", "rgb"]
