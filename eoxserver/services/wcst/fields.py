# SPDX-License-Identifier: MIT
"""Range types of coverages in GML: a ``swe:DataRecord`` (SWE Common 2.0, OGC 08-094r1, clause 8.2) as fields.

The data type of a field stands in its definition, ``http://www.opengis.net/def/dataType/OGC/0/float32``; a definition
of another kind says what is measured. A nil value is a number, an interval ``low:high`` with ``*`` for an open end, or
a list of both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree

from eoxserver.core.errors import InvalidParameterValue, suggest
from eoxserver.core.fields import Field, NilValue
from eoxserver.resources.coverages.identifiers import is_ncname
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.xmlinput import children, every, find, one, text_of

__all__ = ["FieldText", "pixel_types", "range_fields"]

_DATA_TYPE = re.compile(r"https?://[^/]+(?:/[^/]+)*/def/dataType/OGC/[0-9.]+/(?P<tail>[A-Za-z0-9]+)")
_TAILS: Mapping[str, str] = {
    "boolean": "bool",
    "signedbyte": "int8",
    "unsignedbyte": "uint8",
    "signedshort": "int16",
    "unsignedshort": "uint16",
    "signedint": "int32",
    "unsignedint": "uint32",
    "signedlong": "float64",
    "unsignedlong": "float64",
    "float32": "float32",
    "float64": "float64",
    "double": "float64",
    "cint16": "complex64",
    "cint32": "complex128",
    "cfloat32": "complex64",
    "cfloat64": "complex128",
}
_PIXEL_TYPES: Mapping[str, str] = {
    "byte": "uint8",
    "signedbyte": "int8",
    "int8": "int8",
    "uint16": "uint16",
    "int16": "int16",
    "uint32": "uint32",
    "int32": "int32",
    "float32": "float32",
    "float64": "float64",
    "cint16": "complex64",
    "cint32": "complex128",
    "cfloat32": "complex64",
    "cfloat64": "complex128",
    # the names of base types of array databases
    "boolean": "bool",
    "octet": "int8",
    "char": "uint8",
    "short": "int16",
    "ushort": "uint16",
    "long": "int32",
    "ulong": "uint32",
    "float": "float32",
    "double": "float64",
    "complex": "complex64",
    "complexd": "complex128",
}
_SHOWN = ("Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32", "Float32", "Float64", "CInt16", "CInt32", "CFloat32",
          "CFloat64")  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldText:
    """A field whose type may not be known yet."""

    name: str
    dtype: np.dtype[Any] | None = None
    unit: str = "10^0"
    nil: tuple[NilValue, ...] = ()
    label: str = ""
    description: str = ""
    definition: str = ""
    intervals: tuple[tuple[float, float], ...] = ()

    def field(self, dtype: np.dtype[Any]) -> Field:
        """The field with a type."""
        return Field(
            name=self.name,
            dtype=dtype,
            unit=self.unit,
            nil=self.nil,
            label=self.label,
            description=self.description,
            definition=self.definition,
            intervals=self.intervals,
        )


def pixel_types(text: str) -> tuple[np.dtype[Any], ...]:
    """The types of ``pixelDataType``: GDAL's names, separated by commas.

    Raises
    ------
    InvalidParameterValue
        For what is no type.
    """
    found = []
    for name in text.split(","):
        key = name.strip().lower()
        if key not in _PIXEL_TYPES:
            raise InvalidParameterValue(
                f"pixelDataType: there is no type '{name.strip()}'; {suggest(name.strip(), _SHOWN, 20)}",
                locator="pixelDataType",
            )
        found.append(np.dtype(_PIXEL_TYPES[key]))
    return tuple(found)


def range_fields(range_type: etree._Element) -> tuple[FieldText, ...]:
    """The fields of a range type.

    Raises
    ------
    TransactionError
        When it has none, or names or values are unsound.
    """
    record = one(range_type, "DataRecord")
    fields = tuple(_field(element) for element in children(record, "field"))
    names = [field.name for field in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if not fields or twice is not None:
        text = "the range type has no field" if not fields else f"the range type has two fields '{twice}'"
        raise TransactionError("InvalidRequest", text, locator="rangeType")
    return fields


def _field(element: etree._Element) -> FieldText:
    name = str(element.get("name") or "").strip()
    if not is_ncname(name):
        raise TransactionError("InvalidRequest", f"'{name}' is no name of a field (NCName)", locator="field")
    content = next(every(element), None)
    if content is None:
        return FieldText(name)
    definition = str(content.get("definition") or "").strip()
    found = _DATA_TYPE.fullmatch(definition)
    tail = found["tail"].lower() if found else ""
    uom = find(content, "uom")
    label = _text(content, "label")
    return FieldText(
        name=name,
        dtype=np.dtype(_TAILS[tail]) if tail in _TAILS else None,
        unit=(str(uom.get("code") or "").strip() if uom is not None else "") or "10^0",
        nil=tuple(_nil_values(content, name)),
        label="" if label == name else label,
        description=_text(content, "description"),
        definition="" if tail in _TAILS else definition,
        intervals=tuple(_intervals(content, name)),
    )


def _text(element: etree._Element, name: str) -> str:
    found = find(element, name)
    return "" if found is None else text_of(found)


def _nil_values(content: etree._Element, name: str) -> Iterator[NilValue]:
    for holder in children(content, "nilValues"):
        for values in children(holder, "NilValues"):
            for element in children(values, "nilValue"):
                reason = str(element.get("reason") or "").strip()
                for text in text_of(element).split(","):
                    if text.strip():
                        yield _nil_value(text.strip(), reason, name)


def _nil_value(text: str, reason: str, name: str) -> NilValue:
    low, colon, high = (part.strip() for part in text.partition(":"))
    if not colon:
        return NilValue(_number(low, name), None, reason)
    ends = (-math.inf if low == "*" else _number(low, name), math.inf if high == "*" else _number(high, name))
    if ends[0] > ends[1]:
        raise TransactionError("InvalidRequest", f"field {name}: the nil interval {text} is empty", locator=name)
    return NilValue(ends[0], ends[1], reason)


def _intervals(content: etree._Element, name: str) -> Iterator[tuple[float, float]]:
    for constraint in children(content, "constraint"):
        for allowed in children(constraint, "AllowedValues"):
            for element in children(allowed, "interval"):
                bounds = text_of(element).split()
                if len(bounds) != 2:
                    raise TransactionError(
                        "InvalidRequest", f"field {name}: '{text_of(element)}' is no interval", locator=name
                    )
                yield _number(bounds[0], name), _number(bounds[1], name)


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise TransactionError("InvalidRequest", f"field {name}: '{text}' is no number", locator=name) from error
