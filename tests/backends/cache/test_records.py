# SPDX-License-Identifier: MIT
"""What is written down about entries."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.cache.layout import EntryFolder, Layout
from eoxserver.backends.cache.records import Record, read_failure, read_record, write_failure, write_record
from eoxserver.core.errors import DataUnavailable, EOxServerError, ItemMissing, TransferFailed

pytestmark = pytest.mark.unit

RECORD = Record("k", "v-1", "a.tif", 7, 123456789, 99, '"etag"', 1000.5, 2000.0)


class _Plugins(TransferFailed):
    """An error of a plugin."""


@pytest.fixture
def entry(tmp_path: Path) -> EntryFolder:
    entry = Layout(tmp_path).entry("k")
    entry.path.mkdir(parents=True)
    return entry


def test_a_record_is_read_as_it_was_written(entry: EntryFolder) -> None:
    assert read_record(entry) is None
    write_record(entry, RECORD)
    assert read_record(entry) == RECORD
    assert [path.name for path in entry.path.iterdir()] == ["record.json"]


@given(text=st.text(max_size=30), name=st.text(min_size=1, max_size=10).filter(lambda name: "/" not in name))
def test_any_text_is_kept(tmp_path_factory: pytest.TempPathFactory, text: str, name: str) -> None:
    entry = EntryFolder(tmp_path_factory.mktemp("entry"))
    record = Record(text, "v-1", name, 7, 1, 1, text, 1.0, 2.0)
    write_record(entry, record)
    assert read_record(entry) == record


@pytest.mark.parametrize(
    "change",
    [
        ('"a.tif"', '"../a.tif"'), ('"a.tif"', "5"), ('"v-1"', '"/etc"'), ('"size": 7', '"size": "7"'),
        ('"size": 7', '"size": true'), ('"size": 7, ', ""), ("{", '{"more": 1, '), ("}", ""), ("{", "["),
    ],
)  # fmt: skip
def test_a_record_that_says_something_else_is_none(entry: EntryFolder, change: tuple[str, str]) -> None:
    write_record(entry, RECORD)
    text = entry.record.read_text()
    assert text.replace(*change) != text
    entry.record.write_text(text.replace(*change))
    assert read_record(entry) is None


def test_a_record_names_its_copy(entry: EntryFolder) -> None:
    assert RECORD.path(entry) == entry.path / "v-1" / "content" / "a.tif"


def test_a_failure_is_told_with_its_class(entry: EntryFolder) -> None:
    assert read_failure(entry) is None
    write_failure(entry, ItemMissing("gone", locator="a.tif"))
    failure = read_failure(entry)
    assert failure is not None
    error = failure.error()
    assert (type(error), error.message, error.locator) == (ItemMissing, "gone", "a.tif")


def test_two_failures_differ(entry: EntryFolder) -> None:
    attempts = set()
    for _ in range(2):
        write_failure(entry, ItemMissing("gone"))
        failure = read_failure(entry)
        assert failure is not None
        attempts.add(failure.attempt)
    assert len(attempts) == 2


@pytest.mark.parametrize(("error", "kind"), [(_Plugins("x"), TransferFailed), (EOxServerError("x"), EOxServerError)])
def test_an_error_of_a_plugin_becomes_the_one_it_is_derived_from(
    entry: EntryFolder, error: EOxServerError, kind: type[EOxServerError]
) -> None:
    write_failure(entry, error)
    failure = read_failure(entry)
    assert failure is not None and type(failure.error()) is kind


@pytest.mark.parametrize("kind", ["OSError", "suggest", "Iterable", "no"])
def test_a_class_that_is_none_of_ours_is_not_made(entry: EntryFolder, kind: str) -> None:
    write_failure(entry, ItemMissing("gone"))
    entry.failure.write_text(entry.failure.read_text().replace("ItemMissing", kind))
    failure = read_failure(entry)
    assert failure is not None and type(failure.error()) is DataUnavailable


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", '{"attempt": 1}'])
def test_a_failure_that_cannot_be_read_is_none(entry: EntryFolder, text: str) -> None:
    entry.failure.write_text(text)
    assert read_failure(entry) is None


def test_the_time_of_a_check_is_that_of_the_file(entry: EntryFolder) -> None:
    write_record(entry, RECORD)
    entry.record.touch()
    record = read_record(entry)
    assert record is not None and abs(record.checked - time.time()) < 60
