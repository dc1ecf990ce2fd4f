# SPDX-License-Identifier: MIT
"""Options of the specification that are not for an import: each is refused with what does the same, none is ignored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.reading import Ingredients
from eoxserver.wcst_import.ingredients.sections import CommonOptions

__all__ = ["check_supported"]

_FILTERS = {
    "product": "sentinel1", "modebeams": "sentinel1", "polarisations": "sentinel1",
    "resolutions": "sentinel2", "levels": "sentinel2", "crss": "sentinel2",
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
