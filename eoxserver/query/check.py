# SPDX-License-Identifier: MIT
"""The price of a plan, known before a cell is read, and the limits that refuse it.

The price is what reading the whole result once would read. Where positions are hard to know (reprojection), the part of
the source is estimated from a lattice of points; an overlay counts all its inputs, though it may need fewer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coordinates import coordinate_text, number_text
from eoxserver.core.coverage import CellBox, Coverage, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import LimitExceeded
from eoxserver.core.fields import RangeType
from eoxserver.query.plan import Condense, Node, Reduce, Sort
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Lookup, Options, Step
from eoxserver.query.transforms import TransformCache
from eoxserver.query.windows import Need, is_view

__all__ = ["Checked", "Cost", "Limits", "check", "check_step", "price"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may cost at most; None: no limit."""

    max_result_cells: int | None = None
    """Cells of the result, all fields counted."""
    max_result_bytes: int | None = None
    max_read_bytes: int | None = None
    max_folded_cells: int | None = None
    """Cells that one condenser goes through, once for each place of the iterators it is in."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs."""

    coverages: int
    """Coverages that are read."""
    chunks: int
    """Chunks of them that are touched."""
    cells: int
    """Cells of them that are read, all fields counted."""
    bytes: int
    """Their size, uncompressed."""
    result_cells: int
    """Cells of the result, all fields counted."""
    result_bytes: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan that can be evaluated, and what it makes."""

    domain: Domain
    range_type: RangeType
    cost: Cost
    step: Step = field(repr=False)
    """The plan with all that is known about it; its ``coverage`` is the result, not yet read."""

    @property
    def coverage(self) -> Coverage:
        """The result; its cells are computed when they are read."""
        return self.step.coverage


def check(
    plan: Node,
    lookup: Lookup,
    limits: Limits | None = None,
    options: Options | None = None,
    transforms: TransformCache | None = None,
) -> Checked:
    """Find out what a plan makes and costs, without reading.

    Raises
    ------
    LimitExceeded
        When it costs more than ``limits`` allow; the message names the price, the limit and a request that would fit.
    EOxServerError
        When the plan asks for what its coverages do not have.
    """
    return check_step(Resolver(lookup, options or Options(), transforms or TransformCache()).resolve(plan), limits)


def check_step(step: Step, limits: Limits | None = None) -> Checked:
    """Find out what the step of a plan costs, without reading; raises LimitExceeded as ``check``."""
    limits = limits or Limits()
    _check_folds(step, limits.max_folded_cells)
    _check_result(step, limits.max_result_cells, len(step.range_type), "cells")
    _check_result(step, limits.max_result_bytes, step.range_type.cell_bytes, "bytes")
    cost = price(step)
    if limits.max_read_bytes is not None and cost.bytes > limits.max_read_bytes:
        raise LimitExceeded(
            f"this reads {_size(cost.bytes)} of {_count(cost.coverages, 'coverage')}, "
            f"more than the {_size(limits.max_read_bytes)} allowed (max_read_bytes); "
            f"{_fitting_part(step, limits.max_read_bytes)}",
            locator="max_read_bytes",
        )
    return Checked(step.domain, step.range_type, cost, step)


def _check_folds(step: Step, limit: int | None) -> None:
    """Refuse condensers and orders that go through more than ``limit`` cells."""
    for one in _steps(step):
        match one.node:
            case Reduce() | Sort():
                count = max(below.domain.cell_count for below in one.inputs)
            case Condense():
                count = math.prod(iterator.size for iterator in one.node.iterators) * one.domain.cell_count
            case _:
                continue
        if limit is not None and count > limit:
            raise LimitExceeded(
                f"this condenses {count} cells, more than the {limit} allowed (max_folded_cells); condense a part of "
                "them, or coarser ones",
                locator="max_folded_cells",
            )


def _steps(step: Step) -> Iterator[Step]:
    """A step and all below it, each once."""
    waiting, seen = [step], {id(step)}
    while waiting:
        one = waiting.pop()
        yield one
        fresh = {id(below): below for below in one.inputs if id(below) not in seen}
        seen.update(fresh)
        waiting.extend(fresh.values())


def price(step: Step, box: CellBox | None = None) -> Cost:
    """The price of a box of the result; of the whole result by default."""
    box = CellBox.whole(step.domain.shape) if box is None else box
    sources = _sources(step)
    fields = tuple(range(len(step.range_type)))
    read: set[str] = set()
    shapes: dict[int, tuple[int, ...]] = {}
    chunks = cells = size = 0
    for source, part, positions in _leaves(step.source, box, fields):
        coverage = sources[id(source)]
        read.add(coverage.identifier)
        if id(source) not in shapes:
            shapes[id(source)] = source.chunks
        chunks += _chunks(shapes[id(source)], part)
        cells += part.cell_count * len(positions)
        size += part.cell_count * sum(coverage.range_type.fields[each].dtype.itemsize for each in positions)
    result = box.cell_count
    return Cost(len(read), chunks, cells, size, result * len(fields), result * step.range_type.cell_bytes)


def _sources(step: Step) -> dict[int, Coverage]:
    """The coverages that are read, by the identity of their sources."""
    found: dict[int, Coverage] = {}
    for one in _steps(step):
        if not one.inputs:
            found[id(one.source)] = one.coverage
    return found


_Part: TypeAlias = tuple[Source, CellBox, tuple[int, ...]]


def _leaves(source: Source, box: CellBox, fields: Sequence[int]) -> Iterator[_Part]:
    """What a box of a source needs of the sources that compute nothing; what is needed twice counts once."""
    waiting = [iter([Need(source, 0, box, tuple(fields))])]
    seen: set[tuple[int, ...]] = set()
    while waiting:
        need = next(waiting[-1], None)
        if need is None:
            waiting.pop()
            continue
        # numbers alone: there may be millions of them
        key = (id(need.source), *need.box.low, *need.box.high, *need.fields)
        if need.level:
            yield need.source, need.box, need.fields
        elif key not in seen:
            seen.add(key)
            if is_view(need.source):
                waiting.append(need.source.needs(need.box, need.fields))
            else:
                yield need.source, need.box, need.fields


def _chunks(chunks: Sequence[int], box: CellBox) -> int:
    """Chunks of this shape that a box touches."""
    count = 1
    for low, high, chunk in zip(box.low, box.high, chunks, strict=True):
        count *= -(-high // chunk) - low // chunk
    return count


# -- limits


def _check_result(step: Step, limit: int | None, unit: int, what: str) -> None:
    """Refuse a result with more than ``limit`` cells or bytes, of which each position of the grid has ``unit``."""
    price = step.domain.cell_count * unit
    if limit is None or price <= limit:
        return
    shown = (_size(price), _size(limit)) if what == "bytes" else (f"{price} cells", f"{limit} cells")
    fields = _count(len(step.range_type), "field")
    raise LimitExceeded(
        f"the result of {_shape(step.domain)} ({fields}) has {shown[0]}, "
        f"more than the {shown[1]} allowed (max_result_{what}); {_fitting_scale(step.domain, limit // unit)}",
        locator=f"max_result_{what}",
    )


def _fitting_scale(domain: Domain, cells: int) -> str:
    """A scale factor with which the result has at most so many cells, or a trim where scaling does not do."""
    if not domain.axes:
        return "ask for fewer fields"
    horizontal = domain.horizontal
    scalable = horizontal or [i for i, axis in enumerate(domain.axes) if not isinstance(axis, IrregularAxis)]
    if scalable and cells > 0:
        factor = (cells / domain.cell_count) ** (1 / len(scalable))
        for _ in range(12):
            factor = _rounded_down(factor)
            sizes = {i: max(1, math.floor(domain.axes[i].size * factor + 0.5)) for i in scalable}
            total = math.prod(sizes.get(i, axis.size) for i, axis in enumerate(domain.axes))
            if total <= cells:
                shape = " x ".join(f"{domain.axes[i].label} {size}" for i, size in sorted(sizes.items()))
                return f"scaled by {number_text(factor)} to {shape} cells it would fit"
            factor *= 0.9
    longest = max(range(len(domain.axes)), key=lambda i: domain.axes[i].size)
    others = domain.cell_count // domain.axes[longest].size
    if others <= cells:
        return f"{_count(cells // others, 'position')} of axis {domain.axes[longest].label} would fit"
    return f"slice axis {domain.axes[longest].label} and trim the others"


def _rounded_down(factor: float) -> float:
    """Two significant digits, never more than ``factor``."""
    scale = 10.0 ** (1 - math.floor(math.log10(factor)))
    return math.floor(factor * scale) / scale


def _fitting_part(step: Step, limit: int) -> str:
    """A part in the middle of the result that reads no more than ``limit`` bytes."""
    domain = step.domain
    if not domain.axes:
        return "trim what it reads, or scale it down"
    axes = domain.horizontal or (max(range(len(domain.axes)), key=lambda i: domain.axes[i].size),)
    low, high = [0] * len(domain.axes), list(domain.shape)
    while any(high[axis] - low[axis] > 1 for axis in axes):
        for axis in axes:
            cut = (high[axis] - low[axis]) // 4
            low[axis], high[axis] = low[axis] + cut, max(low[axis] + cut + 1, high[axis] - cut - 1)
        cost = price(step, CellBox(tuple(low), tuple(high)))
        if cost.bytes <= limit:
            parts = [domain.axes[axis].cells(low[axis], high[axis]) for axis in sorted(axes)]
            bounds = ", ".join(
                f"{part.label} {coordinate_text(part, part.low)} to {coordinate_text(part, part.high)}"
                for part in parts
            )
            return f"a request for {bounds} would read {_size(cost.bytes)}"
    return "no part of it would fit"


def _shape(domain: Domain) -> str:
    return " x ".join(f"{axis.label} {axis.size}" for axis in domain.axes) or "one cell"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _size(count: int) -> str:
    """A size in the greatest unit that leaves a number above 1."""
    value, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{number_text(float(f'{value:.3g}'))} {unit}"
