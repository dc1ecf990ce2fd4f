# SPDX-License-Identifier: MIT
"""The contract of storages finds out those that break it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import CredentialsRefused
from eoxserver.testing import storage_contract
from eoxserver.testing.storage_contract import FILES, PASSWORD, WRONG


class Bad(LocalStorage):
    """A storage with as many faults as are asked for."""

    key: ClassVar[str] = "bad"
    folder: Path
    half: str = ""

    def stat(self, location: str) -> FileStatus:
        """Of the size only."""
        size = Path(super().retrieve(location, Path())).stat().st_size
        return FileStatus(size, str(size))

    def retrieve(self, location: str, folder: Path) -> str:
        """Goes on with what is there, whatever it is."""
        content = Path(super().retrieve(location, folder)).read_bytes()
        path = folder / Path(location).name
        folder.mkdir(exist_ok=True)
        have = path.read_bytes() if path.exists() else b""
        path.write_bytes(have + content[len(have) :][: 5000 if location == self.half else None])
        self.half = ""
        return str(path)


class Maker(storage_contract.StorageContract):
    """Makes it."""

    storage_made: Bad

    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> Bad:
        for location, content in files.items():
            (folder / location).parent.mkdir(parents=True, exist_ok=True)
            (folder / location).write_bytes(content)
        self.folder, self.storage_made = folder, Bad(StorageRecord("bad", str(folder)), default_settings())
        return self.storage_made

    def change(self, location: str, content: bytes) -> None:
        (self.folder / location).write_bytes(content)


class Interrupting(Maker):
    """Interrupts its transfers as well."""

    def interrupt(self, location: str, after: int) -> None:
        self.storage_made.half = location


class Talking(Maker):
    """Has a storage that shows its password in one place."""

    where: str

    def make_protected_storage(
        self, files: Mapping[str, bytes], folder: Path, user: str, password: str, reference: str
    ) -> Bad:
        where, given = self.where, PASSWORD if self.where != "error" else WRONG

        class Shown(Bad):
            def __repr__(self) -> str:
                return given if where == "repr" else "Shown"

            def retrieve(self, location: str, folder: Path) -> str:
                if where == "log":
                    logging.getLogger(__name__).debug("login with %s", given)
                if where == "error":
                    raise CredentialsRefused(f"wrong: {given}")
                return super().retrieve(location, folder)

        self.make_storage(files, folder)
        return Shown(StorageRecord("bad", str(folder)), default_settings())


def test_what_is_not_overridden_is_not_collected() -> None:
    left_out = {name for name in storage_contract._FURTHER if getattr(Maker, name) is None}
    assert left_out == set(storage_contract._FURTHER) - {"test_changed_content_is_noticed"}
    assert {name for name in storage_contract._FURTHER if getattr(Interrupting, name) is None} == {
        "test_credentials_are_used_and_never_shown"
    }


def test_a_validator_that_does_not_change_is_found_out(tmp_path: Path) -> None:
    maker = Maker()
    storage = maker.make_storage(FILES, tmp_path)
    with pytest.raises(AssertionError):
        maker.test_changed_content_is_noticed(storage, tmp_path)


def test_another_name_is_found_out(tmp_path: Path) -> None:
    class Renaming(Bad):
        def retrieve(self, location: str, folder: Path) -> str:
            return str(Path(super().retrieve(location, folder)).rename(folder / "data"))

    (tmp_path / "a.txt").write_bytes(FILES["a.txt"])
    with pytest.raises(AssertionError):
        Maker().test_a_file_is_retrieved_whole(
            Renaming(StorageRecord("bad", str(tmp_path)), default_settings()), tmp_path, "a.txt"
        )


def test_half_a_file_is_found_out(tmp_path: Path) -> None:
    maker = Interrupting()
    (tmp_path / "copy").mkdir()
    with pytest.raises(AssertionError):
        maker.test_an_interrupted_transfer_of_a_file_that_then_changes(maker.make_storage(FILES, tmp_path), tmp_path)


@pytest.mark.parametrize("where", ["repr", "log", "error"])
def test_a_shown_password_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    maker = Talking()
    maker.where = where
    with pytest.raises(AssertionError):
        maker.test_credentials_are_used_and_never_shown(
            tmp_path, monkeypatch, caplog, WRONG if where == "error" else PASSWORD
        )
