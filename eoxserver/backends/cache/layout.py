# SPDX-License-Identifier: MIT
"""What lies where in the folder of the cache.

::

    copies/
      room                      bytes taken; its lock is held by who makes room
      swept                     changed when everything was last looked through
      trash/                    what is being removed, of no meaning to anybody
      3f/3f7a.../               an entry: everything about one key; the name is the key's SHA-256
        lock                    held by who fetches, and by who removes
        record.json             which copy is true, and what is known of it; changed when the original was confirmed
        asked                   changed when the storage could not be asked, so that not everybody tries
        failure.json            how the last transfer failed, for those who waited for it
        transfer/               where a file is being fetched to, or what is left of that
        v-5d2c.../              a copy: one state of the content
          use                   changed when the copy was used; its lock is shared by those who read it
          content/<name>        the file, with the name it has in its storage

A copy is built where nobody looks, and is there from the moment the record names it. It is gone from the moment its
folder is moved to the trash.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CopyFolder", "EntryFolder", "Layout", "remove"]

_COPY = "v-"


@dataclass(frozen=True, slots=True)
class CopyFolder:
    """A copy: one state of the content of an entry."""

    path: Path

    @property
    def version(self) -> str:
        """Its name."""
        return self.path.name

    @property
    def use(self) -> Path:
        """Locked by readers, and changed when it was used."""
        return self.path / "use"

    @property
    def content(self) -> Path:
        """Folder of the file."""
        return self.path / "content"


@dataclass(frozen=True, slots=True)
class EntryFolder:
    """An entry: everything about one key."""

    path: Path

    @property
    def lock(self) -> Path:
        """Held by who fetches or removes."""
        return self.path / "lock"

    @property
    def record(self) -> Path:
        """Which copy is true."""
        return self.path / "record.json"

    @property
    def asked(self) -> Path:
        """When the storage was asked in vain."""
        return self.path / "asked"

    @property
    def failure(self) -> Path:
        """How the last transfer failed."""
        return self.path / "failure.json"

    @property
    def transfer(self) -> Path:
        """Where a file is fetched to."""
        return self.path / "transfer"

    def copy(self, version: str) -> CopyFolder:
        """The copy of that name, there or not."""
        return CopyFolder(self.path / version)

    def new_copy(self) -> CopyFolder:
        """A name that no copy had before."""
        return self.copy(f"{_COPY}{secrets.token_hex(8)}")

    def copies(self) -> list[CopyFolder]:
        """The copies that are there, published or not."""
        return self.contents()[0]

    def contents(self) -> tuple[list[CopyFolder], frozenset[str]]:
        """The copies that are there, published or not, and the names of everything, from one look."""
        names = _names(self.path)
        return [self.copy(name) for name in names if name.startswith(_COPY)], frozenset(names)


class Layout:
    """The paths of a cache.

    Parameters
    ----------
    directory : Path
        The cache's folder of the instance, which has other things in it too.
    """

    def __init__(self, directory: Path) -> None:
        self.root = Path(directory).absolute() / "copies"
        self._prefix = f"{self.root}/"

    @property
    def room(self) -> Path:
        """How much is taken."""
        return self.root / "room"

    @property
    def swept(self) -> Path:
        """When everything was last looked through."""
        return self.root / "swept"

    @property
    def trash(self) -> Path:
        """Where things go before they are removed."""
        return self.root / "trash"

    def entry(self, key: str) -> EntryFolder:
        """The folder of a key, there or not."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return EntryFolder(self.root / digest[:2] / digest)

    def entries(self) -> Iterator[EntryFolder]:
        """The entries that are there, in no order that means anything."""
        for shelf in _names(self.root):
            if len(shelf) == 2:
                for name in _names(self.root / shelf):
                    yield EntryFolder(Path(f"{self._prefix}{shelf}/{name}"))

    def copy_of(self, path: str) -> CopyFolder | None:
        """The copy that a path lies in; None when it is none of the cache's."""
        if not path.startswith(self._prefix):
            return None
        parts = path[len(self._prefix) :].split("/", 4)
        if len(parts) != 5 or not parts[2].startswith(_COPY):
            return None
        return CopyFolder(self.root.joinpath(*parts[:3]))

    def discard(self, path: Path) -> None:
        """Make a file or folder go, at once for everybody who looks; nothing happens when it is gone."""
        away = self.trash / secrets.token_hex(8)
        try:
            if not path.exists():
                return
            self.trash.mkdir(parents=True, exist_ok=True)
            path.rename(away)
        except FileNotFoundError:
            return
        remove(away)

    def empty_trash(self) -> None:
        """Remove what a process left behind that ended while it removed."""
        if self.trash.is_dir():
            for path in self.trash.iterdir():
                remove(path)


def _names(folder: Path) -> list[str]:
    """What is in a folder, if there is one."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - of thousands of entries, names are enough
    except (FileNotFoundError, NotADirectoryError):
        return []


def remove(path: Path) -> None:
    """Remove a file or a folder with everything in it, be it that somebody else is at it too."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
