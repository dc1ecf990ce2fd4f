# SPDX-License-Identifier: MIT
"""The reader of everything that GDAL reads as a raster."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from rasterio.drivers import raster_driver_extensions

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.drivers import NOT_BY_NAME
from eoxserver.backends.locations import data_file
from eoxserver.backends.rasters import GDAL_ERRORS, prepare_gdal, unavailable
from eoxserver.backends.readers.base import Description
from eoxserver.backends.readers.blockcache import BlockCache
from eoxserver.backends.readers.gdal_describe import describe_raster
from eoxserver.backends.readers.gdal_source import GdalSource
from eoxserver.backends.readers.handles import Handles, identify_path
from eoxserver.backends.readers.layout import look_ahead
from eoxserver.conf.schema import Settings
from eoxserver.plugins.markers import hookimpl

__all__ = ["GdalReader", "eoxs_readers"]

MAGIC = (
    b"II*\0", b"MM\0*", b"II+\0", b"MM\0+",  # TIFF, BigTIFF
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51",
    b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05", b"GRIB", b"NITF", b"NSIF", b"EHFA_HEADER_TAG",
    b"<VRTDataset", b"SIMPLE  =", b"PDS_VERSION_ID", b"CEOS",
)  # fmt: skip
"""First bytes of common raster formats."""


class GdalReader:
    """Rasters through GDAL: one band a field, overviews as levels.

    Parameters
    ----------
    settings : Settings
        ``evaluation.open_files`` bounds the files that are kept open, ``evaluation.tile_cache_bytes`` the decoded
        blocks that are kept in memory.
    """

    key: ClassVar[str] = "GDAL"

    def __init__(self, settings: Settings) -> None:
        prepare_gdal()
        self._handles = Handles(settings.evaluation.open_files)
        self._blocks = BlockCache(settings.evaluation.tile_cache_bytes)

    @property
    def handles(self) -> Handles:
        """The open files."""
        return self._handles

    @property
    def blocks(self) -> BlockCache:
        """The decoded blocks in memory."""
        return self._blocks

    def can_open(self, path: str) -> bool:
        """Say whether a file looks like a raster, by its first bytes or its extension; GDAL's own paths do."""
        if isinstance(path, RasterPath):
            return True
        file = data_file(path)
        if file is None or not Path(file).is_file():
            return False
        try:
            with Path(file).open("rb") as stream:
                head = stream.read(16)
        except OSError:
            return False
        if head.startswith(MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
            return True
        extension = Path(file).suffix.lower().lstrip(".")
        known = extension in raster_driver_extensions() and extension not in NOT_BY_NAME
        return bool(head) and (known or _has_header(Path(file)))

    def describe(self, path: str) -> Description:
        """Describe a raster.

        Raises
        ------
        DataUnavailable
            When it is missing or unreadable.
        RegistrationRefused
            When it has no cells of its own, or a grid that is rotated or mirrored.
        """
        identity = identify_path(path, data_file(path))
        with self._handles.lend(path, 0, identity) as handle:
            look_ahead(path, identity, self._handles)
            try:
                return handle.use(partial(describe_raster, path=path))
            except GDAL_ERRORS as error:
                raise unavailable(path, error) from error

    def open(self, path: str) -> GdalSource:
        """Make a source over a raster; it opens nothing before it is asked for something."""
        return GdalSource(path, self._handles, self._blocks)

    def open_once(self, path: str) -> GdalSource:
        """Make a source whose cells are going to be read together, and not again."""
        return GdalSource(path, self._handles, self._blocks, once=True)

    def close(self) -> None:
        """Close every file and drop the blocks."""
        self._handles.close()
        self._blocks.clear()


def _has_header(file: Path) -> bool:
    """Whether a file of plain cells (ENVI, EHdr) has its header next to it."""
    if file.suffix.lower() in (".hdr", ".xml", ".txt"):
        return False
    return any(header.is_file() for header in (file.with_suffix(".hdr"), Path(f"{file}.hdr")))


@hookimpl
def eoxs_readers() -> Sequence[type]:
    """Add the reader of all that GDAL reads."""
    return [GdalReader]
