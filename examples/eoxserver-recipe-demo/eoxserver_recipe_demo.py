"""A recipe for archives with a folder for each day: ``2024/06/01/scene.tif``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver import hookimpl
from eoxserver.core.axes import Axis, IrregularAxis
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.errors import EOxServerError
from eoxserver.core.roles import Role
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.options import option, text
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.probes.gdal import GdalProbe
from eoxserver.wcst_import.recipes.rasters import RasterRecipe
from eoxserver.wcst_import.slices import ImportFile

DAY = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/[^/]+$")


@dataclass(frozen=True, kw_only=True)
class DayOptions(CommonOptions):
    hour: str = option(text, "time of day at which all files were taken", "00:00")


class DayFolders(RasterRecipe[DayOptions]):
    """2-D files as slices of an irregular series, at the day that their folders say."""

    key = "day_folders"
    options_type = DayOptions

    def check(self) -> None:
        if not re.fullmatch(r"\d{2}:\d{2}", self.options.hour):
            raise IngredientsError(
                f"recipe.options.hour: '{self.options.hour}' is no time of day; accepted: 09:30",
                locator="recipe.options.hour",
            )

    def leading(self, file: ImportFile, probe: GdalProbe, number: int) -> Sequence[Axis]:
        day = DAY.search(file.path)
        if day is None:
            raise FileRefused(f"{file.path} lies in no folder YEAR/MONTH/DAY", locator=file.path)
        crs = self.environment.parse_crs("OGC/0/AnsiDate")
        when = f"{'-'.join(day.groups())}T{self.options.hour}:00Z"
        try:
            position = parse_coordinate(crs, when, "ansi")
        except EOxServerError as error:
            raise FileRefused(f"{file.path}: {error.message}", locator=file.path) from error
        return (IrregularAxis("ansi", np.array([position]), crs, crs.axes[0].unit, Role.T),)


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    return [DayFolders]
