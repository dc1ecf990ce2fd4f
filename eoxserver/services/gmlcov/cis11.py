# SPDX-License-Identifier: MIT
"""General grid coverages in GML: Coverage Implementation Schema 1.1 (OGC 09-146r8), clauses 6, 7 and 11.

Envelope, ``axisLabels`` and bounds are in CRS order; the axes themselves stand in grid order, as do the grid limits, so
that the n-th axis goes with the n-th index axis. The last one varies fastest, which the coverage function says too.
Instants are in quotes where they are content, without in attributes. Descriptions are those of WCS 2.1 (OGC 17-089r1).
A domain without CRS has that of its indices. Only a single value without any axis deviates from the schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.texts import XML, cell_texts, row_blocks
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import number_text
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import index_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.services.gmlcov import gml
from eoxserver.services.gmlcov.gmlcoverage import check_gml
from eoxserver.services.gmlcov.metadata import metadata_elements
from eoxserver.services.ows.xml import DECLARATION, attributes, element, namespaces

__all__ = [
    "DESCRIPTION_NAMESPACES", "DESCRIPTION_SCHEMAS", "GENERAL_GRID", "coverage_description", "encode_general_grid",
    "general_grid_description", "grid_limits", "srs_name",
]  # fmt: skip

GENERAL_GRID = "GeneralGridCoverage"
"""The one subtype there is, and the value of ``outputType``."""

NAMESPACES: Mapping[str, str] = {
    "cis11": "http://www.opengis.net/cis/1.1/gml",
    "gml": "http://www.opengis.net/gml/3.2",
    "swe": "http://www.opengis.net/swe/2.0",
}
SCHEMAS = {NAMESPACES["cis11"]: "http://schemas.opengis.net/cis/1.1/gml/cisAll.xsd"}
DESCRIPTION_NAMESPACES: Mapping[str, str] = {
    "wcs": "http://www.opengis.net/wcs/2.1/gml",
    "wcs20": "http://www.opengis.net/wcs/2.0",
    **NAMESPACES,
}
DESCRIPTION_SCHEMAS = {
    DESCRIPTION_NAMESPACES["wcs"]: "http://schemas.opengis.net/wcs/2.1/gml/wcsAll.xsd",
    DESCRIPTION_NAMESPACES["wcs20"]: "http://schemas.opengis.net/wcs/2.0/wcsAll.xsd",
}


def encode_general_grid(coverage: Coverage, workspace: Workspace) -> Iterator[bytes]:
    """The coverage with its values inline; nothing is yielded before the first block could be read.

    Raises
    ------
    UnsupportedCombination
        For complex values, at once.
    """
    check_gml(coverage)
    return _document(coverage, workspace)


def coverage_description(coverage: Coverage, native_mime: str) -> Iterator[str]:
    """``wcs:CoverageDescription`` of WCS 2.1."""
    domain, identifier = coverage.domain, coverage.identifier
    yield f"<wcs:CoverageDescription{attributes({'gml:id': identifier})}>\n"
    for name, value in (("gml:description", coverage.abstract), ("gml:name", coverage.title)):
        if value:
            yield f"{element(name, value)}\n"
    yield f"{element('wcs20:CoverageId', identifier)}\n{gml.coverage_function(domain)}{_envelope(domain)}"
    yield _metadata(coverage)
    yield from _domain_set(domain)
    yield (
        f"{_range_type(coverage.range_type)}<wcs20:ServiceParameters>\n"
        f"{element('wcs20:CoverageSubtype', GENERAL_GRID)}\n{element('wcs20:nativeFormat', native_mime)}\n"
        "</wcs20:ServiceParameters>\n</wcs:CoverageDescription>\n"
    )


def srs_name(domain: Domain) -> str:
    """The CRS of a domain, else that of its indices; empty without any axis."""
    if domain.crs is not None:
        return domain.crs.uri
    return index_crs(len(domain.axes)).uri if domain.axes else ""


def grid_limits(domain: Domain) -> list[tuple[str, int, int]]:
    """The index axes of a grid, in grid order: label, first and last index; those of a result count from 0."""
    if not domain.axes:
        return []
    firsts = [axis.first if isinstance(axis, IndexAxis) else 0 for axis in domain.axes]
    labels = index_crs(len(domain.axes)).labels
    return [
        (label, first, first + axis.size - 1)
        for label, first, axis in zip(labels, firsts, domain.axes, strict=True)
    ]  # fmt: skip


def general_grid_description(coverage: Coverage) -> Iterator[str]:
    """The document of a coverage without its range set."""
    yield from _before(coverage)
    yield _after(coverage)


def _document(coverage: Coverage, workspace: Workspace) -> Iterator[bytes]:
    values = _values(coverage, workspace)
    first = next(values)
    for part in _before(coverage):
        yield part.encode()
    yield f"<cis11:RangeSet>\n<cis11:DataBlock>\n{first}".encode()
    for part in values:
        yield part.encode()
    yield f"</cis11:DataBlock>\n</cis11:RangeSet>\n{_after(coverage)}".encode()


def _before(coverage: Coverage) -> Iterator[str]:
    """The document up to the range set."""
    domain = coverage.domain
    about = attributes({"gml:id": coverage.identifier})
    function = gml.coverage_function(domain).replace("gml:coverageFunction>", "cis11:CoverageFunction>")
    yield f"{DECLARATION}<cis11:GeneralGridCoverage{namespaces(NAMESPACES, SCHEMAS)}{about}>\n"
    yield f"{function}{_envelope(domain)}"
    yield from _domain_set(domain)


def _after(coverage: Coverage) -> str:
    """The document behind the range set."""
    return f"{_range_type(coverage.range_type)}{_metadata(coverage)}</cis11:GeneralGridCoverage>\n"


def _envelope(domain: Domain) -> str:
    about = {
        "srsName": srs_name(domain),
        "axisLabels": " ".join(domain.crs_labels),
        "srsDimension": str(len(domain.axes)),
    }
    extents = (
        attributes(
            {
                "axisLabel": axis.label,
                "uomLabel": gml.uom_label(axis),
                "lowerBound": gml.position_text(axis, axis.low),
                "upperBound": gml.position_text(axis, axis.high),
            }
        )
        for axis in domain.crs_axes
    )
    content = "".join(f"<cis11:AxisExtent{extent}/>\n" for extent in extents)
    return f"<cis11:Envelope{attributes(about)}>\n{content}</cis11:Envelope>\n"


def _domain_set(domain: Domain) -> Iterator[str]:
    about = {"srsName": srs_name(domain), "axisLabels": " ".join(domain.crs_labels)}
    yield f"<cis11:DomainSet>\n<cis11:GeneralGrid{attributes(about)}>\n"
    for axis in domain.axes:
        yield from _axis(axis)
    limits = grid_limits(domain)
    if limits:
        labels = " ".join(label for label, _, _ in limits)
        index = {"srsName": index_crs(len(limits)).uri, "axisLabels": labels}
        yield f"<cis11:GridLimits{attributes(index)}>\n"
        for label, low, high in limits:
            yield f"<cis11:IndexAxis{_bounds(label, str(low), str(high))}/>\n"
        yield "</cis11:GridLimits>\n"
    yield "</cis11:GeneralGrid>\n</cis11:DomainSet>\n"


def _axis(axis: Axis) -> Iterator[str]:
    about = {"axisLabel": axis.label, "uomLabel": gml.uom_label(axis)}
    if isinstance(axis, IndexAxis):
        yield f"<cis11:IndexAxis{_bounds(axis.label, number_text(axis.low), number_text(axis.high))}/>\n"
    elif isinstance(axis, RegularAxis):
        about["lowerBound"] = gml.position_text(axis, axis.low)
        about["upperBound"] = gml.position_text(axis, axis.high)
        about["resolution"] = number_text(axis.step)
        yield f"<cis11:RegularAxis{attributes(about)}/>\n"
    elif isinstance(axis, IrregularAxis):
        yield f"<cis11:IrregularAxis{attributes(about)}>\n"
        for piece in gml.coefficient_pieces(axis, '"'):
            yield f"<cis11:C>{'</cis11:C><cis11:C>'.join(piece)}</cis11:C>\n"
        yield "</cis11:IrregularAxis>\n"


def _bounds(label: str, low: str, high: str) -> str:
    return attributes({"axisLabel": label, "lowerBound": low, "upperBound": high})


def _values(coverage: Coverage, workspace: Workspace) -> Iterator[str]:
    """The cells: each a value, or one composite value of its fields."""
    fields = coverage.range_type.fields
    start, between, end = "<cis11:V>", "</cis11:V><cis11:V>", "</cis11:V>"
    for cells in row_blocks(coverage, range(len(fields)), workspace):
        texts = cell_texts(cells, fields, XML)
        if len(fields) > 1:
            tuples = (between.join(text.split(" ")) for text in texts)
            yield "".join([f"<cis11:CV>{start}{values}{end}</cis11:CV>" for values in tuples]) + "\n"
        else:
            yield f"{start}{between.join(texts)}{end}\n"


def _range_type(fields: RangeType) -> str:
    return f"<cis11:RangeType>\n{gml.data_record(fields)}</cis11:RangeType>\n"


def _metadata(coverage: Coverage) -> str:
    elements = metadata_elements(coverage)
    return f"<cis11:Metadata>\n{elements}</cis11:Metadata>\n" if elements else ""
