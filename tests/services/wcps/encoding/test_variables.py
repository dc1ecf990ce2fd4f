# SPDX-License-Identifier: MIT
"""Names in netCDF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.core.axes import IrregularAxis, RegularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import InvalidParameterValue, InvalidRequest
from eoxserver.services.wcps.encoding.variables import named, parse_variables
from eoxserver.testing.coverages import counted, cube, image
from tests.services.wcps.encoding.tools import Encoding, table


@contextmanager
def written(encoding: Encoding, coverage: Coverage, folder: Path, **keys: Any) -> Iterator[Any]:
    path = folder / "result.nc"
    path.write_bytes(encoding.bytes(coverage, "netcdf", json.dumps(keys)))
    with HDF5_LOCK, netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        yield dataset


def test_lists_of_names(encoding: Encoding, tmp_path: Path) -> None:
    values = counted((2, 3, 4))
    keys = {"variables": ["height", "depth"], "dimensions": ["northing", "easting"]}
    with written(encoding, image(values), tmp_path, **keys) as dataset:
        assert dataset["height"].dimensions == dataset["depth"].dimensions == ("northing", "easting")
        np.testing.assert_array_equal(dataset["depth"][:], values[1])
        assert dataset["easting"].standard_name == "longitude"


def test_an_object_for_each_variable(encoding: Encoding, tmp_path: Path) -> None:
    variables: dict[str, Any] = {
        "i": {"type": "double", "data": [10, 20.5, 40], "metadata": {"note": "columns"}},
        "v": {
            "type": "short",
            "metadata": {"units": "K", "long_name": "warmth", "standard_name": "air_temperature", "source": "me"},
        },
    }
    with written(encoding, table([[1.4, 2.5, 90000.0]], "float64"), tmp_path, variables=variables) as dataset:
        assert dataset["i"][:].tolist() == [10, 20.5, 40]
        assert dataset["i"].note == "columns"
        assert (dataset["v"].dtype, dataset["v"][:].tolist()) == (np.dtype("int16"), [1, 3, 32767])
        told = {name: dataset["v"].getncattr(name) for name in ("units", "long_name", "standard_name", "source")}
        assert told == variables["v"]["metadata"]


def test_names_inside_of_objects(encoding: Encoding, tmp_path: Path) -> None:
    with written(encoding, table([[1, 2]]), tmp_path, variables={"any": {"name": "real"}}) as dataset:
        assert dataset["real"][:].tolist() == [1, 2]


def test_coordinates_keep_an_axis_regular_where_they_are() -> None:
    coverage = cube(counted((1, 2, 3, 4)))
    label = coverage.domain.labels[2]
    moved = named(coverage, parse_variables({label: {"data": [1, 3, 5, 7]}}), ())
    axis = moved.domain.axes[2]
    assert isinstance(axis, RegularAxis) and (axis.origin, axis.step) == (1, 2)
    irregular = named(coverage, parse_variables({label: {"data": [1, 3, 5, 8]}}), ()).domain.axes[2]
    assert isinstance(irregular, IrregularAxis) and irregular.coefficients.tolist() == [1, 3, 5, 8]


@pytest.mark.parametrize(
    ("keys", "locator", "text"),
    [
        ({"variables": ["a", "b"]}, "variables", "names a, b; the result has 1 field (b1), and the axes i, j"),
        ({"variables": {"a": {"type": "text"}}}, "variables.a.type", "accepted: byte"),
        ({"variables": {"a": {"units": "K"}}}, "units", "no key 'units' of variables.a"),
        ({"variables": {"a": "K"}}, "variables.a", "an object of type, name, data and metadata"),
        ({"variables": {"a": {"name": ""}}}, "variables.a.name", "accepted: a name"),
        ({"variables": {"a": {"metadata": []}}}, "variables.a.metadata", "an object of texts"),
        ({"variables": {"a": {"name": "c"}, "b": {"name": "c"}}}, "variables", "each name once"),
        ({"variables": {}}, "variables", "each name once"),
        ({"variables": 5}, "variables", "a list of names, or an object"),
        ({"variables": {"i": {"data": [1]}}}, "variables.i.data", "1 numbers: accepted: 2 numbers"),
        ({"variables": {"i": {"data": [1, 1]}}}, "variables.i.data", "all rise or all fall"),
        ({"variables": {"i": {"data": ["x", 1]}}}, "variables.i.data", "accepted: a number"),
        ({"variables": {"v": {"data": [1]}}}, "variables.v.data", "only for axes: i, j"),
        ({"dimensions": ["x"]}, "dimensions", "2 names, for i, j"),
    ],
)
def test_what_is_wrong(encoding: Encoding, keys: dict[str, Any], locator: str, text: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        encoding.result(table(counted((1, 2, 3))), "netcdf", json.dumps(keys))
    assert text in caught.value.message
    assert caught.value.locator == locator


@pytest.mark.parametrize("key", ["variables", "dimensions"])
def test_other_formats_have_no_variables(encoding: Encoding, key: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{key} does not apply to the format image/tiff; accepted: netcdf"):
        encoding.result(table(counted((1, 2, 3))), "tiff", json.dumps({key: ["a"]}))
