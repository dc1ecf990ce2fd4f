# SPDX-License-Identifier: MIT
"""Files below a folder of this machine, which no location leaves."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from eoxserver.backends.locations import StorageRecord, path_exists, split_dataset_name
from eoxserver.backends.patterns import is_pattern
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import AccessDenied, ConfigurationError, DataUnavailable, ItemMissing
from eoxserver.plugins.markers import hookimpl

__all__ = ["LocalStorage", "eoxs_storages", "local_path"]


def local_path(url: str) -> Path | None:
    """The path that a ``file:`` URL or an absolute path means; None for a URL of another kind or a relative path.

    >>> local_path("file:///data/a%20b"), local_path("/data"), local_path("data"), local_path("http://host/data")
    (PosixPath('/data/a b'), PosixPath('/data'), None, None)
    """
    if url.lower().startswith("file:"):
        parts = urlsplit(url)
        path = Path(unquote(parts.path)) if parts.netloc in ("", "localhost") else None
    else:
        path = Path(url)
    return path if path is not None and path.is_absolute() else None


class LocalStorage:
    """A folder of this machine.

    Parameters
    ----------
    record : StorageRecord
        Its URL is an absolute path, or a ``file:`` URL. Locations are relative to it; symbolic links are followed
        as long as they stay below it.
    """

    key: ClassVar[str] = "local"

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._url = record.url
        path = local_path(record.url)
        self._root = None if path is None else path.resolve()

    @property
    def root(self) -> Path:
        """The folder, links followed; raises ConfigurationError when the URL names none."""
        if self._root is None:
            raise ConfigurationError(
                f"'{self._url}' is no root of a local storage; accepted: an absolute path or a file: URL",
                locator=self._url,
            )
        return self._root

    def validate(self) -> None:
        """Check that the root is a folder."""
        if not self.root.is_dir():
            raise DataUnavailable(f"storage {self._url}: there is no such folder", locator=self._url)

    def retrieve(self, location: str, folder: Path) -> str:
        """Answer the path of a file below the root; GDAL's names of data sets inside files are understood."""
        plain = self._plain(location)
        if plain is not None:
            return plain
        name = split_dataset_name(location)
        path = self._inside(name.file)
        if not path_exists(path):
            raise ItemMissing(f"{location}: no such file in storage {self._url}", locator=location)
        return str(name.with_file(str(path)))

    def list_files(self, location: str = "") -> Iterator[str]:
        """List files below a folder, or those a pattern matches; links that lead out of the root are left out."""
        if is_pattern(location):
            if ".." in Path(location).parts or Path(location).is_absolute():
                raise self._leaves(location)
            found = self.root.glob(location)
        else:
            start = self._inside(location)
            if not start.is_dir():
                raise ItemMissing(f"{location}: no such folder in storage {self._url}", locator=location)
            found = start.rglob("*")
        for path in sorted(found):
            if path.is_file() and path.resolve().is_relative_to(self.root):
                yield path.relative_to(self.root).as_posix()

    def _plain(self, location: str) -> str | None:
        """The path of a file to which no link leads; None when it takes a closer look. It is asked for all the time."""
        path = str(self.root).rstrip("/")
        for name in location.split("/"):
            if name in ("", ".", ".."):
                return None
            path = f"{path}/{name}"
            try:
                if stat.S_ISLNK(os.lstat(path).st_mode):  # Path.lstat costs twice as much
                    return None
            except (OSError, ValueError):
                return None
        return path

    def _inside(self, location: str) -> Path:
        """The path of a location, links followed."""
        try:
            path = (self.root / location).resolve()
        except (OSError, ValueError, RuntimeError) as error:  # a loop of links, a zero byte
            raise DataUnavailable(f"{location!r}: is no location in storage {self._url}: {error}") from error
        if not path.is_relative_to(self.root):
            raise self._leaves(location)
        return path

    def _leaves(self, location: str) -> AccessDenied:
        return AccessDenied(
            f"location '{location}' leads out of storage {self._url}; accepted: locations below its root",
            locator=location,
        )


@hookimpl
def eoxs_storages() -> Sequence[type]:
    """Add the storage of local files."""
    return [LocalStorage]
