# SPDX-License-Identifier: MIT
"""The recipes ``time_series_regular`` and ``time_series_irregular`` (wcst_import specification, sections 10 and 11).

Each 2-D file is one instant of a coverage of time, y and x: the next step of a regular series, or the instant that its
name or metadata says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from eoxserver.core.axes import Axis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.crs import Crs
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.core.roles import Role
from eoxserver.plugins import hookimpl
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.options import option, section, sentence, text
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.probes.gdal import GdalProbe
from eoxserver.wcst_import.recipes.rasters import RasterRecipe
from eoxserver.wcst_import.sentences.functions import instant
from eoxserver.wcst_import.slices import ImportFile

__all__ = ["IrregularSeries", "RegularSeries", "eoxs_import_recipes", "step_seconds"]

_UNITS = {"week": 604_800.0, "day": 86_400.0, "hour": 3_600.0, "minute": 60.0, "second": 1.0}
_STEP = re.compile(r"\s*([0-9.]+)\s*([A-Za-z]+)\s*")


def step_seconds(given: str, key: str = "recipe.options.time_step") -> float:
    """The length of a step such as ``2 days 10 minutes`` [s].

    Raises
    ------
    IngredientsError
        For another unit than weeks, days, hours, minutes, seconds; months and years have no constant length.

    >>> step_seconds("1 day 2 hours")
    93600.0
    """
    total, rest = 0.0, given
    while rest:
        found = _STEP.match(rest)
        unit = "" if found is None else found[2].lower().removesuffix("s")
        if found is None or unit not in _UNITS:
            months = unit in ("month", "year")
            why = (
                "months and years have no constant length: time_series_irregular takes such series"
                if months
                else (f"accepted: numbers and {', '.join(f'{each}s' for each in _UNITS)}")
            )
            raise IngredientsError(f"{key}: '{given}' is no step of time; {why}", locator=key)
        try:
            total += float(found[1]) * _UNITS[unit]
        except ValueError as error:
            raise IngredientsError(f"{key}: '{found[1]}' is no number", locator=key) from error
        rest = rest[found.end() :]
    if total <= 0:
        raise IngredientsError(f"{key}: '{given}' is no step of time; it must be greater than 0", locator=key)
    return total


@dataclass(frozen=True, kw_only=True)
class _SeriesOptions(CommonOptions):
    time_crs: str = option(text, "CRS of the axis of time (OGC/0/AnsiDate)")


@dataclass(frozen=True, kw_only=True)
class RegularOptions(_SeriesOptions):
    """Options of ``time_series_regular``."""

    time_start: str = option(text, "instant of the first file")
    time_format: str = option(text, 'how it is written: tokens (YYYY-MM-DD), or "auto"', "auto")
    time_step: str = option(text, "from one file to the next: 1 day 2 hours 3 minutes 4 seconds")


@dataclass(frozen=True, kw_only=True)
class TagOptions:
    """Option ``time_parameter.metadata_tag``."""

    tag_name: str = option(text, "name of the metadata item")


@dataclass(frozen=True, kw_only=True)
class NameOptions:
    """Option ``time_parameter.filename``."""

    regex: str = option(text, "pattern that is searched in the path")
    group: str = option(sentence, "number of the group that holds the instant", "1")


@dataclass(frozen=True, kw_only=True)
class TimeParameter:
    """Option ``time_parameter``."""

    metadata_tag: TagOptions | None = option(section(TagOptions), "the instant is a metadata item of the file", None)
    filename: NameOptions | None = option(section(NameOptions), "the instant is a part of the file's path", None)
    datetime_format: str = option(text, 'how it is written: tokens (YYYYMMDD), or "auto"', "auto")


@dataclass(frozen=True, kw_only=True)
class IrregularOptions(_SeriesOptions):
    """Options of ``time_series_irregular``."""

    time_parameter: TimeParameter = option(section(TimeParameter), "where the instant of a file is found")


def _time_crs(recipe: RasterRecipe[RegularOptions] | RasterRecipe[IrregularOptions]) -> Crs:
    """The CRS of the axis of time; raises IngredientsError."""
    key = "recipe.options.time_crs"
    try:
        crs = recipe.environment.parse_crs(recipe.options.time_crs)
    except EOxServerError as error:
        raise IngredientsError(f"{key}: {error.message}", locator=key) from error
    if not crs.is_temporal or len(crs.axes) != 1:
        raise IngredientsError(f"{key}: {crs.uri} is no CRS of one axis of time; try OGC/0/AnsiDate", locator=key)
    return crs


class RegularSeries(RasterRecipe[RegularOptions]):
    """File after file, one step of time from each to the next."""

    key: ClassVar[str] = "time_series_regular"
    options_type = RegularOptions

    def check(self) -> None:
        """Refuse a step or start that is none."""
        assert self._first.size

    @cached_property
    def _first(self) -> RegularAxis:
        crs, options = _time_crs(self), self.options
        seconds = step_seconds(options.time_step)
        try:
            start = parse_coordinate(crs, instant(options.time_start, options.time_format), crs.axes[0].label)
        except ValueError as error:
            raise IngredientsError(
                f"recipe.options.time_start: {error}", locator="recipe.options.time_start"
            ) from error
        (axis,) = crs.axes
        return RegularAxis(axis.label, start, seconds / crs.unit_seconds, 1, crs=crs, unit=axis.unit, role=Role.T)

    def leading(self, file: ImportFile, probe: GdalProbe, number: int) -> Sequence[Axis]:
        """The step of the file."""
        return (self._first.cells(number, number + 1),)


class IrregularSeries(RasterRecipe[IrregularOptions]):
    """Each file at the instant that its name or a metadata item says."""

    key: ClassVar[str] = "time_series_irregular"
    options_type = IrregularOptions

    def check(self) -> None:
        """Refuse a parameter that says nothing, or two things."""
        given = self.options.time_parameter
        if (given.metadata_tag is None) == (given.filename is None):
            raise IngredientsError(
                "recipe.options.time_parameter needs metadata_tag or filename, and not both",
                locator="recipe.options.time_parameter",
            )
        if given.filename is not None:
            self._check_pattern(given.filename)
        assert self._crs.axes

    def _check_pattern(self, given: NameOptions) -> None:
        key = "recipe.options.time_parameter.filename"
        try:
            groups = re.compile(given.regex).groups
        except re.error as error:
            raise IngredientsError(
                f"{key}.regex: '{given.regex}' is no pattern: {error}", locator=f"{key}.regex"
            ) from error
        if not given.group.isdigit() or int(given.group) > groups:
            raise IngredientsError(
                f"{key}.group: '{given.group}' is no group of '{given.regex}', which has {groups}",
                locator=f"{key}.group",
            )

    @cached_property
    def _crs(self) -> Crs:
        return _time_crs(self)

    def leading(self, file: ImportFile, probe: GdalProbe, number: int) -> Sequence[Axis]:
        """The instant of the file."""
        given = self.options.time_parameter
        found = self._text(file, probe)
        try:
            at = parse_coordinate(self._crs, instant(found, given.datetime_format), self._crs.axes[0].label)
        except ValueError as error:
            raise FileRefused(
                f"{file.path}: {error} (recipe.options.time_parameter.datetime_format)", locator=file.path
            ) from error
        (axis,) = self._crs.axes
        return (IrregularAxis(axis.label, np.array([at]), crs=self._crs, unit=axis.unit, role=Role.T),)

    def _text(self, file: ImportFile, probe: GdalProbe) -> str:
        given = self.options.time_parameter
        if given.filename is not None:
            found = re.search(given.filename.regex, file.original or file.path)
            if found is None:
                raise FileRefused(
                    f"{file.path} does not match '{given.filename.regex}' "
                    "(recipe.options.time_parameter.filename.regex)",
                    locator=file.path,
                )
            return str(found[int(given.filename.group)])
        assert given.metadata_tag is not None
        name = given.metadata_tag.tag_name
        if name not in probe.description.metadata:
            raise FileRefused(
                f"{file.path} has no metadata item '{name}' (recipe.options.time_parameter.metadata_tag); "
                f"{suggest(name, probe.description.metadata)}",
                locator=file.path,
            )
        return probe.description.metadata[name]


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipes ``time_series_regular`` and ``time_series_irregular``."""
    return [RegularSeries, IrregularSeries]
