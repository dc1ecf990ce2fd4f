# SPDX-License-Identifier: MIT
"""The key ``configOptions`` of ``encode``: GDAL's configuration options that hold for the one write.

GDAL has hundreds of them, among them such that name files, servers and passwords. Those that say how a result is
written are accepted, with values that are words or numbers, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from eoxserver.core.errors import InvalidParameterValue, suggest
from eoxserver.services.wcps.encoding.values import refused

__all__ = ["HARMLESS", "config_options"]

HARMLESS = frozenset({
    "GDAL_GEOTIFF_CITATION", "GDAL_IGNORE_BAG_XML_METADATA", "GDAL_JPEG_TO_RGB", "GDAL_TIFF_DEFLATE_SUBCODEC",
    "GDAL_TIFF_ENDIANNESS", "GDAL_TIFF_INTERNAL_MASK", "GDAL_TIFF_INTERNAL_MASK_TO_8BIT", "GDAL_TIFF_OVR_BLOCKSIZE",
    "GTIFF_ESRI_CITATION", "GTIFF_LINEAR_UNITS", "GTIFF_POINT_GEO_IGNORE", "GTIFF_REPORT_COMPD_CS",
    "GTIFF_WRITE_IMAGE_STRUCTURE_METADATA", "GTIFF_WRITE_SRS_WKT2", "JPEG_WRITE_EXIF", "PNG_WRITE_METADATA_AS_TEXT",
    "WRITE_METADATA_AS_TEXT",
})  # fmt: skip
"""Options that change how cells and their place are written, and nothing else."""
_VALUE = re.compile(r"[A-Za-z0-9_.+-]{0,40}")


def config_options(given: Mapping[str, str]) -> dict[str, str]:
    """The options, their names in upper case.

    Raises
    ------
    InvalidParameterValue
        For options that are not accepted, and for values that are neither words nor numbers.
    """
    found: dict[str, str] = {}
    for name, value in given.items():
        key = name.upper()
        if key not in HARMLESS:
            raise InvalidParameterValue(
                f"extra parameter configOptions: '{name[:60]}' is not accepted; "
                f"{suggest(key[:60], HARMLESS, limit=20)}",
                locator="configOptions",
            )
        if not _VALUE.fullmatch(value):
            raise refused(f"configOptions.{name}", value, "a word or a number")
        found[key] = value
    return found
