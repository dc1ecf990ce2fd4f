# SPDX-License-Identifier: MIT
"""Projections that a request centres itself: ``AUTO/1.3/42001`` to ``42005`` (WMS 1.3.0, OGC 06-042, annex B).

Named ``.../crs/AUTO/1.3/42003?CenterLongitude=-100&CenterLatitude=45``, with ``UoM`` or without; as ``AUTO42003`` of
the authority OGC; or as maps ask for them: ``AUTO2:42003,1,-100,45`` (factor to metres, longitude, latitude) and
``AUTO:42003,9001,-100,45`` (EPSG code of the unit). All are on WGS 84 and have easting before northing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyproj

from eoxserver.core.crs.identity import ROOT, Crs, offline
from eoxserver.core.crs.registry import described
from eoxserver.core.errors import CrsUnknown, NoSuchDefinition

__all__ = ["AUTO_CODES", "AUTO_PARAMETERS", "AUTO_VERSION", "auto_crs", "is_auto"]

AUTO_VERSION = "1.3"
AUTO_PARAMETERS = ("CenterLatitude", "CenterLongitude", "UoM")
"""Of all of them; the first two have no default."""

_UNITS: Mapping[str, tuple[str, float]] = {
    "m": ("m", 1.0), "metre": ("m", 1.0), "9001": ("m", 1.0), "km": ("km", 1000.0), "9036": ("km", 1000.0),
    "ft": ("ft", 0.3048), "9002": ("ft", 0.3048), "us-ft": ("us-ft", 1200 / 3937), "9003": ("us-ft", 1200 / 3937),
}  # fmt: skip
"""Units by name and EPSG code: the name in canonical URIs, and the length [m]."""


@dataclass(frozen=True, slots=True)
class _Projection:
    """One of the five: its name, and the PROJ text for a centre (longitude, latitude)."""

    name: str
    text: Callable[[float, float], str]


def _transverse(meridian: float, latitude: float) -> str:
    northing = 0 if latitude >= 0 else 10_000_000
    return f"+proj=tmerc +lat_0=0 +lon_0={_number(meridian)} +k=0.9996 +x_0=500000 +y_0={northing}"


AUTO_CODES: Mapping[str, _Projection] = {
    "42001": _Projection(
        "WGS 84 / Auto UTM",
        lambda lon, lat: _transverse(-183 + 6 * min(math.floor((lon + 180) / 6) + 1, 60), lat),
    ),
    "42002": _Projection("WGS 84 / Auto Tr. Mercator", _transverse),
    "42003": _Projection(
        "WGS 84 / Auto Orthographic", lambda lon, lat: f"+proj=ortho +lat_0={_number(lat)} +lon_0={_number(lon)}"
    ),
    "42004": _Projection(
        "WGS 84 / Auto Equirectangular", lambda lon, lat: f"+proj=eqc +lat_ts={_number(lat)} +lon_0={_number(lon)}"
    ),
    "42005": _Projection("WGS 84 / Auto Mollweide", lambda lon, _: f"+proj=moll +lon_0={_number(lon)}"),
}
"""By code."""


def is_auto(authority: str, code: str) -> bool:
    """Whether authority and code mean a projection of this table (or one like it that there is not)."""
    return authority in {"AUTO", "AUTO2"} or (authority == "OGC" and re.match(r"auto2?:?\d", code, re.I) is not None)


def auto_crs(authority: str, code: str, parameters: Mapping[str, str]) -> Crs:
    """The projection of a code around a centre.

    Parameters
    ----------
    authority : str
        ``AUTO``, ``AUTO2`` or ``OGC``.
    code : str
        The number, after ``AUTO`` or not, followed by unit, longitude and latitude or not.
    parameters : mapping
        ``CenterLongitude`` and ``CenterLatitude`` [degrees], ``UoM``; names in any case.

    Raises
    ------
    CrsUnknown
        When there is no such code, or parameters are missing, wrong or not known.
    """
    number, *listed = re.sub("^auto2?:?", "", code, flags=re.I).split(",")
    if number not in AUTO_CODES:
        raise NoSuchDefinition(
            f"no projection AUTO/{AUTO_VERSION}/{number}; accepted: {', '.join(AUTO_CODES)}", locator=number
        )
    given = _listed(authority, listed) if listed else _named(number, parameters)
    longitude = _degrees(number, "CenterLongitude", given, 180)
    latitude = _degrees(number, "CenterLatitude", given, 90)
    unit, metres = _unit(given.get("UoM", "m"))
    uri = (
        f"{ROOT}crs/AUTO/{AUTO_VERSION}/{number}?CenterLatitude={_number(latitude)}&CenterLongitude="
        f'{_number(longitude)}&UoM="{unit}"'
    )
    offline()
    scale = "" if metres == 1 else f" +to_meter={metres!r}"
    text = f"{AUTO_CODES[number].text(longitude, latitude)} +datum=WGS84{scale} +no_defs +type=crs"
    whole = pyproj.CRS.from_proj4(text).to_json_dict()
    named = pyproj.CRS.from_json_dict(whole | {"name": AUTO_CODES[number].name})
    return described(named, uri, "AUTO", AUTO_VERSION, number)


def _named(number: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Parameters by the names of ``AUTO_PARAMETERS``."""
    known = {name.lower(): name for name in AUTO_PARAMETERS}
    for name in parameters:
        if name.lower() not in known:
            raise CrsUnknown(
                f"AUTO/{AUTO_VERSION}/{number} has no parameter '{name}'; accepted: {', '.join(AUTO_PARAMETERS)}, "
                "axis-label-1, axis-label-2",
                locator=name,
            )
    return {known[name.lower()]: value for name, value in parameters.items()}


def _listed(authority: str, values: list[str]) -> dict[str, str]:
    """Unit, longitude and latitude as maps list them; AUTO2 has a factor where AUTO has the code of a unit."""
    if len(values) != 3:
        raise CrsUnknown(f"{authority}:..,{','.join(values)}: unit, longitude and latitude are needed", locator="crs")
    unit, longitude, latitude = (value.strip() for value in values)
    if authority != "AUTO":
        try:
            factor = float(unit)
        except ValueError:
            factor = math.nan
        unit = next((name for name, metres in _UNITS.values() if math.isclose(metres, factor)), f"factor {unit}")
    return {"UoM": unit, "CenterLongitude": longitude, "CenterLatitude": latitude}


def _degrees(number: str, name: str, given: Mapping[str, str], most: float) -> float:
    if name not in given:
        raise CrsUnknown(
            f"AUTO/{AUTO_VERSION}/{number} needs {name}, as in ?CenterLongitude=-100&CenterLatitude=45", locator=name
        )
    try:
        value = float(given[name])
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise CrsUnknown(f"{name} '{given[name]}'; accepted: -{most:g} to {most:g}", locator=name)
    return value


def _unit(text: str) -> tuple[str, float]:
    if text.lower() not in _UNITS:
        names = ", ".join(dict.fromkeys(name for name, _ in _UNITS.values()))
        raise CrsUnknown(f"UoM '{text}'; accepted: {names}", locator="UoM")
    return _UNITS[text.lower()]


def _number(value: float) -> str:
    return f"{value:.12g}" if value else "0"
