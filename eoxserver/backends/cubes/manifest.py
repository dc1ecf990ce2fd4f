# SPDX-License-Identifier: MIT
"""What a version of a cube says of itself: a small JSON document beside its arrays, as small for any number of cells.

Cells lie in slots of arrays that are huge and almost empty. Along a regular or index axis the slot of grid index i is
``origin + i``, so that the axis grows in both directions and nothing moves. Along an irregular axis slots are given out
in the order in which coefficients arrive, from 0; an array of coefficients says which is where.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eoxserver.backends.cubes.base import CubeLayout, Overview
from eoxserver.backends.cubes.celltypes import Json
from eoxserver.core.fields import Field, NilValue

__all__ = ["EXTENT", "AxisState", "Manifest", "OverviewState"]

FORMAT = 1
EXTENT = 2**31
"""Slots along an axis."""


@dataclass(frozen=True, slots=True)
class AxisState:
    """One axis of a cube in one version."""

    label: str
    chunk: int
    """Slots of a chunk."""
    low: int
    """Grid index of the first cell; 0 on an irregular axis."""
    size: int
    """Cells; on an irregular axis as many slots are in use."""
    irregular: bool = False
    descending: bool = False
    """Whether coefficients fall in grid order."""
    ordered: bool = True
    """Whether grid order is the order of slots."""

    @property
    def origin(self) -> int:
        """Slot of grid index 0, where a chunk begins."""
        return 0 if self.irregular else EXTENT // 2 - EXTENT // 2 % self.chunk

    @property
    def high(self) -> int:
        """Grid index after the last cell."""
        return self.low + self.size


@dataclass(frozen=True, slots=True)
class OverviewState:
    """An overview and where its arrays are."""

    overview: Overview
    key: str
    """Folder of its arrays."""
    phase: tuple[int, ...]
    """Along each axis the grid index at which cell 0 of the overview begins, at least 0 and less than the factor."""

    def cells(self, axis: int, low: int, high: int) -> tuple[int, int]:
        """The cells of the overview, first and last + 1, that grid indices from ``low`` up to ``high`` lie in."""
        factor, phase = self.overview.factors[axis], self.phase[axis]
        return (low - phase) // factor, -((phase - high) // factor)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a cube."""

    generation: int
    """Of the database."""
    offset: int
    """Number of the version less ``generation``; the same for all versions of a database."""
    previous: int
    """Generation of the version before in this database; 0: this is its first."""
    identity: str
    """Of the cube, which another one of its name has not."""
    fields: tuple[Field, ...]
    axes: tuple[AxisState, ...]
    overviews: tuple[OverviewState, ...] = ()
    state: str = ""

    @property
    def number(self) -> int:
        """Number of the version."""
        return self.generation + self.offset

    @property
    def layout(self) -> CubeLayout:
        """What is fixed."""
        return CubeLayout(
            self.fields,
            tuple(axis.label for axis in self.axes),
            frozenset(axis.label for axis in self.axes if axis.irregular),
            frozenset(axis.label for axis in self.axes if axis.descending),
            tuple(axis.chunk for axis in self.axes),
        )

    def to_bytes(self) -> bytes:
        """As it is stored."""
        document = {
            "format": FORMAT,
            "generation": self.generation,
            "offset": self.offset,
            "previous": self.previous,
            "identity": self.identity,
            "fields": [_field_to_json(field) for field in self.fields],
            "axes": [
                {name: getattr(axis, name) for name in AxisState.__dataclass_fields__} for axis in self.axes
            ],
            "overviews": [
                {"factors": each.overview.factors, "method": each.overview.method, "key": each.key, "phase": each.phase}
                for each in self.overviews
            ],
            "state": self.state,
        }  # fmt: skip
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Manifest:
        """Read a stored one.

        Raises
        ------
        ValueError
            When it is of another format.
        """
        document = json.loads(content)
        if document.get("format") != FORMAT:
            raise ValueError(f"format {document.get('format')} is not known; this program reads format {FORMAT}")
        return cls(
            generation=document["generation"],
            offset=document["offset"],
            previous=document["previous"],
            identity=document["identity"],
            fields=tuple(_field_from_json(each) for each in document["fields"]),
            axes=tuple(AxisState(**each) for each in document["axes"]),
            overviews=tuple(
                OverviewState(Overview(tuple(each["factors"]), each["method"]), each["key"], tuple(each["phase"]))
                for each in document["overviews"]
            ),
            state=document["state"],
        )


def _field_to_json(field: Field) -> Json:
    texts = ("name", "unit", "label", "description", "definition", "interpretation")
    document: dict[str, Json] = {name: getattr(field, name) for name in texts if getattr(field, name)}
    document["dtype"] = field.dtype.name
    document["nil"] = [[_number(nil.low), _number(nil.high), nil.reason] for nil in field.nil]
    document["intervals"] = [[_number(low), _number(high)] for low, high in field.intervals]
    if field.palette is not None:
        document["palette"] = field.palette
    return document


def _field_from_json(document: Mapping[str, Any]) -> Field:
    given = dict(document)
    given["dtype"] = np.dtype(given["dtype"])
    given["nil"] = tuple(NilValue(_parsed(low), _parsed(high), reason) for low, high, reason in given["nil"])
    given["intervals"] = tuple((_parsed(low), _parsed(high)) for low, high in given["intervals"])
    given["unit"] = given.get("unit", "")
    if "palette" in given:
        given["palette"] = tuple(tuple(colour) for colour in given["palette"])
    return Field(**given)


def _number(value: float | None) -> Json:
    """A number; those that JSON lacks as text."""
    return value if value is None or isinstance(value, int) or math.isfinite(value) else repr(float(value))


def _parsed(value: Json) -> Any:
    return float(value) if isinstance(value, str) else value
