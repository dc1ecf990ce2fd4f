# SPDX-License-Identifier: MIT
"""Options of the specification that are not for an import: none is ignored in silence.

Those that would change the outcome are refused, with what does the same; those without effect here are told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.reading import Ingredients
from eoxserver.wcst_import.ingredients.sections import CommonOptions

__all__ = ["check_supported", "without_effect"]

_FILTERS = {
    "product": "sentinel1", "modebeams": "sentinel1", "polarisations": "sentinel1",
    "resolutions": "sentinel2", "levels": "sentinel2", "crss": "sentinel2",
    "source_coverage_ids": "virtual_coverage",
}  # fmt: skip
_DEFAULT_PRODUCT = "GRD"


def check_supported(given: Ingredients, options: CommonOptions, filters: Sequence[str]) -> None:
    """Refuse options that would have no effect.

    Parameters
    ----------
    filters : sequence of str
        Filters of section ``input`` that the recipe has.

    Raises
    ------
    IngredientsError
        For the first one; the message says what does the same.
    """
    for key, why in (*_of_input(given, filters), *_of_options(given.recipe, options)):
        raise IngredientsError(f"{key}: {why}", locator=key)


def without_effect(given: Ingredients, options: CommonOptions) -> Iterator[str]:
    """A line for each option that is given and has no effect, with the reason."""
    for key, section in (("config", given.config), ("input", given.input), ("recipe.options", options)):
        yield from _without_effect(section, key)


def _without_effect(section: Any, key: str) -> Iterator[str]:
    if isinstance(section, Mapping):
        for name, each in section.items():
            yield from _without_effect(each, f"{key}.{name}")
    elif isinstance(section, tuple):
        for number, each in enumerate(section):
            yield from _without_effect(each, f"{key}[{number}]")
    elif dataclasses.is_dataclass(section):
        for field in dataclasses.fields(section):
            value, said = getattr(section, field.name), field.metadata
            name = said.get("name") or field.name
            if not said.get("idle"):
                yield from _without_effect(value, f"{key}.{name}")
            elif value != field.default:
                yield f"{key}.{name} is {said['meaning']}"


def _of_input(given: Ingredients, filters: Sequence[str]) -> Iterator[tuple[str, str]]:
    section = given.input
    for name, recipe in _FILTERS.items():
        if name not in filters and getattr(section, name) not in ((), _DEFAULT_PRODUCT):
            yield f"input.{name}", f"the recipe {given.recipe} has no such filter; it is one of {recipe}"


def _of_options(recipe: str, options: CommonOptions) -> Iterator[tuple[str, str]]:
    if options.pyramid_harvesting and not (options.pyramid_members or options.pyramid_bases):
        yield "recipe.options.pyramid_harvesting", "there are neither pyramid_members nor pyramid_bases to harvest"
    section, key = options.coverage, "recipe.options.coverage"
    if section is None:
        return
    if recipe in _PLACED_BY_FILES:
        if section.grid_coverage:
            yield f"{key}.grid_coverage", f"the recipe {recipe} places files by what they say; general_coverage has it"
        for name in ("slicer", "crs"):
            if getattr(section, name):
                yield f"{key}.{name}", f"the recipe {recipe} places files by what they say; general_coverage has it"


_PLACED_BY_FILES = ("map_mosaic", "time_series_regular", "time_series_irregular", "sentinel1", "sentinel2")
