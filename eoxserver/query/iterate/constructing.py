# SPDX-License-Identifier: MIT
"""Coverage constructors: a scalar at all places of iterators becomes a coverage (WCPS language, section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator as Walk
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.crs import index_crs, rename_axes
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import RangeType
from eoxserver.query.iterate.layout import chunks_of
from eoxserver.query.iterate.lifted import Aligned, lifted_domain, without_iterators
from eoxserver.query.plan import Construct
from eoxserver.query.steps import Resolving, Step, derived
from eoxserver.query.windows import Need

__all__ = ["ConstructView", "make_construct"]


@dataclass(frozen=True, eq=False)
class ConstructView:
    """A lifted scalar in the grid of a constructor.

    The nil set of what is constructed is empty (section 4.4): nulls become the nil value they had, or 0.
    """

    values: Aligned
    range_type: RangeType
    """Of the values."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Places of the iterators."""
        return tuple(each.size for each in self.values.iterators)

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """Those of what the values are read from."""
        return chunks_of(self, range(len(self.range_type)))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The same places."""
        yield Need(self.values.step.source, 0, self.values.box(box), tuple(fields))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The values at some places."""
        cells = self.values.read(box, fields)
        values = cells.values
        if cells.valid is not None:
            nil = [self.range_type.fields[each].nil_value or 0 for each in fields]
            filled = np.array(nil).astype(values.dtype).reshape(-1, *(1,) * len(box.shape))
            values = np.where(cells.valid, values, filled)
        return Cells(np.broadcast_to(values, (len(fields), *box.shape)))


def make_construct(resolving: Resolving, node: Construct) -> Step:
    """A coverage with an index axis for each iterator.

    Raises
    ------
    WcpsSemanticError
        When the values are not scalars.
    """
    step = resolving.resolve(node.values)
    if step.own_domain.axes:
        raise WcpsSemanticError(
            f"the values of a coverage constructor must be scalars; these have the axes "
            f"{', '.join(step.own_domain.labels)}; slice or condense them"
        )
    crs = rename_axes(index_crs(len(node.labels)), node.labels)
    outer = without_iterators(step.iterators, node.iterators)
    own = Domain(
        tuple(
            IndexAxis(label, each.size, each.low, crs) for label, each in zip(node.labels, node.iterators, strict=True)
        )
    )
    view = ConstructView(Aligned(step, (*outer, *node.iterators), 0), step.range_type)
    range_type = RangeType(tuple(replace(field, nil=()) for field in step.range_type.fields))
    coverage = derived(step.coverage, view, lifted_domain(outer, own), range_type)
    if node.identifier:
        coverage = replace(coverage, identifier=node.identifier)
    return Step(node, coverage, (step,), outer)
