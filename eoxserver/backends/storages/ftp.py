# SPDX-License-Identifier: MIT
"""Files of FTP servers: storage types ``ftp``, and ``ftps``, which is FTP over TLS (RFC 4217).

The URL is ``ftp://host[:port]/folder``. The folder is relative to where the user is after the log-in, as RFC 1738
clause 3.2.2 says; ``ftp://host/%2Ffolder`` is one from the root. ``ftps`` asks for TLS on the usual port (AUTH TLS),
protects data as well, and trusts the certificates that the system trusts.

Credentials are a user and a password, none for an anonymous user. In the form of JSON there are options:

* ``ca_file``: path of the certificates to trust instead, of an authority of one's own (``ftps`` only)
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar
from urllib.parse import unquote, urlsplit

from eoxserver.backends.credentials import Credentials, read_credentials, shown_url
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.ftpclient import FtpClient, FtpPlace
from eoxserver.backends.storages.partial import PartialFile
from eoxserver.backends.storages.paths import Selection, check_location, select
from eoxserver.backends.storages.retries import retried
from eoxserver.backends.storages.streams import RangedStream, ranged_reader
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError, DataUnavailable, ItemMissing, PartsRefused, TransferFailed
from eoxserver.plugins.markers import hookimpl

__all__ = ["FtpStorage", "FtpsStorage", "eoxs_storages"]

DEEPEST = 64
"""Folders in folders that are listed; links may lead in circles."""
MOST_FILES = 1_000_000
"""Files and folders that are listed."""

T = TypeVar("T")


class FtpStorage:
    """A folder of an FTP server, spoken to in passive mode.

    Parameters
    ----------
    record : StorageRecord
        Its URL is ``ftp://host[:port]/folder``.
    settings : Settings
        ``remote`` says how long to wait and how often to try again.
    """

    key: ClassVar[str] = "ftp"
    _options: ClassVar[frozenset[str]] = frozenset({"user", "password"})

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._record = record
        self._remote = settings.remote
        self._shown = f"storage {shown_url(record.url)}"

    def validate(self) -> None:
        """Check the URL and the credentials, and that the folder is there."""
        with self._client() as client:
            client.folder(self._path(""))

    def retrieve(self, location: str, folder: Path) -> str:
        """Fetch a file; goes on where an earlier transfer of the same file was interrupted."""
        path = self._path(check_location(location, self._shown))
        name = location.rpartition("/")[2]
        if not name:
            raise ItemMissing(f"'{location}' names no file in {self._shown}", locator=location)

        def attempt() -> str:
            with self._client() as client:
                status = client.status(path)
                partial = PartialFile(folder, name, status, f"{location} in {self._shown}")
                start = partial.start()
                if start and not client.can_restart():
                    partial.discard()
                    start = partial.start()
                if start != status.size or not start:
                    with partial.open() as target:
                        client.fetch(path, target, start)
            return partial.finish()

        return retried(attempt, self._remote.retries)

    def stat(self, location: str) -> FileStatus:
        """Answer size and time of change of a file."""
        path = self._path(check_location(location, self._shown))

        def attempt() -> FileStatus:
            with self._client() as client:
                return client.status(path)

        return retried(attempt, self._remote.retries)

    def open(self, location: str) -> BinaryIO:
        """Open a file of a server that can begin transfers anywhere (REST)."""
        path = self._path(check_location(location, self._shown))
        parts = _Parts(self._client, path, f"{location} in {self._shown}", self._remote.retries)
        try:
            size = parts.open()
            return ranged_reader(RangedStream(location, size, parts.fetch, closing=parts.close))
        except BaseException:
            parts.close()
            raise

    def list_files(self, location: str = "") -> Iterator[str]:
        """List files below a folder, or those a pattern matches."""
        selection = select(location, self._shown)

        def attempt() -> list[str]:
            with self._client() as client:
                return list(self._walk(client, selection))

        try:
            found = retried(attempt, self._remote.retries)
        except ItemMissing:
            if selection.pattern is None:
                raise
            found = []  # nothing matches
        yield from sorted(filter(selection.has, found))

    def _walk(self, client: FtpClient, selection: Selection) -> Iterator[str]:
        """The files below a folder, so many names deep."""
        top, depth = selection.folder, selection.depth
        folders = [(top, 1)]
        seen = 0
        while folders:
            folder, level = folders.pop()
            for name, is_folder in client.folder(self._path(folder)).items():
                seen += 1
                if seen > MOST_FILES or level > DEEPEST:
                    raise DataUnavailable(
                        f"{top or '/'} in {self._shown}: more than {MOST_FILES} files, or folders more than {DEEPEST} "
                        "deep; list a smaller part",
                        locator=top,
                    )
                below = f"{folder}/{name}" if folder else name
                if not is_folder:
                    if depth is None or level == depth:
                        yield below
                elif depth is None or level < depth:
                    folders.append((below, level + 1))

    def _path(self, location: str) -> str:
        """The path of a location for the server."""
        root = unquote(urlsplit(self._record.url).path.removeprefix("/")).rstrip("/")
        return f"{root}/{location}" if root and location else root or location

    def _client(self) -> FtpClient:
        return FtpClient(self._place(), self._remote)

    def _place(self) -> FtpPlace:
        """Read the URL, and the credentials as they are now."""
        host, port = self._host()
        found = read_credentials(self._record.credentials)
        if found.token or not set(found.options) <= self._options:
            raise ConfigurationError(
                f"credentials '{self._record.credentials}' do not fit storage type '{self.key}'; accepted: "
                f"user:password, or an object of JSON with {', '.join(sorted(self._options))}",
                locator=self._record.credentials,
            )
        context = self._context(found)
        if found.user is None:
            return FtpPlace(host, port, self._shown, context=context)
        return FtpPlace(host, port, self._shown, found.user, found.password or "", context)

    def _host(self) -> tuple[str, int]:
        try:
            parts = urlsplit(self._record.url)
            host, port = parts.hostname, parts.port or 21
        except ValueError:
            host, port, parts = None, 21, urlsplit("")
        path = unquote(parts.path)
        if parts.scheme.lower() != self.key or not host or "@" in parts.netloc or parts.query or parts.fragment:
            raise ConfigurationError(
                f"'{shown_url(self._record.url)}' is no URL of storage type '{self.key}'; accepted: "
                f"{self.key}://host[:port]/folder, and the credentials by reference",
                locator="url",
            )
        check_location(path.lstrip("/"), self._shown)
        return host, port

    def _context(self, credentials: Credentials) -> ssl.SSLContext | None:
        """How connections are made safe; None: they are not."""
        return None


class FtpsStorage(FtpStorage):
    """A folder of an FTP server that is spoken to over TLS: commands, credentials and data.

    Parameters
    ----------
    record : StorageRecord
        Its URL is ``ftps://host[:port]/folder``.
    settings : Settings
        ``remote`` says how long to wait and how often to try again.
    """

    key: ClassVar[str] = "ftps"
    _options: ClassVar[frozenset[str]] = frozenset({"user", "password", "ca_file"})

    def _context(self, credentials: Credentials) -> ssl.SSLContext | None:
        file = credentials.options.get("ca_file")
        try:
            return ssl.create_default_context(cafile=file)
        except (OSError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"credentials '{self._record.credentials}': ca_file is no file of certificates in PEM form",
                locator=self._record.credentials,
            ) from error


class _Parts:
    """Reads parts of one file over one connection, which is made anew when it breaks."""

    def __init__(self, connect: Callable[[], FtpClient], path: str, what: str, retries: int) -> None:
        self._connect, self._path, self._what, self._retries = connect, path, what, retries
        self._connection = ExitStack()
        self._client: FtpClient | None = None
        self._status = FileStatus()

    def open(self) -> int:
        """Answer the size of the file [bytes]."""

        def attempt() -> int:
            client = self._connected()
            self._status = client.status(self._path)
            if self._status.size is None or not client.can_restart():
                raise PartsRefused(
                    f"{self._what}: the server answers no parts of files; only whole ones can be fetched",
                    locator=self._path,
                )
            return self._status.size

        return self._retried(attempt)

    def fetch(self, start: int, stop: int) -> bytes:
        """Answer some bytes; the state of the file is compared each time, as every transfer opens it anew."""

        def attempt() -> bytes:
            content = self._connected().read(self._path, start, stop)
            return content if self._connected().status(self._path) == self._status else b""

        if not (content := self._retried(attempt)):
            raise TransferFailed(f"{self._what}: the file changed while it was read", locator=self._path)
        return content

    def close(self) -> None:
        """Leave the server."""
        self._client = None
        self._connection.close()

    def _connected(self) -> FtpClient:
        if self._client is None:
            self._client = self._connection.enter_context(self._connect())
        return self._client

    def _retried(self, attempt: Callable[[], T]) -> T:
        def fresh() -> T:
            try:
                return attempt()
            except BaseException as error:
                self._client = None
                self._connection.__exit__(type(error), error, None)
                raise

        return retried(fresh, self._retries)


@hookimpl
def eoxs_storages() -> Sequence[type]:
    """Add the storages of FTP servers."""
    return [FtpStorage, FtpsStorage]
