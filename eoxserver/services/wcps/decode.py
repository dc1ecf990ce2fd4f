# SPDX-License-Identifier: MIT
"""``decode($1)``: files that come with a query, as coverages (WCPS specification, section 8, query 60).

A file must be a georeferenced raster that holds its cells itself; it lies on disk no longer than it takes to read it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from eoxserver.backends.readers.base import Description, Reader
from eoxserver.backends.readers.direct import INDIRECT_DRIVERS, is_text
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import CellBox, Coverage, MemorySource
from eoxserver.core.errors import EOxServerError, InvalidParameterValue, LimitExceeded
from eoxserver.services.wire import Upload

__all__ = ["decode_file"]

ARRAYS = frozenset({"netCDF", "HDF5", "HDF4", "HDF5Image", "HDF4Image", "GRIB", "Zarr"})
"""Formats of GDAL for arrays of any number of axes, which are not decoded."""


def decode_file(upload: Upload, readers: Iterable[type[Reader]], settings: Settings) -> Coverage:
    """A file as a coverage in memory, named after the number of its parameter.

    Parameters
    ----------
    upload : Upload
        Its ``name`` is the number.
    readers : iterable of classes of Reader
        In the order in which they are asked; each is made for this file alone, and nothing of it stays open.

    Raises
    ------
    InvalidParameterValue
        When it is no georeferenced raster, or one of a format that is not accepted.
    LimitExceeded
        When its cells take more than ``services.wcps.max_file_bytes``.
    """
    folder = settings.path(settings.cache.directory) / "results"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="decode-", dir=folder) as place:
        path = Path(place, "file")
        path.write_bytes(upload.content)
        if not upload.content or is_text(path):
            raise _refused(upload, "it is empty" if not upload.content else "it is text, and may name other files")
        for kind in readers:
            reader = kind(settings)
            try:
                if reader.can_open(str(path)):
                    return _read(upload, reader, path, settings.wcps.max_file_bytes)
            finally:
                reader.close()
    raise _refused(upload, "no reader knows its format")


def _read(upload: Upload, reader: Reader, path: Path, limit: int) -> Coverage:
    try:
        found = reader.describe(str(path))
        _check(upload, found, limit)
        source = reader.open(str(path))
        cells = source.read(CellBox.whole(source.shape), range(len(found.range_type)))
    except (InvalidParameterValue, LimitExceeded):
        raise
    except EOxServerError as error:
        # What a client sends is its own affair, not that of the server.
        raise _refused(upload, error.message.replace(str(path), "it")) from error
    return Coverage(
        identifier=f"file{upload.name}",
        domain=found.domain,
        range_type=found.range_type,
        source=MemorySource(cells.values, cells.valid),
        metadata=dict(found.metadata),
    )


def _check(upload: Upload, found: Description, limit: int) -> None:
    if found.driver in INDIRECT_DRIVERS:
        raise _refused(upload, f"files of the format {found.driver} may name other files")
    if found.driver in ARRAYS:
        raise _refused(upload, f"files of the format {found.driver} are not decoded")
    if found.domain.horizontal is None or found.domain.horizontal_crs is None:
        raise _refused(upload, "it is not georeferenced")
    size = found.domain.cell_count * found.range_type.cell_bytes
    if size > limit:
        raise LimitExceeded(
            f"the cells of file ${upload.name} take {size} bytes; {limit} are allowed (max_file_bytes)",
            locator=upload.name,
        )


def _refused(upload: Upload, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"file ${upload.name} cannot be decoded: {reason}; accepted are georeferenced rasters, as GeoTIFF",
        locator=upload.name,
    )
