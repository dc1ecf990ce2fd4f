# SPDX-License-Identifier: MIT
"""General grid coverages in JSON: Coverage Implementation Schema 1.1 (OGC 09-146r8), clause 12.

The same as ``cis11`` says in GML: ``axisLabels`` in CRS order, axes, grid limits and values in grid order. The values
of a cell with several fields are one text, as in the list of tuples of GML; what is no finite number is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.texts import CSV, JSON, cell_texts, row_blocks
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import is_temporal, number_text
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import index_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue
from eoxserver.services.gmlcov import gml
from eoxserver.services.gmlcov.cis11 import grid_limits, srs_name
from eoxserver.services.gmlcov.metadata import metadata_json

__all__ = ["MIME", "description_json", "encode_general_grid_json"]

MIME = "application/json"


def encode_general_grid_json(coverage: Coverage, workspace: Workspace) -> Iterator[bytes]:
    """The coverage with its values; nothing is yielded before the first block could be read."""
    fields = coverage.range_type.fields
    several = len(fields) > 1
    values = row_blocks(coverage, range(len(fields)), workspace)
    first = next(values)
    yield f"{{{_start(coverage)},\n".encode()
    for part in _domain_set(coverage.domain):
        yield part.encode()
    block = "CVDataBlockType" if several else "VDataBlockType"
    before = f',\n"rangeSet":{{"type":"RangeSetType","dataBlock":{{"type":"{block}","values":['
    for cells in chain([first], values):
        yield (before + ",".join(cell_texts(cells, fields, CSV if several else JSON, '"'))).encode()
        before = ","
    yield f"]}}}},\n{_end(coverage)}}}\n".encode()


def description_json(coverage: Coverage) -> Iterator[str]:
    """The coverage without its range set."""
    yield f"{{{_start(coverage)},\n"
    yield from _domain_set(coverage.domain)
    yield f",\n{_end(coverage)}}}"


def _start(coverage: Coverage) -> str:
    domain = coverage.domain
    envelope = {
        "type": "EnvelopeByAxisType",
        "srsName": srs_name(domain),
        "axisLabels": list(domain.crs_labels),
        "axis": [
            {
                "type": "AxisExtentType",
                "axisLabel": axis.label,
                "lowerBound": _position(axis, axis.low),
                "upperBound": _position(axis, axis.high),
                "uomLabel": gml.uom_label(axis),
            }
            for axis in domain.crs_axes
        ],
    }
    known = {"type": "CoverageByDomainAndRangeType", "id": coverage.identifier, "envelope": envelope}
    return json.dumps(known)[1:-1]


def _domain_set(domain: Domain) -> Iterator[str]:
    grid = {"type": "GeneralGridCoverageType", "srsName": srs_name(domain), "axisLabels": list(domain.crs_labels)}
    yield f'"domainSet":{{"type":"DomainSetType","generalGrid":{json.dumps(grid)[:-1]},"axis":['
    for number, axis in enumerate(domain.axes):
        yield "," if number else ""
        yield from _axis(axis)
    yield "]"
    limits = grid_limits(domain)
    if limits:
        index = {
            "type": "GridLimitsType",
            "srsName": index_crs(len(limits)).uri,
            "axisLabels": [label for label, _, _ in limits],
            "axis": [_index_axis(label, low, high) for label, low, high in limits],
        }
        yield f',"gridLimits":{json.dumps(index)}'
    yield "}}"


def _axis(axis: Axis) -> Iterator[str]:
    if isinstance(axis, IndexAxis):
        yield json.dumps(_index_axis(axis.label, axis.first, axis.first + axis.size - 1))
    elif isinstance(axis, RegularAxis):
        about = {
            "type": "RegularAxisType",
            "axisLabel": axis.label,
            "lowerBound": _position(axis, axis.low),
            "upperBound": _position(axis, axis.high),
            "uomLabel": gml.uom_label(axis),
            "resolution": _number(axis.step),
        }
        yield json.dumps(about)
    elif isinstance(axis, IrregularAxis):
        about = {"type": "IrregularAxisType", "axisLabel": axis.label, "uomLabel": gml.uom_label(axis)}
        yield f'{json.dumps(about)[:-1]},"coordinate":['
        quote = '"' if is_temporal(axis) else ""
        for number, piece in enumerate(gml.coefficient_pieces(axis, quote)):
            yield f"{',' if number else ''}{','.join(piece)}"
        yield "]}"


def _index_axis(label: str, low: int, high: int) -> dict[str, Any]:
    return {"type": "IndexAxisType", "axisLabel": label, "lowerBound": low, "upperBound": high}


def _position(axis: Axis, value: float) -> str | float:
    """A coordinate: a number, or an instant as text."""
    text = gml.position_text(axis, value)
    return text if is_temporal(axis) and text != number_text(value) else _number(value)


def _number(value: float) -> float:
    """A finite number without binary noise, as an integer where it is one."""
    clean = float(number_text(value))
    return int(clean) if clean.is_integer() and abs(clean) < 2**53 else clean


def _end(coverage: Coverage) -> str:
    end: dict[str, Any] = {
        "rangeType": {"type": "DataRecordType", "field": [_field(one) for one in coverage.range_type.fields]}
    }
    metadata = metadata_json(coverage)
    if metadata:
        end["metadata"] = metadata
    return json.dumps(end)[1:-1]


def _field(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "QuantityType", "name": field.name, "label": field.label or field.name}
    if field.description:
        found["description"] = field.description
    definition = gml.data_type(field)
    if definition:
        found["definition"] = definition
    found["uom"] = {"type": "UnitReference", "code": field.unit or "10^0"}
    if field.nil:
        found["nilValues"] = [_nil(nil, field) for nil in field.nil]
    if field.intervals:
        bounds = [
            _number(bound) if math.isfinite(bound) else number_text(bound) for one in field.intervals for bound in one
        ]
        found["constraint"] = {"type": "AllowedValues", "interval": bounds}
    return found


def _nil(nil: NilValue, field: Field) -> dict[str, Any]:
    single = nil.high is None and math.isfinite(nil.low)
    value = json.loads(gml.nil_text(nil.low, field.dtype)) if single else gml.nil_interval_text(nil, field.dtype)
    return {"type": "NilValueType", "value": value, "reason": nil.reason}
