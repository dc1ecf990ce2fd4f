# SPDX-License-Identifier: MIT
"""The recipe ``sentinel1``: georeferenced TIFF files of Sentinel-1 (wcst_import specification, section 12).

What a file holds is said by its name: ``s1a-iw-grd-vv-20240105t051234-20240105t051259-052000-064900-001.tiff`` is
mission, mode and beam, product, polarisation, start, stop, orbit, datatake and number of the image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from eoxserver.plugins import hookimpl
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.recipes.scenes import Scene, SceneRecipe
from eoxserver.wcst_import.slices import ImportFile

__all__ = ["Sentinel1", "eoxs_import_recipes"]

_NAME = re.compile(
    r"s1[a-d]-(?P<beam>[a-z]{2}\d?|s\d|n\d)-(?P<product>grd|slc)[fhm]?-(?P<polarisation>hh|hv|vv|vh)-"
    r"(?P<start>\d{8}t\d{6})-\d{8}t\d{6}-\d{6}-[0-9a-f]{6}-\d{3}(?P<rest>.*)\.tiff?",
    re.IGNORECASE,
)
_PRODUCTS = ("GRD", "SLC")


class Sentinel1(SceneRecipe):
    """A coverage for each mode and polarisation, of irregular time, y and x; its one band is the polarisation."""

    key: ClassVar[str] = "sentinel1"
    filters: ClassVar[Sequence[str]] = ("product", "modebeams", "polarisations")
    templates: ClassVar[Sequence[str]] = ("modebeam", "polarisation")

    def check(self) -> None:
        """Refuse another product than those there are."""
        super().check()
        if self.ingredients.input.product.upper() not in _PRODUCTS:
            raise IngredientsError(
                f"input.product must be {' or '.join(_PRODUCTS)}, not '{self.ingredients.input.product}'",
                locator="input.product",
            )

    def scenes(self, file: ImportFile) -> Iterator[Scene]:
        """The file, where it is of a product, mode and polarisation that is wanted."""
        found = _NAME.fullmatch(file.name)
        if found is None:
            raise FileRefused(
                f"{file.path} is not named as files of Sentinel-1 are: s1a-iw-grd-vv-<start>-<stop>-<orbit>-"
                "<datatake>-<image>.tiff; time_series_irregular takes files of other names",
                locator=file.path,
            )
        given = self.ingredients.input
        beam, polarisation = found["beam"].upper(), found["polarisation"].upper()
        beams = {each.upper() for each in given.modebeams}
        polarisations = {each.upper() for each in given.polarisations}
        if found["product"].upper() != given.product.upper():
            return
        if (beams and not {beam, beam[:2]} & beams) or (polarisations and polarisation not in polarisations):
            return
        values = {"modebeam": beam, "polarisation": polarisation}
        yield Scene((file.path,), (polarisation,), _iso(found["start"]), values)


def _iso(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[9:11]}:{text[11:13]}:{text[13:15]}Z"


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipe ``sentinel1``."""
    return [Sentinel1]
