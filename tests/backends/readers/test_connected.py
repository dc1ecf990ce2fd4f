# SPDX-License-Identifier: MIT
"""Sources over remote and packed rasters: whatever happens to the data, the cells are of one state of it."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import from_origin

from eoxserver.backends.access import Access
from eoxserver.backends.locations import Location
from eoxserver.backends.readers.connected import ConnectedSource
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox, ChangingSource, MemorySource, Source
from eoxserver.core.errors import DataUnavailable, ItemMissing
from tests.archives import zip_bytes
from tests.backends.access.remotes import NEAR, place, world

BOX = CellBox((0, 0), (20, 30))


def raster(value: int, shape: tuple[int, int] = (20, 30)) -> bytes:
    """A TIFF whose cells all have one value."""
    target = io.BytesIO()
    profile = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "uint8"}
    with rasterio.open(target, "w", transform=from_origin(0, 0, 1, 1), **profile) as dataset:
        dataset.write(np.full((1, *shape), value, "uint8"))
    return target.getvalue()


@pytest.fixture
def reader() -> Iterator[GdalReader]:
    made = GdalReader(default_settings())
    yield made
    made.close()


def connected(reader: GdalReader, access: Access, location: Location) -> ConnectedSource:
    def open_place(found: object) -> Source:
        assert isinstance(found, str)
        return reader.open(found)

    return ConnectedSource(access, location, open_place)


def cells(source: ConnectedSource) -> set[int]:
    """The values of all cells."""
    values: npt.NDArray[np.uint8] = source.read(BOX, [0]).values
    return {int(value) for value in np.unique(values)}


LOCATIONS = [
    pytest.param(place("a.tif"), id="copy"),
    pytest.param(place("a.tif", storage=NEAR), id="in place"),
    pytest.param(place("a.tif", ("ZIP", "s.zip")), id="unpacked"),
    pytest.param(place("a.tif", ("ZIP", "s.zip"), storage=NEAR), id="stored, in place"),
    pytest.param(place("a.tif", ("ZIP", "p.zip"), storage=NEAR), id="packed"),
]


def files(value: int, shape: tuple[int, int] = (20, 30)) -> dict[str, bytes]:
    content = raster(value, shape)
    before = {"x": bytes(value)}
    return {
        "a.tif": content,
        "s.zip": zip_bytes({**before, "a.tif": content}, zipfile.ZIP_STORED),
        "p.zip": zip_bytes({**before, "a.tif": content}),
    }


@pytest.mark.parametrize("location", LOCATIONS)
def test_changed_data_is_read_anew(location: Location, reader: GdalReader, tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    source = connected(reader, access, location)
    states = []
    for value in (1, 2, 3):
        for name, content in files(value).items():
            there.put(name, content)
        assert cells(source) == {value}
        assert source.shape == (20, 30)
        states.append(source.state())
    assert isinstance(source, ChangingSource)
    assert len({*states, ""}) == 4


@pytest.mark.parametrize("location", LOCATIONS)
def test_data_of_another_shape_is_refused(location: Location, reader: GdalReader, tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    source = connected(reader, access, location)
    for shape in ((20, 30), (21, 30)):
        for name, content in files(1, shape).items():
            there.put(name, content)
        if shape[0] == 20:
            assert cells(source) == {1}
    with pytest.raises(DataUnavailable, match="was 20 x 30 cells and is 21 x 30 now; register it again"):
        cells(source)


@pytest.mark.parametrize("location", LOCATIONS)
def test_data_that_is_gone_is_told(location: Location, reader: GdalReader, tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    for name, content in files(1).items():
        there.put(name, content)
    source = connected(reader, access, location)
    assert cells(source) == {1}
    there.files.clear()
    with pytest.raises(ItemMissing, match="no such file in storage far://host"):
        cells(source)
    assert source.state() == ""


def test_a_copy_that_was_removed_comes_again(reader: GdalReader, tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tif", raster(1))
    source = connected(reader, access, place("a.tif"))
    assert cells(source) == {1}
    shutil.rmtree(tmp_path / "cache")
    reader.blocks.clear()
    assert cells(source) == {1}
    assert there.asked["retrieve"] == 2


@pytest.mark.parametrize("location", LOCATIONS)
def test_data_that_changed_before_it_was_noticed(location: Location, reader: GdalReader, tmp_path: Path) -> None:
    """A file in place that cannot be read any more: the storage is asked, though what it said is still trusted."""
    there, access = world(tmp_path)
    for name, content in files(1).items():
        there.put(name, content)
    source = connected(reader, access, location)
    source.read(CellBox((0, 0), (1, 1)), [0])
    for name, content in files(2).items():
        there.put(name, content)
    shutil.rmtree(tmp_path / "near", ignore_errors=True)
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    reader.close()
    assert cells(source) == {2}


def test_a_broken_file_is_not_tried_for_ever(reader: GdalReader, tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tif", raster(1)[:200])
    source = connected(reader, access, place("a.tif", storage=NEAR))
    with pytest.raises(DataUnavailable, match=r"a\.tif"):
        cells(source)
    assert there.asked["connect"] + there.asked["stat"] <= 4
    there.put("a.tif", raster(2))
    access.doubt(place("a.tif", storage=NEAR))
    assert cells(source) == {2}


def test_many_threads_read_while_it_changes(reader: GdalReader, tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    location = place("a.tif", ("ZIP", "s.zip"), storage=NEAR)
    for name, content in files(1).items():
        there.put(name, content)
    source = connected(reader, access, location)

    def read(number: int) -> set[int]:
        if number in (20, 45):  # not more often than a read is tried
            for name, content in files(number).items():
                there.put(name, content)
        return cells(source)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(60)))
    assert all(len(values) == 1 for values in found)
    assert cells(source) == {int(raster_value(there.files["a.tif"]))}


def raster_value(content: bytes) -> int:
    with rasterio.MemoryFile(content) as memory, memory.open() as dataset:
        return int(dataset.read(1)[0, 0])


def test_what_a_storage_reads_itself_needs_no_file(tmp_path: Path) -> None:
    _, access = world(tmp_path)
    file = tmp_path / "a"
    file.touch()
    source = ConnectedSource(
        access, Location(None, (), str(file)), lambda _: MemorySource(np.arange(6).reshape(1, 2, 3))
    )
    assert source.read(CellBox((1, 0), (2, 3)), [0]).values.tolist() == [[[3, 4, 5]]]
    assert (source.chunks, source.levels[0].shape) == ((2, 3), (2, 3))
