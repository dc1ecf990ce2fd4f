# SPDX-License-Identifier: MIT
"""Coverages as XML from strangers: parsed without document types, entities and network, however long their values are.

A list of values is one text, which may be longer than what ``ows.xml.parse`` lets pass. What makes long documents
dangerous are entities; so a document that could declare one is refused before the parser sees it, in the one encoding
that is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from eoxserver.services.wcst.errors import TransactionError, missing

__all__ = ["children", "every", "find", "local_name", "one", "parse_large", "piece", "text_of", "tokens"]

_TOKEN = re.compile(r'"[^"]*"|[^\s"]+')
_NOT_UTF8 = (b"\xff\xfe", b"\xfe\xff", b"\0")


def parse_large(data: bytes) -> etree._Element:
    """The root element of a document in UTF-8.

    Raises
    ------
    TransactionError
        ``WCSTInvalidXML`` when it is not well-formed, declares a document type, or has another encoding.
    """
    if data.startswith(_NOT_UTF8):
        raise _invalid("it is not in UTF-8")
    if b"<!DOCTYPE" in data:
        raise _invalid("it declares a document type (DOCTYPE); none is accepted")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _invalid(str(error)) from error


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The child elements of a name, whatever their namespace; the case of the first letter means nothing."""
    wanted = _folded(name)
    return [child for child in element if _folded(local_name(child)) == wanted]


def every(element: etree._Element) -> Iterator[etree._Element]:
    """All child elements."""
    yield from element


def find(element: etree._Element, *path: str) -> etree._Element | None:
    """The first element along a path of names, or None."""
    found: etree._Element | None = element
    for name in path:
        found = next(iter(children(found, name)), None) if found is not None else None
    return found


def one(element: etree._Element, name: str, error: str | None = None) -> etree._Element:
    """The only child element of a name.

    Parameters
    ----------
    error : str, optional
        What follows ``WCSTMissing`` in the name of the error; by default the name with a capital.

    Raises
    ------
    TransactionError
        When there is none, or more than one.
    """
    found = children(element, name)
    if len(found) != 1:
        raise missing(error or f"{name[0].upper()}{name[1:]}", len(found), local_name(element))
    return found[0]


def text_of(element: etree._Element) -> str:
    """The text of an element without white space around it."""
    return (element.text or "").strip()


def piece(element: etree._Element) -> str:
    """An element as XML of its own, with no other declarations of namespaces than it needs."""
    own = deepcopy(element)
    own.tail = None
    etree.cleanup_namespaces(own)
    return etree.tostring(own, encoding="unicode")


def tokens(text: str) -> list[str]:
    """The words of a list; what stands in quotes is one, with its quotes.

    >>> tokens('"2008-01-01" 5 ansi')
    ['"2008-01-01"', '5', 'ansi']
    """
    return _TOKEN.findall(text)


def _folded(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}"


def _invalid(reason: str) -> TransactionError:
    return TransactionError("WCSTInvalidXML", f"the coverage is not XML that is accepted: {reason}", locator="coverage")
