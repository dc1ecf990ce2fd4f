# SPDX-License-Identifier: MIT
"""The contract of a file storage (``backends.storages.base.FileStorageInterface``)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import pytest

from eoxserver.backends.storages.base import FileStorageInterface
from eoxserver.core.errors import AccessDenied, DataUnavailable

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


class StorageContract:
    """Tests that every file storage passes."""

    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        """Answer a storage that holds these files; ``folder`` is an empty folder for them, if one is needed."""
        raise NotImplementedError

    @pytest.fixture
    def storage(self, tmp_path: Path) -> FileStorageInterface:
        """The storage under test."""
        folder = tmp_path / "storage"
        folder.mkdir()
        return self.make_storage(FILES, folder)

    def test_it_has_the_methods_and_a_key(self, storage: FileStorageInterface) -> None:
        """The interface is there."""
        assert isinstance(storage, FileStorageInterface)
        assert type(storage).key == type(storage).key.strip().lower() != ""

    def test_a_sound_record_is_valid(self, storage: FileStorageInterface) -> None:
        """``validate`` raises nothing."""
        storage.validate()

    @pytest.mark.parametrize("location", list(FILES))
    def test_a_file_is_retrieved_whole(self, storage: FileStorageInterface, tmp_path: Path, location: str) -> None:
        """``retrieve`` answers a local file with the same bytes."""
        path = Path(storage.retrieve(location, tmp_path / "copy"))
        assert path.is_absolute()
        assert path.read_bytes() == FILES[location]

    def test_a_second_retrieve_gives_the_same_bytes(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """A copy that is already there does no harm."""
        for _ in range(2):
            assert Path(storage.retrieve("a.txt", tmp_path / "copy")).read_bytes() == b"one"

    def test_copies_stay_in_their_folder(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """Nothing is written beside the folder that was given."""
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        storage.retrieve("folder/b.bin", tmp_path / "copy")
        after = {path for path in tmp_path.rglob("*") if path.is_file()}
        assert all(path.is_relative_to(tmp_path / "copy") for path in after - before)

    def test_a_missing_file_is_named(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """``DataUnavailable`` names the location."""
        with pytest.raises(DataUnavailable, match=r"gone\.txt"):
            storage.retrieve("folder/gone.txt", tmp_path / "copy")

    @pytest.mark.parametrize("location", ["../secret.txt", "folder/../../secret.txt", "/etc/passwd", "a\0b"])
    def test_nothing_outside_is_retrieved(self, storage: FileStorageInterface, tmp_path: Path, location: str) -> None:
        """No location leads out of the storage."""
        (tmp_path / "secret.txt").write_text("secret")
        with pytest.raises((AccessDenied, DataUnavailable)):
            storage.retrieve(location, tmp_path / "copy")

    def test_many_threads_retrieve_whole_files(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """A storage is used from many threads."""
        with ThreadPoolExecutor(8) as pool:
            jobs = [location for _ in range(5) for location in FILES]
            paths = pool.map(lambda job: storage.retrieve(job[1], tmp_path / f"copy{job[0]}"), enumerate(jobs))
            for location, path in zip(jobs, paths, strict=True):
                assert Path(path).read_bytes() == FILES[location]

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
        """``DataUnavailable`` names the folder."""
        with pytest.raises(DataUnavailable, match="nowhere"):
            list(storage.list_files("nowhere"))

    def test_what_is_listed_can_be_retrieved(self, storage: FileStorageInterface, tmp_path: Path) -> None:
        """Locations of a list are locations."""
        for number, location in enumerate(storage.list_files()):
            assert Path(storage.retrieve(location, tmp_path / str(number))).read_bytes() == FILES[location]
