# SPDX-License-Identifier: MIT
"""Lossy pictures by Pillow: JPEG and WebP, of 8-bit samples."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from eoxserver.backends.encoders.png import interleaved

__all__ = ["JPEG_SIDE", "QUALITY", "WEBP_SIDE", "encode_jpeg", "encode_webp"]

QUALITY = 75
JPEG_SIDE = 65500
"""Most rows and columns of a JPEG file that libjpeg writes."""
WEBP_SIDE = 16383
"""Most rows and columns of a WebP file (its size fields have 14 bits)."""

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def encode_jpeg(image: npt.NDArray[Any], quality: int = QUALITY, progressive: bool = False) -> bytes:
    """Encode an image as JPEG.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns, samples) or (rows, columns)
        Grey or RGB; any memory layout.
    quality : int
        1 to 100.

    Raises
    ------
    ValueError
        For a shape or type that JPEG does not have.
    """
    picture = _picture(image, (1, 3), "JPEG")
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=quality, progressive=progressive)
    return target.getvalue()


def encode_webp(image: npt.NDArray[Any], quality: int = QUALITY, lossless: bool = False) -> bytes:
    """Encode an image as WebP.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns, samples)
        RGB or RGBA; any memory layout.
    lossless : bool
        Keep every sample; ``quality`` is then ignored.

    Raises
    ------
    ValueError
        For a shape or type that WebP does not have.
    """
    picture = _picture(image, (3, 4), "WebP")
    target = io.BytesIO()
    if lossless:
        picture.save(target, "WEBP", lossless=True, exact=True, method=0)
    else:
        picture.save(target, "WEBP", quality=quality, method=0)
    return target.getvalue()


def _picture(image: npt.NDArray[Any], samples: tuple[int, ...], name: str) -> Image.Image:
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    rows, columns, count = image.shape
    if image.dtype != np.uint8 or count not in samples or not rows or not columns:
        raise ValueError(f"{name} has no image of {rows} x {columns} x {count} samples of {image.dtype}")
    if not image.flags.c_contiguous:
        image = interleaved(image.transpose(2, 0, 1))
    mode = _MODES[count]
    return Image.frombuffer(mode, (columns, rows), image, "raw", mode, 0, 1)
