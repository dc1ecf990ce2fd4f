# SPDX-License-Identifier: MIT
"""Axes and fields of a coverage as values that JSON has, which give back exactly what went in.

Numbers that JSON lacks (NaN, infinities) are texts. Data types are numpy's names; structured ones (complex integers)
are lists of name and type. CRSs are as the catalogue keeps them, with what is needed to make them again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eoxserver.core.axes import Axis, IrregularAxis, RegularAxis
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.resources.coverages.domains import AxisColumns, crs_text

__all__ = [
    "axis_from_json", "axis_to_json", "outline_from_json", "outline_to_json", "range_type_from_json",
    "range_type_to_json",
]  # fmt: skip

_TEXTS = ("unit", "label", "description", "definition", "interpretation")


def outline_to_json(domain: Domain, range_type: RangeType) -> dict[str, Any]:
    """Axes in grid order, the order of the CRS, and fields."""
    return {
        "axes": [axis_to_json(axis) for axis in domain.axes],
        "crs_labels": list(domain.crs_labels),
        "range_type": range_type_to_json(range_type),
    }


def outline_from_json(value: object) -> tuple[Domain, RangeType]:
    """What ``outline_to_json`` described; further keys mean nothing.

    Raises
    ------
    ValueError
        When the value describes none.
    """
    try:
        if not isinstance(value, Mapping):
            raise ValueError("an object is expected")
        axes = tuple(axis_from_json(item) for item in value["axes"])
        return Domain(axes, tuple(map(str, value["crs_labels"]))), range_type_from_json(value["range_type"])
    except (KeyError, TypeError, AttributeError, OverflowError, CrsUnknown) as error:
        raise ValueError(f"no axes and fields of a coverage: {error!r}") from error


def axis_to_json(axis: Axis) -> dict[str, Any]:
    """An axis: what it is called, and where its cells are."""
    found: dict[str, Any] = {
        "kind": "index",
        "label": axis.label,
        "crs": "" if axis.crs is None else crs_text(axis.crs),
        "unit": axis.unit,
        "role": axis.role.value,
        "size": axis.size,
    }
    if isinstance(axis, RegularAxis):
        return found | {"kind": "regular", "origin": float(axis.origin), "step": float(axis.step)}
    if isinstance(axis, IrregularAxis):
        return found | {"kind": "irregular", "coefficients": axis.coefficients.tolist()}
    return found | {"first": axis.first}


def axis_from_json(item: Mapping[str, Any]) -> Axis:
    """The axis that ``axis_to_json`` described.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError, OverflowError, CrsUnknown
        When the item describes none.
    """
    names = {name: item[name] for name in ("kind", "label", "crs", "unit", "role")}
    coefficients = np.array(item["coefficients"], dtype=np.float64) if item["kind"] == "irregular" else None
    origin = item.get("first") if item["kind"] == "index" else item.get("origin")
    return AxisColumns(
        0, 0, **names, origin=origin, step=item.get("step"), size=int(item["size"]), coefficients=coefficients
    ).axis


def range_type_to_json(range_type: RangeType) -> list[dict[str, Any]]:
    """A range type as values that JSON has; what is at its default is left out."""
    return [_field_to_json(field) for field in range_type.fields]


def range_type_from_json(value: object) -> RangeType:
    """The range type that ``range_type_to_json`` described.

    Raises
    ------
    ValueError
        When the value describes none; the message names the field.
    """
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise ValueError("a range type is a list of fields, one at least")
    fields = []
    for number, item in enumerate(value):
        if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
            raise ValueError(f"field {number} of the range type has no name")
        try:
            fields.append(_field_from_json(item))
        except KeyError as error:
            raise ValueError(f"field '{item['name']}' of the range type lacks {error}") from error
        except (TypeError, ValueError) as error:
            raise ValueError(f"field '{item['name']}' of the range type: {error}") from error
    return RangeType(tuple(fields))


def _field_to_json(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"name": field.name, "dtype": _dtype_to_json(field.dtype)}
    default = Field(field.name, field.dtype)
    for name in _TEXTS:
        if getattr(field, name) != getattr(default, name):
            found[name] = getattr(field, name)
    if field.nil:
        found["nil"] = [
            {"low": _number_to_json(nil.low)}
            | ({} if nil.high is None else {"high": _number_to_json(nil.high)})
            | ({"reason": nil.reason} if nil.reason else {})
            for nil in field.nil
        ]
    if field.intervals:
        found["intervals"] = [[_number_to_json(low), _number_to_json(high)] for low, high in field.intervals]
    if field.palette is not None:
        found["palette"] = [[int(part) for part in colour] for colour in field.palette]
    return found


def _field_from_json(item: Mapping[str, Any]) -> Field:
    unknown = set(item) - {"name", "dtype", "nil", "intervals", "palette", *_TEXTS}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    nil = tuple(
        NilValue(
            _number_from_json(one["low"]),
            None if one.get("high") is None else _number_from_json(one["high"]),
            str(one.get("reason", "")),
        )
        for one in item.get("nil", ())
    )
    palette = item.get("palette")
    return Field(
        name=item["name"],
        dtype=_dtype_from_json(item["dtype"]),
        nil=nil,
        intervals=tuple((_number_from_json(low), _number_from_json(high)) for low, high in item.get("intervals", ())),
        palette=None if palette is None else tuple((int(r), int(g), int(b), int(a)) for r, g, b, a in palette),
        **{name: str(item[name]) for name in _TEXTS if name in item},
    )


def _dtype_to_json(dtype: np.dtype[Any]) -> Any:
    if dtype.names is None:
        return dtype.name
    assert dtype.fields is not None
    return [[name, dtype.fields[name][0].name] for name in dtype.names]


def _dtype_from_json(value: Any) -> np.dtype[Any]:
    if isinstance(value, str):
        return np.dtype(value)
    return np.dtype([(str(name), np.dtype(str(kind))) for name, kind in value])


def _number_to_json(value: float) -> int | float | str:
    if isinstance(value, int | np.integer):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else repr(number)


def _number_from_json(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is not a number")
    return float(value) if isinstance(value, str) else value
