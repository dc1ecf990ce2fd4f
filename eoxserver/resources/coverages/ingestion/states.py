# SPDX-License-Identifier: MIT
"""The text that an ingested coverage leaves with each version of its cube: all that makes it a coverage.

Its size does not depend on the number of cells: how far axes reach, and the coefficients of irregular ones, are the
cube's own. Along a regular axis the cube's grid index 0 is the cell that was first when the coverage was inserted;
along an index axis grid indices are coordinates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from eoxserver.backends.cubes.base import CubeAxis
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown, DataUnavailable
from eoxserver.core.fields import RangeType
from eoxserver.core.metadata import PartMetadata
from eoxserver.resources.coverages.outlines import (
    axis_from_json,
    axis_to_json,
    range_type_from_json,
    range_type_to_json,
)

__all__ = ["CubeState", "axis_template", "part_from_json", "part_to_json"]

_FORMAT = 1
_EXTENT: Mapping[str, Any] = {"size": 1, "first": 0, "coefficients": (0.0,)}
"""What a template does not say of its axis."""


@dataclass(frozen=True)
class CubeState:
    """What a version of a cube is as a coverage."""

    axes: tuple[Axis, ...]
    """In grid order; see ``axis_template``."""
    crs_labels: tuple[str, ...]
    range_type: RangeType
    native_format: str = ""
    metadata: Mapping[str, str] | None = None
    """Names and texts; None where the text says nothing of them."""
    details: Mapping[str, Any] | None = None
    """``core.metadata.ExtraMetadata`` without parts, as the catalogue has it."""
    parts: tuple[PartMetadata, ...] = ()
    """Metadata of parts that came with this version."""

    @classmethod
    def first(cls, domain: Domain, range_type: RangeType, native_format: str) -> CubeState:
        """Of a new cube."""
        return cls(tuple(map(axis_template, domain.axes)), domain.crs_labels, range_type, native_format)

    def domain(self, cube: Sequence[CubeAxis]) -> Domain:
        """The domain of a version whose cube has cells there."""
        return Domain(tuple(map(_axis, self.axes, cube)), self.crs_labels)

    def axes_to_json(self) -> list[dict[str, Any]]:
        """The axes, as programs read them that know grid indices: on a regular one the centre of 0, and the step."""
        return [_template_to_json(axis) for axis in self.axes]

    def to_text(self) -> str:
        """JSON."""
        document: dict[str, Any] = {
            "format": _FORMAT,
            "axes": self.axes_to_json(),
            "crs_labels": list(self.crs_labels),
            "range_type": range_type_to_json(self.range_type),
            "native_format": self.native_format,
        }
        document |= {name: value for name in ("metadata", "details") if (value := getattr(self, name)) is not None}
        if self.parts:
            document["parts"] = [part_to_json(part) for part in self.parts]
        return json.dumps(document, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_text(cls, text: str, name: str) -> CubeState:
        """Read what ``to_text`` wrote; what was read lately is not read again.

        Parameters
        ----------
        name : str
            Of the cube, for messages.

        Raises
        ------
        DataUnavailable
            When it is something else.
        """
        return _parsed(text, name)


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> CubeState:
    """The state in a text; nobody changes it."""
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise ValueError(f"its format is {document['format']}, this program reads {_FORMAT}")
        return CubeState(
            axes=tuple(map(_template_from_json, document["axes"])),
            crs_labels=tuple(document["crs_labels"]),
            range_type=range_type_from_json(document["range_type"]),
            native_format=document["native_format"],
            metadata=document.get("metadata"),
            details=document.get("details"),
            parts=tuple(map(part_from_json, document.get("parts", ()))),
        )
    except (ValueError, KeyError, TypeError, AttributeError, CrsUnknown) as error:
        raise DataUnavailable(f"cube {name} was not made by ingestion: {error!r}", locator=name) from error


def axis_template(axis: Axis) -> Axis:
    """An axis without its extent: one cell, at grid index 0 of a new cube."""
    if isinstance(axis, IrregularAxis):
        return replace(axis, coefficients=np.zeros(1))
    return replace(axis, first=0, size=1) if isinstance(axis, IndexAxis) else replace(axis, size=1)


def _axis(template: Axis, cube: CubeAxis) -> Axis:
    if isinstance(template, RegularAxis):
        return replace(template, origin=template.coordinate(cube.low), size=cube.size)
    if isinstance(template, IndexAxis):
        return replace(template, first=cube.low, size=cube.size)
    assert cube.coefficients is not None
    return replace(template, coefficients=cube.coefficients)


def _template_to_json(axis: Axis) -> dict[str, Any]:
    return {name: value for name, value in axis_to_json(axis).items() if name not in _EXTENT}


def _template_from_json(item: Mapping[str, Any]) -> Axis:
    return axis_from_json({**_EXTENT, **item})


def part_to_json(part: PartMetadata) -> dict[str, Any]:
    """Metadata of a part as values that JSON has."""
    bounds = {label: [float(low), float(high)] for label, (low, high) in part.bounds.items()}
    return {"bounds": bounds, "values": dict(part.values)}


def part_from_json(item: Mapping[str, Any]) -> PartMetadata:
    """What ``part_to_json`` described."""
    bounds = {str(label): (float(low), float(high)) for label, (low, high) in item["bounds"].items()}
    return PartMetadata(bounds, item["values"])
