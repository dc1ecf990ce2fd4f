# SPDX-License-Identifier: MIT
"""How the cells of a file become those of a coverage, as the catalogue keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.resources.coverages.outlines import range_type_from_json, range_type_to_json

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of a file become those of fields of the coverage."""

    fields: tuple[int, ...]
    """Numbers of the fields of the coverage."""
    bands: tuple[int, ...]
    """The band of each; means nothing with variables."""
    variables: tuple[str, ...]
    dims: tuple[int, ...]
    """Grid position of the axis of each dimension of the file."""
    nil: tuple[tuple[NilValue, ...], ...]
    """Further nil values of each field in this file."""

    def to_json(self) -> dict[str, Any]:
        """Values that JSON has."""
        found: dict[str, Any] = {"fields": list(self.fields), "dims": list(self.dims)}
        found |= {"variables": list(self.variables)} if self.variables else {"bands": list(self.bands)}
        if any(self.nil):
            found["nil"] = [range_type_to_json(_nil_holder(nil))[0].get("nil", []) for nil in self.nil]
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Reading:
        """Of what ``to_json`` answered; raises ValueError, KeyError."""
        fields = tuple(value["fields"])
        nil: Sequence[Any] = value.get("nil", ())
        return cls(
            fields,
            tuple(value.get("bands", ())),
            tuple(value.get("variables", ())),
            tuple(value["dims"]),
            tuple(map(_nil_of, nil)) if nil else ((),) * len(fields),
        )


def _nil_of(value: Any) -> tuple[NilValue, ...]:
    return range_type_from_json([{"name": "v", "dtype": "float64", "nil": value}]).fields[0].nil


def _nil_holder(nil: tuple[NilValue, ...]) -> RangeType:
    """A range type that has nil values, for the one way in which they are written."""
    return RangeType((Field("v", np.dtype("float64"), nil=nil),))
