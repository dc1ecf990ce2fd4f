"""The storage of git repositories, held to the contract of storages."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from eoxserver_storage_demo import GitStorage

from eoxserver.backends.locations import StorageRecord
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import ConfigurationError, StorageUnreachable
from eoxserver.testing.contracts import StorageContract


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@eo.example", "-c", "commit.gpgsign=false")
    command = ("git", "-C", str(folder), *who, *words)
    subprocess.run(command, check=True, capture_output=True)


def commit(folder: Path, files: Mapping[str, bytes]) -> None:
    for location, content in files.items():
        path = folder / location
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "another state")


def storage_of(folder: Path, revision: str) -> GitStorage:
    return GitStorage(StorageRecord("git", f"git://{folder}@{revision}"), default_settings())


class TestGitStorage(StorageContract):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> GitStorage:
        git(folder, "init", "-q", "-b", "main")
        commit(folder, files)
        self.folder = folder
        return storage_of(folder, "main")

    def change(self, location: str, content: bytes) -> None:
        commit(self.folder, {location: content})

    def test_a_tag_stays_what_it_was(self, storage: GitStorage, tmp_path: Path) -> None:
        git(self.folder, "tag", "v1")
        before = storage.stat("a.txt")
        self.change("a.txt", b"changed")
        tagged = storage_of(self.folder, "v1")
        assert tagged.stat("a.txt") == before != storage.stat("a.txt")
        assert Path(tagged.retrieve("a.txt", tmp_path)).read_bytes() == b"one"

    def test_links_are_no_files(self, storage: GitStorage) -> None:
        (self.folder / "link.txt").symlink_to("/etc/passwd")
        commit(self.folder, {})
        assert "link.txt" not in list(storage.list_files())

    def test_names_are_names_and_no_patterns(self, storage: GitStorage, tmp_path: Path) -> None:
        self.change(":(top) ä.txt", b"odd")
        (name,) = storage.list_files(":(top)*")
        assert Path(storage.retrieve(name, tmp_path)).read_bytes() == b"odd"

    @pytest.mark.parametrize("url", ["git:///data/fields", "git://host/fields@v1", "git:///data/fields@"])
    def test_another_url_is_refused(self, url: str) -> None:
        with pytest.raises(ConfigurationError, match="accepted: git:///path"):
            GitStorage(StorageRecord("git", url), default_settings()).validate()

    @pytest.mark.parametrize("revision", ["v9", "--help"])
    def test_a_revision_that_is_none_is_named(self, storage: GitStorage, revision: str) -> None:
        with pytest.raises(StorageUnreachable, match=revision):
            storage_of(self.folder, revision).validate()
