# SPDX-License-Identifier: MIT
"""Small questions to elements of a query in XML; names without their namespaces."""

from __future__ import annotations

import math
from typing import Any

from lxml import etree

from eoxserver.core.errors import WcpsSyntaxError

__all__ = ["failure", "integer", "kids", "line_of", "local_name", "number", "one", "optional", "text"]


def failure(element: etree._Element, message: str) -> WcpsSyntaxError:
    """The error of an element."""
    line = line_of(element)
    return WcpsSyntaxError(f"line {line}: {message}", locator="query", line=line)


def line_of(element: etree._Element) -> int:
    """The line where an element starts; 0 for what stands in no document."""
    line: Any = element.sourceline
    return int(line or 0)


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def kids(element: etree._Element) -> list[etree._Element]:
    """The elements in an element, without comments and processing instructions."""
    return list(element.iterchildren("*"))


def optional(element: etree._Element, name: str) -> etree._Element | None:
    """The only element of a name in an element, or None; raises WcpsSyntaxError when there are more."""
    found = [child for child in kids(element) if local_name(child) == name]
    if len(found) > 1:
        raise failure(element, f"'{local_name(element)}' has {len(found)} of '{name}', and may have one")
    return found[0] if found else None


def one(element: etree._Element, name: str) -> etree._Element:
    """The only element of a name in an element; raises WcpsSyntaxError."""
    found = optional(element, name)
    if found is None:
        raise failure(element, f"'{local_name(element)}' needs '{name}'")
    return found


def text(element: etree._Element) -> str:
    """The text of an element that holds nothing else; raises WcpsSyntaxError."""
    inside = kids(element)
    if inside:
        raise failure(inside[0], f"'{local_name(element)}' holds text, not '{local_name(inside[0])}'")
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def integer(element: etree._Element) -> int:
    """The whole number of an element; raises WcpsSyntaxError."""
    value = number(element)
    if not isinstance(value, int):
        raise failure(element, f"'{text(element)}' is no whole number")
    return value


def number(element: etree._Element) -> int | float:
    """The number of an element, an int when it is written as one; raises WcpsSyntaxError."""
    content = text(element)[:400]
    try:
        return int(content)
    except ValueError:
        pass
    try:
        value = float(content)
    except ValueError:
        value = math.inf
    if math.isinf(value):
        raise failure(element, f"'{content}' is no finite number")
    return value
