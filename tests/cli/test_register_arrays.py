# SPDX-License-Identifier: MIT
"""Arrays of a rasdaman server are registered as rasters are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eoxserver.testing.coverages import counted
from tests.cli.conftest import Commands
from tests.rasqueries import RasArray, RasCollection, stored
from tests.rasservers import RasServer

PLACE = ("--crs", "EPSG:4326", "--bounds", "10", "40", "20", "45")


@pytest.fixture
def server() -> Iterator[RasServer]:
    rgb = {name: counted((40, 20)) for name in ("red", "green", "blue")}
    two = {5: RasArray({"": counted((4, 4))}, (0, 0)), 6: RasArray({"": counted((3, 5))}, (1, 1))}
    cube = stored(counted((6, 4, 2), "int16"), axes=("x", "y", "t"), nulls="0")
    with RasServer({"rgb": stored(rgb, axes=("x", "y")), "two": RasCollection(two), "cube": cube}) as server:
        yield server


@pytest.fixture
def registering(eoxserver: Commands, server: RasServer) -> Commands:
    """Commands on an instance that knows the server by the name ``ras``."""
    eoxserver.ok("storage", "add", "ras", server.url, "--type", "rasdaman")
    return eoxserver


def test_a_collection(registering: Commands) -> None:
    assert registering.ok("register", "storage:ras/rgb", *PLACE).endswith("/rgb as rgb\n1 registered\n")
    found = registering.json("describe", "rgb")
    assert [(field["name"], field["type"]) for field in found["fields"]] == [
        ("red", "uint8"),
        ("green", "uint8"),
        ("blue", "uint8"),
    ]
    assert [(axis["label"], axis["size"]) for axis in found["axes"]] == [("Lat", 20), ("Long", 40)]
    assert (found["bbox"], found["data_items"][0]["location"]) == ([10, 40, 20, 45], "rgb?axes=1,0")
    assert (found["data_items"][0]["driver"], found["data_items"][0]["storage"]) == ("rasdaman", "ras")
    assert registering("check").exit_code == 0
    assert "1 unchanged" in registering.ok("register", "storage:ras/rgb", *PLACE)


def test_one_array_by_its_url(registering: Commands, server: RasServer) -> None:
    told = registering.ok("register", f"{server.url}/two?oid=6", *PLACE, "--dry-run", "--id", "six")
    assert "    reader: storage rasdaman, driver rasdaman   (what the storage answers)" in told
    assert "    size: 3 x 5   (the raster)" in told
    assert "    extent: 10, 40, 20, 45   (as asked for)" in told


def test_a_cube_keeps_its_further_axis(registering: Commands) -> None:
    registering.ok("register", "storage:ras/cube", *PLACE)
    found = registering.json("describe", "cube")
    assert [(axis["label"], axis["kind"], axis["size"]) for axis in found["axes"]] == [
        ("Lat", "RegularAxis", 4),
        ("Long", "RegularAxis", 6),
        ("t", "IndexAxis", 2),
    ]
    assert found["fields"][0]["nil"] == ["0"]
    assert registering("check").exit_code == 0


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("storage:ras/nowhere", "there is no collection 'nowhere'"),
        ("storage:ras/two", "holds 2 arrays; say which by its oid, as two?oid=5; they are 5, 6"),
        ("storage:ras/two?oid=9", "there is no array of oid 9"),
        ("storage:ras/", "is no location in a rasdaman storage"),
        ("storage:ras/rgb as c, two", "is no location in a rasdaman storage"),
    ],
)
def test_what_is_no_array_is_refused(registering: Commands, path: str, reason: str) -> None:
    result = registering("register", path, *PLACE)
    assert result.exit_code == 1
    assert reason in result.stdout


def test_an_array_without_a_place_is_refused_with_a_way_out(registering: Commands) -> None:
    assert "--bounds MINX MINY MAXX MAXY would do" in registering("register", "storage:ras/rgb").stdout


@pytest.mark.parametrize("bounds", [("1", "1", "0", "2"), ("0", "0", "1", "0"), ("0", "0", "nan", "1")])
def test_bounds_have_an_order(registering: Commands, bounds: tuple[str, ...]) -> None:
    told = registering.fails("register", "storage:ras/rgb", "--crs", "EPSG:4326", "--bounds", *bounds, code=2)
    assert "the least x and y come first" in told


def test_one_of_several_is_told_by_its_oid(registering: Commands, server: RasServer) -> None:
    registering.ok("register", "storage:ras/two?oid=6", *PLACE)
    assert registering.json("list", "--where")[0]["where"] == [f"{server.url}/two?oid=6&axes=1,0"]


def test_a_test_tells_that_there_are_arrays(registering: Commands) -> None:
    told = registering.ok("storage", "test", "ras").splitlines()
    assert told[1:] == [
        "it can: connect to data in place, describe arrays",
        "nothing is listed: it holds arrays, which are registered by their names",
    ]


def test_a_server_that_is_none_is_not_added(eoxserver: Commands, server: RasServer) -> None:
    other = server.url.replace("/rasql", "/other")
    assert "is no rasql endpoint" in eoxserver.fails("storage", "add", "ras", other, "--type", "rasdaman")
