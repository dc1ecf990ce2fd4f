# SPDX-License-Identifier: MIT
"""A coverage in GML, read: grids and points of GMLCOV 1.0 (OGC 09-146r2), general grids of CIS 1.1 (OGC 09-146r8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import MULTI_POINT, Points
from eoxserver.core.crs import ParseCrs
from eoxserver.core.domain import Domain
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.fields import FieldText, range_fields
from eoxserver.services.wcst.general_grid import general_grid
from eoxserver.services.wcst.grids import envelope, grid_domain
from eoxserver.services.wcst.metadata import extension_text
from eoxserver.services.wcst.multipoints import POINT_AXIS, multi_points
from eoxserver.services.wcst.rangeset import FileCells, TupleCells, general_range_set, range_set
from eoxserver.services.wcst.xmlinput import find, local_name, one, parse_large

__all__ = ["Document", "read_document"]

_GRIDS = ("GridCoverage", "RectifiedGridCoverage", "ReferenceableGridCoverage")
_GENERAL = ("GeneralGridCoverage", "CoverageByDomainAndRange")
_ID = "{http://www.opengis.net/gml/3.2}id"


@dataclass(frozen=True, slots=True)
class Document:
    """What a coverage in GML says; its cells are still text, or in a file."""

    identifier: str
    domain: Domain
    fields: tuple[FieldText, ...]
    cells: TupleCells | FileCells
    metadata: str = ""
    """XML or JSON; empty without."""
    points: Points | None = None
    """Positions of the cells, where they are points along an index axis."""

    @property
    def frame(self) -> Domain:
        """The axes of the CRS."""
        return self.domain if self.points is None else self.points.frame

    def types(self, given: Sequence[np.dtype[Any]], default: np.dtype[Any] | None) -> list[np.dtype[Any] | None]:
        """The type of each field: given, else of its definition, else ``default``.

        Raises
        ------
        TransactionError
            When types are given for another number of fields.
        """
        if len(given) not in (0, 1, len(self.fields)):
            raise TransactionError(
                "InvalidParameterValue",
                f"pixelDataType has {len(given)} types; the coverage has {len(self.fields)} fields",
                locator="pixelDataType",
            )
        if given:
            return [given[0] if len(given) == 1 else given[i] for i in range(len(self.fields))]
        return [field.dtype or default for field in self.fields]


def read_document(data: bytes, parse: ParseCrs) -> Document:
    """Read a coverage.

    Parameters
    ----------
    parse : callable
        From the name of a CRS to the CRS.

    Raises
    ------
    TransactionError
        Named for what is missing or wrong.
    CrsUnknown
        When it is in a CRS that nobody knows.
    """
    root = parse_large(data)
    kind = local_name(root)
    if kind in _GENERAL:
        return _general(root, parse)
    if kind == MULTI_POINT:
        return _points(root, parse)
    if kind not in _GRIDS:
        accepted = ", ".join((*_GRIDS, MULTI_POINT, _GENERAL[0]))
        raise TransactionError("WCSTInvalidXML", f"the document is a {kind}, no coverage; accepted: {accepted}")
    frame = envelope(one(one(root, "boundedBy"), "Envelope"), parse)
    domain, first = grid_domain(one(root, "domainSet"), frame)
    return Document(
        identifier=_identifier(root),
        domain=domain,
        fields=range_fields(one(root, "rangeType")),
        cells=range_set(root, first),
        metadata=extension_text(find(root, "metadata", "Extension")),
    )


def _points(root: etree._Element, parse: ParseCrs) -> Document:
    """A coverage of points, whose cells lie along an index axis in the order of the document."""
    frame = envelope(one(one(root, "boundedBy"), "Envelope"), parse)
    points = multi_points(one(root, "domainSet"), frame, parse)
    return Document(
        identifier=_identifier(root),
        domain=Domain((IndexAxis(POINT_AXIS, points.source.shape[0]),)),
        fields=range_fields(one(root, "rangeType")),
        cells=range_set(root, (0,)),
        metadata=extension_text(find(root, "metadata", "Extension")),
        points=points,
    )


def _general(root: etree._Element, parse: ParseCrs) -> Document:
    domain = general_grid(one(root, "domainSet"), parse)
    return Document(
        identifier=_identifier(root),
        domain=domain,
        fields=range_fields(one(root, "rangeType")),
        cells=general_range_set(root),
        metadata=extension_text(find(root, "metadata")),
    )


def _identifier(root: etree._Element) -> str:
    return str(root.get(_ID) or root.get("id") or "").strip()
