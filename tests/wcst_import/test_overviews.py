# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoxserver.core.axes import IrregularAxis, RegularAxis
from eoxserver.core.coverage import CellBox
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from tests.backends.rasters import add_overviews, pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

SERIES = {
    "time_parameter": {"filename": {"regex": r"_(\d{8})\.", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "OGC/0/AnsiDate",
}


def tile(path: Path, values: npt.NDArray[Any], west: float, factors: tuple[int, ...] = (2, 4), **profile: Any) -> str:
    """A file of cells of one degree, with averages in its overviews."""
    _, height, width = values.shape
    name = write(path, values, bounds=(west, 0, west + width, height), **profile)
    if factors:
        with rasterio.open(name, "r+") as dataset:
            dataset.build_overviews(list(factors), rasterio.enums.Resampling.average)
    return name


def overview(path: str, number: int) -> npt.NDArray[Any]:
    """An overview as GDAL has it, shape (band, row, column)."""
    with rasterio.open(path, overview_level=number) as dataset:
        cells: npt.NDArray[Any] = dataset.read()
        return cells


def members(imports: Imports) -> list[str]:
    return [one.identifier for one in imports.instance.context.pyramids.members("c")]


def test_overviews_are_members_with_the_cells_of_the_files(imports: Imports) -> None:
    paths = [
        tile(imports.folder / f"t{number}.tif", pattern((2, 8, 12), "int16") + number, 12 * number)
        for number in range(2)
    ]
    imports.run(ingredients("map_mosaic", "t*.tif", {"import_overviews": [0, 1]}))
    assert members(imports) == ["c_0", "c_1"]
    for number in range(2):
        wanted = np.concatenate([overview(path, number) for path in paths], axis=2)
        assert np.array_equal(imports.cells(f"c_{number}"), wanted)
        base, coarse = imports.coverage().domain, imports.coverage(f"c_{number}").domain
        for mine, its in zip(base.axes, coarse.axes, strict=True):
            assert isinstance(mine, RegularAxis)
            assert isinstance(its, RegularAxis)
            assert (its.start, its.stop) == pytest.approx((mine.start, mine.stop))
    full = [rasterio.open(path).read() for path in paths]
    assert np.array_equal(imports.cells(), np.concatenate(full, axis=2))


def test_reads_of_few_cells_take_them(imports: Imports) -> None:
    path = tile(imports.folder / "a.tif", pattern((1, 8, 12), "int16"), 0)
    imports.run(ingredients("map_mosaic", "a.tif", {"import_overviews": [0]}))
    source = imports.coverage().source
    assert [level.shape for level in source.levels] == [(8, 12), (4, 6)]
    assert np.array_equal(source.read(CellBox.whole((4, 6)), [0], 1).values, overview(path, 0))


def test_later_files_renew_them(imports: Imports) -> None:
    """The base is another version then; and it has grown, which members that are made of it do not follow."""
    tile(imports.folder / "a.tif", pattern((1, 8, 12), "int16"), 0)
    given_ = ingredients("map_mosaic", "*.tif", {"import_overviews": [1]})
    imports.run(given_)
    path = tile(imports.folder / "b.tif", pattern((1, 8, 12), "int16") + 1, 12)
    assert imports.run(given_).imported == 2
    assert [level.shape for level in imports.coverage().source.levels] == [(8, 24), (2, 6)]
    assert np.array_equal(imports.cells("c_1")[:, :, 3:], overview(path, 1))


def test_series_have_overviews_at_the_same_times(imports: Imports) -> None:
    paths = [tile(imports.folder / f"s_2015010{day}.tif", pattern((1, 8, 12), "float32") * day, 0) for day in (1, 2, 5)]
    imports.run(ingredients("time_series_irregular", "s_*.tif", {**SERIES, "import_all_overviews": True}))
    assert members(imports) == ["c_0", "c_1"]
    time = imports.coverage("c_1").domain.axes[0]
    assert isinstance(time, IrregularAxis)
    assert np.array_equal(time.coordinates(), imports.coverage().domain.axes[0].coordinates())
    assert np.array_equal(imports.cells("c_1")[0], np.concatenate([overview(path, 1) for path in paths]))


def test_only_overviews(imports: Imports) -> None:
    path = tile(imports.folder / "a.tif", pattern((1, 8, 12)), 0)
    options = {"import_overviews": [1], "import_overviews_only": True, "scale_levels": [2]}
    imports.run(ingredients("map_mosaic", "a.tif", options))
    assert not imports.instance.catalogue.exists("c")
    assert np.array_equal(imports.cells("c_1"), overview(path, 1))


def test_axes_of_general_coverages_are_turned(imports: Imports) -> None:
    """Rows and columns change places, and rows run upwards."""
    path = tile(imports.folder / "a.tif", pattern((1, 8, 12), "int16"), 0)
    axes = {
        "Lat": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": 1, "gridOrder": 1},
        "Long": {"min": "${gdal:minX}", "max": "${gdal:maxX}", "resolution": 1, "gridOrder": 0},
    }
    coverage = {"crs": "EPSG/0/4326", "slicer": {"type": "gdal", "axes": axes}}
    imports.run(ingredients("general_coverage", "a.tif", {"coverage": coverage, "import_overviews": [0]}))
    assert np.array_equal(imports.cells("c_0")[0], overview(path, 0)[0, ::-1].T)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(height=st.integers(5, 40), width=st.integers(5, 40), factors=st.sets(st.integers(2, 5), min_size=1, max_size=3))
def test_sizes_that_are_no_multiples(imports: Imports, height: int, width: int, factors: set[int]) -> None:
    if imports.instance.catalogue.exists("c"):
        imports.instance.ingestion.delete(["c", *members(imports)])
    path = imports.folder / "a.tif"
    path.unlink(missing_ok=True)
    name = tile(path, pattern((1, height, width), "int16"), 0, tuple(sorted(factors)))
    imports.run(ingredients("map_mosaic", "a.tif", {"import_all_overviews": True}, track_files=False))
    found = members(imports)
    assert found
    for identifier in found:
        assert np.array_equal(imports.cells(identifier), overview(name, int(identifier.removeprefix("c_"))))


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "config", "words"),
    [
        ({"import_overviews": [0], "import_all_overviews": True}, {}, "only one of them"),
        ({"import_overviews_only": True}, {}, r"import_overviews_only leaves nothing to import; import_overviews says"),
        ({"import_overviews": [1, 1]}, {}, "names one twice: 1, 1"),
        ({"import_overviews": [0]}, {"insitu": True}, "config.insitu leaves cells in the files"),
        ({"import_overviews": [-1]}, {}, r"recipe\.options\.import_overviews"),
    ],
)
def test_options_that_go_ill_together(
    imports: Imports, options: dict[str, Any], config: dict[str, Any], words: str
) -> None:
    with pytest.raises(IngredientsError, match=words):
        imports.session(ingredients("map_mosaic", "*.tif", options, **config))


def test_files_without_them_are_refused(imports: Imports) -> None:
    tile(imports.folder / "a.tif", pattern((1, 8, 12)), 0)
    tile(imports.folder / "b.tif", pattern((1, 8, 12)), 12, ())
    with pytest.raises(FileRefused, match=r"b\.tif has 0 overviews, of which there is no number 0 .*gdaladdo"):
        imports.run(ingredients("map_mosaic", "*.tif", {"import_overviews": [0]}))
    with pytest.raises(FileRefused, match=r"b\.tif has no overviews .*gdaladdo makes some"):
        imports.run(ingredients("map_mosaic", "b.tif", {"import_all_overviews": True}))
    result = imports.run(ingredients("map_mosaic", "*.tif", {"import_overviews": [0]}, skip=True))
    assert [path.rsplit("/", 1)[1] for path, _ in result.skipped] == ["b.tif"]
    assert imports.coverage().domain.shape == (8, 12)


def test_axes_without_place_are_refused(imports: Imports) -> None:
    name = write(imports.folder / "a.tif", pattern((1, 8, 12)), crs=None, bounds=None)
    add_overviews(name, [2])
    axes = {
        "i": {"min": 0, "max": "${gdal:maxX} - 1", "gridOrder": 1},
        "j": {"min": 0, "max": "${gdal:maxY} - 1", "gridOrder": 0},
    }
    coverage = {"crs": "OGC/0/Index2D", "slicer": {"type": "gdal", "axes": axes}}
    with pytest.raises(FileRefused, match=r"axis . is not regular, so that its overviews have no place"):
        imports.run(ingredients("general_coverage", "a.tif", {"coverage": coverage, "import_overviews": [0]}))
