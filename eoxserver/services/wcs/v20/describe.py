# SPDX-License-Identifier: MIT
"""DescribeCoverage of WCS 2.0.1 (OGC 09-110r4 clause 8.3), and of WCS 2.1 in the terms of CIS 1.1.

In JSON one coverage is described by an object, several are by a list of objects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import AccessDenied, CoverageUnusable, InvalidParameterValue, InvalidRequest, NoSuchCoverage
from eoxserver.services.gmlcov import cis11, cis11json, gml
from eoxserver.services.gmlcov.metadata import metadata_elements
from eoxserver.services.ows.xml import DECLARATION, attributes, chunks, element, namespaces
from eoxserver.services.wcs.formats import native_format
from eoxserver.services.wcs.v20.requests import DescribeCoverage
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["describe", "readable"]

WCS = "http://www.opengis.net/wcs/2.0"
WCS_SCHEMA = "http://schemas.opengis.net/wcs/2.0/wcsAll.xsd"


def describe(context: ServiceContext, request: Request, decoded: DescribeCoverage) -> Response:
    """The descriptions of the coverages asked for.

    Raises
    ------
    NoSuchCoverage
        ``locator`` lists every identifier that there is no coverage of.
    AccessDenied
    """
    coverages = readable(context, request, decoded.coverage_ids, decoded.coverage_version)
    if decoded.json or decoded.general_grid:
        _check_grids(coverages)
    if decoded.json:
        return Response(chunks(_json(coverages)), cis11json.MIME)
    document = _general_grids(context, coverages) if decoded.general_grid else _document(context, coverages)
    return Response(chunks(document), "text/xml; charset=utf-8")


def _check_grids(coverages: list[Coverage]) -> None:
    """Refuse points where grids are described; raises InvalidRequest."""
    found = next((one.identifier for one in coverages if one.points is not None), None)
    if found is not None:
        raise InvalidRequest(
            f"coverage '{found}' has points, which CIS 1.1 is not written for here; ask without outputType and format",
            locator="outputType",
        )


def readable(
    context: ServiceContext, request: Request, identifiers: Collection[str], version: int | None = None
) -> list[Coverage]:
    """The coverages of identifiers that the actor of the request may read.

    Parameters
    ----------
    version : int, optional
        As they were at it, which only coverages have that were inserted; as they are now by default.

    Raises
    ------
    InvalidParameterValue
        When there is no such version.
    CoverageUnusable
        When a coverage has no versions.
    NoSuchCoverage
        ``locator`` lists every identifier that there is no coverage of.
    AccessDenied
        ``locator`` lists every identifier that the actor may not read.
    """
    denied = [name for name in identifiers if not context.plugins.authorize(request.actor, "read", name)]
    if denied:
        raise AccessDenied(f"reading {', '.join(denied)} is not allowed", locator=",".join(denied))
    found: list[Coverage] = []
    unknown: list[str] = []
    for identifier in identifiers:
        try:
            found.append(_at(context, identifier, version))
        except NoSuchCoverage:
            unknown.append(identifier)
    if unknown:
        words = context.catalogue.suggestions(
            unknown[0], lambda one: context.plugins.authorize(request.actor, "read", one.identifier)
        )
        names = ", ".join(f"'{identifier}'" for identifier in unknown)
        raise NoSuchCoverage(f"no coverage {names}; {words}", locator=",".join(unknown))
    return found


def _at(context: ServiceContext, identifier: str, version: int | None) -> Coverage:
    """A coverage at a version."""
    if version is None:
        return context.catalogue.coverage(identifier)
    try:
        return context.ingestion.coverage(identifier, version)
    except (InvalidParameterValue, CoverageUnusable) as error:
        error.locator = "coverageVersion"
        raise


def _document(context: ServiceContext, coverages: list[Coverage]) -> Iterator[str]:
    declared = {"wcs": WCS, **gml.NAMESPACES}
    schemas = {WCS: WCS_SCHEMA}
    if any(coverage.domain.subtype == "ReferenceableGridCoverage" for coverage in coverages):
        schemas[gml.NAMESPACES["gmlrgrid"]] = gml.RGRID_SCHEMA
    yield f"{DECLARATION}<wcs:CoverageDescriptions{namespaces(declared, schemas)}>\n"
    for coverage in coverages:
        yield from _description(coverage, native_format(context.formats, coverage.native_format).mime)
    yield "</wcs:CoverageDescriptions>\n"


def _general_grids(context: ServiceContext, coverages: list[Coverage]) -> Iterator[str]:
    declared = namespaces(cis11.DESCRIPTION_NAMESPACES, cis11.DESCRIPTION_SCHEMAS)
    yield f"{DECLARATION}<wcs:CoverageDescriptions{declared}>\n"
    for coverage in coverages:
        mime = native_format(context.formats, coverage.native_format).mime
        yield from cis11.coverage_description(coverage, mime)
    yield "</wcs:CoverageDescriptions>\n"


def _json(coverages: list[Coverage]) -> Iterator[str]:
    several = len(coverages) > 1
    yield "[" if several else ""
    for number, coverage in enumerate(coverages):
        yield ",\n" if number else ""
        yield from cis11json.description_json(coverage)
    yield "]\n" if several else "\n"


def _description(coverage: Coverage, native_mime: str) -> Iterator[str]:
    domain, identifier, points = coverage.domain, coverage.identifier, coverage.points
    yield f"<wcs:CoverageDescription{attributes({'gml:id': identifier})}>\n"
    for name, value in (("gml:description", coverage.abstract), ("gml:name", coverage.title)):
        if value:
            yield f"{element(name, value)}\n"
    bounds, function = gml.bounded_by(domain), gml.coverage_function(domain)
    if points is not None:
        bounds, function = gml.point_bounds(points), ""  # values follow the points
    yield f"{bounds}{element('wcs:CoverageId', identifier)}\n{function}{gml.metadata(metadata_elements(coverage))}"
    yield from gml.domain_set(identifier, domain) if points is None else gml.point_set(identifier, points)
    yield (
        f"{gml.range_type(coverage.range_type)}<wcs:ServiceParameters>\n"
        f"{element('wcs:CoverageSubtype', coverage.subtype)}\n{element('wcs:nativeFormat', native_mime)}\n"
        "</wcs:ServiceParameters>\n</wcs:CoverageDescription>\n"
    )
