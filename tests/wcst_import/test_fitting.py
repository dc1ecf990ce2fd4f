# SPDX-License-Identifier: MIT
"""Files that do not go with a coverage that exists are refused before anything is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eoxserver.wcst_import.errors import FileRefused
from tests.backends.rasters import write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

GOOD = np.arange(12, dtype="int16").reshape(1, 3, 4)
SERIES = {"time_start": "2020-01-01", "time_step": "1 day", "time_crs": "OGC/0/AnsiDate"}


@pytest.mark.parametrize(
    ("cells", "changed", "words"),
    [
        (GOOD, {"crs": "EPSG:32633"}, "axis Lat is in .*32633; in the coverage it is in .*4326|the axes are"),
        (GOOD, {"bounds": (4.5, 0, 8.5, 3)}, "0.5 cells off the grid"),
        (GOOD, {"bounds": (4, 0, 12, 3)}, "axis Long has the resolution 2.0; in the coverage it is 1.0"),
        (np.concatenate([GOOD, GOOD]), {}, "there are 2 fields"),
        (GOOD.astype("int32"), {}, "band .* is int32, which does not fit int16, its type there; gdal_translate -ot"),
        (GOOD.astype("float32"), {}, "is float32, which does not fit int16"),
        (GOOD.astype("complex64"), {}, "is complex64, which cannot become int16"),
    ],
)  # fmt: skip
def test_other_files_are_refused(imports: Imports, cells: Any, changed: dict[str, Any], words: str) -> None:
    write(imports.folder / "a.tif", GOOD, bounds=(0, 0, 4, 3))
    imports.run(ingredients("map_mosaic", "a.tif"))
    write(imports.folder / "b0.tif", GOOD, bounds=(4, 0, 8, 3))
    write(imports.folder / "b1.tif", cells, **{"bounds": (4, 0, 8, 3), **changed})
    # Alone, so that there is no first file with which it does not go.
    given = ingredients("map_mosaic", "b1.tif")
    with pytest.raises(FileRefused, match=rf"b1\.tif does not go with the coverage c.*({words}).*coverage_id"):
        imports.run(given)
    assert np.array_equal(imports.cells(), GOOD)
    given = ingredients("map_mosaic", ["b0.tif", "b1.tif"], skip=True)
    result = imports.run(given)
    assert result.imported == 1 and [path[-6:] for path, _ in result.skipped] == ["b1.tif"]
    assert np.array_equal(imports.cells(), np.concatenate([GOOD, GOOD], axis=2))


def test_other_axes_are_refused(imports: Imports) -> None:
    write(imports.folder / "a.tif", GOOD)
    imports.run(ingredients("time_series_regular", "a.tif", SERIES))
    with pytest.raises(FileRefused, match="the axes are Lat, Long; those of the coverage are ansi, Lat, Long"):
        imports.run(ingredients("map_mosaic", "a.tif", track_files=False))


def test_narrower_types_are_taken(imports: Imports) -> None:
    write(imports.folder / "a.tif", GOOD, bounds=(0, 0, 4, 3))
    imports.run(ingredients("map_mosaic", "a.tif"))
    write(imports.folder / "b.tif", GOOD.astype("uint8"), bounds=(4, 0, 8, 3))
    assert imports.run(ingredients("map_mosaic", "b.tif")).imported == 1
    assert np.array_equal(imports.cells(), np.concatenate([GOOD, GOOD], axis=2))
