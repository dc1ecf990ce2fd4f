# SPDX-License-Identifier: MIT
"""GDAL's creation options that may be asked for, by driver.

Only such as change how cells are packed: none that reads or names a file, and none that makes a second file, because an
answer is one. What a driver has beside these is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from eoxserver.backends.encoders.options import Options

__all__ = ["CREATION", "creation", "creation_names"]

Accepted: TypeAlias = "tuple[str, ...] | range"
"""The words of an option, or its numbers."""

_FLAG = ("YES", "NO")
CREATION: Mapping[str, Mapping[str, Accepted]] = MappingProxyType({
    "GTiff": {
        "BIGTIFF": (*_FLAG, "IF_NEEDED", "IF_SAFER"),
        "ENDIANNESS": ("NATIVE", "INVERTED", "LITTLE", "BIG"),
        "GEOTIFF_KEYS_FLAVOR": ("STANDARD", "ESRI_PE"),
        "GEOTIFF_VERSION": ("AUTO", "1.0", "1.1"),
        "PROFILE": ("GDALGeoTIFF", "GeoTIFF"),
        "ZLEVEL": range(1, 13),
        "ZSTD_LEVEL": range(1, 23),
    },
    "COG": {
        "BIGTIFF": (*_FLAG, "IF_NEEDED", "IF_SAFER"),
        "LEVEL": range(1, 23),
        "OVERVIEWS": ("AUTO", "IGNORE_EXISTING", "NONE"),
        "OVERVIEW_RESAMPLING": ("NEAREST", "AVERAGE", "BILINEAR", "CUBIC", "CUBICSPLINE", "LANCZOS", "MODE", "RMS"),
    },
    "AAIGrid": {
        "DECIMAL_PRECISION": range(21),
        "FORCE_CELLSIZE": ("TRUE", "FALSE"),
        "SIGNIFICANT_DIGITS": range(1, 21),
    },
    "GIF": {"INTERLACING": ("ON", "OFF")},
    "HFA": {"COMPRESSED": _FLAG},
    "JP2OpenJPEG": {
        "BLOCKXSIZE": range(16, 16385),
        "BLOCKYSIZE": range(16, 16385),
        "CODEC": ("JP2", "J2K"),
        "EPH": _FLAG,
        "GEOJP2": _FLAG,
        "GMLJP2": _FLAG,
        "PROGRESSION": ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL"),
        "QUALITY": range(1, 101),
        "RESOLUTIONS": range(1, 31),
        "REVERSIBLE": _FLAG,
        "SOP": _FLAG,
        "YCBCR420": _FLAG,
        "YCC": _FLAG,
    },
    "NITF": {"IC": ("NC", "C3")},
    "PCIDSK": {"COMPRESSION": ("NONE", "RLE"), "INTERLEAVING": ("PIXEL", "BAND", "TILED")},
})  # fmt: skip
"""By driver and name of the option."""


def creation_names(driver: str) -> tuple[str, ...]:
    """The names of the options of a driver, in lower case as encoding parameters."""
    return tuple(name.lower() for name in CREATION.get(driver, {}))


def creation(read: Options, driver: str) -> dict[str, str | int]:
    """The options of a driver that are given, with GDAL's names and values.

    Raises
    ------
    InvalidParameterValue
        For values that are not accepted; the locator is the option.
    """
    found: dict[str, str | int] = {}
    for name, accepted in CREATION.get(driver, {}).items():
        key = name.lower()
        if key in read:
            if isinstance(accepted, range):
                found[name] = read.integer(key, accepted.start, accepted.stop - 1, accepted.start)
            else:
                found[name] = read.choice(key, accepted)
    return found
