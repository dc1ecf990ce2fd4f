# SPDX-License-Identifier: MIT
"""Which files a command means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from eoxserver.resources.coverages.registration.files import Candidate, is_sidecar, local_files


def whole(path: Path) -> bool:
    return path.suffix == ".zarr"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.tif", "a.tif", ".hidden.tif", "sub/c.tif", "sub/.git/d.tif", "cube.zarr/0/0"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def candidates(paths: Sequence[Path | str]) -> list[Candidate]:
    return [candidate for path in paths for candidate in local_files(str(path), whole)]


def names(tree: Path, found: list[Candidate]) -> list[str]:
    return [str(Path(str(candidate.place)).relative_to(tree)) for candidate in found]


def test_a_folder_is_walked_in_order_without_hidden_files(tree: Path) -> None:
    found = candidates([tree])
    assert names(tree, found) == ["a.tif", "b.tif", "cube.zarr", "sub/c.tif"]
    assert not any(candidate.named or candidate.problem for candidate in found)


def test_patterns_reach_into_folders(tree: Path) -> None:
    assert names(tree, candidates([f"{tree}/**/*.tif"])) == ["a.tif", "b.tif", "sub/c.tif"]


def test_a_name_with_brackets_that_exists_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].tif").write_bytes(b"")
    (tmp_path / "a1.tif").write_bytes(b"")
    assert names(tmp_path, candidates([tmp_path / "a[1].tif"])) == ["a[1].tif"]


def test_what_is_not_there_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "dangling.tif").symlink_to(tmp_path / "gone.tif")
    missing, pattern, dangling = candidates([tmp_path / "x.tif", f"{tmp_path}/*.nc", tmp_path / "dangling.tif"])
    assert "no such file" in missing.problem
    assert "no file matches" in pattern.problem
    assert "gone.tif, which does not exist" in dangling.problem


def test_a_link_to_a_folder_above_ends(tree: Path) -> None:
    (tree / "sub" / "loop").symlink_to(tree, target_is_directory=True)
    assert len(candidates([tree])) == 4


def test_relative_paths_become_absolute(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert [str(c.place) for c in candidates(["./a.tif", "sub/../b.tif"])] == [f"{tree}/a.tif", f"{tree}/b.tif"]


@pytest.mark.parametrize("name", ["a.tif.aux.xml", "a.tif.OVR", "a.tfw"])
def test_sidecars_are_told_by_their_name(name: str) -> None:
    assert is_sidecar(name)
    assert not is_sidecar("a.tif")
