# SPDX-License-Identifier: MIT
"""The one lock around everything that calls libhdf5 or libnetcdf.

Neither library is safe in threads: GDAL's drivers for their formats and the netCDF4 module crash the process when two
threads are inside. Whoever opens, reads, writes or closes such a file holds ``HDF5_LOCK`` meanwhile, and holds it no
longer than one call: a thread that waits for other threads while it has the lock may wait for ever.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

__all__ = ["HDF5_DRIVERS", "HDF5_LOCK", "hdf5_guard", "is_hdf5"]

HDF5_LOCK = threading.RLock()
"""A global on purpose: what it guards is state of the process, shared by all who load the library."""

HDF5_DRIVERS = frozenset({"BAG", "GMT", "HDF5", "HDF5Image", "KEA", "netCDF"})
"""GDAL drivers that call libhdf5 or libnetcdf."""

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_NETCDF_MAGIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")


def hdf5_guard(needed: bool) -> AbstractContextManager[object]:
    """Answer a context manager that holds the lock when it is needed."""
    return HDF5_LOCK if needed else nullcontext()


def is_hdf5(path: str) -> bool:
    """Say whether a local file is read through libhdf5 or libnetcdf, by its first bytes.

    An HDF5 file may start with a block of the user's own: its signature is at byte 0, 512, 1024, 2048 and so on
    (HDF5 File Format Specification 3.0, II.A).
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(8)
            if head.startswith(_NETCDF_MAGIC) or head == _HDF5_MAGIC:
                return True
            for offset in (512, 1024, 2048, 4096):
                file.seek(offset)
                if file.read(8) == _HDF5_MAGIC:
                    return True
    except OSError:
        return False
    return False
