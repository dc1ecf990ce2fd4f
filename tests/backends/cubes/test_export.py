# SPDX-License-Identifier: MIT
"""Cubes as plain groups of Zarr, read by other programs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
import tensorstore as ts

from eoxserver.backends.cubes.base import CubeLayout
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import Cells
from eoxserver.core.errors import DataUnavailable, ItemMissing
from eoxserver.core.fields import Field, NilValue

TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64", "complex64", "complex128", "bool")
GDAL = tuple(int(part) for part in rasterio.__gdal_version__.split(".")[:2])
FORMATS = [2, pytest.param(3, marks=pytest.mark.skipif(GDAL < (3, 11), reason=f"GDAL {GDAL} lacks Zarr version 3"))]


def field(dtype: str) -> Field:
    nil = NilValue(math.nan if dtype in {"float32", "float64"} else 1.0)
    return Field(dtype, np.dtype(dtype), "m/s", (nil,) if dtype not in {"complex64", "int32"} else (), "speed")


LAYOUT = CubeLayout(tuple(field(dtype) for dtype in TYPES), ("t", "y", "x"), frozenset({"t"}), chunks=(1, 20, 30))
VALUES = np.random.default_rng(3).integers(0, 2, (len(TYPES), 3, 50, 70))


@pytest.fixture
def store(tmp_path: Path) -> OcdbtCubeStore:
    store = OcdbtCubeStore("cubes", tmp_path)
    with store.update("a", LAYOUT) as update:
        for time in (5, 1, 3):
            cells = Cells(VALUES[:, time // 2][:, np.newaxis].astype(np.uint8))
            update.write({"t": [float(time)], "y": range(-10, 40), "x": range(100, 170)}, cells)
        update.commit()
    return store


def opened(path: Path, name: str, zarr_format: int) -> npt.NDArray[Any]:
    driver = {2: "zarr", 3: "zarr3"}[zarr_format]
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": f"{path}/{name}/"}}
    array: npt.NDArray[Any] = ts.open(spec).result().read().result()
    return array


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_everything_is_there(store: OcdbtCubeStore, tmp_path: Path, zarr_format: int) -> None:
    store.export("a", "plain.zarr", attributes={"title": "Wind"}, zarr_format=zarr_format)
    path = tmp_path / "plain.zarr"
    for number, dtype in enumerate(TYPES):
        values = opened(path, dtype, zarr_format)
        assert values.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(values, VALUES[number].astype(dtype))
    assert opened(path, "t", zarr_format).tolist() == [1, 3, 5]
    assert opened(path, "y", zarr_format).tolist() == list(range(-10, 40))
    if zarr_format == 3:
        group = json.loads((path / "zarr.json").read_text())
        array = json.loads((path / "int16" / "zarr.json").read_text())
        attributes, labels, fill = array["attributes"], array["dimension_names"], array["fill_value"]
        assert group["node_type"] == "group" and group["attributes"] == {"title": "Wind"}
        assert array["chunk_grid"]["configuration"]["chunk_shape"] == [1, 20, 30]
    else:
        assert json.loads((path / ".zattrs").read_text()) == {"title": "Wind"}
        attributes = json.loads((path / "int16" / ".zattrs").read_text())
        labels, fill = (
            attributes["_ARRAY_DIMENSIONS"],
            json.loads((path / "int16" / ".zarray").read_text())["fill_value"],
        )
    assert (labels, fill) == (["t", "y", "x"], 1)
    assert {"units": "m/s", "long_name": "speed", "_FillValue": 1}.items() <= attributes.items()


@pytest.mark.parametrize("zarr_format", FORMATS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "complex64"])
def test_gdal_reads_it(store: OcdbtCubeStore, tmp_path: Path, zarr_format: int, dtype: str) -> None:
    store.export("a", "plain.zarr", zarr_format=zarr_format)
    with rasterio.open(f'ZARR:"{tmp_path / "plain.zarr"}":/{dtype}') as data:
        np.testing.assert_array_equal(data.read(), VALUES[TYPES.index(dtype)].astype(dtype))
        if zarr_format == 2:
            nodata = {"uint8": 1, "int16": 1, "float32": math.nan, "complex64": None}[dtype]
            np.testing.assert_equal(data.nodata, nodata)


def test_an_older_version(store: OcdbtCubeStore, tmp_path: Path) -> None:
    number = store.snapshot("a").version
    with store.update("a") as update:
        update.grow({"t": [9.0]})
        update.commit()
    store.export("a", str(tmp_path / "old"), number)
    store.export("a", (tmp_path / "new").as_uri())
    assert (opened(tmp_path / "old", "t", 3).size, opened(tmp_path / "new", "t", 3).size) == (3, 4)


def test_what_is_refused(store: OcdbtCubeStore, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    with pytest.raises(DataUnavailable, match="there"):
        store.export("a", "there")
    with pytest.raises(ItemMissing):
        store.export("b", "free")
    with pytest.raises(ItemMissing):
        store.export("a", "free", version=99)
    with pytest.raises(ValueError, match="accepted: 2, 3"):
        store.export("a", "free", zarr_format=1)
    assert not (tmp_path / "free").exists()
