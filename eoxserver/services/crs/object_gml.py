# SPDX-License-Identifier: MIT
"""What CRSs are made of, in GML 3.2.1: axes, coordinate systems, datums, ellipsoids, conversions, units, areas.

Objects come as PROJJSON trees, or as rows of PROJ's database. GML 3.2 knows no datum ensembles and no dynamic frames:
they are datums whose remarks say the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj.database

from eoxserver.services.crs.document import Document, domains, extent, number, usages
from eoxserver.services.crs.proj_database import Area, Unit
from eoxserver.services.ows.xml import element

__all__ = [
    "AxisView", "area_gml", "axis_gml", "conversion_gml", "datum_gml", "ellipsoid_gml", "meridian_gml", "method_gml",
    "parameter_gml", "system_gml", "unit_gml", "unit_url",
]  # fmt: skip

_COMMON_UNITS = {"degree": ("EPSG", "9122"), "metre": ("EPSG", "9001"), "unity": ("EPSG", "9201")}
_PREFERRED = {"length": "9001", "angle": "9101", "scale": "9201", "time": "1040"}
"""EPSG codes of the units that others are multiples of."""
_SYSTEMS = {
    "ellipsoidal": "Ellipsoidal",
    "Cartesian": "Cartesian",
    "vertical": "Vertical",
    "spherical": "Spherical",
    "affine": "Affine",
    "cylindrical": "Cylindrical",
    "linear": "Linear",
    "polar": "Polar",
    "time": "Time",
}
"""Types of coordinate systems in PROJ and in GML; all others are user-defined ones."""


@dataclass(frozen=True, slots=True)
class AxisView:
    """An axis as it is written."""

    name: str
    label: str
    direction: str
    unit: str
    """Its URL, or its symbol."""
    coded: tuple[str, str] | None = None
    """URL and authority."""


def unit_url(document: Document, unit: object) -> str:
    """The URL of a unit of a PROJJSON tree; its symbol where no register has it.

    Parameters
    ----------
    unit : str, dict or None
        A name, or a tree with a name and maybe a code.
    """
    if isinstance(unit, Mapping):
        coded = document.coded("uom", unit)
        if coded is not None:
            return coded[0]
        unit = unit.get("name")
    name = str(unit or "unity")
    known = _COMMON_UNITS.get(name) or _units().get(name) or _units().get(name.lower())
    if known is not None:
        return document.url("uom", *known)
    return re.sub(r"[\s:]+", "_", name)


def axis_gml(document: Document, axis: AxisView) -> str:
    """A ``gml:CoordinateSystemAxis``."""
    start = document.opened(
        "CoordinateSystemAxis", f"axis-{axis.label}", axis.name, axis.coded, more={"uom": axis.unit}
    )
    space = axis.coded[1] if axis.coded else document.base
    return (
        f"{start}{element('gml:axisAbbrev', axis.label)}"
        f"{element('gml:axisDirection', axis.direction, {'codeSpace': space})}</gml:CoordinateSystemAxis>"
    )


def system_gml(
    document: Document, kind: str, axes: Sequence[AxisView], coded: tuple[str, str] | None = None, name: str = ""
) -> tuple[str, str]:
    """A coordinate system with its axes: its name as a property of a CRS (``cartesianCS``), and the element.

    Parameters
    ----------
    kind : str
        Its type in PROJ's words, or ``time``.
    """
    tag = f"{_SYSTEMS.get(kind, 'UserDefined')}CS"
    start = document.opened(tag, f"cs-{kind}", name or f"{kind}, {', '.join(axis.label for axis in axes)}", coded)
    inner = "".join(f"<gml:axis>{axis_gml(document, axis)}</gml:axis>" for axis in axes)
    return f"{tag[0].lower()}{tag[1:]}", f"{start}{inner}</gml:{tag}>"


def ellipsoid_gml(document: Document, tree: Mapping[str, Any]) -> str:
    """A ``gml:Ellipsoid``."""
    name = str(tree.get("name", ""))
    start = document.opened("Ellipsoid", f"ellipsoid-{name}", name, document.coded("ellipsoid", tree))
    if "radius" in tree:
        major, second = _measure(document, "gml:semiMajorAxis", tree["radius"]), "<gml:isSphere>true</gml:isSphere>"
    else:
        major = _measure(document, "gml:semiMajorAxis", tree["semi_major_axis"])
        if "semi_minor_axis" in tree:
            second = _measure(document, "gml:semiMinorAxis", tree["semi_minor_axis"])
        else:
            second = element(
                "gml:inverseFlattening", number(tree["inverse_flattening"]), {"uom": unit_url(document, "unity")}
            )
    return (
        f"{start}{major}<gml:secondDefiningParameter><gml:SecondDefiningParameter>{second}"
        "</gml:SecondDefiningParameter></gml:secondDefiningParameter></gml:Ellipsoid>"
    )


def meridian_gml(document: Document, tree: Mapping[str, Any]) -> str:
    """A ``gml:PrimeMeridian``."""
    name = str(tree.get("name", ""))
    start = document.opened("PrimeMeridian", f"meridian-{name}", name, document.coded("meridian", tree))
    return f"{start}{_measure(document, 'gml:greenwichLongitude', tree['longitude'], 'degree')}</gml:PrimeMeridian>"


def datum_gml(
    document: Document,
    tree: Mapping[str, Any],
    ellipsoid: Mapping[str, Any] | None = None,
    meridian: Mapping[str, Any] | None = None,
) -> tuple[str, str]:
    """A datum: its name as a property of a CRS (``geodeticDatum``), and the element.

    Parameters
    ----------
    tree : mapping
        A reference frame or an ensemble of some.
    ellipsoid, meridian : mapping, optional
        Those of a geodetic datum.
    """
    kind = "Geodetic" if ellipsoid is not None else "Vertical" if "Vertical" in tree.get("type", "") else "Engineering"
    if ellipsoid is None and (tree.get("type") == "DatumEnsemble" or "members" in tree):
        kind = "Vertical"
    name = str(tree.get("name", ""))
    tag = f"{kind}Datum"
    start = document.opened(tag, f"datum-{name}", name, document.coded("datum", tree), _datum_remarks(tree))
    parts = [start, *domains(usages(tree), 1)]
    if tree.get("anchor"):
        parts.append(element("gml:anchorDefinition", str(tree["anchor"])))
    if ellipsoid is not None and meridian is not None:
        parts.append(f"<gml:primeMeridian>{meridian_gml(document, meridian)}</gml:primeMeridian>")
        parts.append(f"<gml:ellipsoid>{ellipsoid_gml(document, ellipsoid)}</gml:ellipsoid>")
    return f"{tag[0].lower()}{tag[1:]}", "".join((*parts, f"</gml:{tag}>"))


def conversion_gml(document: Document, tree: Mapping[str, Any]) -> str:
    """A ``gml:Conversion`` with its method and the values of its parameters."""
    name = str(tree.get("name", ""))
    start = document.opened(
        "Conversion", f"conversion-{name}", name, document.coded("coordinateOperation", tree), tree.get("remarks", "")
    )
    method = tree["method"]
    parts = [start, *domains(usages(tree), 1)]
    named = method_gml(document, str(method.get("name", "")), document.coded("method", method))
    parts.append(f"<gml:method>{named}</gml:method>")
    for parameter in tree.get("parameters", ()):
        called = str(parameter.get("name", ""))
        inner = parameter_gml(document, called, document.coded("parameter", parameter))
        parts.append(
            f"<gml:parameterValue><gml:ParameterValue>{_value(document, parameter)}<gml:operationParameter>{inner}"
            "</gml:operationParameter></gml:ParameterValue></gml:parameterValue>"
        )
    return "".join((*parts, "</gml:Conversion>"))


def method_gml(document: Document, name: str, coded: tuple[str, str] | None) -> str:
    """A ``gml:OperationMethod``; its formula is where the register says."""
    start = document.opened("OperationMethod", f"method-{name}", name, coded)
    where = "IOGP Publication 373-7-2" if coded and coded[1] == "EPSG" else "the documentation of PROJ"
    return f"{start}{element('gml:formula', f'{name}, see {where}')}</gml:OperationMethod>"


def parameter_gml(document: Document, name: str, coded: tuple[str, str] | None) -> str:
    """A ``gml:OperationParameter``."""
    return f"{document.opened('OperationParameter', f'parameter-{name}', name, coded)}</gml:OperationParameter>"


def unit_gml(document: Document, unit: Unit, authority: str, code: str, preferred: str = "") -> str:
    """A unit, as a multiple of the preferred one of its quantity where it is one.

    Parameters
    ----------
    preferred : str
        Code of the preferred unit, of the same authority; by default that of EPSG for its quantity.
    """
    code_of_preferred = preferred or _PREFERRED.get(unit.quantity, "")
    convertible = unit.factor is not None and code_of_preferred not in ("", code)
    tag = "ConventionalUnit" if convertible else "UnitDefinition"
    coded = (document.url("uom", authority, code), authority)
    parts = [document.opened(tag, f"uom-{unit.name}", unit.name, coded), element("gml:quantityType", unit.quantity)]
    if convertible and unit.factor is not None:
        url = document.url("uom", authority if preferred else "EPSG", code_of_preferred)
        parts.append(
            f'<gml:conversionToPreferredUnit uom="{url}">{element("gml:factor", number(unit.factor))}'
            "</gml:conversionToPreferredUnit>"
        )
    return "".join((*parts, f"</gml:{tag}>"))


def area_gml(document: Document, area: Area, authority: str, code: str) -> str:
    """An area of use: a ``gml:Definition`` whose remarks describe it.

    GML has no element for an area by itself; its box is ISO 19139, as in the CRSs that are used there.
    """
    coded = (document.url("area", authority, code), authority)
    start = document.opened("Definition", f"area-{code}", area.name, coded)
    box = extent(area.description, area.box)
    found = f"<gml:metaDataProperty><gml:GenericMetaData>{box}</gml:GenericMetaData></gml:metaDataProperty>"
    head, identifier, rest = start.partition("<gml:identifier")
    return f"{head}{found}{identifier}{rest}{element('gml:remarks', area.description)}</gml:Definition>"


def _datum_remarks(tree: Mapping[str, Any]) -> str:
    """What GML has no elements for."""
    parts = [str(tree["remarks"])] if tree.get("remarks") else []
    if tree.get("members"):
        names = ", ".join(str(member.get("name", "")) for member in tree["members"])
        parts.append(f"Datum ensemble of {names}; accuracy {tree.get('accuracy', 'not known')} m.")
    if "frame_reference_epoch" in tree:
        parts.append(f"Dynamic reference frame, epoch {tree['frame_reference_epoch']}.")
    return " ".join(parts)


def _measure(document: Document, tag: str, value: Any, unit: str = "metre") -> str:
    """A number, or a tree of value and unit, as an element with ``uom``."""
    if isinstance(value, Mapping):
        return element(tag, number(value["value"]), {"uom": unit_url(document, value.get("unit"))})
    return element(tag, number(value), {"uom": unit_url(document, unit)})


def _value(document: Document, parameter: Mapping[str, Any]) -> str:
    value = parameter["value"]
    if isinstance(value, str):
        return element("gml:stringValue", value)
    return _measure(document, "gml:value", {"value": value, "unit": parameter.get("unit", "unity")})


@lru_cache(maxsize=1)
def _units() -> Mapping[str, tuple[str, str]]:
    """Authority and code of units by name."""
    return {
        name: (unit.auth_name, unit.code) for name, unit in pyproj.database.get_units_map(allow_deprecated=True).items()
    }
