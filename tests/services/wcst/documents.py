# SPDX-License-Identifier: MIT
"""Coverages in GML for tests, written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["FIELD", "cells", "cube", "field", "file_cells", "grid2d", "index2d", "points"]

HEAD = (
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:gmlcov="http://www.opengis.net/gmlcov/1.0" '
    'xmlns:swe="http://www.opengis.net/swe/2.0" xmlns:gmlrgrid="http://www.opengis.net/gml/3.3/rgrid"'
)
ROOT = "http://www.opengis.net/def/crs"
CUBE_CRS = f"{ROOT}-compound?1={ROOT}/OGC/0/AnsiDate&amp;2={ROOT}/EPSG/0/4326"
TYPES = "http://www.opengis.net/def/dataType/OGC/0/"


def field(name: str = "v", data_type: str = "", inner: str = "", uom: str = "10^0") -> str:
    """A field of a range type."""
    definition = f' definition="{TYPES}{data_type}"' if data_type else ""
    return (
        f'<swe:field name="{name}"><swe:Quantity{definition}>{inner}<swe:uom code="{uom}"/><swe:constraint/>'
        "</swe:Quantity></swe:field>"
    )


FIELD = field()


def cells(values: str, separators: str = 'ts="," cs=" "') -> str:
    """The content of a range set with values."""
    attributes = f" {separators}" if separators else ""
    return f"<gml:DataBlock><gml:rangeParameters/><gml:tupleList{attributes}>{values}</gml:tupleList></gml:DataBlock>"


def file_cells(reference: str, parameters: str = "", mime: str = "image/tiff") -> str:
    """The content of a range set with a file."""
    return (
        f"<gml:File><gml:rangeParameters>{parameters}</gml:rangeParameters>"
        f"<gml:fileReference>{reference}</gml:fileReference><gml:fileStructure/><gml:mimeType>{mime}</gml:mimeType>"
        "</gml:File>"
    )


def _document(kind: str, identifier: str, envelope: str, grid: str, content: str, fields: str, metadata: str) -> str:
    extension = (
        f"<gmlcov:metadata><gmlcov:Extension>{metadata}</gmlcov:Extension></gmlcov:metadata>" if metadata else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><gmlcov:{kind} {HEAD} gml:id="{identifier}">'
        f"<gml:boundedBy>{envelope}</gml:boundedBy><gml:domainSet>{grid}</gml:domainSet>"
        f"<gml:rangeSet>{content}</gml:rangeSet>"
        f"<gmlcov:rangeType><swe:DataRecord>{fields}</swe:DataRecord></gmlcov:rangeType>{extension}</gmlcov:{kind}>"
    )


def index2d(identifier: str = "demo", values: str = "1,2,3,4,5,6", fields: str = FIELD, content: str = "") -> str:
    """A grid of 2 x 3 cells, i and j, that is not tied to the Earth."""
    crs = f"{ROOT}/OGC/0/Index2D"
    return _document(
        "GridCoverage",
        identifier,
        f'<gml:Envelope srsName="{crs}" axisLabels="i j" uomLabels="GridSpacing GridSpacing" srsDimension="2">'
        "<gml:lowerCorner>0 0</gml:lowerCorner><gml:upperCorner>1 2</gml:upperCorner></gml:Envelope>",
        '<gml:Grid dimension="2" gml:id="grid"><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low>'
        "<gml:high>1 2</gml:high></gml:GridEnvelope></gml:limits><gml:axisLabels>i j</gml:axisLabels></gml:Grid>",
        content or cells(values),
        fields,
        "",
    )


def grid2d(
    content: str,
    identifier: str = "map",
    shape: tuple[int, int] = (4, 6),
    corner: tuple[float, float] = (50.0, 10.0),
    step: float = 0.5,
    fields: str = FIELD,
    metadata: str = "",
    grid_order: str = "Lat Long",
) -> str:
    """A grid of latitudes, falling, and longitudes; ``corner`` is its north-west one (edges)."""
    crs = f"{ROOT}/EPSG/0/4326"
    rows, columns = shape
    north, west = corner
    vectors = [f"{-step} 0", f"0 {step}"]
    high = [rows - 1, columns - 1]
    if grid_order == "Long Lat":
        vectors.reverse()
        high.reverse()
    return _document(
        "RectifiedGridCoverage",
        identifier,
        f'<gml:Envelope srsName="{crs}" axisLabels="Lat Long" uomLabels="degree degree" srsDimension="2">'
        f"<gml:lowerCorner>{north - rows * step} {west}</gml:lowerCorner>"
        f"<gml:upperCorner>{north} {west + columns * step}</gml:upperCorner></gml:Envelope>",
        '<gml:RectifiedGrid dimension="2" gml:id="grid"><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low>'
        f"<gml:high>{high[0]} {high[1]}</gml:high></gml:GridEnvelope></gml:limits>"
        f"<gml:axisLabels>{grid_order}</gml:axisLabels>"
        f'<gml:origin><gml:Point gml:id="p" srsName="{crs}"><gml:pos>{north - step / 2} {west + step / 2}</gml:pos>'
        "</gml:Point></gml:origin>"
        + "".join(f'<gml:offsetVector srsName="{crs}">{vector}</gml:offsetVector>' for vector in vectors)
        + "</gml:RectifiedGrid>",
        content,
        fields,
        metadata,
    )


def cube(
    content: str,
    times: Sequence[str] = ("2008-01-01",),
    identifier: str = "cube",
    shape: tuple[int, int] = (2, 3),
    corner: tuple[float, float] = (50.0, 10.0),
    step: float = 1.0,
    fields: str = FIELD,
    metadata: str = "",
    coefficients: Any = None,
) -> str:
    """Irregular times, falling latitudes, longitudes."""
    rows, columns = shape
    north, west = corner
    listed = " ".join(f'"{time}"' for time in times) if coefficients is None else coefficients
    axes = (("1 0 0", listed, "ansi"), (f"0 {-step} 0", "", "Lat"), (f"0 0 {step}", "", "Long"))
    general = "".join(
        f'<gmlrgrid:generalGridAxis><gmlrgrid:GeneralGridAxis><gmlrgrid:offsetVector srsName="{CUBE_CRS}">{vector}'
        f"</gmlrgrid:offsetVector><gmlrgrid:coefficients>{positions}</gmlrgrid:coefficients>"
        f"<gmlrgrid:gridAxesSpanned>{label}</gmlrgrid:gridAxesSpanned>"
        '<gmlrgrid:sequenceRule axisOrder="+1">Linear</gmlrgrid:sequenceRule></gmlrgrid:GeneralGridAxis>'
        "</gmlrgrid:generalGridAxis>"
        for vector, positions, label in axes
    )
    ordered = sorted(times)
    return _document(
        "ReferenceableGridCoverage",
        identifier,
        f'<gml:Envelope srsName="{CUBE_CRS}" axisLabels="ansi Lat Long" uomLabels="d degree degree" srsDimension="3">'
        f'<gml:lowerCorner>"{ordered[0]}" {north - rows * step} {west}</gml:lowerCorner>'
        f'<gml:upperCorner>"{ordered[-1]}" {north} {west + columns * step}</gml:upperCorner></gml:Envelope>',
        '<gmlrgrid:ReferenceableGridByVectors dimension="3" gml:id="grid"><gml:limits><gml:GridEnvelope>'
        f"<gml:low>0 0 0</gml:low><gml:high>{len(times) - 1} {rows - 1} {columns - 1}</gml:high></gml:GridEnvelope>"
        "</gml:limits><gml:axisLabels>ansi Lat Long</gml:axisLabels>"
        f'<gmlrgrid:origin><gml:Point gml:id="p" srsName="{CUBE_CRS}"><gml:pos>"{times[0]}" {north - step / 2} '
        f"{west + step / 2}</gml:pos></gml:Point></gmlrgrid:origin>{general}</gmlrgrid:ReferenceableGridByVectors>",
        content,
        fields,
        metadata,
    )


def points(
    positions: Sequence[str],
    values: str,
    fields: str = FIELD,
    identifier: str = "stations",
    crs: str = f"{ROOT}/EPSG/0/4326",
    labels: str = "Lat Long",
    simple: bool = False,
    metadata: str = "",
) -> str:
    """Points, each a text of its coordinates; those of a Simple one in a single list."""
    corners = [" ".join(texts) for texts in zip(*(_extremes(column) for column in _columns(positions)), strict=True)]
    dimension = len(labels.split())
    envelope = (
        f'<gml:Envelope srsName="{crs}" axisLabels="{labels}" uomLabels="{"degree " * dimension}" '
        f'srsDimension="{dimension}"><gml:lowerCorner>{corners[0]}</gml:lowerCorner>'
        f"<gml:upperCorner>{corners[1]}</gml:upperCorner></gml:Envelope>"
    )
    geometry = "".join(
        f'<gml:pointMember><gml:Point gml:id="p{number}"><gml:pos>{position}</gml:pos></gml:Point></gml:pointMember>'
        for number, position in enumerate(positions)
    )
    grid = f'<gml:MultiPoint gml:id="m" srsName="{crs}">{geometry}</gml:MultiPoint>'
    if simple:
        listed = f"<gmlcov:positions>{' '.join(positions)}</gmlcov:positions>"
        grid = f'<gmlcov:SimpleMultiPoint gml:id="m">{listed}</gmlcov:SimpleMultiPoint>'
    return _document("MultiPointCoverage", identifier, envelope, grid, cells(values), fields, metadata)


def _columns(positions: Sequence[str]) -> Any:
    return zip(*(position.split() for position in positions), strict=True)


def _extremes(column: Sequence[str]) -> tuple[str, str]:
    numeric = not any(text.startswith('"') for text in column)
    ordered = sorted(column, key=float) if numeric else sorted(column)
    return ordered[0], ordered[-1]
