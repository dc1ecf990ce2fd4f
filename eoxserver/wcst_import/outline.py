# SPDX-License-Identifier: MIT
"""What the slices of an import are together, known before the first one is written: axes, fields, gaps.

Slices are added one by one; what is kept of each is where it lies on the axes. A slice that does not go with the first
one is refused at once: other axes, CRS, resolution, bands or types, cells off the grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_text, number_text
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import same_crs
from eoxserver.core.fields import Field, RangeType
from eoxserver.wcst_import.errors import FileRefused
from eoxserver.wcst_import.slices import Slice

__all__ = ["AxisOutline", "Outline", "axis_line", "band_line"]

TOLERANCE = 1e-3
"""How far a cell may lie off the grid [cells]; that of the cube store."""


@dataclass
class AxisOutline:
    """One axis of all slices."""

    first: Axis
    """As the first slice has it."""
    positions: dict[float, None] = field(default_factory=dict)
    """Of an irregular axis: the coefficients there are. Of others the numbers of slices' first cells, where slices
    have one cell; counted from the first slice."""
    low: int = 0
    high: int = 0
    """From and to (without) which cell, counted from the first slice, slices reach; not of irregular axes."""

    def add(self, axis: Axis, where: str) -> None:
        """Take in the axis of one slice; raises FileRefused."""
        first = self.first
        if isinstance(first, IrregularAxis):
            self.positions.update(dict.fromkeys(axis.coordinates().tolist()))
            return
        step = first.step if isinstance(first, RegularAxis) else 1.0
        if isinstance(axis, RegularAxis) and abs(axis.step - step) * axis.size > TOLERANCE * abs(step):
            raise FileRefused(
                f"{where}: resolution {number_text(axis.step)} on axis {axis.label}; the first file has "
                f"{number_text(step)}",
                locator=axis.label,
            )
        place = (axis.coordinate(0) - first.coordinate(0)) / step
        if abs(place - round(place)) > TOLERANCE:
            raise FileRefused(
                f"{where}: its cells lie {abs(place - round(place)):.3g} cells off the grid of the first file on axis "
                f"{axis.label} (up to {TOLERANCE} are accepted); gdalwarp -tap brings files to one grid",
                locator=axis.label,
            )
        low = round(place)
        if axis.size == 1:
            self.positions[low] = None
        self.low, self.high = min(self.low, low), max(self.high, low + axis.size)

    @property
    def axis(self) -> Axis:
        """The axis of all slices together."""
        if isinstance(self.first, IrregularAxis):
            values = np.sort(np.array(list(self.positions)))
            falling = self.first.size > 1 and self.first.coefficients[0] > self.first.coefficients[-1]
            return IrregularAxis(
                self.first.label, values[::-1] if falling else values, self.first.crs, self.first.unit, self.first.role
            )
        return self.first.cells(self.low, self.high)

    @property
    def gaps(self) -> int:
        """Positions of an axis of single slices that no slice has."""
        if isinstance(self.first, IrregularAxis) or self.first.size != 1:
            return 0
        return self.high - self.low - len(self.positions)

    def describe(self) -> str:
        """In words."""
        return axis_line(self.axis, self.gaps)


@dataclass
class Outline:
    """All slices of one coverage."""

    identifier: str
    first: Slice
    last: Slice
    axes: tuple[AxisOutline, ...]
    count: int = 0
    files: int = 0

    @classmethod
    def of(cls, one: Slice) -> Outline:
        """Begin with a slice."""
        part = one.part
        outline = cls(part.identifier, one, one, tuple(AxisOutline(axis) for axis in part.domain.axes))
        for each, axis in zip(outline.axes, part.domain.axes, strict=True):
            each.high = axis.size
        outline.add(one)
        return outline

    def add(self, one: Slice) -> None:
        """Take in one more slice.

        Raises
        ------
        FileRefused
            When it does not go with the first one; nothing of it is kept then.
        """
        self._check_fields(one.part.range_type, one.file.path)
        self._check_axes(one.part, one.file.path)
        for each, axis in zip(self.axes, one.part.domain.axes, strict=True):
            each.add(axis, one.file.path)
        self.count += 1
        self.files += self.count == 1 or one.file != self.last.file
        if one.order < self.first.order:
            self.first = one
        self.last = one

    def _check_fields(self, found: RangeType, path: str) -> None:
        mine = self.first.part.range_type
        if len(found) != len(mine):
            raise FileRefused(f"{path} has {len(found)} bands; {self.first.file.path} has {len(mine)}", locator="bands")
        for a, b in zip(found.fields, mine.fields, strict=True):
            if a.dtype != b.dtype:
                raise FileRefused(
                    f"{path}: band {a.name} is {a.dtype}; in {self.first.file.path} it is {b.dtype}; "
                    "gdal_translate -ot brings files to one type",
                    locator=a.name,
                )

    def _check_axes(self, part: Coverage, path: str) -> None:
        mine = self.first.part.domain
        for a, b in zip(part.domain.axes, mine.axes, strict=False):
            if (a.crs is None) != (b.crs is None) or (a.crs and b.crs and not same_crs(a.crs, b.crs)):
                names = ["no CRS" if axis.crs is None else axis.crs.uri for axis in (a, b)]
                raise FileRefused(
                    f"{path} is in {names[0]}; {self.first.file.path} is in {names[1]}; gdalwarp -t_srs brings files "
                    "to one CRS",
                    locator=a.label,
                )
        if part.domain.labels != mine.labels:
            raise FileRefused(
                f"{path} has the axes {', '.join(part.domain.labels)}; {self.first.file.path} has "
                f"{', '.join(mine.labels)}",
                locator=path,
            )

    def lines(self, there: bool, previews: Iterable[Slice] = ()) -> Sequence[str]:
        """What would be imported, in words.

        Parameters
        ----------
        there : bool
            Whether the coverage exists already.
        previews : iterable of Slice
            Those that are shown one by one.
        """
        done = f"update it with {self.count} slices" if there else f"insert it with {self.count} slices"
        found = [f"coverage {self.identifier}: {done} of {self.files} files"]
        found += [f"  axis {each.describe()}" for each in self.axes]
        found += map(band_line, self.first.part.range_type.fields)
        for slice_ in previews:
            where = ", ".join(f"{axis.label}({_extent(axis)})" for axis in slice_.part.domain.axes)
            found.append(f"  {slice_.file.path}: {where}")
        return found


def axis_line(axis: Axis, gaps: int = 0) -> str:
    """An axis in words.

    Parameters
    ----------
    gaps : int
        Positions that no file has.
    """
    kind = {RegularAxis: "regular", IrregularAxis: "irregular", IndexAxis: "index"}[type(axis)]
    ends = f"{coordinate_text(axis, axis.low)} to {coordinate_text(axis, axis.high)}"
    step = f", step {number_text(axis.step)}" if isinstance(axis, RegularAxis) else ""
    crs = "" if axis.crs is None else f", {axis.crs.uri}"
    missing = f", {gaps} without a file" if gaps else ""
    return f"{axis.label}: {kind}, {axis.size} positions{missing}, {ends}{step}{crs}"


def band_line(field: Field) -> str:
    """A band in words."""
    nils = ", ".join(
        number_text(nil.low) if nil.high is None else f"{number_text(nil.low)}:{number_text(nil.high)}"
        for nil in field.nil
    )
    return f"  band {field.name}: {field.dtype}, unit {field.unit}, nil {nils or 'none'}"


def _extent(axis: Axis) -> str:
    if axis.size == 1:
        return coordinate_text(axis, axis.coordinate(0))
    return f"{coordinate_text(axis, axis.low)} .. {coordinate_text(axis, axis.high)}"
