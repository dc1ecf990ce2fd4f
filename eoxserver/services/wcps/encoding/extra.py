# SPDX-License-Identifier: MIT
"""The third argument of ``encode``, as a value: which keys there are, and what each accepts.

JSON, or one of two older forms: ``nodata=0;xmin=..;ymin=..;xmax=..;ymax=..;crs=EPSG:4326`` with further creation
options of the format, and the bare ``outputType=GeneralGridCoverage``. An unknown key is an error: a parameter that
does nothing is worse than none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from eoxserver.core.crs import ParseCrs, parse_crs
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.services.gmlcov.cis11 import GENERAL_GRID
from eoxserver.services.wcps.encoding.colormap import ColorMap, parse_color_map
from eoxserver.services.wcps.encoding.config import config_options
from eoxserver.services.wcps.encoding.georeference import SIDES, GeoReference, parse_bbox, parse_geo_reference
from eoxserver.services.wcps.encoding.palettes import Palette, parse_palette
from eoxserver.services.wcps.encoding.values import (
    an_object,
    known_keys,
    names_of,
    number_of_text,
    numbers_of,
    refused,
    texts_of,
)  # fmt: skip
from eoxserver.services.wcps.encoding.variables import Variable, parse_variables

__all__ = ["KEYS", "Extra", "parse_extra"]

_NODATA = "a number, or a list of one for each field; also NaN, Infinity and -Infinity"
_METADATA = "an object of texts, or one text"
_NAN_F = re.compile(r'("(?:[^"\\]|\\.)*")|\bNaNf\b')
"""Strings, to be left alone, and the one spelling of NaN that Python's JSON does not know."""
MOST_AXES = 64


@dataclass(frozen=True)
class Extra:
    """What a result is to be beside its format."""

    nodata: tuple[float, ...] = ()
    """Nil value, of all fields or of each; empty: as they are."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    place: GeoReference | None = None
    color_map: ColorMap | None = None
    palette: Palette | None = None
    variables: tuple[Variable, ...] = ()
    dimensions: tuple[str, ...] = ()
    transpose: int | None = None
    """The first of two neighbouring axes that change places, in grid order."""
    format_parameters: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    """GDAL's configuration options for this one write."""
    general_grid: bool = False
    """Whether GML and JSON are those of CIS 1.1."""


PLACE = "place"
Parts: TypeAlias = dict[str, Any]
"""Attributes of ``Extra``."""


def parse_extra(text: str | None, parse: ParseCrs = parse_crs) -> Extra:
    """The extra parameters that a text has; none for None and for blanks.

    Parameters
    ----------
    parse : callable
        From a text to a CRS.

    Raises
    ------
    InvalidParameterValue
        When the text is neither JSON nor ``key=value;...``, for unknown keys and for values they do not accept.
    CrsUnknown
    """
    given = (text or "").strip()
    if not given:
        return Extra()
    return Extra(**(_json(given, parse) if given.startswith("{") else _legacy(given, parse)))


def _json(text: str, parse: ParseCrs) -> Parts:
    try:
        found = json.loads(_NAN_F.sub(lambda match: match[1] or "NaN", text), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos + 1}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidParameterValue(
            f"the extra parameters cannot be deserialized{where}; accepted: a JSON object with keys of "
            f"{', '.join(KEYS)}, or <key>=<value>;...",
            locator="extra",
        ) from error
    known_keys(found, KEYS)
    if "geoReference" in found and "coordinates" in found:
        raise refused("coordinates", found["coordinates"], "only where there is no geoReference")
    parts: Parts = {}
    for key, value in found.items():
        name, read = KEYS[key]
        parts[name] = read(value, parse) if name == PLACE else read(value)
    return parts


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are there once."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise InvalidParameterValue(
            f"the extra parameters cannot be deserialized: key '{double}' is there twice", locator=double
        )
    return found


# -- keys of JSON ---------------------------------------------------------------------------------


def _metadata(value: object) -> dict[str, str]:
    if isinstance(value, str):
        return {"metadata": value} if value else {}
    return texts_of("metadata", value, _METADATA)


def _coordinates(value: object, parse: ParseCrs) -> GeoReference:
    given = an_object("coordinates", value, "an object of xmin, ymin, xmax and ymax, and of crs if need be")
    known_keys(given, (*SIDES, "crs"), "coordinates")
    return parse_bbox("coordinates", given, None, parse)


def _transpose(value: object) -> int:
    accepted = "two neighbouring axes, counted from 0, as [0, 1]"
    if not isinstance(value, list) or len(value) != 2 or not all(type(one) is int for one in value):
        raise refused("transpose", value, accepted)
    first = min(value)
    if abs(value[0] - value[1]) != 1 or not 0 <= first < MOST_AXES:
        raise refused("transpose", value, accepted)
    return int(first)


def _output_type(value: object) -> bool:
    if value != GENERAL_GRID:
        raise refused("outputType", value, GENERAL_GRID)
    return True


KEYS: Mapping[str, tuple[str, Callable[..., Any]]] = MappingProxyType({
    "nodata": ("nodata", lambda value: numbers_of("nodata", value, _NODATA)),
    "metadata": ("metadata", _metadata),
    "geoReference": (PLACE, parse_geo_reference),
    "coordinates": (PLACE, _coordinates),
    "variables": ("variables", parse_variables),
    "dimensions": ("dimensions", lambda value: names_of("dimensions", value, "a list of names")),
    "transpose": ("transpose", _transpose),
    "colorPalette": ("palette", parse_palette),
    "colorMap": ("color_map", parse_color_map),
    "formatParameters": ("format_parameters", lambda value: texts_of("formatParameters", value, "an object of texts")),
    "configOptions": (
        "config", lambda value: config_options(texts_of("configOptions", value, "an object of texts"))
    ),
    "outputType": ("general_grid", _output_type),
})  # fmt: skip
"""Each key with the attribute of ``Extra`` it sets, and how its value is read; a place with a parser of CRSs."""


# -- the older form ---------------------------------------------------------------------------------


def _legacy(text: str, parse: ParseCrs) -> Parts:
    """``key=value;key=value``; what is none of its own keys is a creation option of the format."""
    given: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        name = key.strip()
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise refused("extra", part.strip(), "a JSON object, or <key>=<value>;<key>=<value>")
        if name in given:
            raise refused("extra", name, "each key once")
        given[name] = value.strip()
    parts: Parts = {}
    if "nodata" in given:
        texts = given.pop("nodata").split(",")
        if any(number_of_text(one) is None for one in texts):
            raise refused("nodata", ",".join(texts), _NODATA)
        parts["nodata"] = numbers_of("nodata", [number_of_text(one) for one in texts], _NODATA)
    if "metadata" in given:
        parts["metadata"] = _metadata(given.pop("metadata"))
    if "outputType" in given:
        parts["general_grid"] = _output_type(given.pop("outputType"))
    place = {name: given.pop(name) for name in (*SIDES, "crs") if name in given}
    if place:
        parts[PLACE] = parse_bbox("extra", place, None, parse)
    if given:
        parts["format_parameters"] = given
    return parts
