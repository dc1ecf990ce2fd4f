# SPDX-License-Identifier: MIT
"""Opening rasters, and GDAL's errors in our words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import rasterio
from rasterio.env import get_gdal_config

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.rasters import (
    GDAL_CACHE_BYTES,
    found_by_name,
    gdal_name,
    lasting_name,
    open_raster,
    prepare_gdal,
    unavailable,
    with_options,
)
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


def test_errors_have_the_name_that_was_asked_for() -> None:
    path = RasterPath("/vsicurl/http://host/a.tif", validator="1")
    told = gdal_name(path)
    for text in (f"{told}, band 1: IReadBlock failed", f"{Path(told).name}, band 1: IReadBlock failed"):
        assert unavailable(path, OSError(text)).message == f"{path}: band 1: IReadBlock failed"
    assert unavailable(path, OSError(f"Cannot open {told}")).message == f"{path}: Cannot open {path}"


def test_gdals_own_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GDAL_CACHEMAX", raising=False)
    prepare_gdal()
    assert get_gdal_config("GDAL_CACHEMAX") == GDAL_CACHE_BYTES
    monkeypatch.setenv("GDAL_CACHEMAX", "5%")
    prepare_gdal()
    assert get_gdal_config("GDAL_CACHEMAX") == GDAL_CACHE_BYTES, "what the environment asks for is left alone"


@pytest.mark.parametrize("name", ["a.tfw", "a.TFW"])
def test_files_beside_a_raster_are_found_by_their_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=3, height=2, count=1, dtype="uint8"):
        pass
    (tmp_path / name).write_text("2\n0\n0\n-2\n101\n199\n")
    option = "GDAL_DISABLE_READDIR_ON_OPEN"
    assert get_gdal_config(option) in (None, "FALSE"), "the folder is listed otherwise"
    with found_by_name():
        assert get_gdal_config(option) == "TRUE"
        with open_raster(str(path)) as dataset:
            assert dataset.transform.to_gdal() == (100, 2, 0, 200, 0, -2)
    assert get_gdal_config(option) in (None, "FALSE")


def test_options_of_a_path_hold_for_its_call_and_nobody_else() -> None:
    path = RasterPath("/vsicurl/http://host/a", {"GDAL_HTTP_USERPWD": "me:secret", "AWS_SECRET_ACCESS_KEY": "secret"})

    def found() -> tuple[str | None, ...]:
        return tuple(get_gdal_config(name) for name in path.options)

    during: list[tuple[str | None, ...]] = []

    def call() -> tuple[str | None, ...]:
        with ThreadPoolExecutor(1) as other:
            during.append(other.submit(found).result())
        return found()

    assert with_options(path, call) == ("me:secret", "secret")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(with_options, path, call).result() == ("me:secret", "secret")
        assert pool.submit(found).result() == (None, None)
    assert during == [(None, None)] * 2
    assert found() == (None, None)


def test_options_leave_those_of_the_thread_as_they_were() -> None:
    path = RasterPath("/vsicurl/http://host/a", {"GDAL_HTTP_USERAGENT": "inner"})

    def nested() -> list[str | None]:
        with rasterio.Env(GDAL_HTTP_USERAGENT="outer"):
            return [
                with_options(path, lambda: get_gdal_config("GDAL_HTTP_USERAGENT")),
                get_gdal_config("GDAL_HTTP_USERAGENT"),
            ]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(nested).result() == ["inner", "outer"]


def test_errors_of_a_call_with_options_are_its_callers() -> None:
    path = RasterPath("/vsicurl/http://host/a", {"GDAL_HTTP_USERAGENT": "me"})
    with pytest.raises(ZeroDivisionError):
        with_options(path, lambda: 1 // 0)


def test_each_state_of_a_file_on_a_web_server_has_a_name_for_gdal() -> None:
    path = RasterPath("/vsicurl/http://host/a.tif", validator='"1"')
    names = {gdal_name(path), gdal_name(path.pinned('"2"')), gdal_name(path.pinned('"2"', attempt=1)), str(path)}
    assert len(names) == 4
    assert gdal_name(path.pinned("")) == path
    member = path.pinned('"3"').with_text("/vsisubfile/7_9,/vsicurl/http://host/a.zip")
    assert gdal_name(member).startswith(f"{member}#")


def test_files_that_keep_their_name_must_be_forgotten() -> None:
    for text, name in (
        ("/vsis3/bucket/a,b.tif", "/vsis3/bucket/a,b.tif"),
        ("/vsisubfile/7_9,/vsis3/bucket/a,b.zip", "/vsis3/bucket/a,b.zip"),
        ("/vsicurl/http://host/a.tif", ""),
        ("/vsisubfile/7_9,/vsicurl/http://host/a.zip", ""),
    ):
        assert lasting_name(RasterPath(text)) == name
    assert lasting_name(RasterPath("/vsisubfile/7_9,/data/a.zip", file="/data/a.zip")) == ""
    assert lasting_name("/data/a.tif") == ""
