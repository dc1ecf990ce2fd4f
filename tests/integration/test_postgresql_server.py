# SPDX-License-Identifier: MIT
"""A server whose catalogue is in PostgreSQL answers as one with SQLite, and survives what happens to connections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests

from tests.applications import raster_cells
from tests.backends.rasters import pattern, write
from tests.databases import Postgres
from tests.servers import eoxserver, serving
from tests.xmlschemas import ValidateXml, texts

pytestmark = pytest.mark.integration

DATABASE = "served"
CUT = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'"
"""Ends all connections to it."""
MAP = "service=WMS&version=1.3.0&request=GetMap&styles=&crs=EPSG:4326&width=100&height=50&format=image/png"
COVERAGE = "service=WCS&version=2.0.1&request=GetCoverage&format=image/tiff"
QUERIES = (
    "service=WCS&request=GetCapabilities",
    "service=WMS&request=GetCapabilities",
    "service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=august,september,far",
    "service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=nothing",
    f"{COVERAGE}&coverageId=august",
    f"{COVERAGE}&coverageId=september&subset=Lat(41,43)&subset=Long(11,12)&rangeSubset=b2",
    f"{COVERAGE}&coverageId=far&outputCrs=EPSG:3857",
    f"{MAP}&layers=august&bbox=40,10,45,20",
    f"{MAP}&layers=scenes&bbox=40,10,45,20",
    f"{MAP}&layers=scenes&bbox=40,10,45,20&time=2006-08",
    f"{MAP}&layers=scenes&bbox=40,10,45,20&time=2006-01/2006-12",
    f"{MAP}&layers=scenes&bbox=-20,170,0,190&transparent=true",
    f"{MAP}&layers=scenes&bbox=-80,-170,-70,-160&transparent=true",
    f"{MAP}&layers=scenes&bbox=40,10,45,20&time=1999",
    f"{MAP}&layers=nothing&bbox=40,10,45,20",
)


@dataclass(frozen=True)
class Served:
    """An instance and where it is served."""

    instance: Path
    url: str

    def get(self, query: str) -> requests.Response:
        return requests.get(f"{self.url}?{query}")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Answer two scenes at one place, and one at the date line."""
    folder = tmp_path_factory.mktemp("scenes")
    boxes = {"august": (10, 40, 20, 45), "september": (10, 40, 20, 45), "far": (175, -20, 185, -10)}
    return {
        name: Path(write(folder / f"{name}.tif", np.roll(pattern((3, 50, 100)), number, axis=1), bounds=box))
        for number, (name, box) in enumerate(boxes.items())
    }


def fill(instance: Path, scenes: dict[str, Path]) -> None:
    """Register the scenes with their times."""
    for name, month in (("august", "08"), ("september", "09"), ("far", "08")):
        span = f"2006-{month}-16T09:00:00Z/2006-{month}-16T09:05:00Z"
        eoxserver("register", "--instance", instance, scenes[name], "--collection", "scenes", "--time", span)


@pytest.fixture(scope="module")
def served(postgres: Postgres, scenes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Answer a server with a catalogue in PostgreSQL."""
    postgres.execute(f"CREATE DATABASE {DATABASE}")
    instance = tmp_path_factory.mktemp("postgresql") / "instance"
    eoxserver("create_instance", "tests", instance, "--database", address(postgres))
    fill(instance, scenes)
    with serving(instance, workers=2) as url:
        yield Served(instance, url)
    postgres.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def address(postgres: Postgres) -> str:
    return f"postgresql://{postgres.user}@/{DATABASE}?host={postgres.folder}"


@pytest.fixture(scope="module")
def beside(scenes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Answer a server of the same data with a catalogue in SQLite."""
    instance = tmp_path_factory.mktemp("sqlite") / "instance"
    eoxserver("create_instance", "tests", instance)
    fill(instance, scenes)
    with serving(instance) as url:
        yield Served(instance, url)


def neutral(answer: requests.Response, url: str) -> tuple[int, bytes]:
    """An answer without what differs from server to server: addresses and versions."""
    body = answer.content.replace(url.encode(), b"URL")
    return answer.status_code, re.sub(rb'updateSequence="\d+"', b"", body)


@pytest.mark.parametrize("query", QUERIES)
def test_answers_are_those_of_sqlite(served: Served, beside: Served, query: str) -> None:
    assert neutral(served.get(query), served.url) == neutral(beside.get(query), beside.url)


def test_documents_are_valid_and_cells_are_the_files(
    served: Served, scenes: dict[str, Path], validate_xml: ValidateXml
) -> None:
    names = texts(validate_xml(served.get(QUERIES[0]).content), "//wcs:CoverageId/text()")
    assert names == ["august", "far", "september"]
    names = texts(validate_xml(served.get(QUERIES[1]).content), "//wms:Layer/wms:Layer/wms:Name/text()")
    assert names == ["scenes", "august", "far", "september"]
    validate_xml(served.get(QUERIES[2]).content)
    whole = pattern((3, 50, 100))
    np.testing.assert_array_equal(raster_cells(served.get(f"{COVERAGE}&coverageId=august").content), whole)
    np.testing.assert_array_equal(raster_cells(served.get(f"{MAP}&layers=august&bbox=40,10,45,20").content), whole)
    newest = raster_cells(served.get(f"{MAP}&layers=scenes&bbox=40,10,45,20").content)
    np.testing.assert_array_equal(newest, np.roll(whole, 1, axis=1))


def test_writers_do_not_disturb_each_other(served: Served, tmp_path: Path) -> None:
    before = served.get(QUERIES[0]).headers["ETag"]
    folders = [tmp_path / f"f{number}" for number in range(3)]
    for folder in folders:
        folder.mkdir()
        for number in range(5):
            write(folder / f"{folder.name}_{number}.tif", pattern((1, 8, 8)))
    with ThreadPoolExecutor(len(folders)) as pool:
        list(
            pool.map(
                lambda folder: eoxserver("register", "--instance", served.instance, folder, "--collection", "many"),
                folders,
            )
        )
    names = [f"f{folder}_{number}" for folder in range(3) for number in range(5)]
    document = served.get(QUERIES[0])
    assert document.headers["ETag"] != before
    assert all(f"<wcs:CoverageId>{name}</wcs:CoverageId>" in document.text for name in names)
    assert served.get(f"{MAP}&layers=many&bbox=40,10,45,20").status_code == 200
    eoxserver("deregister", "--instance", served.instance, *names)
    assert "f0_0" not in served.get(QUERIES[0]).text


def test_lost_connections_are_made_again(served: Served, postgres: Postgres) -> None:
    expected = served.get(QUERIES[4]).content
    name, password = (served.instance / "conf" / "admin.credentials").read_text().split()
    administrator = (name, password)
    for _ in range(3):
        postgres.execute(CUT)
        for query in (QUERIES[4], QUERIES[0], QUERIES[8]):
            for _ in range(4):
                assert served.get(query).status_code == 200
        postgres.execute(CUT)
        for _ in range(20):
            assert requests.get(f"{served.url}?{QUERIES[0]}", auth=administrator).status_code == 200
    assert served.get(QUERIES[4]).content == expected


def test_a_catalogue_that_is_away_is_told_and_comes_back(
    served: Served, postgres: Postgres, validate_xml: ValidateXml
) -> None:
    server = served.url.removesuffix("/ows")
    postgres.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
    postgres.execute(CUT)
    try:
        for query in (QUERIES[0], QUERIES[4], QUERIES[7]):
            failed = served.get(query)
            assert failed.status_code == 503
            validate_xml(failed.content)
            assert str(postgres.folder) not in failed.text and "catalogue" in failed.text
        assert requests.get(f"{server}/-/ready").status_code == 503
        assert requests.get(f"{server}/-/live").status_code == 200
    finally:
        postgres.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")
    assert requests.get(f"{server}/-/ready").status_code == 200
    assert served.get(QUERIES[4]).status_code == 200
