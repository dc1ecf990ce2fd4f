# SPDX-License-Identifier: MIT
"""JPEG and WebP as Pillow reads them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from eoxserver.backends.encoders.pictures import encode_jpeg, encode_webp
from eoxserver.testing.coverages import counted


def pixels(data: bytes) -> npt.NDArray[Any]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def gradient() -> npt.NDArray[Any]:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    return np.dstack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.uint8(90)))


def test_jpeg_is_near_the_image() -> None:
    image = gradient()
    assert np.abs(pixels(encode_jpeg(image, 95)).astype(int) - image).max() < 12
    assert pixels(encode_jpeg(image[:, :, 0])).shape == (64, 64)


def test_quality_costs_bytes() -> None:
    image = counted((64, 64, 3))
    assert len(encode_jpeg(image, 20)) < len(encode_jpeg(image, 90))
    assert len(encode_webp(image, 20)) < len(encode_webp(image, 90))


def test_planes_give_the_same_bytes_as_pixels() -> None:
    planes = counted((3, 30, 40))
    view = planes.transpose(1, 2, 0)
    assert encode_jpeg(view) == encode_jpeg(np.ascontiguousarray(view))
    assert encode_webp(view) == encode_webp(np.ascontiguousarray(view))


def test_webp_without_loss_keeps_hidden_colours_too() -> None:
    image = counted((30, 40, 4))
    image[:5, :, 3] = 0
    np.testing.assert_array_equal(pixels(encode_webp(image, lossless=True)), image)


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 2, 4), (0, 2, 3)])
def test_what_jpeg_does_not_have_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="JPEG has no image of"):
        encode_jpeg(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="JPEG has no image of"):
        encode_jpeg(np.zeros((2, 2, 3), np.uint16))


def test_what_webp_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="WebP has no image of"):
        encode_webp(np.zeros((2, 2, 1), np.uint8))
