# SPDX-License-Identifier: MIT
"""The CRSs of the authority OGC that PROJ does not know: time scales, indices of grids, the grid itself.

``AnsiDate`` counts days since 1600-12-31, so that 1601-01-01 is day 1. ``JulianDate`` counts as astronomers do: its
origin, -4712-01-01T12:00Z, is a date of the Julian calendar, and 1970-01-01T00:00Z is 2440587.5.
``Temporal?epoch="..."&uom="..."`` is a linear scale from any instant in any unit of ``TIME_UNITS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from eoxserver.core.crs.identity import ROOT, Crs, CrsAxis, TimeScale, rename_axes
from eoxserver.core.errors import CrsUnknown, InvalidTime, NoSuchDefinition
from eoxserver.core.roles import Role
from eoxserver.core.util.timetools import isotime, parse_iso8601

__all__ = ["GRID_CRS", "OGC_CODES", "TIME_UNITS", "index_crs", "ogc_crs"]

_DAY = 86_400_000.0
_YEAR = 365.25 * _DAY

TIME_UNITS: Mapping[str, float] = {
    "ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": _DAY, "wk": 7 * _DAY,
    "a": _YEAR, "a_j": _YEAR, "a_g": 365.2425 * _DAY, "a_t": 365.24219 * _DAY,
    "mo": _YEAR / 12, "mo_j": _YEAR / 12, "mo_g": 365.2425 * _DAY / 12, "mo_s": 29.53059 * _DAY,
}  # fmt: skip
"""Units of time (UCUM codes) and their length [ms]."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES: Mapping[str, tuple[str, TimeScale]] = {
    "AnsiDate": ("ansi", TimeScale("1600-12-31T00:00:00Z", datetime(1600, 12, 31, tzinfo=UTC), 0.0, "d", _DAY)),
    "UnixTime": ("unix", TimeScale("1970-01-01T00:00:00Z", _EPOCH, 0.0, "s", 1000.0)),
    "JulianDate": ("julian", TimeScale("-4712-01-01T12:00:00Z", _EPOCH, 2_440_587.5, "d", _DAY)),
    "TruncatedJulianDate": (
        "julian", TimeScale("1968-05-24T00:00:00Z", datetime(1968, 5, 24, tzinfo=UTC), 0.0, "d", _DAY)
    ),
    "ChronometricGeologicTime": (
        "geologic", TimeScale("1950-01-01T00:00:00Z", datetime(1950, 1, 1, tzinfo=UTC), 0.0, "Ma", -1e6 * _YEAR)
    ),
}  # fmt: skip
_ALIASES = {"chronometricgeographictime": "ChronometricGeologicTime"}
_INDEX_LABELS = "ijklmnopqrstuvwxyz"
_MOST_INDEX_AXES = 32

OGC_CODES = (*_TIMES, "Temporal", "Index1D", "Index2D", "Index3D", "...", "CRS84")
"""For messages: what the authority OGC offers."""

GRID_CRS = Crs(
    uri=f"{ROOT}crs/OGC/0/CRS:1",
    definition=f"{ROOT}crs/OGC/0/CRS:1",
    kind="index",
    axes=(),
    default_labels=(),
    authority="OGC",
    code="CRS:1",
)
"""Stands for the cells of whatever grid it is applied to; has no axes of its own."""


def ogc_crs(code: str, parameters: Mapping[str, str]) -> Crs | None:
    """The CRS of a code of the authority OGC, case-insensitive; None when the code is not one of this table.

    Parameters
    ----------
    parameters : mapping
        Those of ``Temporal``; ``epoch`` is needed, ``uom`` is ``d`` and ``label`` is ``t`` unless given. Other CRSs
        take none. (Names of axes are not among them, see ``identity.rename_axes``.)

    Raises
    ------
    CrsUnknown
        For parameters that are missing, wrong or not known.
    """
    name = _ALIASES.get(code.lower(), code).lower()
    if name == "temporal":
        return _free_time(parameters)
    found = None
    for known, (label, scale) in _TIMES.items():
        if known.lower() == name:
            found = _time_crs(known, label, scale)
    if name == "crs:1":
        found = GRID_CRS
    if name.startswith("index") and name.endswith("d") and name[5:-1].isdecimal() and name[5:-1].isascii():
        found = index_crs(int(name[5:-1]))
    if found is not None and parameters:
        raise CrsUnknown(
            f"OGC/0/{code} has no parameter '{next(iter(parameters))}'; accepted: axis-label",
            locator=next(iter(parameters)),
        )
    return found


def index_crs(dimension: int) -> Crs:
    """``Index1D``, ``Index2D``, ...: integer coordinates of a grid, axes ``i``, ``j``, ``k``, ...

    Raises
    ------
    CrsUnknown
        When the dimension is not between 1 and 32.
    """
    if not 1 <= dimension <= _MOST_INDEX_AXES:
        raise NoSuchDefinition(f"no CRS Index{dimension}D; accepted: Index1D to Index{_MOST_INDEX_AXES}D")
    labels = tuple(_INDEX_LABELS[n] if n < len(_INDEX_LABELS) else f"i{n}" for n in range(dimension))
    uri = f"{ROOT}crs/OGC/0/Index{dimension}D"
    return Crs(
        uri=uri,
        definition=uri,
        kind="index",
        axes=tuple(CrsAxis(label, "indexedAxisPositive", "GridSpacing", Role.OTHER) for label in labels),
        default_labels=labels,
        authority="OGC",
        code=f"Index{dimension}D",
    )


def _time_crs(code: str, label: str, scale: TimeScale) -> Crs:
    uri = f"{ROOT}crs/OGC/0/{code}"
    direction = "future" if scale.unit_milliseconds > 0 else "past"
    return Crs(
        uri=uri,
        definition=uri,
        kind="temporal",
        axes=(CrsAxis(label, direction, scale.unit, Role.T),),
        default_labels=(label,),
        authority="OGC",
        code=code,
        time=scale,
    )


def _free_time(parameters: Mapping[str, str]) -> Crs:
    unknown = next((name for name in parameters if name not in {"epoch", "uom", "label"}), None)
    if unknown is not None:
        raise CrsUnknown(f"OGC/0/Temporal has no parameter '{unknown}'; accepted: epoch, uom, label", locator=unknown)
    if "epoch" not in parameters:
        raise CrsUnknown('OGC/0/Temporal needs an epoch, as in ?epoch="1950-01-01"&uom="d"', locator="epoch")
    try:
        epoch = parse_iso8601(parameters["epoch"])
    except InvalidTime as error:
        raise CrsUnknown(f"epoch of OGC/0/Temporal: {error.message}", locator="epoch") from error
    unit = parameters.get("uom", "d")
    if unit not in TIME_UNITS:
        raise CrsUnknown(f"unit '{unit}' of OGC/0/Temporal; accepted: {', '.join(TIME_UNITS)}", locator="uom")
    origin = isotime(epoch)
    scale = TimeScale(origin, parse_iso8601(origin), 0.0, unit, TIME_UNITS[unit])
    crs = _time_crs("Temporal", "t", scale)
    definition = f'{crs.definition}?epoch="{origin}"&uom="{unit}"'
    crs = replace(crs, uri=definition, definition=definition)
    return rename_axes(crs, [parameters["label"]]) if "label" in parameters else crs
