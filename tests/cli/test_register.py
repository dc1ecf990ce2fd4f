# SPDX-License-Identifier: MIT
"""``register`` and ``deregister``, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands
from tests.resources.coverages.metadata.test_eogml import document


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    folder = tmp_path / "scenes"
    folder.mkdir()
    for name in ("a", "b"):
        write(folder / f"{name}.tif", pattern((2, 4, 8)), bounds=(10, 30, 20, 40))
    (folder / "a.xml").write_text(document())
    return folder


def test_a_folder(eoxserver: Commands, scenes: Path) -> None:
    lines = eoxserver.ok("register", scenes, "--collection", "s").splitlines()
    assert lines == [
        f"registered  {scenes}/a.tif as a",
        f"registered  {scenes}/b.tif as b",
        "2 registered, in collection s",
    ]
    assert [row["identifier"] for row in eoxserver.json("list")] == ["a", "b", "s"]


def test_the_rest_goes_on_after_a_bad_file(eoxserver: Commands, scenes: Path) -> None:
    (scenes / "aa.tif").write_bytes(b"II*\0")
    result = eoxserver("register", scenes)
    assert result.exit_code == 1
    assert f"refused  {scenes}/aa.tif: " in result.stdout
    assert result.stdout.endswith("2 registered, 1 refused\n")
    assert result.stderr == "eoxserver: 1 refused\n"


def test_a_dry_run_explains(eoxserver: Commands, scenes: Path) -> None:
    told = eoxserver.ok("register", scenes / "a.tif", "--dry-run", "--id", "x_{stem}")
    assert f"planned  {scenes}/a.tif as x_a" in told
    assert "    identifier: x_a   (template 'x_{stem}')" in told
    assert "    time: 2006-08-16T09:09:29Z/2006-08-16T09:12:46Z   (a.xml)" in told
    assert "    crs: EPSG:4326   (the raster)" in told
    assert eoxserver.json("list") == []


def test_json_for_programs(eoxserver: Commands, scenes: Path) -> None:
    (scenes / "c.tif").write_bytes(b"II*\0")
    result = eoxserver("register", scenes, "--json")
    assert result.exit_code == 1
    outcomes = json.loads(result.stdout)
    assert [outcome["status"] for outcome in outcomes] == ["registered", "registered", "refused"]
    assert outcomes[0]["facts"]["fields"]["value"].startswith("b1")
    assert outcomes[2]["reason"]


def test_every_option_reaches_the_registrar(eoxserver: Commands, scenes: Path, tmp_path: Path) -> None:
    plain = write(tmp_path / "plain_201411.tif", pattern((1, 4, 8)), crs=None, bounds=(1, 2, 3, 4))
    assert "try --crs EPSG:4326" in eoxserver("register", plain).stdout
    eoxserver.ok("register", plain, "--crs", "EPSG:4326", "--time-regex", r"_(\d{6})\.")
    assert eoxserver.json("describe", "plain_201411")["begin_time"] == "2014-11-01T00:00:00Z"
    eoxserver.ok("register", plain, "--crs", "EPSG:4258", "--replace", "--time", "2020-01-01")
    whole = eoxserver.json("describe", "plain_201411")
    assert whole["crs"].endswith("/4258") and whole["end_time"] == "2020-01-01T00:00:00Z"
    eoxserver.ok("register", scenes / "a.tif", "--no-metadata")
    assert eoxserver.json("describe", "a")["begin_time"] is None
    eoxserver.ok("register", scenes / "a.tif", scenes / "b.tif", "--bands", "--id", "ab")
    assert len(eoxserver.json("describe", "ab")["fields"]) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Missing argument"),
        (("x.tif", "--id", "{x}"), "no field '{x}'"),
        (("x.tif", "--crs", "EPSG:1"), "EPSG:1"),
        (("x.tif", "--time", "soon"), "'soon'"),
        (("x.tif", "--time-regex", "("), "regular expression"),
        (("x.tif", "--nonsense"), "No such option"),
    ],
)
def test_wrong_usage(eoxserver: Commands, words: tuple[str, ...], message: str) -> None:
    assert message in eoxserver.fails("register", *words, code=2)


def test_nothing_to_register(eoxserver: Commands, tmp_path: Path) -> None:
    assert "there is no such file or folder" in eoxserver("register", "gone.tif").stdout
    assert eoxserver("register", "gone.tif").exit_code == 1
    (tmp_path / "empty").mkdir()
    assert eoxserver.ok("register", tmp_path / "empty") == "no file found\n"


def test_a_collection_that_cannot_be(eoxserver: Commands, scenes: Path) -> None:
    assert "not an identifier" in eoxserver.fails("register", scenes, "--collection", "a b")


def test_deregister(eoxserver: Commands, scenes: Path) -> None:
    eoxserver.ok("register", scenes)
    assert eoxserver.fails("deregister", "a", "x").startswith("eoxserver: no coverage 'x'; ")
    eoxserver.ok("deregister", "a")
    assert [row["identifier"] for row in eoxserver.json("list")] == ["b"]


def test_an_instance_is_needed(eoxserver: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EOXSERVER_INSTANCE")
    error = eoxserver.fails("register", "x.tif")
    assert error.startswith("eoxserver: no instance in ") and "create_instance" in error
    assert len(error.splitlines()) == 1
