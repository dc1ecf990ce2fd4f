# SPDX-License-Identifier: MIT
"""PNG, JPEG and WebP.

PNG keeps 8 and 16-bit unsigned samples, nil values and palettes: a nil value that all fields have becomes PNG's
transparent colour, so the image keeps its number of samples and the value can be found again; where there is none and
some cells are valid in no field, an alpha sample is added. A palette stays a palette; its nil colour is transparent.
JPEG and WebP are pictures: a palette is resolved to RGB, and in WebP grey too; nil cells of a JPEG hold the nil value
or 0, those of a WebP are transparent. ``quality`` (or ``jpeg_quality``) is 1 to 100; WebP also has ``lossless``, JPEG
``progressive``. PNG has ``zlevel``, 1 to 9; without it images are compressed as fast as can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.files import scratch_array
from eoxserver.backends.encoders.gdal_copy import copied
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.pictures import JPEG_SIDE, QUALITY, WEBP_SIDE, encode_jpeg, encode_webp
from eoxserver.backends.encoders.planes import Gathered, Plane, fill_value, gather, plane_of
from eoxserver.backends.encoders.png import encode_png, png_stream
from eoxserver.backends.encoders.tiff_writer import tiff_dtype
from eoxserver.backends.rasters import prepare_gdal
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Colour
from eoxserver.plugins.markers import hookimpl

__all__ = ["JpegEncoder", "PngEncoder", "WebpEncoder", "eoxs_encoders"]

CLEAR: Colour = (0, 0, 0, 0)
ROWS_CELLS = 1 << 20
"""Samples that a large PNG is compressed from at a time."""


class PngEncoder:
    """PNG."""

    key: ClassVar[str] = "PNG"

    def __init__(self, settings: Settings) -> None:
        pass

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what a PNG cannot hold; see ``Encoder.check``."""
        _zlevel(options)
        _plane(coverage, "PNG", ("uint8", "uint16"), (1, 2, 3, 4), "one to four fields", (1 << 31) - 1)

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write a PNG; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        plane = plane_of(coverage, "PNG")
        picture = gather(plane, workspace, tiff_dtype(plane.fields))
        palette: tuple[Colour, ...] | None = plane.fields[0].palette if len(plane.fields) == 1 else None
        transparent: tuple[int, ...] | None = None
        if palette is not None and picture.values.dtype == np.uint8:
            picture, palette = _indexed(plane, picture, palette)
        else:
            palette = None
            transparent = _transparent_colour(plane, picture.values.dtype)
            if transparent is None and picture.shown is not None:
                picture = _with_alpha(picture, workspace)
        image = picture.image
        if image.nbytes <= workspace.memory_bytes:
            yield encode_png(image, palette, transparent, level=_zlevel(options))
            return
        rows = max(1, ROWS_CELLS // (image.shape[1] * image.shape[2]))
        parts = (image[row : row + rows] for row in range(0, image.shape[0], rows))
        yield from png_stream(
            (image.shape[0], image.shape[1], image.shape[2]), image.dtype, parts, palette, transparent, _zlevel(options)
        )


class JpegEncoder:
    """JPEG."""

    key: ClassVar[str] = "JPEG"

    def __init__(self, settings: Settings) -> None:
        prepare_gdal()

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what a JPEG cannot hold; see ``Encoder.check``."""
        _jpeg(options)
        _plane(coverage, "JPEG", ("uint8",), (1, 3), "one or three fields", JPEG_SIDE)

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write a JPEG; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        plane = plane_of(coverage, "JPEG")
        quality, progressive = _jpeg(options)
        if _pillow_bytes(plane) > workspace.memory_bytes and plane.fields[0].palette is None:
            yield from copied(
                plane, "JPEG", workspace, {"QUALITY": quality, "PROGRESSIVE": "ON" if progressive else "OFF"}
            )
            return
        picture = _resolved(plane, gather(plane, workspace, tiff_dtype(plane.fields)))
        yield encode_jpeg(picture.image, quality, progressive)


class WebpEncoder:
    """WebP."""

    key: ClassVar[str] = "WEBP"

    def __init__(self, settings: Settings) -> None:
        pass

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what a WebP cannot hold; see ``Encoder.check``."""
        read = Options.read(options, ("quality", "lossless"), "WebP")
        _quality(read)
        read.boolean("lossless")
        _plane(coverage, "WebP", ("uint8",), (1, 3, 4), "one, three or four fields", WEBP_SIDE)

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write a WebP; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        plane = plane_of(coverage, "WebP")
        read = Options.read(options, ("quality", "lossless"), "WebP")
        picture = _resolved(plane, gather(plane, workspace, tiff_dtype(plane.fields)))
        if len(picture.values) == 1:  # WebP has no grey
            picture = Gathered(np.broadcast_to(picture.values, (3, *plane.shape)), picture.shown)
        if picture.shown is not None:
            picture = _with_alpha(picture, workspace)
        yield encode_webp(picture.image, _quality(read), read.boolean("lossless"))


def _plane(
    coverage: Coverage, name: str, dtypes: Sequence[str], counts: Sequence[int], fields: str, side: int
) -> Plane:
    """The plane of a coverage that fits the format; raises UnsupportedCombination."""
    plane = plane_of(coverage, name)
    dtype, count = tiff_dtype(plane.fields), len(plane.fields)
    if dtype.name not in dtypes:
        raise UnsupportedCombination(
            f"{name} holds {' and '.join(dtypes)}, the coverage has {dtype}; GeoTIFF and netCDF hold it",
            locator="format",
        )
    if count not in counts:
        names = ", ".join(plane.coverage.range_type.names)
        raise UnsupportedCombination(
            f"{name} holds {fields}, the coverage has {count} ({names}); select fewer, or ask for GeoTIFF or netCDF",
            locator="format",
        )
    if max(plane.shape) > side:
        raise UnsupportedCombination(
            f"{name} holds up to {side} rows and columns, the result has {plane.shape[0]} x {plane.shape[1]}; "
            "ask for a smaller part or scale, or for GeoTIFF",
            locator="format",
        )
    return plane


def _quality(read: Options) -> int:
    key = "jpeg_quality" if "jpeg_quality" in read else "quality"
    return read.integer(key, 1, 100, QUALITY)


def _jpeg(options: Mapping[str, str]) -> tuple[int, bool]:
    """Quality of a JPEG, and whether it is progressive."""
    read = Options.read(options, ("quality", "jpeg_quality", "progressive"), "JPEG")
    return _quality(read), read.boolean("progressive")


def _zlevel(options: Mapping[str, str]) -> int | None:
    """How hard a PNG is compressed; None: fast."""
    read = Options.read(options, ("zlevel",), "PNG")
    return read.integer("zlevel", 1, 9, 1) if "zlevel" in read else None


def _pillow_bytes(plane: Plane) -> int:
    """What Pillow needs for an image: four bytes a pixel of several samples."""
    return plane.shape[0] * plane.shape[1] * (1 if len(plane.fields) == 1 else 4)


def _indexed(
    plane: Plane, picture: Gathered, palette: tuple[Colour, ...]
) -> tuple[Gathered, tuple[Colour, ...] | None]:
    """An image with a palette: long enough for all values, transparent where nothing is shown.

    Resolved to RGBA, without palette, when cells are not shown and all 256 values are in use.
    """
    values = picture.values[0]
    colours = list(palette[:256])
    colours += [(0, 0, 0, 255)] * (int(values.max()) + 1 - len(colours))
    nil = fill_value(plane.fields[0], values.dtype)
    if nil is None and picture.shown is not None:
        unused = np.flatnonzero(np.bincount(values[picture.shown].ravel(), minlength=256) == 0)
        if not unused.size:
            return Gathered(_coloured(values, colours, picture.shown), None), None
        nil = float(unused[-1] if unused[-1] < len(colours) else len(colours))
        values = np.where(picture.shown, values, np.uint8(nil))
    if nil is not None and (nil < len(colours) or picture.shown is not None):
        colours += [CLEAR] * (int(nil) + 1 - len(colours))
        colours[int(nil)] = (*colours[int(nil)][:3], 0)
    return Gathered(values[np.newaxis], None), tuple(colours)


def _coloured(
    values: npt.NDArray[Any], colours: Sequence[Colour], shown: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.uint8]:
    """Resolve a palette; shape (4, rows, columns)."""
    table = np.array(colours, np.uint8)
    rgba: npt.NDArray[np.uint8] = table[values].transpose(2, 0, 1).copy()
    if shown is not None:
        rgba[3][~shown] = 0
    return rgba


def _transparent_colour(plane: Plane, dtype: np.dtype[Any]) -> tuple[int, ...] | None:
    """The nil values of one or three fields as a colour; None when a field has none."""
    nils = [fill_value(field, dtype) for field in plane.fields]
    known = [int(nil) for nil in nils if nil is not None]
    return tuple(known) if len(nils) in (1, 3) and len(known) == len(nils) else None


def _with_alpha(picture: Gathered, workspace: Workspace) -> Gathered:
    """Make cells that are not shown transparent, by the alpha sample there is or one that is added."""
    samples, rows, columns = picture.values.shape
    assert picture.shown is not None
    if samples in (2, 4):
        values = picture.values if picture.values.flags.writeable else picture.values.copy()
        values[-1] *= picture.shown
        return Gathered(values, None)
    values = scratch_array((samples + 1, rows, columns), picture.values.dtype, workspace)
    values[:-1] = picture.values
    np.multiply(picture.shown, np.iinfo(values.dtype).max, out=values[-1], casting="unsafe")
    return Gathered(values, None)


def _resolved(plane: Plane, picture: Gathered) -> Gathered:
    """A picture without palette."""
    palette = plane.fields[0].palette
    if palette is None or len(plane.fields) != 1:
        return picture
    values = picture.values[0]
    colours = [*palette, *[(0, 0, 0, 255)] * (int(values.max()) + 1 - len(palette))]
    return Gathered(_coloured(values, colours, None)[:3], picture.shown)


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoders of PNG, JPEG and WebP."""
    return [PngEncoder, JpegEncoder, WebpEncoder]
