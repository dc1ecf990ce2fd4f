# SPDX-License-Identifier: MIT
"""Definitions of what CRSs are made of, by kind and code: ``/def/datum/EPSG/0/6326``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyproj.crs import (  # type: ignore[attr-defined]  # pyproj exports them without saying so
    CoordinateOperation,
    Datum,
    Ellipsoid,
    PrimeMeridian,
)
from pyproj.exceptions import CRSError

from eoxserver.core.errors import NoSuchDefinition
from eoxserver.services.crs.document import Document
from eoxserver.services.crs.names import Name
from eoxserver.services.crs.object_gml import (
    AxisView,
    area_gml,
    axis_gml,
    conversion_gml,
    datum_gml,
    ellipsoid_gml,
    meridian_gml,
    method_gml,
    parameter_gml,
    system_gml,
    unit_gml,
)
from eoxserver.services.crs.proj_database import Axis, ProjDatabase
from eoxserver.services.crs.registers import OWN_UNITS

__all__ = ["object_document"]


def object_document(database: ProjDatabase, base: str, name: Name) -> bytes:
    """The GML document of an object; raises NoSuchDefinition."""
    document = Document(base, f"{base}/{name.path}")
    content = _WRITERS[name.kind](_Asked(document, database, name))
    if content is None:
        raise NoSuchDefinition(f"no definition '{name.path}'", locator=name.code)
    return document.whole(content)


class _Asked:
    """What is asked for, and with what it is answered."""

    def __init__(self, document: Document, database: ProjDatabase, name: Name) -> None:
        self.document = document
        self.database = database
        self.authority, self.code = name.authority, name.code
        self.coded = (f"{document.base}/{name.path}", name.authority)
        self.name = name

    def tree(self, kind: Any) -> Mapping[str, Any] | None:
        """PROJ's object as PROJJSON, or None when there is none of this code."""
        try:
            tree: Mapping[str, Any] = kind.from_authority(self.authority, self.code).to_json_dict()
        except CRSError:
            return None
        return tree

    def view(self, axis: Axis) -> AxisView:
        """An axis of PROJ's database."""
        unit = self.document.url("uom", axis.unit_authority, axis.unit_code) if axis.unit_code else "unity"
        coded = (self.document.url("axis", axis.authority, axis.code), axis.authority)
        return AxisView(axis.name, axis.abbreviation or axis.name, axis.direction, unit, coded)


def _area(asked: _Asked) -> str | None:
    area = asked.database.area(asked.authority, asked.code)
    return None if area is None else area_gml(asked.document, area, asked.authority, asked.code)


def _axis(asked: _Asked) -> str | None:
    axis = asked.database.axis(asked.authority, asked.code)
    return None if axis is None else axis_gml(asked.document, asked.view(axis))


def _conversion(asked: _Asked) -> str | None:
    known = asked.database.name("coordinateOperation", asked.authority, asked.code)
    tree = asked.tree(CoordinateOperation) if known else None
    return None if tree is None else conversion_gml(asked.document, tree)


def _datum(asked: _Asked) -> str | None:
    tree = asked.tree(Datum)
    if tree is None:
        return None
    datum = Datum.from_authority(asked.authority, asked.code)
    ellipsoid = datum.ellipsoid.to_json_dict() if datum.ellipsoid else tree.get("ellipsoid")  # an ensemble has a tree
    if ellipsoid is None:
        return datum_gml(asked.document, tree)[1]
    meridian = datum.prime_meridian or PrimeMeridian.from_authority("EPSG", "8901")
    return datum_gml(asked.document, tree, ellipsoid, meridian.to_json_dict())[1]


def _ellipsoid(asked: _Asked) -> str | None:
    tree = asked.tree(Ellipsoid)
    return None if tree is None else ellipsoid_gml(asked.document, tree)


def _meridian(asked: _Asked) -> str | None:
    tree = asked.tree(PrimeMeridian)
    return None if tree is None else meridian_gml(asked.document, tree)


def _method(asked: _Asked) -> str | None:
    name = asked.database.name("method", asked.authority, asked.code)
    return None if name is None else method_gml(asked.document, name, asked.coded)


def _parameter(asked: _Asked) -> str | None:
    name = asked.database.name("parameter", asked.authority, asked.code)
    return None if name is None else f"{parameter_gml(asked.document, name, asked.coded)}"


def _system(asked: _Asked) -> str | None:
    kind = asked.database.system(asked.authority, asked.code)
    if kind is None:
        return None
    axes = [asked.view(axis) for axis in asked.database.axes(asked.authority, asked.code)]
    return system_gml(asked.document, kind, axes, asked.coded)[1]


def _unit(asked: _Asked) -> str | None:
    own = OWN_UNITS.get(asked.authority, {}).get(asked.code)
    if own is not None:
        return unit_gml(asked.document, own, asked.authority, asked.code, "s" if asked.authority == "UCUM" else "")
    unit = asked.database.unit(asked.authority, asked.code)
    return None if unit is None else unit_gml(asked.document, unit, asked.authority, asked.code)


_WRITERS: Mapping[str, Callable[[_Asked], str | None]] = {
    "area": _area,
    "axis": _axis,
    "coordinateOperation": _conversion,
    "cs": _system,
    "datum": _datum,
    "ellipsoid": _ellipsoid,
    "meridian": _meridian,
    "method": _method,
    "parameter": _parameter,
    "uom": _unit,
}
"""By kind; each answers None when there is no such object."""
