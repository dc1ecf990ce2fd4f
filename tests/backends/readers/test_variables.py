# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from eoxserver.backends.readers.variables import VariableSource
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable, NoSuchField

CELLS = np.arange(60, dtype="int16").reshape(3, 4, 5)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A file of packed, big-endian, grouped and unusual variables."""
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as dataset:
        for name, size in (("t", 3), ("y", 4), ("x", 5)):
            dataset.createDimension(name, size)
        packed = dataset.createVariable("packed", "i2", ("t", "y", "x"), fill_value=7, chunksizes=(1, 4, 5))
        packed.set_auto_maskandscale(False)
        packed.scale_factor, packed.add_offset = 0.5, 100.0
        packed[:] = CELLS
        big = dataset.createVariable("big", ">f4", ("t", "y", "x"), endian="big")
        big[:] = CELLS * 2
        group = dataset.createGroup("deep")
        group.createVariable("inside", "u1", ("t", "y", "x"))[:] = CELLS
        dataset.createVariable("flat", "u1", ("y", "x"))[:] = 0
        dataset.createVariable("words", str, ("t",))
    return str(tmp_path / "a.nc")


def test_values_are_those_that_are_stored(path: str) -> None:
    source = VariableSource(path, ["packed", "big", "deep/inside"])
    assert source.shape == (3, 4, 5)
    assert source.chunks == (1, 4, 5)
    assert [dtype.name for dtype in source.dtypes] == ["int16", "float32", "uint8"]
    assert source.fill_values == (7.0, None, None)
    box = CellBox((1, 0, 2), (3, 2, 5))
    found = source.read(box, [1, 0])
    assert found.valid is None
    np.testing.assert_array_equal(found.values, [2 * CELLS[box.slices], CELLS[box.slices]])
    assert source.read(box, [2]).values.dtype == np.uint8


def test_what_is_refused(path: str, tmp_path: Path) -> None:
    for names in (["none"], ["deep/none"], ["nowhere/inside"]):
        with pytest.raises(NoSuchField):
            VariableSource(path, names)
    for names in (["packed", "flat"], ["words"]):
        with pytest.raises(DataUnavailable):
            VariableSource(path, names)
    (tmp_path / "b.nc").write_bytes(b"CDF\x01" + bytes(4))
    with pytest.raises(DataUnavailable, match=r"b\.nc"):
        VariableSource(str(tmp_path / "b.nc"), ["a"])
