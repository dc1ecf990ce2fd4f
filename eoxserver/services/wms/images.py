# SPDX-License-Identifier: MIT
"""Maps as bytes: PNG, JPEG and GIF at once, other formats through their encoders; and errors as pictures."""

from __future__ import annotations

import io
import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from eoxserver.backends.encoders.pictures import encode_jpeg
from eoxserver.backends.encoders.png import encode_png
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.rasters import index_domain, raster_domain
from eoxserver.services.engine import Engine
from eoxserver.services.wms.render import Bytes, blank
from eoxserver.services.wms.requests import ErrorForm, MapRequest

__all__ = ["encode_error_image", "encode_map", "has_alpha"]

INTERPRETATIONS = {
    1: ("gray",),
    2: ("gray", "alpha"),
    3: ("red", "green", "blue"),
    4: ("red", "green", "blue", "alpha"),
}
MARGIN = 6
"""Between the edge of an error image and its text [pixels]."""
FONT_SIZE = 13
"""Of the text of error images [pixels]."""


def has_alpha(driver: str) -> bool:
    """Whether images of a driver can be see-through."""
    return driver not in ("JPEG", "BMP")


def encode_map(pixels: Bytes, driver: str, engine: Engine, request: MapRequest | None = None) -> bytes:
    """The bytes of an image.

    Parameters
    ----------
    pixels : ndarray, shape (row, column, channel)
        Channels: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
    driver : str
        GDAL's name of the format.
    request : MapRequest, optional
        Tells formats that can hold it where the map is.
    """
    if driver == "PNG":
        return encode_png(pixels)
    if driver == "JPEG":
        return encode_jpeg(pixels)
    if driver == "GIF":
        return _encode_gif(pixels)
    if driver == "WEBP":
        pixels = _in_colour(pixels)
    names = INTERPRETATIONS[pixels.shape[2]]
    fields = tuple(Field(name, np.dtype(np.uint8), interpretation=name) for name in names)
    source = MemorySource(np.moveaxis(pixels, 2, 0))
    coverage = Coverage("map", _domain(pixels, request), RangeType(fields), source)
    return b"".join(engine.encode(coverage, driver, {}))


def _encode_gif(pixels: Bytes) -> bytes:
    """A GIF of the 256 colours that fit best, one of them transparent where there is alpha."""
    image, file = Image.fromarray(_in_colour(pixels) if pixels.shape[2] > 1 else pixels[..., 0]), io.BytesIO()
    image.save(file, "GIF")
    return file.getvalue()


def _in_colour(pixels: Bytes) -> Bytes:
    """Red, green, blue and, where there was, alpha."""
    return pixels if pixels.shape[2] > 2 else pixels[..., [0, 0, 0, 1][: pixels.shape[2] + 2]]


def _domain(pixels: Bytes, request: MapRequest | None) -> Domain:
    rows, columns = pixels.shape[:2]
    if request is None:
        return index_domain(columns, rows)
    return raster_domain(request.crs, request.bounds, columns, rows)


def encode_error_image(form: ErrorForm, text: str, driver: str, engine: Engine) -> bytes:
    """An image that says ``text``, or one with nothing on it, as the client wants it."""
    pixels = blank(form.height, form.width, form.transparent and has_alpha(driver), form.background)
    if form.kind == "inimage":
        pixels = _written(pixels, text)
    return encode_map(pixels, driver, engine)


def _written(pixels: Bytes, text: str) -> Bytes:
    """The image with text in its upper left corner, wrapped at its width; what does not fit below is cut."""
    image = Image.fromarray(pixels)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(FONT_SIZE)
    columns = max(8, int((pixels.shape[1] - 2 * MARGIN) / pen.textlength("n", font)))
    lines = [line for part in text.splitlines() for line in textwrap.wrap(part, columns) or [""]]
    dark = int(pixels[0, 0, :3].astype(int).sum()) < 3 * 128 and not (pixels.shape[2] == 4 and pixels[0, 0, 3] == 0)
    colour = (255, 190, 190, 255) if dark else (160, 0, 0, 255)
    pen.multiline_text((MARGIN, MARGIN), "\n".join(lines), fill=colour[: pixels.shape[2]], font=font, spacing=3)
    return np.asarray(image)
