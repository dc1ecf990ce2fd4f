# SPDX-License-Identifier: MIT
"""Reading XML from strangers, and writing XML fast.

Documents that clients send are parsed without document types, entities and network (the attacks known as
"billion laughs" and "external entity"). Answers are written as text from escaped parts, because a
capabilities document of ten thousand coverages must stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from eoxserver.core.errors import InvalidRequest

__all__ = ["DECLARATION", "attribute", "attributes", "chunks", "element", "namespaces", "parse", "request_name", "text"]

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_CHUNK = 1 << 16
"""Characters sent at a time."""

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (clause 2.2) cannot hold at all, escaped or not."""


def parse(body: bytes) -> etree._Element:
    """The root element of a document that a client sent.

    Raises
    ------
    InvalidRequest
        When the document is not well-formed, or declares a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidRequest(f"the request is not well-formed XML: {error}", locator="body") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidRequest("the request declares a document type (DOCTYPE); none is accepted", locator="body")
    return root


def request_name(body: bytes) -> str:
    """The local name of the request that a document is, or that a SOAP envelope holds.

    Raises
    ------
    InvalidRequest
        As ``parse``.
    """
    root = parse(body)
    name = str(etree.QName(root).localname)
    if name != "Envelope":
        return name
    inside = root.find("{*}Body/{*}*")
    return name if inside is None else str(etree.QName(inside).localname)


def text(value: str) -> str:
    """Escape character data; characters that XML cannot hold become U+FFFD.

    >>> text("a < b & c")
    'a &lt; b &amp; c'
    """
    value = _FORBIDDEN.sub("\ufffd", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(value: str) -> str:
    """Escape an attribute value that will stand between double quotes.

    >>> attribute('say "a & b"')
    'say &quot;a &amp; b&quot;'
    """
    escaped = text(value).replace('"', "&quot;")
    return escaped.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def attributes(values: Mapping[str, str]) -> str:
    """Attributes, each with a space before it.

    >>> attributes({"version": "2.0.1"})
    ' version="2.0.1"'
    """
    return "".join(f' {name}="{attribute(value)}"' for name, value in values.items())


def element(name: str, content: str, values: Mapping[str, str] | None = None) -> str:
    """An element that holds nothing but text.

    >>> element("ows:Title", "Tom & Jerry")
    '<ows:Title>Tom &amp; Jerry</ows:Title>'
    """
    return f"<{name}{attributes(values or {})}>{text(content)}</{name}>"


def namespaces(declared: Mapping[str, str], schemas: Mapping[str, str] | None = None) -> str:
    """Namespace declarations of a root element, and where the schemas of its namespaces are.

    Parameters
    ----------
    declared : mapping
        From prefix to namespace.
    schemas : mapping, optional
        From namespace to the address of its schema, for ``xsi:schemaLocation``.
    """
    result = attributes({f"xmlns:{prefix}": uri for prefix, uri in declared.items()})
    if schemas:
        result += attributes(
            {
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
                "xsi:schemaLocation": " ".join(f"{uri} {address}" for uri, address in schemas.items()),
            }
        )
    return result


def chunks(parts: Iterable[str]) -> Iterator[bytes]:
    """Gather the parts of a document, so that it goes out in few pieces, and never lies in memory as a whole."""
    waiting: list[str] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield "".join(waiting).encode()
            waiting.clear()
            size = 0
    if waiting:
        yield "".join(waiting).encode()
