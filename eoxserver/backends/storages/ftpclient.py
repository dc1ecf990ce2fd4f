# SPDX-License-Identifier: MIT
"""One connection to an FTP server, and what its answers mean.

Rules: RFC 959 (commands and replies), RFC 2428 (EPSV), RFC 3659 (SIZE, MDTM, REST, MLSD), RFC 4217 (AUTH TLS, PROT P).
Data always travels over connections that this side opens (passive mode), to the machine that was asked for.
"""

from __future__ import annotations

import ftplib
import re
import socket
import ssl
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO

from eoxserver.backends.storages.base import FileStatus
from eoxserver.conf.schema import Remote
from eoxserver.core.errors import (
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    EOxServerError,
    ItemMissing,
    StorageUnreachable,
    TransferFailed,
)

__all__ = ["FtpClient", "FtpPlace"]

BLOCK = 256 * 1024
"""Read from a data connection at once [bytes]."""
LARGEST_LIST = 64 << 20
"""Text of the list of one folder [bytes]."""

_PORT = re.compile(r"\((.)\1\1([0-9]{1,5})\1\)")
"""Where the answer to EPSV tells it (RFC 2428 clause 3)."""
_NOT_KNOWN = {"500", "502", "504"}
"""Replies of a server that lacks a command (RFC 959 clause 4.2.1)."""
_REFUSED = {"331", "332", "430", "530", "532"}
"""Replies that ask for a user, a password or an account, or refuse them."""


@dataclass(frozen=True, slots=True)
class FtpPlace:
    """A server, and who comes."""

    host: str
    port: int
    storage: str
    """What the storage is called in messages; has no secret."""
    user: str = "anonymous"
    password: str = field(default="anonymous@", repr=False)
    context: ssl.SSLContext | None = None
    """How to make a connection safe; None: it is not."""


class _Plain(ftplib.FTP):
    """FTP that asks for passive connections in the way that suits every network (EPSV) before the old one (PASV)."""

    _extended = True

    def makepasv(self) -> tuple[str, int]:
        """Answer where the server listens for a data connection."""
        if self._extended:
            try:
                found = _PORT.search(self.sendcmd("EPSV"))
            except ftplib.error_perm:
                found = None
            if found is not None and self.sock is not None:
                return self.sock.getpeername()[0], int(found[2])
            self._extended = False
        return super().makepasv()


class _Secure(_Plain, ftplib.FTP_TLS):
    """FTP over TLS, whose data connections go on with the session of the control connection, as many servers want."""

    def protect(self) -> None:
        """Have data connections protected as well; ``prot_p`` would have each begin a session of its own."""
        self.voidcmd("PBSZ 0")
        self.voidcmd("PROT P")

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Start a transfer; answer its connection, and its size if the server says one [bytes]."""
        connection, size = super().ntransfercmd(cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        try:
            safe = self.context.wrap_socket(connection, server_hostname=self.host, session=self.sock.session)
        except BaseException:
            connection.close()
            raise
        return safe, size


class FtpClient:
    """A connection to a server, logged in, for binary transfers; used by one thread, in a ``with`` statement.

    Raises
    ------
    StorageUnreachable
        When the server does not answer, or breaks off; from every method.
    CredentialsRefused
        When it does not let us in; never says as whom.
    DataUnavailable
        When its certificate is not trusted, or it offers no TLS.
    """

    def __init__(self, place: FtpPlace, remote: Remote) -> None:
        self._place = place
        self._remote = remote
        self._ftp: ftplib.FTP
        if place.context is None:
            self._ftp = _Plain(timeout=remote.connect_timeout)
        else:
            self._ftp = _Secure(context=place.context, timeout=remote.connect_timeout)

    def __enter__(self) -> FtpClient:
        try:
            with self._entering():
                self._ftp.connect(self._place.host, self._place.port)
                assert self._ftp.sock is not None
                self._ftp.sock.settimeout(self._remote.timeout)
                if isinstance(self._ftp, _Secure):
                    self._secure(self._ftp)
                self._ftp.login(self._place.user, self._place.password)
                if isinstance(self._ftp, _Secure):
                    self._ftp.protect()
                self._ftp.voidcmd("TYPE I")
        except BaseException:
            self._ftp.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(*ftplib.all_errors):
            if kind is None:
                self._ftp.quit()
        self._ftp.close()

    def status(self, path: str) -> FileStatus:
        """Answer the state of a file, as far as the server tells.

        Raises
        ------
        ItemMissing
            When there is no such file.
        """
        with self._speaking(path):
            size = self._fact(f"SIZE {path}")
            try:
                time = self._fact(f"MDTM {path}")
            except ftplib.error_perm:
                if size is None:
                    raise
                time = None
        known = size is not None and re.fullmatch("[0-9]{1,19}", size) is not None
        return FileStatus(int(size or 0) if known else None, f"{time}-{size}" if known and time else "")

    def can_restart(self) -> bool:
        """Say whether transfers can begin within a file."""
        with self._speaking(""):
            try:
                return self._ftp.sendcmd("REST 0").startswith("350")
            except ftplib.error_perm:
                return False

    def fetch(self, path: str, target: BinaryIO, start: int = 0) -> None:
        """Write a file, from a byte on, to ``target``; what is wrong with ``target`` is raised as it is.

        Raises
        ------
        ItemMissing
            When there is no such file.
        TransferFailed
            When the transfer broke off.
        """
        with closing(self._blocks(f"RETR {path}", path, start)) as blocks:
            for block in blocks:
                target.write(block)

    def read(self, path: str, start: int, stop: int) -> bytes:
        """Answer some bytes of a file.

        The transfer is left when they are here, which the server notices and reports.

        Raises
        ------
        ItemMissing, TransferFailed
            As ``fetch``.
        """
        content = bytearray()
        with self._speaking(path):
            connection, _ = self._ftp.ntransfercmd(f"RETR {path}", start or None)
        with connection:
            connection.settimeout(self._remote.timeout)
            while len(content) < stop - start:
                with self._transferring(path):
                    block = connection.recv(min(BLOCK, stop - start - len(content)))
                if not block:
                    raise TransferFailed(f"{path} in {self._place.storage}: the transfer broke off", locator=path)
                content += block
        with self._transferring(path), suppress(ftplib.error_temp, ftplib.error_perm):  # as 426, transfer aborted
            self._ftp.voidresp()
        return bytes(content)

    def folder(self, path: str) -> dict[str, bool]:
        """Answer what is in a folder: its names, and whether each is a folder again.

        Raises
        ------
        ItemMissing
            When there is no such folder.
        """
        try:
            lines = self._lines(f"MLSD {path}".rstrip(), path)
        except _NotKnown:
            return self._plain_folder(path)
        found: dict[str, bool] = {}
        for line in lines:
            facts, _, name = line.partition(" ")
            told = dict(fact.lower().split("=", 1) for fact in facts.split(";") if "=" in fact)
            kind = told.get("type", "file" if "size" in told else "")
            if kind in ("file", "dir") and _is_name(name):
                found[name] = kind == "dir"
        return found

    def _plain_folder(self, path: str) -> dict[str, bool]:
        """The same from a server without MLSD, which has to be asked for each name whether it is a file."""
        names = self._names(path)
        if not names:
            with self._speaking(path):
                self._ftp.cwd(path or ".")  # an error when there is no such folder; some answer an empty list
                self._ftp.cwd("/")
        return {name: self._is_folder(f"{path}/{name}" if path else name, name) for name in names}

    def _is_folder(self, path: str, name: str) -> bool:
        with suppress(ItemMissing):
            if self.status(path).size is not None:
                return False
        try:
            return self._names(path) != [name]
        except ItemMissing:
            return False

    def _names(self, path: str) -> list[str]:
        """The names in a folder, as NLST tells them: alone, or with the path of the folder."""
        lines = self._lines(f"NLST {path}".rstrip(), path)
        names = [line.rstrip("/").rpartition("/")[2] for line in lines]
        return [name for name in names if _is_name(name)]

    def _lines(self, command: str, path: str) -> list[str]:
        text = bytearray()
        for block in self._blocks(command, path):
            text += block
            if len(text) > LARGEST_LIST:
                raise DataUnavailable(
                    f"{path or '/'} in {self._place.storage}: its list has more than {LARGEST_LIST >> 20} MiB",
                    locator=path,
                )
        found = []
        for line in bytes(text).splitlines():
            with suppress(UnicodeDecodeError):  # a name that could not be asked for either
                found.append(line.decode(self._ftp.encoding))
        return [line for line in found if line.strip()]

    def _blocks(self, command: str, path: str, start: int = 0) -> Generator[bytes]:
        """What a transfer brings."""
        with self._speaking(path):
            connection, _ = self._ftp.ntransfercmd(command, start or None)
        with connection:
            connection.settimeout(self._remote.timeout)
            while True:
                with self._transferring(path):
                    block = connection.recv(BLOCK)
                if not block:
                    break
                yield block
        with self._transferring(path):
            self._ftp.voidresp()

    def _fact(self, command: str) -> str | None:
        """What the server answers to a question; None when it does not know the question."""
        try:
            reply = self._ftp.sendcmd(command)
        except ftplib.error_perm as error:
            if str(error)[:3] in _NOT_KNOWN:
                return None
            raise
        return reply[3:].strip() if reply.startswith("213") else None

    def _secure(self, ftp: _Secure) -> None:
        try:
            ftp.auth()
        except ftplib.error_perm as error:
            raise DataUnavailable(
                f"{self._place.storage}: the server offers no TLS ({_words(error)})", locator=self._place.host
            ) from error

    @contextmanager
    def _entering(self) -> Iterator[None]:
        """Say in our words what the server answers on the way in. Never its own: it may repeat what it was told."""
        with self._speaking(""):
            try:
                yield
            except ValueError as error:
                if isinstance(error, (UnicodeError, ssl.SSLError)):
                    raise
                raise ConfigurationError(
                    f"{self._place.storage}: user name or password has a line break", locator=self._place.host
                ) from None
            except (ftplib.error_reply, ftplib.error_temp, ftplib.error_proto) as error:
                raise StorageUnreachable(
                    f"{self._place.storage}: the server lets nobody in now ({str(error)[:3]})", locator=self._place.host
                ) from None
            except ftplib.error_perm as error:
                hint = "" if self._place.context is not None else "; it may want TLS: storage type 'ftps'"
                raise CredentialsRefused(
                    f"{self._place.storage}: the server refuses the log-in ({str(error)[:3]}){hint}",
                    locator=self._place.host,
                ) from None

    @contextmanager
    def _speaking(self, path: str) -> Iterator[None]:
        """Say in our words what the server answers, or that it does not."""
        where = f"{path} in {self._place.storage}" if path else self._place.storage
        try:
            yield
        except EOxServerError:
            raise
        except ftplib.error_perm as error:
            raise self._refused(error, where, path) from error
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message or error.reason
            raise DataUnavailable(
                f"{self._place.storage}: its certificate is not trusted ({reason})", locator=self._place.host
            ) from error
        except TimeoutError as error:
            raise StorageUnreachable(f"{where}: the server gave no answer in time", locator=path or None) from error
        except UnicodeError as error:
            raise DataUnavailable(f"{where}: the server answers no UTF-8", locator=path or None) from error
        except ftplib.all_errors as error:
            raise StorageUnreachable(
                f"{where}: {_words(error) or 'the server ended the connection'}", locator=path or None
            ) from error

    @contextmanager
    def _transferring(self, path: str) -> Iterator[None]:
        """As ``_speaking``, in a transfer: one that breaks off can be gone on with."""
        with self._speaking(path):
            try:
                yield
            except TimeoutError:
                raise
            except ftplib.all_errors as error:
                raise TransferFailed(
                    f"{path} in {self._place.storage}: the transfer broke off ({_words(error) or 'no more to read'})",
                    locator=path,
                ) from error

    def _refused(self, error: ftplib.error_perm, where: str, path: str) -> EOxServerError:
        code = str(error)[:3]
        if code in _NOT_KNOWN:
            return _NotKnown(f"{where}: the server does not know a command ({_words(error)})", locator=path or None)
        if code in _REFUSED:
            return CredentialsRefused(f"{where}: the server wants other credentials ({code})", locator=path or None)
        return ItemMissing(f"{where}: {_words(error)}", locator=path or None)


class _NotKnown(DataUnavailable):
    """The server lacks a command."""


def _is_name(name: str) -> bool:
    return name not in ("", ".", "..") and re.search(r"[\x00-\x1f\x7f/]", name) is None


def _words(error: BaseException) -> str:
    """What a server or the system said, on one line."""
    return " ".join(re.sub(r"[^\x20-\x7e]+", " ", str(error)).split())[:200]
