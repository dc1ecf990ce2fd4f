# SPDX-License-Identifier: MIT
"""One coverage from several files: each gives some of the fields (data items ``bands[i:j]``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Level, Source, state_of
from eoxserver.core.errors import DataUnavailable

__all__ = ["combine"]


def combine(sources: Sequence[tuple[range, Source]]) -> Source:
    """Make one source of several.

    Parameters
    ----------
    sources : sequence of (range, Source)
        Which fields of the coverage a source gives, in its own order: field ``range[k]`` is field ``k`` of the source.

    Raises
    ------
    DataUnavailable
        When the ranges leave out a field or give one twice. That all sources have one shape shows at first use.
    """
    given = sorted(field for fields, _ in sources for field in fields)
    if not given or given != list(range(len(given))):
        ranges = ", ".join(f"bands[{fields.start}:{fields.stop}]" for fields, _ in sources) or "none"
        raise DataUnavailable(f"data items {ranges} do not give each field from 0 on exactly once")
    if len(sources) == 1 and sources[0][0].step == 1:
        return sources[0][1]
    return _Bands(tuple(sources))


@dataclass(frozen=True)
class _Bands:
    """The fields of several sources of one grid."""

    sources: tuple[tuple[range, Source], ...]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis; raises DataUnavailable when the sources differ."""
        shapes = [source.shape for _, source in self.sources]
        if len(set(shapes)) > 1:
            parts = ", ".join(
                f"bands[{fields.start}:{fields.stop}] {' x '.join(map(str, shape))}"
                for (fields, _), shape in zip(self.sources, shapes, strict=True)
            )
            raise DataUnavailable(f"the files of the coverage differ in shape: {parts}")
        return shapes[0]

    @property
    def chunks(self) -> tuple[int, ...]:
        """The block shape of the first source."""
        return self.sources[0][1].chunks

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The resolutions that all sources have."""
        return tuple(level for level, _ in self._common_levels)

    def state(self) -> str:
        """Changes when that of a source does."""
        return " ".join(state_of(source) for _, source in self.sources)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; see ``core.coverage.Source``."""
        numbers = self._common_levels[level][1]
        parts: list[tuple[list[int], Cells]] = []
        for (given, source), number in zip(self.sources, numbers, strict=True):
            places = [place for place, field in enumerate(fields) if field in given]
            if places:
                own = [given.index(fields[place]) for place in places]
                parts.append((places, source.read(box, own, number)))
        if len(parts) == 1:
            return parts[0][1]
        dtype = np.result_type(*(cells.values.dtype for _, cells in parts))
        values = np.empty((len(fields), *box.shape), dtype)
        valid: npt.NDArray[np.bool_] | None = None
        for places, cells in parts:
            values[places] = cells.values
            if cells.valid is not None:
                if valid is None:
                    valid = np.ones(values.shape, dtype=bool)
                valid[places] = cells.valid
        return Cells(values, valid)

    @cached_property
    def _common_levels(self) -> tuple[tuple[Level, tuple[int, ...]], ...]:
        """Each common level with its number in every source."""
        assert self.shape
        tables = [{level.shape: number for number, level in enumerate(source.levels)} for _, source in self.sources]
        return tuple(
            (level, tuple(table[level.shape] for table in tables))
            for level in self.sources[0][1].levels
            if all(level.shape in table for table in tables)
        )
