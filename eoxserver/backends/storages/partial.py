# SPDX-License-Identifier: MIT
"""A file that is on its way here: written beside its name, gone on with after an interruption, published whole.

Beside the bytes lies a note of the state that the original had. The next attempt goes on where the last one stopped
only if the original is known to be in that state still; otherwise it begins anew.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from eoxserver.backends.storages.base import FileStatus
from eoxserver.core.errors import TransferFailed

__all__ = ["PartialFile"]


class PartialFile:
    """A copy in the making.

    Parameters
    ----------
    folder : Path
        Belongs to this transfer alone; is made when it is not there.
    name : str
        What the copy will be called.
    status : FileStatus
        State of the original when the transfer begins.
    what : str
        What the original is called in messages: its location and storage.
    """

    def __init__(self, folder: Path, name: str, status: FileStatus, what: str) -> None:
        self._file = folder / f".{name}.part"
        self._note = folder / f".{name}.note"
        self._path = folder / name
        self._status = status
        self._what = what
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> int:
        """Answer how many bytes are here already and can be gone on with [bytes]; leftovers of another state go."""
        noted = self._noted()
        size = self._file.stat().st_size if self._file.is_file() else 0
        if not self._status.validator or noted != self._state() or size > (self._status.size or 0):
            self._file.unlink(missing_ok=True)
            self._note.write_text(json.dumps(self._state()), encoding="utf-8")
            size = 0
        return size

    def open(self) -> BinaryIO:
        """Open the copy to add to its end."""
        return self._file.open("ab")

    def discard(self) -> None:
        """Forget what came so far."""
        self._file.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> str:
        """Give the copy its name, and answer its path.

        Raises
        ------
        TransferFailed
            When it is shorter or longer than the original was when the transfer began.
        """
        size = self._file.stat().st_size
        if self._status.size is not None and size != self._status.size:
            if size > self._status.size:
                self.discard()
            raise TransferFailed(
                f"{self._what}: {size} bytes came of {self._status.size} that were announced", locator=self._path.name
            )
        self._file.replace(self._path)
        self._note.unlink(missing_ok=True)
        return str(self._path.absolute())

    def _state(self) -> dict[str, object]:
        return {"size": self._status.size, "validator": self._status.validator}

    def _noted(self) -> object:
        """The state that the note tells; None when there is none, or an interrupted one."""
        with suppress(OSError, ValueError):
            return json.loads(self._note.read_text(encoding="utf-8"))
        return None
