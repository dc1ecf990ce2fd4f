# SPDX-License-Identifier: MIT
"""A coverage laid into a larger grid (WCPS ``extend``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eoxserver.core.axes import Axis, IrregularAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidExtent, UnsupportedCombination
from eoxserver.core.fields import RangeType
from eoxserver.query.plan import Extend, Extent
from eoxserver.query.shapes.outside import blank_cells, pasted
from eoxserver.query.shapes.places import axis_positions
from eoxserver.query.steps import Resolving, Step, derived, window_over
from eoxserver.query.windows import Need, Window

__all__ = ["ExtendView", "extended_domain", "make"]


def make(resolving: Resolving, node: Extend) -> Step:
    """The step of a larger grid.

    Raises
    ------
    InvalidAxisLabel
        For an axis the input lacks, or one named twice.
    InvalidExtent
        For an extent that leaves cells of the input out.
    UnsupportedCombination
        When an irregular axis would get more positions.
    """
    step = resolving.resolve(node.input)
    domain, before = extended_domain(step.domain, node.extents, len(step.iterators))
    window = window_over(step)
    if domain is step.domain:
        return Step(node, derived(step.coverage, window), (step,), step.iterators)
    source = ExtendView(window, step.range_type, domain.shape, before)
    return Step(node, derived(step.coverage, source, domain=domain), (step,), step.iterators)


def extended_domain(domain: Domain, extents: Sequence[Extent], skipped: int = 0) -> tuple[Domain, tuple[int, ...]]:
    """The domain of a larger grid, and how many cells it has before cell 0 of the input, along each axis.

    Parameters
    ----------
    extents : sequence of Extent
        In cells of the input counted from 0; may begin below 0.
    skipped : int
        Leading axes that the labels do not mean.

    Raises
    ------
    InvalidAxisLabel, InvalidExtent, UnsupportedCombination
    """
    positions = axis_positions(domain, [extent.label for extent in extents], skipped)
    before = [0] * len(domain.axes)
    changes: dict[int, Axis] = {}
    for position, extent in zip(positions, extents, strict=True):
        axis = domain.axes[position]
        if extent.low > 0 or extent.high < axis.size - 1:
            raise InvalidExtent(
                f"axis {axis.label}: cells {extent.low}:{extent.high} do not contain those there are, "
                f"0:{axis.size - 1}; to leave cells out, trim",
                locator=axis.label,
            )
        if extent.high - extent.low + 1 == axis.size:
            continue
        if isinstance(axis, IrregularAxis):
            raise UnsupportedCombination(
                f"axis {axis.label} is irregular: nothing tells where more positions would be; leave it out",
                locator=axis.label,
            )
        before[position] = -extent.low
        changes[position] = axis.cells(extent.low, extent.high + 1)
    return (domain.replaced(changes) if changes else domain), tuple(before)


@dataclass(frozen=True, slots=True, eq=False)
class ExtendView:
    """A window somewhere in a larger grid."""

    window: Window
    range_type: RangeType
    shape: tuple[int, ...]
    """Cells along each axis."""
    before: tuple[int, ...]
    """Cells before the window, along each axis."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the window."""
        return self.window.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def _inside(self, box: CellBox) -> CellBox | None:
        """The part of a box that the window covers."""
        return box.intersection(CellBox.whole(self.window.shape).shifted(self.before))

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read."""
        part = self._inside(box)
        if part is not None:
            yield from self.window.needs(part.shifted([-cells for cells in self.before]), fields)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box."""
        part = self._inside(box)
        if part is None:
            return blank_cells(box.shape, self.range_type, fields)
        cells = self.window.read(part.shifted([-cells for cells in self.before]), fields)
        return pasted(box, part, cells, self.range_type, fields)
