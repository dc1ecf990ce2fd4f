# SPDX-License-Identifier: MIT
"""polygonize (section 4.6): regions of equal cells as polygons, in three formats."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely

from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EvaluationStopped, LimitExceeded, NoSuchMediaType
from eoxserver.core.fields import Field, RangeType
from eoxserver.services.wcps.encoding.polygons import encode_polygons

GEO, UTM = parse_crs("EPSG:4326"), parse_crs("EPSG:32633")


def island(crs: str = "EPSG:4326", dtype: str = "u1") -> Coverage:
    """4 columns and 3 rows, grid order x, y: an island of value 5 in column 1 and 2 of row 1."""
    parsed = parse_crs(crs)
    scale = 1.0 if parsed.kind == "geographic" else 100_000.0
    x, y = parsed.x_label, parsed.y_label
    axes = (
        RegularAxis(x, 5.0 * scale, scale, 4, parsed, "", Role.X),
        RegularAxis(y, 47.0 * scale, -scale, 3, parsed, "", Role.Y),
    )
    values = np.zeros((1, 4, 3), dtype)
    values[0, 1:3, 1] = 5
    return Coverage("isle", Domain(axes), RangeType((Field("v", values.dtype),)), MemorySource(values))


def encoded(coverage: Coverage, name: str, connectivity: int = 4) -> bytes:
    return b"".join(encode_polygons(coverage, name, connectivity).chunks)


def test_geojson_has_longitude_before_latitude() -> None:
    result = encode_polygons(island(), "GeoJSON", 4)
    assert (result.media_type, result.extension) == ("application/geo+json", ".geojson")
    document = json.loads(b"".join(result.chunks))
    found = {one["properties"]["value"]: shapely.geometry.shape(one["geometry"]) for one in document["features"]}
    assert document["type"] == "FeatureCollection"
    assert found[5].bounds == (5.5, 45.5, 7.5, 46.5)
    assert found[5].exterior.is_ccw
    assert found[0].area == 10
    assert not found[0].interiors[0].is_ccw


def test_geojson_is_in_degrees_whatever_the_coverage_is_in() -> None:
    document = json.loads(encoded(island("EPSG:32633"), "geojson"))
    for one in document["features"]:
        west, south, east, north = shapely.geometry.shape(one["geometry"]).bounds
        assert 14 < west < east < 20
        assert 40 < south < north < 43.5


def test_what_is_not_tied_to_the_earth_keeps_its_indices() -> None:
    axes = (IndexAxis("j", 2, 4), IndexAxis("i", 2, 7))
    values = np.array([[[1.5, np.nan], [1.5, np.nan]]])
    valid = np.array([[[True, True], [True, False]]])
    coverage = Coverage("c", Domain(axes), RangeType((Field("v", values.dtype),)), MemorySource(values, valid))
    document = json.loads(encoded(coverage, "GeoJSON"))
    found = {one["properties"]["value"]: shapely.geometry.shape(one["geometry"]).bounds for one in document["features"]}
    assert found == {1.5: (6.5, 3.5, 7.5, 5.5), "nan": (7.5, 3.5, 8.5, 4.5)}


def test_a_geopackage_has_the_coordinates_of_the_coverage(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(encoded(island("EPSG:32633"), "gpkg"))
    database = sqlite3.connect(path)
    rows = database.execute("SELECT geom, value FROM polygons ORDER BY value").fetchall()
    bounds = [shapely.from_wkb(blob[8:]).bounds for blob, _ in rows]
    assert [value for _, value in rows] == [0, 5]
    assert bounds[1] == (550_000, 4_550_000, 750_000, 4_650_000)
    assert struct.unpack("<2sBBi", rows[0][0][:8]) == (b"GP", 0, 1, 32633)
    assert database.execute("SELECT min_x, max_y, srs_id FROM gpkg_contents").fetchone() == (450_000, 4_750_000, 32633)
    assert database.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    (definition,) = database.execute("SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = 32633").fetchone()
    assert definition.startswith("PROJCS")
    database.close()


def test_a_shapefile_is_a_zip_archive_of_its_files() -> None:
    archive = zipfile.ZipFile(io.BytesIO(encoded(island(dtype="f8"), "ESRI Shapefile")))
    assert sorted(archive.namelist()) == ["isle.dbf", "isle.prj", "isle.shp", "isle.shx"]
    shapes, index, table = (archive.read(f"isle.{end}") for end in ("shp", "shx", "dbf"))
    assert struct.unpack(">i", shapes[24:28])[0] * 2 == len(shapes)
    assert struct.unpack("<4d", shapes[36:68]) == (4.5, 44.5, 8.5, 47.5)
    offset, length = struct.unpack(">2i", index[100:108])
    kind, *bounds, parts, points = struct.unpack("<i4d2i", shapes[offset * 2 + 8 :][:44])
    assert (kind, points, len(index)) == (5, 5 if parts == 1 else 10, 116)
    assert length * 2 == 44 + 4 * parts + 16 * points
    assert {tuple(bounds), (5.5, 45.5, 7.5, 46.5)} <= {(4.5, 44.5, 8.5, 47.5), (5.5, 45.5, 7.5, 46.5)}
    assert struct.unpack("<I", table[4:8])[0] == 2
    assert sorted(float(table[65 + 25 * row :][1:25]) for row in range(2)) == [0.0, 5.0]


@pytest.mark.parametrize(("connectivity", "count"), [(4, 3), (8, 2)])
def test_corners_connect_or_not(connectivity: int, count: int) -> None:
    coverage = island()
    values = np.zeros((1, 4, 3), "u1")
    values[0, :2, :2] = [[1, 0], [0, 1]]
    checked = Coverage("c", coverage.domain, coverage.range_type, MemorySource(values))
    assert len(json.loads(encoded(checked, "GeoJSON", connectivity))["features"]) == count


def test_other_formats_are_refused_before_anything_is_read() -> None:
    with pytest.raises(NoSuchMediaType, match="ESRI Shapefile, GPKG, GeoJSON"):
        encode_polygons(island(), "KML", 4)


@pytest.mark.parametrize("name", ["GeoJSON", "GPKG"])
def test_polygons_are_made_as_long_as_somebody_waits(name: str) -> None:
    axes = tuple(IndexAxis(label, 60) for label in ("x", "y"))
    values = np.arange(3600, dtype="i4").reshape(1, 60, 60)
    field = Field("v", values.dtype)
    asked: list[int] = []

    def proceed() -> None:
        asked.append(len(asked))
        if len(asked) == 3:
            raise EvaluationStopped("too late")

    coverage = Coverage("c", Domain(axes), RangeType((field,)), MemorySource(values))
    with pytest.raises(EvaluationStopped):
        b"".join(encode_polygons(coverage, name, 4, proceed).chunks)
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("name", ["GeoJSON", "GPKG", "ESRI Shapefile"])
def test_outlines_have_a_greatest_size(name: str) -> None:
    """An island in a sea has 4 + 4 + 4 vertices of 16 bytes; nothing is written when that is too much."""
    assert b"".join(encode_polygons(island(), name, 4, limit=192).chunks)
    chunks = encode_polygons(island(), name, 4, limit=191).chunks
    with pytest.raises(LimitExceeded, match=r"12 vertices of 16 bytes, more than the 191 bytes allowed \(max_result"):
        next(chunks)
