# SPDX-License-Identifier: MIT
"""PNG, JPEG and WebP of coverages: types, nil values, palettes, transparency."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from eoxserver.backends.encoders.image import JpegEncoder, PngEncoder, WebpEncoder
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue, UnsupportedCombination
from eoxserver.core.fields import Colour, Field, NilValue, RangeType
from eoxserver.testing.coverages import counted, fields_of, image
from tests.backends.encoders.tools import check, encode, opened

MEMORY = pytest.mark.parametrize("memory", [1 << 20, 0], ids=["memory", "file"])


def rgba(data: bytes) -> npt.NDArray[Any]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def mode(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.mode


def with_hole(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    valid = np.ones(values.shape, dtype=bool)
    valid[:, 2:4, 3:6] = False
    return valid


HOLE = (slice(2, 4), slice(3, 6))


@MEMORY
def test_a_nil_value_is_the_transparent_grey(tmp_path: Path, memory: int) -> None:
    values = np.full((1, 9, 12), 700, "uint16")
    values[0][HOLE] = 65535
    with opened(encode(PngEncoder, image(values, nil=65535), tmp_path, memory_bytes=memory)) as dataset:
        assert dataset.count == 1
        assert dataset.nodata == 65535
        np.testing.assert_array_equal(dataset.read(), values)


@MEMORY
def test_the_nil_values_of_three_fields_are_the_transparent_colour(tmp_path: Path, memory: int) -> None:
    values = counted((3, 9, 12)) | 1
    values[:, 2:4, 3:6] = 0
    values[0, 7, 7] = 0
    data = encode(PngEncoder, image(values, nil=0), tmp_path, memory_bytes=memory)
    assert mode(data) == "RGB"
    shown = rgba(data)
    assert (shown[HOLE][..., 3] == 0).all()
    assert (shown[..., 3] == 0).sum() == 6, "a cell is hidden when all of its fields are nil"
    np.testing.assert_array_equal(shown[..., :3].transpose(2, 0, 1), values)


@MEMORY
@pytest.mark.parametrize(("count", "expected"), [(1, "LA"), (2, "LA"), (3, "RGBA"), (4, "RGBA")])
def test_without_nil_value_alpha_hides_what_is_not_valid(
    tmp_path: Path, memory: int, count: int, expected: str
) -> None:
    values = np.full((count, 9, 12), 200, "uint8")
    data = encode(PngEncoder, image(values, with_hole(values)), tmp_path, memory_bytes=memory)
    assert mode(data) == expected
    alpha = rgba(data)[..., 3]
    assert (alpha[HOLE] == 0).all()
    assert alpha[0, 0] == (255 if count in (1, 3) else 200)


def test_sixteen_bits_get_an_alpha_of_sixteen_bits(tmp_path: Path) -> None:
    values = np.full((3, 9, 12), 60000, "uint16")
    with opened(encode(PngEncoder, image(values, with_hole(values)), tmp_path)) as dataset:
        assert dataset.count == 4
        assert dataset.dtypes[0] == "uint16"
        assert dataset.read(4).max() == 65535
        assert (dataset.read(4)[HOLE] == 0).all()


def test_all_valid_means_no_alpha(tmp_path: Path) -> None:
    values = counted((3, 9, 12))
    data = encode(PngEncoder, image(values, np.ones(values.shape, dtype=bool)), tmp_path)
    assert mode(data) == "RGB"


def test_booleans_are_bytes(tmp_path: Path) -> None:
    with opened(encode(PngEncoder, image(counted((1, 9, 12), "bool")), tmp_path)) as dataset:
        np.testing.assert_array_equal(dataset.read(), counted((1, 9, 12), "bool"))


def test_north_is_up(tmp_path: Path) -> None:
    values = counted((1, 9, 12))
    with opened(encode(PngEncoder, image(values, north_up=False), tmp_path)) as dataset:
        np.testing.assert_array_equal(dataset.read(), values[:, ::-1])


PALETTE: tuple[Colour, ...] = tuple((value, 255 - value, 7, 255) for value in range(20))


def indexed(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None, nil: float | None = None) -> Coverage:
    return image(values, valid, range_type=fields_of(values, nil, palette=PALETTE, interpretation="palette"))


def test_a_palette_stays_a_palette(tmp_path: Path) -> None:
    values = counted((1, 9, 12)) % 20
    with opened(encode(PngEncoder, indexed(values), tmp_path)) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
        table = dataset.colormap(1)
        assert [table[value] for value in range(20)] == list(PALETTE)


def test_the_nil_colour_of_a_palette_is_transparent(tmp_path: Path) -> None:
    values = counted((1, 9, 12)) % 20
    data = encode(PngEncoder, indexed(values, values != 3, nil=3), tmp_path)
    assert mode(data) == "P"
    np.testing.assert_array_equal(rgba(data)[..., 3] == 0, values[0] == 3)
    with opened(data) as dataset:
        assert dataset.nodata == 3
        np.testing.assert_array_equal(dataset.read(), values)


def test_an_unused_colour_of_a_palette_hides_cells_without_nil_value(tmp_path: Path) -> None:
    values = counted((1, 9, 12)) % 20
    valid = with_hole(values)
    data = encode(PngEncoder, indexed(values, valid), tmp_path)
    assert mode(data) == "P"
    shown = rgba(data)
    np.testing.assert_array_equal(shown[..., 3] != 0, valid[0])
    np.testing.assert_array_equal(shown[valid[0]], np.array(PALETTE, np.uint8)[values[0]][valid[0]])


def test_a_palette_without_an_unused_colour_is_resolved(tmp_path: Path) -> None:
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16).repeat(2, axis=1)
    valid = np.ones(values.shape, dtype=bool)
    valid[0, 0] = False
    data = encode(PngEncoder, indexed(values, valid), tmp_path)
    assert mode(data) == "RGBA"
    np.testing.assert_array_equal(rgba(data)[..., 3] != 0, valid[0])


def test_values_beyond_a_palette_are_black(tmp_path: Path) -> None:
    values = np.full((1, 9, 12), 30, np.uint8)
    assert rgba(encode(PngEncoder, indexed(values), tmp_path))[0, 0].tolist() == [0, 0, 0, 255]


def test_axes_without_place_make_an_image_too(tmp_path: Path) -> None:
    values = counted((1, 9, 12))
    domain = Domain((IndexAxis("t", 9), IndexAxis("h", 12)))
    coverage = Coverage("profile", domain, fields_of(values), MemorySource(values))
    with opened(encode(PngEncoder, coverage, tmp_path)) as dataset:
        np.testing.assert_array_equal(dataset.read(), values.transpose(0, 2, 1))
    turned = replace(coverage, domain=Domain(domain.axes, ("h", "t")))
    with opened(encode(PngEncoder, turned, tmp_path)) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)


@pytest.mark.parametrize(
    ("encoder", "shape", "dtype", "text"),
    [
        (PngEncoder, (1, 4, 4), "float32", "PNG holds uint8 and uint16, the coverage has float32; GeoTIFF and netCDF"),
        (
            PngEncoder,
            (5, 4, 4),
            "uint8",
            r"one to four fields, the coverage has 5 \(b1, b2, b3, b4, b5\); select fewer",
        ),
        (JpegEncoder, (1, 4, 4), "uint16", "JPEG holds uint8, the coverage has uint16"),
        (JpegEncoder, (4, 4, 4), "uint8", "one or three fields, the coverage has 4"),
        (WebpEncoder, (2, 4, 4), "uint8", "one, three or four fields, the coverage has 2"),
        (JpegEncoder, (1, 1, 70000), "uint8", "up to 65500 rows and columns, the result has 1 x 70000"),
        (WebpEncoder, (3, 1, 17000), "uint8", "up to 16383 rows and columns"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(
    encoder: type[Any], shape: tuple[int, ...], dtype: str, text: str
) -> None:
    with pytest.raises(UnsupportedCombination, match=text):
        check(encoder, image(counted(shape, dtype)), {})


@pytest.mark.parametrize(
    ("encoder", "options", "locator"),
    [
        (JpegEncoder, {"quality": "0"}, "quality"),
        (JpegEncoder, {"jpeg_quality": "500"}, "jpeg_quality"),
        (WebpEncoder, {"lossless": "very"}, "lossless"),
        (PngEncoder, {"quality": "5"}, "quality"),
    ],
)
def test_bad_parameters_are_named(encoder: type[Any], options: dict[str, str], locator: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        check(encoder, image(counted((3, 4, 4))), options)
    assert caught.value.locator == locator


@MEMORY
def test_quality_of_a_jpeg(tmp_path: Path, memory: int) -> None:
    coverage = image(counted((3, 64, 64)))
    sizes = [len(encode(JpegEncoder, coverage, tmp_path, {"quality": q}, memory_bytes=memory)) for q in ("10", "95")]
    assert sizes[0] < sizes[1]


@MEMORY
def test_a_jpeg_of_one_colour_is_that_colour(tmp_path: Path, memory: int) -> None:
    values = np.empty((3, 64, 64), np.uint8)
    values[:] = np.array([200, 100, 50])[:, None, None]
    data = encode(JpegEncoder, image(values), tmp_path, {"quality": "95"}, memory_bytes=memory)
    with opened(data) as dataset:
        assert np.abs(dataset.read().astype(int) - values).max() <= 3


def test_pictures_resolve_palettes(tmp_path: Path) -> None:
    values = np.full((1, 16, 16), 4, np.uint8)
    for encoder in (JpegEncoder, WebpEncoder):
        shown = rgba(encode(encoder, indexed(values), tmp_path))
        assert np.abs(shown[5, 5].astype(int) - PALETTE[4]).max() <= 6


def test_webp_hides_what_is_not_valid(tmp_path: Path) -> None:
    values = np.full((3, 9, 12), 200, np.uint8)
    shown = rgba(encode(WebpEncoder, image(values, with_hole(values)), tmp_path))
    np.testing.assert_array_equal(shown[..., 3] != 0, with_hole(values)[0])


def test_one_nil_value_among_several_fields_makes_alpha(tmp_path: Path) -> None:
    values = np.full((3, 9, 12), 200, np.uint8)
    fields = (Field("a", values.dtype, nil=(NilValue(0.0),)), Field("b", values.dtype), Field("c", values.dtype))
    data = encode(PngEncoder, image(values, with_hole(values), range_type=RangeType(fields)), tmp_path)
    assert mode(data) == "RGBA"
    assert (rgba(data)[HOLE][..., 3] == 0).all()


def test_a_grey_webp_is_one_of_equal_colours(tmp_path: Path) -> None:
    values = counted((1, 9, 12))
    options = {"lossless": "true"}
    with opened(encode(WebpEncoder, image(values), tmp_path, options)) as dataset:
        np.testing.assert_array_equal(dataset.read(), values.repeat(3, axis=0))
    with opened(encode(WebpEncoder, image(values, with_hole(values)), tmp_path, options)) as dataset:
        assert dataset.count == 4
        np.testing.assert_array_equal(dataset.read(4) > 0, with_hole(values)[0])
