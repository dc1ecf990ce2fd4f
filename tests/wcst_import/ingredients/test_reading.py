# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.options import read_section
from eoxserver.wcst_import.ingredients.reading import Ingredients, read_ingredients
from eoxserver.wcst_import.ingredients.sections import CommonOptions

LEAST: dict[str, Any] = {
    "config": {"service_url": "http://localhost/ows"},
    "input": {"coverage_id": "c", "paths": "*.tif"},
    "recipe": {"name": "map_mosaic"},
}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def written(content: str | dict[str, Any]) -> Ingredients:
        path = tmp_path / "ingredients.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_ingredients(path)

    return written


def test_the_least_there_is(write: Any, tmp_path: Path) -> None:
    found = write(LEAST)
    assert found.folder == tmp_path
    assert (found.recipe, found.options, found.hooks) == ("map_mosaic", {}, ())
    assert found.input.paths == ("*.tif",)
    assert found.config.blocking and found.config.track_files and not found.config.skip


def test_lines_of_comments_are_left_out_and_counted(write: Any) -> None:
    text = json.dumps(LEAST, indent=1).replace('"recipe"', '  // what to do: "here"\n"recipe"')
    assert write(text).recipe == "map_mosaic"
    with pytest.raises(IngredientsError, match=r":4:\d+: .*\n.*\n *\^"):
        write('// one\n{\n// two\n"config": nothing}')


def test_true_and_false_may_be_texts(write: Any) -> None:
    config = {"service_url": "", "automated": "false", "skip": "True", "retry": True}
    found = write({**LEAST, "config": config}).config
    assert (found.automated, found.skip, found.retry) == (False, True, True)


@pytest.mark.parametrize(
    ("change", "locator", "words"),
    [
        ({"config": {"automatic": True}}, "config.automatic", "did you mean 'automated'"),
        ({"config": {"retries": -1}}, "config.retries", "whole number from 0 on, not -1"),
        ({"config": {"skip": "perhaps"}}, "config.skip", "true or false, not 'perhaps'"),
        ({"config": {"default_null_values": 1}}, "config.default_null_values", "must be a list"),
        ({"config": []}, "config", "must be an object"),
        ({"input": {"paths": ["a"]}}, "input.coverage_id", "is missing: identifier"),
        ({"input": {"coverage_id": 1}}, "input.coverage_id", "must be text, not 1"),
        ({"input": {"coverage_id": "c", "paths": ["a", 2]}}, "input.paths[1]", "must be text, not 2"),
        ({"recipe": {}}, "recipe.name", "is missing"),
        ({"recipe": {"name": "x", "option": {}}}, "recipe.option", "did you mean 'options'"),
        ({"recipe": {"name": "x", "options": []}}, "recipe.options", "must be an object"),
        ({"hooks": {}}, "hooks", "must be a list"),
        ({"hooks": [{"when": "later"}]}, "hooks[0].when", "'before_import' or 'after_import'"),
        ({"hook": []}, "hook", "did you mean 'hooks'"),
    ],
)
def test_wrong_ingredients_name_key_and_remedy(write: Any, change: dict[str, Any], locator: str, words: str) -> None:
    with pytest.raises(IngredientsError, match=words.replace("[", r"\[")) as caught:
        write({**LEAST, **change})
    assert caught.value.locator == locator


@pytest.mark.parametrize("name", ["config", "input", "recipe"])
def test_sections_that_are_missing_are_named(write: Any, name: str) -> None:
    with pytest.raises(IngredientsError, match=f"section '{name}' is missing"):
        write({key: value for key, value in LEAST.items() if key != name})


@pytest.mark.parametrize("content", ["", "[]", "3", "{", "\ufeff{}"])
def test_what_is_no_object_is_refused(write: Any, content: str) -> None:
    with pytest.raises(IngredientsError):
        write(content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngredientsError, match=r"nowhere\.json cannot be read"):
        read_ingredients(tmp_path / "nowhere.json")


def test_options_of_a_general_recipe() -> None:
    slicer = {
        "type": "GDAL",
        "bands": [{"name": "v", "identifier": 0, "nilValue": ["-9", 3], "colour": "red"}],
        "axes": {
            "day": {"min": "1", "crsOrder": 0, "irregular": True, "dataBound": "false", "sliceGroupSize": "7"},
            "lat": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": -0.5},
        },
    }
    metadata = {"type": "json", "global": {"Title": "'x'"}}
    given = {"__comment__": "x", "coverage": {"crs": "OGC/0/AnsiDate", "metadata": metadata, "slicer": slicer}}
    found = read_section(CommonOptions, given, "recipe.options")
    assert found.coverage is not None and found.coverage.slicer is not None and found.coverage.metadata is not None
    assert found.coverage.metadata.global_ == {"Title": "'x'"}
    (band,) = found.coverage.slicer.bands
    assert (band.identifier, band.nil_value, band.others) == ("0", ("-9", "3"), {"colour": "red"})
    day, lat = found.coverage.slicer.axes.values()
    assert (day.crs_order, day.irregular, day.data_bound, day.slice_group_size) == (0, True, False, 7.0)
    assert (lat.resolution, lat.max, lat.grid_order) == ("-0.5", "${gdal:maxY}", None)


def test_an_unknown_option_deep_inside_is_named_with_its_path() -> None:
    given = {"coverage": {"slicer": {"type": "gdal", "axes": {"t": {"min": 1, "crsOder": 0}}}}}
    with pytest.raises(IngredientsError, match="did you mean 'crsOrder'") as caught:
        read_section(CommonOptions, given, "recipe.options")
    assert caught.value.locator == "recipe.options.coverage.slicer.axes.t.crsOder"
