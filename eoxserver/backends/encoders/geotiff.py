# SPDX-License-Identifier: MIT
"""GeoTIFF and Cloud Optimized GeoTIFF, with the encoding parameters of OGC 12-100r1 (WCS 2.0 GeoTIFF coverages).

``compression`` (None, PackBits, Deflate, LZW, ZSTD, JPEG, LERC), ``jpeg_quality`` (1 to 100, with JPEG), ``predictor``
(None, Horizontal, FloatingPoint, with Deflate, LZW or ZSTD), ``interleave`` (Pixel, Band), ``tiling`` with
``tilewidth`` and ``tileheight`` (multiples of 16). Huffman, which that standard has for bilevel images, fits none of
our data types and is refused. Creation options of GDAL are accepted by their own names too. Without parameters the
cells are written uncompressed, as GDAL does. Small results are made in memory, large ones in a temporary file, block by
block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.creation import creation, creation_names
from eoxserver.backends.encoders.files import configured, pieces, scratch_folder
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.planes import Gathered, Plane, gather, plane_of
from eoxserver.backends.encoders.tiff_plain import can_be_plain, plain_tiff
from eoxserver.backends.encoders.tiff_writer import tiff_blocks, tiff_dtype, tiff_profile, write_tiff
from eoxserver.backends.rasters import prepare_gdal
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.plugins.markers import hookimpl

__all__ = ["CogEncoder", "GeoTiffEncoder", "eoxs_encoders", "result_bytes"]

KNOWN = ("compression", "jpeg_quality", "predictor", "interleave", "tiling", "tilewidth", "tileheight")
COMPRESSIONS = ("None", "PackBits", "Deflate", "LZW", "ZSTD", "JPEG", "LERC")
SYNONYMS = {"compress": "compression", "tiled": "tiling", "blockxsize": "tilewidth", "blockysize": "tileheight"}
"""Names that GDAL has for encoding parameters."""
COG_SYNONYMS = {"compress": "compression", "blocksize": "tilewidth", "quality": "jpeg_quality"}
PREDICTABLE = ("Deflate", "LZW", "ZSTD")
PREDICTORS = ("None", "Horizontal", "FloatingPoint")
TILE = 256
COG_TILE = 512
MOST_TILE = 16384

_DTYPES = (
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "complex64",
    "complex128",
)  # fmt: skip


class GeoTiffEncoder:
    """GeoTIFF."""

    key: ClassVar[str] = "GTiff"

    def __init__(self, settings: Settings) -> None:
        prepare_gdal()

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what a TIFF cannot hold; see ``Encoder.check``."""
        creation_options(_plane(coverage), options)

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write a GeoTIFF; see ``Encoder.encode``."""
        plane = _plane(coverage)
        made = creation_options(plane, options)
        if result_bytes(plane) <= workspace.memory_bytes:
            yield from _in_memory(plane, made, workspace)
            return
        with scratch_folder(workspace) as folder:
            path = folder / "result.tif"
            configured(workspace, partial(_write, path, plane, made, workspace))
            yield from pieces(path)


class CogEncoder:
    """Cloud Optimized GeoTIFF: tiles, overviews, and a header at the front."""

    key: ClassVar[str] = "COG"

    def __init__(self, settings: Settings) -> None:
        prepare_gdal()

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what a COG cannot hold; see ``Encoder.check``."""
        cog_options(_plane(coverage), options)

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write a COG; see ``Encoder.encode``."""
        plane = _plane(coverage)
        made = cog_options(plane, options)
        with scratch_folder(workspace) as folder:
            plain, path = folder / "plain.tif", folder / "result.tif"
            with rasterio.open(
                plain, "w", tiled=True, blockxsize=TILE, blockysize=TILE, **tiff_profile(plane)
            ) as target:
                write_tiff(target, plane, tiff_blocks(target, plane, workspace))
            copy = partial(rasterio.shutil.copy, plain, path, driver="COG", **{"BIGTIFF": "IF_SAFER"} | made)
            configured(workspace, copy)
            plain.unlink()
            yield from pieces(path)


def _write(path: Path, plane: Plane, made: dict[str, Any], workspace: Workspace) -> None:
    """Write a result that is large, block by block."""
    with rasterio.open(path, "w", **tiff_profile(plane) | made) as target:
        write_tiff(target, plane, tiff_blocks(target, plane, workspace))


def _in_memory(plane: Plane, made: dict[str, Any], workspace: Workspace) -> Iterator[bytes]:
    """Write a result that is small."""
    found = gather(plane, workspace, tiff_dtype(plane.fields))
    if not made and not workspace.config and can_be_plain(plane, found):
        yield from plain_tiff(plane, found.values)
    else:
        yield configured(workspace, partial(_written, plane, made, found))


def _written(plane: Plane, made: dict[str, Any], found: Gathered) -> bytes:
    """The bytes of a result that is small."""
    with MemoryFile() as memory:
        with memory.open(**tiff_profile(plane) | made) as target:
            write_tiff(target, plane, [(CellBox.whole(plane.shape), found.cells)])
        return bytes(memory.getbuffer())


def creation_options(plane: Plane, options: Mapping[str, str]) -> dict[str, Any]:
    """GDAL's creation options for encoding parameters.

    Raises
    ------
    InvalidParameterValue
        For a parameter that is unknown, has a bad value, or does not fit the others or the data.
    """
    read = Options.read(options, (*KNOWN, *creation_names("GTiff")), "GeoTIFF", SYNONYMS)
    made = _compression(read, plane)
    if "interleave" in read:
        made["interleave"] = read.choice("interleave", ("Pixel", "Band")).lower()
    if made.get("compress") == "jpeg" and len(plane.fields) == 3 and made.get("interleave", "pixel") == "pixel":
        made["photometric"] = "YCBCR"
    tiled = read.boolean("tiling")
    for key in ("tilewidth", "tileheight"):
        if key in read and not tiled:
            raise read.bad(key, "needs tiling=true")
    if tiled:
        made |= {
            "tiled": True,
            "blockxsize": read.integer("tilewidth", 16, MOST_TILE, TILE, multiple=16),
            "blockysize": read.integer("tileheight", 16, MOST_TILE, TILE, multiple=16),
        }
    return made | {name.lower(): value for name, value in creation(read, "GTiff").items()}


def cog_options(plane: Plane, options: Mapping[str, str]) -> dict[str, Any]:
    """Creation options of GDAL's COG driver for encoding parameters; raises InvalidParameterValue."""
    read = Options.read(options, (*KNOWN, *creation_names("COG")), "COG", COG_SYNONYMS)
    made = _compression(read, plane)
    if not read.boolean("tiling", default=True):
        raise read.bad("tiling", "a COG is always tiled")
    if "interleave" in read and read.choice("interleave", ("Pixel", "Band")) != "Pixel":
        raise read.bad("interleave", "a COG is interleaved by pixel")
    width = read.integer("tilewidth", 16, MOST_TILE, COG_TILE, multiple=16)
    height = read.integer("tileheight", 16, MOST_TILE, width, multiple=16)
    if "tilewidth" not in read:
        width = height
    if width != height:
        raise read.bad("tileheight", "tiles of a COG are square")
    cog: dict[str, Any] = {"BLOCKSIZE": width}
    if "compress" in made:
        cog["COMPRESS"] = made["compress"].upper()
    if "jpeg_quality" in made:
        cog["QUALITY"] = made["jpeg_quality"]
    if "predictor" in made:
        cog["PREDICTOR"] = ("NO", "STANDARD", "FLOATING_POINT")[made["predictor"] - 1]
    return cog | creation(read, "COG")


def result_bytes(plane: Plane) -> int:
    """Size of the cells of a plane, before any compression [bytes]."""
    return plane.shape[0] * plane.shape[1] * len(plane.fields) * tiff_dtype(plane.fields).itemsize


def _plane(coverage: Coverage) -> Plane:
    plane = plane_of(coverage, "GeoTIFF")
    dtype = tiff_dtype(plane.fields)
    if dtype.name not in _DTYPES:
        raise UnsupportedCombination(f"GeoTIFF holds no {dtype}; it holds {', '.join(_DTYPES)}", locator="format")
    return plane


def _compression(read: Options, plane: Plane) -> dict[str, Any]:
    """Creation options for compression, quality and predictor, checked against each other and the data."""
    name, dtype = read.choice("compression", COMPRESSIONS, "None"), tiff_dtype(plane.fields)
    made: dict[str, Any] = {} if "compression" not in read else {"compress": name.lower()}
    if name == "JPEG":
        if dtype != np.uint8 or len(plane.fields) not in (1, 3) or _has_palette(plane):
            raise read.bad("compression", f"JPEG holds one or three fields of uint8, the coverage has {_fields(plane)}")
        made["jpeg_quality"] = read.integer("jpeg_quality", 1, 100, 75)
    elif "jpeg_quality" in read:
        raise read.bad("jpeg_quality", "needs compression=JPEG")
    if name == "LERC" and dtype.kind == "c":
        raise read.bad("compression", f"LERC holds no {dtype}")
    predictor = _predictor(read)
    if predictor != "None":
        if name not in PREDICTABLE:
            raise read.bad("predictor", f"needs compression={' or '.join(PREDICTABLE)}")
        if predictor == "FloatingPoint" and dtype.kind != "f":
            raise read.bad("predictor", f"FloatingPoint needs float32 or float64, the coverage has {_fields(plane)}")
        if dtype.kind == "c":
            raise read.bad("predictor", f"{dtype} has no predictor")
        made["predictor"] = PREDICTORS.index(predictor) + 1
    return made


def _predictor(read: Options) -> str:
    """The predictor by its name, or by its number in TIFF."""
    word = read.choice("predictor", (*PREDICTORS, "1", "2", "3"), "None")
    return PREDICTORS[int(word) - 1] if word.isdigit() else word


def _has_palette(plane: Plane) -> bool:
    return len(plane.fields) == 1 and plane.fields[0].palette is not None


def _fields(plane: Plane) -> str:
    return f"{len(plane.fields)} of {tiff_dtype(plane.fields)}{' with a colour table' if _has_palette(plane) else ''}"


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoders of GeoTIFF and COG."""
    return [GeoTiffEncoder, CogEncoder]
