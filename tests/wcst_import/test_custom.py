# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eoxserver.core.errors import UnknownKey
from eoxserver.plugins import Plugins
from eoxserver.wcst_import.custom import Recipes
from eoxserver.wcst_import.recipes import map_mosaic
from eoxserver.wcst_import.recipes.map_mosaic import MapMosaic
from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands, eoxserver, template_instance
from tests.wcst_import.imports import ingredients

__all__ = ["eoxserver", "template_instance"]

ONE = """
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eoxserver.wcst_import.ingredients.options import option, text
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.recipes.rasters import RasterRecipe


@dataclass(frozen=True, kw_only=True)
class Options(CommonOptions):
    colour: str = option(text, "which", "red")


class {name}(RasterRecipe[Options]):
    key: ClassVar[str] = "{key}"
    options_type = Options
"""


@pytest.fixture
def installed() -> Mapping[str, type[Any]]:
    return Plugins.from_modules([map_mosaic]).import_recipes


def make(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_files_and_folders_are_recipes(tmp_path: Path, installed: Mapping[str, type[Any]]) -> None:
    beside = ONE.format(name="Two", key="two").replace(
        "import annotations\n", "import annotations\nfrom .names import KEY\n"
    )
    files = {
        "one.py": ONE.format(name="One", key="one"), "two/recipe.py": beside, "two/names.py": "KEY = 2\n",
        "_helpers.py": "raise ValueError\n", "notes.txt": "no recipe", "three/other.py": "raise ValueError\n",
    }  # fmt: skip
    warnings: list[str] = []
    found = Recipes(installed, make(tmp_path, files), warnings.append)
    assert (list(found), len(found), warnings) == (["map_mosaic", "one", "two"], 3, [])
    assert found["one"].key == "one"
    assert found["map_mosaic"] is MapMosaic
    assert "map_mosaic" in found and "four" not in found


def test_a_folder_that_is_not_there_has_none(tmp_path: Path, installed: Mapping[str, type[Any]]) -> None:
    assert list(Recipes(installed, tmp_path / "no", print)) == ["map_mosaic"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("x = 1\nraise KeyError('a')\n", r"a\.py is left out: line 2: KeyError: 'a'"),
        ("def\n", r"a\.py is left out: SyntaxError: "),
        ("import no_such_package\n", r"a\.py is left out: line 1: ModuleNotFoundError: .*no_such_package"),
        ("from eoxserver.wcst_import.recipes.rasters import RasterRecipe\n", "TypeError: it defines no class"),
        (ONE.format(name="Other", key="map_mosaic"), "ValueError: there is a recipe 'map_mosaic' already"),
    ],
)
def test_what_fails_is_named_and_the_rest_works(
    tmp_path: Path, installed: Mapping[str, type[Any]], content: str, words: str
) -> None:
    warnings: list[str] = []
    found = Recipes(
        installed, make(tmp_path, {"a.py": content, "b.py": ONE.format(name="B", key="b")}), warnings.append
    )
    assert list(found) == ["map_mosaic", "b"]
    assert len(warnings) == 1
    assert re.search(words, warnings[0])
    with pytest.raises(UnknownKey):
        found["a"]


def test_unknown_ones_are_told_where_they_could_be(tmp_path: Path, installed: Mapping[str, type[Any]]) -> None:
    found = Recipes(installed, make(tmp_path, {"one.py": ONE.format(name="One", key="one")}), print)
    with pytest.raises(UnknownKey, match=rf"'ones'.*; in {tmp_path} there is none of this name either: .*'one'"):
        found["ones"]


@pytest.mark.integration
def test_the_command_finds_them_in_the_instance(eoxserver: Commands) -> None:
    folder = Path.cwd()
    make(eoxserver.instance / "recipes", {"one.py": ONE.format(name="One", key="one"), "bad.py": "1 / 0\n"})
    write(folder / "a.tif", pattern((1, 3, 4)))
    given = ingredients("one", "a.tif", {"colour": "blue"})
    (folder / "in.json").write_text(json.dumps(given))
    result = eoxserver("wcst_import", "in.json")
    assert "1 slices imported" in result.output
    assert "bad.py is left out: line 1: ZeroDivisionError" in result.output + result.stderr
