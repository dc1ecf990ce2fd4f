# SPDX-License-Identifier: MIT
"""What PROJ's own functions do not tell of its database: axes, areas, methods, units by code, and all codes of a kind.

The file ``proj.db`` that PROJ works with is read, never written. Its tables are described in PROJ's documentation of
its database; those used here have kept their columns since PROJ 8.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyproj.database
import pyproj.datadir

from eoxserver.core.errors import DataUnavailable

__all__ = ["Area", "Axis", "ProjDatabase", "Unit"]

_TABLES: Mapping[str, tuple[str, ...]] = {
    "area": ("extent",),
    "axis": ("axis",),
    "coordinateOperation": ("conversion_table",),
    "crs": ("geodetic_crs", "projected_crs", "vertical_crs", "compound_crs"),
    "cs": ("coordinate_system",),
    "datum": ("geodetic_datum", "vertical_datum"),
    "ellipsoid": ("ellipsoid",),
    "meridian": ("prime_meridian",),
    "method": ("conversion_method",),
    "parameter": ("conversion_param",),
    "uom": ("unit_of_measure",),
}
"""Tables by the kinds of objects in URLs (OGC 09-048r5 clause 7)."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a coordinate system."""

    authority: str
    code: str
    name: str
    abbreviation: str
    direction: str
    unit_authority: str
    unit_code: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure."""

    name: str
    quantity: str
    """``length``, ``angle``, ``scale`` or ``time``."""
    factor: float | None
    """Its length in metres, radians, ones or seconds; None where it is no multiple of them."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area of use."""

    name: str
    description: str
    box: tuple[float, float, float, float] | None
    """West, south, east, north [degrees]."""


class ProjDatabase:
    """Reads PROJ's database. Thread-safe; opens it once, when somebody asks.

    Every method that reads raises DataUnavailable when there is no such file.
    """

    kinds: ClassVar[tuple[str, ...]] = tuple(_TABLES)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._authorities: dict[str, tuple[str, ...]] = {}

    @property
    def editions(self) -> str:
        """Versions of PROJ, of its database and of the EPSG register in it."""
        keys = ("PROJ.VERSION", "EPSG.VERSION", "ESRI.VERSION", "IGNF.VERSION", "DATABASE.LAYOUT.VERSION.MAJOR")
        return " ".join((pyproj.proj_version_str, *(pyproj.database.get_database_metadata(key) or "" for key in keys)))

    def version(self, authority: str) -> str:
        """The version of an authority's register, as ``11.022``; empty where the database does not say."""
        return (pyproj.database.get_database_metadata(f"{authority}.VERSION") or "").removeprefix("v")

    def authorities(self, kind: str) -> tuple[str, ...]:
        """The authorities that have objects of a kind."""
        if kind not in self._authorities:
            parts = [f"SELECT DISTINCT auth_name FROM {table}" for table in _TABLES[kind]]
            rows = self._rows(f"{' UNION '.join(parts)} ORDER BY 1")
            self._authorities[kind] = tuple(str(row[0]) for row in rows)
        return self._authorities[kind]

    def codes(self, kind: str, authority: str) -> Iterator[str]:
        """The codes of an authority's objects of a kind, deprecated ones included; numbers in their order."""
        parts = [f"SELECT code FROM {table} WHERE auth_name = ?" for table in _TABLES[kind]]
        rows = self._rows(f"{' UNION '.join(parts)} ORDER BY 1", *[authority] * len(parts))
        return (str(row[0]) for row in rows)

    def name(self, kind: str, authority: str, code: str) -> str | None:
        """The name of an object, or None when there is none; for kinds whose tables have one."""
        for table in _TABLES[kind]:
            rows = self._rows(f"SELECT name FROM {table} WHERE auth_name = ? AND code = ?", authority, _code(code))
            if rows:
                return str(rows[0][0])
        return None

    def axes(self, authority: str, code: str) -> tuple[Axis, ...]:
        """The axes of a coordinate system, in its order; empty when there is none of this code."""
        return self._axes("coordinate_system_auth_name = ? AND coordinate_system_code = ?", authority, code)

    def axis(self, authority: str, code: str) -> Axis | None:
        """The axis of a code."""
        return next(iter(self._axes("auth_name = ? AND code = ?", authority, code)), None)

    def system(self, authority: str, code: str) -> str | None:
        """The type of a coordinate system: ``Cartesian``, ``ellipsoidal``, ...; None when there is none."""
        where = "SELECT type FROM coordinate_system WHERE auth_name = ? AND code = ?"
        return next((str(row[0]) for row in self._rows(where, authority, _code(code))), None)

    def unit(self, authority: str, code: str) -> Unit | None:
        """The unit of a code."""
        where = "SELECT name, type, conv_factor FROM unit_of_measure WHERE auth_name = ? AND code = ?"
        rows = self._rows(where, authority, _code(code))
        return Unit(str(rows[0][0]), str(rows[0][1]), rows[0][2] or None) if rows else None

    def area(self, authority: str, code: str) -> Area | None:
        """The area of a code."""
        columns = "name, description, west_lon, south_lat, east_lon, north_lat"
        rows = self._rows(f"SELECT {columns} FROM extent WHERE auth_name = ? AND code = ?", authority, _code(code))
        if not rows:
            return None
        name, description, west, south, east, north = rows[0]
        box = (west, south, east, north)
        return Area(name, description, None if None in box else box)

    def _axes(self, where: str, authority: str, code: str) -> tuple[Axis, ...]:
        columns = "auth_name, code, name, abbrev, orientation, uom_auth_name, uom_code"
        query = f"SELECT {columns} FROM axis WHERE {where} ORDER BY coordinate_system_order"
        return tuple(Axis(*(str(value or "") for value in row)) for row in self._rows(query, authority, _code(code)))

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                if self._connection is None:
                    address = f"{_file().as_uri()}?mode=ro&immutable=1"
                    self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise DataUnavailable(f"PROJ's database cannot be read: {error}") from error


def _file() -> Path:
    """The ``proj.db`` that PROJ works with."""
    folders = [Path(folder) for folder in pyproj.datadir.get_data_dir().split(os.pathsep)]
    for folder in folders:
        if (folder / "proj.db").is_file():
            return folder / "proj.db"
    raise DataUnavailable(f"PROJ's database proj.db is not in {', '.join(map(str, folders))}")


def _code(code: str) -> str | int:
    """A code as the database has it: numbers are integers."""
    return int(code) if code.isascii() and code.isdecimal() and len(code) < 19 else code
