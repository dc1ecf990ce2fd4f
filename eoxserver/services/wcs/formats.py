# SPDX-License-Identifier: MIT
"""Formats of coverages: those of the format registry, and GML, which is written here.

Which are offered, and in which order, says the configuration (``services.ows.wcs``); GML is always there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eoxserver.core.errors import FormatNotSupported

if TYPE_CHECKING:
    from eoxserver.resources.coverages.formats import FormatRegistry

__all__ = ["GML", "GML_FORMAT", "OutputFormat", "find_format", "native_format", "offered_formats"]

GML = "application/gml+xml"
"""MIME type of coverages in GML (OGC 09-146r2)."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format in which coverages are delivered."""

    mime: str
    driver: str | None
    """Name of the GDAL driver; None for GML."""
    extension: str
    """With its dot."""


GML_FORMAT = OutputFormat(GML, None, ".gml")


def offered_formats(registry: FormatRegistry) -> tuple[OutputFormat, ...]:
    """The formats that are offered, in the configured order; GML last."""
    formats = [OutputFormat(known.mime, known.driver, known.extension) for known in registry.wcs_formats]
    return (*formats, GML_FORMAT)


def find_format(registry: FormatRegistry, mime: str) -> OutputFormat:
    """The format of a MIME type; case and white space mean nothing, nor does a ``+`` that came as a space.

    Raises
    ------
    FormatNotSupported
        When it is not offered.
    """
    offered = offered_formats(registry)
    for known in offered:
        if _normal(known.mime) == _normal(mime):
            return known
    names = ", ".join(known.mime for known in offered)
    raise FormatNotSupported(f"format '{mime}' is not offered; available: {names}", locator="format")


def native_format(registry: FormatRegistry, mime: str) -> OutputFormat:
    """The format that is delivered when none is asked for.

    Parameters
    ----------
    mime : str
        The native format of the coverage; the configured default where it is not offered.
    """
    for candidate in (mime, registry.default_native_format):
        for known in offered_formats(registry):
            if candidate and _normal(known.mime) == _normal(candidate):
                return known
    return GML_FORMAT


def _normal(mime: str) -> str:
    """A MIME type for comparison.

    >>> _normal("image/tiff;application=geotiff") == _normal("IMAGE/TIFF; application=geotiff")
    True
    """
    text = re.sub(r"\s*;\s*", ";", mime.strip().lower())
    return text.replace(" ", "+")
