# SPDX-License-Identifier: MIT
"""Definitions of CRSs in GML 3.2.1 (OGC 07-036, clause 12), read to texts that definitions are kept in.

Geodetic, projected, vertical and compound CRSs become PROJJSON, temporal ones the name of a time scale. What they are
made of stands in the document, or is named by ``xlink:href``: a URL of any resolver, or a URN, of which nothing is
fetched. A datum of the register is taken from there when the ellipsoid in the document is its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyproj
from lxml import etree
from pyproj.crs import (  # type: ignore[attr-defined]  # pyproj exports them without saying so
    CoordinateOperation,
    Datum,
    Ellipsoid,
    PrimeMeridian,
)
from pyproj.exceptions import CRSError

from eoxserver.core.crs import Crs, ParseCrs
from eoxserver.core.errors import CrsUnknown
from eoxserver.services.crs.gml_parts import GmlParts, Reference, every, lacking, reference_of, the, word
from eoxserver.services.crs.proj_database import ProjDatabase
from eoxserver.services.ows.xml import parse

__all__ = ["GmlReader", "is_gml"]

_READ = ("GeodeticCRS", "ProjectedCRS", "VerticalCRS", "CompoundCRS", "TemporalCRS")

_LEFT_OUT = frozenset({"$schema", "scope", "area", "bbox", "usages", "remarks"})
"""Of objects of registers: what is no part of a definition."""

_Tree = dict[str, Any]


def is_gml(text: str) -> bool:
    """Whether a definition is in XML.

    >>> is_gml(" <gml:GeodeticCRS/>"), is_gml("EPSG:4326")
    (True, False)
    """
    return text.lstrip("\ufeff \t\r\n").startswith("<")


class GmlReader:
    """Reads definitions.

    Parameters
    ----------
    database : ProjDatabase
        Knows axes, systems, units and names by their codes.
    parse_crs : callable
        From the name of a CRS to the CRS.
    """

    def __init__(self, database: ProjDatabase, parse_crs: ParseCrs) -> None:
        self._parts = GmlParts(database)
        self._parse = parse_crs

    def definition(self, text: str) -> tuple[str, str]:
        """A definition, and the name of the CRS in the document.

        Raises
        ------
        InvalidRequest
            When it is not well-formed, or declares a document type.
        CrsUnknown
            When it is of another kind, or something is missing in it or not known.
        """
        root = parse(text.lstrip("\ufeff").encode())
        kind = word(root)
        if kind not in _READ:
            raise CrsUnknown(
                f"a {kind} in GML is not read; accepted: {', '.join(_READ)}, and others as WKT or PROJJSON",
                locator="definition",
            )
        return self._text(root), self._parts.name(root)

    def _text(self, element: etree._Element) -> str:
        if word(element) == "TemporalCRS":
            return self._temporal(element)
        if word(element) == "CompoundCRS":
            return self._compound(element)
        return json.dumps(self._tree(element), separators=(",", ":"), ensure_ascii=False)

    def _tree(self, element: etree._Element) -> _Tree:
        """A CRS as PROJJSON."""
        kind = word(element)
        if kind == "ProjectedCRS":
            return self._projected(element)
        if kind == "VerticalCRS":
            tree = _Datum(self._parts).vertical(the(element, "verticalDatum"))
            return self._made(kind, element, self._parts.system(the(element, "verticalCS")), **tree)
        if kind == "GeodeticCRS":
            cs = next((one for one in every(element) if word(one).endswith("CS")), None)
            if cs is None:
                raise lacking("ellipsoidalCS", element)
            system = self._parts.system(cs)
            tree = _Datum(self._parts).geodetic(the(element, "geodeticDatum"))
            return self._made("GeographicCRS" if system["subtype"] == "ellipsoidal" else kind, element, system, **tree)
        raise CrsUnknown(f"a {kind} in GML is not read within another CRS", locator="definition")

    def _made(self, kind: str, element: etree._Element, system: _Tree, **more: Any) -> _Tree:
        return {"type": kind, "name": self._parts.name(element), **more, "coordinate_system": system}

    def _projected(self, element: etree._Element) -> _Tree:
        reference, inside = self._parts.property(the(element, "baseGeodeticCRS"))
        base = self._tree(inside) if inside is not None else self._described(self._named(reference))
        reference, inside = self._parts.property(the(element, "conversion"))
        conversion = self._conversion(inside) if inside is not None else _registered(CoordinateOperation, reference)
        system = self._parts.system(the(element, "cartesianCS"))
        return self._made("ProjectedCRS", element, system, base_crs=base, conversion=conversion)

    def _conversion(self, element: etree._Element) -> _Tree:
        method = self._parts.called(the(element, "method"), "method")
        values = [self._parts.value(the(one, "ParameterValue")) for one in every(element, "parameterValue")]
        return {"name": self._parts.name(element), "method": method, "parameters": values}

    def _named(self, reference: Reference) -> Crs:
        return self._parse(f"{reference.authority}/{reference.version or 0}/{reference.code}")

    def _described(self, crs: Crs) -> _Tree:
        if crs.wkt is None:
            raise CrsUnknown(f"{crs.uri} is {crs.kind}: it cannot be part of this CRS", locator="definition")
        tree: _Tree = crs.to_pyproj().to_json_dict()
        return tree

    def _compound(self, element: etree._Element) -> str:
        parts = [self._parts.property(one) for one in every(element, "componentReferenceSystem")]
        if len(parts) < 2:
            raise lacking("componentReferenceSystem", element)
        if all(inside is None or word(inside) == "TemporalCRS" for _, inside in parts):
            return "@".join(
                self._temporal(inside) if inside is not None else f"{one.authority}/{one.version or 0}/{one.code}"
                for one, inside in parts
            )
        trees = [
            self._tree(inside) if inside is not None else self._described(self._named(one)) for one, inside in parts
        ]
        found = {"type": "CompoundCRS", "name": self._parts.name(element), "components": trees}
        return json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    def _temporal(self, element: etree._Element) -> str:
        datum = the(the(element, "temporalDatum"), "TemporalDatum")
        axis = the(the(the(element, "timeCS"), "TimeCS"), "axis", "CoordinateSystemAxis")
        uom = axis.get("uom", "")
        reference = reference_of(uom)
        unit = uom if reference is None else reference.code
        label = (the(axis, "axisAbbrev").text or "").strip()
        epoch = (the(datum, "origin").text or "").strip()
        return f'OGC/0/Temporal?epoch="{epoch}"&uom="{unit}"&label="{label}"'


class _Datum:
    """Reads datums."""

    def __init__(self, parts: GmlParts) -> None:
        self._parts = parts

    def geodetic(self, element: etree._Element) -> _Tree:
        """The item ``datum`` or ``datum_ensemble`` of a CRS."""
        reference, inside = self._parts.property(element)
        if inside is None:
            return _datum_item(_registered(Datum, reference))
        ellipsoid = self._ellipsoid(the(inside, "ellipsoid"))
        meridian = self._meridian(the(inside, "primeMeridian"))
        known = self._parts.identified(inside, "datum")
        if known is not None:
            tree = _registered(Datum, known)
            if _same_ellipsoid(tree.get("ellipsoid", {}), ellipsoid):
                return _datum_item(tree)
        found: _Tree = {"type": "GeodeticReferenceFrame", "name": self._parts.name(inside), "ellipsoid": ellipsoid}
        if meridian.get("longitude"):
            found["prime_meridian"] = meridian
        return {"datum": found}

    def vertical(self, element: etree._Element) -> _Tree:
        """The same of a vertical CRS."""
        reference, inside = self._parts.property(element)
        if inside is None:
            return _datum_item(_registered(Datum, reference))
        known = self._parts.identified(inside, "datum")
        if known is not None:
            return _datum_item(_registered(Datum, known))
        return {"datum": {"type": "VerticalReferenceFrame", "name": self._parts.name(inside)}}

    def _ellipsoid(self, element: etree._Element) -> _Tree:
        reference, inside = self._parts.property(element)
        if inside is None:
            return _registered(Ellipsoid, reference)
        second = the(the(inside, "secondDefiningParameter"), "SecondDefiningParameter")
        found = {"name": self._parts.name(inside)}
        major = self._parts.measure(the(inside, "semiMajorAxis"))
        if every(second, "isSphere"):
            return {**found, "radius": major}
        if every(second, "semiMinorAxis"):
            return {
                **found,
                "semi_major_axis": major,
                "semi_minor_axis": self._parts.measure(the(second, "semiMinorAxis")),
            }
        flattening = self._parts.number(the(second, "inverseFlattening"))
        return {**found, "semi_major_axis": major, "inverse_flattening": flattening}

    def _meridian(self, element: etree._Element) -> _Tree:
        reference, inside = self._parts.property(element)
        if inside is None:
            return _registered(PrimeMeridian, reference)
        longitude = self._parts.measure(the(inside, "greenwichLongitude"))
        return {"name": self._parts.name(inside), "longitude": longitude}


def _datum_item(tree: _Tree) -> _Tree:
    return {"datum_ensemble" if tree.get("type") == "DatumEnsemble" else "datum": tree}


def _same_ellipsoid(known: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    names = ("semi_major_axis", "semi_minor_axis", "inverse_flattening", "radius")
    return all(known.get(name) == given.get(name) for name in names)


def _registered(kind: type[Any], reference: Reference) -> _Tree:
    """An object of PROJ's database as PROJJSON."""
    try:
        tree = kind.from_authority(reference.authority, reference.code).to_json_dict()
    except CRSError as error:
        raise CrsUnknown(
            f"{reference.kind}/{reference.authority}/{reference.code} is in no register that is known here "
            f"(PROJ {pyproj.proj_version_str})",
            locator=reference.code,
        ) from error
    return {key: value for key, value in tree.items() if key not in _LEFT_OUT}
