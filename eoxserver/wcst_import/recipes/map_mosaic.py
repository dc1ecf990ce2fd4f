# SPDX-License-Identifier: MIT
"""The recipe ``map_mosaic``: 2-D files side by side in one coverage (wcst_import specification, section 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from eoxserver.plugins import hookimpl
from eoxserver.wcst_import.ingredients.options import anything, option
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.recipes.rasters import RasterRecipe

__all__ = ["MapMosaic", "MosaicOptions", "eoxs_import_recipes"]


@dataclass(frozen=True, kw_only=True)
class MosaicOptions(CommonOptions):
    """Options of ``map_mosaic``."""

    envelope: Any = option(anything, "the coverage grows with its files", None, idle=True)


class MapMosaic(RasterRecipe[MosaicOptions]):
    """Files of one CRS and resolution, placed by their georeference; where there is none, cells are nil."""

    key: ClassVar[str] = "map_mosaic"
    options_type = MosaicOptions


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipe ``map_mosaic``."""
    return [MapMosaic]
