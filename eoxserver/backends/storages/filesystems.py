# SPDX-License-Identifier: MIT
"""Every file system of fsspec as a storage: ``s3``, ``gs``, ``abfs``, ``sftp``, ``memory``, ``smb``, ``hdfs``, ...

The URL is what the library of the protocol understands: ``s3://bucket/folder``, ``sftp://host/folder``. Credentials in
the form of JSON are the arguments of its class, as they are in its documentation, end points included:
``{"key": "...", "secret": "...", "endpoint_url": "https://minio.example"}`` for ``s3``; ``user:password`` is put in
their place. Without credentials, those of the environment are used (``AWS_ACCESS_KEY_ID``, ``AWS_PROFILE``,
``GOOGLE_APPLICATION_CREDENTIALS``, ...), and where there are none, S3 and Google are asked without.

Of ``s3``, ``gs`` and ``abfs``, GDAL reads files in place; files of all others are fetched.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, ClassVar
from urllib.parse import urlsplit

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.credentials import read_credentials, shown_url
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.profiles import gdal_profile
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.filesystem_drivers import (
    BUCKETS,
    GDAL_KINDS,
    MACHINES,
    arguments,
    gdal_options,
    library_missing,
    protocols,
    secrets,
    system_class,
    tune,
)
from eoxserver.backends.storages.partial import PartialFile
from eoxserver.backends.storages.paths import check_location, select
from eoxserver.backends.storages.retries import retried
from eoxserver.backends.storages.streams import RangedStream, ranged_reader
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import (
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    EOxServerError,
    ItemMissing,
    StorageUnreachable,
    TransferFailed,
)
from eoxserver.plugins.markers import hookimpl

__all__ = ["FileSystemStorage", "RasterFileSystemStorage", "eoxs_storages", "storage_class"]

BLOCK = 8 << 20
"""Asked for at once when a whole file is fetched [bytes]."""
PART = 256 << 10
"""Least that is asked for of a file that is read in parts [bytes]; no library wants less."""
MOST_FILES = 1_000_000
"""Files that are listed."""

_STATES = ("generation", "ETag", "etag", "LastModified", "last_modified", "updated", "mtime", "modified", "created")
"""What libraries call that which changes with a file; ``generation`` is Google's, whose tags differ by interface."""


class FileSystemStorage:
    """A folder of a file system that fsspec knows.

    Parameters
    ----------
    record : StorageRecord
        Its URL is one of the protocol.
    settings : Settings
        ``remote`` says how long to wait and how often to try again.
    """

    key: ClassVar[str] = ""

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._record = record
        self._settings = settings
        self._retries = settings.remote.retries
        self._shown = f"storage {shown_url(record.url)}"
        # Libraries that are asynchronous inside may be used from all threads, of others each thread has its own.
        self._shared = SimpleNamespace()
        self._own = threading.local()
        self._secrets: frozenset[str] = frozenset()

    def validate(self) -> None:
        """Check the URL and the credentials, and that the folder is there."""
        system, root = self._system()
        with self._asking(""):
            system.info(root)

    def retrieve(self, location: str, folder: Path) -> str:
        """Fetch a file; goes on where an earlier transfer of the same file was interrupted."""
        path = self._path(location)
        name = location.rpartition("/")[2]
        if not name:
            raise ItemMissing(f"'{location}' names no file in {self._shown}", locator=location)

        def attempt() -> str:
            status = self._status(location, path)
            copy = PartialFile(folder, name, status, f"{location} in {self._shown}")
            position = copy.start()
            with copy.open() as target, closing(self._opened(location, path, BLOCK)) as source:
                self._announce(source, location, position, status.size)
                while block := self._read(source, location, position, BLOCK):
                    target.write(block)
                    position += len(block)
            if self._status(location, path) != status:
                copy.discard()
                raise TransferFailed(f"{location} in {self._shown}: changed while it was fetched", locator=location)
            return copy.finish()

        return retried(attempt, self._retries)

    def stat(self, location: str) -> FileStatus:
        """Answer the state of a file: its entity tag, or time of change with size."""
        path = self._path(location)
        return retried(lambda: self._status(location, path), self._retries)

    def open(self, location: str) -> BinaryIO:
        """Open a file."""
        path = self._path(location)

        def attempt() -> tuple[Any, int | None]:
            opened = self._opened(location, path, PART)
            size = getattr(opened, "size", None)
            return opened, size if isinstance(size, int) else self._status(location, path).size

        source, size = retried(attempt, self._retries)
        if size is None:
            source.close()
            raise DataUnavailable(f"{location} in {self._shown}: its size is not known", locator=location)

        def fetch(start: int, stop: int) -> bytes:
            read = partial(self._read, source, location, start, stop - start)
            return retried(read, self._retries, (StorageUnreachable,))

        return ranged_reader(RangedStream(location, size, fetch, closing=source.close))

    def list_files(self, location: str = "") -> Iterator[str]:
        """List files below a folder, or those a pattern matches."""
        selection = select(location, self._shown)
        path = self._path(selection.folder)

        def attempt() -> list[str]:
            system, _ = self._system()
            with self._asking(selection.folder):
                found: list[str] = system.find(path, maxdepth=selection.depth)
                if found in ([], [path]) and selection.pattern is None and not system.isdir(path):
                    raise FileNotFoundError(f"no such folder: {selection.folder}")
                return found

        top = self._path("").rstrip("/") + "/"
        try:
            # From the root of a machine, some answer names as //a.
            found = [("/" + name.lstrip("/") if top == "/" else name) for name in retried(attempt, self._retries)]
            found = [name.removeprefix(top) for name in found]
        except ItemMissing:
            if selection.pattern is None:
                raise
            found = []  # nothing matches
        if len(found) > MOST_FILES:
            raise DataUnavailable(
                f"{location or '/'} in {self._shown}: more than {MOST_FILES} files; list a smaller part",
                locator=location or None,
            )
        yield from sorted(name for name in found if _is_location(name) and selection.has(name))

    def _status(self, location: str, path: str) -> FileStatus:
        system, _ = self._system()
        with self._asking(location):
            info = system.info(path)
        if info.get("type") != "file":
            hint = (
                "is a folder, which is named with '/' at its end" if info.get("type") == "directory" else "is no file"
            )
            raise ItemMissing(f"{location} in {self._shown}: {hint}", locator=location)
        size = info.get("size")
        return FileStatus(int(size) if size is not None else None, _validator(info))

    def _opened(self, location: str, path: str, block: int) -> Any:
        """A stream of the library, for one thread."""
        system, _ = self._system()
        with self._asking(location):
            if self.key == "memory":  # which has one stream a file, for everybody
                return io.BytesIO(system.cat_file(path))
            return system.open(path, "rb", block_size=block)

    def _announce(self, source: Any, location: str, start: int, size: int | None) -> None:
        """Tell the library that all is wanted from a byte on, where its streams else wait for every 32 KiB (SSH)."""
        if size and hasattr(source, "prefetch"):
            with self._asking(location):
                source.seek(start)
                source.prefetch(size)

    def _read(self, source: Any, location: str, start: int, size: int) -> bytes:
        with self._asking(location):
            if source.tell() != start:  # some forget what they have read ahead
                source.seek(start)
            content: bytes = source.read(size)
            return content

    def _path(self, location: str) -> str:
        """The path of a location for the library."""
        check_location(location, self._shown)
        _, root = self._system()
        return f"{root.rstrip('/')}/{location}" if location else root

    def _system(self) -> tuple[Any, str]:
        """The file system for this thread and process, and the path of its root; made when it is first used."""
        kind = system_class(self.key)
        place = self._shared if getattr(kind, "async_impl", False) else self._own
        made = getattr(place, "made", None)
        if made is None or made[0] != os.getpid():
            made = place.made = (os.getpid(), *self._connected(kind))
        return made[1], made[2]

    def _connected(self, kind: Any) -> tuple[Any, str]:
        url = self._url()
        made = self._arguments()
        self._secrets = frozenset(secrets(made))
        with self._asking(""):
            try:
                from_url = {name: value for name, value in kind._get_kwargs_from_urls(url).items() if name not in made}  # noqa: SLF001 (of fsspec's interface for protocols)
                system = kind(**from_url, **made)
            except ImportError as error:  # some look for it this late
                raise library_missing(self.key, error) from error
            except (TypeError, ValueError) as error:
                raise ConfigurationError(
                    f"{self._shown}: the library of '{self.key}' refuses its arguments: {self._words(error)}",
                    locator="credentials",
                ) from error
            tune(self.key, system, self._settings.remote)
            root = str(kind._strip_protocol(url))  # noqa: SLF001 (the same)
            return system, root or ("/" if self.key in MACHINES else "")

    def _arguments(self) -> dict[str, Any]:
        found = read_credentials(self._record.credentials)
        return arguments(self.key, found, self._settings.remote, os.environ)

    def _url(self) -> str:
        """The URL, found to be one of this protocol, without a password."""
        url = self._record.url
        try:
            parts = urlsplit(url)
            sound = parts.scheme.lower() == self.key and parts.password is None and "::" not in url
        except ValueError:
            sound, parts = False, urlsplit("")
        first = "bucket" if self.key in BUCKETS else "[host]"
        if not sound or (self.key in BUCKETS and not parts.netloc) or parts.query or parts.fragment:
            raise ConfigurationError(
                f"'{shown_url(url)}' is no URL of storage type '{self.key}'; accepted: {self.key}://{first}/folder, "
                "and the credentials by reference",
                locator="url",
            )
        check_location(parts.path.lstrip("/"), self._shown)
        return url

    @contextmanager
    def _asking(self, location: str) -> Iterator[None]:
        """Say in our words what goes wrong in a library; all have errors of their own."""
        where = f"{location} in {self._shown}" if location else self._shown
        try:
            yield
        except EOxServerError:
            raise
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise ItemMissing(f"{where}: there is no such file or folder", locator=location or None) from error
        except Exception as error:
            kind = _error_class(error)
            if kind is CredentialsRefused:
                self._shared, self._own = SimpleNamespace(), threading.local()  # they are read anew the next time
            asked = kind is CredentialsRefused and not self._record.credentials
            hint = "; the storage names no credentials" if asked else ""
            raise kind(f"{where}: {self._words(error)}{hint}", locator=location or None) from error

    def _words(self, error: BaseException) -> str:
        """What a library says, on one line, without what it was told in confidence."""
        text = " ".join(str(error).split())
        for secret in self._secrets:
            text = text.replace(secret, "...")
        return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


class RasterFileSystemStorage(FileSystemStorage):
    """A folder of an object store of which GDAL reads files in place.

    Parameters
    ----------
    record : StorageRecord
        Its URL is ``s3://bucket/folder``, or one of another such protocol.
    settings : Settings
        ``remote`` says how long to wait and how often to try again.
    """

    def connect(self, location: str) -> RasterPath | None:
        """Answer GDAL's path of a file; None when the credentials are of a kind that GDAL does not have."""
        path = self._path(location)
        options = gdal_options(self.key, self._record.url, self._arguments(), os.environ)
        if options is None:
            return None
        kind = GDAL_KINDS[self.key]
        handler = {"s3": "vsis3", "gs": "vsigs", "abfs": "vsiaz"}[kind]
        status = self.stat(location)
        return RasterPath(f"/{handler}/{path}", gdal_profile(kind, self._settings) | options, status.validator)


def _validator(info: dict[str, Any]) -> str:
    """What changes when the file does; an entity tag in quotation marks, as it is sent in requests."""
    for name in _STATES:
        value = info.get(name)
        if value and name.lower() == "etag":
            return value if str(value).startswith(('"', "W/")) else f'"{value}"'
        if value:
            return f"{value.isoformat() if hasattr(value, 'isoformat') else value}-{info.get('size')}"
    return ""


def _error_class(error: BaseException) -> type[DataUnavailable]:
    """What an error of a library means. By names, where the libraries are not at hand."""
    name = type(error).__name__
    status = _http_status(error)
    if status in (404, 410):
        return ItemMissing
    if (
        isinstance(error, PermissionError)
        or status in (401, 403, 407)
        or any(word in name for word in ("Credential", "Authenticat", "RefreshError", "TokenRetrieval", "LoginRefused"))
    ):
        return CredentialsRefused
    if status == 412 or name == "FileExpired":  # it is not what it was when it was opened
        return TransferFailed
    return DataUnavailable if isinstance(error, (TypeError, ValueError, NotImplementedError)) else StorageUnreachable


def _http_status(error: BaseException) -> int | None:
    """The status that a server answered, where an error or its cause has it."""
    for each in (error, error.__cause__):
        response = getattr(each, "response", None)
        if isinstance(response, Mapping):  # botocore
            return _number(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
        for name in ("status_code", "status", "code"):
            if (status := _number(getattr(each, name, None))) is not None:
                return status
    return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 100 <= value < 600 else None


def _is_location(name: str) -> bool:
    """Say whether a name in a list can be asked for: object stores also have others, as markers of folders."""
    return bool(name) and not name.startswith("/") and not name.endswith("/") and ".." not in name.split("/")


def storage_class(protocol: str) -> type[FileSystemStorage]:
    """Answer the storage class of a protocol.

    >>> storage_class("sftp").key, storage_class("s3").__mro__[1].__name__
    ('sftp', 'RasterFileSystemStorage')
    """
    base = RasterFileSystemStorage if protocol in GDAL_KINDS else FileSystemStorage
    name = f"{protocol.capitalize()}Storage"
    return type(name, (base,), {"key": protocol, "__doc__": base.__doc__, "__module__": __name__})


@hookimpl
def eoxs_storages() -> Sequence[type]:
    """Add a storage for each protocol of fsspec that is a store of files."""
    return [storage_class(protocol) for protocol in protocols()]
