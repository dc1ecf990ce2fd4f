# SPDX-License-Identifier: MIT
"""The palette that a coverage carries in its metadata, as ``colorPaletteTable``: for a PNG of one field of bytes.

The text is a JSON list of ``[r, g, b, a]`` rows, or such rows line by line with commas between the numbers, for the
values 0, 1, 2, ...; or it is a table of GDAL's ``gdaldem`` or of GMT (``.cpt``), whose colours are mixed between the
values it has. Metadata that is none of these gives no palette.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np

from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.core.fields import Colour, RangeType
from eoxserver.services.wcps.encoding.palettes import ENTRIES, parse_palette
from eoxserver.services.wcps.encoding.values import number_of_text

__all__ = ["KEY", "table_colours", "with_own_palette"]

KEY = "colorPaletteTable"
"""Name of the metadata."""
_PARTS = re.compile(r"[\s:/,]+")


def with_own_palette(coverage: Coverage) -> Coverage:
    """The coverage with the palette its metadata has, if it is one field of bytes without a palette."""
    fields = coverage.range_type.fields
    text = coverage.metadata.get(KEY, "")
    if not text or len(fields) != 1 or fields[0].dtype != np.uint8 or fields[0].palette is not None:
        return coverage
    colours = table_colours(text)
    if not colours:
        return coverage
    rest = [(0, 0, 0, 0)] * (ENTRIES - len(colours))
    painted = replace(fields[0], palette=(*colours, *rest), interpretation="palette")
    return replace(coverage, range_type=RangeType((painted,)))


def table_colours(text: str) -> tuple[Colour, ...]:
    """The colours of the values 0, 1, 2, ... of a table; none when the text is no table.

    >>> table_colours("0,0,0,0")
    ((0, 0, 0, 0),)
    """
    if text.lstrip().startswith(("[", "{")):
        return _of_json(text)
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    rows = [[part.strip() for part in line.split(",")] for line in lines]
    if rows and all(len(row) in (3, 4) for row in rows):
        return _of_json(json.dumps(rows))
    return _of_entries([_PARTS.split(line) for line in lines])


def _of_json(text: str) -> tuple[Colour, ...]:
    """Rows of colours, or an object with them as ``colorTable``."""
    try:
        found = json.loads(text)
        rows = found.get("colorTable") if isinstance(found, dict) else found
        return parse_palette({"colorTable": rows}).colours
    except (ValueError, RecursionError, InvalidParameterValue):
        return ()


def _of_entries(rows: list[list[str]]) -> tuple[Colour, ...]:
    """Values with a colour each, or the two ends of intervals with one each; named values and colours are left out."""
    entries: dict[float, tuple[int, ...]] = {}
    for row in rows:
        numbers = [number_of_text(part) for part in row]
        known = [one for one in numbers if one is not None and np.isfinite(one)]
        if len(known) != len(row):
            continue
        ends = (known[:4], known[4:]) if len(known) == 8 else (known,)
        for end in ends:
            if len(end) not in (4, 5) or not all(0 <= part <= 255 for part in end[1:]):
                return ()
            entries[end[0]] = (*(int(part) for part in end[1:4]), int(end[4]) if len(end) == 5 else 255)
    if not entries:
        return ()
    values = sorted(entries)
    table = np.array([entries[one] for one in values])
    mixed = [np.interp(np.arange(ENTRIES), values, component) + 0.5 for component in table.T]
    return tuple((int(r), int(g), int(b), int(a)) for r, g, b, a in zip(*mixed, strict=True))
