# SPDX-License-Identifier: MIT
"""Reprojection against GDAL's warper, transforming every pixel exactly.

Positions are approximated to an eighth of a cell, so that a nearest neighbour may be the next cell where a position
lies near an edge.
"""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import reproject

from eoxserver.core.coverage import Cells, Coverage
from eoxserver.core.crs import parse_crs
from eoxserver.query.evaluate import Options, evaluate
from eoxserver.query.plan import Interpolation, Read, Reproject, TargetGrid
from tests.query.samples import Array, Bounds, catalogue, image, read, waves

GDAL = {
    Interpolation.NEAREST: Resampling.nearest,
    Interpolation.CUBIC_SPLINE: Resampling.cubic_spline,
    **{method: Resampling[method.value] for method in Interpolation if method.value in Resampling.__members__},
}
WIDTH, HEIGHT = 280, 130

CASES: dict[str, tuple[str, Bounds, str, Bounds]] = {
    "degrees to mercator": ("EPSG:4326", (10, 40, 20, 50), "EPSG:3857", (1.2e6, 5.0e6, 2.0e6, 6.2e6)),
    "mercator to degrees": ("EPSG:3857", (1.1e6, 4.8e6, 2.3e6, 6.5e6), "EPSG:4326", (10, 40, 20, 50)),
    "degrees to a zone": ("EPSG:4326", (10, 40, 20, 50), "EPSG:32633", (2e5, 4.5e6, 9e5, 5.4e6)),
    "a zone to degrees": ("EPSG:32633", (3e5, 5e6, 4e5, 5.1e6), "EPSG:4326", (12.2, 44.9, 14.2, 46.3)),
    "a zone to mercator": ("EPSG:32633", (3e5, 5e6, 4e5, 5.1e6), "EPSG:3857", (1.37e6, 5.6e6, 1.56e6, 5.8e6)),
    "a zone to its neighbour": ("EPSG:32633", (2e5, 5e6, 4e5, 5.2e6), "EPSG:32632", (6.5e5, 5e6, 9e5, 5.3e6)),
    "the world to a pole": ("EPSG:4326", (-180, -90, 180, 90), "EPSG:3995", (-4e6, -4e6, 4e6, 4e6)),
    "a pole to degrees": ("EPSG:3995", (-4e6, -4e6, 4e6, 4e6), "EPSG:4326", (-180, 40, 180, 90)),
    "across the antimeridian": ("EPSG:4326", (170, -10, 190, 10), "EPSG:3857", (18.9e6, -1e6, 21.1e6, 1e6)),
}


def by_gdal(values: Array, case: str, method: Interpolation, nodata: float | None = None) -> Array:
    """The image as GDAL's warper makes it; ``nodata`` where there is none, in and out.

    GDAL's virtual warp is exact but sees only one side of the antimeridian; rasterio's function sees both.
    """
    crs, bounds, target, target_bounds = CASES[case]
    fields, height, width = values.shape
    profile = {"width": width, "height": height, "count": fields, "dtype": values.dtype, "crs": crs, "nodata": nodata}
    grid = {"width": WIDTH, "height": HEIGHT, "transform": from_bounds(*target_bounds, WIDTH, HEIGHT), "crs": target}
    if case == "across the antimeridian":
        result = np.full((fields, HEIGHT, WIDTH), 0 if nodata is None else nodata, values.dtype)
        places = {"src_transform": from_bounds(*bounds, width, height), "src_crs": crs, "dst_crs": target}
        reproject(values, result, dst_transform=grid["transform"], resampling=GDAL[method], dst_nodata=nodata, **places)
        return result
    with MemoryFile() as file:
        with file.open(driver="GTiff", transform=from_bounds(*bounds, width, height), **profile) as made:
            made.write(values)
        with file.open() as opened, WarpedVRT(opened, resampling=GDAL[method], tolerance=1e-9, **grid) as warped:
            return np.asarray(warped.read())


def source(values: Array, case: str) -> Coverage:
    crs, bounds, _, _ = CASES[case]
    return image(values, crs, bounds)


def ours(values: Array, case: str, method: Interpolation, exact: bool = False) -> Cells:
    _, _, target, bounds = CASES[case]
    plan = Reproject(Read("c"), parse_crs(target), TargetGrid(bounds, WIDTH, HEIGHT), method)
    options = Options(tolerance=0) if exact else None
    return read(evaluate(plan, catalogue(source(values, case)), options))


@pytest.mark.parametrize("case", CASES)
def test_exact_nearest_neighbours_are_gdals(case: str) -> None:
    """But for positions within rounding of an edge."""
    numbers = np.arange(1, 700 * 800 + 1, dtype="i4").reshape(1, 700, 800)
    cells, theirs = (
        ours(numbers, case, Interpolation.NEAREST, exact=True),
        by_gdal(numbers, case, Interpolation.NEAREST),
    )
    assert (cells.mask() != (theirs > 0)).mean() < 1e-4
    assert (np.where(cells.mask(), cells.values, 0) != theirs).mean() < 2e-4


@pytest.mark.parametrize("case", CASES)
def test_approximated_nearest_neighbours_are_gdals_or_next_to_them(case: str) -> None:
    rows, columns = np.mgrid[0:700, 0:800].astype("i4") + 1
    found = [ours(axis[np.newaxis], case, Interpolation.NEAREST) for axis in (rows, columns)]
    theirs = [by_gdal(axis[np.newaxis], case, Interpolation.NEAREST) for axis in (rows, columns)]
    known = found[0].mask() & (theirs[0] > 0)
    assert (found[0].mask() != (theirs[0] > 0)).mean() < 2e-3
    away = [np.abs(cells.values - other)[known] for cells, other in zip(found, theirs, strict=True)]
    away[1] = np.minimum(away[1], 800 - away[1] if case == "the world to a pole" else away[1])
    wide = case == "the world to a pole"
    assert away[0].max() <= 1 and (away[1].max() <= 1 or wide)
    assert np.mean((away[0] > 0) | (away[1] > 0)) < 0.1


SMOOTH = [Interpolation.BILINEAR, Interpolation.CUBIC, Interpolation.CUBIC_SPLINE, Interpolation.LANCZOS]


@pytest.mark.parametrize("method", [*SMOOTH, Interpolation.AVERAGE])
@pytest.mark.parametrize("case", [case for case in CASES if "pole" not in case])
def test_interpolated_values_are_gdals(case: str, method: Interpolation) -> None:
    values = waves(700, 800, 2, "f4")
    cells, theirs = ours(values, case, method), by_gdal(values, case, method, nodata=-1)
    known = cells.mask() & (theirs >= 0)
    assert known.mean() > 0.3
    difference = np.abs(cells.values - theirs)[known]
    # neighbours differ by 7 at most, an eighth of that is the error of positions; GDAL widens its kernels by the ratio
    # of the whole image, we by that of the place, which shows in what smooths
    wide = method in {Interpolation.AVERAGE, Interpolation.CUBIC_SPLINE}
    assert np.quantile(difference, 0.99) < (5 if wide else 2.5)
    assert difference.mean() < (1.5 if wide else 0.8)


@pytest.mark.parametrize(
    "method", [Interpolation.MAX, Interpolation.MIN, Interpolation.MEDIAN, Interpolation.Q1, Interpolation.Q3]
)
@pytest.mark.parametrize("case", ["degrees to mercator", "mercator to degrees", "across the antimeridian"])
def test_statistics_by_axes_are_gdals(case: str, method: Interpolation) -> None:
    values = np.random.default_rng(8).integers(0, 250, (1, 700, 800)).astype("u1")
    cells, theirs = ours(values, case, method), by_gdal(values, case, method)
    known = cells.mask()
    assert (cells.values != theirs)[known].mean() < 0.01


@pytest.mark.parametrize("method", [Interpolation.MAX, Interpolation.MIN, Interpolation.MEDIAN])
def test_statistics_by_cells_are_like_gdals(method: Interpolation) -> None:
    values = waves(700, 800, 1)
    case = "degrees to a zone"
    cells, theirs = ours(values, case, method), by_gdal(values, case, method)
    difference = np.abs(cells.values.astype(int) - theirs)[cells.mask()]
    assert np.quantile(difference, 0.99) <= 20
    assert difference.mean() < 2


def test_the_most_frequent_class_is_gdals() -> None:
    """But for ties, and footprints that end a little elsewhere."""
    classes = waves(700, 800, 1) // 40
    for case in ("degrees to a zone", "mercator to degrees"):
        cells, theirs = ours(classes, case, Interpolation.MODE), by_gdal(classes, case, Interpolation.MODE)
        assert (cells.values == theirs)[cells.mask()].mean() > 0.93


def test_masked_cells_are_left_out_as_gdal_does() -> None:
    """GDAL leaves out cells whose nearest neighbour is masked, too; what both have is the same."""
    values = waves(700, 800, 1, "f4")
    holes = np.random.default_rng(2).random((1, 70, 80)).repeat(10, 1).repeat(10, 2) < 0.3
    for case in ("mercator to degrees", "degrees to a zone"):
        theirs = by_gdal(np.where(holes, -9, values).astype("f4"), case, Interpolation.BILINEAR, nodata=-9)
        crs, bounds, target, target_bounds = CASES[case]
        plan = Reproject(Read("c"), parse_crs(target), TargetGrid(target_bounds, WIDTH, HEIGHT), Interpolation.BILINEAR)
        cells = read(evaluate(plan, catalogue(image(np.where(holes, 0, values).astype("f4"), crs, bounds, ~holes))))
        both = cells.mask() & (theirs != -9)
        assert both.sum() > 0.99 * (theirs != -9).sum()
        assert np.quantile(np.abs(cells.values - theirs)[both], 0.99) < 2.5
