# SPDX-License-Identifier: MIT
"""Real FTP servers on the loopback (pyftpdlib), with and without TLS, that behave well or badly as a test asks.

``with FtpServer(folder) as server: ...``: files of the folder are at ``{server.url}/a/b.txt``, and
``server.count("RETR")`` says how often one was fetched.
"""

from __future__ import annotations

import datetime
import ipaddress
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

__all__ = ["FtpManners", "FtpServer", "make_certificate"]


@dataclass(slots=True)
class FtpManners:
    """How a server behaves; may be changed while it runs."""

    lacks: frozenset[str] = frozenset()
    """Commands that it answers with "500 not understood"."""
    busy: int = 0
    """So many clients are turned away with 421; it counts down."""
    silent: frozenset[str] = frozenset()
    """Commands that it never answers."""
    cut_at: int | None = None
    """A data connection is closed after about so many bytes ..."""
    cuts: int = 0
    """... so many times; it counts down."""
    stall_at: int | None = None
    """A data connection stays silent after about so many bytes."""
    lie: int = 0
    """Added to every SIZE."""
    empty_for_missing: bool = False
    """NLST of a folder that is not there answers an empty list, as vsftpd does."""
    full_names: bool = False
    """NLST answers names with their path."""
    commands: list[tuple[str, str]] = field(default_factory=list)
    """What clients said so far, with its arguments."""


class FtpServer:
    """A server of a folder.

    Parameters
    ----------
    folder : Path
        What it serves.
    user : tuple of str, optional
        Name and password of the only user who gets in; None for the anonymous one.
    certificate : Path, optional
        Of ``make_certificate``: TLS is asked for, for commands and data.
    """

    def __init__(self, folder: Path, *, user: tuple[str, str] | None = None, certificate: Path | None = None) -> None:
        self.manners = FtpManners()
        authorizer = DummyAuthorizer()
        if user is None:
            authorizer.add_anonymous(str(folder))
        else:
            authorizer.add_user(*user, str(folder))
        handler = _handler(self.manners, authorizer, certificate)
        self._loop = IOLoop()
        self._server = FTPServer(("127.0.0.1", 0), handler, ioloop=self._loop)
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.host, self.port = self._server.address[:2]
        self.url = f"{'ftps' if certificate else 'ftp'}://127.0.0.1:{self.port}"

    def __enter__(self) -> FtpServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def count(self, command: str) -> int:
        """How often a command was said."""
        return sum(said == command for said, _ in self.manners.commands)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._loop.loop(timeout=0.02, blocking=False)
        self._server.close_all()
        self._loop.close()


class _Transfer(DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A data connection with manners."""

    manners: FtpManners

    def send(self, data: bytes) -> int:
        manners, sent = self.manners, self.tot_bytes_sent
        if manners.cut_at is not None and manners.cuts > 0:
            if sent >= manners.cut_at:
                manners.cuts -= 1
                self.close()
                self.cmd_channel.respond("426 Connection closed; transfer aborted.")
                return 0
            data = data[: manners.cut_at - sent]
        if manners.stall_at is not None and sent + len(data) > manners.stall_at:
            time.sleep(0.01)
            return 0
        return int(super().send(data))


class _SafeTransfer(_Transfer, TLS_DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """The same, over TLS."""


class _Handler(FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A control connection with manners."""

    manners: FtpManners
    use_sendfile = False
    auth_failed_timeout = 0

    def handle(self) -> None:
        if self.manners.busy > 0:
            self.manners.busy -= 1
            self.respond("421 Too many connections.")
            self.close_when_done()
        else:
            super().handle()

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        self.manners.commands.append((cmd, arg))
        if cmd in self.manners.silent:
            return
        if cmd in self.manners.lacks:
            self.respond(f"500 Command {cmd} not understood.")
        else:
            super().pre_process_command(line, cmd, arg)

    def respond(self, resp: str, logfun: Any = None) -> None:
        if resp.startswith("213 ") and self.manners.commands[-1][0] == "SIZE":
            resp = f"213 {int(resp[4:]) + self.manners.lie}"
        super().respond(resp)

    def ftp_NLST(self, path: str) -> None:  # noqa: N802 (the name of the command)
        if self.manners.empty_for_missing and not self.fs.lexists(path):
            self.push_dtp_data(b"", cmd="NLST")
        elif self.manners.full_names and self.fs.isdir(path):
            top = self.fs.fs2ftp(path).rstrip("/")
            names = "".join(f"{top}/{name}\r\n" for name in sorted(self.fs.listdir(path)))
            self.push_dtp_data(names.encode(), cmd="NLST")
        else:
            super().ftp_NLST(path)


class _SafeHandler(_Handler, TLS_FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """The same, over TLS alone."""

    tls_control_required = True
    tls_data_required = True


def _handler(manners: FtpManners, authorizer: DummyAuthorizer, certificate: Path | None) -> type[FTPHandler]:
    """The class of pyftpdlib that speaks with the clients of one server."""
    transfer = type("Transfer", (_SafeTransfer if certificate else _Transfer,), {"manners": manners})
    names = {"manners": manners, "authorizer": authorizer, "dtp_handler": transfer}
    if certificate is None:
        return type("Handler", (_Handler,), names)
    return type("Handler", (_SafeHandler,), {**names, "certfile": str(certificate), "ssl_context": None})


def make_certificate(folder: Path, names: Iterable[str] = ("127.0.0.1", "localhost"), *, days: int = 1) -> Path:
    """Make a key, and a certificate of it that signs itself; answers the file with both, in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server of tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
