# SPDX-License-Identifier: MIT
"""A storage far away that counts, and an access to it."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from eoxserver.backends.access import Access
from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import Location, PackageRecord, StorageRecord
from eoxserver.backends.packages import tar
from eoxserver.backends.packages import zip as zip_package
from eoxserver.backends.storages import local
from eoxserver.backends.storages.base import FileStatus
from eoxserver.conf.schema import Cache, Settings, default_settings
from eoxserver.core.errors import ItemMissing, StorageUnreachable
from eoxserver.plugins import Plugins, hookimpl

__all__ = ["BARE", "FAR", "NEAR", "World", "place", "world"]

FAR, NEAR = StorageRecord("far", "far://host"), StorageRecord("near", "near://host")
BARE = StorageRecord("bare", "bare://host")


class Content(bytes):
    """Of a file, in one state."""

    validator: str


class World:
    """What is far away: its files, and what was asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, Content] = {}
        self.asked: Counter[str] = Counter()
        self.away = False
        self.broken: OSError | None = None
        self._versions: Counter[str] = Counter()

    def put(self, name: str, content: bytes) -> None:
        """Write a file; its validator changes with it, at once."""
        self._versions[name] += 1
        made = Content(content)
        made.validator = f"v{self._versions[name]}"
        self.files[name] = made

    def get(self, what: str, name: str) -> Content:
        """The content of a file, counted."""
        self.asked[what] += 1
        if self.away:
            raise StorageUnreachable("far://host: does not answer", locator=name)
        if name not in self.files:
            raise ItemMissing(f"{name}: no such file in storage far://host", locator=name)
        return self.files[name]


class _Counted(io.BytesIO):
    def __init__(self, world: World, content: bytes) -> None:
        super().__init__(content)
        self._world = world

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._world.asked["bytes"] += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self._world.asked["bytes"] += count
        return count


class Far:
    """A storage that can do everything but connect; of a world that a test makes."""

    key: ClassVar[str] = "far"

    world: ClassVar[World]

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._world = self.world

    def validate(self) -> None:
        """Nothing can be wrong."""

    def stat(self, location: str) -> FileStatus:
        """Size and number of the version."""
        content = self._world.get("stat", location)
        return FileStatus(len(content), content.validator)

    def retrieve(self, location: str, folder: Path) -> str:
        """Write the file."""
        path = folder / Path(location).name
        path.write_bytes(self._world.get("retrieve", location))
        if self._world.broken is not None:
            raise self._world.broken
        return str(path)

    def open(self, location: str) -> BinaryIO:
        """A stream of what is there now."""
        return _Counted(self._world, self._world.get("open", location))

    def list_files(self, location: str = "") -> Iterator[str]:
        """All of them."""
        return iter(sorted(self._world.files))


class Near(Far):
    """The same, where files can be read in place: GDAL's path is that of a local file."""

    key: ClassVar[str] = "near"
    folder: ClassVar[Path]

    def connect(self, location: str) -> RasterPath:
        """A path that differs with the version."""
        content = self._world.get("connect", location)
        path = self.folder / content.validator / location
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            part = path.with_name(f"{path.name}.{threading.get_ident()}")
            part.write_bytes(content)
            part.replace(path)
        return RasterPath(str(path), {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}, content.validator)


class Bare:
    """A storage that can do no more than a storage must."""

    key: ClassVar[str] = "bare"
    world: ClassVar[World]

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._world = self.world

    def validate(self) -> None:
        """Nothing can be wrong."""

    def retrieve(self, location: str, folder: Path) -> str:
        """Write the file."""
        path = folder / Path(location).name
        path.write_bytes(self._world.get("retrieve", location))
        return str(path)

    def list_files(self, location: str = "") -> Iterator[str]:
        """All of them."""
        return iter(sorted(self._world.files))


def world(folder: Path, revalidate: int = 3600, max_bytes: int = 1 << 40, max_age: int = 86400) -> tuple[World, Access]:
    """A world, and an access to it: storages ``far``, ``near`` and ``bare``."""
    made = World()

    class FarHere(Far):
        world = made

    class NearHere(Near):
        world = made

    class BareHere(Bare):
        world = made

    NearHere.folder = folder / "near"

    class Plugin:
        @hookimpl
        def eoxs_storages(self) -> Sequence[type]:
            return [FarHere, NearHere, BareHere]

    cache = Cache(revalidate=revalidate, max_bytes=max_bytes, max_age=max_age)
    settings = replace(default_settings(), instance=folder, cache=cache)
    return made, Access(Plugins.from_modules([local, zip_package, tar, Plugin()]), settings)


def place(path: str, *packages: tuple[str, str], storage: StorageRecord | None = FAR) -> Location:
    """A location in packages (format, path) from the outermost in."""
    return Location(storage, tuple(PackageRecord(form, name) for form, name in packages), path)
