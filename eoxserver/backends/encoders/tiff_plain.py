# SPDX-License-Identifier: MIT
"""Uncompressed TIFF, put together from a header by GDAL and the cells as they are.

GDAL takes most of its time for an uncompressed result to carry the cells through its caches. Here it only writes the
header of a tiny file with the same fields, CRS and metadata, once for all results alike; size, place and the position
of the cells are set in a copy of it (TIFF 6.0 section 2; for the place OGC 19-008r4, ModelPixelScaleTag and
ModelTiepointTag). The cells follow in one strip, interleaved by pixel.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.io import MemoryFile

from eoxserver.backends.encoders.planes import Gathered, Plane, rasterio_crs
from eoxserver.backends.encoders.png import interleaved
from eoxserver.backends.encoders.tiff_writer import describe, fields_profile, metadata_tags
from eoxserver.core.crs import Crs
from eoxserver.core.fields import Field

__all__ = ["can_be_plain", "plain_tiff"]

WIDTH, HEIGHT, ROWS_PER_STRIP = 256, 257, 278
OFFSETS, BYTE_COUNTS = 273, 279
PIXEL_SCALE, TIE_POINT = 33550, 33922
LONG = 4
MOST_BYTES = 1 << 31
ALIGNMENT = 16
PROBE = 4
"""Rows and columns of the tiny file."""


def can_be_plain(plane: Plane, gathered: Gathered) -> bool:
    """Say whether a header and the cells are all there is: no mask, no ground control points, not too large."""
    masked = gathered.shown is not None and fields_profile(plane.fields)["nodata"] is None
    small = gathered.values.nbytes < MOST_BYTES
    return small and not masked and plane.tie_points is None and sys.byteorder == "little"


def plain_tiff(plane: Plane, values: npt.NDArray[Any]) -> Iterator[bytes]:
    """Yield the bytes of an uncompressed TIFF: its header, then its cells.

    Parameters
    ----------
    values : ndarray, shape (field, rows, columns)
        Filled, in the type of the file.
    """
    crs = plane.coverage.domain.horizontal_crs
    header = bytearray(_header(plane.fields, crs, tuple(sorted(metadata_tags(plane).items()))))
    rows, columns = plane.shape
    entries = _entries(header)
    numbers = {WIDTH: columns, HEIGHT: rows, ROWS_PER_STRIP: rows, OFFSETS: len(header), BYTE_COUNTS: values.nbytes}
    for tag, number in numbers.items():
        struct.pack_into("<HII", header, entries[tag] + 2, LONG, 1, number)
    if plane.transform is not None:
        place = plane.transform
        _put_doubles(header, entries[PIXEL_SCALE], (place.a, -place.e, 0.0))
        _put_doubles(header, entries[TIE_POINT], (0.0, 0.0, 0.0, place.c, place.f, 0.0))
    yield bytes(header)
    yield interleaved(values).tobytes() if len(values) > 1 else values.tobytes()


@lru_cache(maxsize=64)
def _header(fields: tuple[Field, ...], crs: Crs | None, tags: tuple[tuple[str, str], ...]) -> bytes:
    """The header of a tiny file in one strip that holds no cells."""
    place = {} if crs is None else {"crs": rasterio_crs(crs), "transform": Affine(3, 0, 1000, 0, -5, 2000)}
    profile = fields_profile(fields) | {"interleave": "pixel", "SPARSE_OK": "TRUE", "blockysize": PROBE}
    with MemoryFile() as memory:
        with memory.open(width=PROBE, height=PROBE, **profile, **place) as target:
            describe(target, fields, dict(tags))
        header = bytes(memory.getbuffer())
    return header + bytes(-len(header) % ALIGNMENT)


def _entries(header: bytearray) -> dict[int, int]:
    """Tag -> where its entry is in the header."""
    (start,) = struct.unpack_from("<I", header, 4)
    (count,) = struct.unpack_from("<H", header, start)
    places = [start + 2 + 12 * number for number in range(count)]
    return {struct.unpack_from("<H", header, place)[0]: place for place in places}


def _put_doubles(header: bytearray, entry: int, values: tuple[float, ...]) -> None:
    """Set the values of an entry that has as many."""
    count, place = struct.unpack_from("<II", header, entry + 4)
    assert count == len(values)
    header[place : place + 8 * count] = np.array(values).tobytes()
