# SPDX-License-Identifier: MIT
"""Formats of coverages: those of the format registry, and GML, which is written here.

Which are offered, and in which order, says the configuration (``services.ows.wcs``); GML is always there.
"""

from __future__ import annotations

from dataclasses import dataclass

from eoxserver.core.errors import FormatNotSupported
from eoxserver.resources.coverages.formats import FormatRegistry, normal_mime
from eoxserver.services.gmlcov.gml import GML

__all__ = ["GML_FORMAT", "OutputFormat", "find_format", "native_format", "offered_formats"]


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


def find_format(registry: FormatRegistry, mime: str, native: OutputFormat) -> OutputFormat:
    """The format of a MIME type; case and white space mean nothing, nor does a ``+`` that came as a space.

    Parameters
    ----------
    native : OutputFormat
        The native format of the coverage, which may be asked for whether it is offered for others or not.

    Raises
    ------
    FormatNotSupported
        When it is not offered.
    """
    offered = tuple(dict.fromkeys((*offered_formats(registry), native)))
    for known in offered:
        if _comparable(known.mime) == _comparable(mime):
            return known
    names = ", ".join(known.mime for known in offered)
    raise FormatNotSupported(f"format '{mime}' is not offered; available: {names}", locator="format")


def native_format(registry: FormatRegistry, mime: str) -> OutputFormat:
    """The format that is delivered when none is asked for.

    Parameters
    ----------
    mime : str
        The native format of the coverage; the configured default where this machine cannot write it.
    """
    for candidate in (mime, registry.default_native_format):
        known = registry.find(candidate)
        if known is not None and known.writable:
            return OutputFormat(known.mime, known.driver, known.extension)
    return GML_FORMAT


def _comparable(mime: str) -> str:
    return normal_mime(mime).replace("+", "")
