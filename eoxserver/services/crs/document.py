# SPDX-License-Identifier: MIT
"""GML 3.2.1 (OGC 07-036, ISO 19136) documents of definitions: identifiers, links, areas, the parts all objects share.

What PROJ knows comes as its PROJJSON trees. All links lead to this resolver; an object without a code is named by the
definition it stands in and its ``gml:id`` there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eoxserver.services.ows.xml import DECLARATION, attributes, element, namespaces

__all__ = ["UNKNOWN_SCOPE", "Document", "Usage", "domains", "extent", "number", "usages"]

NAMESPACES = {
    "gml": "http://www.opengis.net/gml/3.2",
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gco": "http://www.isotc211.org/2005/gco",
    "xlink": "http://www.w3.org/1999/xlink",
}
SCHEMAS = {"http://www.opengis.net/gml/3.2": "http://schemas.opengis.net/gml/3.2.1/gml.xsd"}

UNKNOWN_SCOPE = "not known"
"""What stands for a scope that nobody has stated (ISO 19111)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an object is for, and where."""

    scope: str = UNKNOWN_SCOPE
    area: str = ""
    box: tuple[float, float, float, float] | None = None
    """West, south, east, north [degrees]."""


@dataclass
class Document:
    """A document being written.

    Parameters
    ----------
    base : str
        Public URL of the resolver (``https://host/def``).
    identifier : str
        URL of the definition the document is for.
    """

    base: str
    identifier: str
    _ids: set[str] = field(default_factory=set)

    def url(self, kind: str, authority: str, code: str | int, version: str = "0") -> str:
        """The URL of a definition."""
        return f"{self.base}/{kind}/{authority}/{version}/{code}"

    def coded(self, kind: str, tree: Mapping[str, Any]) -> tuple[str, str] | None:
        """The URL and the authority of a tree that has a code, or None."""
        named = tree.get("id")
        if not isinstance(named, Mapping):
            return None
        return self.url(kind, str(named["authority"]), named["code"]), str(named["authority"])

    def new_id(self, hint: str) -> str:
        """A ``gml:id`` that the document does not have yet."""
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", hint).strip("-.") or "object"
        stem = stem if re.match("[A-Za-z_]", stem) else f"_{stem}"
        found, count = stem, 1
        while found in self._ids:
            count += 1
            found = f"{stem}-{count}"
        self._ids.add(found)
        return found

    def opened(
        self,
        tag: str,
        hint: str,
        name: str,
        coded: tuple[str, str] | None = None,
        remarks: str = "",
        more: Mapping[str, str] | None = None,
    ) -> str:
        """The start tag of an object, its identifier, name and remarks.

        Parameters
        ----------
        hint : str
            What its ``gml:id`` is made of.
        coded : tuple, optional
            Its URL and authority; without one it is named by its ``gml:id`` in the document.
        more : mapping, optional
            Further attributes.
        """
        identity = self.new_id(hint)
        url, authority = coded or (f"{self.identifier}#{identity}", "")
        space = authority or self.base
        parts = [
            f"<gml:{tag}{attributes({'gml:id': identity, **(more or {})})}>",
            element("gml:identifier", url, {"codeSpace": space}),
            element("gml:name", name or "unnamed"),
        ]
        if remarks:
            parts.append(element("gml:remarks", remarks))
        return "".join(parts)

    def whole(self, content: str) -> bytes:
        """The document around its root, which gets the namespaces."""
        start = re.match(r"<[\w:]+", content)
        assert start is not None
        return (
            f"{DECLARATION}{content[: start.end()]}{namespaces(NAMESPACES, SCHEMAS)}{content[start.end() :]}\n".encode()
        )


def usages(tree: Mapping[str, Any]) -> Sequence[Usage]:
    """What a tree is for, and where; at least one."""
    found = [_usage(item) for item in tree.get("usages", ())] or [_usage(tree)]
    return tuple(found)


def domains(found: Sequence[Usage], most: int | None = None) -> Iterator[str]:
    """``gml:domainOfValidity`` and then ``gml:scope`` elements of usages."""
    places = [(usage.area, usage.box) for usage in found if usage.area or usage.box is not None]
    for area, box in list(dict.fromkeys(places))[:most]:
        yield f"<gml:domainOfValidity>{extent(area, box)}</gml:domainOfValidity>"
    for scope in dict.fromkeys(usage.scope for usage in found):
        yield element("gml:scope", scope)


def extent(description: str, box: tuple[float, float, float, float] | None) -> str:
    """An area as ``gmd:EX_Extent`` (ISO 19139)."""
    parts = ["<gmd:EX_Extent>"]
    if description:
        parts.append(f"<gmd:description>{element('gco:CharacterString', description)}</gmd:description>")
    if box is not None:
        names = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
        bounds = dict(zip(names, box, strict=True))
        parts.append("<gmd:geographicElement><gmd:EX_GeographicBoundingBox>")
        parts += [
            f"<gmd:{name}>{element('gco:Decimal', _decimal(bounds[name]))}</gmd:{name}>"
            for name in ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
        ]
        parts.append("</gmd:EX_GeographicBoundingBox></gmd:geographicElement>")
    return "".join((*parts, "</gmd:EX_Extent>"))


def number(value: float) -> str:
    """A number as ``xs:double``, the shortest text that gives the same."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else repr(float(value))


def _decimal(value: float) -> str:
    """A number as ``xs:decimal``, which has no exponent."""
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _usage(tree: Mapping[str, Any]) -> Usage:
    box = tree.get("bbox")
    bounds = None
    if isinstance(box, Mapping):
        bounds = (
            float(box["west_longitude"]),
            float(box["south_latitude"]),
            float(box["east_longitude"]),
            float(box["north_latitude"]),
        )
    return Usage(str(tree.get("scope") or UNKNOWN_SCOPE), str(tree.get("area") or ""), bounds)
