# SPDX-License-Identifier: MIT
"""``register`` from buckets, FTP servers and web servers, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Commands
from tests.fileservers import FileServer
from tests.ftpservers import FtpServer
from tests.resources.coverages.metadata.test_eogml import document
from tests.resources.coverages.registration.scenes import container, raster, tarred, zipped
from tests.s3servers import S3Server


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """Scenes in two folders, one with a document, an archive in an archive, and a netCDF file."""
    scene = raster(tmp_path)
    return {
        "2024/a.tif": scene,
        "2024/a.xml": document().encode(),
        "2024/b.tif": raster(tmp_path, size=512, tiled=True, blockxsize=64, blockysize=64),
        "2024/07/c.tif": scene,
        "2025/d.tif": scene,
        "2025/bad.tif": b"II*\0",
        "2025/all.tar": tarred({"in.zip": zipped({"e.tif": scene}), "f.tif": scene}),
        "2025/many.nc": container(tmp_path / "many.nc"),
    }


@pytest.fixture
def bucket(files: dict[str, bytes], eoxserver: Commands, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket, of which the instance knows the storage ``eo``."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with S3Server(files) as server:
        monkeypatch.setenv("EO", server.credentials)
        eoxserver.ok("storage", "add", "eo", f"s3://{server.bucket}", "--credentials", "env:EO")
        yield f"s3://{server.bucket}"


def test_a_bucket(eoxserver: Commands, bucket: str) -> None:
    assert "connect to data in place" in eoxserver.ok("storage", "test", "eo")
    told = eoxserver.ok("register", f"{bucket}/2024/*.tif", "--collection", "s").splitlines()
    assert told == [
        f"registered  {bucket}/2024/a.tif as a",
        f"registered  {bucket}/2024/b.tif as b",
        "2 registered, in collection s",
    ]
    a = eoxserver.json("describe", "a")
    assert a["begin_time"] == "2006-08-16T09:09:29Z"
    assert [(item["storage"], item["location"]) for item in a["data_items"]] == [
        ("eo", "2024/a.tif"),
        ("eo", "2024/a.xml"),
    ]
    result = eoxserver("register", "storage:eo/2025/", "storage:eo/2025/all.tar", f"{bucket}/2025/all.tar//in.zip")
    assert result.exit_code == 1
    assert f"refused  {bucket}/2025/bad.tif: " in result.stdout
    assert f"registered  {bucket}/2025/all.tar//in.zip//e.tif as e" in result.stdout
    assert f"registered  {bucket}/2025/all.tar//f.tif as f" in result.stdout
    assert f'registered  NETCDF:"{bucket}/2025/many.nc":wind as many_wind' in result.stdout
    assert "5 registered, 1 refused" in result.stdout
    assert eoxserver.ok("check").endswith("7 coverages checked, 0 with problems\n")
    assert eoxserver.json("storage", "list")[0]["items"] == 6
    assert "wJalrXUtnFEMI" not in json.dumps(eoxserver.json("list", "--where")) + eoxserver.ok("describe", "e")


def test_a_folder_is_walked_with_all_below_it(eoxserver: Commands, bucket: str) -> None:
    told = eoxserver.json("register", f"{bucket}/2024/", "--dry-run", "--id", "{parent}_{stem}")
    assert [(one["path"], one["identifier"]) for one in told] == [
        (f"{bucket}/2024/07/c.tif", "_07_c"),
        (f"{bucket}/2024/a.tif", "_2024_a"),
        (f"{bucket}/2024/b.tif", "_2024_b"),
    ]


def test_an_ftp_server(eoxserver: Commands, files: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "ftp"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with FtpServer(folder) as server:
        told = eoxserver.ok("register", f"{server.url}/2024/", f"{server.url}/2025/all.tar//in.zip//e.tif")
        assert f"registered  {server.url}/2024/07/c.tif as c" in told
        assert "4 registered" in told
        assert eoxserver.json("describe", "a")["begin_time"] == "2006-08-16T09:09:29Z"
        assert eoxserver.ok("check").endswith("4 coverages checked, 0 with problems\n")
        (folder / "2024" / "b.tif").unlink()
        result = eoxserver("check")
        assert result.exit_code == 1
        assert result.stdout.startswith(f"b: {server.url}/2024/b.tif: ")


def test_json_names_places(eoxserver: Commands, files: dict[str, bytes]) -> None:
    with FileServer({**files, "signed.tif": files["2024/a.tif"]}) as server:
        result = eoxserver("register", f"{server.url}/signed.tif?key=secret", f"{server.url}/gone.tif", "--json")
    outcomes = json.loads(result.stdout)
    assert [(one["path"], one["status"]) for one in outcomes] == [
        (f"{server.url}/signed.tif", "registered"),
        (f"{server.url}/gone.tif", "refused"),
    ]
    assert "secret" not in result.stdout + result.stderr
    assert "secret" not in eoxserver.ok("describe", "signed") + eoxserver.ok("list", "--where")


def test_a_dry_run_explains(eoxserver: Commands, files: dict[str, bytes], tmp_path: Path) -> None:
    with FileServer(files) as server:
        told = eoxserver.ok("register", f"{server.url}/2024/a.tif", "--dry-run")
        assert f"    location: {server.url}/2024/a.tif   (its URL)" in told
        assert "(a.xml)" in told
    path = tmp_path / "own.nc"
    path.write_bytes(files["2025/many.nc"])
    told = eoxserver.ok("register", path, "--dry-run")
    assert f'skipped  NETCDF:"{path}":lat_bnds: it has no place on the Earth' in told
    assert f'planned  NETCDF:"{path}":sst as own_sst' in told
    assert "2 planned, 1 skipped" in told
