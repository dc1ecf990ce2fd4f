# SPDX-License-Identifier: MIT
"""Opening rasters, and GDAL's errors in our words."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasterio.env import get_gdal_config

from eoxserver.backends.rasters import GDAL_CACHE_BYTES, open_raster, prepare_gdal
from eoxserver.core.errors import DataUnavailable
from tests.backends.rasters import add_overviews, pattern, write


def test_a_raster_is_opened_at_a_level(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 64, 64)))
    add_overviews(path, [2])
    for level, size in ((0, 64), (1, 32)):
        with open_raster(path, level) as dataset:
            assert dataset.width == size


@pytest.mark.parametrize(
    ("name", "text"),
    [("gone.tif", "no such file"), (".", "is a folder, not a raster"), ("text.tif", "not recognized as being in a")],
)
def test_what_cannot_be_opened_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "text.tif").write_text("text")
    path = str(tmp_path / name)
    with pytest.raises(DataUnavailable, match=text) as caught:
        open_raster(path)
    assert caught.value.locator == path
    assert caught.value.message.count(path) == 1


@pytest.mark.parametrize("path", ["/vsizip//no/such.zip/a.tif", "NETCDF:/no/such.nc:sst", "<VRTDataset/>", "a\0b", ""])
def test_odd_names_are_told_as_unavailable(path: str) -> None:
    with pytest.raises(DataUnavailable):
        open_raster(path)


def test_gdals_own_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GDAL_CACHEMAX", raising=False)
    prepare_gdal()
    assert get_gdal_config("GDAL_CACHEMAX") == GDAL_CACHE_BYTES
    monkeypatch.setenv("GDAL_CACHEMAX", "5%")
    prepare_gdal()
    assert get_gdal_config("GDAL_CACHEMAX") == GDAL_CACHE_BYTES, "what the environment asks for is left alone"
