# SPDX-License-Identifier: MIT
"""Cells as GDAL reads them: types, masks, overviews, windows, changes on disk, errors, threads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.backends.readers.gdal_source import GdalSource
from eoxserver.backends.readers.layout import Layout
from eoxserver.conf.schema import Settings, default_settings
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.errors import DataUnavailable
from tests.backends.rasters import add_overviews, convert, pattern, write


@pytest.fixture
def reader() -> Iterator[GdalReader]:
    reader = GdalReader(default_settings())
    yield reader
    reader.close()


def without_cache() -> Settings:
    settings = default_settings()
    return replace(settings, evaluation=replace(settings.evaluation, tile_cache_bytes=0))


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "complex64", "complex128"],
)
def test_cells_keep_their_type_and_value(tmp_path: Path, reader: GdalReader, dtype: str) -> None:
    values = pattern((2, 20, 30), dtype)
    source = reader.open(write(tmp_path / "a.tif", values))
    cells = source.read(CellBox((3, 4), (17, 29)), (0, 1))
    assert cells.values.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(cells.values, values[:, 3:17, 4:29])
    assert cells.valid is None


def test_complex_integers_become_complex_floats(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((1, 5, 6), "complex64")
    path = write(tmp_path / "a.tif", values, dtype="complex_int16")
    cells = reader.open(path).read(CellBox.whole((5, 6)), (0,))
    assert cells.values.dtype == np.complex64
    np.testing.assert_array_equal(cells.values, values)


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("settings", [default_settings(), without_cache()], ids=["kept blocks", "straight"])
def test_fields_come_in_the_order_asked_for(tmp_path: Path, interleave: str, settings: Settings) -> None:
    values = pattern((4, 40, 50), "uint16")
    reader = GdalReader(settings)
    source = reader.open(write(tmp_path / "a.tif", values, interleave=interleave))
    for fields in [(0,), (3, 1), (1, 2, 3), (2, 2), (0, 1, 2, 3)]:
        cells = source.read(CellBox((1, 2), (39, 44)), fields)
        np.testing.assert_array_equal(cells.values, values[list(fields), 1:39, 2:44])
    reader.close()


def test_cells_that_are_read_once_are_not_kept(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((2, 40, 50), "uint16")
    path = write(tmp_path / "a.tif", values, nodata=7)
    source = reader.open_once(path)
    cells = source.read(CellBox.whole((40, 50)), (1, 0))
    np.testing.assert_array_equal(cells.values, values[::-1])
    np.testing.assert_array_equal(cells.mask(), values[::-1] != 7)
    assert reader.blocks.size == 0
    source.read(CellBox((0, 0), (40, 49)), (0,))
    assert reader.blocks.size, "parts share blocks"


PROPERTY_SHAPE = (90, 130)


@pytest.fixture(scope="module")
def blocky(tmp_path_factory: pytest.TempPathFactory) -> str:
    values = pattern((2, *PROPERTY_SHAPE), "int16")
    values[0, 40:60, 50:70] = -5
    return write(
        tmp_path_factory.mktemp("blocky") / "a.tif", values, nodata=-5, tiled=True, blockxsize=32, blockysize=16
    )


@given(data=st.data())
def test_any_window_by_blocks_equals_the_window_of_the_array(blocky: str, data: st.DataObject) -> None:
    rows = sorted(data.draw(st.lists(st.integers(0, PROPERTY_SHAPE[0]), min_size=2, max_size=2, unique=True)))
    columns = sorted(data.draw(st.lists(st.integers(0, PROPERTY_SHAPE[1]), min_size=2, max_size=2, unique=True)))
    settings = data.draw(st.sampled_from([default_settings(), without_cache()]))
    reader = GdalReader(settings)
    source = reader.open(blocky)
    cells = source.read(CellBox((rows[0], columns[0]), (rows[1], columns[1])), (1, 0))
    with rasterio.open(blocky) as dataset:
        expected = dataset.read([2, 1], window=(tuple(rows), tuple(columns)))
    np.testing.assert_array_equal(cells.values, expected)
    np.testing.assert_array_equal(cells.mask(), expected != -5)
    reader.close()


def test_units_of_small_blocks_join_without_seam(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((1, 1500, 300), "uint16")
    source = reader.open(write(tmp_path / "strips.tif", values, blockysize=3))
    assert source.chunks == (3, 300)
    cells = source.read(CellBox((400, 7), (1490, 299)), (0,))
    np.testing.assert_array_equal(cells.values, values[:, 400:1490, 7:299])


@pytest.mark.parametrize(
    ("dtype", "nodata"),
    [("uint8", 0), ("uint8", 255), ("uint16", 65535), ("int16", -32768), ("float32", -1), ("float32", np.nan),
     ("float64", -1.7976931348623157e308), ("float32", -3.4028234663852886e38)],
)  # fmt: skip
def test_nodata_cells_are_not_valid(tmp_path: Path, reader: GdalReader, dtype: str, nodata: float) -> None:
    values = np.full((1, 10, 12), 7, dtype)
    values[0, 2:4, 3:5] = nodata
    source = reader.open(write(tmp_path / "a.tif", values, nodata=nodata))
    cells = source.read(CellBox((1, 1), (9, 9)), (0,))
    expected = np.ones((1, 8, 8), dtype=bool)
    expected[0, 1:3, 2:4] = False
    assert cells.valid is not None
    np.testing.assert_array_equal(cells.valid, expected)
    assert source.read(CellBox((5, 5), (6, 6)), (0,)).mask().all()


def test_nodata_that_the_type_cannot_hold_masks_nothing(tmp_path: Path, reader: GdalReader) -> None:
    path = str(tmp_path / "a.vrt")
    write(tmp_path / "a.tif", pattern((1, 4, 5)))
    Path(path).write_text(
        '<VRTDataset rasterXSize="5" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1">'
        "<NoDataValue>-9999</NoDataValue><SimpleSource>"
        '<SourceFilename relativeToVRT="1">a.tif</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    assert reader.open(path).read(CellBox.whole((4, 5)), (0,)).valid is None
    assert reader.describe(path).range_type.fields[0].nil == ()


def test_a_mask_beside_the_cells_is_used_and_values_below_it_are_kept(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((3, 40, 40))
    mask = np.full((40, 40), 255, "uint8")
    mask[5:9, 6:20] = 0
    path = str(tmp_path / "a.tif")
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", driver="GTiff", width=40, height=40, count=3, dtype="uint8") as dataset,
    ):
        dataset.write(values)
        dataset.write_mask(mask)
    cells = reader.open(path).read(CellBox.whole((40, 40)), (0, 2))
    np.testing.assert_array_equal(cells.values, values[[0, 2]])
    assert cells.valid is not None
    np.testing.assert_array_equal(cells.valid, np.stack([mask != 0] * 2))


def test_an_alpha_band_stays_a_field_and_masks_nothing(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((4, 9, 9))
    values[3, :4] = 0
    path = write(tmp_path / "a.tif", values, photometric="rgb", alpha="yes")
    cells = reader.open(path).read(CellBox.whole((9, 9)), (0, 1, 2, 3))
    np.testing.assert_array_equal(cells.values, values)
    assert cells.valid is None
    assert [field.interpretation for field in reader.describe(path).range_type.fields][3] == "alpha"


def test_a_mask_of_nodata_in_all_bands_together(tmp_path: Path, reader: GdalReader) -> None:
    values = np.ones((3, 6, 6), "uint8")
    values[:, 0, 0] = 0
    values[1, 3, 3] = 0
    path = write(tmp_path / "a.tif", values)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(NODATA_VALUES="0 0 0")
    cells = reader.open(path).read(CellBox.whole((6, 6)), (0, 1, 2))
    assert cells.valid is not None
    assert np.argwhere(~cells.valid).tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0]]


def test_levels_are_the_overviews_cell_by_cell(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((2, 403, 611), "uint16")
    path = write(tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64, nodata=7919)
    add_overviews(path, [2, 4, 8])
    source = reader.open(path)
    assert [level.shape for level in source.levels] == [(403, 611), (202, 306), (101, 153), (51, 77)]
    assert source.levels[2].factors == (403 / 101, 611 / 153)
    for number, level in enumerate(source.levels[1:], 1):
        with rasterio.open(path, overview_level=number - 1) as dataset:
            expected = dataset.read()
        cells = source.read(CellBox.whole(level.shape), (0, 1), number)
        np.testing.assert_array_equal(cells.values, expected)
        np.testing.assert_array_equal(cells.mask(), expected != 7919)


def test_overviews_have_the_mask_of_their_level(tmp_path: Path, reader: GdalReader) -> None:
    path = str(tmp_path / "a.tif")
    mask = np.zeros((256, 256), "uint8")
    mask[:128] = 255
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(
            path, "w", driver="GTiff", width=256, height=256, count=1, dtype="uint8", tiled=True
        ) as dataset:
            dataset.write(pattern((1, 256, 256)))
            dataset.write_mask(mask)
        add_overviews(path, [2])
    cells = reader.open(path).read(CellBox.whole((128, 128)), (0,), 1)
    assert cells.valid is not None
    assert cells.valid[0, :64].all()
    assert not cells.valid[0, 64:].any()


def test_a_file_written_again_is_read_anew(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", np.full((1, 8, 8), 1, "uint8"))
    source = reader.open(path)
    assert source.read(CellBox.whole((8, 8)), (0,)).values.max() == 1
    write(tmp_path / "b.tif", np.full((1, 8, 8), 2, "uint8"))
    (tmp_path / "b.tif").replace(path)
    assert source.read(CellBox.whole((8, 8)), (0,)).values.min() == 2


def test_a_file_of_another_shape_is_refused(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 8, 8)))
    source = reader.open(path)
    assert source.shape == (8, 8)
    write(tmp_path / "a.tif", pattern((1, 9, 8)))
    with pytest.raises(DataUnavailable, match=r"a\.tif: was 1 x 8 x 8 .* is 1 x 8 x 9 .* register it again"):
        source.read(CellBox.whole((8, 8)), (0,))


def test_a_missing_file_is_named(tmp_path: Path, reader: GdalReader) -> None:
    path = str(tmp_path / "gone.tif")
    source = reader.open(path)
    with pytest.raises(DataUnavailable, match=f"^{path}: no such file$"):
        source.read(CellBox((0, 0), (1, 1)), (0,))


def test_a_file_that_vanishes_after_it_was_read_is_named(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 8, 8)))
    source = reader.open(path)
    source.read(CellBox.whole((8, 8)), (0,))
    Path(path).unlink()
    with pytest.raises(DataUnavailable, match="no such file"):
        source.read(CellBox.whole((8, 8)), (0,))


def test_a_truncated_file_is_named_with_gdals_reason(tmp_path: Path, reader: GdalReader) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1, 400, 400), dtype="uint8")
    path = write(tmp_path / "a.tif", noise, compress="deflate", tiled=True)
    os.truncate(path, Path(path).stat().st_size // 2)
    with pytest.raises(DataUnavailable, match=r"a\.tif: .+") as caught:
        reader.open(path).read(CellBox.whole((400, 400)), (0,))
    assert caught.value.locator == path


@pytest.mark.parametrize(
    ("name", "content"), [("a.tif", b"hello"), ("empty.tif", b""), ("a.png", b"\x89PNG\r\n\x1a\n")]
)
def test_what_is_no_raster_is_named(tmp_path: Path, reader: GdalReader, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataUnavailable, match=name):
        reader.open(str(tmp_path / name)).read(CellBox((0, 0), (1, 1)), (0,))


def test_a_folder_is_named_as_such(tmp_path: Path, reader: GdalReader) -> None:
    with pytest.raises(DataUnavailable, match="is a folder"):
        reader.describe(str(tmp_path))


def test_a_broken_file_leaves_nothing_behind_that_keeps_its_repaired_form_from_being_read(
    tmp_path: Path, reader: GdalReader
) -> None:
    good = write(tmp_path / "good.tif", pattern((1, 8, 8)))
    path = tmp_path / "a.tif"
    path.write_bytes(b"broken")
    source = reader.open(str(path))
    with pytest.raises(DataUnavailable):
        source.read(CellBox.whole((8, 8)), (0,))
    shutil.copy(good, path)
    np.testing.assert_array_equal(source.read(CellBox.whole((8, 8)), (0,)).values, pattern((1, 8, 8)))


def test_many_threads_read_the_same_cells(tmp_path: Path) -> None:
    values = pattern((3, 600, 600), "uint16")
    path = write(tmp_path / "a.tif", values, tiled=True, blockxsize=128, blockysize=128, interleave="pixel")
    settings = default_settings()
    reader = GdalReader(replace(settings, evaluation=replace(settings.evaluation, open_files=2)))
    source = reader.open(path)
    boxes = [CellBox((y, x), (y + 90, x + 90)) for y in range(0, 500, 37) for x in range(0, 500, 41)]
    with ThreadPoolExecutor(8) as pool:
        for box, cells in zip(boxes, pool.map(lambda box: source.read(box, (0, 1, 2)), boxes), strict=True):
            np.testing.assert_array_equal(cells.values, values[(slice(None), *box.slices)])
    assert reader.handles.open <= 2
    reader.close()
    assert reader.handles.open == 0


def test_netcdf_is_read_by_many_threads_under_the_one_lock(tmp_path: Path) -> None:
    tiffs = [write(tmp_path / f"{number}.tif", pattern((1, 120, 90), "float32") + number) for number in range(4)]
    paths = [convert(path, Path(path).with_suffix(".nc"), "netCDF") for path in tiffs]
    reader = GdalReader(without_cache())
    jobs = [(number, reader.open(path)) for _ in range(20) for number, path in enumerate(paths)]
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda job: (job[0], job[1].read(CellBox.whole((120, 90)), (0,))), jobs)
        for number, cells in results:
            np.testing.assert_array_equal(cells.values, pattern((1, 120, 90), "float32") + number)
    reader.close()


def test_a_field_that_the_file_lacks_is_told(tmp_path: Path, reader: GdalReader) -> None:
    source = reader.open(write(tmp_path / "a.tif", pattern((2, 8, 8))))
    with pytest.raises(DataUnavailable, match=r"a\.tif: has 2 bands, field 3 \(from 0\) was asked for"):
        source.read(CellBox.whole((8, 8)), (0, 3))


def test_a_container_without_bands_names_what_is_inside(tmp_path: Path, reader: GdalReader) -> None:
    path = convert(write(tmp_path / "a.tif", pattern((2, 8, 8))), tmp_path / "a.nc", "netCDF")
    with pytest.raises(DataUnavailable, match='has no bands of its own; .* netcdf:.*a.nc"?:Band2'):
        reader.open(path).read(CellBox.whole((8, 8)), (0,))
    for name in (f'NETCDF:"{path}":Band2', f"netcdf:{path}:Band2"):
        inside = reader.open(name).read(CellBox.whole((8, 8)), (0,))
        np.testing.assert_array_equal(inside.values, pattern((2, 8, 8))[1:])


def test_cells_of_kept_blocks_are_read_only(tmp_path: Path, reader: GdalReader) -> None:
    source = reader.open(write(tmp_path / "a.tif", pattern((1, 8, 8))))
    assert not source.read(CellBox((1, 1), (4, 4)), (0,)).values.flags.writeable


def test_real_scenes_are_read_as_they_are(shared: Path, reader: GdalReader) -> None:
    for path in sorted((shared / "data").glob("*.tif*")):
        source = reader.open(str(path))
        with rasterio.open(path) as dataset:
            for number, level in enumerate(source.levels):
                with rasterio.open(path, **({"overview_level": number - 1} if number else {})) as overview:
                    expected = overview.read()
                cells = source.read(CellBox.whole(level.shape), range(dataset.count), number)
                np.testing.assert_array_equal(cells.values, expected)
                if dataset.nodata is not None:
                    np.testing.assert_array_equal(cells.mask(), expected != dataset.nodata)


class CountingSource(GdalSource):
    """Counts how often the file is read."""

    reads = 0

    def _read_direct(self, layout: Layout, level: int, span: Any, fields: Sequence[int], dtype: np.dtype[Any]) -> Cells:
        self.reads += 1
        return super()._read_direct(layout, level, span, fields, dtype)


OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_blocks_from_far_away_come_in_one_go(tmp_path: Path, reader: GdalReader, interleave: str) -> None:
    values = pattern((2, 1100, 1300), "int16")
    values[:, 400:700, 300:900] = -1
    tiles: dict[str, Any] = {"tiled": True, "blockxsize": 512, "blockysize": 512, "interleave": interleave}
    path = write(tmp_path / "a.tif", values, nodata=-1, **tiles)
    groups = 1 if interleave == "pixel" else 2
    far = CountingSource(RasterPath(path, OPTIONS, "v1"), reader.handles, reader.blocks)
    near = CountingSource(path, reader.handles, reader.blocks)
    for low, high, far_reads, near_reads in (
        ((500, 500), (530, 530), 1, 4),
        ((500, 500), (530, 530), 0, 0),
        ((500, 500), (1050, 1050), 1, 5),
        ((0, 0), (1100, 1300), 0, 0),
    ):
        far.reads = near.reads = 0
        found = [source.read(CellBox(low, high), [0, 1]) for source in (far, near)]
        np.testing.assert_array_equal(found[0].values, values[:, low[0] : high[0], low[1] : high[1]])
        np.testing.assert_array_equal(found[0].values, found[1].values)
        np.testing.assert_array_equal(found[0].mask(), found[1].mask())
        assert (far.reads, near.reads) == (far_reads * groups, near_reads * groups)


def test_a_member_is_read_in_the_state_it_was_connected_to(tmp_path: Path, reader: GdalReader) -> None:
    archive, values = tmp_path / "a.bin", pattern((1, 20, 30))
    content = Path(write(tmp_path / "a.tif", values)).read_bytes()
    archive.write_bytes(b"before" + content)
    text = f"/vsisubfile/6_{len(content)},{archive}"
    source = reader.open(RasterPath(text, OPTIONS, file_validator(str(archive)), str(archive)))
    np.testing.assert_array_equal(source.read(CellBox.whole((20, 30)), [0]).values, values)
    assert source.state() == file_validator(str(archive))
    archive.write_bytes(b"now another one" + content)
    with pytest.raises(DataUnavailable, match="is another file than the one connected to"):
        source.read(CellBox.whole((20, 30)), [0])


def test_a_path_of_gdals_own_is_described(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((2, 20, 30)))
    assert reader.can_open(RasterPath(path, OPTIONS))
    assert reader.describe(RasterPath(path, OPTIONS)).domain.shape == (20, 30)
