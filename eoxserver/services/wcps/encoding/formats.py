# SPDX-License-Identifier: MIT
"""The format argument of ``encode``: a MIME type, the name of a GDAL driver, or a short name, in any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from eoxserver.core.errors import NoSuchMediaType, suggest
from eoxserver.resources.coverages.formats import Format, FormatRegistry, normal_mime
from eoxserver.services.gmlcov.gml import GML

__all__ = ["GML_FORMAT", "ResultFormat", "find_format", "result_formats"]


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """A format in which a result can be encoded."""

    media_type: str
    driver: str | None
    """Name of the GDAL driver; None for GML, which no encoder writes."""
    extension: str
    """With its dot."""


GML_FORMAT = ResultFormat(GML, None, ".gml")
JSON = "JSON"
"""Driver name of JSON."""

SHORT_NAMES: Mapping[str, str] = MappingProxyType({
    "bmp": "BMP", "cog": "COG", "covjson": "CoverageJSON", "csv": "CSV", "dem": "DEM", "geotiff": "GTiff",
    "gif": "GIF", "jp2": "JP2OpenJPEG", "jpeg": "JPEG", "jpeg2000": "JP2OpenJPEG", "jpg": "JPEG", "json": "JSON",
    "nc": "netCDF", "netcdf": "netCDF", "png": "PNG", "tif": "GTiff", "tiff": "GTiff", "webp": "WEBP",
})  # fmt: skip
"""Drivers by short name."""
MIME_ALIASES: Mapping[str, str] = MappingProxyType({
    "application/dem": "DEM", "application/json": JSON, "application/x-ogc-dem": "DEM", "image/jpeg2000": "JP2OpenJPEG",
    "image/jpg": "JPEG", "image/jpx": "JP2OpenJPEG", "image/tif": "GTiff", "image/x-bmp": "BMP", "text/json": JSON,
})  # fmt: skip
"""Drivers by MIME types that are in use beside those of the configured formats."""
_GML_NAMES = frozenset({"gml", "application/gml", normal_mime(GML), "text/gml"})


def result_formats(registry: FormatRegistry) -> tuple[ResultFormat, ...]:
    """All formats in which results are encoded: those of the configuration that can be written here, and GML."""
    return (*(_result_format(one) for one in registry.formats if one.writable), GML_FORMAT)


def find_format(registry: FormatRegistry, name: str) -> ResultFormat:
    """The format that a name means.

    Raises
    ------
    NoSuchMediaType
        When there is none, or this machine cannot write it; the message says which there are.
    """
    asked = normal_mime(name)
    if asked in _GML_NAMES or asked.replace("+", "") == normal_mime(GML).replace("+", ""):
        return GML_FORMAT
    found = registry.find(name)
    if found is None:
        driver = SHORT_NAMES.get(asked) or MIME_ALIASES.get(asked)
        drivers = {one.driver.lower(): one.driver for one in registry.formats}
        found = registry.by_driver(driver or drivers.get(asked, ""))
    if found is None or not found.writable:
        known = {**_short_names(registry), "gml": GML}
        words = suggest(name, known, limit=40)
        if found is not None:
            raise NoSuchMediaType(f"format '{name}' cannot be written here; {words}", locator="format")
        raise NoSuchMediaType(
            f"format '{name}' is not known; {words}, their MIME types and the names of their GDAL drivers",
            locator="format",
        )
    return _result_format(found)


def _short_names(registry: FormatRegistry) -> dict[str, str]:
    """A short name of every format that can be written, with its MIME type."""
    words = {driver: word for word, driver in sorted(SHORT_NAMES.items(), key=_preference)}
    return {words.get(one.driver, one.driver): one.mime for one in registry.formats if one.writable}


def _preference(item: tuple[str, str]) -> tuple[bool, int]:
    """Sorts the word by which a format is known to most behind the others."""
    word, _ = item
    return word in ("jp2", "jpeg", "netcdf", "tiff"), len(word)


def _result_format(found: Format) -> ResultFormat:
    return ResultFormat(found.mime, found.driver, found.extension)
