# SPDX-License-Identifier: MIT
"""What is said of a coverage beside its grid and fields: XML or JSON.

A ``covMetadata`` document, or a JSON object, has names and texts; below ``bands`` those of fields, below ``axes`` those
of axes, and below ``slices`` those of parts, each with its envelope. Any other text is a document of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import parse_coordinate, parse_number
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import EOxServerError
from eoxserver.core.metadata import NO_PARTS, ExtraMetadata, GivenParts, PartMetadata
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.xmlinput import every, local_name, parse_large, piece, tokens

__all__ = ["Said", "extension_text", "read_metadata"]

ROOT = "covMetadata"


@dataclass(frozen=True, slots=True)
class Said:
    """Metadata, as a coverage has them."""

    items: Mapping[str, str] = field(default_factory=dict)
    """Names and texts of the whole coverage."""
    extra: ExtraMetadata = field(default_factory=ExtraMetadata)


def extension_text(element: etree._Element | None) -> str:
    """The content of an element of metadata: its elements as XML, or its text; empty without.

    Raises
    ------
    TransactionError
        When the text is neither XML nor JSON.
    """
    if element is None:
        return ""
    inner = [piece(child) for child in every(element)]
    text = "".join(inner) if inner else (element.text or "").strip()
    if text and not inner and _json_object(text) is None and _xml(text) is None:
        raise TransactionError(
            "WCSTInvalidXML", f"the metadata '{text[:40]}' are neither XML nor JSON", locator="metadata"
        )
    return text


def read_metadata(text: str, domain: Domain) -> Said:
    """Take metadata apart; what is neither of the two forms is kept as a document.

    Parameters
    ----------
    domain : Domain
        Tells the axes of envelopes.

    Raises
    ------
    TransactionError
        When a slice has no envelope on axes of the domain.
    """
    text = "".join(one for one in text if one >= " " or one in "\t\n\r").strip()
    if not text:
        return Said()
    values = _json_object(text)
    if isinstance(values, Mapping):
        inner = values.get(ROOT, values)
        return _said(inner, domain) if isinstance(inner, Mapping) else Said(extra=ExtraMetadata(text))
    elements = None if values is not None else _xml(text)
    if elements is not None and len(elements) == 1 and local_name(elements[0]) == ROOT:
        return _said(_xml_items(elements[0]), domain)
    return Said(extra=ExtraMetadata(text))


def _said(values: Mapping[str, Any], domain: Domain) -> Said:
    items = {
        str(key): value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if key not in ("bands", "axes", "slices") and value is not None
    }
    slices = values.get("slices")
    listed = slices.get("slice", []) if isinstance(slices, Mapping) else slices
    parts = tuple(_part(one, domain) for one in _list(listed))
    extra = ExtraMetadata(
        fields=_by_name(values.get("bands")),
        axes=_by_name(values.get("axes")),
        parts=GivenParts(parts) if parts else NO_PARTS,
    )
    return Said(items, extra)


def _by_name(value: Any) -> dict[str, Mapping[str, Any]]:
    """Metadata of fields or axes; entries without any are left out."""
    if not isinstance(value, Mapping):
        return {}
    return {str(name): dict(one) for name, one in value.items() if isinstance(one, Mapping) and one}


def _part(value: Any, domain: Domain) -> PartMetadata:
    if not isinstance(value, Mapping):
        raise TransactionError("InvalidRequest", "metadata: a slice must have elements", locator="slices")
    box = value.get("boundedBy")
    box = box.get("Envelope", box) if isinstance(box, Mapping) else None
    if not isinstance(box, Mapping):
        raise TransactionError("InvalidRequest", "metadata: a slice has no boundedBy/Envelope", locator="slices")
    labels = tokens(str(box.get("axisLabels", "")))
    lower, upper = (tokens(str(box.get(name, ""))) for name in ("lowerCorner", "upperCorner"))
    if not labels or not len(labels) == len(lower) == len(upper):
        raise TransactionError(
            "InvalidRequest", "metadata: the envelope of a slice has no corners for its axisLabels", locator="slices"
        )
    bounds = {}
    for label, low, high in zip(labels, lower, upper, strict=True):
        axis = next((one for one in domain.axes if same_label(one.label, label)), None)
        if axis is None:
            raise TransactionError("InvalidRequest", f"metadata: a slice has the axis '{label}'", locator="slices")
        first, last = sorted((_number(axis, low), _number(axis, high)))
        bounds[axis.label] = (first, last)
    return PartMetadata(bounds, {key: one for key, one in value.items() if key != "boundedBy"})


def _number(axis: Axis, text: str) -> float:
    number = parse_number(text)
    if number is not None:
        return number
    try:
        return parse_coordinate(axis.crs, text.strip('"'), axis.label)
    except EOxServerError as error:
        raise TransactionError("InvalidRequest", f"metadata: {error.message}", locator="slices") from error


# -- XML ----------------------------------------------------------------------------------------


def _xml_items(root: etree._Element) -> dict[str, Any]:
    """The elements of a covMetadata document: those of bands, axes and slices as values, others as text or XML."""
    found: dict[str, Any] = {}
    for element in every(root):
        name = local_name(element)
        if name in ("bands", "axes"):
            found[name] = _values(element)
        elif name == "slices":
            found[name] = [_values(child) for child in every(element)]
        else:
            found[name] = _inner(element)
    return found


def _values(element: etree._Element) -> Any:
    """Text, or a mapping of the child elements; one that repeats becomes a list."""
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in every(element):
        name, value = local_name(child), _values(child)
        found[name] = [*_list(found[name]), value] if name in found else value
    return found


def _inner(element: etree._Element) -> str:
    """The text of an element, or its elements as XML."""
    if not len(element):
        return (element.text or "").strip()
    return "".join(piece(child) for child in every(element))


def _xml(text: str) -> list[etree._Element] | None:
    """The elements of a piece of XML, or None when it is none."""
    if not text.startswith("<"):
        return None
    body = text.partition("?>")[2] if text.startswith("<?xml") else text
    try:
        return list(every(parse_large(f"<_>{body}</_>".encode())))
    except EOxServerError:
        return None


# -- JSON ---------------------------------------------------------------------------------------


def _json_object(text: str) -> Any:
    """The object or array that a text is in JSON, or None when it is none."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [] if value is None or value == "" else [value]
