# SPDX-License-Identifier: MIT
"""Cells as text, block by block, for encodings that are text.

Integers are written in full, real numbers in the shortest form that reads back as the same value of their type,
complex numbers as ``(re,im)``. A cell that is not valid is written as the nil value of its field; where there is none
the notation says what.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field

__all__ = [
    "CSV", "JSON", "NULLS", "XML", "Notation", "cell_texts", "column_texts", "nested", "reversed_axes", "row_blocks",
    "value_text",
]  # fmt: skip

BLOCK_CELLS = 1 << 16
"""Cells written at a time: their text takes some ten times the memory of the values."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How values are written that are no finite numbers."""

    nan: str
    infinity: str
    minus_infinity: str
    truth: tuple[str, str]
    """False and true."""
    missing: str
    """A cell that is not valid, of a field without nil value."""
    quote: str = ""
    """Stands before and after complex numbers."""
    nil: bool = True
    """Whether cells that are not valid are written as the nil value, where there is one."""


XML = Notation("NaN", "INF", "-INF", ("0", "1"), "NaN")
"""As in XML Schema (part 2, clause 3.2.4), truth values as numbers."""
CSV = Notation("NaN", "Infinity", "-Infinity", ("false", "true"), "NaN")
JSON = Notation("null", "null", "null", ("false", "true"), "null", '"')
"""RFC 8259, which has no numbers that are not finite."""
NULLS = replace(JSON, truth=("0", "1"), nil=False)
"""As ``JSON``, with null for every cell that is not valid."""


def value_text(value: float, dtype: np.dtype[Any], notation: Notation) -> str:
    """The text of one value, such as a nil value, of a field of this type."""
    if math.isnan(value):
        return notation.nan
    if math.isinf(value):
        return notation.infinity if value > 0 else notation.minus_infinity
    if dtype.kind in "iub" and value == int(value):
        return str(int(value))
    return repr(float(value)).removesuffix(".0")


def column_texts(
    values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None, field: Field, notation: Notation
) -> list[str]:
    """The texts of the values of one field.

    Parameters
    ----------
    values : ndarray, shape (n,)
    valid : ndarray of bool, shape (n,), optional
    """
    kind = field.dtype.kind
    if values.dtype.kind == "c" and kind != "c":
        values = values.real
    with np.errstate(invalid="ignore"):  # fields of several types come in a common one, where nil may be NaN
        values = values.astype(field.dtype, copy=False)
    if kind == "b":
        texts = [notation.truth[value] for value in values.tolist()]
    elif kind in "iu":
        texts = list(map(str, values.tolist()))
    elif kind == "c":
        real, imaginary = (_real_texts(part, CSV) for part in (values.real, values.imag))
        texts = [f"{notation.quote}({a},{b}){notation.quote}" for a, b in zip(real, imaginary, strict=True)]
    else:
        texts = _real_texts(values, notation)
    if valid is not None and not valid.all():
        nil = field.nil_value if notation.nil else None
        text = notation.missing if nil is None else value_text(nil, field.dtype, notation)
        for position in np.flatnonzero(~valid).tolist():
            texts[position] = text
    return texts


def cell_texts(cells: Cells, fields: Sequence[Field], notation: Notation, quote: str = "") -> list[str]:
    """The texts of cells; those of several fields have the values of a cell between blanks, inside ``quote``."""
    count = len(fields)
    values = cells.values.reshape(count, -1)
    valid = None if cells.valid is None else cells.valid.reshape(count, -1)
    columns = [
        column_texts(values[number], None if valid is None else valid[number], field, notation)
        for number, field in enumerate(fields)
    ]
    if count == 1:
        return columns[0]
    return [f"{quote}{' '.join(cell)}{quote}" for cell in zip(*columns, strict=True)]


def row_blocks(coverage: Coverage, fields: Sequence[int], workspace: Workspace) -> Iterator[Cells]:
    """Blocks of a coverage that follow each other in array order, the last axis of the grid varying fastest."""
    source = coverage.source
    shape = block_shape(source.shape, source.chunks, min(workspace.block_cells, BLOCK_CELLS), row_major=True)
    boxes = split(CellBox.whole(source.shape), shape)
    for _, cells in stream(source, boxes, fields, workspace.pool):
        yield cells


def nested(texts: list[str], start: int, shape: Sequence[int], opening: str, closing: str) -> str:
    """Cells in array order, with brackets around each run along an axis but the first.

    Parameters
    ----------
    texts : list of str
        Some cells that follow each other.
    start : int
        Position of the first of them in the array, counted in cells.
    shape : sequence of int
        Of the whole array.

    >>> nested(["1", "2", "3"], 0, (2, 3), "{", "}") + nested(["4", "5", "6"], 3, (2, 3), "{", "}")
    '1,2,3},{4,5,6'
    """
    separators = [","] * len(texts)
    run = 1
    for depth, size in enumerate(reversed(shape[1:]), 1):
        run *= size
        first = -start % run
        between = f"{closing * depth},{opening * depth}"
        separators[first::run] = [between] * len(range(first, len(texts), run))
    if start == 0:
        separators[0] = ""
    return "".join([part for pair in zip(separators, texts, strict=True) for part in pair])


def reversed_axes(coverage: Coverage) -> Coverage:
    """The coverage with its axes in the opposite order, so that its first axis varies fastest."""
    domain = Domain(tuple(reversed(coverage.domain.axes)), coverage.domain.crs_labels)
    return replace(coverage, domain=domain, source=_Reversed(coverage.source))


@dataclass(frozen=True)
class _Reversed:
    """A source whose axes stand in the opposite order."""

    source: Source

    @property
    def shape(self) -> tuple[int, ...]:
        return self.source.shape[::-1]

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.source.chunks[::-1]

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        cells = self.source.read(CellBox(box.low[::-1], box.high[::-1]), fields)
        return Cells(_turned(cells.values), None if cells.valid is None else _turned(cells.valid))


def _turned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.transpose(0, *range(values.ndim - 1, 0, -1))


def _real_texts(values: npt.NDArray[Any], notation: Notation) -> list[str]:
    texts = [text.removesuffix(".0") for text in values.astype("U").tolist()]
    if not np.isfinite(values).all():
        names = {"nan": notation.nan, "inf": notation.infinity, "-inf": notation.minus_infinity}
        texts = [names.get(text, text) for text in texts]
    return texts
