# SPDX-License-Identifier: MIT
"""``list``, ``describe``, ``check`` and ``collection``, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands


@pytest.fixture
def scenes(eoxserver: Commands, tmp_path: Path) -> Path:
    """Two rasters that are registered, in collection s."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    for name in ("a", "b"):
        write(folder / f"{name}.tif", pattern((2, 4, 8), "uint16"), bounds=(10, 30, 20, 40), nodata=0)
    eoxserver.ok("register", folder, "--collection", "s", "--time", "2020-01-01/2020-02-01")
    return folder


def test_list(eoxserver: Commands, scenes: Path) -> None:
    lines = eoxserver.ok("list").splitlines()
    assert lines[0].split() == ["identifier", "kind", "begin", "end", "west", "south", "east", "north"]
    assert lines[1].split() == [
        "a", "RectifiedDataset", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z", "10", "30", "20", "40",
    ]  # fmt: skip
    assert [row["identifier"] for row in eoxserver.json("list", "--collection", "s")] == ["a", "b"]
    assert [row["identifier"] for row in eoxserver.json("collection", "list")] == ["s"]
    assert "no collection 't'" in eoxserver.fails("list", "--collection", "t")


def test_an_empty_catalogue_lists_nothing(eoxserver: Commands) -> None:
    assert eoxserver.json("list") == []
    assert eoxserver.json("collection", "list") == []
    assert "0 coverages checked" in eoxserver.ok("check")


def test_describe(eoxserver: Commands, scenes: Path) -> None:
    told = eoxserver.ok("describe", "a")
    assert "kind: RectifiedDataset" in told
    assert "begin_time: 2020-01-01T00:00:00Z" in told
    assert "    name b1, type uint16, unit 10^0, nil 0" in told
    assert f"    semantic bands, location {scenes}/a.tif, driver GTiff, format image/tiff" in told
    assert "collections: s" in told
    assert eoxserver.json("describe", "s")["members"] == 2
    assert "no object 'x'; available: a, b, s" in eoxserver.fails("describe", "x")


def test_check(eoxserver: Commands, scenes: Path) -> None:
    assert eoxserver.ok("check") == "2 coverages checked, 0 with problems\n"
    (scenes / "a.tif").unlink()
    result = eoxserver("check")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith("a: ")
    assert "a.tif" in result.stdout.splitlines()[0]
    assert result.stderr == "eoxserver: 1 of 2 coverages have problems\n"
    assert eoxserver.ok("check", "b") == "1 coverages checked, 0 with problems\n"
    assert "no coverage 's'; it is a DatasetSeries" in eoxserver.fails("check", "s")


def test_a_life_of_a_collection(eoxserver: Commands, scenes: Path) -> None:
    eoxserver.ok("collection", "create", "t", "a", "--title", "Some scenes")
    whole = eoxserver.json("describe", "t")
    assert (whole["title"], whole["members"], whole["bbox"]) == ("Some scenes", 1, [10, 30, 20, 40])
    eoxserver.ok("collection", "insert", "t", "b", "s")
    assert "cannot contain" in eoxserver.fails("collection", "insert", "s", "t")
    eoxserver.ok("collection", "remove", "t", "a", "s")
    assert [row["identifier"] for row in eoxserver.json("list", "--collection", "t")] == ["b"]
    assert "'a' is not in collection 't'" in eoxserver.fails("collection", "remove", "t", "a")
    eoxserver.ok("collection", "delete", "t")
    assert "no collection 't'" in eoxserver.fails("collection", "delete", "t")
    assert "already an object" in eoxserver.fails("collection", "create", "a")
