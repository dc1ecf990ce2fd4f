# SPDX-License-Identifier: MIT
"""GetCapabilities of WCS 2.0.1 (OGC 09-110r4 clause 8.2), written while it is sent.

The profiles, formats, CRSs and interpolation methods that are announced are those that are there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from eoxserver.core.coordinates import number_text
from eoxserver.core.errors import EOxServerError
from eoxserver.resources.coverages.crss import wcs_crss
from eoxserver.services.ows.capabilities import (
    OperationMetadata,
    operations_metadata,
    service_identification,
    service_provider,
)
from eoxserver.services.ows.information import service_texts
from eoxserver.services.ows.xml import DECLARATION, attributes, chunks, element, namespaces
from eoxserver.services.wcs.formats import offered_formats
from eoxserver.services.wcs.operations import wcs_extensions
from eoxserver.services.wcs.v20.inspire import extended_capabilities
from eoxserver.services.wcs.v20.requests import GetCapabilities
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.resources.coverages.catalogue import CoverageSummary
    from eoxserver.services.context import ServiceContext

__all__ = ["capabilities"]

log = logging.getLogger(__name__)

VERSION = "2.0.1"
VERSIONS = (VERSION, "2.1.0")
NAMESPACES: Mapping[str, str] = {
    "wcs": "http://www.opengis.net/wcs/2.0",
    "ows": "http://www.opengis.net/ows/2.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "crs": "http://www.opengis.net/wcs/crs/1.0",
    "int": "http://www.opengis.net/wcs/interpolation/1.0",
}
SCHEMAS = {"http://www.opengis.net/wcs/2.0": "http://schemas.opengis.net/wcs/2.0/wcsAll.xsd"}

PROFILES = (
    "http://www.opengis.net/spec/WCS/2.0/conf/core",
    "http://www.opengis.net/spec/WCS_protocol-binding_get-kvp/1.0/conf/get-kvp",
    "http://www.opengis.net/spec/GMLCOV/1.0/conf/gml-coverage",
    "http://www.opengis.net/spec/GMLCOV/1.0/conf/gml",
    "http://www.opengis.net/spec/GMLCOV/1.0/conf/multipart",
    "http://www.opengis.net/spec/CIS/1.1/conf/coverage",
    "http://www.opengis.net/spec/CIS/1.1/conf/grid-regular",
    "http://www.opengis.net/spec/CIS/1.1/conf/grid-irregular",
    "http://www.opengis.net/spec/CIS/1.1/conf/gml-coverage",
    "http://www.opengis.net/spec/CIS/1.1/conf/json-coverage",
    "http://www.opengis.net/spec/CIS/1.1/conf/other-format-coverage",
    "http://www.opengis.net/spec/WCS_service-extension_crs/1.0/conf/crs",
    "http://www.opengis.net/spec/WCS_service-extension_interpolation/1.0/conf/interpolation",
    "http://www.opengis.net/spec/WCS_service-extension_range-subsetting/1.0/conf/record-subsetting",
    "http://www.opengis.net/spec/WCS_service-extension_scaling/1.0/conf/scaling",
)
"""Conformance classes that hold whatever the configuration."""

FORMAT_PROFILES: Mapping[str, str] = {
    "image/tiff": "http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage",
    "application/netcdf": "http://www.opengis.net/spec/WCS_coverage-encoding_netcdf/1.0/",
    "image/jp2": "http://www.opengis.net/spec/WCS_coverage-encoding_jpeg2000/1.0/",
    "image/jpeg": "https://www.w3.org/Graphics/JPEG/",
    "image/png": "https://www.w3.org/TR/PNG/",
    "text/csv": "https://www.rfc-editor.org/rfc/rfc4180",
    "application/json": "https://www.rfc-editor.org/rfc/rfc8259",
    "application/vnd.cov+json": "http://www.opengis.net/doc/CS/covjson/1.0",
}
"""Conformance classes of encodings, where the format is offered."""

NEAREST = "http://www.opengis.net/def/interpolation/OGC/1.0/nearest-neighbor"


def capabilities(
    context: ServiceContext,
    request: Request,
    decoded: GetCapabilities,
    operations: Sequence[OperationMetadata],
    version: str = VERSION,
) -> Response:
    """The capabilities, or of them what is asked for, in the words of a version."""
    media_type = f"{decoded.media_type}; charset=utf-8"
    about = {"version": version, "updateSequence": decoded.update_sequence}
    root = f"{DECLARATION}<wcs:Capabilities{namespaces(NAMESPACES, SCHEMAS)}{attributes(about)}"
    if decoded.current:
        return Response(f"{root}/>\n".encode(), media_type)
    parts = _parts(context, request, decoded.sections, operations)
    return Response(chunks(chain([f"{root}>\n"], parts, ["</wcs:Capabilities>\n"])), media_type)


def _parts(
    context: ServiceContext,
    request: Request,
    sections: frozenset[str],
    operations: Sequence[OperationMetadata],
) -> Iterator[str]:
    ows = service_texts(context)
    extensions = wcs_extensions(context.plugins)
    if "ServiceIdentification" in sections:
        profiles = [*_profiles(context), *(profile for extension in extensions for profile in extension.profiles)]
        yield service_identification(ows, "OGC WCS", VERSIONS, profiles)
    if "ServiceProvider" in sections:
        yield service_provider(ows)
    if "OperationsMetadata" in sections:
        announced = [operation for extension in extensions for operation in extension.announced]
        yield operations_metadata([*operations, *announced], request.base_url, _inspire(context, request))
    if "ServiceMetadata" in sections:
        yield _service_metadata(context)
    if "Contents" in sections:
        yield "<wcs:Contents>\n"
        yield from _summaries(context, request)
        yield "</wcs:Contents>\n"


def _inspire(context: ServiceContext, request: Request) -> str:
    """What INSPIRE is told: the data sets among the coverages that may be read."""
    marked = (
        one
        for one in context.announcements.marked()
        if context.plugins.authorize(request.actor, "read", one.identifier)
    )
    return extended_capabilities(context.settings.inspire, marked, request.base_url)


def _profiles(context: ServiceContext) -> list[str]:
    mimes = (known.mime for known in offered_formats(context.formats))
    return [*PROFILES, *dict.fromkeys(FORMAT_PROFILES[mime] for mime in mimes if mime in FORMAT_PROFILES)]


def _service_metadata(context: ServiceContext) -> str:
    """``wcs:ServiceMetadata``: formats, and in the extensions' elements interpolation methods and CRSs."""
    formats = [element("wcs:formatSupported", known.mime) for known in offered_formats(context.formats)]
    crss = [element("crs:crsSupported", crs.uri) for crs in wcs_crss(context.settings)]
    parts = [
        "<wcs:ServiceMetadata>",
        *formats,
        "<wcs:Extension>",
        "<int:InterpolationMetadata>",
        element("int:InterpolationSupported", NEAREST),
        "</int:InterpolationMetadata>",
        *(["<crs:CrsMetadata>", *crss, "</crs:CrsMetadata>"] if crss else []),
        "</wcs:Extension>",
        "</wcs:ServiceMetadata>\n",
    ]
    return "\n".join(parts)


def _summaries(context: ServiceContext, request: Request) -> Iterator[str]:
    """``wcs:CoverageSummary`` of every coverage that may be read; one that cannot be told of is left out."""
    for summary in context.catalogue.summaries():
        if not context.plugins.authorize(request.actor, "read", summary.identifier):
            continue
        try:
            yield _summary(summary)
        except (EOxServerError, ValueError) as error:
            log.warning("coverage %s is left out of the capabilities: %s", summary.identifier, error)


def _summary(summary: CoverageSummary) -> str:
    domain = summary.domain
    parts = ["<wcs:CoverageSummary>"]
    if summary.title:
        parts.append(element("ows:Title", summary.title))
    if summary.abstract:
        parts.append(element("ows:Abstract", summary.abstract))
    if summary.wgs84_bounds is not None:
        west, south, east, north = map(number_text, summary.wgs84_bounds)
        parts.append(_box("ows:WGS84BoundingBox", {}, f"{west} {south}", f"{east} {north}"))
    parts.append(element("wcs:CoverageId", summary.identifier))
    parts.append(element("wcs:CoverageSubtype", summary.subtype))
    if domain.crs is not None:
        lower, upper = (" ".join(map(number_text, corner)) for corner in domain.envelope())
        about = {"crs": domain.crs.uri, "dimensions": str(len(domain.axes))}
        parts.append(_box("ows:BoundingBox", about, lower, upper))
    parts.append("</wcs:CoverageSummary>\n")
    return "\n".join(parts)


def _box(name: str, about: Mapping[str, str], lower: str, upper: str) -> str:
    """A bounding box; on time axes the numbers of the CRS, which is all that OWS Common has room for."""
    corners = f"{element('ows:LowerCorner', lower)}{element('ows:UpperCorner', upper)}"
    return f"<{name}{attributes(about)}>{corners}</{name}>"
