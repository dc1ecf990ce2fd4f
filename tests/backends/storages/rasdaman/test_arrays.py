# SPDX-License-Identifier: MIT
"""Locations, and the arrays they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.rasdaman.arrays import find_array, parse_location
from eoxserver.backends.storages.rasdaman.client import RasqlClient
from eoxserver.core.errors import DataUnavailable, ItemMissing
from eoxserver.testing.coverages import counted
from tests.backends.storages.rasdaman.conftest import SETTINGS
from tests.rasqueries import stored
from tests.rasservers import RasServer


@pytest.fixture
def client(server: RasServer) -> RasqlClient:
    return RasqlClient(server.url, "", SETTINGS.remote)


@pytest.mark.parametrize("location", ["mr", "mr?oid=1025", "_a9?axes=1,0", "cube?oid=7&axes=t,y,x"])
def test_locations_come_back(location: str) -> None:
    assert str(parse_location(location)) == location


@pytest.mark.parametrize(
    "location",
    [
        "", "1mr", "mr;", "mr as c, secret", "mr where true", "mr?", "mr?oid=", "mr?oid=1 or 1=1", "mr?oid=-1",
        "mr?oid=1&oid=2", "mr?axes=", "mr?axes=1,", "mr?axes=x;y", "mr?other=1", "mr?oid", "mr\n", "mr--", "é",
        "mr?oid=1%20or%20true", "a" * 256, "mr/x", "mr?axes=x+y",
    ],
)  # fmt: skip
def test_what_is_no_location(location: str) -> None:
    if location == "mr?":
        assert str(parse_location(location)) == "mr"
        return
    with pytest.raises(DataUnavailable, match="is no location in a rasdaman storage; accepted: COLLECTION"):
        parse_location(location)


@given(st.text(max_size=40))
def test_only_names_and_numbers_become_part_of_a_query(location: str) -> None:
    try:
        query = parse_location(location).query("c")
    except DataUnavailable:
        return
    words = query.removeprefix("select c from ").split()
    assert words[0].isidentifier() and words[0].isascii()
    assert words[1:3] == ["as", "c"]
    assert words[3:-1] in ([], ["where", "oid(c)", "="])
    assert words[-1] == "c" or words[-1].isdigit()


def test_nothing_is_asked_for_a_location_that_is_none(server: RasServer, client: RasqlClient) -> None:
    with pytest.raises(DataUnavailable):
        find_array(client, "grey as c, rgb")
    assert server.asked == []


@pytest.mark.parametrize("struct_names", [False, True])
@pytest.mark.parametrize("capitals", [False, True])
@pytest.mark.parametrize("multipart", [False, True])
@pytest.mark.parametrize("nul", [False, True])
def test_servers_of_all_dialects(
    server: RasServer, client: RasqlClient, struct_names: bool, capitals: bool, multipart: bool, nul: bool
) -> None:
    server.dialect.struct_names, server.dialect.capitals = struct_names, capitals
    server.dialect.multipart, server.dialect.nul = multipart, nul
    found = find_array(client, "rgb")
    assert [interval.size for interval in found.domain] == [30, 20]
    assert found.axis_names == ("x", "y")
    assert [part.name for part in found.components] == ["red", "green", "blue"]
    assert found.tiles == (16, 8)
    masked = find_array(client, "masked")
    assert len(masked.nil) == 3


def test_servers_that_do_not_name_types(server: RasServer, client: RasqlClient) -> None:
    server.dialect.type_names = False
    found = find_array(client, "masked")
    assert (found.axis_names, found.nil) == ((), ())
    assert server.queries[-1] == "select t from RAS_STRUCT_TYPES as t"
    server.dialect.named_axes = True
    assert find_array(client, "rgb").axis_names == ("x", "y")


@pytest.mark.parametrize("text", ["Collection name is unknown.", "something else"])
@pytest.mark.parametrize("status", [404, 500])
def test_a_collection_that_is_not_there(server: RasServer, client: RasqlClient, text: str, status: int) -> None:
    server.dialect.unknown_text, server.dialect.unknown_status = text, status
    with pytest.raises(ItemMissing, match="gray") as caught:
        find_array(client, "gray")
    assert caught.value.locator == "gray"
    if text == "something else" and status == 500:
        assert "did you mean 'grey'" in str(caught.value)


def test_a_collection_that_is_there_and_fails(server: RasServer, client: RasqlClient) -> None:
    server.faults = ["report"]
    with pytest.raises(DataUnavailable, match="Execution error 381"):
        find_array(client, "grey")


def test_one_of_several_arrays(client: RasqlClient) -> None:
    with pytest.raises(DataUnavailable, match=r"holds 2 arrays; say which by its oid, as two\?oid=5; they are 5, 6"):
        find_array(client, "two")
    assert [interval.size for interval in find_array(client, "two?oid=6").domain] == [3, 5]
    with pytest.raises(ItemMissing, match="no array of oid 7 in collection 'two'"):
        find_array(client, "two?oid=7")


def test_answers_that_make_no_sense(server: RasServer, client: RasqlClient) -> None:
    server.faults = ["html"]
    with pytest.raises(DataUnavailable, match=r"answer to sdom\(\) is not understood"):
        find_array(client, "grey")
    server.faults = ["ok", "html"]
    with pytest.raises(DataUnavailable, match=r"answer to dbinfo\(\) is not understood"):
        find_array(client, "grey")


def test_cells_that_cannot_be_read(server: RasServer, client: RasqlClient) -> None:
    server.collections = {"odd": stored(counted((3, 3)), types={"": "quaternion"})}
    with pytest.raises(DataUnavailable, match="odd: rasdaman storage http://127.*'quaternion' is no cell type"):
        find_array(client, "odd")


@pytest.mark.parametrize(
    ("axes", "upright"),
    [
        (("x", "y"), "a?axes=1,0"),
        (("Long", "Lat"), "a?axes=1,0"),
        (("E", "N"), "a?axes=1,0"),
        (("i", "j"), "a?axes=1,0"),
        (("Lat", "Lon"), "a"),
        (("row", "column"), "a"),
        (("d0", "d1"), "a?axes=1,0"),
        (("x", "other"), "a"),
        (("t", "x", "y"), "a?axes=0,2,1"),
        (("x", "y", "time"), "a?axes=1,0,2"),
        (("time", "lat", "lon"), "a"),
        (("a", "b", "c"), "a"),
        (("x",), "a"),
    ],
)
def test_y_comes_before_x(server: RasServer, client: RasqlClient, axes: tuple[str, ...], upright: str) -> None:
    server.collections = {"a": stored(counted((2,) * len(axes)), axes=axes)}
    assert str(find_array(client, "a").upright()) == upright
    given_order = f"a?axes={','.join(axes)}"
    assert str(find_array(client, given_order).upright()) == given_order


@pytest.mark.parametrize("axes", ["0", "0,0", "0,2", "x,x", "x,z", "0,1,2"])
def test_an_order_names_each_axis_once(client: RasqlClient, axes: str) -> None:
    with pytest.raises(DataUnavailable, match="does not name each axis of the array once; its axes are 0, 1, or x, y"):
        find_array(client, f"rgb?axes={axes}").order()
