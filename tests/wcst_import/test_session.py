# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration


def write_tiles(folder: Path, count: int) -> None:
    for number in range(count):
        write(folder / f"t{number}.tif", pattern((1, 3, 4)) + number, bounds=(4 * number, 0, 4 * number + 4, 3))


def test_explaining_changes_nothing(imports: Imports) -> None:
    write_tiles(imports.folder, 3)
    given = ingredients("map_mosaic", "*.tif", description_max_no_slices=2)
    for explain, mock in ((True, False), (False, True)):
        given["config"]["mock"] = mock
        assert imports.run(given, explain=explain).imported == 0
        assert imports.listener.lines[0] == "coverage c: insert it with 3 slices of 3 files"
        assert "  axis Long: regular, 12 positions, 0 to 12, step 1" in imports.listener.lines[2]
        assert [line.split(":")[0][-6:] for line in imports.listener.lines[4:6]] == ["t0.tif", "t1.tif"]
        assert imports.listener.lines[-1] == "  ... and 1 more"
        assert not imports.instance.catalogue.exists("c")
        assert sorted(path.suffix for path in imports.folder.iterdir()) == [".json", ".tif", ".tif", ".tif"]
    given["config"]["mock"] = False
    imports.run(given)
    assert imports.run({**given, "config": {**given["config"], "track_files": False}}, explain=True).imported == 0
    assert imports.listener.lines[0] == "coverage c: update it with 3 slices of 3 files"


def test_without_automated_somebody_is_asked(imports: Imports) -> None:
    write_tiles(imports.folder, 2)
    session = imports.session(ingredients("map_mosaic", "*.tif", automated=False, blocking=False))
    imports.listener.answer = False
    assert session.run().imported == 0
    assert not imports.instance.catalogue.exists("c")
    assert imports.run(ingredients("map_mosaic", "*.tif", automated=False)).imported == 2
    assert imports.listener.asked == 1


@pytest.mark.parametrize("blocking", [True, False])
def test_log_and_list_of_files(imports: Imports, blocking: bool, tmp_path: Path) -> None:
    write_tiles(imports.folder, 3)
    given = ingredients("map_mosaic", "*.tif", blocking=blocking, resumer_dir_path=str(tmp_path))
    assert imports.run(given, "many.json").imported == 3
    listed = json.loads((tmp_path / "c.resume.json").read_text())
    assert [Path(path).name for path in listed] == ["t0.tif", "t1.tif", "t2.tif"]
    log = (tmp_path / "many.log").read_text().splitlines()
    assert log[0] == "-" * 80 and "import of" in log[1]
    assert len([line for line in log if "grid domains [0:2,0:3] of size" in line]) == 3
    assert log[-2].startswith("Total time ") and log[-1] == "Result: success."


def test_a_list_of_files_that_is_none_is_named(imports: Imports) -> None:
    write_tiles(imports.folder, 1)
    (imports.folder / "c.resume.json").write_text('{"a": 1}')
    with pytest.raises(EOxServerError, match=r"c\.resume\.json is no list of paths"):
        imports.session(ingredients("map_mosaic", "*.tif"))


def test_no_files_are_a_warning(imports: Imports) -> None:
    assert imports.run(ingredients("map_mosaic", "*.tif")).imported == 0
    assert f"no file matches *.tif in {imports.folder}" in imports.listener.warnings[0]


def test_unknown_recipes_are_named_with_those_there_are(imports: Imports) -> None:
    with pytest.raises(IngredientsError, match="recipe.name: .*'map_mosaics'.*did you mean 'map_mosaic'"):
        imports.session(ingredients("map_mosaics", "*.tif"))


def test_a_failure_is_in_the_log_and_what_was_done_is_remembered(imports: Imports) -> None:
    write_tiles(imports.folder, 2)
    cut = imports.folder / "t1.tif"
    cut.write_bytes(cut.read_bytes()[:-9])
    with pytest.raises(EOxServerError, match=r"t1\.tif"):
        imports.run(ingredients("map_mosaic", "*.tif", blocking=False))
    log = (imports.folder / "ingredients.log").read_text()
    assert "Error: " in log and log.endswith("Result: failed.\n")
    assert [Path(path).name for path in json.loads((imports.folder / "c.resume.json").read_text())] == ["t0.tif"]
    write_tiles(imports.folder, 2)
    assert imports.run(ingredients("map_mosaic", "*.tif")).imported == 1
    assert np.array_equal(imports.cells(), np.concatenate([pattern((1, 3, 4)), pattern((1, 3, 4)) + 1], axis=2))


def test_requests_that_fail_are_repeated(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiles(imports.folder, 1)
    session = imports.session(ingredients("map_mosaic", "*.tif", retry="true", retries=2, retry_sleep=0))
    target, calls = session._environment.target, []
    insert = target.insert

    def failing(*args: object) -> None:
        calls.append(args)
        if len(calls) < 3:
            raise EOxServerError("not now")
        insert(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(target, "insert", failing)
    assert session.run().imported == 1
    assert len(calls) == 3


# -- hooks ------------------------------------------------------------------------------------------------------


def test_hooks_prepare_files_and_come_after(imports: Imports) -> None:
    write_tiles(imports.folder, 2)
    (imports.folder / "t1.tif").rename(imports.folder / "t'1 $(x).tif")
    copy = "cp '${file:path}' ${file:path}.copy.tif"
    note = f'echo "${{imported_file:name}} of ${{file:original_path}}" >> {imports.folder / "done.txt"}'
    hooks = [
        {"when": "before_import", "cmd": copy, "replace_path": ["${file:path}.copy.tif"]},
        {"when": "after_import", "cmd": note},
    ]
    given = {**ingredients("map_mosaic", "t*.tif"), "hooks": hooks}
    assert imports.run(given).imported == 2
    names = ["t'1 $(x).tif", "t0.tif"]
    lines = [f"{name}.copy.tif of {imports.folder / name}" for name in names]
    assert (imports.folder / "done.txt").read_text().splitlines() == lines
    assert json.loads((imports.folder / "c.resume.json").read_text()) == [str(imports.folder / name) for name in names]


def test_commands_that_fail_are_warnings_or_the_end(imports: Imports) -> None:
    write_tiles(imports.folder, 1)
    hook = {"when": "before_ingestion", "cmd": "echo bad >&2; exit 3", "description": "a check"}
    given = {**ingredients("map_mosaic", "*.tif", track_files=False), "hooks": [hook]}
    assert imports.run(given).imported == 1
    assert imports.listener.warnings == [f"hook 'a check' failed for {imports.folder / 't0.tif'} (3): bad"]
    given["hooks"] = [{**hook, "abort_on_error": True}]
    with pytest.raises(EOxServerError, match=r"hook 'a check' failed .* \(3\): bad"):
        imports.run(given)


def test_a_replacement_that_is_not_there_is_named(imports: Imports) -> None:
    write_tiles(imports.folder, 1)
    hooks = [{"when": "before_import", "replace_path": ["${file:dir_path}/*.vrt"]}]
    with pytest.raises(EOxServerError, match=r"no file matches '.*\*\.vrt' for .*t0\.tif"):
        imports.run({**ingredients("map_mosaic", "t0.tif"), "hooks": hooks})
