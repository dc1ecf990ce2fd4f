# SPDX-License-Identifier: MIT
"""PNG (W3C PNG 3rd edition, ISO/IEC 15948), written for speed: Up filter in numpy, deflate by ISA-L.

``encode_png`` makes a whole image at once, ``png_stream`` a large one from rows as they come.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from eoxserver.core.fields import Colour

__all__ = ["encode_png", "interleaved", "png_stream"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""Number of samples -> colour type (clause 11.2.1): greyscale, truecolour, each without and with alpha."""
INDEXED = 3
NO_FILTER, UP = 0, 2
LEVEL = 1
"""ISA-L's: smaller than level 0 at the same speed; levels 2 and 3 are slower and hardly smaller."""
OPAQUE = 255


def encode_png(
    image: npt.NDArray[Any],
    palette: Sequence[Colour] | None = None,
    transparent: Sequence[int] | None = None,
    drop_opaque: bool = False,
    level: int | None = None,
) -> bytes:
    """Encode an image.

    Parameters
    ----------
    image : ndarray, shape (rows, columns, samples) or (rows, columns)
        Grey, grey and alpha, RGB or RGBA; uint8, or uint16 for 16 bits a sample. Any memory layout: a transposed view
        of (samples, rows, columns) is as good.
    palette : sequence of colours, optional
        Then the image holds indices into it: one sample, uint8, each less than ``len(palette)``.
    transparent : sequence of int, optional
        The one colour that is transparent, as one grey or three RGB samples; only without alpha and palette.
    drop_opaque : bool
        Leave out an alpha sample that is 255 everywhere: the picture is the same and half the work.
    level : int, optional
        Of zlib, 1 to 9: smaller and much slower than without one.

    Raises
    ------
    ValueError
        For a shape or type that PNG does not have.
    """
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    samples = image.shape[2]
    if drop_opaque and samples in (2, 4) and bool((image[:, :, -1] == np.iinfo(image.dtype).max).all()):
        image = image[:, :, :-1]
    head = _head(image.shape, image.dtype, palette, transparent)
    filtered = _filtered(image, None, NO_FILTER if palette else UP)
    packed = isal_zlib.compress(filtered, LEVEL) if level is None else zlib.compress(filtered.data, level)
    return b"".join((head, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")))


def png_stream(
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    parts: Iterable[npt.NDArray[Any]],
    palette: Sequence[Colour] | None = None,
    transparent: Sequence[int] | None = None,
    level: int | None = None,
) -> Iterator[bytes]:
    """Encode an image whose rows come in parts, and yield the bytes as they are ready.

    Parameters
    ----------
    shape : tuple
        Rows, columns and samples of the whole image.
    parts : iterable of ndarray, shape (some rows, columns, samples)
        From the top to the bottom.

    Raises
    ------
    ValueError
        For a shape or type that PNG does not have.
    """
    yield _head(shape, dtype, palette, transparent)
    deflate = isal_zlib.compressobj(LEVEL) if level is None else zlib.compressobj(level)
    above: npt.NDArray[np.uint8] | None = None
    for part in parts:
        block = deflate.compress(_filtered(part, above, NO_FILTER if palette else UP).data)
        above = _octets(part[-1:])
        if block:
            yield _chunk(b"IDAT", block)
    yield _chunk(b"IDAT", deflate.flush()) + _chunk(b"IEND", b"")


def interleaved(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bring (samples, rows, columns) to contiguous (rows, columns, samples); faster than numpy's own copy."""
    count, rows, columns = values.shape
    if count == 1:
        return np.ascontiguousarray(values[0])[:, :, np.newaxis]
    result = np.empty((rows, columns, count), values.dtype)
    for sample in range(count):
        result[:, :, sample] = values[sample]
    return result


def _head(
    shape: Sequence[int],
    dtype: np.dtype[Any],
    palette: Sequence[Colour] | None,
    transparent: Sequence[int] | None,
) -> bytes:
    """Signature and all chunks before the image data."""
    rows, columns, samples = shape
    if dtype not in (np.uint8, np.uint16) or samples not in COLOUR_TYPES or not rows or not columns:
        raise ValueError(f"PNG has no image of {rows} x {columns} x {samples} samples of {dtype}")
    if palette is not None and (samples != 1 or dtype != np.uint8 or not 1 <= len(palette) <= 256):
        raise ValueError("an image with a palette has one sample of 8 bits, and 1 to 256 colours")
    depth = 8 * dtype.itemsize
    kind = COLOUR_TYPES[samples] if palette is None else INDEXED
    head = [SIGNATURE, _chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, kind, 0, 0, 0))]
    if palette is not None:
        head.append(_chunk(b"PLTE", bytes(part for colour in palette for part in colour[:3])))
        alphas = bytes(colour[3] for colour in palette).rstrip(b"\xff")
        if alphas:
            head.append(_chunk(b"tRNS", alphas))
    elif transparent is not None:
        if samples not in (1, 3) or len(transparent) != samples:
            raise ValueError("a transparent colour has as many samples as an image without alpha: 1 or 3")
        head.append(_chunk(b"tRNS", struct.pack(f">{samples}H", *transparent)))
    return b"".join(head)


def _filtered(image: npt.NDArray[Any], above: npt.NDArray[np.uint8] | None, method: int) -> npt.NDArray[np.uint8]:
    """The rows with their filter bytes (clause 9), given the octets of the row above the first."""
    if method == UP and image.dtype == np.uint8 and not image.flags.c_contiguous:
        return _filtered_planes(image, above)
    octets = _octets(image)
    raw = np.empty((octets.shape[0], octets.shape[1] + 1), np.uint8)
    raw[:, 0] = method
    if method == NO_FILTER:
        raw[:, 1:] = octets
        return raw
    raw[0, 1:] = octets[0] if above is None else octets[0] - above[0]
    np.subtract(octets[1:], octets[:-1], out=raw[1:, 1:])
    return raw


def _filtered_planes(image: npt.NDArray[Any], above: npt.NDArray[np.uint8] | None) -> npt.NDArray[np.uint8]:
    """The same for samples that lie apart: filtered and interleaved in one go."""
    rows, columns, samples = image.shape
    raw = np.empty((rows, columns * samples + 1), np.uint8)
    raw[:, 0] = UP
    cells = raw[:, 1:].reshape(rows, columns, samples, copy=False)
    for sample in range(samples):
        plane = image[:, :, sample]
        np.subtract(plane[1:], plane[:-1], out=cells[1:, :, sample])
        cells[0, :, sample] = plane[0]
    if above is not None:
        raw[0, 1:] -= above[0]
    return raw


def _octets(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """The samples as bytes, most significant first; shape (rows, bytes)."""
    if image.dtype != np.uint8:
        image = image.astype(">u2")
    return np.ascontiguousarray(image).view(np.uint8).reshape(image.shape[0], -1)


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk: length, type, data, CRC of type and data (clause 5.3)."""
    check = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", check)))
