# SPDX-License-Identifier: MIT
"""The same trim by WCS, by WMS at the resolution of the data and by the Python API gives the same cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from eoxserver.backends.access import retrieve
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.selection import Trim, select
from eoxserver.query.evaluate import evaluate
from eoxserver.query.plan import Read, SubsetNode
from eoxserver.resources.coverages import models
from tests.applications import Application, application, instance_template, raster_cells
from tests.backends.rasters import add_overviews, write

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

Array = npt.NDArray[Any]

ROWS, COLUMNS = 70, 90
NIL = 255


@dataclass(frozen=True)
class Grid:
    """A raster of three fields of uint8."""

    crs: str
    left: float
    top: float
    """The outer corner of its first cell [CRS units]."""
    dx: float
    dy: float
    """Negative: the first row is the northernmost."""
    nodata: int | None = None
    tiled: bool = True
    overviews: bool = False

    def x(self, column: float) -> float:
        """Where a column begins."""
        return self.left + column * self.dx

    def y(self, row: float) -> float:
        """Where a row begins."""
        return self.top + row * self.dy

    def write(self, path: Path) -> Path:
        """Write it, filled with values of which neighbours differ; a tenth of the cells is nil, if any can be."""
        rng = np.random.default_rng(len(path.name))
        cells = rng.integers(1, 255, (3, ROWS, COLUMNS), dtype=np.uint8)
        if self.nodata is not None:
            cells[:, rng.random((ROWS, COLUMNS)) < 0.1] = self.nodata
        blocks: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 32} if self.tiled else {}
        transform = Affine(self.dx, 0, self.left, 0, self.dy, self.top)
        write(path, cells, crs=self.crs, bounds=None, transform=transform, nodata=self.nodata, **blocks)
        if self.overviews:
            add_overviews(str(path), [2, 4])
        return path


GRIDS: Mapping[str, Grid] = {
    "lat_long": Grid("EPSG:4326", 10, 50, 0.05, -0.05),
    "odd_step": Grid("EPSG:4326", -7.123456789, 33.3333333333, 1 / 3, -1 / 7, tiled=False),
    "mercator": Grid("EPSG:3857", 1_000_000, 6_000_000, 30, -30, overviews=True),
    "utm": Grid("EPSG:32633", 500_000, 5_000_000, 10, -10),
    "northing_first": Grid("EPSG:3035", 4_000_000.5, 3_000_000.25, 25, -25),
    "polar": Grid("EPSG:3413", -1_000_000, -500_000, 1000, -1000),
    "south_up": Grid("EPSG:4326", 10, 40, 0.05, 0.05),
    "south_up_utm": Grid("EPSG:32633", 500_000, 5_000_000, 10, 20, overviews=True),
    "nodata": Grid("EPSG:4326", 10, 50, 0.1, -0.1, nodata=NIL),
    "nodata_mercator": Grid("EPSG:3857", -20_000_000, 1_000_000, 1000, -1000, nodata=NIL, overviews=True),
    "dateline": Grid("EPSG:4326", 175.5, 10, 0.1, -0.1),
    "whole_turn": Grid("EPSG:4326", -180, 70, 4, -2),
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    """Answer an application that serves every grid by its name."""
    folder = tmp_path_factory.mktemp("cells")
    with application(folder, instance_template) as made:
        made.register(*(grid.write(folder / f"{name}.tif") for name, grid in GRIDS.items()))
        yield made


@dataclass(frozen=True)
class Asked:
    """A trim, in columns and rows of the file with fractions, and the cells that it means."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns: each cell that the box reaches into."""
        rows = slice(int(np.floor(self.top)), int(np.ceil(self.bottom)))
        return rows, slice(int(np.floor(self.left)), int(np.ceil(self.right)))


def spans(size: int) -> st.SearchStrategy[tuple[float, float]]:
    """From and to, each on an edge of a cell or well within one."""
    inside = st.one_of(st.just(0.0), st.floats(0.05, 0.95))
    return st.tuples(st.integers(0, size - 1), st.integers(1, size), inside, inside).map(
        lambda drawn: (
            min(drawn[0], drawn[1] - 1) + (drawn[2] / 2),
            max(drawn[0] + 1, drawn[1]) - (drawn[3] / 2),
        )
    )


asked = st.builds(lambda x, y: Asked(*x, *y), spans(COLUMNS), spans(ROWS))


# -- three ways to the cells ----------------------------------------------------------------------


def trims(grid: Grid, asked: Asked, domain: Domain) -> tuple[Trim, Trim]:
    """The trims of x and y in coordinates, with the labels of the axes."""
    x, y = (domain.axes[position].label for position in domain.require_horizontal())
    low, high = sorted((grid.y(asked.top), grid.y(asked.bottom)))
    return Trim(x, grid.x(asked.left), grid.x(asked.right)), Trim(y, low, high)


def by_wcs(app: Application, name: str, subsets: tuple[Trim, Trim], media_type: str) -> bytes:
    """The answer of GetCoverage."""
    texts = [f"{one.label}({one.low!r},{one.high!r})" for one in subsets]
    answer = app.wcs("GetCoverage", coverageId=name, subset=texts, format=media_type)
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def by_wms(app: Application, name: str, domain: Domain, transparent: bool) -> Array:
    """The pixels of GetMap over exactly the cells of a domain, the northernmost first."""
    crs = domain.horizontal_crs
    assert crs is not None
    answer = app.wms(
        "GetMap", layers=name, styles="", crs=crs.short, bbox=bbox(crs, domain.horizontal_bounds),
        width=str(domain.shape[1]), height=str(domain.shape[0]), format="image/png",
        transparent="true" if transparent else "false",
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return raster_cells(answer.data)


def bbox(crs: Crs, bounds: tuple[float, float, float, float] | None) -> str:
    assert bounds is not None
    west, south, east, north = bounds
    numbers = (south, west, north, east) if crs.yx else (west, south, east, north)
    return ",".join(map(repr, numbers))


def by_query(app: Application, name: str, subsets: tuple[Trim, Trim]) -> tuple[Domain, Cells]:
    """Domain and cells of the evaluated plan."""
    found = evaluate(SubsetNode(Read(name), subsets), app.instance.catalogue.coverage)
    return found.domain, found.source.read(CellBox.whole(found.source.shape), range(len(found.range_type)))


def by_models(name: str, subsets: tuple[Trim, Trim]) -> tuple[CellBox, Array]:
    """The box of cells that the model's domain gives, and these cells of the file that its data item names."""
    dataset = models.RectifiedDataset.objects.get(identifier=name)
    box = select(dataset.domain, subsets).box
    (item,) = dataset.data_items.all()
    with rasterio.open(retrieve(item)) as file:
        cells: Array = file.read(window=tuple((part.start, part.stop) for part in box.slices))
    return box, cells


@settings(max_examples=200)
@given(st.sampled_from(sorted(GRIDS)), asked)
@example("lat_long", Asked(0, COLUMNS, 0, ROWS))
@example("south_up", Asked(0, COLUMNS, 0, ROWS))
@example("nodata", Asked(0, COLUMNS, 0, ROWS))
@example("whole_turn", Asked(0, COLUMNS, 0, ROWS))
@example("dateline", Asked(40, 50, 3, 4))
@example("polar", Asked(89, 90, 69, 70))
def test_every_way_gives_the_cells_of_the_file(app: Application, name: str, asked: Asked) -> None:
    grid = GRIDS[name]
    with rasterio.open(app.instance.paths.root.parent / f"{name}.tif") as file:
        expected = file.read()[:, *asked.window]
    subsets = trims(grid, asked, app.instance.catalogue.coverage(name).domain)

    domain, cells = by_query(app, name, subsets)
    np.testing.assert_array_equal(cells.values, expected)
    nil = np.zeros(expected.shape, bool) if grid.nodata is None else expected == grid.nodata
    np.testing.assert_array_equal(cells.mask(), ~nil)

    box, found = by_models(name, subsets)
    assert box.slices == asked.window
    np.testing.assert_array_equal(found, expected)

    north_first = expected if grid.dy < 0 else expected[:, ::-1]
    with rasterio.MemoryFile(by_wcs(app, name, subsets, "image/tiff")) as memory, memory.open() as file:
        np.testing.assert_array_equal(file.read(), north_first)
        assert (file.crs.to_string(), file.nodata) == (grid.crs, grid.nodata)
        assert tuple(file.bounds) == pytest.approx(domain.horizontal_bounds, abs=1e-6 * grid.dx)
    pixels = by_wms(app, name, domain, transparent=grid.nodata is not None)
    if grid.nodata is None:
        np.testing.assert_array_equal(pixels, north_first)
    else:
        shown = north_first[0] != grid.nodata
        assert len(pixels) == 4 or shown.all()
        np.testing.assert_array_equal(pixels[3:], np.where(shown, 255, 0)[np.newaxis][: len(pixels) - 3])
        np.testing.assert_array_equal(pixels[:3, shown], north_first[:, shown])


@settings(max_examples=40)
@given(st.sampled_from(sorted(GRIDS)), asked)
def test_other_formats_hold_the_same_cells(app: Application, name: str, asked: Asked) -> None:
    grid = GRIDS[name]
    subsets = trims(grid, asked, app.instance.catalogue.coverage(name).domain)
    with rasterio.open(app.instance.paths.root.parent / f"{name}.tif") as file:
        expected = file.read()[:, *asked.window]
    north_first = expected if grid.dy < 0 else expected[:, ::-1]
    np.testing.assert_array_equal(raster_cells(by_wcs(app, name, subsets, "image/png"))[:3], north_first)
    with netCDF4.Dataset("memory.nc", memory=by_wcs(app, name, subsets, "application/netcdf")) as netcdf:
        netcdf.set_auto_mask(False)
        cells = np.stack([netcdf[field][...] for field in ("b1", "b2", "b3")])
        places = netcdf[subsets[1].label][...]
    southward = len(places) < 2 or places[0] > places[-1]
    np.testing.assert_array_equal(cells, north_first if southward else north_first[:, ::-1])


@pytest.mark.parametrize("name", sorted(GRIDS))
def test_the_own_crs_as_output_changes_no_cell(app: Application, name: str) -> None:
    crs = app.instance.catalogue.coverage(name).domain.horizontal_crs
    assert crs is not None
    plain = app.wcs("GetCoverage", coverageId=name, format="image/tiff")
    same = app.wcs("GetCoverage", coverageId=name, format="image/tiff", outputCrs=crs.uri)
    assert (plain.status_code, same.status_code) == (200, 200)
    assert plain.data == same.data
