# SPDX-License-Identifier: MIT
"""Points of multi-point coverages (GMLCOV 1.0, OGC 09-146r2 clause 7; GML 3.2.1, OGC 07-036 clause 11.3.2).

A ``gml:MultiPoint`` has its points one by one, a ``gmlcov:SimpleMultiPoint`` has all coordinates in one list, which
takes a tenth of the memory. Coordinates are in the order of the CRS of the envelope; a point or list that names a CRS
must name that one. Instants of time axes may stand in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from lxml import etree

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import MemorySource, Points
from eoxserver.core.crs import Crs, ParseCrs, compound_crs
from eoxserver.core.domain import Domain
from eoxserver.services.wcst.errors import TransactionError, missing, wrong_number
from eoxserver.services.wcst.grids import Frame, coordinate
from eoxserver.services.wcst.xmlinput import every, local_name, one, text_of

__all__ = ["POINT_AXIS", "multi_points"]

POINT_AXIS = "point"
"""Label of the index axis along which points are counted."""
_TOKEN = re.compile(r'"[^"]*"|[^\s"]+')
_KINDS = ("MultiPoint", "SimpleMultiPoint")


def multi_points(domain_set: etree._Element, frame: Frame, parse: ParseCrs) -> Points:
    """The points that a ``gml:domainSet`` lists, in its order.

    Raises
    ------
    TransactionError
        ``WCSTMissingGridType`` or ``WCSTOnlyRectifiedGridsSupported`` for another geometry, ``WCSTMissingPoint``
        without points, ``WCSTMissingPos`` for too few or too many coordinates; InvalidRequest for what is no
        coordinate, or in another CRS than the envelope.
    CrsUnknown
        When a CRS that is named is not known here.
    """
    found = list(every(domain_set))
    if len(found) != 1:
        raise missing("GridType", len(found), "domainSet")
    geometry, kind = found[0], local_name(found[0])
    if kind not in _KINDS:
        raise TransactionError(
            "WCSTOnlyRectifiedGridsSupported",
            f"the points are a {kind}; accepted: {', '.join(_KINDS)}",
            locator=kind,
        )
    parts = tuple(dict.fromkeys(axis.crs for axis in frame.axes if axis.crs is not None))
    own = compound_crs(parts) if parts else None
    _check_crs(geometry, own, parse)
    if kind == "SimpleMultiPoint":
        holder = one(geometry, "positions", "Pos")
        _check_crs(holder, own, parse)
        texts: Iterator[str] = (match[0] for match in _TOKEN.finditer(holder.text or ""))
    else:
        texts = _tokens(geometry, len(frame.axes), own, parse)
    values = _numbers(texts, frame)
    axes = tuple(
        IrregularAxis(axis.label, np.unique([column.min(), column.max()]), axis.crs, axis.unit, axis.role)
        for axis, column in zip(frame.axes, values, strict=True)
    )
    return Points(Domain(axes), MemorySource(values))


def _tokens(geometry: etree._Element, dimension: int, own: Crs | None, parse: ParseCrs) -> Iterator[str]:
    """The coordinates of all points, one after the other."""
    known: set[str] = set()
    number = 0
    for member in every(geometry):
        if local_name(member) not in ("pointMember", "pointMembers"):
            continue
        for point in every(member):
            if point.get("srsName") not in {None, *known}:
                _check_crs(point, own, parse)
                known.add(str(point.get("srsName")))
            found = _TOKEN.findall(text_of(one(point, "pos")))
            if len(found) != dimension:
                raise TransactionError(
                    "WCSTMissingPos",
                    f"pos of point {number} has {len(found)} coordinates; there are {dimension} axes",
                    locator="pos",
                )
            yield from found
            number += 1


def _numbers(texts: Iterator[str], frame: Frame) -> npt.NDArray[np.float64]:
    """Coordinates by axis, shape (axes, points)."""
    dimension = len(frame.axes)
    flat = np.fromiter((_number(text, frame, number) for number, text in enumerate(texts)), np.float64)
    if not flat.size or dimension == 0:
        raise missing("Point", 0, "MultiPoint")
    if flat.size % dimension:
        raise wrong_number(
            "Pixels", f"the list of positions has {flat.size} coordinates, which are no points of {dimension} axes"
        )
    values = np.ascontiguousarray(flat.reshape(-1, dimension).T)
    if not np.isfinite(values).all():
        axis = frame.axes[int(np.argmin(np.isfinite(values).all(axis=1)))]
        raise TransactionError(
            "InvalidRequest", f"axis {axis.label}: a coordinate is no finite number", locator=axis.label
        )
    values.setflags(write=False)
    return values


def _number(text: str, frame: Frame, number: int) -> float:
    try:
        return float(text)
    except ValueError:
        return coordinate(text, frame.axes[number % len(frame.axes)])


def _check_crs(element: etree._Element, own: Crs | None, parse: ParseCrs) -> None:
    """Refuse another CRS than that of the envelope."""
    name = element.get("srsName")
    if name and parse(str(name)) != own:
        raise TransactionError(
            "InvalidRequest",
            f"{local_name(element)} is in {name}; the envelope is in {'no CRS' if own is None else own.uri}",
            locator="srsName",
        )
