# SPDX-License-Identifier: MIT
"""Files on their way here."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.partial import PartialFile
from eoxserver.core.errors import TransferFailed

STATE = FileStatus(10, "v1")


def begun(folder: Path, status: FileStatus, content: bytes) -> PartialFile:
    """A copy of which some came."""
    copy = PartialFile(folder, "a.tif", status, "a.tif in storage x")
    assert copy.start() == 0
    with copy.open() as target:
        target.write(content)
    return copy


def test_a_copy_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    copy = begun(folder, STATE, b"0123456789")
    assert not (folder / "a.tif").exists()
    assert copy.finish() == str(folder / "a.tif")
    assert [path.name for path in folder.iterdir()] == ["a.tif"]
    assert (folder / "a.tif").read_bytes() == b"0123456789"


def test_the_same_state_is_gone_on_with(tmp_path: Path) -> None:
    begun(tmp_path, STATE, b"01234")
    copy = PartialFile(tmp_path, "a.tif", STATE, "a.tif in storage x")
    assert copy.start() == 5
    with copy.open() as target:
        target.write(b"56789")
    assert Path(copy.finish()).read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    "status", [FileStatus(10, "v2"), FileStatus(11, "v1"), FileStatus(4, "v1"), FileStatus(None, "v1"), FileStatus(10)]
)
def test_another_state_is_not(tmp_path: Path, status: FileStatus) -> None:
    begun(tmp_path, STATE, b"01234")
    copy = PartialFile(tmp_path, "a.tif", status, "a.tif in storage x")
    assert copy.start() == 0
    with copy.open() as target:
        assert target.tell() == 0


@pytest.mark.parametrize("status", [FileStatus(10), FileStatus(None, "v1"), FileStatus()])
def test_a_state_nobody_knows_is_never_gone_on_with(tmp_path: Path, status: FileStatus) -> None:
    begun(tmp_path, status, b"01234")
    assert PartialFile(tmp_path, "a.tif", status, "a.tif in storage x").start() == 0


@pytest.mark.parametrize("note", ["", "{", "[]", '{"size": 10'])
def test_a_broken_note_is_none(tmp_path: Path, note: str) -> None:
    begun(tmp_path, STATE, b"01234")
    (tmp_path / ".a.tif.note").write_text(note)
    assert PartialFile(tmp_path, "a.tif", STATE, "a.tif in storage x").start() == 0


def test_a_short_copy_stays_and_a_long_one_goes(tmp_path: Path) -> None:
    short = begun(tmp_path, STATE, b"01234")
    with pytest.raises(TransferFailed, match=r"a\.tif in storage x: 5 bytes came of 10 that were announced"):
        short.finish()
    assert short.start() == 5
    with short.open() as target:
        target.write(b"567890")
    with pytest.raises(TransferFailed, match="11 bytes came of 10"):
        short.finish()
    assert list(tmp_path.iterdir()) == []


def test_any_length_is_whole_when_none_was_announced(tmp_path: Path) -> None:
    assert Path(begun(tmp_path, FileStatus(), b"01234").finish()).read_bytes() == b"01234"
