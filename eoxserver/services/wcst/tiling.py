# SPDX-License-Identifier: MIT
"""The tiling clause of array databases: how cells are to be kept together, which a store may take as advice.

``ALIGNED [0:500,0:500] TILE SIZE 4000000``, ``REGULAR [0:9,0:511]``, ``AREA OF INTEREST [0:9,0:9],[20:29,5:9]``,
``DIRECTIONAL [0,512,1024],[],[0,15,200] WITH SUBTILING``, ``STATISTIC [0:9,0:9] BORDER THRESHOLD 50``; without its
scheme a clause is aligned. Extents are ``low:high`` or a number of cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eoxserver.core.errors import InvalidParameterValue

__all__ = ["Tiling", "tiling"]

_INTEGER = r"[+-]?\d{1,12}"
_EXTENT = rf"(?:(?:{_INTEGER}|\*)\s*:\s*(?:{_INTEGER}|\*)|{_INTEGER}|\*)"
_BOX = rf"\[\s*{_EXTENT}(?:\s*,\s*{_EXTENT})*\s*\]"
_SPLITS = rf"\[\s*(?:{_INTEGER}(?:\s*,\s*{_INTEGER})*\s*)?\]"
_SIZE = r"(?:\s+tile\s+size\s+(?P<size>\d{1,15}))?"
_CLAUSES = tuple(
    re.compile(rf"\s*(?:tiling\s+)?{text}{_SIZE}\s*", re.IGNORECASE)
    for text in (
        rf"(?P<scheme>aligned|regular)(?:\s*(?P<box>{_BOX}))?",
        rf"(?P<box>{_BOX})",
        rf"(?P<scheme>area\s+of\s+interest)\s*{_BOX}(?:\s*,\s*{_BOX})*",
        rf"(?P<scheme>directional)\s*{_SPLITS}(?:\s*,\s*{_SPLITS})*(?:\s+with\s+subtiling)?",
        rf"(?P<scheme>statistic)(?:\s*{_BOX}(?:\s*,\s*{_BOX})*)?(?:\s+border\s+threshold\s+\d+)?"
        r"(?:\s+interest\s+threshold\s+[0-9.]+)?",
    )
)
_MOST = 1 << 20
"""Cells of a tile along an axis, at most."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """What a clause says."""

    scheme: str
    """``aligned``, ``regular``, ``area of interest``, ``directional`` or ``statistic``."""
    shape: tuple[int | None, ...] = ()
    """Cells of a tile along each axis, where the clause says so; None: the whole axis. Empty: it does not say."""
    size: int | None = None
    """Of a tile, at most [bytes]."""

    def chunks(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The cells of a tile along each axis of an array; None when the clause does not say.

        Parameters
        ----------
        shape : tuple of int
            Of the array: it fills open extents.

        Raises
        ------
        InvalidParameterValue
            When the clause is of another number of axes.
        """
        if not self.shape:
            return None
        if len(self.shape) != len(shape):
            raise InvalidParameterValue(
                f"tiling: the clause has {len(self.shape)} extents; the coverage has {len(shape)} axes",
                locator="tiling",
            )
        return tuple(
            min(cells if given is None else given, _MOST) for given, cells in zip(self.shape, shape, strict=True)
        )


def tiling(text: str) -> Tiling:
    """Read a clause.

    >>> tiling("ALIGNED [0:0,0:1023,0:1023] TILE SIZE 4000000")
    Tiling(scheme='aligned', shape=(1, 1024, 1024), size=4000000)

    Raises
    ------
    InvalidParameterValue
        When it cannot be read, or an extent ends before it begins.
    """
    for clause in _CLAUSES:
        match = clause.fullmatch(text)
        if match is not None:
            break
    else:
        raise InvalidParameterValue(
            f"tiling: '{text}' cannot be read; accepted: ALIGNED or REGULAR [low:high,...], AREA OF INTEREST, "
            "DIRECTIONAL or STATISTIC, and TILE SIZE with a number of bytes",
            locator="tiling",
        )
    found = match.groupdict()
    scheme = " ".join((found.get("scheme") or "aligned").lower().split())
    size = int(match["size"]) if match["size"] else None
    if size == 0:
        raise InvalidParameterValue("tiling: a tile has at least one byte", locator="tiling")
    return Tiling(scheme, _shape(found.get("box") or "", text), size)


def _shape(box: str, text: str) -> tuple[int | None, ...]:
    extents: list[int | None] = []
    for part in filter(None, (part.strip() for part in box.strip("[] ").split(","))):
        low, colon, high = (bound.strip() for bound in part.partition(":"))
        if "*" in (low, high):
            extents.append(None)
            continue
        cells = int(high) - int(low) + 1 if colon else int(low)
        if cells < 1:
            raise InvalidParameterValue(f"tiling: the extent {part} in '{text}' has no cells", locator="tiling")
        extents.append(cells)
    return tuple(extents)
