# SPDX-License-Identifier: MIT
"""The recipe ``virtual_coverage``: a coverage whose cells are read out of other coverages when they are asked for.

Nothing is copied. Sources are named, or found by regular expressions, which have to match a whole identifier; of those
that are found the order is that of their identifiers. Cells of later sources lie over those of earlier ones. A further
run gives the coverage the sources that there are then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coordinates import number_text
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import same_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.plugins import hookimpl
from eoxserver.resources.coverages.identifiers import is_ncname
from eoxserver.wcst_import.errors import IngredientsError, SentenceError
from eoxserver.wcst_import.ingredients.options import list_of, option, section, sentence, text
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.outline import axis_line, band_line
from eoxserver.wcst_import.recipes.base import Recipe
from eoxserver.wcst_import.sentences.evaluate import Sentence
from eoxserver.wcst_import.slices import ImportFile, Slice
from eoxserver.wcst_import.targets.base import Target

__all__ = ["EnvelopeAxis", "EnvelopeOptions", "VirtualCoverage", "VirtualOptions", "eoxs_import_recipes"]

_SOURCES = "input.source_coverage_ids"
_KEY = "recipe.options"
_NAME = re.compile(r"[\w-]+")
"""What is no expression."""
_OF_CELLS = ("tiling", "scale_levels", "scale_factors", "band_names", "import_overviews", "import_all_overviews")
"""Options for cells that are kept."""
TOLERANCE = 1e-6
"""How far a resolution may be from that of the sources [of it]."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeAxis:
    """What is expected of one axis."""

    label: str = option(text, "label of the axis", name="axisLabel")
    resolution: str = option(sentence, "distance of its cells; 1 on irregular axes", "")


@dataclass(frozen=True, kw_only=True)
class EnvelopeOptions:
    """What is expected of the grid of the sources."""

    srs_name: str = option(text, "CRS", "", name="srsName")
    axis: tuple[EnvelopeAxis, ...] = option(list_of(section(EnvelopeAxis)), "axes", ())


@dataclass(frozen=True, kw_only=True)
class VirtualOptions(CommonOptions):
    """Options of ``virtual_coverage``."""

    envelope: EnvelopeOptions | None = option(
        section(EnvelopeOptions), "CRS and axes that the sources must have; nothing is converted", None
    )


class VirtualCoverage(Recipe[VirtualOptions]):
    """A coverage out of others; ``input.paths`` is not used."""

    key: ClassVar[str] = "virtual_coverage"
    options_type = VirtualOptions
    filters: ClassVar[Sequence[str]] = ("source_coverage_ids",)

    def check(self) -> None:
        """Refuse files, and what is for cells that are kept."""
        given, options = self.ingredients.input, self.options
        if given.paths:
            raise IngredientsError(
                f"input.paths is not for virtual_coverage, which reads the coverages of {_SOURCES}",
                locator="input.paths",
            )
        if not given.source_coverage_ids:
            raise IngredientsError(f"{_SOURCES} is missing: coverages that exist, by name", locator=_SOURCES)
        if not is_ncname(given.coverage_id):
            raise IngredientsError(f"input.coverage_id: '{given.coverage_id}' is no identifier of a coverage")
        for name in _OF_CELLS:
            if getattr(options, name):
                raise IngredientsError(
                    f"{_KEY}.{name} is not for virtual_coverage, which keeps no cells; pyramid_members takes coarser "
                    "coverages, virtual ones too",
                    locator=f"{_KEY}.{name}",
                )
        if self.ingredients.config.insitu:
            raise IngredientsError(
                "config.insitu is for files; virtual_coverage copies nothing anyway", locator="config.insitu"
            )

    def slices(self, file: ImportFile, number: int) -> list[Slice]:
        """None: it is made at once."""
        return []

    def whole(self) -> Composition:
        """The coverage out of the sources that there are now."""
        return Composition(
            self.environment.target, self.ingredients.input.coverage_id, self._sources(), self._metadata(), self._check
        )

    def _sources(self) -> tuple[str, ...]:
        """Identifiers in order, each once; raises IngredientsError for what no coverage has."""
        own = self.ingredients.input.coverage_id
        known = sorted(name for name in self.environment.target.identifiers() if name != own)
        found: dict[str, None] = {}
        for given in self.ingredients.input.source_coverage_ids:
            if given in known or _NAME.fullmatch(given):
                found[given] = None  # where there is none, the catalogue names those that are like it
                continue
            matching = self._matching(given, known)
            if not matching:
                raise IngredientsError(f"{_SOURCES}: no coverage matches '{given}'; {suggest(given, known)}")
            found.update(dict.fromkeys(matching))
        return tuple(found)

    def _matching(self, pattern: str, known: Sequence[str]) -> list[str]:
        try:
            wanted = re.compile(pattern)
        except re.error as error:
            raise IngredientsError(
                f"{_SOURCES}: '{pattern}' is no regular expression: {error}", locator=_SOURCES
            ) from error
        return [name for name in known if wanted.fullmatch(name)]

    def _metadata(self) -> dict[str, str]:
        """Global metadata, which no file can tell."""
        section = self.options.coverage
        given = section.metadata.global_ if section is not None and section.metadata is not None else None
        key = f"{_KEY}.coverage.metadata.global"
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            raise IngredientsError(f"{key} must be an object of sentences by key", locator=key)
        return {name: str(Sentence(value, key=f"{key}.{name}").evaluate(_no_file)) for name, value in given.items()}

    def _check(self, domain: Domain) -> None:
        """Refuse sources with another grid than ``envelope`` says; raises IngredientsError."""
        envelope, key = self.options.envelope, f"{_KEY}.envelope"
        if envelope is None:
            return
        if envelope.srs_name and not self._same_crs(envelope.srs_name, domain):
            found = "none" if domain.crs is None else domain.crs.uri
            raise IngredientsError(
                f"{key}.srsName '{envelope.srs_name}' is not the CRS of the sources, which is {found}", locator=key
            )
        axes = {axis.label: axis for axis in domain.axes}
        for one in envelope.axis:
            if one.label not in axes:
                raise IngredientsError(f"{key}.axis: there is no axis '{one.label}'; {suggest(one.label, axes)}")
            self._check_resolution(one, axes[one.label])

    def _same_crs(self, given: str, domain: Domain) -> bool:
        try:
            return domain.crs is not None and same_crs(self.environment.parse_crs(given), domain.crs)
        except EOxServerError as error:
            raise IngredientsError(f"{_KEY}.envelope.srsName: {error.message}", locator="srsName") from error

    def _check_resolution(self, given: EnvelopeAxis, axis: Axis) -> None:
        key = f"{_KEY}.envelope.axis"
        if not given.resolution:
            return
        value = Sentence(given.resolution, key=key).evaluate(_no_file)
        own = abs(axis.step) if isinstance(axis, RegularAxis) else 1.0
        try:
            same = abs(abs(float(value)) - own) <= TOLERANCE * own
        except (TypeError, ValueError):
            same = False
        if not same:
            raise IngredientsError(
                f"{key}: the resolution of {axis.label} is {number_text(own)} in the sources, not "
                f"{given.resolution}; gdalwarp brings files to another one",
                locator=key,
            )


def _no_file(parts: tuple[str, ...]) -> Any:
    raise SentenceError(f"'${{{':'.join(parts)}}}': a virtual coverage has no file to tell it")


@dataclass(frozen=True)
class Composition:
    """A virtual coverage that is to be made."""

    target: Target
    identifier: str
    sources: tuple[str, ...]
    metadata: Mapping[str, str]
    check: Callable[[Domain], None]
    """Refuses a domain that is not wanted."""

    def lines(self) -> list[str]:
        """Sources, axes and bands; raises EOxServerError when they do not go together."""
        planned: Coverage = self.target.composed(self.identifier, self.sources, self.metadata)
        self.check(planned.domain)
        there = self.target.coverage(self.identifier) is not None
        done = "give it these sources" if there else "make it of these sources"
        return [
            f"virtual coverage {self.identifier}: {done}, of which nothing is copied: {', '.join(self.sources)}",
            *(f"  axis {axis_line(axis)}" for axis in planned.domain.axes),
            *map(band_line, planned.range_type.fields),
        ]

    def make(self) -> None:
        """Catalogue it."""
        self.target.compose(self.identifier, self.sources, self.metadata)


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipe ``virtual_coverage``."""
    return [VirtualCoverage]
