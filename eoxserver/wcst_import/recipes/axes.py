# SPDX-License-Identifier: MIT
"""From the sentences of an axis to the axis of one slice (wcst_import specification, section 8.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import number_text, parse_coordinate
from eoxserver.core.crs import Crs, CrsAxis
from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients import sections
from eoxserver.wcst_import.sentences.evaluate import Find, Sentence
from eoxserver.wcst_import.sentences.statements import imported

__all__ = ["AxisRule"]

TOLERANCE = 1e-3
"""How far bounds may be from a whole number of cells [cells]."""


@dataclass(frozen=True, eq=False)
class AxisRule:
    """How one axis of the coverage follows from a file; made once for all files.

    Parameters
    ----------
    crs : Crs
        The single CRS of the axis, with the axis named as in the ingredients.
    place : int
        Of the axis in the CRS of the coverage.
    """

    label: str
    crs: Crs
    crs_axis: CrsAxis
    place: int
    given: sections.Axis
    point: bool
    """Whether bounds are centres of cells."""
    sentences: dict[str, Sentence]

    @classmethod
    def of(cls, label: str, crs: Crs, crs_axis: CrsAxis, place: int, given: sections.Axis, point: bool) -> AxisRule:
        """Read the sentences of an axis.

        Raises
        ------
        IngredientsError, SentenceError
            When one cannot be read, or options exclude each other.
        """
        key = f"recipe.options.coverage.slicer.axes.{label}"
        names = imported(given.statements)
        texts = {"min": given.min, "max": given.max, "resolution": given.resolution}
        sentences_ = {name: Sentence(text, names, f"{key}.{name}") for name, text in texts.items() if text != ""}
        positions = given.direct_positions
        if positions:
            text = positions if isinstance(positions, str) else f"[{', '.join(positions)}]"
            sentences_["directPositions"] = Sentence(text, names, f"{key}.directPositions")
        rule = cls(label, crs, crs_axis, place, given, point, sentences_)
        rule._check(key)
        return rule

    def _check(self, key: str) -> None:
        given = self.given
        if given.slice_group_size is not None and (not given.irregular or given.data_bound):
            raise IngredientsError(
                f"{key}.sliceGroupSize is for irregular axes with dataBound false", locator=f"{key}.sliceGroupSize"
            )
        if given.irregular and given.resolution.strip() not in ("1", "1.0"):
            raise IngredientsError(
                f"{key}.resolution must be 1 on an irregular axis, not {given.resolution}", locator=f"{key}.resolution"
            )
        if given.direct_positions and not given.irregular:
            raise IngredientsError(f"{key}.directPositions is for irregular axes", locator=f"{key}.directPositions")

    @property
    def order(self) -> int:
        """Place of the axis in the array."""
        return self.place if self.given.grid_order is None else self.given.grid_order

    @property
    def bound(self) -> bool:
        """Whether the file has the axis."""
        return self.given.data_bound and (bool(self.given.max) or not self._of_one)

    @property
    def _of_one(self) -> bool:
        """Whether a slice has one position, where the axis is irregular."""
        return "directPositions" not in self.sentences

    def axis(self, find: Find, size: int | None, path: str) -> Axis:
        """The axis of a slice.

        Parameters
        ----------
        size : int or None
            Cells that the file has along it; None: the file does not have it.

        Raises
        ------
        FileRefused
            When bounds, resolution and size do not go together.
        SentenceError
            When a sentence has no value.
        """
        if self.given.irregular:
            return self._irregular(find, size, path)
        low = self._coordinate("min", find, path)
        if self.crs.kind == "index":
            return self._index(low, size or 1, path)
        step = self._number(self.sentences["resolution"].evaluate(find), "resolution", path)
        if step == 0 or not math.isfinite(step):
            raise self._wrong(path, f"resolution {step:g}; accepted: a signed number that is not 0")
        if "max" not in self.sentences:
            if size not in (None, 1):
                raise self._wrong(path, f"the file has {size} cells along it; max is missing")
            return self._regular(low, step, 1)
        return self._bounded(low, self._coordinate("max", find, path), step, size, path)

    def _bounded(self, low: float, high: float, step: float, size: int | None, path: str) -> Axis:
        between = (high - low) / abs(step)
        points = self.point or (size == 1 and high == low)
        cells = between + 1 if points else between
        wanted = round(cells) if size is None else size
        # Centres that were shifted by a cell, as samples for GRIB do, begin where the grid begins all the same.
        shifted = points and size is not None and abs(between - size) <= TOLERANCE * size
        if wanted < 1 or (abs(cells - wanted) > TOLERANCE * max(1, wanted) and not shifted):
            has = "the file has" if size is not None else "there would be"
            raise self._wrong(
                path,
                f"from {number_text(low)} to {number_text(high)} with resolution {number_text(step)} there are "
                f"{cells:.6g} cells; {has} {wanted}"
                + ("" if self.point else "; pixelIsPoint says that bounds are centres of cells"),
            )
        if points:
            return self._regular(high if step < 0 else low, step, wanted)
        return self._regular((high if step < 0 else low) + step / 2, step, wanted)

    def _regular(self, origin: float, step: float, size: int) -> RegularAxis:
        return RegularAxis(self.label, origin, step, size, self.crs, self.crs_axis.unit, self.crs_axis.role)

    def _index(self, low: float, size: int, path: str) -> IndexAxis:
        if low != int(low):
            raise self._wrong(path, f"{low:g} is no index")
        return IndexAxis(self.label, size, int(low), self.crs, role=self.crs_axis.role)

    def _irregular(self, find: Find, size: int | None, path: str) -> IrregularAxis:
        if self._of_one:
            found = [self._coordinate("min", find, path)]
            group = self.given.slice_group_size
            if group is not None:
                found = [found[0] - math.fmod(found[0], group)]
        else:
            given = self.sentences["directPositions"].evaluate(find)
            given = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
            found = [self._coordinate_of(each, "directPositions", path) for each in given]
        if size not in (None, len(found)):
            raise self._wrong(path, f"{len(found)} positions; the file has {size} cells along it")
        try:
            values = np.array(found, dtype=np.float64)
            return IrregularAxis(self.label, values, self.crs, self.crs_axis.unit, self.crs_axis.role)
        except ValueError as error:
            raise self._wrong(path, str(error)) from error

    # -- values ------------------------------------------------------------------------------------------

    def _coordinate(self, name: str, find: Find, path: str) -> float:
        return self._coordinate_of(self.sentences[name].evaluate(find), name, path)

    def _coordinate_of(self, value: Any, name: str, path: str) -> float:
        if isinstance(value, str):
            try:
                return parse_coordinate(self.crs, value, self.label)
            except EOxServerError as error:
                raise self._wrong(path, f"{name} '{value}': {error.message}") from error
        return self._number(value, name, path)

    def _number(self, value: Any, name: str, path: str) -> float:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise self._wrong(path, f"{name} is {value!r}; a number is needed") from error

    def _wrong(self, path: str, message: str) -> FileRefused:
        return FileRefused(
            f"{path}: axis {self.label}: {message} (recipe.options.coverage.slicer.axes.{self.label})", locator=path
        )
