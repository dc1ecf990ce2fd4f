# SPDX-License-Identifier: MIT
"""The recipe ``sentinel2``: products of Sentinel-2 (wcst_import specification, section 12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from eoxserver.core.domain import Domain
from eoxserver.core.errors import suggest
from eoxserver.plugins import hookimpl
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.recipes.safe import BANDS, LEVELS, SafeProduct
from eoxserver.wcst_import.recipes.scenes import Scene, SceneRecipe, code_of
from eoxserver.wcst_import.slices import ImportFile

__all__ = ["Sentinel2", "eoxs_import_recipes"]


class Sentinel2(SceneRecipe):
    """A coverage for each CRS, resolution and level, of irregular time, y and x."""

    key: ClassVar[str] = "sentinel2"
    filters: ClassVar[Sequence[str]] = ("resolutions", "levels", "crss")
    templates: ClassVar[Sequence[str]] = ("crsCode", "resolution", "level")

    def check(self) -> None:
        """Refuse resolutions, levels and CRSs that are none."""
        super().check()
        given = self.ingredients.input
        for name, values, known in (("resolutions", given.resolutions, tuple(BANDS)), ("levels", given.levels, LEVELS)):
            for value in values:
                if value not in known:
                    raise IngredientsError(
                        f"input.{name}: '{value}' is none; {suggest(value, known)}", locator=f"input.{name}"
                    )
        for value in given.crss:
            if not _code(value).isdigit():
                raise IngredientsError(
                    f"input.crss: '{value}' is no EPSG code; accepted: 32633, EPSG:32633", locator="input.crss"
                )

    def scenes(self, file: ImportFile) -> Iterator[Scene]:
        """One for each granule and resolution of a product."""
        given = self.ingredients.input
        product = SafeProduct(file.path)
        if given.levels and product.level not in given.levels:
            return
        for resolution in given.resolutions or tuple(BANDS):
            for names, paths in product.scenes(resolution):
                values = {"resolution": resolution, "level": product.level}
                yield Scene(paths, names, product.time, values, product.nil)

    def wanted(self, plane: Domain) -> bool:
        """Whether its CRS is one of those that are named."""
        codes = [_code(each) for each in self.ingredients.input.crss]
        return not codes or code_of(plane) in codes


def _code(text: str) -> str:
    return text.replace("/", ":").rsplit(":", 1)[-1].strip()


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipe ``sentinel2``."""
    return [Sentinel2]
