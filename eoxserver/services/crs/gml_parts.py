# SPDX-License-Identifier: MIT
"""Elements that definitions in GML have in common: names, references, numbers, units, axes (OGC 07-036, clause 12)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyproj.database
from lxml import etree

from eoxserver.core.errors import CrsUnknown
from eoxserver.services.crs.proj_database import Axis, ProjDatabase

__all__ = ["GmlParts", "Reference", "every", "lacking", "reference_of", "the", "word"]

_HREF = "{http://www.w3.org/1999/xlink}href"
_URL = re.compile(r"(?:.*/def/)?([A-Za-z-]+)/([A-Za-z0-9_]+)/([^/]*)/([A-Za-z0-9_.-]+)")
_URN = re.compile(r"urn:(?:ogc|x-ogc):def:([A-Za-z-]+):([A-Za-z0-9_]+):([^:]*):([A-Za-z0-9_.-]+)", re.IGNORECASE)
_COMMON = {
    ("EPSG", "9001"): "metre", ("EPSG", "9201"): "unity",
    **dict.fromkeys([("EPSG", "9102"), ("EPSG", "9107"), ("EPSG", "9108"), ("EPSG", "9122")], "degree"),
}  # fmt: skip
"""In 9107 and 9108 it is left open how degrees are written, which means nothing here."""
_SYMBOLS = {"m": "metre", "deg": "degree", "rad": "radian", "": "unity", "1": "unity"}
_UNIT_TYPES = {"length": "LinearUnit", "angle": "AngularUnit", "scale": "ScaleUnit", "time": "TimeUnit"}
_SYSTEMS = {
    "EllipsoidalCS": "ellipsoidal", "CartesianCS": "Cartesian", "VerticalCS": "vertical", "SphericalCS": "spherical",
}  # fmt: skip

_Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of an object in a register."""

    kind: str
    authority: str
    version: str
    code: str


def reference_of(text: str) -> Reference | None:
    """What a URL of a resolver, or a URN, names; None when it is neither.

    >>> reference_of("http://www.opengis.net/def/uom/EPSG/0/9122")
    Reference(kind='uom', authority='EPSG', version='0', code='9122')
    >>> reference_of("urn:ogc:def:cs:EPSG::4400").code
    '4400'
    """
    match = _URL.fullmatch(text.strip()) or _URN.fullmatch(text.strip())
    return None if match is None else Reference(match[1], match[2].upper(), match[3], match[4])


def word(element: etree._Element) -> str:
    """The local name of an element."""
    return str(etree.QName(element).localname)


def every(element: etree._Element, name: str = "") -> list[etree._Element]:
    """The child elements, those of a name where one is given."""
    found = list(element.iterchildren("*"))
    return [child for child in found if word(child) == name] if name else found


def the(element: etree._Element, *path: str) -> etree._Element:
    """The only element along a path of names; raises CrsUnknown."""
    for name in path:
        found = every(element, name)
        if len(found) != 1:
            raise lacking(name, element, len(found))
        element = found[0]
    return element


def lacking(name: str, element: etree._Element, count: int = 0) -> CrsUnknown:
    """An element is not there once."""
    how = "lacks" if not count else f"has {count} times, where one is wanted,"
    return CrsUnknown(f"the definition in GML: {word(element)} {how} an element {name}", locator=name)


class GmlParts:
    """Reads what stands in elements, as PROJJSON has it."""

    def __init__(self, database: ProjDatabase) -> None:
        self._database = database

    def name(self, element: etree._Element) -> str:
        """The name of an object."""
        names = [(one.text or "").strip() for one in every(element, "name")]
        return names[0] if names and names[0] else word(element)

    def property(self, element: etree._Element) -> tuple[Reference, etree._Element | None]:
        """What a property names, or the object in it; raises CrsUnknown when it does neither."""
        inside = every(element)
        if len(inside) == 1:
            return Reference("", "", "", ""), inside[0]
        href = element.get(_HREF, "")
        reference = reference_of(href)
        if inside or reference is None:
            found = f"refers to '{href}'" if href else "has nothing in it"
            raise CrsUnknown(
                f"the definition in GML: {word(element)} {found}; an object, or a URL as "
                "http://www.opengis.net/def/KIND/EPSG/0/CODE is wanted",
                locator=word(element),
            )
        return reference, None

    def identified(self, element: etree._Element, kind: str) -> Reference | None:
        """The name in a register that an object says to have; None without one."""
        for one in every(element, "identifier"):
            found = reference_of(one.text or "")
            if found is not None and found.kind == kind and found.authority in pyproj.database.get_authorities():
                return found
        return None

    def number(self, element: etree._Element) -> float:
        """A finite number; raises CrsUnknown."""
        text = (element.text or "").strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise CrsUnknown(f"the definition in GML: {word(element)} is '{text}', no number", locator=word(element))
        return value

    def measure(self, element: etree._Element) -> float | _Tree:
        """A number with its unit; a plain one in metres and degrees."""
        value, unit = self.number(element), self.unit(element.get("uom", ""))
        return value if unit in ("metre", "degree") else {"value": value, "unit": unit}

    def unit(self, uom: str) -> str | _Tree:
        """A unit by its URL, symbol or name; raises CrsUnknown."""
        reference = reference_of(uom)
        if reference is None:
            return self._unit_of_name(uom)
        common = _COMMON.get((reference.authority, reference.code))
        if common is not None:
            return common
        unit = self._database.unit(reference.authority, reference.code)
        if unit is None or unit.factor is None or unit.quantity not in _UNIT_TYPES:
            raise _no_unit(uom)
        return {"type": _UNIT_TYPES[unit.quantity], "name": unit.name, "conversion_factor": unit.factor}

    def _unit_of_name(self, uom: str) -> str | _Tree:
        name = _SYMBOLS.get(uom.strip(), uom.strip())
        if name in _COMMON.values():
            return name
        known = pyproj.database.get_units_map(allow_deprecated=True).get(name)
        if known is None:
            raise _no_unit(uom)
        return self.unit(f"uom/{known.auth_name}/0/{known.code}")

    def called(self, element: etree._Element, kind: str) -> _Tree:
        """The name and the identifier of a method or parameter, whether it stands there or is named only."""
        reference, inside = self.property(element)
        if inside is not None:
            found: _Tree = {"name": self.name(inside)}
            known = self.identified(inside, kind)
            return found if known is None else {**found, "id": _identity(known)}
        name = self._database.name(kind, reference.authority, reference.code)
        if name is None:
            raise CrsUnknown(f"there is no {kind} {reference.authority}/{reference.code}", locator=reference.code)
        return {"name": name, "id": _identity(reference)}

    def value(self, element: etree._Element) -> _Tree:
        """The value of a parameter of a conversion."""
        found = self.called(the(element, "operationParameter"), "parameter")
        texts = every(element, "stringValue")
        if texts:
            return {**found, "value": (texts[0].text or "").strip()}
        given = the(element, "value")
        return {**found, "value": self.number(given), "unit": self.unit(given.get("uom", ""))}

    def system(self, element: etree._Element) -> _Tree:
        """A coordinate system."""
        reference, inside = self.property(element)
        if inside is None:
            kind = self._database.system(reference.authority, reference.code)
            axes = [self._known_axis(one) for one in self._database.axes(reference.authority, reference.code)]
            if kind is None:
                raise CrsUnknown(f"there is no system {reference.authority}/{reference.code}", locator=reference.code)
            return {"subtype": kind, "axis": axes}
        if word(inside) not in _SYSTEMS:
            raise CrsUnknown(
                f"a {word(inside)} in GML is not read; accepted: {', '.join(_SYSTEMS)}", locator=word(element)
            )
        return {"subtype": _SYSTEMS[word(inside)], "axis": [self._axis(one) for one in every(inside, "axis")]}

    def _axis(self, element: etree._Element) -> Mapping[str, Any]:
        reference, inside = self.property(element)
        if inside is None:
            known = self._database.axis(reference.authority, reference.code)
            if known is None:
                raise CrsUnknown(f"there is no axis {reference.authority}/{reference.code}", locator=reference.code)
            return self._known_axis(known)
        return {
            "name": self.name(inside),
            "abbreviation": (the(inside, "axisAbbrev").text or "").strip(),
            "direction": (the(inside, "axisDirection").text or "").strip(),
            "unit": self.unit(inside.get("uom", "")),
        }

    def _known_axis(self, axis: Axis) -> _Tree:
        return {
            "name": axis.name,
            "abbreviation": axis.abbreviation,
            "direction": axis.direction,
            "unit": self.unit(f"uom/{axis.unit_authority}/0/{axis.unit_code}"),
        }


def _identity(reference: Reference) -> _Tree:
    code = reference.code
    return {"authority": reference.authority, "code": int(code) if code.isdecimal() else code}


def _no_unit(uom: str) -> CrsUnknown:
    return CrsUnknown(
        f"the definition in GML: '{uom}' is no unit that is known and a multiple of others", locator="uom"
    )
