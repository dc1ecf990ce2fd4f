# SPDX-License-Identifier: MIT
"""``eoxserver cache show``, ``clear`` and ``verify``."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.backends.cache import Cache
from eoxserver.core.errors import TransferFailed
from tests.backends.cache.originals import Original, age
from tests.cli.conftest import Commands

pytestmark = pytest.mark.unit

KEYS = ("http:https://host/data -> a.tif", "http:https://host/data -> ZIP 2024.zip -> b.tif")


@pytest.fixture
def cache(eoxserver: Commands) -> Cache:
    """The cache of the instance, with two copies that nobody used for a while."""
    cache = Cache(eoxserver.instance / "cache", 10 * 2**30, 30 * 86400, 60)
    for key, size in zip(KEYS, (2000, 3_000_000), strict=True):
        original = Original(bytes(size), name=key.rpartition(" ")[2])
        cache.get(key, original.fetch, original.ask)
        age(eoxserver.instance / "cache", key, 2 * 3600)
    return cache


def test_an_instance_without_copies(eoxserver: Commands) -> None:
    result = eoxserver("cache", "show")
    assert result.exit_code == 0 and "copies: 0; 0 bytes of 10.0 GiB" in result.stderr
    assert eoxserver.ok("cache", "clear") == "removed: 0, kept: 0; 0 bytes freed\n"
    assert eoxserver.ok("cache", "verify") == "whole: 0, 0 bytes; broken: 0\n"


def test_show_lists_copies_and_totals(eoxserver: Commands, cache: Cache) -> None:
    with pytest.raises(TransferFailed):
        cache.get("broken", Original(bytes(4000), error=TransferFailed("ended early")).fetch)
    age(eoxserver.instance / "cache", KEYS[0], 3600)
    with cache.hold(cache.get(KEYS[1], Original().fetch)):
        result = eoxserver("cache", "show")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["id", "size", "last", "use", "being", "read", "copy", "of"]
    assert [line[-1] for line in lines[1:]] == ["b.tif", "a.tif"]
    assert [line[1:3] for line in lines[1:]] == [["2.9", "MiB"], ["2.0", "KiB"]]
    assert ["yes" in line for line in lines[1:]] == [True, False]
    assert "copies: 2; 2.9 MiB of 10.0 GiB" in result.stderr
    assert "and 2.0 KiB of interrupted transfers" in result.stderr


def test_show_writes_json(eoxserver: Commands, cache: Cache) -> None:
    found = eoxserver.json("cache", "show")
    assert {entry["key"]: entry["size"] for entry in found["entries"]} == {KEYS[0]: 2000, KEYS[1]: 3_000_000}
    assert found["bytes"] == 3_002_000 and found["max_bytes"] == 10 * 2**30 and found["max_age"] == 30 * 86400
    entry = found["entries"][0]
    assert entry["used"].endswith("Z") and entry["validator"] == "1" and entry["held"] is False
    assert Path(entry["path"]).is_file()


def test_clear_removes_everything(eoxserver: Commands, cache: Cache) -> None:
    assert eoxserver.ok("cache", "clear") == "removed: 2, kept: 0; 2.9 MiB freed\n"
    assert list(cache.entries()) == [] and cache.size() == 0


def test_clear_says_what_it_keeps_and_why(eoxserver: Commands, cache: Cache) -> None:
    with cache.hold(cache.get(KEYS[1], Original().fetch)):
        said = eoxserver.ok("cache", "clear", "--recent")
        assert said.splitlines() == [
            f"kept {KEYS[1]}: it is being read",
            "removed: 1, kept: 1; 2.0 KiB freed",
        ]
    found = eoxserver.json("cache", "clear")
    assert found["removed"] == [] and found["bytes"] == 0
    assert [each["key"] for each in found["kept"]] == [KEYS[1]]
    assert "may be in use for 15 minutes" in found["kept"][0]["reason"]


def test_clear_takes_keys_ids_and_an_age(eoxserver: Commands, cache: Cache) -> None:
    ids = {entry.key: entry.id for entry in cache.entries()}
    assert eoxserver.ok("cache", "clear", "--older-than", "3h").startswith("removed: 0, kept: 0")
    assert eoxserver.ok("cache", "clear", KEYS[0], "--older-than", "90min").startswith("removed: 1")
    assert [entry.key for entry in cache.entries()] == [KEYS[1]]
    assert eoxserver.ok("cache", "clear", ids[KEYS[1]][:12]).startswith("removed: 1")
    assert list(cache.entries()) == []


def test_clear_refuses_what_it_does_not_know(eoxserver: Commands, cache: Cache) -> None:
    said = eoxserver.fails("cache", "clear", "http:https://host/data -> c.tif")
    assert (
        "'http:https://host/data -> c.tif': there is no such copy; did you mean 'http:https://host/data -> a.tif'?"
        in said
    )
    assert "there is no such copy" in eoxserver.fails("cache", "clear", "")
    said = eoxserver.fails("cache", "clear", "--older-than", "soon", code=2)
    assert "'soon' is no duration; accepted: a duration as 90s, 15min, 12h or 30d" in said
    assert len(list(cache.entries())) == 2


def test_verify_finds_nothing_wrong(eoxserver: Commands, cache: Cache) -> None:
    assert eoxserver.ok("cache", "verify") == "whole: 2, 2.9 MiB; broken: 0\n"


def test_verify_mends_what_is_broken(eoxserver: Commands, cache: Cache) -> None:
    path = next(Path(entry.path) for entry in cache.entries() if entry.key == KEYS[0])
    path.write_bytes(b"short")
    with pytest.raises(TransferFailed):
        cache.get("broken", Original(bytes(4000), error=TransferFailed("ended early")).fetch)
    result = eoxserver("cache", "verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{KEYS[0]}: its file has 5 bytes instead of 2000; removed",
        "whole: 1, 2.9 MiB; broken: 1",
        "2.0 KiB that were left behind are removed",
    ]
    assert "eoxserver: broken: 1 of 2, now removed" in result.stderr
    found = eoxserver.json("cache", "verify")
    assert (found["copies"], found["broken"], found["leftover_bytes"], found["busy"]) == (1, [], 0, [])
