# SPDX-License-Identifier: MIT
"""Polygons with a value as a GeoPackage (OGC 12-128r18, clauses 1 and 2.1)."""

from __future__ import annotations

import sqlite3
import struct
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from shapely import Polygon, total_bounds

from eoxserver.core.crs import Crs

__all__ = ["geopackage"]

_TABLES = """
PRAGMA application_id = 1196444487;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id),
    z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name));
"""
_OWN = 100_000
"""The identifier of a CRS that has no EPSG code."""


def geopackage(features: Sequence[tuple[Polygon, Any]], dtype: np.dtype[Any], crs: Crs | None, title: str) -> bytes:
    """A GeoPackage with one table, ``polygons``.

    Parameters
    ----------
    features : sequence
        Polygons with their values.
    dtype : numpy dtype
        Of the values.
    crs : Crs or None
        Of the coordinates; None when they are not tied to the Earth.
    """
    with tempfile.TemporaryDirectory(prefix="eoxserver-") as folder:
        path = Path(folder) / "polygons.gpkg"
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(_TABLES)
            srs = _systems(database, crs)
            _polygons(database, features, "DOUBLE" if dtype.kind == "f" else "INTEGER", srs, title)
        return path.read_bytes()


def _systems(database: sqlite3.Connection, crs: Crs | None) -> int:
    """Write the systems every GeoPackage has, and that of the polygons; answer its identifier."""
    rows: dict[int, tuple[str, int, str, int, str]] = {
        -1: ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined"),
        0: ("Undefined geographic SRS", 0, "NONE", 0, "undefined"),
        4326: ("WGS 84", 4326, "EPSG", 4326, _wgs84()),
    }
    found = -1
    if crs is not None:
        found = _OWN if crs.epsg is None else crs.epsg
        name = crs.to_pyproj()
        organization = "NONE" if crs.epsg is None else "EPSG"
        rows[found] = (name.name, found, organization, found, name.to_wkt("WKT1_GDAL"))
    database.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", rows.values())
    return found


def _wgs84() -> str:
    return (
        'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
        'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
    )


def _polygons(
    database: sqlite3.Connection, features: Sequence[tuple[Polygon, Any]], kind: str, srs: int, title: str
) -> None:
    bounds = total_bounds([polygon for polygon, _ in features]).tolist() if features else [None] * 4
    database.execute(
        f"CREATE TABLE polygons (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POLYGON, value {kind})"
    )
    contents = "INSERT INTO gpkg_contents VALUES ('polygons', 'features', ?, '', "
    contents += "strftime('%Y-%m-%dT%H:%M:%fZ','now'), ?, ?, ?, ?, ?)"
    database.execute(contents, (title, *bounds, srs))
    database.execute("INSERT INTO gpkg_geometry_columns VALUES ('polygons', 'geom', 'POLYGON', ?, 0, 0)", (srs,))
    header = struct.pack("<2sBBi", b"GP", 0, 1, srs)
    rows = ((header + polygon.wkb, value) for polygon, value in features)
    database.executemany("INSERT INTO polygons (geom, value) VALUES (?, ?)", rows)
