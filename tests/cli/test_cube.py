# SPDX-License-Identifier: MIT
"""``eoxserver cube``, and ``check`` of what was inserted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorstore as ts

from eoxserver.app import open_instance
from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands
from tests.resources.coverages.ingestion.coverages import slice_of


@pytest.fixture
def ingestion(eoxserver: Commands) -> Iterator[Ingestion]:
    """Answer the ingestion of the instance, with a coverage of two versions."""
    instance = open_instance(eoxserver.instance)
    instance.ingestion.insert(slice_of(148654, 1))
    instance.ingestion.update("part", slice_of(148655, 2))
    yield instance.ingestion
    instance.close()


def test_list(eoxserver: Commands, ingestion: Ingestion) -> None:
    rows = eoxserver.json("cube", "list")
    assert [(row["identifier"], row["version"]) for row in rows] == [("part", 2)]
    assert rows[0]["cube"].startswith("part-")
    lines = eoxserver.ok("cube", "list").splitlines()
    assert lines[0].split() == ["coverage", "version", "cube", "storage"]
    assert lines[1].split() == ["part", "2", rows[0]["cube"], "cubes"]


def test_an_instance_without_cubes_lists_none(eoxserver: Commands) -> None:
    assert eoxserver.json("cube", "list") == []


def test_history(eoxserver: Commands, ingestion: Ingestion) -> None:
    assert [row["version"] for row in eoxserver.json("cube", "history", "part")] == [2, 1]
    lines = eoxserver.ok("cube", "history", "part").splitlines()
    assert [line.split()[0] for line in lines] == ["version", "2", "1"]
    assert "no coverage 'x'" in eoxserver.fails("cube", "history", "x")


def test_delete(eoxserver: Commands, ingestion: Ingestion) -> None:
    assert "no coverage 'x'" in eoxserver.fails("cube", "delete", "part", "x")
    eoxserver.ok("cube", "delete", "part")
    assert eoxserver.json("list") == eoxserver.json("cube", "list") == []


def test_what_was_inserted_is_not_deregistered(eoxserver: Commands, ingestion: Ingestion, tmp_path: Path) -> None:
    assert "eoxserver cube delete part" in eoxserver.fails("deregister", "part")
    raster = write(tmp_path / "part.tif", pattern((1, 4, 8)))
    assert "eoxserver cube delete part" in eoxserver("register", raster, "--replace").output
    assert [row["identifier"] for row in eoxserver.json("cube", "list")] == ["part"]


def test_compact(eoxserver: Commands, ingestion: Ingestion) -> None:
    assert eoxserver.ok("cube", "compact", "part") == "part: version 2 is the only one now\n"
    assert [row["version"] for row in eoxserver.json("cube", "history", "part")] == [2]


def test_export(eoxserver: Commands, ingestion: Ingestion) -> None:
    folder = Path("export.zarr")
    eoxserver.ok("cube", "export", "part", folder)
    array = ts.open(
        {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{folder.absolute()}/v/"}}, open=True
    ).result()
    found: Any = array.read().result()
    assert found[:, 0, 0].tolist() == [1, 2]
    attributes = json.loads((folder / "zarr.json").read_text())["attributes"]
    assert attributes["identifier"] == "part"
    assert [(axis["label"], axis.get("origin"), axis.get("step")) for axis in attributes["axes"]] == [
        ("ansi", None, None),
        ("Lat", 9.5, -1.0),
        ("Long", 0.5, 1.0),
    ]
    eoxserver.ok("cube", "export", "part", "one.zarr", "--version", "1")
    assert eoxserver.fails("cube", "export", "part", folder) != ""


def test_check_reads_the_cells(eoxserver: Commands, ingestion: Ingestion) -> None:
    assert eoxserver.ok("check") == "1 coverages checked, 0 with problems\n"
    for file in (eoxserver.instance / "cubes").rglob("*"):
        if file.is_file() and file.parent.name == "d":
            file.write_bytes(b"")
    result = eoxserver("check", "part")
    assert result.exit_code == 1
    assert result.stdout.startswith("part: ")


def test_check_finishes_what_was_interrupted(
    eoxserver: Commands, ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("eoxserver.resources.coverages.ingestion.changing.publish", lambda *given: None)
        ingestion.update("part", slice_of(148656, 3))
    assert eoxserver.json("describe", "part")["end_time"] == "2008-01-02T00:00:00Z"
    result = eoxserver("check")
    assert result.exit_code == 0
    assert "coverage part is served at version 3, no longer at 2" in result.stderr
    assert eoxserver.json("describe", "part")["end_time"] == "2008-01-03T00:00:00Z"
