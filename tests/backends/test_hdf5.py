# SPDX-License-Identifier: MIT
"""Which files are read through libhdf5."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.backends.hdf5 import HDF5_LOCK, hdf5_guard, is_hdf5
from tests.backends.rasters import convert, pattern, write

MAGIC = b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize(
    "content", [MAGIC + b"rest", b"\0" * 512 + MAGIC, b"\0" * 2048 + MAGIC, b"CDF\x01", b"CDF\x05.."]
)
def test_the_first_bytes_tell(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert is_hdf5(str(path))


@pytest.mark.parametrize("content", [b"", b"II*\0", b"\0" * 100 + MAGIC, b"CDF"])
def test_other_files_are_not(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert not is_hdf5(str(path))
    assert not is_hdf5(str(tmp_path / "gone"))
    assert not is_hdf5(str(tmp_path))


def test_what_gdal_writes_as_netcdf_is(tmp_path: Path) -> None:
    tiff = write(tmp_path / "a.tif", pattern((1, 4, 5)))
    assert is_hdf5(convert(tiff, tmp_path / "a.nc", "netCDF"))
    assert is_hdf5(convert(tiff, tmp_path / "b.nc", "netCDF", FORMAT="NC4"))
    assert not is_hdf5(tiff)


def test_the_guard_is_the_lock_or_nothing() -> None:
    assert hdf5_guard(True) is HDF5_LOCK
    with hdf5_guard(False):
        pass
