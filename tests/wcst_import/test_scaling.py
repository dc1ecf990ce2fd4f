# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eoxserver.core.errors import EOxServerError, NoSuchCoverage
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration


def one(folder: Path, name: str, cells: int, options: dict[str, Any] | None = None) -> Any:
    """Ingredients of a coverage of some cells along each axis, of one place."""
    write(folder / f"{name}.tif", pattern((1, cells, cells)), bounds=(0, 0, 8, 8))
    given = ingredients("map_mosaic", f"{name}.tif", options)
    given["input"]["coverage_id"] = name
    return given


def members(imports: Imports, identifier: str) -> list[tuple[str, list[float]]]:
    found = imports.instance.context.pyramids.members(identifier)
    return [(each.identifier, list(each.factors)) for each in found]


def test_members_and_bases(imports: Imports) -> None:
    imports.run(one(imports.folder, "coarse", 2))
    imports.run(one(imports.folder, "middle", 4, {"pyramid_members": ["coarse"]}))
    assert members(imports, "middle") == [("coarse", [2, 2])]
    imports.run(one(imports.folder, "fine", 8, {"pyramid_members": ["middle"], "pyramid_harvesting": True}))
    assert sorted(members(imports, "fine")) == [("coarse", [4, 4]), ("middle", [2, 2])]
    imports.run(one(imports.folder, "least", 1, {"pyramid_bases": ["fine", "middle"]}))
    assert ("least", [8, 8]) in members(imports, "fine")
    assert ("least", [4, 4]) in members(imports, "middle")


def test_a_further_run_reads_members_again(imports: Imports) -> None:
    """The base is another version then, and members stay as they are."""
    imports.run(one(imports.folder, "coarse", 4))
    given = one(imports.folder, "fine", 8, {"pyramid_members": ["coarse"]})
    given["config"]["track_files"] = False
    for _ in range(2):
        imports.run(given)
        assert [level.shape for level in imports.coverage("fine").source.levels] == [(8, 8), (4, 4)]


def test_members_that_are_none_are_named(imports: Imports) -> None:
    with pytest.raises(NoSuchCoverage, match="other"):
        imports.run(one(imports.folder, "fine", 8, {"pyramid_members": ["other"]}))
    imports.run(one(imports.folder, "coarse", 2))
    with pytest.raises(EOxServerError, match="'fine' cannot be in the pyramid of 'coarse': .* not coarser"):
        imports.run(one(imports.folder, "coarse", 2, {"pyramid_members": ["fine"]}) | {
            "config": {"automated": True, "track_files": False}})  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale_levels": [2], "scale_factors": [{"coverage_id": "x", "factors": [2, 2]}]}, "only one of them"),
        ({"scale_levels": [2.5]}, "2.5 is no whole number of cells"),
    ],
)
def test_options_that_exclude_each_other(imports: Imports, options: dict[str, Any], words: str) -> None:
    with pytest.raises(EOxServerError, match=words):
        imports.session(one(imports.folder, "fine", 8, options))
