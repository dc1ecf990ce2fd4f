# SPDX-License-Identifier: MIT
"""Small coverages and plans for tests of cell-wise nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import Cells, Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.query.plan import Constant, Given, Map, Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options, Step
from tests.query.samples import catalogue, read


def line(
    values: Sequence[Any],
    dtype: str,
    valid: Sequence[bool] | None = None,
    nil: Sequence[float] = (),
    unit: str = "10^0",
) -> Given:
    """A coverage with one axis and one field."""
    return bands([values], [dtype], None if valid is None else [valid], nil, unit)


def bands(
    values: Sequence[Sequence[Any]],
    dtypes: Sequence[str],
    valid: Sequence[Sequence[bool]] | None = None,
    nil: Sequence[float] = (),
    unit: str = "10^0",
    names: Sequence[str] | None = None,
) -> Given:
    """A coverage with one axis and some fields."""
    kinds = [np.dtype(name) for name in dtypes]
    array = np.stack([np.array(row, kind) for row, kind in zip(values, kinds, strict=True)])
    known = tuple(NilValue(float(each)) for each in nil)
    fields = tuple(
        Field(names[number] if names else f"b{number}", kind, unit, known) for number, kind in enumerate(kinds)
    )
    mask = None if valid is None else np.array(valid)
    domain = Domain((IndexAxis("i", array.shape[1]),))
    return Given(Coverage("line", domain, RangeType(fields), MemorySource(array, mask)))


def number(value: complex, dtype: str = "int32") -> Constant:
    """A scalar."""
    return Constant(value, np.dtype(dtype))


def apply(name: str, *inputs: Node) -> Map:
    """A function."""
    return Map(name, inputs)


def resolve(node: Node, options: Options | None = None) -> Step:
    """The step of a node."""
    return Resolver(catalogue(), options or Options()).resolve(node)


def cells(node: Node) -> Cells:
    """All cells of a node."""
    return read(resolve(node).coverage)


def values(node: Node) -> list[Any]:
    """The cells of the first field, None where they are null."""
    found = cells(node)
    flat, mask = found.values[0].ravel().tolist(), found.mask()[0].ravel().tolist()
    return [value if valid else None for value, valid in zip(flat, mask, strict=True)]


def dtype(node: Node) -> str:
    """The type of the first field, which its cells have too."""
    name = resolve(node).range_type.fields[0].dtype.name
    assert len(resolve(node).range_type) > 1 or cells(node).values.dtype.name == name
    return name
