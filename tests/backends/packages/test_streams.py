# SPDX-License-Identifier: MIT
"""Reading archives at positions, copying members within bounds, and archives on this machine."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.packages.base import Archive, Member
from eoxserver.backends.packages.streams import WINDOW, Section, StreamPackage, Window
from eoxserver.backends.packages.zip import ZipPackage
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import DataUnavailable, ItemMissing, NoRoom, PackageBroken
from tests.archives import zip_bytes
from tests.backends.packages.reading import CountingStream, opened

CONTENT = b"".join(number.to_bytes(4) for number in range(60_000))


class Dribbling(io.BytesIO):
    """Answers less than it is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 1000))


@given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, WINDOW * 2)), max_size=6), st.booleans())
def test_a_window_answers_the_bytes_of_the_archive(reads: list[tuple[int, int]], dribbling: bool) -> None:
    window = Window(opened(Dribbling(CONTENT) if dribbling else io.BytesIO(CONTENT)))
    assert window.size == len(CONTENT)
    for offset, size in reads:
        assert window.read(offset, size) == CONTENT[offset : offset + size]


def test_small_reads_near_each_other_are_one() -> None:
    stream = CountingStream(CONTENT)
    window = Window(opened(stream))
    for offset in range(0, WINDOW, 512):
        window.read(offset, 512)
    assert stream.reads == 1


def test_a_section_ends_where_it_should() -> None:
    section = Section(Window(opened(CONTENT)), 100, 50)
    assert [section.read(30), section.read(30), section.read(30)] == [CONTENT[100:130], CONTENT[130:150], b""]


def test_streams_that_fail_are_told() -> None:
    stream = io.BytesIO(CONTENT)
    window = Window(opened(stream))
    stream.close()
    with pytest.raises(DataUnavailable, match=r"x\.arc: cannot be read: I/O operation on closed file"):
        window.read(0, 10)
    with pytest.raises(DataUnavailable, match=r"x\.arc: cannot be read"):
        Window(opened(stream))


def test_errors_of_the_storage_are_passed_on() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ItemMissing("http://host/a.zip: gone")

    with pytest.raises(ItemMissing, match="gone"):
        list(ZipPackage.scan(opened(Gone(zip_bytes({"a": b"one"})))))


class OneMember(StreamPackage):
    """Has one member, whatever the file holds; unpacking it ends with an error."""

    key = "ONE"
    error: BaseException = PackageBroken("broken half-way")

    @classmethod
    def scan(cls, archive: Archive):  # type: ignore[no-untyped-def]  # what is meant stands in the base class
        yield Member("folder/a", 10, 0, 10)

    @classmethod
    def unpack(cls, archive: Archive, member: Member, target: BinaryIO) -> None:
        target.write(b"half")
        raise cls.error


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (PackageBroken("broken half-way"), PackageBroken, "half-way"),
        (OSError(28, "No space left on device"), NoRoom, "'folder/a' cannot be written to .*/a: No space left"),
        (OSError(5, "Input/output error"), DataUnavailable, "cannot be written to .*Input/output error"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
    ],
)
def test_nothing_is_left_of_what_was_not_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, expected: type[BaseException], message: str
) -> None:
    monkeypatch.setattr(OneMember, "error", error)
    (tmp_path / "x.one").touch()
    folder = tmp_path / "unpacked"
    folder.mkdir()
    with pytest.raises(expected, match=message):
        OneMember(str(tmp_path / "x.one"), default_settings()).extract("folder/a", folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("path", ["", "folder", "a\0b", "gone.zip"])
def test_paths_that_are_no_archive_are_told(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    package = ZipPackage(str(tmp_path / path), default_settings())
    with pytest.raises(DataUnavailable, match="cannot be opened|no such archive"):
        list(package.list_files())
