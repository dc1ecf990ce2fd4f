# SPDX-License-Identifier: MIT
"""Coverages as ``application/gml+xml`` (GMLCOV 1.0, OGC 09-146r2), values inline or in another part.

The values are read and written block by block, so that the size of a coverage does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field
from eoxserver.services.ows.xml import DECLARATION, attributes, namespaces
from eoxserver.services.wcs.formats import GML
from eoxserver.services.wcs.v20 import gml

__all__ = ["encode_gml", "gml_document"]

_BLOCK_CELLS = 1 << 16
"""Cells written at a time: their text takes some ten times the memory of the values."""


def encode_gml(coverage: Coverage, workspace: Workspace) -> Iterator[bytes]:
    """The coverage with its values inline; nothing is yielded before the first block could be read.

    Raises
    ------
    UnsupportedCombination
        For complex values, which the list of tuples has no notation for.
    """
    for field in coverage.range_type.fields:
        if field.dtype.kind not in "iubf":
            raise UnsupportedCombination(
                f"field '{field.name}' has values of type {field.dtype.name}; {GML} holds integers and real numbers",
                locator="format",
            )
    return gml_document(coverage, _data_block(coverage, workspace))


def gml_document(coverage: Coverage, range_set: Iterable[str]) -> Iterator[bytes]:
    """The document of a coverage around the content of its ``gml:rangeSet``."""
    domain, identifier = coverage.domain, coverage.identifier
    schemas = {gml.NAMESPACES["gmlcov"]: gml.GMLCOV_SCHEMA}
    if domain.subtype == "ReferenceableGridCoverage":
        schemas[gml.NAMESPACES["gmlrgrid"]] = gml.RGRID_SCHEMA
    name = f"gmlcov:{domain.subtype}"
    head = (
        f"{DECLARATION}<{name}{namespaces(gml.NAMESPACES, schemas)}{attributes({'gml:id': identifier})}>\n"
        f"{gml.bounded_by(domain)}{gml.domain_set(identifier, domain)}<gml:rangeSet>\n"
    )
    parts = iter(range_set)
    yield (head + next(parts, "")).encode()
    for part in parts:
        yield part.encode()
    yield (
        f"</gml:rangeSet>\n{gml.coverage_function(domain)}{gml.range_type(coverage.range_type)}"
        f"{gml.metadata(coverage.metadata)}</{name}>\n"
    ).encode()


def _data_block(coverage: Coverage, workspace: Workspace) -> Iterator[str]:
    """``gml:DataBlock``: cells in array order, separated by commas, the fields of a cell by spaces."""
    source, fields = coverage.source, coverage.range_type.fields
    shape = block_shape(source.shape, source.chunks, min(workspace.block_cells, _BLOCK_CELLS), row_major=True)
    boxes = split(CellBox.whole(source.shape), shape)
    blocks = stream(source, boxes, range(len(fields)), workspace.pool)
    texts = (_tuples(cells, fields) for _, cells in blocks)
    start = '<gml:DataBlock>\n<gml:rangeParameters/>\n<gml:tupleList ts="," cs=" ">'
    yield start + next(texts)
    for text in texts:
        yield f",{text}"
    yield "</gml:tupleList>\n</gml:DataBlock>\n"


def _tuples(cells: Cells, fields: tuple[Field, ...]) -> str:
    count = len(fields)
    values = cells.values.reshape(count, -1)
    valid = None if cells.valid is None else cells.valid.reshape(count, -1)
    columns = [
        _column(values[number], None if valid is None else valid[number], field) for number, field in enumerate(fields)
    ]
    if count == 1:
        return ",".join(columns[0])
    return ",".join(map(" ".join, zip(*columns, strict=True)))


def _column(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None, field: Field) -> list[str]:
    """The values of one field as texts; cells that are not valid as its nil value, or NaN without one."""
    if values.dtype.kind in "iub":
        texts = list(map(str, values.astype(np.int64).tolist() if values.dtype.kind == "b" else values.tolist()))
    else:
        texts = [text.removesuffix(".0") for text in values.astype("U").tolist()]
        if not np.isfinite(values).all():
            names = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}
            texts = [names.get(text, text) for text in texts]
    if valid is not None and not valid.all():
        nil = "NaN" if field.nil_value is None else gml.nil_text(field.nil_value, field.dtype)
        for position in np.flatnonzero(~valid).tolist():
            texts[position] = nil
    return texts
