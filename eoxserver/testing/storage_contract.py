# SPDX-License-Identifier: MIT
"""The contract of a file storage (``backends.storages.base.FileStorageInterface``).

``make_storage`` is all that a subclass must say. What the storage has beyond a file storage (``stat``, ``open``,
``connect``) is tested as well. Three more methods may be overridden, where whoever tests can bring about what they say;
each opens further tests.
"""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import pytest

from eoxserver.backends.storages.base import (
    ConnectedStorageInterface,
    FileStatus,
    FileStorageInterface,
    OpenStorageInterface,
    StatStorageInterface,
)
from eoxserver.core.errors import AccessDenied, CredentialsRefused, DataUnavailable, ItemMissing

__all__ = ["FILES", "StorageContract"]

FILES: Mapping[str, bytes] = MappingProxyType(
    {
        "a.txt": b"one",
        "folder/b.bin": bytes(range(256)) * 40,
        "folder/c d.txt": b"",
        "folder/deeper/e.txt": b"two",
    }
)
"""What the storage under test holds, by location."""

OUTSIDE = ("../secret.txt", "folder/../../secret.txt", "/etc/passwd", "a\0b")
"""Locations that lead out of the storage, or nowhere."""

VARIABLE = "EOXS_CONTRACT_CREDENTIALS"
USER, PASSWORD, WRONG = "reader", "s3cret-of-the-contract", "wr0ng-of-the-contract"


_FURTHER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "test_changed_content_is_noticed": ("change",),
        "test_an_interrupted_transfer_leaves_nothing_half": ("interrupt",),
        "test_an_interrupted_transfer_of_a_file_that_then_changes": ("interrupt", "change"),
        "test_credentials_are_used_and_never_shown": ("make_protected_storage",),
    }
)
"""Tests that need what a subclass may override or not."""


class StorageContract:
    """Tests that every file storage passes."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Leave out the tests for which nothing is overridden: pytest collects what can be called."""
        super().__init_subclass__(**options)
        for test, needed in _FURTHER.items():
            there = all(getattr(cls, each) is not getattr(StorageContract, each) for each in needed)
            if not there or getattr(cls, test) is None:
                setattr(cls, test, getattr(StorageContract, test) if there else None)

    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        """Answer a storage that holds these files; ``folder`` is an empty folder for them, if one is needed."""
        raise NotImplementedError

    # -- what may be overridden -----------------------------------------------------------------------

    def change(self, location: str, content: bytes) -> None:
        """Replace a file in the storage made last."""
        raise NotImplementedError

    def interrupt(self, location: str, after: int) -> None:
        """Let the next transfer of a file from the storage made last break after about so many bytes."""
        raise NotImplementedError

    def make_protected_storage(
        self, files: Mapping[str, bytes], folder: Path, user: str, password: str, reference: str
    ) -> FileStorageInterface:
        """Answer a storage as ``make_storage`` does, that wants this user and password.

        Its record names its credentials by this reference; at the end of it is ``user:password``, the right one or not.
        """
        raise NotImplementedError

    # -- fixtures -------------------------------------------------------------------------------------

    @pytest.fixture
    def storage(self, tmp_path: Path) -> FileStorageInterface:
        """The storage under test."""
        folder = tmp_path / "storage"
        folder.mkdir()
        return self.make_storage(FILES, folder)

    @pytest.fixture
    def state_of(self, storage: FileStorageInterface) -> Callable[[str], FileStatus]:
        """Its method ``stat``, if it has one."""
        if not isinstance(storage, StatStorageInterface):
            pytest.skip(f"{type(storage).__name__} has no stat")
        return storage.stat

    @pytest.fixture
    def stream_of(self, storage: FileStorageInterface) -> Callable[[str], BinaryIO]:
        """Its method ``open``, if it has one."""
        if not isinstance(storage, OpenStorageInterface):
            pytest.skip(f"{type(storage).__name__} has no open")
        return storage.open

    @pytest.fixture
    def connected_to(self, storage: FileStorageInterface) -> Callable[[str], object]:
        """Its method ``connect``, if it has one; ``ConnectedStorageContract`` tests what it answers."""
        if not isinstance(storage, ConnectedStorageInterface):
            pytest.skip(f"{type(storage).__name__} has no connect")
        return storage.connect

    # -- files ----------------------------------------------------------------------------------------

    def test_it_has_the_methods_and_a_key(self, storage: FileStorageInterface) -> None:
        """The interface is there."""
        assert isinstance(storage, FileStorageInterface)
        assert type(storage).key == type(storage).key.strip().lower() != ""

    def test_a_sound_record_is_valid(self, storage: FileStorageInterface) -> None:
        """``validate`` raises nothing."""
        storage.validate()

    @pytest.mark.parametrize("location", list(FILES))
    def test_a_file_is_retrieved_whole(self, storage: FileStorageInterface, tmp_path: Path, location: str) -> None:
        """``retrieve`` answers a local file of the same name, with the same bytes."""
        path = Path(storage.retrieve(location, _made(tmp_path / "copy")))
        assert path.is_absolute()
        assert path.name == Path(location).name
        assert path.read_bytes() == FILES[location]

    def test_a_second_retrieve_gives_the_same_bytes(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """A copy that is already there does no harm."""
        for _ in range(2):
            assert Path(storage.retrieve("a.txt", _made(tmp_path / "copy"))).read_bytes() == b"one"

    def test_copies_stay_in_their_folder(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """Nothing is written beside the folder that was given."""
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        storage.retrieve("folder/b.bin", _made(tmp_path / "copy"))
        after = {path for path in tmp_path.rglob("*") if path.is_file()}
        assert all(path.is_relative_to(tmp_path / "copy") for path in after - before)

    def test_a_missing_file_is_named(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """``ItemMissing`` names the location."""
        with pytest.raises(ItemMissing, match=r"gone\.txt"):
            storage.retrieve("folder/gone.txt", _made(tmp_path / "copy"))

    @pytest.mark.parametrize("location", OUTSIDE)
    def test_nothing_outside_is_retrieved(self, storage: FileStorageInterface, tmp_path: Path, location: str) -> None:
        """No location leads out of the storage."""
        (tmp_path / "secret.txt").write_text("secret")
        with pytest.raises((AccessDenied, DataUnavailable)):
            storage.retrieve(location, _made(tmp_path / "copy"))

    def test_many_threads_retrieve_whole_files(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """A storage is used from many threads."""
        with ThreadPoolExecutor(8) as pool:
            jobs = [location for _ in range(5) for location in FILES]
            paths = pool.map(lambda job: storage.retrieve(job[1], _made(tmp_path / f"copy{job[0]}")), enumerate(jobs))
            for location, path in zip(jobs, paths, strict=True):
                assert Path(path).read_bytes() == FILES[location]

    # -- lists ----------------------------------------------------------------------------------------

    def test_all_files_are_listed_in_order(self, storage: FileStorageInterface) -> None:
        """``list_files`` without location lists everything."""
        assert list(storage.list_files()) == sorted(FILES)

    def test_files_of_a_folder_are_listed(self, storage: FileStorageInterface) -> None:
        """Those of folders below included."""
        assert list(storage.list_files("folder")) == [name for name in sorted(FILES) if name.startswith("folder/")]

    def test_files_that_match_a_pattern_are_listed(self, storage: FileStorageInterface) -> None:
        """``*`` stays in a folder, ``**`` does not."""
        assert list(storage.list_files("*.txt")) == ["a.txt"]
        assert list(storage.list_files("**/*.txt")) == [name for name in sorted(FILES) if name.endswith(".txt")]

    def test_a_missing_folder_is_named(self, storage: FileStorageInterface) -> None:
        """``ItemMissing`` names the folder."""
        with pytest.raises(ItemMissing, match="nowhere"):
            list(storage.list_files("nowhere"))

    def test_what_is_listed_can_be_retrieved(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """Locations of a list are locations."""
        for number, location in enumerate(storage.list_files()):
            assert Path(storage.retrieve(location, _made(tmp_path / str(number)))).read_bytes() == FILES[location]

    @pytest.mark.parametrize("location", ["..", "../*", "/etc/*"])
    def test_nothing_outside_is_listed(self, storage: FileStorageInterface, location: str) -> None:
        """No folder or pattern leads out of the storage."""
        with pytest.raises((AccessDenied, DataUnavailable)):
            list(storage.list_files(location))

    # -- state ----------------------------------------------------------------------------------------

    def test_the_state_has_the_size(self, state_of: Callable[[str], FileStatus]) -> None:
        """The size, if the storage tells one, and the same validator while nothing happens."""
        for location, content in FILES.items():
            assert state_of(location).size in (None, len(content))
            assert state_of(location).validator == state_of(location).validator

    def test_the_state_of_a_missing_file(self, state_of: Callable[[str], FileStatus]) -> None:
        """``ItemMissing`` names the location."""
        with pytest.raises(ItemMissing, match=r"gone\.txt"):
            state_of("folder/gone.txt")

    def test_no_state_of_anything_outside(self, state_of: Callable[[str], FileStatus]) -> None:
        """No location leads out of the storage."""
        for location in OUTSIDE:
            with pytest.raises((AccessDenied, DataUnavailable)):
                state_of(location)

    def test_a_stream_reads_anywhere(self, stream_of: Callable[[str], BinaryIO]) -> None:
        """Seeking and reading equals the bytes, in any order, at the end, and beyond it."""
        content = FILES["folder/b.bin"]
        with stream_of("folder/b.bin") as stream, io.BytesIO(content) as same:
            assert stream.seekable() and stream.readable()
            for offset, whence, length in (
                (0, 0, 10), (5000, 0, 300), (0, 2, 1), (-22, 2, 22), (100, 0, 0), (3, 1, 4000), (20_000, 0, 1),
                (0, 0, -1),
            ):  # fmt: skip
                assert stream.seek(offset, whence) == same.seek(offset, whence)
                assert stream.read(length) == same.read(length)
                assert stream.tell() == same.tell()

    def test_a_stream_reads_all(self, stream_of: Callable[[str], BinaryIO]) -> None:
        """Without seeking it is the file."""
        for location, content in FILES.items():
            with stream_of(location) as stream:
                assert stream.read() == content

    def test_streams_are_independent(self, stream_of: Callable[[str], BinaryIO]) -> None:
        """Many may be open, in one thread and in others."""
        content = FILES["folder/b.bin"]
        with stream_of("folder/b.bin") as first, stream_of("folder/b.bin") as second:
            assert first.read(100) == content[:100]
            assert second.read(200) == content[:200]
            assert first.read(100) == content[100:200]

        def read(number: int) -> bool:
            with stream_of("folder/b.bin") as stream:
                stream.seek(number * 100)
                return stream.read(100) == content[number * 100 : number * 100 + 100]

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(read, range(40)))

    def test_a_stream_of_a_missing_file(self, stream_of: Callable[[str], BinaryIO]) -> None:
        """``ItemMissing`` names the location."""
        with pytest.raises(ItemMissing, match=r"gone\.txt"):
            stream_of("folder/gone.txt")

    def test_no_stream_of_anything_outside(self, stream_of: Callable[[str], BinaryIO]) -> None:
        """No location leads out of the storage."""
        for location in OUTSIDE:
            with pytest.raises((AccessDenied, DataUnavailable)):
                stream_of(location)

    def test_nothing_missing_or_outside_is_connected_to(self, connected_to: Callable[[str], object]) -> None:
        """It is not left to the reader to find out."""
        for location in ("folder/gone.txt", *OUTSIDE):
            with pytest.raises((AccessDenied, DataUnavailable)):
                connected_to(location)

    # -- changes and interruptions --------------------------------------------------------------------

    def test_changed_content_is_noticed(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """It is retrieved, and has another validator even when its size is the same."""
        before = storage.stat("a.txt").validator if isinstance(storage, StatStorageInterface) else ""
        assert Path(storage.retrieve("a.txt", _made(tmp_path / "before"))).read_bytes() == b"one"
        self.change("a.txt", b"two")
        assert Path(storage.retrieve("a.txt", _made(tmp_path / "after"))).read_bytes() == b"two"
        if isinstance(storage, StatStorageInterface):
            assert not before or storage.stat("a.txt").validator != before

    def test_an_interrupted_transfer_leaves_nothing_half(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """The storage tries again by itself, or raises; the next one, into the same folder, is whole."""
        content = FILES["folder/b.bin"]
        self.interrupt("folder/b.bin", len(content) // 2)
        told = _told(lambda: storage.retrieve("folder/b.bin", _made(tmp_path / "copy")))
        assert (tmp_path / "copy" / "b.bin").exists() is (told == "")
        assert not told or "b.bin" in told
        assert Path(storage.retrieve("folder/b.bin", _made(tmp_path / "copy"))).read_bytes() == content

    def test_an_interrupted_transfer_of_a_file_that_then_changes(
        self, storage: FileStorageInterface, tmp_path: Path
    ) -> None:
        """What is retrieved is never put together of two states."""
        content = FILES["folder/b.bin"]
        self.interrupt("folder/b.bin", len(content) // 2)
        _told(lambda: storage.retrieve("folder/b.bin", _made(tmp_path / "copy")))
        self.change("folder/b.bin", content[::-1])
        assert Path(storage.retrieve("folder/b.bin", _made(tmp_path / "copy"))).read_bytes() == content[::-1]

    # -- credentials ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("password", [PASSWORD, WRONG])
    def test_credentials_are_used_and_never_shown(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        password: str,
    ) -> None:
        """Right ones work, others are ``CredentialsRefused``; neither is in messages, logs or texts of objects."""
        caplog.set_level(logging.DEBUG)
        monkeypatch.setenv(VARIABLE, f"{USER}:{password}")
        (tmp_path / "storage").mkdir()
        storage = self.make_protected_storage(FILES, tmp_path / "storage", USER, PASSWORD, f"env:{VARIABLE}")
        texts = [repr(storage), str(storage)]
        if password == PASSWORD:
            assert Path(storage.retrieve("a.txt", _made(tmp_path / "copy"))).read_bytes() == b"one"
        else:
            with pytest.raises(CredentialsRefused) as caught:
                storage.retrieve("a.txt", _made(tmp_path / "copy"))
            texts += [str(caught.value), repr(caught.value), str(caught.value.locator)]
        texts += [record.getMessage() for record in caplog.records]
        for secret in (password, base64.b64encode(f"{USER}:{password}".encode()).decode()):
            assert not [text for text in texts if secret in text]


def _told(call: Callable[[], object]) -> str:
    """The message of the DataUnavailable that a call raises; empty when it raises none."""
    try:
        call()
    except DataUnavailable as error:
        return error.message
    return ""


def _made(folder: Path) -> Path:
    """A folder as transfers are given it: one that is there."""
    folder.mkdir(exist_ok=True)
    return folder
