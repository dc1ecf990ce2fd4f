# SPDX-License-Identifier: MIT
"""A real SFTP server on the loopback (paramiko), that serves a folder to one user.

``with SftpServer(folder, "me", "secret") as server: ...``: files are at ``{server.url}/a/b.txt`` for who trusts
``server.known_hosts``, a line of a file of known hosts.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from threading import Thread
from types import TracebackType

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServerInterface

__all__ = ["SftpServer"]


class SftpServer:
    """A server of a folder.

    Parameters
    ----------
    folder : Path
        What it serves.
    user, password : str
        Who gets in.
    """

    def __init__(self, folder: Path, user: str, password: str) -> None:
        self._folder, self._user, self._password = folder, user, password
        self._key = paramiko.RSAKey.generate(2048)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []
        self._thread = Thread(target=self._run, daemon=True)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"sftp://127.0.0.1:{self.port}"
        self.known_hosts = f"[127.0.0.1]:{self.port} {self._key.get_name()} {self._key.get_base64()}\n"

    def __enter__(self) -> SftpServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()
        for transport in self._transports:
            transport.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # the end
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, self._folder)
            self._transports.append(transport)
            try:
                transport.start_server(server=_Gate(self._user, self._password))
            except (paramiko.SSHException, EOFError):  # a client that does not like the key goes away
                transport.close()


class _Gate(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    """Who gets in, and to what."""

    def __init__(self, user: str, password: str) -> None:
        self._login = user, password

    def check_auth_password(self, username: str, password: str) -> int:
        return int(paramiko.AUTH_SUCCESSFUL if (username, password) == self._login else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Files(SFTPServerInterface):  # type: ignore[misc]  # paramiko has no types
    """The files of a folder, to be read."""

    def __init__(self, server: paramiko.ServerInterface, folder: Path) -> None:
        super().__init__(server)
        self._folder = folder

    def list_folder(self, path: str) -> list[SFTPAttributes] | int:
        try:
            return [SFTPAttributes.from_stat(each.stat(), each.name) for each in self._path(path).iterdir()]
        except OSError as error:
            return _code(error)

    def stat(self, path: str) -> SFTPAttributes | int:
        try:
            return SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return _code(error)

    def lstat(self, path: str) -> SFTPAttributes | int:
        return self.stat(path)

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> SFTPHandle | int:
        handle = _File(flags)
        try:
            handle.readfile = self._path(path).open("rb")
        except OSError as error:
            return _code(error)
        return handle

    def _path(self, path: str) -> Path:
        return self._folder / str(self.canonicalize(path)).lstrip("/")


class _File(SFTPHandle):  # type: ignore[misc]  # paramiko has no types
    """An open file."""

    def stat(self) -> SFTPAttributes:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


def _code(error: OSError) -> int:
    return int(paramiko.SFTPServer.convert_errno(error.errno))
