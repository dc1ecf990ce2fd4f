# SPDX-License-Identifier: MIT
"""What headers tell of a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.http_state import ByteRange, FileState, byte_range, file_state

LONG_AGO, NOW = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT"


def test_the_state_in_a_header() -> None:
    header = {"ETag": '"a"', "Last-Modified": LONG_AGO, "Date": NOW, "Content-Length": "10"}
    assert file_state(200, header) == FileState('"a"', LONG_AGO, 10, True)
    assert file_state(206, header | {"Content-Range": "bytes 0-9/100"}).size == 100
    assert file_state(206, header | {"Content-Range": "bytes 0-9/*"}).size is None
    assert file_state(416, header | {"Content-Range": "bytes */0"}).size == 0
    assert file_state(206, header).size is None
    assert file_state(200, {"Content-Length": "-1", "Last-Modified": "x", "Date": "y"}) == FileState(modified="x")


def test_validators() -> None:
    assert FileState('"a"', LONG_AGO, 10).validator == '"a"'
    assert FileState('W/"a"', LONG_AGO, 10).validator == f"{LONG_AGO} 10"
    assert FileState("", LONG_AGO, 10).validator == f"{LONG_AGO} 10"
    assert FileState('W/"a"', "", 10).validator == 'W/"a"'
    assert FileState("", LONG_AGO).validator == FileState(size=10).validator == ""


def test_parts_are_put_together_after_strong_validators_only() -> None:
    assert FileState('"a"').condition == '"a"'
    assert FileState('W/"a"').condition == FileState("", LONG_AGO).condition == ""
    assert FileState('W/"a"', LONG_AGO, settled=True).condition == LONG_AGO
    for date, settled in ((NOW, True), ("Sun, 06 Nov 1994 08:50:36 GMT", False), ("", False)):
        assert file_state(200, {"Last-Modified": LONG_AGO, "Date": date}).settled is settled


@pytest.mark.parametrize(
    ("other", "contradiction"),
    [
        (FileState(), False),
        (FileState('"a"', LONG_AGO, 10), False),
        (FileState('W/"a"'), False),
        (FileState('"b"', LONG_AGO, 10), True),
        (FileState("", NOW, 10), True),
        (FileState("", "", 11), True),
        (FileState("", "", 0), True),
    ],
)
def test_states_that_contradict(other: FileState, contradiction: bool) -> None:
    mine = FileState('"a"', LONG_AGO, 10)
    assert mine.contradicts(other) is other.contradicts(mine) is contradiction


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bytes 5-4/10",
        "bytes 0-10/10",
        "bytes a-b/c",
        "items 0-1/2",
        "bytes 0-1",
        "bytes -1-2/3",
        "bytes \u0663-\u0664/\u0665",
    ],
)
def test_ranges_without_sense(text: str) -> None:
    assert byte_range({"Content-Range": text} if text else {}) is None


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.integers(0, 10**6) | st.none())
def test_any_range(start: int, length: int, rest: int | None) -> None:
    size = None if rest is None else start + length + rest
    text = f"bytes {start}-{start + length - 1}/{'*' if size is None else size}"
    assert byte_range({"Content-Range": text}) == ByteRange(start, start + length, size)
