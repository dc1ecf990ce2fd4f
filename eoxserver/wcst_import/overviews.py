# SPDX-License-Identifier: MIT
"""Overviews that files have, as coverages of their own: ``import_overviews``, ``import_all_overviews``.

Overview N of the files of coverage ``c`` makes the coverage ``c_N``, a member of its pyramid. Its cells are those that
the files have, which need not be every so many of the full resolution; its edges are those of the full resolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.sections import CommonOptions, Config
from eoxserver.wcst_import.slices import Arranged, Slice

__all__ = ["check_overviews", "file_levels", "overview_identifier", "overview_slices", "wants_overviews"]

_KEY = "recipe.options"


def overview_identifier(base: str, number: int) -> str:
    """The coverage of an overview by its number.

    >>> overview_identifier("mosaic", 2)
    'mosaic_2'
    """
    return f"{base}_{number}"


def wants_overviews(options: CommonOptions) -> bool:
    """Whether any are imported."""
    return bool(options.import_overviews) or options.import_all_overviews


def check_overviews(config: Config, options: CommonOptions) -> None:
    """Refuse options that exclude each other; raises IngredientsError."""
    if options.import_overviews and options.import_all_overviews:
        raise IngredientsError(
            f"{_KEY} has import_overviews and import_all_overviews; only one of them is accepted",
            locator=f"{_KEY}.import_all_overviews",
        )
    if options.import_overviews_only and not wants_overviews(options):
        raise IngredientsError(
            f"{_KEY}.import_overviews_only leaves nothing to import; import_overviews says which overviews are, "
            "import_all_overviews that all are",
            locator=f"{_KEY}.import_overviews_only",
        )
    if len(set(options.import_overviews)) != len(options.import_overviews):
        raise IngredientsError(
            f"{_KEY}.import_overviews names one twice: {', '.join(map(str, options.import_overviews))}",
            locator=f"{_KEY}.import_overviews",
        )
    if config.insitu and wants_overviews(options):
        raise IngredientsError(
            f"{_KEY}: overviews are not imported where config.insitu leaves cells in the files, whose overviews are "
            "used as they are",
            locator=f"{_KEY}.import_overviews",
        )


def overview_slices(one: Slice, wanted: Sequence[int]) -> Iterator[Slice]:
    """The overviews of a slice, as slices of coverages of their own.

    Parameters
    ----------
    wanted : sequence of int
        Their numbers, from 0.

    Raises
    ------
    FileRefused
        When the file has not all of them, or its axes are no regular ones.
    """
    arranged, levels = one.part.source, file_levels(one)
    for number in wanted:
        if number >= len(levels) or not isinstance(arranged, Arranged):
            raise FileRefused(
                f"{one.file.path} has {len(levels)} overviews, of which there is no number {number} "
                f"({_KEY}.import_overviews counts from 0); gdaladdo makes overviews",
                locator=one.file.path,
            )
        yield _overview(one, arranged, number, levels[number])


def file_levels(one: Slice) -> Sequence[Level]:
    """The overviews that the file of a slice has, from the finest to the coarsest."""
    arranged = one.part.source
    return arranged.source.levels[1:] if isinstance(arranged, Arranged) else ()


def _overview(one: Slice, arranged: Arranged, number: int, level: Level) -> Slice:
    part = one.part
    axes = [
        axis if place is None else _coarser(axis, level.shape[place], one)
        for axis, place in zip(part.domain.axes, arranged.places, strict=True)
    ]
    source = replace(arranged, source=OverviewSource(arranged.source, number + 1), known=level.shape)
    identifier = overview_identifier(part.identifier, number)
    domain = Domain(tuple(axes), part.domain.crs_labels)
    return replace(
        one,
        part=replace(part, identifier=identifier, domain=domain, source=source),
        files=(),
        obstacle="is an overview",
    )


def _coarser(axis: Axis, size: int, one: Slice) -> Axis:
    """An axis with the same edges and fewer cells."""
    if size == axis.size:
        return axis
    if not isinstance(axis, RegularAxis):
        raise FileRefused(
            f"{one.file.path}: axis {axis.label} is not regular, so that its overviews have no place "
            f"({_KEY}.import_overviews)",
            locator=one.file.path,
        )
    step = (axis.stop - axis.start) / size
    return replace(axis, origin=axis.start + step / 2, step=step, size=size)


@dataclass(frozen=True, slots=True, eq=False)
class OverviewSource:
    """One of the overviews of a source, as if it were all there is."""

    source: Source
    level: int
    """Of the source, from 1."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the overview."""
        return self.source.levels[self.level].shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the source, as far as the overview reaches."""
        return tuple(map(min, self.source.chunks, self.shape))

    @property
    def levels(self) -> tuple[Level, ...]:
        """The overview."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells of it; raises DataUnavailable."""
        return self.source.read(box, fields, self.level)
