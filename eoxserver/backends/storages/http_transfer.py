# SPDX-License-Identifier: MIT
"""Whole files from a web server: gone on with where a transfer broke, begun anew where the file has changed.

Bytes of two answers are put together only under a strong validator (``If-Range``, RFC 9110 chapter 13.1.5); it is kept
beside what has come, so that another process may go on.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import requests

from eoxserver.backends.storages.http_client import HttpClient, Interrupted, blocks
from eoxserver.backends.storages.http_state import FileState, byte_range, file_state

__all__ = ["check_encoding", "download"]

_LOG = logging.getLogger(__name__)
_MOST_STARTS = 4
"""How often a file that changes while it comes is begun with."""
_PROGRESS = 1 << 20
"""A connection that breaks after so many new bytes does not count as a failure [bytes]."""
_LONGEST_NAME = 255


class _Changed(Exception):
    """The file is no more what it was when its first bytes came."""


def download(client: HttpClient, url: str, location: str, folder: Path) -> Path:
    """Bring a file to a folder, under its own name.

    Parameters
    ----------
    client : HttpClient
        Of the storage.
    url : str
        Of the file; never shown.
    location : str
        Of the file in the storage.
    folder : Path
        Of this transfer alone; what an interrupted one left there is gone on with.

    Raises
    ------
    TransferFailed
        When less came than was announced, again and again, or other bytes than were asked for.
    DataUnavailable
        As ``HttpClient.ask``.
    OSError
        When the folder cannot be written, as on a full disk; what has come stays.
    """
    name = PurePosixPath(location).name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        raise client.unavailable(location, "has files whose names are too long for this machine")
    folder.mkdir(parents=True, exist_ok=True)
    partial = _Partial(folder)
    failures, starts, furthest = 0, 1, partial.length
    while True:
        try:
            _go_on(client, url, location, partial)
            return partial.finish(name)
        except _Changed:
            starts += 1
            partial.discard()
            if starts > _MOST_STARTS:
                raise client.failed(location, f"has changed the file {starts - 1} times while it came") from None
        except Interrupted as error:
            failures = 1 if partial.length >= furthest + _PROGRESS else failures + 1
            furthest = max(furthest, partial.length)
            if failures > client.retries:
                raise client.failed(
                    location, f"ended the transfer early, {failures} times in a row: {error}"
                ) from error
            _LOG.info("%s: transfer from %s is gone on with: %s", location, client.storage, error)
            client.pause(failures)


def check_encoding(client: HttpClient, response: requests.Response, location: str) -> None:
    """Refuse a body that was packed on the way; a ``.gz`` file that is said to be packed is just what it is."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity") and not location.lower().endswith((".gz", ".tgz", ".svgz", ".z", ".br", ".zst")):
        raise client.unavailable(location, f"sends the file in the coding '{coding}', though asked for it as it is")


def _go_on(client: HttpClient, url: str, location: str, partial: _Partial) -> None:
    """Fetch what is missing."""
    have = partial.begin_at()
    headers = {"Range": f"bytes={have}-", "If-Range": partial.state.condition} if have else {}
    with client.ask("GET", url, location, headers, frozenset({416}) if have else frozenset()) as response:
        check_encoding(client, response, location)
        state = file_state(response.status_code, response.headers)
        if have and response.status_code == 206:
            _check_part(client, response.headers, location, have, partial.state)
        elif have and response.status_code == 416:
            raise _Changed
        elif response.status_code in (200, 203):
            have = 0
            partial.begin(state)
        else:
            raise client.unavailable(location, f"answers {response.status_code} to a request for the file")
        with partial.path.open("r+b" if have else "wb") as stream:
            stream.seek(have)
            stream.truncate()
            for block in blocks(response):
                stream.write(block)
    size = partial.state.size
    if size is not None and partial.length < size:
        raise Interrupted(f"{partial.length} of {size} bytes came")
    if size is not None and partial.length > size:
        raise client.failed(location, f"sent {partial.length} bytes where it announced {size}")


def _check_part(client: HttpClient, headers: Mapping[str, str], location: str, have: int, expected: FileState) -> None:
    """See that a part is the rest of the same file."""
    part = byte_range(headers)
    if part is None or part.start != have:
        raise client.failed(
            location, f"was asked for the bytes from {have} and answers '{headers.get('Content-Range', '')}'"
        )
    if file_state(206, headers).contradicts(expected):
        raise _Changed


class _Partial:
    """What has come of a file, and the state of the file it belongs to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".partial"
        self._note = folder / ".partial.json"
        self.state = self._read()
        if not self.state.condition:
            self.discard()

    @property
    def length(self) -> int:
        """How much has come [bytes]."""
        return self.path.stat().st_size if self.path.exists() else 0

    def begin_at(self) -> int:
        """From where to go on. The last byte is fetched again, so that even a whole file is known to be the same."""
        length = self.length if self.state.condition else 0
        return length if self.state.size is None else max(0, min(length, self.state.size - 1))

    def begin(self, state: FileState) -> None:
        """Begin with a file in this state; raises OSError."""
        self.discard()
        self.state = state
        if state.condition:
            note = {"etag": state.etag, "modified": state.modified, "size": state.size, "settled": state.settled}
            self._note.write_text(json.dumps(note), encoding="utf-8")

    def discard(self) -> None:
        """Forget what has come; the note goes last, so that none is ever beside bytes of another state."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self.state = FileState()

    def finish(self, name: str) -> Path:
        """Give the file its name."""
        path = self.path.with_name(name)
        self._note.unlink(missing_ok=True)
        self.path.replace(path)
        return path

    def _read(self) -> FileState:
        """The state noted by an earlier transfer."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            size = None if note["size"] is None else int(note["size"])
            return FileState(str(note["etag"]), str(note["modified"]), size, bool(note["settled"]))
        except (OSError, ValueError, TypeError, KeyError):
            return FileState()
