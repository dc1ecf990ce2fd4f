# SPDX-License-Identifier: MIT
"""GeoTIFF and COG as rasterio reads them: place, types, nil values, colours, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.enums import ColorInterp, MaskFlags

from eoxserver.backends.encoders.geotiff import CogEncoder, GeoTiffEncoder
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox, Coverage, TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.testing.coverages import counted, fields_of, image, index_image
from tests.backends.encoders.tools import check, encode, opened

UINT8, FLOAT = np.dtype("uint8"), np.dtype("float32")


def test_the_place_is_written_with_x_first(tmp_path: Path) -> None:
    for crs, code in (("EPSG:4326", 4326), ("EPSG:3035", 3035), ("EPSG:3857", 3857)):
        with opened(encode(GeoTiffEncoder, image(counted((1, 20, 40)), crs=crs), tmp_path)) as dataset:
            assert dataset.transform == Affine(0.25, 0, 10, 0, -0.25, 45)
            assert dataset.crs.to_epsg() == code


def test_a_crs_without_code_is_written_too(tmp_path: Path) -> None:
    text = "+proj=laea +lat_0=10 +lon_0=20 +ellps=GRS80 +units=m"
    with opened(encode(GeoTiffEncoder, image(counted((1, 20, 40)), crs=text), tmp_path)) as dataset:
        assert "Lambert_Azimuthal_Equal_Area" in dataset.crs.to_wkt()


def test_a_south_up_coverage_is_turned(tmp_path: Path) -> None:
    values = counted((1, 20, 40))
    with opened(encode(GeoTiffEncoder, image(values, north_up=False), tmp_path)) as dataset:
        assert dataset.transform == Affine(0.25, 0, 10, 0, -0.25, 45)
        np.testing.assert_array_equal(dataset.read(), values[:, ::-1])


def test_index_coverages_have_no_georeference(tmp_path: Path) -> None:
    with opened(encode(GeoTiffEncoder, index_image(counted((1, 20, 40))), tmp_path)) as dataset:
        assert dataset.crs is None
        assert dataset.transform.is_identity


def test_tie_points_are_written(tmp_path: Path) -> None:
    place = np.array([0.0, 0.0, 20.0])
    points = TiePoints(parse_crs("EPSG:4326"), place, np.array([0.0, 40.0, 0.0]), place + 10, place + 50)
    coverage = replace(index_image(counted((1, 20, 40))), tie_points=points)
    with opened(encode(GeoTiffEncoder, coverage, tmp_path)) as dataset:
        found, crs = dataset.gcps
        assert crs.to_epsg() == 4326
        assert [(point.row, point.col, point.x, point.y) for point in found] == [
            (0, 0, 10, 50), (0, 40, 10, 50), (20, 0, 30, 70),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("dtype", "nil"), [("uint8", 255), ("uint16", 65535), ("int16", -32768), ("float32", -1), ("float32", np.nan),
                       ("float64", 1e300), ("int32", -9999), ("int64", -9999)],
)  # fmt: skip
def test_a_common_nil_value_is_the_nodata_value(tmp_path: Path, dtype: str, nil: float) -> None:
    values = np.full((2, 20, 30), 7, dtype)
    values[:, 3:6, 4:9] = nil
    with opened(encode(GeoTiffEncoder, image(values, nil=nil), tmp_path)) as dataset:
        assert repr(float(dataset.nodata)) == repr(float(nil))
        assert dataset.dtypes == (dtype, dtype)
        np.testing.assert_array_equal(dataset.read(), values)
        assert [flags == [MaskFlags.nodata] for flags in dataset.mask_flag_enums] == [True, True]


def test_cells_that_became_invalid_hold_the_nil_value(tmp_path: Path) -> None:
    values = np.full((1, 20, 30), 7, "uint16")
    valid = np.ones(values.shape, dtype=bool)
    valid[0, :5] = False
    coverage = image(values, valid, range_type=fields_of(values, nil=65535))
    with opened(encode(GeoTiffEncoder, coverage, tmp_path)) as dataset:
        assert (dataset.read(1)[:5] == 65535).all()
        assert (dataset.read(1)[5:] == 7).all()


@pytest.mark.parametrize("options", [{}, {"compression": "Deflate", "tiling": "true", "tilewidth": "16"}])
@pytest.mark.parametrize("memory", [1 << 20, 0], ids=["memory", "file"])
@pytest.mark.parametrize("hidden", [slice(0, 3), slice(60, 64), slice(20, 40), slice(0, 100)])
def test_without_nil_value_a_mask_tells_what_is_valid(
    tmp_path: Path, options: Mapping[str, str], memory: int, hidden: slice
) -> None:
    values = np.full((3, 100, 50), 9, "uint8")
    valid = np.ones(values.shape, dtype=bool)
    valid[:, hidden, 10:30] = False
    valid[0, 50] = False
    data = encode(GeoTiffEncoder, image(values, valid), tmp_path, options, memory_bytes=memory, block_cells=3000)
    with opened(data) as dataset:
        assert dataset.nodata is None
        assert [MaskFlags.per_dataset in flags for flags in dataset.mask_flag_enums] == [True] * 3
        np.testing.assert_array_equal(dataset.read_masks(1) != 0, valid.any(axis=0))
        np.testing.assert_array_equal(
            dataset.read()[:, valid.any(axis=0)], np.where(valid, values, 0)[:, valid.any(axis=0)]
        )
        assert len(dataset.files) == 1, "the mask is inside"


def test_without_invalid_cells_there_is_no_mask(tmp_path: Path) -> None:
    values = np.full((1, 20, 30), 9, "uint8")
    with opened(encode(GeoTiffEncoder, image(values, np.ones(values.shape, dtype=bool)), tmp_path)) as dataset:
        assert dataset.mask_flag_enums == ([MaskFlags.all_valid],)


def test_different_nil_values_stay_in_the_cells_and_make_a_mask(tmp_path: Path) -> None:
    values = np.full((2, 20, 30), 9, "int16")
    values[0, :4], values[1, :6] = -1, -2
    fields = RangeType(
        (Field("a", values.dtype, nil=(NilValue(-1.0),)), Field("b", values.dtype, nil=(NilValue(-2.0),)))
    )
    valid = np.stack([values[0] != -1, values[1] != -2])
    with opened(encode(GeoTiffEncoder, image(values, valid, range_type=fields), tmp_path)) as dataset:
        assert dataset.nodata is None
        np.testing.assert_array_equal(dataset.read(), values)
        np.testing.assert_array_equal(dataset.read_masks(1) != 0, valid.any(axis=0))


def test_fields_of_different_types_get_the_type_that_holds_all(tmp_path: Path) -> None:
    values = counted((2, 20, 30), "float32")
    fields = RangeType((Field("a", np.dtype("uint16")), Field("b", FLOAT)))
    with opened(encode(GeoTiffEncoder, image(values, range_type=fields), tmp_path)) as dataset:
        assert dataset.dtypes == ("float32", "float32")


def test_booleans_are_bytes(tmp_path: Path) -> None:
    with opened(encode(GeoTiffEncoder, image(counted((1, 20, 30), "bool")), tmp_path)) as dataset:
        assert dataset.dtypes == ("uint8",)
        np.testing.assert_array_equal(dataset.read(), counted((1, 20, 30), "bool"))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_palette_is_the_colour_table(tmp_path: Path, dtype: str) -> None:
    palette = tuple((value, 255 - value, 3, 255) for value in range(256))
    values = counted((1, 20, 30)).astype(dtype)
    fields = fields_of(values, palette=palette, interpretation="palette")
    with opened(encode(GeoTiffEncoder, image(values, range_type=fields), tmp_path)) as dataset:
        assert dataset.colorinterp == (ColorInterp.palette,)
        table = dataset.colormap(1)
        assert [table[value] for value in range(256)] == list(palette)
        np.testing.assert_array_equal(dataset.read(), values)


@pytest.mark.parametrize(
    "kinds",
    [("gray",), ("red", "green", "blue"), ("red", "green", "blue", "alpha"), ("gray", "alpha"),
     ("red", "green", "blue", "undefined", "undefined")],
)  # fmt: skip
@pytest.mark.parametrize("encoder", [GeoTiffEncoder, CogEncoder])
def test_colours_are_kept(tmp_path: Path, kinds: tuple[str, ...], encoder: type[GeoTiffEncoder]) -> None:
    values = counted((len(kinds), 20, 30))
    fields = RangeType(
        tuple(
            Field(f"b{number}", UINT8, interpretation="" if kind == "undefined" else kind)
            for number, kind in enumerate(kinds, 1)
        )
    )
    with opened(encode(encoder, image(values, range_type=fields), tmp_path)) as dataset:
        assert [colour.name for colour in dataset.colorinterp] == list(kinds)
        np.testing.assert_array_equal(dataset.read(), values)


def test_names_units_and_metadata_are_kept(tmp_path: Path) -> None:
    fields = RangeType((Field("near_infrared", UINT8, label="near infrared", unit="K"), Field("b2", UINT8)))
    coverage = replace(image(counted((2, 20, 30)), range_type=fields), metadata={"creator": "me", "band.1.x": "y"})
    with opened(encode(GeoTiffEncoder, coverage, tmp_path)) as dataset:
        assert dataset.descriptions == ("near infrared", None)
        assert dataset.units[0] == "K"
        assert dataset.tags()["creator"] == "me"
        assert "band.1.x" not in dataset.tags()


def test_what_the_reader_describes_is_what_was_written(tmp_path: Path) -> None:
    fields = RangeType(
        (Field("near_infrared", FLOAT, nil=(NilValue(-1.0),), unit="K", label="near infrared", interpretation="gray"),)
    )
    coverage = image(counted((1, 20, 40), "float32"), crs="EPSG:32633", range_type=fields)
    path = tmp_path / "a.tif"
    path.write_bytes(encode(GeoTiffEncoder, coverage, tmp_path))
    described = GdalReader(default_settings()).describe(str(path))
    assert described.range_type == fields
    assert described.domain == coverage.domain


PARAMETERS: list[tuple[dict[str, str], dict[str, object]]] = [
    ({"compression": "None"}, {}),
    ({"compression": "deflate"}, {"compress": "deflate"}),
    ({"compression": "LZW", "predictor": "Horizontal"}, {"compress": "lzw"}),
    ({"compression": "PackBits"}, {"compress": "packbits"}),
    ({"compression": "ZSTD", "predictor": "2"}, {"compress": "zstd"}),
    ({"interleave": "Band"}, {"interleave": "band"}),
    ({"interleave": "Pixel"}, {"interleave": "pixel"}),
    ({"tiling": "true"}, {"tiled": True, "blockxsize": 256, "blockysize": 256}),
    (
        {"tiling": "true", "tilewidth": "64", "tileheight": "32"},
        {"tiled": True, "blockxsize": 64, "blockysize": 32},
    ),
    ({"tiling": "false"}, {"tiled": False}),
]


@pytest.mark.parametrize(("options", "profile"), PARAMETERS, ids=[str(options) for options, _ in PARAMETERS])
def test_parameters_change_the_file_and_not_the_cells(
    tmp_path: Path, options: dict[str, str], profile: dict[str, object]
) -> None:
    values = counted((3, 300, 400), "uint16")
    with opened(encode(GeoTiffEncoder, image(values), tmp_path, options)) as dataset:
        assert profile.items() <= dict(dataset.profile).items()
        np.testing.assert_array_equal(dataset.read(), values)


def test_predictor_for_floats(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 300 * 400, dtype="float32").reshape(1, 300, 400)
    plain = encode(GeoTiffEncoder, image(values), tmp_path, {"compression": "Deflate"})
    predicted = encode(
        GeoTiffEncoder, image(values), tmp_path, {"compression": "Deflate", "predictor": "FloatingPoint"}
    )
    assert len(predicted) < len(plain)
    with opened(predicted) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)


def test_jpeg_compression_has_a_quality(tmp_path: Path) -> None:
    coverage = image(counted((3, 64, 64)))
    sizes = []
    for quality in ("10", "95"):
        data = encode(GeoTiffEncoder, coverage, tmp_path, {"compression": "JPEG", "jpeg_quality": quality})
        with opened(data) as dataset:
            assert dataset.profile["compress"] == "jpeg"
            assert dataset.count == 3
        sizes.append(len(data))
    assert sizes[0] < sizes[1]


BAD: list[tuple[dict[str, str], str, str, Coverage]] = [
    ({"compression": "gzip"}, "compression", "accepted: None, PackBits, Deflate", image(counted((1, 4, 4)))),
    ({"compression": "Huffman"}, "compression", "accepted", image(counted((1, 4, 4)))),
    ({"compression": "JPEG"}, "compression", "uint8", image(counted((1, 4, 4), "uint16"))),
    ({"compression": "JPEG"}, "compression", "one or three fields", image(counted((2, 4, 4)))),
    ({"compression": "LERC"}, "compression", "complex", image(counted((1, 4, 4), "complex64"))),
    ({"jpeg_quality": "50"}, "jpeg_quality", "compression=JPEG", image(counted((1, 4, 4)))),
    ({"compression": "JPEG", "jpeg_quality": "0"}, "jpeg_quality", "from 1 to 100", image(counted((1, 4, 4)))),
    ({"predictor": "Horizontal"}, "predictor", "needs compression", image(counted((1, 4, 4)))),
    ({"predictor": "4", "compression": "LZW"}, "predictor", "accepted", image(counted((1, 4, 4)))),
    ({"predictor": "FloatingPoint", "compression": "LZW"}, "predictor", "float32", image(counted((1, 4, 4)))),
    ({"interleave": "line"}, "interleave", "accepted: Pixel, Band", image(counted((1, 4, 4)))),
    ({"tiling": "maybe"}, "tiling", "accepted: true, false", image(counted((1, 4, 4)))),
    ({"tilewidth": "64"}, "tilewidth", "tiling=true", image(counted((1, 4, 4)))),
    ({"tiling": "false", "tileheight": "64"}, "tileheight", "tiling=true", image(counted((1, 4, 4)))),
    ({"tiling": "true", "tilewidth": "30"}, "tilewidth", "multiple of 16", image(counted((1, 4, 4)))),
    ({"tiling": "true", "tileheight": "0"}, "tileheight", "multiple of 16", image(counted((1, 4, 4)))),
]


@pytest.mark.parametrize(("options", "locator", "text", "coverage"), BAD, ids=[str(case[0]) for case in BAD])
def test_bad_parameters_are_named(options: dict[str, str], locator: str, text: str, coverage: Coverage) -> None:
    with pytest.raises(InvalidParameterValue, match=text) as caught:
        check(GeoTiffEncoder, coverage, options)
    assert caught.value.locator == locator


def test_a_cog_is_one(tmp_path: Path) -> None:
    values = counted((3, 1200, 1100), "uint16")
    with opened(encode(CogEncoder, image(values, nil=0), tmp_path)) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1) == [2, 4]
        assert dataset.nodata == 0
        np.testing.assert_array_equal(dataset.read(), values)


def test_parameters_of_a_cog(tmp_path: Path) -> None:
    options = {"compression": "ZSTD", "predictor": "Horizontal", "tilewidth": "128", "tileheight": "128"}
    with opened(encode(CogEncoder, image(counted((1, 300, 300))), tmp_path, options)) as dataset:
        assert dataset.profile["compress"] == "zstd"
        assert dataset.block_shapes == [(128, 128)]
    jpeg = {"compression": "JPEG", "jpeg_quality": "60", "tileheight": "64"}
    with opened(encode(CogEncoder, image(counted((3, 300, 300))), tmp_path, jpeg)) as dataset:
        assert dataset.profile["compress"] == "jpeg"
        assert dataset.block_shapes[0] == (64, 64)


@pytest.mark.parametrize(
    "options", [{"tiling": "false"}, {"interleave": "band"}, {"tilewidth": "64", "tileheight": "128"}]
)
def test_what_a_cog_cannot_be_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(InvalidParameterValue, match="a COG|COG are"):
        check(CogEncoder, image(counted((1, 4, 4))), options)


@given(st.data())
def test_any_blocks_give_the_same_cells(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 70))
    values = counted((2, rows, columns), "int16")
    options = {"tiling": "true", "tilewidth": "16", "tileheight": "16"} if data.draw(st.booleans()) else {}
    size = data.draw(st.integers(1, 5000))
    folder = tmp_path_factory.getbasetemp()
    coverage = image(values, nil=-5)
    for memory in (0, 1 << 20):
        written = encode(GeoTiffEncoder, coverage, folder, options, memory_bytes=memory, block_cells=size)
        with opened(written) as dataset:
            np.testing.assert_array_equal(dataset.read(), values)


def test_a_real_scene_comes_back(shared: Path, tmp_path: Path) -> None:
    reader = GdalReader(default_settings())
    path = str(shared / "data" / "cci_ssmv_CCI_L3_v02.2_201411.tif")
    described = reader.describe(path)
    coverage = Coverage("soil", described.domain, described.range_type, reader.open(path))
    (tmp_path / "again.tif").write_bytes(encode(GeoTiffEncoder, coverage, tmp_path, {"compression": "Deflate"}))
    again = reader.describe(str(tmp_path / "again.tif"))
    assert again.domain == described.domain
    assert again.range_type.fields[0].nil == described.range_type.fields[0].nil
    box = CellBox.whole(described.domain.shape)
    first, second = coverage.source.read(box, [0]), reader.open(str(tmp_path / "again.tif")).read(box, [0])
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.mask(), second.mask())
    reader.close()
