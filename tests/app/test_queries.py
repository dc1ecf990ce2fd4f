# SPDX-License-Identifier: MIT
"""``Instance.wcps``: queries whose results are values of Python."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray
from rasterio.transform import from_bounds

from eoxserver.app import Instance
from eoxserver.core.errors import (
    InvalidParameterValue,
    InvalidSubsetting,
    NoSuchCoverage,
    UnsupportedCombination,
    WcpsSemanticError,
    WcpsSyntaxError,
)
from tests.applications import application, instance_template, raster_cells
from tests.services.wcps import samples

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def instance(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Answer an instance with the coverages of the specification."""
    with application(tmp_path_factory.mktemp("queries"), instance_template) as app:
        for coverage in samples.samples():
            app.instance.ingestion.insert(coverage)
        yield app.instance


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("for $c in (mr) return max($c)", 255),
        ("for $c in (mr) return avg($c)", 127.5),
        ("for $c in (mr) return some($c = 3)", True),
        ("for $c in (mr) return (1.5, 2)", 1.5 + 2j),
        ("for $c in (rgb) return $c[i(3), j(4)]", (3, 4, 7)),
        ('for $c in (eobs) return $c[t:"CRS:1"(0),Lat:"CRS:1"(0),Long:"CRS:1"(5)]', None),
        ("for $c in (mr) return identifier($c)", "mr"),
        ("for $c in (mr, rgb) return identifier($c)", ["mr", "rgb"]),
        ("for $c in (mr, rgb) where max($c.0) < 0 return identifier($c)", []),
    ],
)
def test_scalars_and_texts(instance: Instance, query: str, value: object) -> None:
    found = instance.wcps(query)
    assert found == value
    assert type(found) is type(value)


def test_encoded_results_are_bytes(instance: Instance) -> None:
    found = instance.wcps('for $c in (mr) return encode($c, "png")')
    assert raster_cells(found).shape == (1, 211, 256)
    described = instance.wcps('for $c in (mr) return describe($c, "json", "outputType=GeneralGridCoverage")')
    assert json.loads(described)["id"] == "mr"


def test_a_coverage_of_one_field_is_a_data_array(instance: Instance) -> None:
    found = instance.wcps('for $c in (eobs) return $c[t("1950-01-02":"1950-01-04")]')
    assert isinstance(found, xarray.DataArray)
    assert (found.name, found.dims, found.shape) == ("tg", ("t", "Lat", "Long"), (3, 30, 40))
    assert found["t"].values.tolist() == np.array(["1950-01-02", "1950-01-03", "1950-01-04"], "M8[ms]").tolist()
    assert found["Lat"].values[0] == 39.75
    assert found.attrs["units"] == "0.01Cel"
    cells = samples.eobs().source
    values, valid = cells.values[0, 1:4], cells.valid[0, 1:4]  # type: ignore[attr-defined]  # it is in memory
    np.testing.assert_array_equal(found.values, np.where(valid, values, np.nan))
    assert found.dtype == np.dtype("f4")


def test_a_coverage_of_several_fields_is_a_data_set(instance: Instance) -> None:
    found = instance.wcps("for $c in (rgb) return {a: $c.red; b: (float) $c.green}")
    assert isinstance(found, xarray.Dataset)
    assert {name: array.dtype for name, array in found.items()} == {"a": np.dtype("u1"), "b": np.dtype("f4")}
    assert found.sizes == {"i": 400, "j": 344}


def test_cells_that_cannot_be_read_are_told_with_their_place(instance: Instance) -> None:
    query = "for $c in (mr) return coverage a over $x i(0:9) values $c[i($x), j($c[i($x), j(0)] * 100)]"
    for asked in (query, f"for $c in (mr) return max({query.partition('return ')[2]})"):
        with pytest.raises(InvalidSubsetting, match=r"^line 1, column \d+: cell 300 of axis j") as caught:
            instance.wcps(asked)
        assert caught.value.message.endswith("^")


def test_without_xarray_a_coverage_must_be_encoded(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(UnsupportedCombination, match="encode"):
        instance.wcps("for $c in (mr) return $c")


def test_parameters_are_texts_paths_and_bytes(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "own.tif"
    place = {"crs": "EPSG:4326", "transform": from_bounds(40, 25, 60, 40, 40, 30)}
    with rasterio.open(path, "w", "GTiff", width=40, height=30, count=1, dtype="int16", **place) as dataset:
        dataset.write(np.full((1, 30, 40), 7, "i2"))
    query = "for $d in (decode($1)) return max($d) + $2"
    for given in (path, str(path), path.read_bytes()):
        assert instance.wcps(query, given, "3") == 10
    with pytest.raises(InvalidParameterValue, match="cannot be read"):
        instance.wcps(query, tmp_path / "none.tif", "3")
    with pytest.raises(InvalidParameterValue, match=r"no decode\(\$2\)"):
        instance.wcps(query, path, path)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("for $c in", WcpsSyntaxError),
        ("for $c in (nope) return 1", NoSuchCoverage),
        ("for $c in (mr) return $d", WcpsSemanticError),
    ],
)
def test_mistakes_are_errors_with_their_place(instance: Instance, query: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="line 1, column"):
        instance.wcps(query)
