# SPDX-License-Identifier: MIT
"""Cells of scenes, of GeoTIFF files on axes of any order, and of copies from a server are those of the files, by place.

The files are read by rasterio and netCDF4; a place is a coordinate on each axis.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import parse_coordinate
from tests.servers import eoxserver, serving
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.safeproducts import make_product
from tests.wcst_import.recipes.test_general import BANDS, DAYS, PLANE, general, write_netcdf

pytestmark = pytest.mark.integration

FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEEDS = st.integers(0, 2**31)
DAY = st.integers(1, 28)


def emptied(imports: Imports) -> None:
    """Begin anew: no files and no coverages."""
    shutil.rmtree(imports.folder)
    imports.folder.mkdir()
    imports.instance.ingestion.delete([one.identifier for one in imports.instance.catalogue.summaries()])


def raster(
    path: Path, rng: np.random.Generator, shape: tuple[int, int, int], kind: str, nil: float | None,
    crs: str = "EPSG:32633", north_up: bool = True,
) -> Path:  # fmt: skip
    """A file of numbers below 9, with cells of 10 x 10."""
    count, height, width = shape
    step = -10.0 if north_up else 10.0
    transform = Affine(10, 0, 300_000, 0, step, 5_400_000 - (0 if north_up else 10 * height))
    profile: dict[str, Any] = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": kind}
    with rasterio.open(path, "w", crs=crs, transform=transform, nodata=nil, **profile) as file:
        file.write(rng.integers(0, 9, shape).astype(kind))
    return path


def index_of(axis: Axis, coordinate: float) -> int:
    """The cell at a coordinate, which is that of its centre."""
    centres = axis.coordinates()
    found = int(np.argmin(np.abs(centres - coordinate)))
    assert abs(centres[found] - coordinate) < 1e-6, (axis.label, coordinate, centres)
    return found


@dataclass
class Compared:
    """A coverage whose cells are compared; ``done`` says when all of them were."""

    imports: Imports
    identifier: str = "c"

    def __post_init__(self) -> None:
        self.coverage = self.imports.coverage(self.identifier)
        self.cells = self.imports.cells(self.identifier)
        self.seen = np.zeros(self.cells.shape, bool)

    def with_raster(
        self, path: str | Path, x: str, y: str, leading: Mapping[str, float] | None = None,
        fields: Mapping[int, int] | None = None, nil: float | None = None,
    ) -> None:  # fmt: skip
        """Compare with every cell of a file.

        Parameters
        ----------
        fields : mapping of int to int
            The field of each band that is in the coverage, both from 0; by default all bands.
        nil : float
            The nil value where the file does not say it.
        """
        domain = self.coverage.domain
        with rasterio.open(path) as file:
            values = np.where(file.read_masks() > 0, file.read(), np.nan)
            places = {x: [file.xy(0, column)[0] for column in range(file.width)],
                      y: [file.xy(row, 0)[1] for row in range(file.height)]}  # fmt: skip
        if nil is not None:
            values = np.where(values == nil, np.nan, values)
        indices = [
            np.array([index_of(axis, at) for at in places.get(axis.label) or [(leading or {})[axis.label]]])
            for axis in domain.axes
        ]
        order = [label for label in domain.labels if label in (x, y)]
        shape = tuple(len(each) for each in indices)
        for band, field in (fields or {band: band for band in range(len(values))}).items():
            plane = values[band] if order == [y, x] else values[band].T
            box: tuple[Any, ...] = (field, *np.ix_(*indices))
            assert np.array_equal(self.cells[box], plane.reshape(shape), equal_nan=True), (path, band)
            self.seen[box] = True

    def done(self) -> None:
        """All cells were compared."""
        assert self.seen.all()


def day_on(axis: Axis, text: str) -> float:
    """The coordinate of an instant."""
    assert axis.crs is not None
    return parse_coordinate(axis.crs, text, axis.label)


@FEW
@given(
    days=st.lists(DAY, min_size=1, max_size=3, unique=True),
    polarisations=st.sets(st.sampled_from(["vv", "vh"]), min_size=1),
    height=st.integers(2, 5), width=st.integers(2, 5), seed=SEEDS, nil=st.sampled_from([None, 0]),
)  # fmt: skip
def test_sentinel1(
    imports: Imports, days: list[int], polarisations: set[str], height: int, width: int, seed: int, nil: float | None
) -> None:
    emptied(imports)
    rng = np.random.default_rng(seed)
    files: dict[tuple[str, int], Path] = {}
    for polarisation in sorted(polarisations):
        for day in days:
            at = f"202401{day:02}t0512"
            name = f"s1b-iw-grd-{polarisation}-{at}34-{at}59-052000-0649ab-001.tiff"
            files[polarisation, day] = raster(imports.folder / name, rng, (1, height, width), "uint16", nil)
    given_ = ingredients("sentinel1", "*.tiff", track_files=False)
    given_["input"]["coverage_id"] = "S1_${modebeam}_${polarisation}"
    assert imports.run(given_).imported == len(files)
    for polarisation in polarisations:
        compared = Compared(imports, f"S1_IW_{polarisation.upper()}")
        for day in days:
            time = day_on(compared.coverage.domain.axes[0], f"2024-01-{day:02}T05:12:34Z")
            compared.with_raster(files[polarisation, day], "E", "N", {"ansi": time})
        compared.done()


S2_BANDS = {
    "10m": ("B04", "B03", "B02", "B08"), "20m": ("B05", "B06", "B07", "B8A", "B11", "B12"),
    "60m": ("B01", "B09", "B10"), "TCI": ("TCI",),
}  # fmt: skip


@FEW
@given(days=st.lists(DAY, min_size=1, max_size=2, unique=True), level=st.sampled_from(["L1C", "L2A"]),
       archive=st.booleans(), seed=SEEDS)  # fmt: skip
def test_sentinel2(imports: Imports, tmp_path: Path, days: list[int], level: str, archive: bool, seed: int) -> None:
    """Every band of every resolution, as the JPEG 2000 images have it."""
    emptied(imports)
    shutil.rmtree(tmp_path / "read", ignore_errors=True)
    read: dict[int, Path] = {}
    for day in days:
        about: dict[str, Any] = {"day": f"201701{day:02}", "level": level, "seed": seed + day}
        make_product(imports.folder, archive=archive, **about)
        read[day], _ = make_product(tmp_path / "read" / str(day), **about)
    given_ = ingredients("sentinel2", ["*.SAFE", "*.zip"], track_files=False)
    given_["input"]["coverage_id"] = "S2_${crsCode}_${resolution}_${level}"
    assert imports.run(given_).imported == 4 * len(days)
    for resolution, bands in S2_BANDS.items():
        compared = Compared(imports, f"S2_32653_{resolution}_{level}")
        there = [band for band in bands if (level, band) != ("L2A", "B10")]
        assert len(compared.coverage.range_type) == (3 if resolution == "TCI" else len(there))
        for day, root in read.items():
            time = day_on(compared.coverage.domain.axes[0], f"2017-01-{day:02}T01:34:42.460Z")
            folder = "" if level == "L1C" else f"R{'10m' if resolution == 'TCI' else resolution}/"
            for number, band in enumerate(there):
                (path,) = root.glob(f"GRANULE/*/IMG_DATA/{folder}*_{band}*.jp2")
                fields = None if resolution == "TCI" else {0: number}
                compared.with_raster(path, "E", "N", {"ansi": time}, fields, nil=0)
        compared.done()


@FEW
@given(
    data=st.data(), seed=SEEDS, kind=st.sampled_from(["uint8", "int16", "float32"]), nil=st.sampled_from([None, 3]),
    days=st.lists(DAY, min_size=1, max_size=3, unique=True), height=st.integers(1, 4), width=st.integers(1, 4),
    north_up=st.booleans(), time_place=st.sampled_from([0, 1, 2]), turned=st.booleans(), irregular=st.booleans(),
)  # fmt: skip
def test_geotiff_on_axes_of_any_order(
    imports: Imports, data: st.DataObject, seed: int, kind: str, nil: float | None, days: list[int], height: int,
    width: int, north_up: bool, time_place: int, turned: bool, irregular: bool,
) -> None:  # fmt: skip
    """general_coverage: bands that are chosen, grids in any order of axes, files whose rows go north or south."""
    emptied(imports)
    rng = np.random.default_rng(seed)
    count = data.draw(st.integers(1, 3))
    chosen = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=count, unique=True))
    files = {
        day: raster(imports.folder / f"s_202001{day:02}.tif", rng, (count, height, width), kind, nil, north_up=north_up)
        for day in days
    }
    plane = ["E", "N"] if turned else ["N", "E"]
    labels = [*plane[:time_place], "ansi", *plane[time_place:]]
    axes: dict[str, Any] = {
        "ansi": {"min": r"datetime(regex_extract('${file:name}', '_(\d+)\.', 1), 'YYYYMMDD')", "type": "date",
                 "dataBound": False, "irregular": irregular},
        "N": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": "${gdal:resolutionY}"},
        "E": {"min": "${gdal:minX}", "max": "${gdal:maxX}", "resolution": "${gdal:resolutionX}"},
    }  # fmt: skip
    for label, one in axes.items():
        one["gridOrder"] = labels.index(label)
    bands = [{"name": f"b{number}", "identifier": str(number)} for number in chosen]
    options = general("OGC/0/AnsiDate@EPSG/0/32633", "gdal", axes, bands)
    assert imports.run(ingredients("general_coverage", "*.tif", options)).imported == len(days)
    compared = Compared(imports)
    time = next(axis for axis in compared.coverage.domain.axes if axis.label == "ansi")
    for day, path in files.items():
        where = {"ansi": day_on(time, f"2020-01-{day:02}")}
        compared.with_raster(path, "E", "N", where, {band: place for place, band in enumerate(chosen)})
    if irregular:
        compared.done()


# -- copies from a server ------------------------------------------------------------------------------------------

SIZE = (7, 9)
TIMES, LATITUDES = [0.0, 1.5, 5.0, 9.25], [42.0, 41.0, 40.0]


@dataclass(frozen=True)
class Served:
    url: str
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a mosaic of one GeoTIFF file and a cube of one netCDF file; and the folder of both files."""
    folder = tmp_path_factory.mktemp("served")
    eoxserver("create_instance", "source", folder / "instance")
    raster(folder / "flat.tif", np.random.default_rng(1), (2, *SIZE), "int16", 4)
    write_netcdf(folder / "cube.nc", TIMES, LATITUDES)
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True)
    imported = {
        "flat": ingredients("map_mosaic", "flat.tif"),
        "cube": ingredients("general_coverage", "cube.nc", options),
    }
    for name, content in imported.items():
        content["input"]["coverage_id"] = name
        (folder / f"{name}.json").write_text(json.dumps(content))
        eoxserver("wcst_import", folder / f"{name}.json", "--instance", folder / "instance")
    with serving(folder / "instance") as url:
        yield Served(url, folder)


def copied(imports: Imports, served: Served, name: str, scheme: Sequence[int]) -> Compared:
    emptied(imports)
    options = {"coverage_id": name, "wcs_endpoint": served.url, "partitioning_scheme": list(scheme)}
    imports.run(ingredients("wcs_extract", [], options, track_files=False))
    return Compared(imports)


@FEW
@given(scheme=st.tuples(st.integers(0, 10), st.integers(0, 10)))
def test_copies_of_planes(imports: Imports, served: Served, scheme: tuple[int, int]) -> None:
    compared = copied(imports, served, "flat", scheme)
    compared.with_raster(served.folder / "flat.tif", "E", "N")
    compared.done()


@FEW
@given(scheme=st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)))
def test_copies_of_cubes(imports: Imports, served: Served, scheme: tuple[int, int, int]) -> None:
    compared = copied(imports, served, "cube", scheme)
    domain, names = compared.coverage.domain, [band["name"] for band in BANDS]
    with netCDF4.Dataset(served.folder / "cube.nc") as file:
        variables = [band.get("identifier") or band["name"] for band in BANDS]
        expected: npt.NDArray[Any] = np.stack([np.ma.filled(file[one][:].astype(float), np.nan) for one in variables])
        own = {"Lat": np.asarray(file["lat"][:]), "Long": np.asarray(file["lon"][:])}
        since = np.asarray(file["time"][:]) - float(file["time"][0])
    time = domain.axes[0].coordinates()
    assert domain.labels == ("ansi", "Lat", "Long") and list(compared.coverage.range_type.names) == names
    assert np.allclose(time - time[0], since)
    for place in (1, 2):
        axis = domain.axes[place]
        order = [int(np.argmin(np.abs(own[axis.label] - at))) for at in axis.coordinates()]
        expected = np.take(expected, order, place + 1)
        assert np.allclose(np.sort(axis.coordinates()), np.sort(own[axis.label]))
    humidity = expected[1]
    humidity[(humidity == -1) | ((humidity >= 5) & (humidity <= 7))] = np.nan
    assert np.array_equal(compared.cells, expected, equal_nan=True)
