# SPDX-License-Identifier: MIT
"""CRSs with parameters (OGC 11-135r2): what is answered when a URL leaves some of them without a value.

Those whose parameters all have values, defaults included, are answered as the CRS that results. The others are a
``crsnts:ParameterizedCRS`` that lists the parameters still to be given, each with the place in the definition where its
value goes, and the template that the definition is made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eoxserver.core.crs import Definitions
from eoxserver.core.crs.auto import AUTO_CODES, AUTO_VERSION
from eoxserver.services.crs.document import Document
from eoxserver.services.ows.xml import DECLARATION, attribute, attributes, element

__all__ = ["Unbound", "parameterized_gml", "template_text", "unbound_parameters"]

NAMESPACE = "http://www.opengis.net/crs-nts/1.0"

_TIMES = ("AnsiDate", "UnixTime", "JulianDate", "TruncatedJulianDate", "ChronometricGeologicTime")
_TEMPLATE = re.compile(r"\.(.+)-template")
_TARGETS = {
    "epoch": "//gml:TemporalDatum/gml:origin",
    "CenterLongitude": "//gml:ParameterValue[contains(gml:operationParameter//gml:name, 'Longitude')]/gml:value",
    "CenterLatitude": "//gml:ParameterValue[contains(gml:operationParameter//gml:name, 'Latitude')]/gml:value",
}


@dataclass(frozen=True, slots=True)
class Unbound:
    """A parameter without a value."""

    name: str
    target: str = ""
    """XPath of the place of its value in the template; empty where the template is no GML."""


def unbound_parameters(
    authority: str, version: str, code: str, given: Sequence[str], definitions: Definitions
) -> tuple[Unbound, ...]:
    """The parameters of a CRS that have neither a value nor a default.

    Parameters
    ----------
    given : sequence of str
        Names of the parameters that the URL gives.
    """
    names: Sequence[str] = ()
    if authority == "OGC" and code.lower() == "temporal":
        names = ("epoch",)
    elif authority == "AUTO" and code in AUTO_CODES:
        names = ("CenterLongitude", "CenterLatitude")
    lower = {name.lower() for name in given}
    found = [Unbound(name, _TARGETS[name]) for name in names if name.lower() not in lower]
    defined = definitions.find(authority, version, code)
    if defined is not None:
        found += [Unbound(one.name) for one in defined.unbound(dict.fromkeys(given, ""))]
    return tuple(found)


def template_text(authority: str, code: str) -> str | None:
    """The CRS text of a template (``.AnsiDate-template``) with values that stand for any; None when it is none."""
    match = _TEMPLATE.fullmatch(code)
    if match is None:
        return None
    known = {time.lower(): f"OGC/0/{time}" for time in _TIMES}
    known["temporal"] = 'OGC/0/Temporal?epoch="1970-01-01"'
    if authority == "OGC":
        return known.get(match[1].lower())
    if authority == "AUTO" and match[1] in AUTO_CODES:
        return f"AUTO/{AUTO_VERSION}/{match[1]}?CenterLongitude=0&CenterLatitude=0"
    return None


def parameterized_gml(
    document: Document, name: str, unbound: Sequence[Unbound], template: str, remarks: Mapping[str, str]
) -> bytes:
    """The document of a CRS with parameters to be given.

    Parameters
    ----------
    template : str
        URL of the template; empty when its definition is no GML.
    remarks : mapping
        Elements that say more, by name: ``gml:remarks``.
    """
    parts = [
        f'{DECLARATION}<crsnts:ParameterizedCRS xmlns:crsnts="{NAMESPACE}" xmlns:gml="http://www.opengis.net/gml/3.2"'
        f' xmlns:xlink="http://www.w3.org/1999/xlink" gml:id="{attribute(document.new_id("crs"))}">',
        element("gml:identifier", document.identifier, {"codeSpace": document.base}),
        element("gml:name", name),
        *(element(tag, text) for tag, text in remarks.items() if text),
        "<crsnts:parameters>",
    ]
    for parameter in unbound:
        target = element("crsnts:target", parameter.target) if parameter.target else ""
        parts.append(f"<crsnts:parameter{attributes({'name': parameter.name})}>{target}</crsnts:parameter>")
    parts.append("</crsnts:parameters>")
    if template:
        parts.append(f"<crsnts:targetCRS{attributes({'xlink:href': template})}/>")
    parts.append("</crsnts:ParameterizedCRS>\n")
    return "".join(parts).encode()
