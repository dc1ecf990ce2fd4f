# SPDX-License-Identifier: MIT
"""What a data item is to its coverage: ``metadata``, ``bands``, ``bands[i]``, ``bands[i:j]``, or any other word.

Band numbers count from 0; the end of ``bands[i:j]`` is not included, as in Python.
"""

from __future__ import annotations

import re

__all__ = ["METADATA", "band_range", "check_semantic"]

METADATA = "metadata"

_BANDS = re.compile(r"bands(?:\[(\d{1,6})(?::(\d{1,6}))?\])?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*(?:\[[A-Za-z0-9_.:-]*\])?")


def check_semantic(semantic: str) -> None:
    """Refuse what is no semantic.

    Raises
    ------
    ValueError
        When it begins like ``bands`` and goes on otherwise than it may, or is no word at all.
    """
    if re.match(r"bands\b", semantic):
        band_range(semantic, None)
    elif _WORD.fullmatch(semantic) is None:
        raise ValueError(f"'{semantic}' is no semantic; accepted: metadata, bands, bands[i], bands[i:j], a word")


def band_range(semantic: str, count: int | None) -> range | None:
    """The fields of the coverage that an item holds, in order; None when it holds no bands.

    Parameters
    ----------
    count : int or None
        Fields of the coverage, all of which ``bands`` stands for; None: not known, ``bands`` is then an empty range.

    Raises
    ------
    ValueError
        When the range is empty, goes beyond ``count``, or is not one.

    >>> band_range("bands[1:3]", 4), band_range("bands[2]", 4), band_range("bands", 4), band_range("metadata", 4)
    (range(1, 3), range(2, 3), range(0, 4), None)
    """
    if not re.match(r"bands\b", semantic):
        return None
    match = _BANDS.fullmatch(semantic)
    if match is None:
        raise ValueError(f"'{semantic}' is no range of bands; accepted: bands, bands[i], bands[i:j]")
    if match[1] is None:
        return range(count or 0)
    first = int(match[1])
    bands = range(first, first + 1 if match[2] is None else int(match[2]))
    if not bands:
        raise ValueError(f"'{semantic}' names no band; the second number is one beyond the last band")
    if count is not None and bands.stop > count:
        raise ValueError(f"'{semantic}' goes beyond the {count} fields of the coverage")
    return bands
