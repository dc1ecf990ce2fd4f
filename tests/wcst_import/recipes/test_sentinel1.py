# SPDX-License-Identifier: MIT
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint

from eoxserver.core.coordinates import coordinate_texts
from eoxserver.core.errors import EOxServerError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration


def scene(folder: Path, beam: str, polarisation: str, day: str, product: str = "grd", seed: int = 0) -> Any:
    values = pattern((1, 3, 4), "uint16") + seed
    name = f"s1a-{beam}-{product}-{polarisation}-{day}t051234-{day}t051259-052000-0649ab-001.tiff"
    write(folder / name, values, crs="EPSG:4326")
    return values


def scenes(coverage_id: str = "S1_${modebeam}_${polarisation}", **filters: Any) -> Any:
    given = ingredients("sentinel1", "*.tiff", track_files=False)
    given["input"].update(coverage_id=coverage_id, **filters)
    return given


def test_scenes_are_series_of_mode_and_polarisation(imports: Imports) -> None:
    late = scene(imports.folder, "iw", "vv", "20240117")
    early = scene(imports.folder, "iw", "vv", "20240105", seed=5)
    other = scene(imports.folder, "iw", "vh", "20240105", seed=9)
    scene(imports.folder, "ew", "hh", "20240105", seed=11)
    scene(imports.folder, "iw1", "vv", "20240105", "slc")
    assert imports.run(scenes(modebeams=["IW"], polarisations=["VV", "VH"])).imported == 3
    assert np.array_equal(imports.cells("S1_IW_VV")[0], np.concatenate([early, late]))
    assert np.array_equal(imports.cells("S1_IW_VH")[0], other)
    found = imports.coverage("S1_IW_VV")
    assert (found.range_type.names, found.domain.labels) == (("VV",), ("ansi", "Lat", "Long"))
    texts = coordinate_texts(found.domain.axes[0], found.domain.axes[0].coordinates())
    assert [text[:19] for text in texts] == ["2024-01-05T05:12:34", "2024-01-17T05:12:34"]
    assert imports.run(scenes(modebeams=["EW"])).imported == 1
    assert imports.run(scenes(product="SLC", modebeams=["IW"])).imported == 1
    assert imports.instance.catalogue.exists("S1_IW1_VV")


@pytest.mark.parametrize(
    ("coverage_id", "filters", "words"),
    [
        ("S1_${modebeam}", {}, r"mix polarisation (VH|VV) and (VH|VV).*write \$\{polarisation\}"),
        ("S1_${beam}", {}, r"there is no '\$\{beam\}'; .*modebeam"),
        ("c", {"product": "RAW"}, "input.product must be GRD or SLC, not 'RAW'"),
    ],
)
def test_what_would_mix_scenes_is_refused(imports: Imports, coverage_id: str, filters: Any, words: str) -> None:
    scene(imports.folder, "iw", "vv", "20240117")
    scene(imports.folder, "iw", "vh", "20240117")
    with pytest.raises(EOxServerError, match=words):
        imports.run(scenes(coverage_id, **filters))


def test_other_files_are_named(imports: Imports) -> None:
    write(imports.folder / "a.tiff", pattern((1, 3, 4)))
    with pytest.raises(EOxServerError, match=r"a\.tiff is not named as files of Sentinel-1 are"):
        imports.run(scenes())
    (imports.folder / "a.tiff").unlink()
    name = "s1a-iw-grd-vv-20240105t051234-20240105t051259-052000-0649ab-001.tiff"
    write(imports.folder / name, pattern((2, 3, 4)))
    with pytest.raises(EOxServerError, match="has 2 bands, .*; 1 are expected: VV"):
        imports.run(scenes())


def test_files_with_ground_control_points_only_are_warped_by_a_hook(imports: Imports) -> None:
    name = "s1a-iw-grd-vv-20240105t051234-20240105t051259-052000-0649ab-001.tiff"
    points = [GroundControlPoint(row, column, 10 + column, 50 - row) for row in (0, 3) for column in (0, 4)]
    with rasterio.open(
        imports.folder / name, "w", driver="GTiff", count=1, height=3, width=4, dtype="uint16", gcps=points,
        crs="EPSG:4326",
    ) as file:  # fmt: skip
        file.write(pattern((1, 3, 4), "uint16"))
    with pytest.raises(EOxServerError, match=r"is tied to the ground at 4 points only.*gdalwarp -tps .*replace_path"):
        imports.run(scenes())
    (imports.folder / "warped").mkdir()
    script = (
        "import sys, rasterio; from rasterio.vrt import WarpedVRT; from rasterio.shutil import copy; "
        "copy(WarpedVRT(rasterio.open(sys.argv[1]), crs='EPSG:4326'), sys.argv[2], driver='GTiff')"
    )
    command = f'{sys.executable} -c "{script}" ${{file:path}} {imports.folder}/warped/${{file:name}}'
    hook = {
        "when": "before_import",
        "cmd": command,
        "abort_on_error": True,
        "replace_path": [f"{imports.folder}/warped/${{file:name}}"],
    }
    assert imports.run({**scenes(), "hooks": [hook]}).imported == 1
    with rasterio.open(imports.folder / "warped" / name) as file:
        assert np.array_equal(imports.cells("S1_IW_VV")[0, 0], file.read(1))
