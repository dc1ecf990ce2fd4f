# SPDX-License-Identifier: MIT
"""Storages of the catalogue: what their names mean, and what comes of those whose plugin fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import StorageUnreachable
from eoxserver.plugins.markers import hookimpl
from tests.resources.coverages.registration.scenes import make_registrar, raster, register, told


def test_a_storage_that_has_the_name_of_a_folder_here(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, here = tmp_path / "archive" / "eo", tmp_path / "here"
    for folder in (archive, here / "eo"):
        folder.mkdir(parents=True)
        (folder / "a.tif").write_bytes(raster(tmp_path))
    monkeypatch.chdir(here)
    registrar = make_registrar(database, tmp_path / "instance")
    registrar.storages.add("eo", str(archive))
    for given in ("storage:eo/a.tif", "storage:eo/", "storage:eo", "storage:eo/*.tif"):
        assert told(register(registrar, given, dry_run=True)) == {f"{archive}/a.tif": "planned: a"}


class Failing(LocalStorage):
    """A storage that leaves errors of the system as they are."""

    key: ClassVar[str] = "failing"

    def validate(self) -> None:
        if self.root.name != "lists":
            Path("/no/such/program").read_bytes()

    def list_files(self, location: str = "") -> Iterator[str]:
        raise TimeoutError


def test_errors_of_the_system_are_told(database: Settings, tmp_path: Path) -> None:
    plugin = ModuleType("failing")
    plugin.eoxs_storages = hookimpl(lambda: [Failing])  # type: ignore[attr-defined]  # a module made here
    storages = make_registrar(database, tmp_path / "instance", plugin).storages
    with pytest.raises(StorageUnreachable, match="storage /data: No such file or directory: /no/such/program"):
        storages.add("bad", "/data", "failing")
    storages.add("bad", "/data", "failing", check=False)
    assert storages.test("bad").problem.endswith("/no/such/program")
    storages.add("lists", "/lists", "failing")
    assert storages.test("lists").remark == "storage /lists: TimeoutError"
