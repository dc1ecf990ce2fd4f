# SPDX-License-Identifier: MIT
"""Queries as XML: the requests that carry text, and the XML syntax, read to the same tree as text.

Requests: OGC 08-059r4 (``proc:ProcessCoverages``) and OGC 08-059r3 (``wcps:ProcessCoveragesRequest``), each alone or in
a SOAP 1.1 or 1.2 envelope. XML syntax: the schema ``wcpsProcessCoverages.xsd`` 1.0 of OGC 08-059r3. Namespaces are not
looked at. What the schema has and the language of the specification lacks (to set metadata of a coverage) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.parse import check_depth, parse_query
from eoxserver.services.wcps.places import pointed
from eoxserver.services.wcps.xml_elements import failure, kids, line_of, local_name, one, text
from eoxserver.services.wcps.xml_expressions import coverage_expression, expression

__all__ = ["ProcessCoverages", "read_process_coverages", "unwrap_soap"]

_MAX_DEPTH = 150
"""How deep elements may stand in each other."""


@dataclass(frozen=True, slots=True)
class ProcessCoverages:
    """What a request in XML asks for."""

    query: nodes.Query
    source: str = ""
    """The text of the query; empty when it came in the XML syntax."""
    parameters: tuple[str, ...] = ()
    """Text parameters: the first is ``$1``."""


def unwrap_soap(root: etree._Element) -> etree._Element:
    """What stands in the body of a SOAP envelope; anything else as it is.

    Raises
    ------
    WcpsSyntaxError
        When the envelope has no body, or other than one element in it.
    """
    if local_name(root) != "Envelope":
        return root
    inside = kids(one(root, "Body"))
    if len(inside) != 1:
        raise failure(root, f"the body of a SOAP envelope holds one request, not {len(inside)}")
    return inside[0]


def read_process_coverages(root: etree._Element) -> ProcessCoverages:
    """The query of a ProcessCoverages request.

    Raises
    ------
    WcpsSyntaxError
        When the document, or the query in it, cannot be read.
    """
    _check_nesting(root)
    request = unwrap_soap(root)
    if local_name(request) not in ("ProcessCoverages", "ProcessCoverage", "ProcessCoveragesRequest"):
        raise failure(request, f"'{local_name(request)}' is not ProcessCoverages")
    query = one(request, "query")
    inside = {local_name(child): child for child in kids(query)}
    if "xmlSyntax" in inside:
        tree = _query(inside["xmlSyntax"])
        check_depth("", tree)
        return ProcessCoverages(tree)
    source = text(inside.get("abstractSyntax", query))
    extra = tuple(text(child) for child in kids(request) if local_name(child) == "extraParameter")
    return ProcessCoverages(parse_query(source), source, extra)


def _check_nesting(root: etree._Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            message = f"elements stand in each other more than {_MAX_DEPTH} deep"
            raise pointed(WcpsSyntaxError, message, "", line_of(level[0]), 0)
        level = [child for element in level for child in element]


def _query(syntax: etree._Element) -> nodes.Query:
    bindings: list[nodes.Binding] = []
    where: nodes.Expression | None = None
    results: list[nodes.Expression | nodes.Encode] = []
    for element in kids(syntax):
        match local_name(element):
            case "coverageIterator":
                bindings.append(_binding(element))
            case "where":
                where = expression(_only(element))
            case "encode":
                results.append(_encode(element))
            case _:
                results.append(expression(element))
    if not bindings:
        raise failure(syntax, "a query needs a coverageIterator")
    if len(results) != 1:
        raise failure(syntax, f"a query has one result, not {len(results)}")
    return nodes.Query(tuple(bindings), (), where, results[0], line=line_of(syntax))


def _only(element: etree._Element) -> etree._Element:
    inside = kids(element)
    if len(inside) != 1:
        raise failure(element, f"'{local_name(element)}' holds one expression, not {len(inside)}")
    return inside[0]


def _binding(element: etree._Element) -> nodes.Binding:
    line = line_of(element)
    names = [child for child in kids(element) if local_name(child) == "coverageName"]
    if not names:
        raise failure(element, "a coverageIterator needs a coverageName")
    sources = tuple(nodes.CoverageName(text(name), line=line_of(name)) for name in names)
    return nodes.Binding(text(one(element, "iteratorVar")), sources, line=line)


def _encode(element: etree._Element) -> nodes.Encode:
    inside = kids(element)
    if not inside:
        raise failure(element, "encode needs a coverage")
    extra = [child for child in inside if local_name(child) == "extraParameters"]
    return nodes.Encode(
        coverage_expression(inside[0]),
        nodes.String(text(one(element, "format"))),
        nodes.String(text(extra[0])) if extra else None,
        line=line_of(element),
    )
