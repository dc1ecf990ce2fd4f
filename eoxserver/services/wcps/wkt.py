# SPDX-License-Identifier: MIT
"""Geometries whose coordinates are plain numbers, read in a fraction of the time that the grammar takes.

Outlines of countries have tens of thousands of vertices. What is written in any other way (instants, comments,
variables), and what is wrong, is left to the grammar, which says where and why.
"""

from __future__ import annotations

import math
import re

from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.places import Place

__all__ = ["NoGeometry", "plain_geometry"]

_GEOMETRY = re.compile(
    r"\s*(?P<kind>(MULTI)?POLYGON|LINESTRING)\s?Z?\s*(?P<body>\([-+0-9.eE,()\s]*\))\s*", re.IGNORECASE
)
_INTEGER = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_RINGS = re.compile(r"\)\s*,\s*\(")
_POLYGONS = re.compile(r"\)\s*\)\s*,\s*\(\s*\(")
_OPEN = re.compile(r"\s*\(")
_MAX_DIGITS = 400
"""Longer numbers are left to the grammar."""


class NoGeometry(Exception):
    """What looks like one in a query has to be read by the grammar."""


class _Other(Exception):
    """The text is something else."""


def plain_geometry(
    text: str, line: int = 0, column: int = 0
) -> nodes.LineString | nodes.Polygon | nodes.MultiPolygon | None:
    """The syntax tree of a geometry of numbers; None when the text is something else.

    Parameters
    ----------
    text : str
        Such as ``POLYGON((0 0, 0 9, 9 9))``.
    line, column : int
        The place of the geometry in a query, which all its parts have; 0 when there is none.
    """
    found = _GEOMETRY.fullmatch(text)
    if found is None:
        return None
    kind, body = found["kind"].lower(), found["body"]
    place: Place = {"line": line, "column": column}
    try:
        if kind == "linestring":
            return nodes.LineString(_points(_inner(body, 1), place), **place)
        if kind == "polygon":
            return _polygon(_inner(body, 2), place)
        parts = _POLYGONS.split(_inner(body, 3))
        return nodes.MultiPolygon(tuple(_polygon(part, place) for part in parts), **place)
    except _Other:
        return None


def _inner(body: str, depth: int) -> str:
    """What stands in so many parentheses."""
    start, end = 0, len(body)
    for _ in range(depth):
        opened = _OPEN.match(body, start)
        if opened is None or not body[:end].rstrip().endswith(")"):
            raise _Other
        start, end = opened.end(), len(body[:end].rstrip()) - 1
    return body[start:end]


def _polygon(text: str, place: Place) -> nodes.Polygon:
    """A polygon without its outer and its first and last inner parentheses."""
    return nodes.Polygon(tuple(_points(ring, place) for ring in _RINGS.split(text)), **place)


def _points(text: str, place: Place) -> tuple[nodes.Point, ...]:
    points = tuple(nodes.Point(tuple(map(_number, point.split())), **place) for point in text.split(","))
    if not all(point.coordinates for point in points):
        raise _Other
    return points


def _number(text: str) -> int | float:
    if len(text) <= _MAX_DIGITS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _REAL.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
    raise _Other
