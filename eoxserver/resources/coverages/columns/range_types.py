# SPDX-License-Identifier: MIT
"""The range type of a coverage in one column: JSON text that gives back exactly what went in."""

from __future__ import annotations

import json
from typing import Any

from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages.columns.values import ValueField
from eoxserver.resources.coverages.outlines import range_type_from_json, range_type_to_json

__all__ = ["RangeTypeField"]


class RangeTypeField(ValueField["RangeType"]):
    """A ``core.fields.RangeType``; accepts one, its JSON text, or what that text stands for."""

    description = "Range type"

    def get_internal_type(self) -> str:
        """JSON is text here: nobody searches in it, and every digit must stay."""
        return "TextField"

    def decode(self, stored: Any) -> RangeType:
        """The range type of a column's text."""
        return range_type_from_json(json.loads(stored))

    def convert(self, given: object) -> RangeType:
        """The range type somebody assigned."""
        if isinstance(given, RangeType):
            return given
        if isinstance(given, str):
            return range_type_from_json(json.loads(given))
        return range_type_from_json(given)

    def encode(self, value: RangeType) -> str:
        """Compact JSON."""
        return json.dumps(range_type_to_json(value), separators=(",", ":"), allow_nan=False)

    def text(self, value: RangeType) -> str:
        """JSON for people."""
        return json.dumps(range_type_to_json(value), indent=1, allow_nan=False)
