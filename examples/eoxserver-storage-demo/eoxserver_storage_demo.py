"""Files of a git repository as they are at a revision: ``git:///data/fields.git@v1``."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, ClassVar

from eoxserver import hookimpl
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.paths import check_location, select
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError, ItemMissing, StorageUnreachable

# A regular file in the output of `git ls-tree -l -z`; what else a tree has (links, other repositories) is left out.
FILE = re.compile(r"(?<![^\0])100[0-7]{3} blob ([0-9a-f]+) +([0-9]+)\t([^\0]+)")


class GitStorage:
    key: ClassVar[str] = "git"

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self.url = record.url
        self.repository, _, self.revision = record.url.removeprefix("git://").rpartition("@")

    def validate(self) -> None:
        if not self.repository.startswith("/") or not self.revision:
            raise ConfigurationError(f"'{self.url}' is no URL of this storage; accepted: git:///path/of/repository@tag")
        self._files("")

    def retrieve(self, location: str, folder: Path) -> str:
        path = folder / Path(location).name
        blob = self.stat(location).validator
        with path.open("wb") as target:
            self._git("cat-file", "blob", blob, target=target)
        return str(path)

    def list_files(self, location: str = "") -> Iterator[str]:
        selection = select(location, f"storage {self.url}")
        found = self._files(selection.folder)
        if not found and location and not selection.pattern:
            raise ItemMissing(f"{location}: no such folder in storage {self.url}", locator=location)
        yield from filter(selection.has, found)

    def stat(self, location: str) -> FileStatus:
        found = self._files(check_location(location, f"storage {self.url}"))
        if location not in found:
            raise ItemMissing(f"{location}: no such file in storage {self.url}", locator=location)
        return found[location]

    def _files(self, location: str) -> dict[str, FileStatus]:
        """The file at a location, or all below a folder, in order."""
        options = ("-r", "-l", "-z", "--full-tree", "--end-of-options", self.revision)
        listed = self._git("ls-tree", *options, location or ".").decode(errors="surrogateescape")
        return {path: FileStatus(int(size), blob) for blob, size, path in FILE.findall(listed)}

    def _git(self, *words: str, target: IO[bytes] | int = subprocess.PIPE) -> bytes:
        command = ("git", "--literal-pathspecs", "-C", self.repository, *words)
        done = subprocess.run(command, stdout=target, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise StorageUnreachable(f"storage {self.url}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout or b""


@hookimpl
def eoxs_storages() -> Sequence[type]:
    return [GitStorage]
