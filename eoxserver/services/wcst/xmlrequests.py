# SPDX-License-Identifier: MIT
"""Requests of WCS-T as XML documents (OGC 13-057r1, clause 7), read as the key-value pairs that say the same.

Elements are known by their local names, the case of whose first letter means nothing: ``coverage`` or ``inputCoverage``
holds a coverage, ``coverageRef`` or ``inputCoverageRef`` its URL, as text or ``xlink:href``; ``CoverageId`` may repeat
where several may be named; ``DimensionTrim`` and ``DimensionSlice`` are those of GetCoverage (OGC 09-110r4, 8.4).
All others stand for the key of their name, within ``Extension`` too.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from eoxserver.core.errors import InvalidParameterValue, InvalidRequest, MissingParameterValue
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcst.xmlinput import children, every, local_name, parse_large, piece, text_of

__all__ = ["document_params"]

_COVERAGES = frozenset({"coverage", "inputcoverage", "maskgrid"})
"""What has a document in it."""
_HREF = "{http://www.w3.org/1999/xlink}href"


def document_params(body: bytes) -> Params:
    """The pairs that a document stands for.

    Raises
    ------
    TransactionError
        ``WCSTInvalidXML`` when it is no XML that is accepted.
    InvalidRequest
        When an element has not in it what it must have.
    InvalidParameterValue, MissingParameterValue
        For another service, or without service or version.
    """
    root = parse_large(body)
    if local_name(root) == "Envelope":
        raise InvalidRequest("changes are not accepted in SOAP; send the request itself as XML", locator="Envelope")
    for name in ("service", "version"):
        if not root.get(name):
            raise MissingParameterValue(f"the request has no attribute '{name}'", locator=name)
    if root.get("service", "").upper() != "WCS":
        raise InvalidParameterValue(
            f"service '{root.get('service')}' is not available; accepted: WCS", locator="service"
        )
    pairs = [("service", "WCS"), ("version", root.get("version", "")), ("request", local_name(root))]
    pairs += _pairs(root)
    identifiers = [value for key, value in pairs if key.lower() == "coverageid"]
    if identifiers:
        pairs = [pair for pair in pairs if pair[0].lower() != "coverageid"]
        pairs.append(("coverageId", ",".join(identifiers)))
    return Params(pairs)


def _pairs(element: etree._Element) -> Iterator[tuple[str, str]]:
    for child in every(element):
        name = local_name(child)
        key = name.lower()
        if key == "extension":
            yield from _pairs(child)
        elif key == "dimensiontrim":
            yield "subset", f"{_part(child, 'Dimension')}({_part(child, 'TrimLow')},{_part(child, 'TrimHigh')})"
        elif key == "dimensionslice":
            yield "subset", f"{_part(child, 'Dimension')}({_part(child, 'SlicePoint')})"
        elif key in _COVERAGES and len(child):
            yield name, _only(child)
        elif len(child):
            raise InvalidRequest(f"element {name} holds other elements; a text is wanted", locator=name)
        else:
            yield name, text_of(child) or child.get(_HREF, "")


def _only(element: etree._Element) -> str:
    """The one document in an element."""
    inside = list(every(element))
    if len(inside) != 1:
        name = local_name(element)
        raise InvalidRequest(f"element {name} holds {len(inside)} elements; one coverage is wanted", locator=name)
    return piece(inside[0])


def _part(element: etree._Element, name: str) -> str:
    """The text of the only child of a name; an open bound may be left out."""
    found = children(element, name)
    if not found and name in ("TrimLow", "TrimHigh"):
        return "*"
    if len(found) != 1 or not text_of(found[0]):
        raise InvalidRequest(f"element {local_name(element)} needs one {name}", locator=name)
    return text_of(found[0])
