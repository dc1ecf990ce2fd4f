# SPDX-License-Identifier: MIT
"""Polygons with a value as a shapefile in a ZIP archive (ESRI Shapefile Technical Description, July 1998)."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from shapely import Polygon
from shapely.geometry.polygon import orient

from eoxserver.core.crs import Crs

__all__ = ["zipped_shapefile"]

_POLYGON = 5
_HEADER = 100
"""Length of a header [bytes]."""
_WHOLE, _REAL = ("N", 11, 0), ("F", 24, 15)
"""Type, width and decimals of the value in the table."""


def zipped_shapefile(
    features: Sequence[tuple[Polygon, Any]], dtype: np.dtype[Any], crs: Crs | None, title: str
) -> bytes:  # fmt: skip
    """The four files of a shapefile; without a CRS the three that need none.

    Parameters
    ----------
    features : sequence
        Polygons with their values.
    dtype : numpy dtype
        Of the values.
    crs : Crs or None
        Of the coordinates; None when they are not tied to the Earth.
    title : str
        The name of the files.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", title)
    records = [_record(polygon) for polygon, _ in features]
    bounds = np.array([polygon.bounds for polygon, _ in features]).reshape(-1, 4)
    box = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)) if len(bounds) else (0.0,) * 4
    shapes, index, offset = [], [], _HEADER
    for number, record in enumerate(records, 1):
        shapes.append(struct.pack(">ii", number, len(record) // 2) + record)
        index.append(struct.pack(">ii", offset // 2, len(record) // 2))
        offset += 8 + len(record)
    answer = io.BytesIO()
    with zipfile.ZipFile(answer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.shp", _header(offset, box) + b"".join(shapes))
        archive.writestr(f"{name}.shx", _header(_HEADER + 8 * len(records), box) + b"".join(index))
        archive.writestr(
            f"{name}.dbf", _table([value for _, value in features], _REAL if dtype.kind == "f" else _WHOLE)
        )
        if crs is not None:
            archive.writestr(f"{name}.prj", crs.to_pyproj().to_wkt("WKT1_ESRI"))
    return answer.getvalue()


def _header(length: int, box: Sequence[float]) -> bytes:
    return struct.pack(">i20xi", 9994, length // 2) + struct.pack("<2i8d", 1000, _POLYGON, *box, 0, 0, 0, 0)


def _record(polygon: Polygon) -> bytes:
    """A polygon: outlines are clockwise, holes the other way."""
    turned = orient(polygon, -1.0)
    rings = [np.asarray(ring.coords)[:, :2] for ring in (turned.exterior, *turned.interiors)]
    starts = np.cumsum([0, *(len(ring) for ring in rings[:-1])]).astype("<i4")
    points = np.concatenate(rings).astype("<f8")
    return (
        struct.pack("<i4d2i", _POLYGON, *polygon.bounds, len(rings), len(points)) + starts.tobytes() + points.tobytes()
    )


def _table(values: Sequence[Any], column: tuple[str, int, int]) -> bytes:
    """A dBASE III table of one column, ``value``; numbers that are not finite are blank."""
    kind, width, decimals = column
    head = struct.pack("<4BIHH20x", 3, 100, 1, 1, len(values), 32 + 32 + 1, 1 + width)
    head += struct.pack("<11sc4xBB14x", b"value", kind.encode(), width, decimals) + b"\r"
    rows = "".join(f" {_cell(value, width, decimals)}" for value in values)
    return head + rows.encode() + b"\x1a"


def _cell(value: Any, width: int, decimals: int) -> str:
    if not np.isfinite(value):
        return " " * width
    if not decimals:
        return f"{int(value):{width}d}"
    fixed = f"{value:{width}.{decimals}f}"
    return fixed if len(fixed) <= width else f"{value:{width}.{decimals}e}"
