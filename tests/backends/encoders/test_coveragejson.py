# SPDX-License-Identifier: MIT
"""CoverageJSON, read with nothing but ``json``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoxserver.backends.encoders.coveragejson import CoverageJsonEncoder
from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.rasters import raster_domain
from eoxserver.testing.coverages import counted, cube, fields_of, image, index_image, profile, single_value
from tests.backends.encoders.tools import check, encode


def document(coverage: Coverage, folder: Path, **workspace: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(CoverageJsonEncoder, coverage, folder, **workspace))
    assert found["type"] == "Coverage"
    assert found["id"] == coverage.identifier
    assert set(found["ranges"]) == set(found["parameters"]) == set(coverage.range_type.names)
    return found


def along(axis: Any) -> Coverage:
    values = np.zeros((1, axis.size), "uint8")
    return Coverage("one", Domain((axis,)), fields_of(values), MemorySource(values))


def test_a_cube_is_a_grid(tmp_path: Path) -> None:
    values = counted((2, 3, 2, 4, 5), "float32")
    found = document(cube(values), tmp_path, block_cells=7)
    domain = found["domain"]
    assert (domain["type"], domain["domainType"]) == ("Domain", "Grid")
    assert domain["axes"]["t"] == {
        "values": ["2008-01-02T00:00:00.000Z", "2008-01-04T00:00:00.000Z", "2008-01-07T00:00:00.000Z"]
    }
    assert domain["axes"]["z"] == {"values": [0.0, 1.0]}
    assert domain["axes"]["y"] == {"start": 44.375, "stop": 40.625, "num": 4}
    assert domain["axes"]["x"] == {"start": 11, "stop": 19, "num": 5}
    for number, name in enumerate(("b1", "b2")):
        about = found["ranges"][name]
        assert about["axisNames"] == ["t", "z", "y", "x"]
        assert (about["type"], about["dataType"]) == ("NdArray", "float")
        np.testing.assert_array_equal(np.array(about["values"], "f4").reshape(about["shape"]), values[number])


def test_reference_systems_have_their_axes_in_the_order_of_the_crs(tmp_path: Path) -> None:
    geographic = {"type": "GeographicCRS", "id": "http://www.opengis.net/def/crs/EPSG/0/4326"}
    assert document(cube(counted((1, 2, 2, 4, 5))), tmp_path)["domain"]["referencing"] == [
        {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
        {"coordinates": ["z"], "system": {"type": "VerticalCRS", "id": "http://www.opengis.net/def/crs/EPSG/0/5773"}},
        {"coordinates": ["y", "x"], "system": geographic},
    ]
    projected = image(counted((1, 4, 5)), crs="EPSG:32633", bounds=(0, 0, 50, 40))
    (only,) = document(projected, tmp_path)["domain"]["referencing"]
    assert only["coordinates"] == ["x", "y"]
    assert only["system"] == {"type": "ProjectedCRS", "id": "http://www.opengis.net/def/crs/EPSG/0/32633"}


def test_times_with_an_extent_have_bounds(tmp_path: Path) -> None:
    days = document(cube(counted((1, 2, 4, 5)), irregular=False), tmp_path)["domain"]["axes"]["t"]
    assert days["values"] == ["2008-01-01T12:00:00.000Z", "2008-01-02T12:00:00.000Z"]
    assert [text[8:13] for text in days["bounds"]] == ["01T00", "02T00", "02T00", "03T00"]


def test_a_cell_alone_keeps_its_extent(tmp_path: Path) -> None:
    axes = document(image(counted((1, 1, 5))), tmp_path)["domain"]["axes"]
    assert axes["y"] == {"values": [42.5], "bounds": [40, 45]} or axes["y"] == {"values": [42.5], "bounds": [45, 40]}


def test_long_axes_come_in_pieces(tmp_path: Path) -> None:
    crs = parse_crs("OGC/0/AnsiDate")
    days = IrregularAxis("ansi", np.cumsum(np.arange(1, 10_001) % 3 + 1.0), crs=crs, unit="d", role=Role.T)
    values = document(along(days), tmp_path)["domain"]["axes"]["t"]["values"]
    assert len(values) == len(set(values)) == 10_000
    assert values == sorted(values)


def test_axes_without_a_role_keep_their_label(tmp_path: Path) -> None:
    found = document(profile(counted((1, 7))), tmp_path)["domain"]
    assert found["axes"] == {"i": {"start": 0, "stop": 6, "num": 7}}
    assert "domainType" not in found
    index = "http://www.opengis.net/def/crs/OGC/0/Index1D"
    assert found["referencing"] == [{"coordinates": ["i"], "system": {"type": "EngineeringCRS", "id": index}}]
    assert set(document(index_image(counted((1, 4, 5))), tmp_path)["domain"]["axes"]) == {"i", "j"}


def test_a_label_that_is_a_role_elsewhere_gets_a_number(tmp_path: Path) -> None:
    plane = raster_domain(parse_crs("EPSG:4326"), (0, 0, 2, 1), 2, 1)
    domain = Domain((IndexAxis("x", 3), *plane.axes))
    values = counted((1, 3, 1, 2))
    found = document(Coverage("c", domain, fields_of(values), MemorySource(values)), tmp_path)
    assert found["ranges"]["b1"]["axisNames"] == ["x_2", "y", "x"]
    assert "domainType" not in found["domain"]


def test_times_before_the_year_1_are_numbers(tmp_path: Path) -> None:
    crs = parse_crs("OGC/0/ChronometricGeologicTime")
    axis = RegularAxis("geologic", 100.0, 1.0, 3, crs=crs, unit="Ma", role=Role.T)
    found = document(along(axis), tmp_path)["domain"]
    assert found["axes"] == {"geologic": {"start": 100, "stop": 102, "num": 3}}
    assert found["referencing"][0]["system"] == {"type": "EngineeringCRS", "id": crs.uri}


def test_a_single_value(tmp_path: Path) -> None:
    found = document(single_value(2.5), tmp_path)
    assert found["domain"] == {"type": "Domain", "axes": {}, "referencing": []}
    assert found["ranges"]["b1"] == {"type": "NdArray", "dataType": "float", "values": [2.5]}


def test_what_is_not_valid_is_null(tmp_path: Path) -> None:
    values = np.array([[[1, -9999], [np.nan, 4]]], "float32")
    assert document(image(values, nil=-9999), tmp_path)["ranges"]["b1"]["values"] == [1, None, None, 4]
    truths = image(np.array([[[True, False]]]))
    assert document(truths, tmp_path)["ranges"]["b1"] | {"shape": 0} == {
        "type": "NdArray", "dataType": "integer", "axisNames": ["y", "x"], "shape": 0, "values": [1, 0],
    }  # fmt: skip


def test_parameters_say_what_the_fields_are(tmp_path: Path) -> None:
    field = Field(
        "tg", np.dtype("i2"), unit="Cel", nil=(NilValue(-9999),), label="Temperature", description="of the air",
        definition="http://vocab.nerc.ac.uk/standard_name/air_temperature/",
    )  # fmt: skip
    coverage = replace(image(counted((1, 2, 2), "i2")), range_type=RangeType((field,)))
    found = document(coverage, tmp_path)
    assert found["parameters"]["tg"] == {
        "type": "Parameter",
        "description": {"en": "of the air"},
        "observedProperty": {"id": field.definition, "label": {"en": "Temperature"}},
        "unit": {"symbol": {"value": "Cel", "type": "http://www.opengis.net/def/uom/UCUM/"}},
    }
    assert found["ranges"]["tg"]["dataType"] == "integer"


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(UnsupportedCombination, match="field b1 is complex64, which GeoTIFF holds"):
        check(CoverageJsonEncoder, image(counted((1, 4, 5), "complex64")), {})
