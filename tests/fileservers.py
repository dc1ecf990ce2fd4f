# SPDX-License-Identifier: MIT
"""Real HTTP servers of files on the loopback, that behave well or badly as a test asks of them.

``with FileServer({"a/b.txt": b"hello"}) as server: ...``: the file is at ``{server.url}/a/b.txt``, and
``server.count("a/b.txt")`` says how often it was asked for.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

__all__ = ["Asked", "FileServer", "Manners", "basic", "bearer"]

_BLOCK = 16 * 1024
_LONG_AGO = 1_600_000_000


def basic(user: str, password: str) -> str:
    """The value of ``Authorization`` of a user with a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def bearer(token: str) -> str:
    """The value of ``Authorization`` of a bearer token."""
    return f"Bearer {token}"


@dataclass(slots=True)
class Manners:
    """How a server behaves; may be changed while it runs."""

    ranges: bool = True
    """Answers ``Range`` with 206, ``If-Range`` observed."""
    announce_ranges: bool = True
    """Says ``Accept-Ranges: bytes``, if it has ranges."""
    head: bool = True
    """False: HEAD is refused with 405."""
    etags: Literal["strong", "weak", "none"] = "strong"
    dates: bool = True
    """Answers ``Last-Modified``."""
    lengths: bool = True
    """False: answers without ``Content-Length``, ended by closing the connection."""
    indexes: bool = True
    """Folders have a page "Index of" with links."""
    delay: float = 0.0
    """Wait before every answer [s]."""
    pace: float = 0.0
    """Wait after each 16 KiB [s]."""
    fail: int = 0
    """So many requests are answered with ``fail_status``; it counts down."""
    fail_status: int = 503
    retry_after: str | None = "0"
    """``Retry-After`` of these failures."""
    drop: int = 0
    """So many requests are answered by closing the connection; it counts down."""
    cut_at: int | None = None
    """A body is cut after so many bytes, and the connection closed ..."""
    cuts: int = 1
    """... so many times; it counts down."""
    after_cut: bytes | None = None
    """What the file holds after a cut."""
    length_lie: int = 0
    """Added to every ``Content-Length``."""
    range_lie: int = 0
    """Added to where ``Content-Range`` says that it starts."""
    redirect: str = ""
    """All requests are sent on to this URL and the path asked for (302)."""
    authorization: str = ""
    """``Authorization`` must be this (``basic()``, ``bearer()``), else 401."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of files."""
    query: str = ""
    """The query must be this, as a signature, else 403."""


@dataclass(slots=True)
class Asked:
    """A request, and how it was answered so far."""

    method: str
    path: str
    """Decoded, without the first slash."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int = 0
    sent: int = 0
    """Bytes of the body handed to the connection."""

    @property
    def range(self) -> str:
        """Its ``Range``, or empty text."""
        return self.headers.get("range", "")


@dataclass
class FileServer:
    """A server of files; a context manager that serves until its end.

    Parameters
    ----------
    files : mapping of str to bytes
        Content by path; change it with ``put`` and ``remove``.
    manners : Manners
        How the server behaves.
    certificate : Path, optional
        PEM file of a certificate and its key: served by HTTPS.
    host : str
        Name in the URL of the server; it listens on the loopback.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    manners: Manners = field(default_factory=Manners)
    certificate: Path | None = None
    host: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.lock = Lock()
        self.held = dict(self.files)
        self.changed = dict.fromkeys(self.held, _LONG_AGO)
        self.asked: list[Asked] = []
        self._server = _Server(self)
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> FileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def put(self, path: str, content: bytes) -> None:
        """Add or replace a file; its entity tag and date change."""
        with self.lock:
            self.held[path] = content
            self.changed[path] = self.changed.get(path, _LONG_AGO) + 3600

    def remove(self, path: str) -> None:
        """Remove a file."""
        with self.lock:
            del self.held[path]

    def forget(self) -> None:
        """Begin to count anew."""
        self.asked.clear()

    def requests(self, path: str | None = None, method: str | None = None) -> list[Asked]:
        """The requests so far, for one path, of one method."""
        return [asked for asked in list(self.asked) if path in (None, asked.path) and method in (None, asked.method)]

    def count(self, path: str | None = None, method: str | None = None) -> int:
        """How many requests there were."""
        return len(self.requests(path, method))

    def sent(self, path: str | None = None) -> int:
        """How many bytes of bodies were sent."""
        return sum(asked.sent for asked in self.requests(path))


class _Server(ThreadingHTTPServer):
    """Knows what it serves, and says nothing of clients that go away."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: FileServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none of the server's errors."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer without body."""
        self._answer()

    def do_GET(self) -> None:
        """Answer a file, a part of it or an index."""
        self._answer()

    def _answer(self) -> None:
        owner = self.server.owner
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.asked = Asked(self.command, unquote(parts.path).removeprefix("/"), parts.query, headers)
        with owner.lock:
            owner.asked.append(self.asked)
        time.sleep(owner.manners.delay)
        if not self._misbehave(owner.manners):
            self._send_file_or_index(owner)

    def _misbehave(self, manners: Manners) -> bool:
        """Refuse, fail, or send elsewhere; say whether that was the answer."""
        with self.server.owner.lock:
            dropped, failed = manners.drop > 0, manners.fail > 0
            manners.drop -= dropped
            manners.fail -= failed and not dropped
        if dropped:
            self.close_connection = True
        elif failed:
            after = {} if manners.retry_after is None else {"Retry-After": manners.retry_after}
            self._send(manners.fail_status, b"not now", after)
        elif manners.redirect:
            self._send(302, b"", {"Location": manners.redirect + self.path})
        elif manners.authorization and self.asked.headers.get("authorization") != manners.authorization:
            scheme = manners.authorization.partition(" ")[0]
            self._send(401, b"who are you?", {"WWW-Authenticate": f'{scheme} realm="files"'})
        elif manners.query and self.asked.query != manners.query:
            self._send(403, b"no", {})
        elif self.command == "HEAD" and not manners.head:
            self._send(405, b"", {"Allow": "GET"})
        else:
            return False
        return True

    def _send_file_or_index(self, owner: FileServer) -> None:
        path, manners = self.asked.path, owner.manners
        with owner.lock:
            content, changed, names = owner.held.get(path), owner.changed.get(path, 0), list(owner.held)
        if content is None:
            page = _index(path, names) if manners.indexes else None
            if page is not None and path and not path.endswith("/"):
                self._send(301, b"", {"Location": quote(f"/{path}/")})
            elif page is not None:
                self._send(200, page, {"Content-Type": "text/html;charset=UTF-8"})
            else:
                self._send(404, b"<h1>Not Found</h1>", {"Content-Type": "text/html"})
            return
        headers = {"Content-Type": "application/octet-stream", **manners.headers}
        if manners.etags != "none":
            headers["ETag"] = ("W/" if manners.etags == "weak" else "") + f'"{hashlib.md5(content).hexdigest()}"'
        if manners.dates:
            headers["Last-Modified"] = formatdate(changed, usegmt=True)
        if manners.ranges and manners.announce_ranges:
            headers["Accept-Ranges"] = "bytes"
        self._send_file(content, headers)

    def _send_file(self, content: bytes, headers: dict[str, str]) -> None:
        """Answer a file, all or a part, or that it is (un)changed."""
        manners = self.server.owner.manners
        asked, etag, date = self.asked.headers, headers.get("ETag", ""), headers.get("Last-Modified", "")
        matches = "if-match" not in asked or (asked["if-match"] == etag and not etag.startswith("W/"))
        if "if-none-match" in asked:
            known = etag != "" and asked["if-none-match"] == etag
        else:
            known = date != "" and asked.get("if-modified-since") == date
        if not matches or _later(date, asked.get("if-unmodified-since", date)):
            self._send(412, b"", {})
        elif known:
            self._send(304, b"", headers)
        else:
            whole = "if-range" in asked and (asked["if-range"] not in (etag, date) or asked["if-range"].startswith("W"))
            bounds = None if whole or not manners.ranges else _bounds(self.asked.range, len(content))
            if bounds is None:
                self._send(200, content, headers)
            elif bounds[0] >= bounds[1]:
                self._send(416, b"", {**headers, "Content-Range": f"bytes */{len(content)}"})
            else:
                start, stop = bounds
                lie = manners.range_lie
                headers["Content-Range"] = f"bytes {start + lie}-{stop - 1 + lie}/{len(content)}"
                self._send(206, content[start:stop], headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Answer, and count."""
        manners = self.server.owner.manners
        self.asked.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not manners.lengths:
            self.send_header("Connection", "close")
        elif status != 304:
            self.send_header("Content-Length", str(len(body) + (manners.length_lie if status in (200, 206) else 0)))
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(body if status not in (200, 206) else self._cut(body))
        self.close_connection = self.close_connection or not manners.lengths or manners.length_lie > 0

    def _cut(self, body: bytes) -> bytes:
        """Cut a body where a test asks for it, and change the file."""
        owner = self.server.owner
        manners = owner.manners
        with owner.lock:
            if manners.cut_at is None or manners.cuts <= 0 or len(body) <= manners.cut_at:
                return body
            manners.cuts -= 1
            self.close_connection = True
            if manners.after_cut is not None:
                owner.held[self.asked.path] = manners.after_cut
                owner.changed[self.asked.path] += 3600
            return body[: manners.cut_at]

    def _send_body(self, body: bytes) -> None:
        for start in range(0, len(body), _BLOCK):
            block = body[start : start + _BLOCK]
            self.asked.sent += len(block)
            self.wfile.write(block)
            if self.server.owner.manners.pace:
                self.wfile.flush()
                time.sleep(self.server.owner.manners.pace)


def _bounds(asked: str, size: int) -> tuple[int, int] | None:
    """The bytes that a ``Range`` means; None for all, an empty range for none that exist."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
    if match is None or match[0] == "bytes=-":
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size
    return int(match[1]), min(size, int(match[2]) + 1) if match[2] else size


def _later(date: str, than: str) -> bool:
    return bool(date) and parsedate_to_datetime(date) > parsedate_to_datetime(than)


def _index(folder: str, names: Iterable[str]) -> bytes | None:
    """The page of a folder as Apache makes it; None when there is no such folder."""
    prefix = folder if folder.endswith("/") or not folder else f"{folder}/"
    below = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    if not below and prefix:
        return None
    entries = sorted({first + slash for first, slash, _ in (name.partition("/") for name in below)})
    title = f"Index of /{html.escape(folder.rstrip('/'))}"
    links = ['<a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a>', '<a href="../">Parent Directory</a>']
    links += [f'<a href="{quote(entry)}">{html.escape(entry)}</a>  2024-06-01 12:00' for entry in entries]
    page = "\n".join(links)
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><pre>{page}</pre></body></html>".encode()
