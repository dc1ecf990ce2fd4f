# SPDX-License-Identifier: MIT
"""The key ``colorPalette`` of ``encode``: GDAL's palette of one field, and how fields are to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Colour, RangeType
from eoxserver.services.wcps.encoding.values import a_list, an_object, integer, known_keys, refused

__all__ = ["ENTRIES", "Palette", "painted", "parse_palette"]

ENTRIES = 256
"""Most entries of a palette."""
INTERPRETATIONS: Mapping[str, str] = MappingProxyType({
    "undefined": "", "gray": "gray", "grey": "gray", "palette": "palette", "red": "red", "green": "green",
    "blue": "blue", "alpha": "alpha", "hue": "hue", "saturation": "saturation", "lightness": "lightness",
    "cyan": "cyan", "magenta": "magenta", "yellow": "yellow", "black": "black",
})  # fmt: skip
"""GDAL's colour interpretations by the names that are accepted, without ``GCI_`` and in any case."""
_ACCEPTED = '{"paletteInterp": "RGB", "colorInterp": ["Palette"], "colorTable": [[<red>, <green>, <blue>, <alpha>]]}'
_COLOUR = "a list of one grey, three or four integers from 0 to 255"


@dataclass(frozen=True, slots=True)
class Palette:
    """What the key says."""

    colours: tuple[Colour, ...] = ()
    """Of the values 0, 1, 2, ...; empty: no palette."""
    interpretations: tuple[str, ...] = ()
    """Of each field; empty: not said."""


def parse_palette(value: object, key: str = "colorPalette") -> Palette:
    """The palette that JSON describes; raises InvalidParameterValue."""
    given = an_object(key, value, _ACCEPTED)
    known_keys(given, ("paletteInterp", "colorInterp", "colorTable"), key)
    kind = given.get("paletteInterp", "RGB")
    if not isinstance(kind, str) or kind.lower() not in ("rgb", "gray", "grey"):
        raise refused(f"{key}.paletteInterp", kind, "RGB, Gray")
    words = a_list(f"{key}.colorInterp", given.get("colorInterp", []), "a list of names, one for each field")
    interpretations = tuple(_interpretation(f"{key}.colorInterp", word) for word in words)
    rows = a_list(f"{key}.colorTable", given.get("colorTable", []), f"a list of up to {ENTRIES} colours")
    if len(rows) > ENTRIES:
        raise refused(f"{key}.colorTable", f"{len(rows)} colours", f"up to {ENTRIES}")
    return Palette(tuple(_colour(f"{key}.colorTable", row) for row in rows), interpretations)


def painted(coverage: Coverage, palette: Palette) -> Coverage:
    """The coverage with the palette on its one field, and its fields as they are to be shown.

    Raises
    ------
    UnsupportedCombination
        For a palette of several fields, or of values that are no bytes; for another number of interpretations than
        there are fields.
    """
    fields = coverage.range_type.fields
    if palette.interpretations:
        if len(palette.interpretations) != len(fields):
            raise UnsupportedCombination(
                f"colorPalette.colorInterp has {len(palette.interpretations)} names for {len(fields)} fields",
                locator="colorPalette",
            )
        pairs = zip(fields, palette.interpretations, strict=True)
        fields = tuple(replace(field, interpretation=word) for field, word in pairs)
    if palette.colours:
        if len(fields) != 1 or fields[0].dtype.name not in ("bool", "uint8", "uint16"):
            kinds = ", ".join(f"{field.name}: {field.dtype}" for field in fields)
            raise UnsupportedCombination(
                f"colorPalette.colorTable colours one field of the type uint8 or uint16; the result has {kinds}",
                locator="colorPalette",
            )
        rest = [(0, 0, 0, 0)] * (ENTRIES - len(palette.colours))
        fields = (replace(fields[0], palette=(*palette.colours, *rest), interpretation="palette"),)
    return replace(coverage, range_type=RangeType(fields))


def _interpretation(key: str, word: object) -> str:
    name = word.lower().removeprefix("gci_").removesuffix("index").removesuffix("band") if isinstance(word, str) else ""
    if name not in INTERPRETATIONS:
        raise refused(key, word, ", ".join(one.capitalize() for one in INTERPRETATIONS))
    return INTERPRETATIONS[name]


def _colour(key: str, value: object) -> Colour:
    row = [integer(key, one, 0, 255) for one in a_list(key, value, _COLOUR)]
    match row:
        case [grey]:
            return (grey, grey, grey, 255)
        case [red, green, blue]:
            return (red, green, blue, 255)
        case [red, green, blue, alpha]:
            return (red, green, blue, alpha)
    raise refused(key, value, _COLOUR)
