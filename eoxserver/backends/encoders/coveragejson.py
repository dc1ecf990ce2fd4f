# SPDX-License-Identifier: MIT
"""CoverageJSON (OGC 21-069r2), for coverages of any number of axes.

Axes are called ``x``, ``y``, ``z`` and ``t`` by what they measure, others by their label; a coverage of a whole plane
and no other axes than these has the domain type ``Grid``. Regular axes are given by start, stop and number; times as
texts one by one, with bounds where they have an extent, as has a regular axis of one cell. Each field is a parameter
and an ``NdArray`` in the order of the grid; cells that are not valid, or no finite number, are null. Truth values are
0 and 1. Complex numbers are refused. Points have one axis of tuples, and the domain type ``MultiPoint`` where these are
x and y, or x, y and z, at no more than one time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.pointcells import json_texts, position_blocks
from eoxserver.backends.encoders.texts import NULLS, column_texts, row_blocks
from eoxserver.conf.schema import Settings
from eoxserver.core.axes import Axis, IndexAxis, RegularAxis, Role
from eoxserver.core.coordinates import coordinate_texts, is_temporal
from eoxserver.core.coverage import Coverage, Points
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidTime, UnsupportedCombination
from eoxserver.core.fields import Field
from eoxserver.plugins.markers import hookimpl

__all__ = ["CoverageJsonEncoder", "eoxs_encoders"]

SYSTEMS: Mapping[str, str] = {"geographic": "GeographicCRS", "projected": "ProjectedCRS", "vertical": "VerticalCRS"}
"""Types of reference systems by kind of CRS; all others are ``EngineeringCRS``, which readers look up by its id."""
UCUM = "http://www.opengis.net/def/uom/UCUM/"
COMPOSITE = "composite"
"""Name of the axis of points."""
_PIECE = 4096
"""Coordinates written at a time."""


class CoverageJsonEncoder:
    """CoverageJSON."""

    key: ClassVar[str] = "CoverageJSON"

    def __init__(self, settings: Settings) -> None:
        pass

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse complex numbers; see ``Encoder.check``."""
        Options.read(options, (), self.key)
        for one in coverage.range_type.fields:
            if one.dtype.kind not in "biuf":
                raise UnsupportedCombination(
                    f"{self.key} holds integers and real numbers; field {one.name} is {one.dtype}, which GeoTIFF holds",
                    locator="format",
                )

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write CoverageJSON; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        names = _names(coverage.frame)
        ranges = _ranges(coverage, names if coverage.points is None else (COMPOSITE,), workspace)
        first = next(ranges)  # before anything is sent: the data may be unreadable
        yield f'{{"type":"Coverage","id":{json.dumps(coverage.identifier)},\n"domain":'.encode()
        for part in _domain(coverage.domain, names) if coverage.points is None else _points(coverage.points, names):
            yield part.encode()
        parameters = {one.name: _parameter(one) for one in coverage.range_type.fields}
        yield f',\n"parameters":{json.dumps(parameters)},\n"ranges":{{'.encode()
        yield first.encode()
        for part in ranges:
            yield part.encode()
        yield b"}}\n"


def _names(domain: Domain) -> tuple[str, ...]:
    """Names of the axes, in grid order: the first of each role by the role, others by their label."""
    names: list[str] = []
    for position, axis in enumerate(domain.axes):
        named = axis.role is not Role.OTHER and domain.role_index(axis.role) == position and _follows_role(axis)
        names.append(axis.role.value if named else "")
    for position, axis in enumerate(domain.axes):
        name, number = axis.label, 2
        while not names[position] and name in names:
            name, number = f"{axis.label}_{number}", number + 1
        names[position] = names[position] or name
    return tuple(names)


def _follows_role(axis: Axis) -> bool:
    """Whether the axis is what readers expect of its role: times have to be texts."""
    return axis.role is not Role.T or _times(axis, axis.coordinates()[:1]) is not None


def _domain(domain: Domain, names: Sequence[str]) -> Iterator[str]:
    known = {"type": "Domain"}
    if {"x", "y"} <= set(names) <= {"x", "y", "z", "t"}:
        known["domainType"] = "Grid"
    yield f'{json.dumps(known)[:-1]},"axes":{{'
    for number, (name, axis) in enumerate(zip(names, domain.axes, strict=True)):
        yield f"{',' if number else ''}{json.dumps(name)}:"
        yield from _axis(axis)
    yield f'}},"referencing":{json.dumps(_referencing(domain, names))}}}'


def _points(points: Points, names: Sequence[str]) -> Iterator[str]:
    """The domain of points, a tuple for each; a time that all have in common stands alone."""
    axes = points.frame.axes
    single = next((i for i, axis in enumerate(axes) if names[i] == "t" and axis.size == 1), None)
    inside = [number for number in range(len(axes)) if number != single]
    inner = {names[number] for number in inside}
    known = {"type": "Domain"} | ({"domainType": "MultiPoint"} if {"x", "y"} <= inner <= {"x", "y", "z"} else {})
    yield f'{json.dumps(known)[:-1]},"axes":{{'
    if single is not None:
        yield f'"t":{{"values":[{json_texts(axes[single], axes[single].coordinates())[0]}]}},'
    composite = json.dumps({"dataType": "tuple", "coordinates": [names[number] for number in inside]})
    before = f'"{COMPOSITE}":{composite[:-1]},"values":['
    for block in position_blocks(points):
        columns = [json_texts(axes[number], block[number]) for number in inside]
        yield before + ",\n".join([f"[{','.join(position)}]" for position in zip(*columns, strict=True)])
        before = ",\n"
    yield f']}}}},"referencing":{json.dumps(_referencing(points.frame, names))}}}'


def _axis(axis: Axis) -> Iterator[str]:
    regular = isinstance(axis, RegularAxis)
    temporal = is_temporal(axis) and _times(axis, axis.coordinates()[:1]) is not None
    if isinstance(axis, IndexAxis | RegularAxis) and not temporal and (axis.size > 1 or not regular):
        yield json.dumps({"start": axis.coordinate(0), "stop": axis.coordinate(axis.size - 1), "num": axis.size})
        return
    yield '{"values":['
    yield from _listed(axis, axis.coordinates())
    if isinstance(axis, RegularAxis):
        edges = axis.start + np.arange(axis.size + 1) * axis.step
        yield '],"bounds":['
        yield from _listed(axis, np.stack([edges[:-1], edges[1:]], axis=1).ravel())
    yield "]}"


def _listed(axis: Axis, values: npt.NDArray[np.float64]) -> Iterator[str]:
    """Coordinates with commas between them, some at a time."""
    for start in range(0, len(values), _PIECE):
        piece = values[start : start + _PIECE]
        texts = _times(axis, piece)
        yield f"{',' if start else ''}{json.dumps(piece.tolist() if texts is None else texts)[1:-1]}"


def _times(axis: Axis, values: npt.NDArray[np.float64]) -> list[str] | None:
    """Coordinates of a time axis as instants; None on other axes, and for what lies outside the years 1 to 9999."""
    if not is_temporal(axis):
        return None
    try:
        return coordinate_texts(axis, values)
    except InvalidTime:
        return None


def _referencing(domain: Domain, names: Sequence[str]) -> list[dict[str, Any]]:
    """The reference systems, each with its axes in the order of the CRS."""
    found: dict[Crs, list[str]] = {}
    for label in domain.crs_labels:
        position = domain.labels.index(label)
        crs = domain.axes[position].crs
        if crs is not None:
            found.setdefault(crs, []).append(names[position])
    return [{"coordinates": axes, "system": _system(crs, "t" in axes)} for crs, axes in found.items()]


def _system(crs: Crs, instants: bool) -> dict[str, str]:
    if crs.is_temporal and instants:
        return {"type": "TemporalRS", "calendar": "Gregorian"}
    return {"type": SYSTEMS.get(crs.kind, "EngineeringCRS"), "id": crs.uri}


def _parameter(one: Field) -> dict[str, Any]:
    measured: dict[str, Any] = {"label": {"en": one.label or one.name}}
    if one.definition:
        measured = {"id": one.definition, **measured}
    unit = "1" if one.unit in ("10^0", "") else one.unit
    about: dict[str, Any] = {"type": "Parameter"}
    if one.description:
        about["description"] = {"en": one.description}
    return about | {"observedProperty": measured, "unit": {"symbol": {"value": unit, "type": UCUM}}}


def _ranges(coverage: Coverage, names: Sequence[str], workspace: Workspace) -> Iterator[str]:
    """The ranges one after the other, each read on its own."""
    for number, one in enumerate(coverage.range_type.fields):
        about: dict[str, Any] = {"type": "NdArray", "dataType": "float" if one.dtype.kind == "f" else "integer"}
        if names:
            about |= {"axisNames": list(names), "shape": list(coverage.domain.shape)}
        before = f'{"," if number else ""}\n{json.dumps(one.name)}:{json.dumps(about)[:-1]},"values":['
        for cells in row_blocks(coverage, (number,), workspace):
            valid = None if cells.valid is None else cells.valid.ravel()
            yield before + ",".join(column_texts(cells.values.ravel(), valid, one, NULLS))
            before = ","
        yield "]}"


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoder of CoverageJSON."""
    return [CoverageJsonEncoder]
