# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any

import pytest

from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
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


def test_what_has_no_effect_is_told(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 3, 4)))
    options = {"envelope": "all", "coverage": {"metadata": {"type": "json"}}}
    given = ingredients("map_mosaic", "*.tif", options, url_root="http://host/", subset_correction=True)
    assert imports.run(given, "told.json").imported == 1
    said = {line.split(" is without effect")[0] for line in imports.listener.warnings}
    keys = {"recipe.options.envelope", "recipe.options.coverage.metadata.type"}
    assert said == {"config.url_root", "config.subset_correction"} | keys
    log = (imports.folder / "told.log").read_text()
    assert "Warning: config.url_root is without effect: cells are sent to a server" in log
    imports.run(given, explain=True)
    assert len([line for line in imports.listener.warnings if "without effect" in line]) == 4


def test_what_is_said_of_axes_has_the_axis(imports: Imports) -> None:
    axes = {"i": {"min": 0, "max": 3, "regular": True}, "j": {"min": 0, "max": 2}}
    given = ingredients(
        "general_coverage", "*.tif", {"coverage": {"crs": "OGC/0/Index2D", "slicer": {"type": "gdal", "axes": axes}}}
    )
    imports.run(given, explain=True)
    assert imports.listener.warnings[0] == "recipe.options.coverage.slicer.axes.i.regular is without effect"


def test_tiling_of_a_coverage_that_is_there_is_told(imports: Imports) -> None:
    for number in range(2):
        write(imports.folder / f"{number}.tif", pattern((1, 3, 4)), bounds=(4 * number, 0, 4 * number + 4, 3))
    tiled = {"tiling": "ALIGNED [0:1,0:1]"}
    imports.run(ingredients("map_mosaic", "0.tif", tiled))
    assert not any("options.tiling" in line for line in imports.listener.lines)
    imports.run(ingredients("map_mosaic", "1.tif", tiled), explain=True)
    line = "recipe.options.tiling is left aside: c exists, and keeps the chunks it has"
    assert f"  {line}" in imports.listener.lines
    imports.run(ingredients("map_mosaic", "1.tif", tiled), "tiled.json")
    assert f"Warning: {line}" in (imports.folder / "tiled.log").read_text()
    imports.run(ingredients("map_mosaic", "1.tif", track_files=False), explain=True)
    assert not any("options.tiling" in line for line in imports.listener.lines)
