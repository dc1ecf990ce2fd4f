# SPDX-License-Identifier: MIT
"""Files of a web server, by HTTP and HTTPS: retrieved whole, read in parts, or read in place by GDAL.

Rules: HTTP Semantics (RFC 9110); URLs after RFC 3986.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import requests

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.credentials import Credentials, read_credentials, shown_url
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.profiles import gdal_profile
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.http_client import HttpClient, Interrupted, blocks
from eoxserver.backends.storages.http_listing import list_folder
from eoxserver.backends.storages.http_state import FileState, byte_range, file_state
from eoxserver.backends.storages.http_transfer import check_encoding, download
from eoxserver.backends.storages.streams import BLOCK_BYTES, RangedStream, ranged_reader
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import AccessDenied, ConfigurationError, ItemMissing
from eoxserver.plugins.markers import hookimpl

__all__ = ["HttpStorage", "HttpsStorage", "eoxs_storages"]

_NO_HEAD = frozenset({400, 403, 405, 501})
"""What servers answer that do not have HEAD, or whose signatures are for GET alone."""
_BEYOND = frozenset({416})
_GONE = frozenset({412, 416})
_PROBE = {"Range": "bytes=0-0"}


class HttpStorage:
    """A folder of a web server.

    Parameters
    ----------
    record : StorageRecord
        Its URL is one of http or https; a query in it, as of a signature, goes with every request. Locations are
        names, not yet percent-encoded, below its path. Credentials are a user with a password, or a bearer token.
    settings : Settings
        ``remote`` says how long to wait and how often to try again.
    """

    key: ClassVar[str] = "http"
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._record = record
        self._settings = settings
        self._shown = shown_url(record.url)
        self._client = HttpClient(self._shown, settings.remote, self._credentials)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown!r})"

    def validate(self) -> None:
        """Check the URL and the credentials, and that the server answers."""
        self._check_url()
        self._credentials()
        answered = frozenset(range(400, 500)) - {401, 407}
        with self._client.ask("HEAD", self._record.url, "", accepted=answered):
            pass

    def retrieve(self, location: str, folder: Path) -> str:
        """Download a file; what an interrupted transfer left in the folder is gone on with if it is the same file.

        An error of the folder, as of a full disk, is an OSError.
        """
        return str(download(self._client, self._file(location), location, folder).absolute())

    def stat(self, location: str) -> FileStatus:
        """Ask for the state of a file; its validator is the entity tag, or the time of change with the size."""
        url = self._file(location)
        with self._client.ask("HEAD", url, location, accepted=_NO_HEAD) as response:
            state = file_state(response.status_code, response.headers)
            told = response.status_code == 200 and state.size is not None
        if not told:
            state = self._probe(url, location)[0]
        return FileStatus(state.size, state.validator)

    def open(self, location: str) -> BinaryIO:
        """Open a file for reading in parts; PartsRefused where the server has whole files only."""
        url = self._file(location)
        headers = {"Range": f"bytes=0-{BLOCK_BYTES - 1}"}
        with self._client.ask("GET", url, location, headers, _BEYOND) as response:
            check_encoding(self._client, response, location)
            state = file_state(response.status_code, response.headers)
            if response.status_code == 416 and state.size == 0:
                return io.BytesIO()
            part = byte_range(response.headers) if response.status_code == 206 else None
            if part is None or part.start != 0 or state.size is None:
                raise self._client.whole_only(location)
            stop = min(BLOCK_BYTES, state.size)
            first = _body(response, stop)
        parts = _Parts(self._client, url, location, state)
        return ranged_reader(RangedStream(location, state.size, parts.fetch, first=first or parts.fetch(0, stop)))

    def connect(self, location: str) -> RasterPath | None:
        """Answer GDAL's path of a file; None where the server has whole files only, or wants a signature in the URL.

        GDAL would repeat a signature in its messages.
        """
        url = self._file(location)
        state, ranged = self._probe(url, location)
        if not ranged or urlsplit(url).query:
            return None
        options = gdal_profile("http", self._settings) | _gdal_credentials(self._credentials())
        return RasterPath(f"/vsicurl/{url}", options, state.validator)

    def list_files(self, location: str = "") -> Iterator[str]:
        """List files from the server's index pages; DataUnavailable where it makes none."""
        self._url(location)
        return list_folder(self._client, self._record.url, location.removeprefix("./"))

    def _probe(self, url: str, location: str) -> tuple[FileState, bool]:
        """The state of a file, and whether the server has parts of it, from a request for its first byte."""
        with self._client.ask("GET", url, location, _PROBE, _BEYOND) as response:
            part = byte_range(response.headers)
            ranged = response.status_code == 206 and part is not None and (part.start, part.stop) == (0, 1)
            if response.status_code not in (200, 203, 206, 416):
                raise self._client.unavailable(location, f"answers {response.status_code} to a request for the file")
            return file_state(response.status_code, response.headers), ranged

    def _credentials(self) -> Credentials:
        return read_credentials(self._record.credentials)

    def _check_url(self) -> None:
        """Refuse a URL that is none of ours."""
        accepted = (
            f"accepted: {' and '.join(self.schemes)} URLs without user and password, as {self.schemes[-1]}://host/"
        )
        try:
            parts = urlsplit(self._record.url)
            sound = parts.scheme in self.schemes and bool(parts.hostname) and parts.port != 0
            sound = sound and "@" not in parts.netloc and not parts.fragment
        except ValueError:
            sound = False
        if not sound or re.search(r"[\x00-\x20\x7f\\]", self._record.url):
            raise ConfigurationError(
                f"'{self._shown}' is no URL of a storage of type {self.key}; {accepted}", locator=self._shown
            )

    def _url(self, location: str) -> str:
        """The URL of a location, which stays below the storage."""
        self._check_url()
        parts = urlsplit(self._record.url)
        decoded = unquote(location)
        while decoded != unquote(decoded):
            decoded = unquote(decoded)
        if (
            location.startswith("/")
            or re.match("[A-Za-z][A-Za-z0-9+.-]*://", location)
            or ".." in re.split(r"[/\\]", decoded)
            or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", decoded)
        ):
            raise AccessDenied(
                f"location {location!r} leads out of storage {self._shown}; "
                "accepted: paths below its root, without '..' and control characters",
                locator=location,
            )
        path = "/".join(name for name in location.split("/") if name != ".")
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(path)}"))

    def _file(self, location: str) -> str:
        """The URL of the location of a file."""
        url = self._url(location)
        if not location.strip("./") or location.endswith(("/", "/.")):
            raise ItemMissing(f"{location!r}: names no file in storage {self._shown}, but a folder", locator=location)
        return url


class HttpsStorage(HttpStorage):
    """A folder of a web server that is spoken to in secret."""

    key: ClassVar[str] = "https"
    schemes: ClassVar[tuple[str, ...]] = ("https",)


class _Parts:
    """Fetches parts of one state of a file."""

    def __init__(self, client: HttpClient, url: str, location: str, state: FileState) -> None:
        self._client, self._url, self._location, self._state = client, url, location, state

    def fetch(self, start: int, stop: int) -> bytes:
        """These bytes; again when the connection breaks."""
        failures = 0
        while True:
            content = self._try(start, stop)
            if content is not None:
                return content
            failures += 1
            if failures > self._client.retries:
                raise self._client.failed(
                    self._location,
                    f"ended the transfer of bytes {start} to {stop - 1} early, {failures} times in a row",
                )
            self._client.pause(failures)

    def _try(self, start: int, stop: int) -> bytes | None:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if self._state.condition:
            headers["If-Range"] = self._state.condition
        with self._client.ask("GET", self._url, self._location, headers, _GONE) as response:
            if response.status_code != 206 or file_state(206, response.headers).contradicts(self._state):
                raise self._client.failed(self._location, "has changed the file while it was read")
            part = byte_range(response.headers)
            if part is None or (part.start, part.stop) != (start, stop):
                answer = response.headers.get("Content-Range", "")
                raise self._client.failed(
                    self._location, f"was asked for the bytes {start} to {stop - 1} and answers '{answer}'"
                )
            return _body(response, stop - start)


def _body(response: requests.Response, size: int) -> bytes | None:
    """The body of so many bytes; None when it ends before."""
    content = bytearray()
    try:
        for block in blocks(response):
            content += block
            if len(content) > size:
                break
    except Interrupted:
        return None
    return bytes(content) if len(content) == size else None


def _gdal_credentials(credentials: Credentials) -> dict[str, str]:
    """GDAL's options of credentials."""
    if credentials.token:
        return {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": credentials.token}
    if credentials.user:
        return {"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": f"{credentials.user}:{credentials.password or ''}"}
    return {}


@hookimpl
def eoxs_storages() -> Sequence[type]:
    """Add the storages of web servers."""
    return [HttpStorage, HttpsStorage]
