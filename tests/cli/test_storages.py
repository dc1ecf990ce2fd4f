# SPDX-License-Identifier: MIT
"""``storage`` as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Commands
from tests.fileservers import FileServer, basic
from tests.resources.coverages.registration.scenes import raster, zipped


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    scene = raster(tmp_path)
    with FileServer({"eo/a.tif": scene, "eo/b.zip": zipped({"c.tif": scene})}) as server:
        yield server


def test_a_life_of_a_storage(eoxserver: Commands, server: FileServer) -> None:
    assert eoxserver.json("storage", "list") == []
    eoxserver.ok("storage", "add", "eo", f"{server.url}/eo")
    assert "there is a storage 'eo' already" in eoxserver.fails("storage", "add", "eo", server.url)
    eoxserver.ok("register", "storage:eo/a.tif", f"{server.url}/eo/b.zip//c.tif", "--no-metadata")
    assert eoxserver.json("storage", "list") == [
        {"name": "eo", "url": f"{server.url}/eo", "type": "http", "credentials": "", "items": 1, "packages": 1}
    ]
    table = eoxserver.ok("storage", "list").splitlines()
    assert table[0].split() == ["name", "type", "url", "credentials", "items", "packages"]
    assert table[1].split() == ["eo", "http", f"{server.url}/eo", "1", "1"]
    refused = eoxserver.fails("storage", "remove", "eo")
    assert f"storage 'eo' holds 1 data item of coverage a and 1 package {server.url}/eo/b.zip;" in refused
    eoxserver.ok("storage", "add", "eo", f"{server.url}/eo/", "--replace")
    assert eoxserver.ok("check").endswith("2 coverages checked, 0 with problems\n")
    eoxserver.ok("deregister", "a", "c")
    eoxserver.ok("package", "remove", f"{server.url}/eo/b.zip")
    eoxserver.ok("storage", "remove", "eo")
    assert eoxserver.json("storage", "list") == []
    assert "no storage 'eo'; none is available" in eoxserver.fails("storage", "remove", "eo")


def test_a_folder_of_this_machine(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    folder.mkdir()
    (folder / "a.tif").write_bytes(raster(tmp_path))
    eoxserver.ok("storage", "add", "here", "../scenes")
    assert eoxserver.json("storage", "list")[0]["url"].endswith("/scenes")
    assert "registered: a" not in eoxserver.ok("register", "storage:here/a.tif")
    (item,) = eoxserver.json("describe", "a")["data_items"]
    assert item["location"] == "a.tif"
    assert item["storage"] == "here"
    assert item["address"].endswith("/scenes/a.tif")
    assert eoxserver.json("list", "--where")[0]["where"] == [item["address"]]
    assert eoxserver.ok("list", "--where").splitlines()[1].endswith(item["address"])


def test_a_test_tells_what_a_storage_can_do(eoxserver: Commands, server: FileServer) -> None:
    eoxserver.ok("storage", "add", "eo", f"{server.url}/eo")
    told = eoxserver.ok("storage", "test", "eo").splitlines()
    assert told[0] == "storage eo, http: reachable"
    assert told[1].startswith("it can: retrieve and list files, tell the state of a file, read parts of a file")
    assert told[2] == "files: a.tif, b.zip"
    server.manners.indexes = False
    assert "nothing is listed: " in eoxserver.ok("storage", "test", "eo")
    server.manners.authorization = basic("me", "secret")
    result = eoxserver("storage", "test", "eo", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert not found["ok"] and "401" in found["problem"]
    assert "no storage 'oe'; available: eo" in eoxserver.fails("storage", "test", "oe")


def test_credentials_are_named_and_never_shown(
    eoxserver: Commands, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.manners.authorization = basic("me", "secret")
    assert "401" in eoxserver.fails("storage", "add", "eo", server.url)
    refused = eoxserver.fails("storage", "add", "eo", server.url.replace("//", "//me:secret@"))
    assert "--credentials env:VARIABLE" in refused and "secret" not in refused
    refused = eoxserver.fails("storage", "add", "eo", server.url, "--credentials", "me:secret")
    assert "accepted: env:NAME or file:/absolute/path" in refused and "secret" not in refused
    assert "NO_SUCH" in eoxserver.fails("storage", "add", "eo", server.url, "--credentials", "env:NO_SUCH")
    assert eoxserver.json("storage", "list") == []
    monkeypatch.setenv("EO", "me:secret")
    eoxserver.ok("storage", "add", "eo", server.url, "--credentials", "env:EO")
    eoxserver.ok("register", f"{server.url}/eo/a.tif", "--no-metadata")
    shown = [
        eoxserver.ok(*words)
        for words in (("storage", "list"), ("storage", "test", "eo"), ("describe", "a"), ("list", "--where"))
    ]
    assert "env:EO" in shown[0]
    assert "secret" not in " ".join(shown)


def test_what_is_no_storage(eoxserver: Commands) -> None:
    assert "no storage 'nosuch'" in eoxserver.fails("storage", "add", "x", "nosuch://host/")
    assert "'a/b' is no name of a storage" in eoxserver.fails("storage", "add", "a/b", "/")
    assert "there is no such folder" in eoxserver.fails("storage", "add", "x", "/no/such/folder")
    eoxserver.ok("storage", "add", "x", "/no/such/folder", "--no-check")
    assert "there is no such folder" in eoxserver.fails("storage", "test", "x")


def test_a_storage_that_does_not_answer_is_told_once(eoxserver: Commands, server: FileServer) -> None:
    eoxserver.ok("storage", "add", "eo", server.url)
    eoxserver.ok("register", f"{server.url}/eo/a.tif", f"{server.url}/eo/b.zip", "--no-metadata")
    server.manners.fail = 1000
    result = eoxserver("check")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("storage eo (2 data items): ") and "503" in lines[0]
    assert lines[1:] == ["2 coverages checked, 2 with problems"]
    for checked in json.loads(eoxserver("check", "--json").stdout):
        assert not checked["ok"] and "503" in checked["unreachable"][0]
