# SPDX-License-Identifier: MIT
"""PNG as Pillow and GDAL read it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from eoxserver.backends.encoders.png import encode_png, interleaved, png_stream
from eoxserver.testing.coverages import counted
from tests.backends.encoders.tools import opened

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))


def samples(data: bytes) -> npt.NDArray[Any]:
    """Shape (rows, columns, samples), as GDAL reads it."""
    with opened(data) as dataset:
        values: npt.NDArray[Any] = dataset.read()
        return values.transpose(1, 2, 0)


@given(st.data())
def test_any_image_comes_back(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16]))
    image = data.draw(hnp.arrays(dtype, data.draw(shapes)))
    np.testing.assert_array_equal(samples(encode_png(image)), image)


@given(hnp.arrays(np.uint8, shapes.map(lambda s: (s[2], s[0], s[1]))))
def test_planes_give_the_same_bytes_as_pixels(planes: npt.NDArray[Any]) -> None:
    view = planes.transpose(1, 2, 0)
    assert encode_png(view) == encode_png(np.ascontiguousarray(view))


@given(st.data())
def test_a_stream_of_rows_is_the_same_image(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16]))
    image = data.draw(hnp.arrays(dtype, data.draw(shapes)))
    if data.draw(st.booleans()):
        image = np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0)
    cut = data.draw(st.integers(0, image.shape[0]))
    parts = [part for part in (image[:cut], image[cut:]) if len(part)]
    stream = b"".join(png_stream(image.shape, image.dtype, parts))
    np.testing.assert_array_equal(samples(stream), image)


def test_pillow_reads_it_too() -> None:
    image = counted((20, 30, 4))
    with Image.open(io.BytesIO(encode_png(image))) as picture:
        assert picture.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(picture), image)


def test_two_dimensions_are_grey() -> None:
    image = counted((5, 6))
    assert encode_png(image) == encode_png(image[:, :, np.newaxis])


def test_an_opaque_alpha_can_be_left_out() -> None:
    image = np.dstack([counted((9, 9, 3)), np.full((9, 9), 255, np.uint8)])
    np.testing.assert_array_equal(samples(encode_png(image, drop_opaque=True)), image[:, :, :3])
    image[0, 0, 3] = 254
    np.testing.assert_array_equal(samples(encode_png(image, drop_opaque=True)), image)
    assert samples(encode_png(np.full((2, 2, 4), 255, np.uint8))).shape == (2, 2, 4)


def test_a_palette_keeps_indices_colours_and_alphas() -> None:
    palette = [(value, 255 - value, 7, 255 if value % 2 else 100) for value in range(40)]
    image = counted((20, 30)) % 40
    with Image.open(io.BytesIO(encode_png(image, palette))) as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture), image)
        np.testing.assert_array_equal(np.asarray(picture.convert("RGBA")), np.array(palette, np.uint8)[image])


def test_a_transparent_colour() -> None:
    image = counted((6, 7, 3))
    colour = tuple(int(value) for value in image[2, 3])
    with Image.open(io.BytesIO(encode_png(image, transparent=colour))) as picture:
        alpha = np.asarray(picture.convert("RGBA"))[:, :, 3]
    np.testing.assert_array_equal(alpha == 0, (image == image[2, 3]).all(axis=2))
    with opened(encode_png(counted((6, 7), "uint16"), transparent=[7919])) as dataset:
        assert dataset.nodata == 7919


@pytest.mark.parametrize(
    "image",
    [np.zeros((2, 2, 5), np.uint8), np.zeros((2, 2, 3), np.float32), np.zeros((0, 2, 3), np.uint8)],
    ids=["five", "float", "empty"],
)
def test_what_png_does_not_have_is_refused(image: npt.NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="PNG has no image of"):
        encode_png(image)


def test_palettes_and_transparent_colours_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="palette"):
        encode_png(np.zeros((2, 2, 3), np.uint8), palette=[(0, 0, 0, 255)])
    with pytest.raises(ValueError, match="palette"):
        encode_png(np.zeros((2, 2), np.uint8), palette=[])
    with pytest.raises(ValueError, match="as many samples"):
        encode_png(np.zeros((2, 2, 4), np.uint8), transparent=[0, 0, 0, 0])


@given(hnp.arrays(np.uint8, shapes))
def test_interleaved_is_a_contiguous_transposition(planes: npt.NDArray[Any]) -> None:
    result = interleaved(planes)
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result, planes.transpose(1, 2, 0))
