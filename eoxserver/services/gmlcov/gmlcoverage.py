# SPDX-License-Identifier: MIT
"""Coverages as ``application/gml+xml`` (GMLCOV 1.0, OGC 09-146r2), values inline or in another part.

The values are read and written block by block, so that the size of a coverage does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.texts import XML, cell_texts, row_blocks
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.services.gmlcov import gml
from eoxserver.services.gmlcov.gml import GML
from eoxserver.services.gmlcov.metadata import metadata_elements
from eoxserver.services.ows.xml import DECLARATION, attributes, namespaces

__all__ = ["check_gml", "encode_gml", "gml_description", "gml_document"]


def check_gml(coverage: Coverage) -> None:
    """Refuse what GML cannot hold, before any cell is read.

    Raises
    ------
    UnsupportedCombination
        For complex values, which the list of tuples has no notation for.
    """
    for field in coverage.range_type.fields:
        if field.dtype.kind not in "iubf":
            raise UnsupportedCombination(
                f"field '{field.name}' has values of type {field.dtype.name}; {GML} holds integers and real numbers",
                locator="format",
            )


def encode_gml(coverage: Coverage, workspace: Workspace) -> Iterator[bytes]:
    """The coverage with its values inline; nothing is yielded before the first block could be read.

    Raises
    ------
    UnsupportedCombination
        As ``check_gml``, at once.
    """
    check_gml(coverage)
    return gml_document(coverage, _data_block(coverage, workspace))


def gml_document(coverage: Coverage, range_set: Iterable[str]) -> Iterator[bytes]:
    """The document of a coverage around the content of its ``gml:rangeSet``; that is begun before anything is sent."""
    values = iter(range_set)
    first = next(values, "")
    for part in _before(coverage):
        yield part.encode()
    yield f"<gml:rangeSet>\n{first}".encode()
    for part in values:
        yield part.encode()
    yield f"</gml:rangeSet>\n{_after(coverage)}".encode()


def gml_description(coverage: Coverage) -> Iterator[str]:
    """The document of a coverage without its range set."""
    yield from _before(coverage)
    yield _after(coverage)


def _before(coverage: Coverage) -> Iterator[str]:
    """The document up to the range set."""
    domain, identifier, points = coverage.domain, coverage.identifier, coverage.points
    schemas = {gml.NAMESPACES["gmlcov"]: gml.GMLCOV_SCHEMA}
    if coverage.subtype == "ReferenceableGridCoverage":
        schemas[gml.NAMESPACES["gmlrgrid"]] = gml.RGRID_SCHEMA
    name = f"gmlcov:{coverage.subtype}"
    yield (
        f"{DECLARATION}<{name}{namespaces(gml.NAMESPACES, schemas)}{attributes({'gml:id': identifier})}>\n"
        f"{gml.bounded_by(domain) if points is None else gml.point_bounds(points)}"
    )
    yield from gml.domain_set(identifier, domain) if points is None else gml.point_set(identifier, points)


def _after(coverage: Coverage) -> str:
    """The document behind the range set."""
    function = gml.coverage_function(coverage.domain) if coverage.points is None else ""  # values follow the points
    return (
        f"{function}{gml.range_type(coverage.range_type)}"
        f"{gml.metadata(metadata_elements(coverage))}</gmlcov:{coverage.subtype}>\n"
    )


def _data_block(coverage: Coverage, workspace: Workspace) -> Iterator[str]:
    """``gml:DataBlock``: cells in array order, separated by commas, the fields of a cell by spaces."""
    fields = coverage.range_type.fields
    before = '<gml:DataBlock>\n<gml:rangeParameters/>\n<gml:tupleList ts="," cs=" ">'
    for cells in row_blocks(coverage, range(len(fields)), workspace):
        yield before + ",".join(cell_texts(cells, fields, XML))
        before = ","
    yield "</gml:tupleList>\n</gml:DataBlock>\n"
