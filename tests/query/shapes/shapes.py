# SPDX-License-Identifier: MIT
"""Evaluating shapes over coverages in memory, and reading results in random blocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from eoxserver.core.blocks import split
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.fields import NilValue, RangeType
from eoxserver.query.plan import Given, Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options, Step
from tests.query.samples import catalogue, read


def with_nil(coverage: Coverage, fields: tuple[int, ...] | None = None) -> Coverage:
    """The coverage, in which all or some fields have the nil value -1."""
    chosen = range(len(coverage.range_type)) if fields is None else fields
    return replace(
        coverage,
        range_type=RangeType(
            tuple(
                replace(field, nil=(NilValue(-1),)) if number in chosen else field
                for number, field in enumerate(coverage.range_type.fields)
            )
        ),
    )


def given(coverage: Coverage) -> Node:
    return Given(coverage)


def resolved(node: Node, window_bytes: int | None = None) -> Step:
    options = Options() if window_bytes is None else Options(window_bytes=window_bytes)
    return Resolver(catalogue(), options).resolve(node)


def result(node: Node, window_bytes: int | None = None) -> Coverage:
    return resolved(node, window_bytes).coverage


def by_blocks(coverage: Coverage, block: tuple[int, ...]) -> Cells:
    """All cells of a coverage, read block by block."""
    fields = tuple(range(len(coverage.range_type)))
    shape = (len(fields), *coverage.domain.shape)
    values, valid = np.zeros(shape, coverage.range_type.dtype), np.zeros(shape, dtype=bool)
    for box in split(CellBox.whole(coverage.domain.shape), block):
        cells = read(coverage, box)
        at = (slice(None), *box.slices)
        values[at], valid[at] = cells.values, cells.mask()
    return Cells(values, valid)


@st.composite
def blocks(draw: st.DrawFn, coverage: Coverage) -> tuple[int, ...]:
    """A block shape."""
    return tuple(draw(st.integers(1, size)) for size in coverage.domain.shape)
