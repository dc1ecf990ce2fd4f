# SPDX-License-Identifier: MIT
"""The command line as people use it: processes, files, ports and signals."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image

from tests.backends.rasters import pattern, write

pytestmark = pytest.mark.integration

EOXSERVER = (sys.executable, "-m", "eoxserver")
INTERRUPTIBLE = (
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from eoxserver.cli import main; main()",
)
"""The same, heeding SIGINT even where the tests run in the background, whose processes inherit that it is ignored."""
PATIENCE = 300
"""Seconds after which a client gives up, so that a server that hangs is a failure and not the end of the tests."""


def environment(temporary: Path | None = None) -> dict[str, str]:
    """Of commands: nothing of ours; a folder of their own for temporary files."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EOX")}
    return kept | ({} if temporary is None else {"TMPDIR": str(temporary)})


def run(*words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command, which must end with the code, and never in a traceback."""
    done = subprocess.run(
        [*EOXSERVER, *map(str, words)], capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def get(url: str) -> bytes:
    """The body of an answer, which must be a success."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        body: bytes = answer.read()
    return body


@dataclass
class Server:
    """A command that serves."""

    process: subprocess.Popen[str]
    url: str
    said: str
    """What it said until it was ready."""

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Stop it, which must end well; answers what else it said."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate()
        assert self.process.returncode == 0, rest
        return rest

    def workers(self) -> list[int]:
        """Its processes, the arbiter of the workers included."""
        return descendants(self.process.pid)


def descendants(pid: int) -> list[int]:
    """Processes below a process."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def runs(pid: int) -> bool:
    """Whether a process is there, and not only waiting to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def serving(*words: str | Path, temporary: Path | None = None) -> Iterator[Server]:
    """Run a command that serves on a free port, until it says where."""
    process = subprocess.Popen(
        [*INTERRUPTIBLE, *map(str, words), "--port", "0"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment(temporary),
    )  # fmt: skip
    assert process.stdout is not None
    said, url = "", ""
    try:
        for line in process.stdout:
            said += line
            if found := re.search(r"(?:Serving|demo is) at (http://\S+?)/?\s", line):
                url = found[1]
                break
        assert url, said
        yield Server(process, url, said)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate()


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with the real data."""
    instance = tmp_path_factory.mktemp("real") / "eo"
    assert "password" in run("create_instance", "eo", instance).stdout
    at = ("--instance", instance)
    done = run("register", f"{shared}/data/mosaic*.tif", "--collection", "meris", *at)
    assert done.stdout.endswith("3 registered, in collection meris\n")
    done = run("register", shared / "data", *at, code=1)
    assert done.stdout.endswith("4 registered, 3 unchanged, 1 refused\n")
    assert "mean_summer_airtemp.tif: the raster names no CRS" in done.stdout
    assert "try --crs EPSG:4326" in done.stdout
    run("register", shared / "data" / "mean_summer_airtemp.tif", "--crs", "EPSG:4326", *at)
    return instance


def test_the_real_data_is_listed_described_and_sound(real: Path) -> None:
    rows = json.loads(run("list", "--instance", real, "--json").stdout)
    assert [row["kind"] for row in rows].count("RectifiedDataset") == 7
    assert [row["kind"] for row in rows].count("ReferenceableDataset") == 1
    meris = next(row for row in rows if row["identifier"] == "meris")
    assert (meris["begin_time"], meris["end_time"]) == ("2006-08-16T09:09:29Z", "2006-08-30T10:13:06Z")
    members = json.loads(run("list", "--collection", "meris", "--instance", real, "--json").stdout)
    assert len(members) == 3 and all(row["begin_time"] for row in members)
    scene = json.loads(run("describe", members[0]["identifier"], "--instance", real, "--json").stdout)
    assert [item["semantic"] for item in scene["data_items"]] == ["bands", "metadata"]
    assert scene["metadata"]["platform"] == "ENVISAT"
    assert "8 coverages checked, 0 with problems" in run("check", "--instance", real).stdout


def test_the_real_data_is_served_by_several_workers(real: Path, shared: Path) -> None:
    with serving("serve", "--instance", real, "--workers", "2") as server:
        assert len(server.workers()) == 3
        ows = f"{server.url}/ows"
        root = etree.fromstring(get(f"{ows}?service=WMS&request=GetCapabilities"))
        layers = {element.text for element in root.iterfind(".//{*}Layer/{*}Name")}
        assert {"meris", "crosses_dateline", "mean_summer_airtemp"} <= layers
        root = etree.fromstring(get(f"{ows}?service=WCS&request=GetCapabilities"))
        assert len(list(root.iter("{*}CoverageSummary"))) == 8
        request = "service=WMS&version=1.3.0&request=GetMap&styles=&width=300&height=200&format=image/png"
        for layers_, box in (("meris", "-4,32,29,47"), ("crosses_dateline", "95,-44,206,83")):
            picture = Image.open(io.BytesIO(get(f"{ows}?{request}&layers={layers_}&crs=CRS:84&bbox={box}")))
            assert picture.size == (300, 200)
            assert len(picture.convert("RGB").getcolors(100_000) or ()) > 100
        url = f"{ows}?service=WCS&version=2.0.1&request=GetCoverage&coverageId=cci_ssmv_CCI_L3_v02.2_201411"
        path = shared / "data" / "cci_ssmv_CCI_L3_v02.2_201411.tif"
        with rasterio.MemoryFile(get(url)) as memory, memory.open() as found, rasterio.open(path) as original:
            assert found.nodata == original.nodata == -1
            assert found.transform.almost_equals(original.transform)
            assert np.array_equal(found.read(), original.read())
        server.stop()


def test_an_answer_under_way_is_finished_before_the_server_stops(real: Path) -> None:
    request = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=crosses_dateline"
    with serving("serve", "--instance", real) as server:
        answer = urllib.request.urlopen(f"{server.url}/ows?{request}", timeout=PATIENCE)
        with answer:
            first = answer.read(1000)
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            body = first + answer.read()
        stopping.join()
    with rasterio.MemoryFile(body) as memory, memory.open() as found:
        assert found.read().shape == (4, 2260, 1958)


def test_metrics_are_those_of_all_workers(real: Path) -> None:
    with serving("serve", "--instance", real, "--workers", "2") as server:
        for _ in range(20):
            get(f"{server.url}/ows?service=WMS&request=GetCapabilities")
        text = get(f"{server.url}/-/metrics").decode()
        counts = re.findall(r'^eoxserver_requests_total\{.*service="WMS".*\} ([0-9.]+)$', text, re.MULTILINE)
        assert sum(map(float, counts)) == 20
        server.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_rasters_are_served_without_an_instance_and_nothing_is_left(tmp_path: Path, number: signal.Signals) -> None:
    folder, temporary = tmp_path / "data", tmp_path / "tmp"
    (folder / "below").mkdir(parents=True)
    temporary.mkdir()
    write(folder / "a.tif", pattern((3, 40, 80)))
    write(folder / "below" / "b.tif", pattern((1, 40, 80), "uint16"))
    (folder / "broken.tif").write_bytes(b"II*\0")
    (folder / "notes.txt").write_text("notes")
    with serving("serve", folder, temporary=temporary) as server:
        assert f"registered  {folder}/a.tif as a" in server.said
        assert f"refused  {folder}/broken.tif" in server.said
        assert "2 registered, 1 refused" in server.said
        capabilities = get(f"{server.url}/ows?service=WCS&request=GetCapabilities").decode()
        assert "<wcs:CoverageId>a</wcs:CoverageId>" in capabilities and "<wcs:CoverageId>b<" in capabilities
        processes = server.workers()
        server.stop(number)
    assert list(temporary.iterdir()) == []
    assert not any(map(runs, processes))
    assert sorted(path.name for path in folder.rglob("*")) == ["a.tif", "b.tif", "below", "broken.tif", "notes.txt"]


def test_nothing_to_serve_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert "nothing to serve: no file found" in run("serve", tmp_path, code=1).stderr
    assert "nothing to serve: 1 refused" in run("serve", tmp_path / "gone.tif", code=1).stderr


def test_a_port_in_use_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", pattern((1, 4, 8)))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for workers in ("1", "2"):
            done = run("serve", tmp_path, "--port", str(port), "--workers", workers, code=1)
            assert done.stderr.count("\n") == 1
            assert f"cannot listen on port {port}" in done.stderr and "--port 0" in done.stderr


def test_a_server_that_cannot_start_is_a_failure(tmp_path: Path) -> None:
    run("create_instance", "eo", tmp_path / "eo")
    (tmp_path / "eo" / "conf" / "eoxserver.conf").write_text("[services.evaluation]\nexecutor = nobody\n")
    done = run("serve", "--instance", tmp_path / "eo", "--port", "0", code=1)
    assert "nobody" in done.stderr
    assert "did not start" in done.stderr


def test_words_that_do_not_go_together() -> None:
    assert "give PATHS or --instance" in run("serve", "x.tif", "--instance", "y", code=2).stderr
    assert "--crs goes with PATHS" in run("serve", "--crs", "EPSG:4326", code=2).stderr
    assert "no instance in" in run("serve", "--instance", "/nonexistent", code=1).stderr


def test_the_demo_says_nothing_that_does_not_work(tmp_path: Path, program: Callable[[str], str]) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with serving("demo", temporary=temporary) as server:
        assert server.process.stdout is not None
        told = "".join(iter(server.process.stdout.readline, "\n")) + "".join(iter(server.process.stdout.readline, "\n"))
        assert b"<!doctype html>" in get(re.search(r"^Browser +(\S+)$", told, re.MULTILINE)[1]).lower()  # type: ignore[index]
        commands = [line[10:] for line in told.splitlines() if line[10:].startswith(("curl", "gdal"))]
        assert len(commands) == 7
        for command in commands:
            name, *words = shlex.split(command)
            done = subprocess.run(
                [program(name), *words], cwd=tmp_path, capture_output=True, text=True, check=False,
                env=environment() | {"HOME": str(tmp_path)},
            )  # fmt: skip
            assert done.returncode == 0 and "ERROR" not in done.stderr, f"{command}\n{done.stderr}"
            assert "vegetation" in done.stdout or name != "gdalinfo"
        for name, size in (("storm.png", (800, 400)), ("coast.png", (2048, 1536)), ("greenest.png", (1024, 512))):
            with Image.open(tmp_path / name) as picture:
                assert picture.size == size
        year = [float(number) for number in (tmp_path / "year.csv").read_text().split(",")]
        assert len(year) == 12 and 0 < min(year) < max(year) < 250
        assert b"vegetation_2024_07" in (tmp_path / "months.xml").read_bytes()
        with rasterio.open(tmp_path / "elevation.tif") as dataset:
            assert dataset.dtypes == ("int16",) and dataset.bounds.top == pytest.approx(60, abs=0.2)
        server.stop()
    assert list(temporary.iterdir()) == []


def test_the_demo_can_be_kept(tmp_path: Path) -> None:
    with serving("demo", "--instance", tmp_path / "demo") as server:
        server.stop()
    assert (tmp_path / "demo" / "data" / "globe.tif").is_file()
    with serving("demo", "--instance", tmp_path / "demo") as server:
        assert "is used as it is" in server.said
        assert b"storm" in get(f"{server.url}/ows?service=WMS&request=GetCapabilities")
        server.stop()


def test_a_broken_coverage_does_not_break_the_others(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.tif", pattern((1, 40, 80)))
    run("create_instance", "eo", tmp_path / "eo")
    run("register", tmp_path / "a.tif", tmp_path / "b.tif", "--instance", tmp_path / "eo")
    (tmp_path / "a.tif").unlink()
    done = run("check", "--instance", tmp_path / "eo", code=1)
    assert done.stdout.startswith("a: ") and "1 of 2 coverages have problems" in done.stderr
    with serving("serve", "--instance", tmp_path / "eo") as server:
        ows = f"{server.url}/ows?service=WCS&version=2.0.1"
        assert b">a<" in get(f"{ows}&request=GetCapabilities")
        assert get(f"{ows}&request=GetCoverage&coverageId=b")[:2] in (b"II", b"MM")
        with pytest.raises(urllib.error.HTTPError) as failed:
            get(f"{ows}&request=GetCoverage&coverageId=a")
        assert isinstance(failed.value.fp, HTTPResponse)
        assert failed.value.code == 503
        failed.value.close()
        server.stop()


def test_workers_do_not_outlive_a_command_that_is_killed(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", pattern((1, 4, 8)))
    with serving("serve", tmp_path, "--workers", "2", temporary=tmp_path) as server:
        processes = server.workers()
        server.process.kill()
        server.process.communicate()  # ends when nobody holds its output any more
    while any(map(runs, processes)):  # those that closed their output are about to end
        time.sleep(0.05)
