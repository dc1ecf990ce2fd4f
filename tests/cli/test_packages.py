# SPDX-License-Identifier: MIT
"""``package`` as it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Commands
from tests.fileservers import FileServer
from tests.resources.coverages.registration.scenes import raster, tarred, zipped


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    """Archives whose names tell nothing, and one whose name lies."""
    scene = raster(tmp_path)
    inner = zipped({"c.tif": scene})
    files = {"outer.data": tarred({"in/inner.data": inner, "d.tif": scene}), "text.zip": b"text", "a.tif": scene}
    with FileServer(files) as server:
        yield server


def test_a_life_of_a_package(eoxserver: Commands, server: FileServer) -> None:
    outer = f"{server.url}/outer.data"
    assert "404" in eoxserver("register", f"{outer}//d.tif").stdout, "a name that tells nothing"
    eoxserver.ok("package", "add", outer)
    eoxserver.ok("package", "add", "in/inner.data", "--in", outer, "--format", "zip")
    eoxserver.ok("package", "add", outer)
    assert eoxserver.json("package", "list") == [
        {"location": outer, "format": "TAR", "storage": None, "items": 0, "packages": 1},
        {"location": f"{outer}//in/inner.data", "format": "ZIP", "storage": None, "items": 0, "packages": 0},
    ]
    eoxserver.ok("register", f"{outer}//d.tif", f"{outer}//in/inner.data//c.tif", "--no-metadata")
    lines = eoxserver.ok("package", "list").splitlines()
    assert lines[0].split() == ["location", "format", "storage", "items", "packages"]
    assert lines[2].split() == [f"{outer}//in/inner.data", "ZIP", "1", "0"]
    (item,) = eoxserver.json("describe", "c")["data_items"]
    assert item["package"] == f"TAR {outer} -> ZIP in/inner.data"
    assert (item["location"], item["address"]) == ("c.tif", f"{outer}//in/inner.data//c.tif")
    refused = eoxserver.fails("package", "remove", outer)
    assert f"holds 1 data item of coverage d and 1 package {outer}//in/inner.data;" in refused
    eoxserver.ok("deregister", "c", "d")
    eoxserver.ok("package", "remove", f"{outer}//in/inner.data")
    eoxserver.ok("package", "remove", outer)
    assert eoxserver.json("package", "list") == []
    assert f"no package '{outer}'" in eoxserver.fails("package", "remove", outer)


def test_a_package_in_a_storage(eoxserver: Commands, server: FileServer) -> None:
    eoxserver.ok("storage", "add", "eo", server.url)
    eoxserver.ok("package", "add", "outer.data", "--storage", "eo")
    (row,) = eoxserver.json("package", "list")
    assert (row["location"], row["storage"], row["format"]) == (f"{server.url}/outer.data", "eo", "TAR")
    assert eoxserver.json("storage", "list")[0]["packages"] == 1
    eoxserver.ok("package", "remove", "storage:eo/outer.data")


def test_a_test_lists_members(eoxserver: Commands, server: FileServer) -> None:
    told = eoxserver.ok("package", "test", f"{server.url}/outer.data").splitlines()
    assert told == [f"package {server.url}/outer.data, TAR: reachable", "files: d.tif, in/inner.data"]
    assert "text.zip" in eoxserver.fails("package", "test", f"{server.url}/text.zip")
    assert "404" in eoxserver.fails("package", "test", f"{server.url}/gone.zip")


def test_what_is_no_package(eoxserver: Commands, server: FileServer, tmp_path: Path) -> None:
    assert "--format says of which" in eoxserver.fails("package", "add", f"{server.url}/a.tif")
    assert "text.zip" in eoxserver.fails("package", "add", f"{server.url}/text.zip")
    assert "no package 'RAR'" in eoxserver.fails("package", "add", f"{server.url}/a.tif", "--format", "rar")
    assert "no storage 'x'" in eoxserver.fails("package", "add", "a.zip", "--storage", "x")
    assert "no such file" in eoxserver.fails("package", "add", tmp_path / "gone.zip")
    assert eoxserver.json("package", "list") == []
    eoxserver.ok("package", "add", f"{server.url}/later.zip", "--no-check")
    assert len(eoxserver.json("package", "list")) == 1
