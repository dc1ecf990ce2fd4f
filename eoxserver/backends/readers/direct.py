# SPDX-License-Identifier: MIT
"""Which files of strangers may be opened: those that hold their cells themselves, and send the reader to no others."""

from __future__ import annotations

from pathlib import Path

__all__ = ["INDIRECT_DRIVERS", "is_text"]

INDIRECT_DRIVERS = frozenset(
    {"VRT", "WMS", "WMTS", "WCS", "GTI", "STACTA", "STACIT", "DERIVED", "HTTP", "MBTiles", "GPKG"}
)
"""Formats of GDAL whose files send it to others, or need more than one look."""


def is_text(path: Path) -> bool:
    """Whether a file is XML or JSON, most of which name other files (VRT, WMS and their like); reads its start."""
    with path.open("rb") as file:
        head = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"<", b"{"))
