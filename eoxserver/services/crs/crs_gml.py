# SPDX-License-Identifier: MIT
"""CRSs in GML 3.2.1: geodetic, projected, derived, vertical, temporal, engineering and compound ones.

``gml:axisAbbrev`` is the label of the axis in requests, whatever the register calls it (``Lat``, ``Long``; renamed axes
have their new names). CRSs within others are written out, not linked, so that a document is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyproj

from eoxserver.core.crs import ROOT, Crs, parse_crs
from eoxserver.core.errors import NoSuchDefinition
from eoxserver.services.crs.document import UNKNOWN_SCOPE, Document, domains, usages
from eoxserver.services.crs.object_gml import (
    AxisView,
    conversion_gml,
    datum_gml,
    system_gml,
    unit_url,
)
from eoxserver.services.crs.proj_database import ProjDatabase
from eoxserver.services.ows.xml import element

__all__ = ["CrsWriter", "crs_url"]

_JULIAN = "The origin is a date of the Julian calendar; 1970-01-01T00:00:00Z is 2440587.5."
_TIME_NAMES = {
    "AnsiDate": "Days since 1600-12-31, so that 1601-01-01 is day 1",
    "UnixTime": "Seconds since 1970-01-01",
    "JulianDate": "Julian date",
    "TruncatedJulianDate": "Truncated Julian date",
    "ChronometricGeologicTime": "Millions of years before 1950",
}


def crs_url(base: str, crs: Crs) -> str:
    """The URL of a CRS at a resolver, components of compounds included."""
    if crs.parts and not crs.code:
        return f"{base}/crs-compound?" + "&".join(f"{n}={crs_url(base, part)}" for n, part in enumerate(crs.parts, 1))
    return f"{base}/{crs.uri.removeprefix(ROOT)}"


class CrsWriter:
    """Writes CRSs into one document."""

    def __init__(self, document: Document, database: ProjDatabase) -> None:
        self._document = document
        self._database = database

    def crs(self, crs: Crs, url: str, title: str = "", remarks: str = "") -> str:
        """The element of a CRS.

        Parameters
        ----------
        url : str
            Its identifier.
        title, remarks : str
            Name and remarks in the place of those of the register.

        Raises
        ------
        NoSuchDefinition
            For grid coordinates, which have no axes of their own.
        """
        if not crs.axes:
            raise NoSuchDefinition(
                f"{crs.short} stands for the cells of any grid and has no definition; see OGC/0/Index1D to Index32D",
                locator=crs.code,
            )
        return self._crs(crs, crs.labels, (url, crs.authority), title, remarks)

    def _crs(
        self, crs: Crs, labels: Sequence[str], coded: tuple[str, str] | None, title: str = "", remarks: str = ""
    ) -> str:
        if crs.parts:
            return self._compound(crs, labels, coded, title, remarks)
        if crs.time is not None:
            return self._temporal(crs, labels[0], coded, title, remarks)
        if crs.kind == "index":
            return self._index(crs, labels, coded, title, remarks)
        projection = crs.to_pyproj()
        while projection.is_bound and projection.source_crs is not None:
            projection = projection.source_crs
        return self._registered(projection, crs, labels, coded, title, remarks)

    def _nested(self, crs: Crs, labels: Sequence[str]) -> str:
        """A CRS within another one."""
        plain = crs_url(self._document.base, crs)
        return self._crs(crs, labels, (plain, crs.authority) if crs.code else None)

    def _compound(
        self, crs: Crs, labels: Sequence[str], coded: tuple[str, str] | None, title: str, remarks: str
    ) -> str:
        tree = crs.to_pyproj().to_json_dict() if crs.wkt is not None else {}
        remaining = iter(labels)
        parts = [self._nested(part, [next(remaining) for _ in part.axes]) for part in crs.parts]
        name = title or tree.get("name") or " + ".join(_name(part) for part in crs.parts)
        start = self._document.opened("CompoundCRS", _hint(crs), name, coded, remarks or tree.get("remarks", ""))
        inner = "".join(f"<gml:componentReferenceSystem>{part}</gml:componentReferenceSystem>" for part in parts)
        return f"{start}{''.join(domains(usages(tree)))}{inner}</gml:CompoundCRS>"

    def _temporal(self, crs: Crs, label: str, coded: tuple[str, str] | None, title: str, remarks: str) -> str:
        assert crs.time is not None
        document, axis = self._document, crs.axes[0]
        notes = remarks or (_JULIAN if crs.code == "JulianDate" else "")
        start = document.opened("TemporalCRS", _hint(crs), title or _name(crs), coded, notes)
        view = AxisView("time", label, axis.direction, document.url("uom", "UCUM", axis.unit))
        role, system = system_gml(document, "time", [view])
        datum = document.opened("TemporalDatum", "datum", f"origin {crs.time.origin}")
        scope = element("gml:scope", UNKNOWN_SCOPE)
        return (
            f"{start}{scope}<gml:{role}>{system}</gml:{role}><gml:temporalDatum>{datum}{scope}"
            f"{element('gml:origin', crs.time.origin)}</gml:TemporalDatum></gml:temporalDatum></gml:TemporalCRS>"
        )

    def _index(self, crs: Crs, labels: Sequence[str], coded: tuple[str, str] | None, title: str, remarks: str) -> str:
        document = self._document
        start = document.opened("EngineeringCRS", _hint(crs), title or _name(crs), coded, remarks)
        unit = document.url("uom", "OGC", "GridSpacing")
        views = [
            AxisView(f"index {place}", label, axis.direction, unit)
            for place, (axis, label) in enumerate(zip(crs.axes, labels, strict=True), 1)
        ]
        role, system = system_gml(document, "Cartesian", views)
        datum = document.opened("EngineeringDatum", "datum", "grid")
        scope = element("gml:scope", "Integer coordinates of the cells of a grid.")
        return (
            f"{start}{scope}<gml:{role}>{system}</gml:{role}><gml:engineeringDatum>{datum}{scope}"
            f"{element('gml:anchorDefinition', 'Cell 0 of the grid.')}</gml:EngineeringDatum></gml:engineeringDatum>"
            "</gml:EngineeringCRS>"
        )

    def _registered(
        self,
        projection: pyproj.CRS,
        crs: Crs,
        labels: Sequence[str],
        coded: tuple[str, str] | None,
        title: str,
        remarks: str,
    ) -> str:
        """A single CRS that PROJ describes."""
        tree = projection.to_json_dict()
        tag = _tag(str(tree["type"]), projection.source_crs is not None)
        head = self._document.opened(
            tag, _hint(crs), title or projection.name, coded, remarks or tree.get("remarks", "")
        )
        parts = [head, *domains(usages(tree))]
        if projection.source_crs is not None and projection.coordinate_operation is not None:
            conversion = conversion_gml(self._document, projection.coordinate_operation.to_json_dict())
            parts.append(f"<gml:conversion>{conversion}</gml:conversion>")
            base = parse_crs(projection.source_crs.to_wkt())
            property_name = "baseGeodeticCRS" if tag == "ProjectedCRS" else "baseCRS"
            parts.append(f"<gml:{property_name}>{self._nested(base, base.labels)}</gml:{property_name}>")
        if tag == "DerivedCRS":
            parts.append(element("gml:derivedCRSType", str(tree["type"]), {"codeSpace": self._document.base}))
        role, system = self._system(projection, tree, labels)
        role = "coordinateSystem" if tag == "DerivedCRS" else role
        parts.append(f"<gml:{role}>{system}</gml:{role}>")
        if tag not in {"ProjectedCRS", "DerivedCRS"}:
            role, datum = self._datum(projection, tree)
            parts.append(f"<gml:{role}>{datum}</gml:{role}>")
        return "".join((*parts, f"</gml:{tag}>"))

    def _system(self, projection: pyproj.CRS, tree: Mapping[str, Any], labels: Sequence[str]) -> tuple[str, str]:
        whole = projection.coordinate_system.to_json_dict() if projection.coordinate_system else {}
        whole = whole if whole.get("axis") else tree["coordinate_system"]
        coded = self._document.coded("cs", whole)
        known = self._database.axes(coded[1], str(whole["id"]["code"])) if coded else ()
        views = [
            AxisView(
                name=str(axis.get("name") or label),
                label=label,
                direction=str(axis["direction"]),
                unit=unit_url(self._document, axis.get("unit") or tree["coordinate_system"].get("unit")),
                coded=(self._document.url("axis", known[place].authority, known[place].code), known[place].authority)
                if place < len(known)
                else None,
            )
            for place, (axis, label) in enumerate(zip(whole["axis"], labels, strict=True))
        ]
        return system_gml(self._document, str(whole["subtype"]), views, coded)

    def _datum(self, projection: pyproj.CRS, tree: Mapping[str, Any]) -> tuple[str, str]:
        datum = projection.datum.to_json_dict() if projection.datum else tree.get("datum") or tree["datum_ensemble"]
        if projection.ellipsoid is None or projection.prime_meridian is None:
            return datum_gml(self._document, datum)
        ellipsoid, meridian = projection.ellipsoid.to_json_dict(), projection.prime_meridian.to_json_dict()
        return datum_gml(self._document, datum, ellipsoid, meridian)


def _tag(kind: str, derived: bool) -> str:
    """The element for a CRS of a PROJJSON type."""
    if kind == "ProjectedCRS":
        return kind
    if derived:
        return "DerivedCRS"
    return {"GeographicCRS": "GeodeticCRS", "GeodeticCRS": "GeodeticCRS", "VerticalCRS": kind}.get(
        kind, "EngineeringCRS"
    )


def _name(crs: Crs) -> str:
    if crs.time is not None:
        return _TIME_NAMES.get(crs.code) or f"Time in {crs.time.unit} since {crs.time.origin}"
    return crs.code if crs.kind == "index" else str(crs.to_pyproj().name)


def _hint(crs: Crs) -> str:
    return f"crs-{crs.authority}-{crs.code}" if crs.code else "crs"
