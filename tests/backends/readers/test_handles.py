# SPDX-License-Identifier: MIT
"""The pool of open data sets: reuse, bounds, changes on disk, forks."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace

import pytest
from rasterio.io import DatasetReader

from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.backends.readers import handles as module
from eoxserver.backends.readers.handles import FileChanged, FileIdentity, Handles, identify, identify_path


@dataclass
class Files:
    """Stands in for GDAL: counts what is opened and closed."""

    opened: list[tuple[str, int]] = field(default_factory=list)
    closed: list[tuple[str, int]] = field(default_factory=list)

    def open(self, path: str, level: int) -> SimpleNamespace:
        self.opened.append((path, level))
        return SimpleNamespace(driver="GTiff", close=lambda: self.closed.append((path, level)))


ONE, TWO = FileIdentity(1, 1, 1, 1), FileIdentity(1, 2, 1, 1)


def use(handles: Handles, path: str, identity: FileIdentity | None = ONE, level: int = 0) -> None:
    with handles.lend(path, level, identity):
        pass


def test_a_handle_given_back_is_lent_again() -> None:
    files = Files()
    handles = Handles(4, files.open)
    for _ in range(3):
        use(handles, "a")
    use(handles, "a", level=1)
    assert files.opened == [("a", 0), ("a", 1)]
    assert (handles.open, handles.opened) == (2, 2)


def test_two_at_once_get_two_handles() -> None:
    files = Files()
    handles = Handles(4, files.open)
    with handles.lend("a", 0, ONE) as first, handles.lend("a", 0, ONE) as second:
        assert first is not second
    assert len(files.opened) == 2


def test_the_one_not_used_for_longest_is_closed() -> None:
    files = Files()
    handles = Handles(2, files.open)
    for path in ["a", "b", "a", "c"]:
        use(handles, path)
    assert files.closed == [("b", 0)]
    use(handles, "a")
    assert len(files.opened) == 3
    assert handles.open == 2


def test_none_is_closed_while_in_use_and_the_surplus_is_closed_after() -> None:
    files = Files()
    handles = Handles(1, files.open)
    with handles.lend("a", 0, ONE), handles.lend("b", 0, ONE), handles.lend("c", 0, ONE):
        assert files.closed == []
        assert handles.open == 3
    assert handles.open == 1
    assert files.closed == [("c", 0), ("b", 0)]


def test_a_changed_file_is_opened_anew_and_its_old_handles_are_closed() -> None:
    files = Files()
    handles = Handles(4, files.open)
    use(handles, "a", ONE)
    use(handles, "a", ONE, level=1)
    use(handles, "b", ONE)
    use(handles, "a", TWO)
    assert sorted(files.closed) == [("a", 0), ("a", 1)]
    assert files.opened.count(("a", 0)) == 2
    assert handles.open == 2


def test_a_file_that_changes_while_it_is_opened_is_not_lent_as_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    files = Files()

    def change(name: str, level: int) -> SimpleNamespace:
        opened = files.open(name, level)
        path.write_text("12")
        return opened

    handles = Handles(4, change)
    seen = identify(str(path))
    with pytest.raises(FileChanged, match="was changed while it was opened"):
        use(handles, str(path), seen)
    assert (handles.open, len(files.closed)) == (0, 1)


def test_an_opening_that_fails_counts_for_nothing() -> None:
    def fail(path: str, level: int) -> SimpleNamespace:
        raise OSError(path)

    handles = Handles(1, fail)
    for _ in range(3):
        with pytest.raises(OSError, match="a"):
            use(handles, "a")
    assert handles.open == 0


def test_an_error_while_lent_gives_the_handle_back() -> None:
    files = Files()
    handles = Handles(2, files.open)
    with pytest.raises(RuntimeError), handles.lend("a", 0, ONE):
        raise RuntimeError
    use(handles, "a")
    assert len(files.opened) == 1


def test_close_closes_all_that_are_idle() -> None:
    files = Files()
    handles = Handles(4, files.open)
    use(handles, "a")
    use(handles, "b")
    handles.close()
    assert sorted(files.closed) == [("a", 0), ("b", 0)]
    assert handles.open == 0


def test_a_forked_child_opens_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files()
    handles = Handles(4, files.open)
    use(handles, "a")
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    use(handles, "a")
    assert len(files.opened) == 2
    assert handles.open == 1


def test_identity_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert identify(str(path)) is None
    path.write_text("one")
    first = identify(str(path))
    assert first == identify(str(path))
    path.write_text("more")
    assert identify(str(path)) != first


def test_a_path_that_is_read_in_place_is_known_by_its_validator(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"1")
    remote = RasterPath("/vsicurl/http://host/a.tif", validator="v1")
    member = RasterPath("/vsisubfile/0_1,x", validator=file_validator(str(archive)), file=str(archive))
    assert identify_path(remote, None) == "v1"
    assert identify_path(remote.pinned("v1", attempt=2), None) not in ("v1", None)
    assert identify_path(RasterPath("/vsicurl/http://host/a.tif"), None) is None
    assert identify_path(member, None) == member.validator
    archive.write_bytes(b"22")
    assert identify_path(member, None) != member.validator
    archive.unlink()
    assert identify_path(member, None) is None


def test_a_member_of_an_archive_that_changed_while_it_was_opened(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"1")
    member = RasterPath("/vsisubfile/0_1,x", validator=file_validator(str(archive)), file=str(archive))

    def change(path: str, level: int) -> DatasetReader:
        archive.write_bytes(b"22")
        return closable()

    handles = Handles(2, change)
    with pytest.raises(FileChanged, match="was changed while it was opened"), handles.lend(member, 0, member.validator):
        pass
    assert handles.open == 0


def closable() -> DatasetReader:
    made: DatasetReader = SimpleNamespace(driver="GTiff", close=lambda: None)
    return made


@dataclass
class Remembered:
    """Stands in for GDAL's memory of remote files: notes what is read, and when it is forgotten."""

    events: list[str] = field(default_factory=list)
    readers: int = 0

    def forget(self, path: str) -> None:
        assert not self.readers, "somebody reads what is forgotten"
        self.events.append("forgotten")


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> Remembered:
    made = Remembered()
    monkeypatch.setattr(module, "forget", made.forget)
    return made


def reading(handles: Handles, path: RasterPath, meanwhile: Callable[[], object], known: Remembered) -> None:
    with handles.lend(path, 0, path.identity):
        known.readers += 1
        meanwhile()
        known.readers -= 1


def test_a_remote_file_of_a_lasting_name_is_forgotten_when_it_changed(remembered: Remembered) -> None:
    handles = Handles(8, lambda path, level: closable())
    path = RasterPath("/vsis3/bucket/a.tif", validator="v1")
    for one in (path, path, path.pinned("v2"), path.pinned("v2"), path.pinned("v2", attempt=1)):
        reading(handles, one, lambda: None, remembered)
    other = RasterPath("/vsicurl/http://host/a.tif", validator="v1")
    for one in (other, other.pinned("v2")):
        reading(handles, one, lambda: None, remembered)
    assert remembered.events == ["forgotten"] * 2


def test_it_is_forgotten_when_nobody_reads_what_it_was(remembered: Remembered) -> None:
    handles = Handles(8, lambda path, level: closable())
    whole = RasterPath("/vsis3/bucket/a.zip", validator="v1")
    member = whole.with_text("/vsisubfile/7_9,/vsis3/bucket/a.zip")
    both, done = Barrier(3), Event()

    def wait() -> None:
        both.wait()
        done.wait()

    with ThreadPoolExecutor(3) as pool:
        old = [pool.submit(reading, handles, path, wait, remembered) for path in (whole, member)]
        both.wait()
        new = pool.submit(reading, handles, member.pinned("v2"), lambda: None, remembered)
        assert remembered.events == []
        done.set()
        for each in (*old, new):
            each.result()
    assert remembered.events == ["forgotten"]
