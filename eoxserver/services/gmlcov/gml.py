# SPDX-License-Identifier: MIT
"""The parts of which descriptions and coverages in GML are made.

GML 3.2.1 (OGC 07-036) clauses 10.1, 19.2 and 19.3, GML 3.3 (OGC 10-129r1) clause 10, GMLCOV 1.0 (OGC 09-146r2)
and SWE Common 2.0 (OGC 08-094r1). Corners, positions and offset vectors are in CRS order; limits, axis labels of
the grid, the sequence of offset vectors and ``axisOrder`` are in grid order, the last grid axis varying fastest.
Grid coordinates of a result count from 0, those of a grid of index axes are the indices themselves.

Coordinates on time axes are instants in quotes, as the datacube servers and clients that use such axes write them;
only documents with such an axis, and those of a single value without any axis, deviate from the schemas of GML.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.pointcells import number_texts, position_blocks
from eoxserver.backends.encoders.texts import XML, value_text
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_texts, is_temporal, number_text
from eoxserver.core.coverage import Points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidTime
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.services.ows.xml import attribute, attributes, element

__all__ = [
    "GML", "GMLCOV_SCHEMA", "NAMESPACES", "RGRID_SCHEMA", "bounded_by", "coefficient_pieces", "coverage_function",
    "data_record", "data_type", "domain_set", "metadata", "nil_interval_text", "nil_text",
    "point_bounds", "point_set", "position_text", "range_type", "uom_label",
]  # fmt: skip

GML = "application/gml+xml"
"""MIME type of coverages in GML (OGC 09-146r2)."""
NAMESPACES: Mapping[str, str] = {
    "gml": "http://www.opengis.net/gml/3.2",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
    "gmlrgrid": "http://www.opengis.net/gml/3.3/rgrid",
    "swe": "http://www.opengis.net/swe/2.0",
    "xlink": "http://www.w3.org/1999/xlink",
}
GMLCOV_SCHEMA = "http://schemas.opengis.net/gmlcov/1.0/gmlcovAll.xsd"
RGRID_SCHEMA = "http://schemas.opengis.net/gml/3.3/referenceableGrid.xsd"

_DATA_TYPES: Mapping[str, str] = {
    "bool": "unsignedByte",
    "int8": "signedByte",
    "uint8": "unsignedByte",
    "int16": "signedShort",
    "uint16": "unsignedShort",
    "int32": "signedInt",
    "uint32": "unsignedInt",
    "int64": "signedLong",
    "uint64": "unsignedLong",
    "float16": "float32",
    "float32": "float32",
    "float64": "float64",
    "complex64": "cfloat32",
    "complex128": "cfloat64",
}
_DATA_TYPE_ROOT = "http://www.opengis.net/def/dataType/OGC/0/"
_UNKNOWN_REASON = "http://www.opengis.net/def/nil/OGC/0/unknown"
_PIECE = 4096
"""Coefficients written at a time."""
_NCNAME = re.compile(r"[^\W\d][\w.-]*")


# -- domain -------------------------------------------------------------------------------------


def bounded_by(domain: Domain) -> str:
    """``gml:boundedBy``: the envelope, in CRS order."""
    axes = domain.crs_axes
    lower = " ".join(position_text(axis, axis.low, '"') for axis in axes)
    upper = " ".join(position_text(axis, axis.high, '"') for axis in axes)
    return _envelope(domain, lower, upper)


def _envelope(domain: Domain, lower: str, upper: str) -> str:
    axes = domain.crs_axes
    about = {
        **_srs(domain),
        "axisLabels": " ".join(domain.crs_labels),
        "uomLabels": " ".join(map(uom_label, axes)),
        "srsDimension": str(len(axes)),
    }
    return (
        f"<gml:boundedBy>\n<gml:Envelope{attributes(about)}>\n"
        f"{element('gml:lowerCorner', lower)}\n{element('gml:upperCorner', upper)}\n"
        "</gml:Envelope>\n</gml:boundedBy>\n"
    )


def domain_set(identifier: str, domain: Domain) -> Iterator[str]:
    """``gml:domainSet`` with the kind of grid that the axes make, in pieces: an axis may have many coefficients."""
    yield "<gml:domainSet>\n"
    if domain.subtype == "GridCoverage":
        yield from _grid("gml:Grid", identifier, domain, ())
    elif domain.subtype == "ReferenceableGridCoverage":
        yield from _grid("gmlrgrid:ReferenceableGridByVectors", identifier, domain, _by_vectors(identifier, domain))
    else:
        parts = [_origin("gml:origin", identifier, domain)]
        parts += [_offset_vector("gml:offsetVector", domain, axis) for axis in domain.axes]
        yield from _grid("gml:RectifiedGrid", identifier, domain, parts)
    yield "</gml:domainSet>\n"


def point_set(identifier: str, points: Points) -> Iterator[str]:
    """``gml:domainSet`` with a ``gml:MultiPoint``, in pieces; coordinates are numbers, on time axes too."""
    about = attributes({"gml:id": f"{identifier}-points", **_srs(points.frame), "srsDimension": _dimension(points)})
    yield f"<gml:domainSet>\n<gml:MultiPoint{about}>\n"
    number = 0
    for block in position_blocks(points):
        lines = []
        for position in zip(*(number_texts(column) for column in block), strict=True):
            name = attribute(f"{identifier}-p{number}")
            lines.append(
                f'<gml:pointMember><gml:Point gml:id="{name}"><gml:pos>{" ".join(position)}</gml:pos></gml:Point>'
                "</gml:pointMember>\n"
            )
            number += 1
        yield "".join(lines)
    yield "</gml:MultiPoint>\n</gml:domainSet>\n"


def point_bounds(points: Points) -> str:
    """``gml:boundedBy`` of points, in numbers as their positions are."""
    lower, upper = (" ".join(number_texts(np.array(corner))) for corner in points.frame.envelope())
    return _envelope(points.frame, lower, upper)


def coverage_function(domain: Domain) -> str:
    """``gml:coverageFunction``: in which sequence the values of the range set come."""
    order = " ".join(f"+{number}" for number in range(len(domain.axes), 0, -1))
    start = " ".join(str(_grid_low(axis)) for axis in domain.axes)
    return (
        "<gml:coverageFunction>\n<gml:GridFunction>\n"
        f"{element('gml:sequenceRule', 'Linear', {'axisOrder': order} if order else None)}\n"
        f"{element('gml:startPoint', start)}\n"
        "</gml:GridFunction>\n</gml:coverageFunction>\n"
    )


def uom_label(axis: Axis) -> str:
    """The unit of an axis as a name."""
    return axis.unit if _NCNAME.fullmatch(axis.unit) else "unknown"


def position_text(axis: Axis, value: float, quote: str = "") -> str:
    """A coordinate as text; on time axes an instant between ``quote``."""
    return _position_texts(axis, np.array([value]), quote)[0]


def coefficient_pieces(axis: IrregularAxis, quote: str = "") -> Iterator[list[str]]:
    """The coefficients of an axis as texts, some at a time."""
    for start in range(0, axis.size, _PIECE):
        yield _position_texts(axis, axis.coefficients[start : start + _PIECE], quote)


def _position_texts(axis: Axis, values: npt.NDArray[np.float64], quote: str) -> list[str]:
    """Coordinates as text; times outside the years 1 to 9999 are numbers of the CRS."""
    try:
        texts = coordinate_texts(axis, values)
    except InvalidTime:
        return list(map(number_text, values.tolist()))
    return [f"{quote}{text}{quote}" for text in texts] if is_temporal(axis) else texts


def _dimension(points: Points) -> str:
    return str(len(points.frame.axes))


def _srs(domain: Domain) -> dict[str, str]:
    return {} if domain.crs is None else {"srsName": domain.crs.uri}


def _grid(name: str, identifier: str, domain: Domain, content: Iterable[str]) -> Iterator[str]:
    lows = " ".join(str(_grid_low(axis)) for axis in domain.axes)
    highs = " ".join(str(_grid_low(axis) + axis.size - 1) for axis in domain.axes)
    about = {"dimension": str(len(domain.axes)), "gml:id": f"{identifier}-grid"}
    yield (
        f"<{name}{attributes(about)}>\n"
        f"<gml:limits>\n<gml:GridEnvelope>\n{element('gml:low', lows)}\n{element('gml:high', highs)}\n"
        "</gml:GridEnvelope>\n</gml:limits>\n"
        f"{element('gml:axisLabels', ' '.join(domain.labels))}\n"
    )
    yield from content
    yield f"</{name}>\n"


def _grid_low(axis: Axis) -> int:
    return axis.first if isinstance(axis, IndexAxis) else 0


def _origin(name: str, identifier: str, domain: Domain) -> str:
    """The centre of the first cell, in CRS order."""
    position = " ".join(position_text(axis, axis.coordinate(0), '"') for axis in domain.crs_axes)
    point = attributes({"gml:id": f"{identifier}-point", **_srs(domain)})
    return f"<{name}>\n<gml:Point{point}>{element('gml:pos', position)}</gml:Point>\n</{name}>\n"


def _offset_vector(name: str, domain: Domain, axis: Axis) -> str:
    """The step from cell to cell along a grid axis, in CRS order; 1 where steps differ."""
    step = axis.step if isinstance(axis, RegularAxis) else 1.0
    vector = " ".join(number_text(step) if label == axis.label else "0" for label in domain.crs_labels)
    return f"{element(name, vector, _srs(domain))}\n"


def _by_vectors(identifier: str, domain: Domain) -> Iterator[str]:
    """What a ``ReferenceableGridByVectors`` has beside limits and labels."""
    yield _origin("gmlrgrid:origin", identifier, domain)
    for axis in domain.axes:
        yield (
            "<gmlrgrid:generalGridAxis>\n<gmlrgrid:GeneralGridAxis>\n"
            f"{_offset_vector('gmlrgrid:offsetVector', domain, axis)}<gmlrgrid:coefficients>"
        )
        if isinstance(axis, IrregularAxis):
            for number, piece in enumerate(coefficient_pieces(axis, '"')):
                yield f"{' ' if number else ''}{' '.join(piece)}"
        yield (
            "</gmlrgrid:coefficients>\n"
            f"{element('gmlrgrid:gridAxesSpanned', axis.label)}\n"
            '<gmlrgrid:sequenceRule axisOrder="+1">Linear</gmlrgrid:sequenceRule>\n'
            "</gmlrgrid:GeneralGridAxis>\n</gmlrgrid:generalGridAxis>\n"
        )


# -- range type ---------------------------------------------------------------------------------


def range_type(fields: RangeType) -> str:
    """``gmlcov:rangeType``: a record of one quantity for each field."""
    return f"<gmlcov:rangeType>\n{data_record(fields)}</gmlcov:rangeType>\n"


def data_record(fields: RangeType) -> str:
    """``swe:DataRecord``: one quantity for each field."""
    return f"<swe:DataRecord>\n{''.join(map(_quantity, fields.fields))}</swe:DataRecord>\n"


def data_type(field: Field) -> str:
    """The URI of what a field measures, or else of its data type; empty where there is neither."""
    name = _DATA_TYPES.get(field.dtype.name)
    return field.definition or (f"{_DATA_TYPE_ROOT}{name}" if name else "")


def _quantity(field: Field) -> str:
    definition = data_type(field)
    parts = [
        f"<swe:field{attributes({'name': field.name})}>\n",
        f"<swe:Quantity{attributes({'definition': definition} if definition else {})}>\n",
        f"{element('swe:label', field.label or field.name)}\n",
    ]
    if field.description:
        parts.append(f"{element('swe:description', field.description)}\n")
    if field.nil:
        parts.append("<swe:nilValues>\n<swe:NilValues>\n")
        for nil in field.nil:
            reason = {"reason": nil.reason or _UNKNOWN_REASON}
            parts.append(f"{element('swe:nilValue', nil_interval_text(nil, field.dtype), reason)}\n")
        parts.append("</swe:NilValues>\n</swe:nilValues>\n")
    parts.append(f'<swe:uom code="{attribute(_unit_code(field.unit))}"/>\n')
    parts.append(_constraint(field.intervals))
    parts.append("</swe:Quantity>\n</swe:field>\n")
    return "".join(parts)


def _unit_code(unit: str) -> str:
    """The UCUM code; SWE Common does not allow white space and colons in it."""
    return re.sub(r"[:\s]", "_", unit.strip()) or "10^0"


def _constraint(intervals: Iterable[tuple[float, float]]) -> str:
    allowed = "".join(element("swe:interval", f"{number_text(low)} {number_text(high)}") for low, high in intervals)
    if not allowed:
        return "<swe:constraint/>\n"
    return f"<swe:constraint><swe:AllowedValues>{allowed}</swe:AllowedValues></swe:constraint>\n"


def nil_text(value: float, dtype: np.dtype[Any]) -> str:
    """A nil value as text, in the shortest form that reads back as the same value.

    >>> nil_text(-9999.0, np.dtype("float32")), nil_text(255.0, np.dtype("uint8"))
    ('-9999', '255')
    """
    return value_text(value, dtype, XML)


def nil_interval_text(nil: NilValue, dtype: np.dtype[Any]) -> str:
    """A nil value, or an interval of them with a star for an open end."""
    if nil.high is None:
        return nil_text(nil.low, dtype)
    low = "*" if nil.low == -math.inf else nil_text(nil.low, dtype)
    high = "*" if nil.high == math.inf else nil_text(nil.high, dtype)
    return f"{low}:{high}"


def metadata(elements: str) -> str:
    """``gmlcov:metadata`` around elements; nothing where there are none."""
    if not elements:
        return ""
    return f"<gmlcov:metadata>\n<gmlcov:Extension>\n{elements}</gmlcov:Extension>\n</gmlcov:metadata>\n"
