# SPDX-License-Identifier: MIT
"""Grids of GML 3.2.1 (OGC 07-036 clause 19.2) and GML 3.3 (OGC 10-129r1 clause 10) as domains.

Corners, positions and offset vectors are in CRS order; limits, and the sequence of offset vectors, in grid order. Grid
lines must be parallel to axes of the CRS. Coefficients are coordinates, or, where the first one is 0, multiples of the
offset vector that count from the origin.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coordinates import parse_coordinate, parse_number
from eoxserver.core.crs import Crs, ParseCrs
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import EOxServerError
from eoxserver.services.wcst.errors import TransactionError, missing, wrong_number
from eoxserver.services.wcst.xmlinput import children, every, find, local_name, one, text_of, tokens

__all__ = ["Frame", "coordinate", "envelope", "frame_of", "grid_domain", "made_domain"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_GRIDS = ("Grid", "RectifiedGrid", "ReferenceableGridByVectors")


@dataclass(frozen=True, slots=True)
class FrameAxis:
    """One axis of the CRS of a coverage."""

    label: str
    crs: Crs | None
    unit: str
    role: Role


@dataclass(frozen=True, slots=True)
class Frame:
    """The axes of a coverage, in CRS order."""

    axes: tuple[FrameAxis, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Their labels."""
        return tuple(axis.label for axis in self.axes)


@dataclass(frozen=True, slots=True)
class _GridAxis:
    """What a grid says of one of its axes."""

    position: int
    """In CRS order."""
    step: float
    coefficients: tuple[str, ...] = ()


# -- the frame ----------------------------------------------------------------------------------


def frame_of(srs_name: str, labels: Sequence[str], parse: ParseCrs) -> Frame:
    """The axes of a CRS by the labels that a coverage gives them, by position or, when they are fewer, by name.

    Raises
    ------
    CrsUnknown
    TransactionError
        When the labels are not those of axes of the CRS.
    """
    if not srs_name:
        return Frame(tuple(FrameAxis(label, None, "GridSpacing", Role.OTHER) for label in labels))
    known = [(part, axis) for part in parse(srs_name).components for axis in part.axes]
    names = list(labels) or [axis.label for _, axis in known]
    if len(names) == len(known):
        pairs = list(zip(names, known, strict=True))
    else:
        pairs = [(name, found) for name in names for found in known if same_label(found[1].label, name)]
    if len(pairs) != len(names) or len(set(names)) != len(names):
        raise TransactionError(
            "InvalidRequest",
            f"axis labels '{' '.join(names)}' are not those of the CRS {srs_name}: "
            f"{' '.join(axis.label for _, axis in known)}",
            locator="axisLabels",
        )
    return Frame(tuple(FrameAxis(name, crs, axis.unit, axis.role) for name, (crs, axis) in pairs))


def envelope(element: etree._Element, parse: ParseCrs) -> Frame:
    """The axes that a ``gml:Envelope`` names; its corners must be one box.

    Raises
    ------
    TransactionError
        ``WCSTMissingLowerCorner``, ``WCSTMissingUpperCorner``, ``WCSTHighLowDifferentSizes``,
        ``WCSTWrongIntervalFormat``.
    """
    frame = frame_of(str(element.get("srsName") or ""), str(element.get("axisLabels") or "").split(), parse)
    lower, upper = (tokens(text_of(one(element, name))) for name in ("lowerCorner", "upperCorner"))
    if len(lower) != len(upper):
        raise TransactionError(
            "WCSTHighLowDifferentSizes",
            f"lowerCorner has {len(lower)} coordinates, upperCorner {len(upper)}",
            locator="Envelope",
        )
    if not frame.axes:
        frame = Frame(tuple(FrameAxis(f"axis{i}", None, "GridSpacing", Role.OTHER) for i in range(len(lower))))
    if len(lower) != len(frame.axes):
        raise TransactionError(
            "WCSTWrongIntervalFormat",
            f"the corners have {len(lower)} coordinates; there are {len(frame.axes)} axes",
            locator="Envelope",
        )
    for axis, low, high in zip(frame.axes, lower, upper, strict=True):
        if coordinate(low, axis, "WCSTWrongIntervalFormat") > coordinate(high, axis, "WCSTWrongIntervalFormat"):
            raise TransactionError(
                "WCSTWrongIntervalFormat", f"axis {axis.label}: {low} is greater than {high}", locator=axis.label
            )
    return frame


def coordinate(token: str, axis: FrameAxis, code: str = "InvalidRequest") -> float:
    """The number of a coordinate: an instant in quotes, or a number of the CRS's units.

    Raises
    ------
    TransactionError
        Of the name ``code``, when it is neither.
    """
    number = parse_number(token)
    if number is not None:
        return number
    try:
        return parse_coordinate(axis.crs, token.strip('"'), axis.label)
    except EOxServerError as error:
        raise TransactionError(code, error.message, locator=axis.label) from error


# -- the grid -----------------------------------------------------------------------------------


def grid_domain(domain_set: etree._Element, frame: Frame) -> tuple[Domain, tuple[int, ...]]:
    """The domain that a ``gml:domainSet`` describes, and the grid coordinates of its first cell.

    Raises
    ------
    TransactionError
        Named for what is missing or wrong.
    """
    grids = list(every(domain_set))
    if len(grids) != 1:
        raise missing("GridType", len(grids), "domainSet")
    grid, kind = grids[0], local_name(grids[0])
    if kind not in _GRIDS:
        raise TransactionError(
            "WCSTOnlyRectifiedGridsSupported", f"a grid is a {kind}; accepted: {', '.join(_GRIDS)}", locator=kind
        )
    low, high = _limits(grid, len(frame.axes))
    sizes = [last - first + 1 for first, last in zip(low, high, strict=True)]
    if kind == "Grid":
        order = _plain_order(grid, frame)
        plain: list[Axis] = []
        for i, position in enumerate(order):
            about = frame.axes[position]
            plain.append(IndexAxis(about.label, sizes[i], low[i], about.crs, about.unit, about.role))
        return made_domain(plain, frame), tuple(low)
    origin = _origin(grid, frame)
    described = _vectors(grid, frame) if kind == "RectifiedGrid" else _general_axes(grid, frame)
    if len(described) != len(sizes) or {axis.position for axis in described} != set(range(len(frame.axes))):
        raise TransactionError(
            "WCSTOnlyRectifiedGridsSupported",
            f"the grid must have one axis along each of {' '.join(frame.labels)}",
            locator="offsetVector",
        )
    axes = [
        _axis(frame.axes[said.position], said, origin[said.position], size)
        for said, size in zip(described, sizes, strict=True)
    ]
    return made_domain(axes, frame), tuple(low)


def made_domain(axes: Sequence[Axis], frame: Frame) -> Domain:
    """A domain of axes in grid order."""
    return Domain(tuple(axes), frame.labels)


def _limits(grid: etree._Element, dimension: int) -> tuple[list[int], list[int]]:
    box = one(one(grid, "limits"), "GridEnvelope")
    texts = [text_of(one(box, name)).split() for name in ("low", "high")]
    if len(texts[0]) != len(texts[1]):
        raise TransactionError(
            "WCSTHighLowDifferentSizes",
            f"low has {len(texts[0])} numbers, high {len(texts[1])}",
            locator="GridEnvelope",
        )
    wrong = next((text for text in (*texts[0], *texts[1]) if not _INTEGER.fullmatch(text)), None)
    low, high = ([int(text) for text in part if _INTEGER.fullmatch(text)] for part in texts)
    if wrong is not None or len(low) != dimension or any(a > b for a, b in zip(low, high, strict=True)):
        raise TransactionError(
            "WCSTWrongIntervalFormat",
            f"the limits '{' '.join(texts[0])}' to '{' '.join(texts[1])}' are no box of {dimension} axes in integers",
            locator="GridEnvelope",
        )
    return low, high


def _plain_order(grid: etree._Element, frame: Frame) -> list[int]:
    """The axes of the CRS that the axes of a grid without origin run along, by their labels."""
    element = find(grid, "axisLabels")
    labels = text_of(element).split() if element is not None else []
    if sorted(labels) == sorted(frame.labels):
        return [frame.labels.index(label) for label in labels]
    return list(range(len(frame.axes)))


def _origin(grid: etree._Element, frame: Frame) -> list[float]:
    """The centre of the first cell, in CRS order."""
    holder = find(grid, "origin")
    position = one(one(holder if holder is not None else grid, "Point"), "pos")
    found = tokens(text_of(position))
    if len(found) != len(frame.axes):
        raise TransactionError(
            "WCSTMissingPos", f"pos has {len(found)} coordinates; there are {len(frame.axes)} axes", locator="pos"
        )
    return [coordinate(token, axis) for token, axis in zip(found, frame.axes, strict=True)]


def _vectors(grid: etree._Element, frame: Frame) -> list[_GridAxis]:
    vectors = children(grid, "offsetVector")
    if len(vectors) != len(frame.axes):
        raise wrong_number(
            "OffsetVectors",
            f"the grid has {len(vectors)} offset vectors; {len(frame.axes)} are needed, one for each axis",
        )
    return [_along(vector, frame, index) for index, vector in enumerate(vectors)]


def _along(vector: etree._Element, frame: Frame, index: int) -> _GridAxis:
    """The axis of the CRS that an offset vector is parallel to, and its length."""
    text = text_of(vector)
    numbers = [parse_number(token) for token in text.split()]
    if len(numbers) != len(frame.axes) or None in numbers:
        raise wrong_number("OffsetVectors", f"the offset vector '{text}' must have {len(frame.axes)} numbers")
    steps = [(position, number) for position, number in enumerate(numbers) if number]
    if len(steps) != 1:
        raise TransactionError(
            "WCSTOnlyRectifiedGridsSupported",
            f"the offset vector '{text}' of grid axis {index} is not parallel to one axis of the CRS",
            locator="offsetVector",
        )
    return _GridAxis(steps[0][0], float(steps[0][1] or 0.0))


def _general_axes(grid: etree._Element, frame: Frame) -> list[_GridAxis]:
    found = [one(holder, "GeneralGridAxis", "GridType") for holder in children(grid, "generalGridAxis")]
    if len(found) != len(frame.axes):
        raise wrong_number("OffsetVectors", f"the grid has {len(found)} axes; {len(frame.axes)} are needed")
    result = []
    for index, element in enumerate(found):
        vectors = children(element, "offsetVector")
        if len(vectors) != 1:
            raise wrong_number("OffsetVectors", f"grid axis {index} has {len(vectors)} offset vectors; 1 is needed")
        along = _along(vectors[0], frame, index)
        given = find(element, "coefficients")
        coefficients = tuple(tokens(text_of(given))) if given is not None else ()
        result.append(_GridAxis(along.position, along.step, coefficients))
    return result


def _axis(about: FrameAxis, said: _GridAxis, origin: float, size: int) -> Axis:
    if said.coefficients:
        return _irregular(about, said, origin, size)
    index = about.crs is None or about.crs.kind == "index"
    if index and said.step == 1 and origin == math.floor(origin):
        return IndexAxis(about.label, size, int(origin), about.crs, about.unit, about.role)
    return RegularAxis(about.label, origin, said.step, size, about.crs, about.unit, about.role)


def _irregular(about: FrameAxis, said: _GridAxis, origin: float, size: int) -> IrregularAxis:
    if len(said.coefficients) != size:
        raise TransactionError(
            "InvalidRequest",
            f"axis {about.label} has {len(said.coefficients)} coefficients; the grid has {size} cells along it",
            locator="coefficients",
        )
    values = [coordinate(token, about) for token in said.coefficients]
    if values[0] == 0 and not said.coefficients[0].startswith('"'):
        values = [origin + said.step * value for value in values]
    try:
        return IrregularAxis(about.label, np.array(values), about.crs, about.unit, about.role)
    except ValueError as error:
        raise TransactionError("InvalidRequest", str(error), locator=about.label) from error
