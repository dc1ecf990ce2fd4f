# SPDX-License-Identifier: MIT
"""Many clients at once, and a catalogue that another process changes meanwhile: every answer is a right one."""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import requests
from PIL import Image

from tests.applications import raster_cells
from tests.backends.rasters import add_overviews, convert, pattern, write
from tests.servers import eoxserver, serving
from tests.xmlschemas import parse_xml, texts

pytestmark = pytest.mark.integration

CLIENTS = 16
ROUNDS = 2
PNG = b"\x89PNG"
PAUSE = 0.02
"""Between the rounds of a client, so that other processes come to their turn [s]."""
BBOXES = ("40,10,45,20", "41,12,43,16", "42.5,10.5,42.6,10.7")
MERCATOR = "1000000,4900000,2300000,5700000"
SMALL_CACHES = {
    "EOXS_SERVICES_EVALUATION__MAP_CACHE_BYTES": "1",
    "EOXS_SERVICES_EVALUATION__TILE_CACHE_BYTES": "100000",
    "EOXS_SERVICES_EVALUATION__OPEN_FILES": "2",
}
"""Settings under which files and blocks are given up all the time."""


def queries(names: list[str]) -> list[str]:
    """Maps and coverages of every name, and documents."""
    found = ["service=WMS&request=GetCapabilities", "service=WCS&request=GetCapabilities"]
    for name in names:
        wcs = f"service=WCS&version=2.0.1&coverageId={name}"
        found.append(f"{wcs}&request=DescribeCoverage")
        found += [f"{wcs}&request=GetCoverage&format={kind}" for kind in ("image/tiff", "application/netcdf")]
        found.append(f"{wcs}&request=GetCoverage&format=image/png&subset=Lat(41,43)&scaleFactor=0.5")
        found.append(f"{wcs}&request=GetCoverage&format=image/tiff&outputCrs=EPSG:3857&interpolation=bilinear")
        wms = f"service=WMS&version=1.3.0&request=GetMap&layers={name}&styles=&format=image/png"
        found += [f"{wms}&crs=EPSG:4326&bbox={bbox}&width=200&height=100" for bbox in BBOXES]
        found.append(f"{wms}&crs=EPSG:3857&bbox={MERCATOR}&width=90&height=70&interpolation=cubic")
    return found


def body(answer: requests.Response) -> bytes:
    """The body of a good answer."""
    assert answer.status_code == 200, answer.text
    return answer.content


def same(one: bytes, other: bytes) -> bool:
    """Whether two answers say the same: HDF5 notes in a file when it was made, so of netCDF the variables count.

    Of PNG the pixels count: ISA-L was seen to pack the same rows into 1074 bytes and into 1070. To be called by one
    thread only: libhdf5 bears no more.
    """
    if one == other:
        return True
    if one.startswith(PNG) and other.startswith(PNG):
        found, expected = (np.asarray(Image.open(io.BytesIO(content))) for content in (one, other))
        return np.array_equal(found, expected)
    if not one.startswith(b"\x89HDF"):
        return False
    variables = []
    for content in (one, other):
        with netCDF4.Dataset("memory.nc", memory=content) as dataset:
            dataset.set_auto_maskandscale(False)
            variables.append({name: variable[...].tobytes() for name, variable in dataset.variables.items()})
    return variables[0] == variables[1]


def told(query: str, one: bytes, other: bytes) -> str:
    """In what two answers to a query differ; of pictures also whether the pixels do."""
    place = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1)
    text = f"{query}: {len(one)} bytes instead of {len(other)}, the first other one at {place}"
    if not one.startswith(PNG):
        return text
    found, expected = (np.asarray(Image.open(io.BytesIO(content))) for content in (one, other))
    wrong = found.size if found.shape != expected.shape else np.count_nonzero(found != expected)
    return f"{text}; {wrong} of {expected.size} samples are wrong"


def instance_of(folder: Path) -> Path:
    """An empty instance."""
    instance = folder / "instance"
    eoxserver("create_instance", "tests", instance)
    return instance


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Answer rasters in several formats, one of them read through a library that no two threads may be in."""
    tiles: dict[str, Any] = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    plain = write(tmp_path / "plain.tif", pattern((3, 300, 600)))
    tiled = write(tmp_path / "tiled.tif", pattern((3, 512, 1024))[:, ::-1], **tiles)
    add_overviews(tiled, [2, 4])
    classes = write(tmp_path / "classes.tif", pattern((1, 100, 200)), nodata=7)
    stacked = convert(plain, tmp_path / "stacked.vrt", "VRT")
    netcdf = convert(classes, tmp_path / "netcdf.nc", "netCDF")
    return [Path(path) for path in (plain, tiled, classes, stacked, netcdf)]


@pytest.mark.parametrize("workers", [1, 2])
def test_many_clients_get_what_one_gets(
    tmp_path: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    for key, value in SMALL_CACHES.items():
        monkeypatch.setenv(key, value)
    instance = instance_of(tmp_path)
    eoxserver("register", "--instance", instance, *files, "--collection", "all")
    asked = queries([path.stem for path in files])
    with serving(instance, workers) as url:
        with requests.Session() as session:
            alone = {query: body(session.get(f"{url}?{query}")) for query in asked}

        def client(seed: int) -> list[tuple[str, bytes]]:
            shuffled = asked * ROUNDS
            random.Random(seed).shuffle(shuffled)
            with requests.Session() as session:
                answers = ((query, body(session.get(f"{url}?{query}"))) for query in shuffled)
                return [(query, answer) for query, answer in answers if answer != alone[query]]

        with ThreadPoolExecutor(CLIENTS) as pool:
            others = [other for found in pool.map(client, range(CLIENTS)) for other in found]
    wrong = Counter(told(query, other, alone[query]) for query, other in others if not same(other, alone[query]))
    assert wrong == Counter()
    assert "Traceback" not in (instance / "logs" / "test-server.log").read_text()


# -- a catalogue that changes ---------------------------------------------------------------------

CAPABILITIES = "service=WCS&request=GetCapabilities"
GET_COVERAGE = "service=WCS&version=2.0.1&request=GetCoverage&format=image/tiff"
GET_MAP = (
    "service=WMS&version=1.3.0&request=GetMap&styles=&crs=EPSG:4326&bbox=40,10,45,20&width=100&height=50"
    "&format=image/png"
)

Ask = Callable[[str], requests.Response]


@contextmanager
def clients(url: str, *jobs: Callable[[Ask], None]) -> Iterator[Callable[[int], bool]]:
    """Let a thread do each job over and over until the end of the block; what fails in them fails the test.

    Yields a function that says whether each did its job so many times, or one of them failed.
    """
    end = threading.Event()
    rounds = [0] * len(jobs)

    def work(number: int) -> None:
        with requests.Session() as session:
            while not end.is_set():
                jobs[number](lambda query: session.get(f"{url}?{query}"))
                rounds[number] += 1
                end.wait(PAUSE)

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(work, number) for number in range(len(jobs))]
        try:
            yield lambda times: min(rounds) >= times or any(future.done() for future in futures)
        finally:
            end.set()
        for future in futures:
            future.result()


def test_a_catalogue_may_change_while_it_is_served(tmp_path: Path) -> None:
    instance = instance_of(tmp_path)
    old, new = pattern((3, 50, 100)), pattern((3, 50, 100))[:, ::-1]
    steady = write(tmp_path / "steady.tif", pattern((3, 80, 160)))
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = write(tmp_path / "first" / "changing.tif", old)
    second = write(tmp_path / "second" / "changing.tif", new)
    coming = write(tmp_path / "coming.tif", pattern((1, 20, 40)))
    eoxserver("register", "--instance", instance, steady, first, "--collection", "all")

    def unchanged(ask: Ask) -> None:
        for query in (f"{GET_COVERAGE}&coverageId=steady", f"{GET_MAP}&layers=steady"):
            answer = ask(query)
            assert answer.status_code == 200, answer.text
            assert answer.content == expected[query]

    def replaced(ask: Ask) -> None:
        for query in (f"{GET_COVERAGE}&coverageId=changing", f"{GET_MAP}&layers=changing"):
            answer = ask(query)
            assert answer.status_code == 200, answer.text
            cells = raster_cells(answer.content)
            assert np.array_equal(cells, old) or np.array_equal(cells, new)

    def comes_and_goes(ask: Ask) -> None:
        for query in (f"{GET_COVERAGE}&coverageId=coming", f"{GET_MAP}&layers=coming"):
            assert ask(query).status_code in (200, 404)
        answer = ask(f"{GET_MAP}&layers=all")
        assert answer.status_code == 200, answer.text

    def listed(ask: Ask) -> None:
        for service, path in (("WCS", "//wcs:CoverageId/text()"), ("WMS", "//wms:Layer/wms:Layer/wms:Name/text()")):
            answer = ask(f"service={service}&request=GetCapabilities")
            assert answer.status_code == 200, answer.text
            names = texts(parse_xml(answer.content), path)
            assert set(names) - {"all", "coming"} == {"steady", "changing"}

    with serving(instance) as url, requests.Session() as session:
        expected = {
            query: session.get(f"{url}?{query}").content
            for query in (f"{GET_COVERAGE}&coverageId=steady", f"{GET_MAP}&layers=steady")
        }
        tags = [session.get(f"{url}?{CAPABILITIES}").headers["ETag"]]
        with clients(url, unchanged, replaced, comes_and_goes, listed) as done:
            for command, *words in (
                ("register", "--replace", second),
                ("register", coming, "--collection", "all"),
                ("deregister", "coming"),
                ("register", "--replace", first),
                ("register", coming),
                ("register", "--replace", second),
            ):
                eoxserver(command, "--instance", instance, *words)
                tags.append(session.get(f"{url}?{CAPABILITIES}").headers["ETag"])
            assert done(3)
        assert len(set(tags)) == len(tags)
        last = session.get(f"{url}?{GET_COVERAGE}&coverageId=changing")
        np.testing.assert_array_equal(raster_cells(last.content), new)
    assert "Traceback" not in (instance / "logs" / "test-server.log").read_text()


def test_a_file_may_be_replaced_while_it_is_read(tmp_path: Path) -> None:
    instance = instance_of(tmp_path)
    versions = [pattern((3, 320, 480)), pattern((3, 320, 480))[:, ::-1]]
    tiles: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    served = Path(write(tmp_path / "served.tif", versions[0], **tiles))
    eoxserver("register", "--instance", instance, served)
    query = f"{GET_COVERAGE}&coverageId=served"

    def either(ask: Ask) -> None:
        answer = ask(query)
        if answer.status_code == 503:  # on a slow machine it may have changed each time it was opened
            assert "was changed while it was opened" in answer.text
            return
        assert answer.status_code == 200, answer.text
        cells = raster_cells(answer.content)
        assert any(np.array_equal(cells, version) for version in versions)

    with serving(instance) as url:
        with clients(url, either, either) as done:
            while not done(30):
                for version in versions:
                    Path(write(tmp_path / "other.tif", version, **tiles)).replace(served)
                    time.sleep(PAUSE)
        np.testing.assert_array_equal(raster_cells(requests.get(f"{url}?{query}").content), versions[1])
