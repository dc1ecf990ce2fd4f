# SPDX-License-Identifier: MIT
"""Reading XML documents of strangers: no document type, no entities, no network, no huge trees."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from eoxserver.core.errors import DataUnavailable
from eoxserver.resources.coverages.metadata.base import read_bytes

__all__ = ["parse_document", "root_name"]

_HEAD = 64 * 1024
"""Enough of a document to meet its first element [bytes]."""


class _NoDocumentType(etree.TreeBuilder):
    """Builds a tree, and stops at a document type before any entity is declared."""

    refused = False

    def doctype(self, name: str | None, public: str | None, system: str | None) -> None:
        self.refused = True
        raise ValueError("document type")


def parse_document(path: str) -> etree._Element:
    """The root element of a document.

    Raises
    ------
    DataUnavailable
        When it is missing, not well formed, or has a document type declaration (with or without entities).
    """
    content = read_bytes(path)
    target = _NoDocumentType()
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: etree._Element = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = "a document type declaration is not accepted" if target.refused else f"no well-formed XML: {error}"
        raise DataUnavailable(f"{path}: {reason}", locator=path) from error
    return root


def root_name(path: str) -> etree.QName | None:
    """The name of the first element of a file, or None when its beginning is not XML."""
    parser = etree.XMLPullParser(("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        with Path(path).open("rb") as stream:
            parser.feed(stream.read(_HEAD))
        for _, element in parser.read_events():
            if element is not None and not isinstance(element, tuple):
                return etree.QName(element)
    except (OSError, etree.XMLSyntaxError):
        return None
    return None
