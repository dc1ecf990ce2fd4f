# SPDX-License-Identifier: MIT
"""CRSs of PROJ's database, and those written as WKT, PROJJSON or PROJ text.

Axis order, direction and unit are the database's. Labels are its abbreviations, with two exceptions: latitude and
longitude are always ``Lat`` and ``Long`` (the database changed its mind between versions), and what follows a
parenthesis is dropped (``E(X)``). A definition that carries a code, or that PROJ identifies with one, becomes the CRS
of that code, with the axis order of the database: rasters store WKT whose axis order means nothing. A time CRS in WKT
becomes ``OGC/0/Temporal`` with its origin and unit.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import numpy as np
import pyproj
from pyproj.exceptions import CRSError, ProjError

from eoxserver.core.crs.identity import ROOT, Crs, CrsAxis, Kind, compound_crs, offline, pyproj_crs
from eoxserver.core.crs.ogc import TIME_UNITS, ogc_crs
from eoxserver.core.errors import CrsUnknown
from eoxserver.core.roles import Role

__all__ = ["definition_crs", "described", "epsg_crs", "horizontal_roles", "is_definition", "registered_crs"]

_FILE = re.compile(
    r"(?:nadgrids|geoidgrids|grids|file|catalog)\s*=[^\s+\]]*[/\\~]|PARAMETERFILE\s*\[[^\]]*[/\\~]"
    r'|"value"\s*:\s*"[^"]*[/\\~]',
    re.IGNORECASE,
)
_INIT = re.compile(r"\+?init\s*=", re.IGNORECASE)
_INIT_EPSG = re.compile(r"\+?init=epsg:([0-9]+)(?:\s+\+(?:type=crs|no_defs|wktext))*", re.IGNORECASE)
_AXIS_ROLES = {"east": Role.X, "west": Role.X, "north": Role.Y, "south": Role.Y, "up": Role.Z, "down": Role.Z}
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("Compound", "compound"),
    ("Geographic", "geographic"),
    ("Projected", "projected"),
    ("Geocentric", "geocentric"),
    ("Vertical", "vertical"),
)
_VERSIONS = {"OGC": "1.3"}
"""Versions in canonical URIs; the others have 0, the newest."""


def epsg_crs(code: int) -> Crs:
    """The CRS of an EPSG code; raises CrsUnknown."""
    return registered_crs("EPSG", str(code))


def registered_crs(authority: str, code: str) -> Crs:
    """The CRS of a code of PROJ's database.

    Raises
    ------
    CrsUnknown
        When the database has no such code.
    """
    crs = pyproj_crs(authority, code, "")
    version = _VERSIONS.get(authority, "0")
    return _described(crs, f"{ROOT}crs/{authority}/{version}/{code}", authority, version, code)


def is_definition(text: str) -> bool:
    """Whether the text is meant as WKT, PROJJSON or PROJ text (not as the name of a CRS)."""
    return text.startswith("{") or "[" in text or re.match(r"\+|(?:proj|init)\s*=", text, re.IGNORECASE) is not None


def definition_crs(text: str) -> Crs:
    """The CRS that WKT, PROJJSON or PROJ text defines.

    Raises
    ------
    CrsUnknown
        When PROJ cannot read it, when it names files, or when it is a time CRS that does not count in units.
    """
    if old := _INIT_EPSG.fullmatch(text):
        return epsg_crs(int(old[1]))
    if _FILE.search(text) or _INIT.search(text):
        raise CrsUnknown("a CRS definition must not name files")
    if re.search(r"proj\s*=\s*pipeline", text):
        raise CrsUnknown("PROJ cannot read the CRS definition: a pipeline is a transformation")
    offline()
    try:
        crs = pyproj.CRS.from_user_input(text)
    except (CRSError, ProjError) as error:
        raise CrsUnknown(f"PROJ cannot read the CRS definition: {error}") from error
    if crs.type_name == "Temporal CRS":
        return _time_crs(crs)
    known = _identified(crs.source_crs if crs.is_bound and crs.source_crs else crs)
    if known is not None:
        return known
    if crs.is_compound and not crs.is_bound:
        parts = [definition_crs(part.to_wkt()) for part in crs.sub_crs_list]
        if all(part.code for part in parts):
            return compound_crs(parts)
    wkt = crs.to_wkt()
    name = hashlib.sha1(wkt.encode(), usedforsecurity=False).hexdigest()[:16]
    return _described(crs, f"urn:x-eoxserver:crs:wkt:{name}", "", "0", "")


def described(crs: pyproj.CRS, uri: str, authority: str, version: str, code: str) -> Crs:
    """Our value for PROJ's object, under a name that PROJ's database does not have."""
    return replace(_described(crs, uri, authority, version, code), registered=False)


def horizontal_roles(first: tuple[str, str], second: tuple[str, str]) -> tuple[Role, Role]:
    """Roles of the two axes of a plane, each given as (direction, name).

    Around a pole both axes point north (or south), along different meridians; their names tell them apart, as PROJ
    and GDAL do, and without a telling name the first is x.
    """
    for order in ((Role.X, Role.Y), (Role.Y, Role.X)):
        if (_AXIS_ROLES.get(first[0]), _AXIS_ROLES.get(second[0])) == order:
            return order
    northing = first[1].lower().startswith("northing") and second[1].lower().startswith("easting")
    return (Role.Y, Role.X) if northing else (Role.X, Role.Y)


def _described(crs: pyproj.CRS, uri: str, authority: str, version: str, code: str) -> Crs:
    """Our value for PROJ's object."""
    kind: Kind = next((kind for word, kind in _KINDS if word in _type_name(crs)), "engineering")
    parts: tuple[Crs, ...] = ()
    plane = None
    if kind == "compound":
        parts = tuple(part for sub in crs.sub_crs_list for part in definition_crs(sub.to_wkt()).components)
        axes = tuple(axis for part in parts for axis in part.axes)
    else:
        axes = _axes(crs, kind)
        if kind in {"geographic", "projected"} and len(axes) == 3:
            plane = definition_crs(crs.to_2d().to_wkt())
    return Crs(
        uri=uri,
        definition=uri,
        kind=kind,
        axes=axes,
        default_labels=tuple(axis.label for axis in axes),
        authority=authority,
        version=version,
        code=code,
        registered=bool(code),
        wkt=crs.to_wkt(),
        parts=parts,
        plane=plane,
    )


def _time_crs(crs: pyproj.CRS) -> Crs:
    """The time scale that PROJ has read from WKT or PROJJSON."""
    whole = crs.to_json_dict()
    axis = whole["coordinate_system"]["axis"][0]
    unit = axis.get("unit")
    length = 1000 * unit["conversion_factor"] if isinstance(unit, dict) else 1000.0 if unit == "second" else None
    code = next((code for code, known in TIME_UNITS.items() if known == length), None)
    if code is None or axis["direction"] != "future":
        raise CrsUnknown(
            f"a time CRS counts units that grow into the future, units of {', '.join(TIME_UNITS)}; this one has "
            f"{unit or 'no unit'}, direction {axis['direction']}"
        )
    label = axis.get("abbreviation") or "t"
    found = ogc_crs("Temporal", {"epoch": whole["datum"].get("time_origin", ""), "uom": code, "label": label})
    assert found is not None
    return found


def _type_name(crs: pyproj.CRS) -> str:
    return str(crs.source_crs.type_name if crs.is_bound and crs.source_crs is not None else crs.type_name)


def _axes(crs: pyproj.CRS, kind: Kind) -> tuple[CrsAxis, ...]:
    infos = crs.axis_info
    roles = [_AXIS_ROLES.get(info.direction, Role.OTHER) for info in infos]
    if kind in {"geographic", "projected"} and len(infos) >= 2:
        roles[:2] = horizontal_roles((infos[0].direction, infos[0].name), (infos[1].direction, infos[1].name))
    elif kind != "vertical":
        roles = [Role.OTHER] * len(infos)
    labels: list[str] = []
    for info, role in zip(infos, roles, strict=True):
        label = _axis_label(kind, role, info.abbrev)
        labels.append(label if label not in labels else f"{label}{len(labels) + 1}")
    return tuple(
        CrsAxis(label, info.direction, _unit(info.unit_name), role)
        for info, role, label in zip(infos, roles, labels, strict=True)
    )


def _axis_label(kind: Kind, role: Role, abbreviation: str) -> str:
    if kind == "geographic" and role in {Role.X, Role.Y}:
        return "Long" if role is Role.X else "Lat"
    label = abbreviation.partition("(")[0].strip()
    if label.lower() != "none" and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", label):
        return label
    return {Role.X: "E", Role.Y: "N", Role.Z: "h"}.get(role, "axis")


def _unit(name: str) -> str:
    """The name of a unit as an NCName: ``US survey foot`` is ``US_survey_foot``."""
    return re.sub(r"[^A-Za-z0-9_.-]", "", re.sub(r"[\s/]+", "_", name.strip())) or "unknown"


def _identified(crs: pyproj.CRS) -> Crs | None:
    """The registered CRS that a definition names or equals, or None."""
    named = crs.to_json_dict().get("id")
    if isinstance(named, dict):
        found = _confirmed(crs, str(named.get("authority", "")), str(named.get("code", "")))
        if found is not None:
            return found
    for authority in ("EPSG", "ESRI"):
        equal = crs.to_authority(authority, min_confidence=70)
        if equal is not None:
            found = _confirmed(crs, *equal)
            if found is not None:
                return found
    return None


def _confirmed(crs: pyproj.CRS, authority: str, code: str) -> Crs | None:
    """The CRS of the code, unless it means other places than the definition does."""
    try:
        known = registered_crs(authority, code)
    except CrsUnknown:
        return None
    theirs = pyproj_crs(authority, code, "")
    return known if crs.equals(theirs, ignore_axis_order=True) or _same_places(crs, theirs) else None


def _same_places(a: pyproj.CRS, b: pyproj.CRS) -> bool:
    """Whether both give one place the same x and y, their datums being taken for the same.

    Names of datums differ between dialects of WKT; equal ellipsoids, prime meridians, units and projections are proof
    enough beside a code that somebody wrote on purpose.
    """
    if _figures(a) != _figures(b):
        return False
    area = b.area_of_use
    west, south, east, north = (area.west, area.south, area.east, area.north) if area else (-10, 10, 10, 50)
    east = east if east > west else west + 1
    longitudes = np.array([west + (east - west) * part for part in (0.25, 0.5, 0.75)])
    latitudes = np.array([south + (north - south) * part for part in (0.3, 0.5, 0.6)])
    try:
        mine, theirs = (
            pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(longitudes, latitudes)
            for crs in (a, b)
            if crs.geodetic_crs is not None
        )
    except (ProjError, CRSError, ValueError):  # one has no datum of its own, or no way from it
        return a.geodetic_crs is None and b.geodetic_crs is None
    return bool(np.isfinite(mine).all() and np.allclose(mine, theirs, rtol=1e-7, atol=1e-6))


def _figures(crs: pyproj.CRS) -> tuple[object, ...]:
    """Kind, ellipsoid, prime meridian and units of a CRS, for comparison."""
    ellipsoid, meridian = crs.ellipsoid, crs.prime_meridian
    return (
        crs.type_name,
        ellipsoid and (f"{ellipsoid.semi_major_metre:.7g}", f"{ellipsoid.inverse_flattening:.7g}"),
        meridian and f"{meridian.longitude * float(meridian.unit_conversion_factor):.7g}",
        sorted(f"{info.unit_conversion_factor:.7g}" for info in crs.axis_info),
    )
