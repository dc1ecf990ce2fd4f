# SPDX-License-Identifier: MIT
"""EO-GML: the Earth Observation Metadata profile of Observations and Measurements (OGC 10-157r4, EOP 2.0 and 2.1).

Read are ``om:phenomenonTime``, the footprint (``eop:multiExtentOf``) and what identifies the product, from the general
schema and its thematic ones (optical, radar, atmospheric, altimetry, limb, synthesis), which share these elements.
Positions are in the axis order of their CRS: ``EPSG:4326`` means latitude before longitude.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

import numpy as np
from lxml import etree
from shapely.geometry import MultiPolygon, Polygon
from shapely.ops import unary_union

from eoxserver.core.crs import Crs, parse_crs, transform_points
from eoxserver.core.errors import DataUnavailable, EOxServerError
from eoxserver.core.util.timetools import parse_iso8601
from eoxserver.plugins import hookimpl
from eoxserver.resources.coverages.footprints import ring_polygon, wrapped
from eoxserver.resources.coverages.metadata.base import EOMetadata
from eoxserver.resources.coverages.metadata.xml import parse_document, root_name

__all__ = ["EOGMLReader", "eoxs_metadata_readers"]

_NAMESPACE = re.compile(r"http://www\.opengis\.net/(eop|opt|sar|atm|alt|lmb|ssp)/2\.[01]")
_OM = "{http://www.opengis.net/om/2.0}"
_GML = "{http://www.opengis.net/gml/3.2}"
_OLD_SRS = re.compile(r"http://www\.opengis\.net/gml/srs/epsg\.xml#([0-9]+)")

FACTS: Mapping[str, tuple[str, ...]] = {
    "platform": ("Platform", "shortName"),
    "platformSerialIdentifier": ("Platform", "serialIdentifier"),
    "instrument": ("Instrument", "shortName"),
    "sensorType": ("Sensor", "sensorType"),
    "operationalMode": ("Sensor", "operationalMode"),
    "resolution": ("Sensor", "resolution"),
    "orbitNumber": ("Acquisition", "orbitNumber"),
    "orbitDirection": ("Acquisition", "orbitDirection"),
    "polarisationMode": ("Acquisition", "polarisationMode"),
    "polarisationChannels": ("Acquisition", "polarisationChannels"),
    "cloudCoverPercentage": ("EarthObservationResult", "cloudCoverPercentage"),
    "parentIdentifier": ("EarthObservationMetaData", "parentIdentifier"),
    "acquisitionType": ("EarthObservationMetaData", "acquisitionType"),
    "productType": ("EarthObservationMetaData", "productType"),
    "status": ("EarthObservationMetaData", "status"),
    "processingCenter": ("ProcessingInformation", "processingCenter"),
    "processingLevel": ("ProcessingInformation", "processingLevel"),
}
"""Name of a fact -> the element that holds it, by the local names of itself and its parent."""


class EOGMLReader:
    """Reads Earth observation metadata in GML."""

    key: ClassVar[str] = "eogml"
    suffixes: ClassVar[tuple[str, ...]] = (".xml", ".gml")

    def can_read(self, path: str) -> bool:
        """Whether the first element of the document is an EarthObservation of EOP 2."""
        name = root_name(path)
        return (
            name is not None
            and name.localname == "EarthObservation"
            and _NAMESPACE.fullmatch(name.namespace or "") is not None
        )

    def read(self, path: str) -> EOMetadata:
        """Times, footprint, identifier and product facts; raises DataUnavailable."""
        root = parse_document(path)
        name = etree.QName(root)
        if name.localname != "EarthObservation" or not _NAMESPACE.fullmatch(name.namespace or ""):
            raise DataUnavailable(f"{path}: {root.tag} is not an EarthObservation of EOP 2.0 or 2.1", locator=path)
        try:
            begin, end = _times(root)
            return EOMetadata(
                identifier=_first(root, "EarthObservationMetaData", "identifier"),
                begin_time=begin,
                end_time=end,
                footprint=_footprint(root),
                extra=_facts(root),
            )
        except (EOxServerError, ValueError) as error:
            raise DataUnavailable(f"{path}: {error}", locator=path) from error


@hookimpl
def eoxs_metadata_readers() -> list[type]:
    """Bring the EO-GML reader."""
    return [EOGMLReader]


def _text(element: etree._Element | None) -> str | None:
    text = "".join(str(part) for part in element.itertext()).strip() if element is not None else ""
    return text or None


def _first(root: etree._Element, parent: str, name: str) -> str | None:
    """The text of the first element of this local name in a parent of that one."""
    for holder in root.iter(f"{{*}}{parent}"):
        found = _text(holder.find(f"{{*}}{name}"))
        if found is not None:
            return found
    return None


def _facts(root: etree._Element) -> dict[str, str]:
    found = {fact: _first(root, *where) for fact, where in FACTS.items()}
    return {fact: text for fact, text in found.items() if text is not None}


def _times(root: etree._Element) -> tuple[datetime | None, datetime | None]:
    phenomenon = root.find(f"{_OM}phenomenonTime")
    if phenomenon is None:
        return None, None
    texts = [_text(phenomenon.find(f"{_GML}TimePeriod/{_GML}{name}Position")) for name in ("begin", "end")]
    if texts == [None, None]:
        texts = [_text(phenomenon.find(f"{_GML}TimeInstant/{_GML}timePosition"))] * 2
    begin, end = (parse_iso8601(text) if text is not None else None for text in texts)
    if begin is not None and end is not None and end < begin:
        raise ValueError(f"phenomenonTime ends ({texts[1]}) before it begins ({texts[0]})")
    return begin or end, end or begin


def _footprint(root: etree._Element) -> MultiPolygon | None:
    polygons = [
        _polygon(element) for extent in root.iter("{*}multiExtentOf") for element in extent.iter(f"{_GML}Polygon")
    ]
    return wrapped(unary_union([wrapped(polygon) for polygon in polygons])) if polygons else None


def _polygon(element: etree._Element) -> Polygon:
    exterior = element.find(f"{_GML}exterior/{_GML}LinearRing")
    if exterior is None:
        raise ValueError("a gml:Polygon without exterior ring")
    holes = element.iterfind(f"{_GML}interior/{_GML}LinearRing")
    return ring_polygon(_positions(exterior), (_positions(hole) for hole in holes))


def _positions(ring: etree._Element) -> list[tuple[float, float]]:
    """The positions of a ring as (longitude, latitude)."""
    holder = ring.find(f"{_GML}posList")
    if holder is None:
        holder = ring
        texts = [element.text or "" for element in ring.iterfind(f"{_GML}pos")]
    else:
        texts = [holder.text or ""]
    try:
        numbers = np.array([float(word) for text in texts for word in text.split()])
    except ValueError as error:
        raise ValueError(f"a position is not a number: {error}") from error
    size = int(_inherited(holder, "srsDimension") or (numbers.size // len(texts) if len(texts) > 1 else 2))
    if size not in (2, 3) or numbers.size % size:
        raise ValueError(f"{numbers.size} numbers cannot be positions of {size} coordinates")
    first, second = numbers.reshape(-1, size)[:, :2].T
    crs = _crs(_inherited(holder, "srsName"))
    x, y = (second, first) if crs.yx else (first, second)
    if crs.epsg != 4326:
        x, y = transform_points(crs, parse_crs("EPSG:4326"), x, y)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _crs(name: str | None) -> Crs:
    old = _OLD_SRS.fullmatch(name or "")
    return parse_crs(f"EPSG:{old[1]}" if old else name or "EPSG:4326")


def _inherited(element: etree._Element, attribute: str) -> str | None:
    """An attribute of an element, or of the nearest one around it."""
    return next((value for value in _values(element, attribute) if value is not None), None)


def _values(element: etree._Element, attribute: str) -> Iterator[str | None]:
    yield element.get(attribute)
    for parent in element.iterancestors():
        yield parent.get(attribute)
