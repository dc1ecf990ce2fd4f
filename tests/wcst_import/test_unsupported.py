# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any

import pytest

from eoxserver.wcst_import.errors import IngredientsError
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("section", "given", "words"),
    [
        (
            "input",
            {"levels": ["L2A"]},
            "input.levels: the recipe map_mosaic has no such filter; it is one of sentinel2",
        ),
        ("input", {"product": "SLC"}, "input.product: .* one of sentinel1"),
        ("options", {"pyramid_harvesting": True}, "neither pyramid_members nor pyramid_bases"),
        ("options", {"coverage": {"grid_coverage": True}}, r"coverage\.grid_coverage: .* general_coverage has it"),
        ("options", {"coverage": {"crs": "EPSG/0/4326"}}, r"coverage\.crs: .* general_coverage has it"),
        ("options", {"coverage": {"slicer": {"type": "gdal", "axes": {}}}}, r"coverage\.slicer: .* general_coverage"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    imports: Imports, section: str, given: dict[str, Any], words: str
) -> None:
    whole = ingredients("map_mosaic", "*.tif")
    (whole["input"] if section == "input" else whole["recipe"]["options"]).update(given)
    with pytest.raises(IngredientsError, match=words):
        imports.session(whole)


def test_what_says_nothing_is_accepted(imports: Imports) -> None:
    whole = ingredients("map_mosaic", "*.tif", {"import_overviews": [], "coverage": {"grid_coverage": False}})
    whole["input"].update(inspire={"metadata_url": ""}, levels=[], product="GRD")
    assert imports.session(whole).run().imported == 0


def test_filters_of_the_other_mission_are_refused(imports: Imports) -> None:
    given = ingredients("sentinel2", "*")
    given["input"]["modebeams"] = ["IW"]
    with pytest.raises(IngredientsError, match="input.modebeams: the recipe sentinel2 has no such filter"):
        imports.session(given)


def test_bands_of_general_coverages_are_named_by_the_slicer(imports: Imports) -> None:
    options = {"band_names": ["a"], "coverage": {"crs": "OGC/0/Index2D", "slicer": {"type": "gdal", "axes": {}}}}
    with pytest.raises(IngredientsError, match="slicer.bands names bands here"):
        imports.session(ingredients("general_coverage", "*", options))
