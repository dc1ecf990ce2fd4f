# SPDX-License-Identifier: MIT
"""Coverages whose coarser versions are coverages of their own: those become levels of their cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source, state_of
from eoxserver.core.domain import Domain

__all__ = ["PyramidSource", "member_level", "with_members"]

TOLERANCE = 1e-3
"""How far edges may be from each other [cells of the base]."""


@dataclass(frozen=True, slots=True, eq=False)
class PyramidSource:
    """The cells of a coverage, and as levels beside its own those of the members of its pyramid. Safe in threads."""

    base: Source
    members: tuple[Source, ...]
    member_levels: tuple[Level, ...]
    """Where the cells of each member lie."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the base."""
        return self.base.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the base."""
        return self.base.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Those of the base, then those of members."""
        return (*self.base.levels, *self.member_levels)

    def state(self) -> str:
        """That of all sources."""
        return "\n".join(map(state_of, (self.base, *self.members)))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; see ``core.coverage.Source``."""
        own = len(self.base.levels)
        if level < own:
            return self.base.read(box, fields, level)
        return self.members[level - own].read(box, fields)


def with_members(base: Coverage, members: Iterable[Coverage]) -> Coverage:
    """A coverage that is read from the members of its pyramid where few cells are asked for.

    Members that do not cover it whole, do not begin at an edge of a cell, or have other fields or positions along
    irregular axes are left out.
    """
    found = [(member.source, level) for member, level in _fitting(base, members)]
    if not found:
        return base
    sources, levels = zip(*found, strict=True)
    return replace(base, source=PyramidSource(base.source, tuple(sources), tuple(levels)))


def _fitting(base: Coverage, members: Iterable[Coverage]) -> Iterator[tuple[Coverage, Level]]:
    types = [field.dtype for field in base.range_type.fields]
    for member in members:
        level = member_level(base.domain, member.domain)
        if level is not None and [field.dtype for field in member.range_type.fields] == types:
            yield member, level


def member_level(base: Domain, member: Domain) -> Level | None:
    """The level that a member is of a base; None when it cannot be one."""
    if base.labels != member.labels:
        return None
    found = [_placed(*axes) for axes in zip(base.axes, member.axes, strict=True)]
    placed = [one for one in found if one is not None]
    if len(placed) != len(found):
        return None
    return Level(member.shape, tuple(factor for factor, _ in placed), tuple(before for _, before in placed))


def _placed(base: Axis, member: Axis) -> tuple[float, int] | None:
    """Cells of the base per cell, and how many cells before its first one the member begins."""
    if base.crs != member.crs:
        return None
    if isinstance(base, RegularAxis) and isinstance(member, RegularAxis):
        factor = member.step / base.step
        before = (base.start - member.start) / base.step
        after = (member.stop - base.stop) / base.step
        off = abs(before - round(before))
        fits = factor >= 1 - TOLERANCE and before >= -TOLERANCE and after >= -TOLERANCE and off <= TOLERANCE
        return (max(1.0, factor), round(before)) if fits else None
    if isinstance(base, IrregularAxis) and isinstance(member, IrregularAxis):
        return (1.0, 0) if np.array_equal(base.coefficients, member.coefficients) else None
    if isinstance(base, IndexAxis) and isinstance(member, IndexAxis):
        return (1.0, 0) if (base.first, base.size) == (member.first, member.size) else None
    return None
