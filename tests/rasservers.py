# SPDX-License-Identifier: MIT
"""A server that answers rasql by HTTP (``rasqueries`` evaluates the queries), and fails as a test wants."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from tests.rasqueries import Answer, Dialect, RasCollection, RasError, evaluate, reported

__all__ = ["Asked", "RasServer"]


@dataclass(frozen=True)
class Asked:
    """A request."""

    query: str
    method: str
    user: str
    headers: Mapping[str, str]
    url: str
    sent: int
    """Bytes of the body that was answered."""


@dataclass
class RasServer:
    """Serves until its end; a context manager.

    ``faults`` are names of what happens to the next requests, one each: ``503``, ``500``, ``404``, ``403``, ``lock``,
    ``drop``, ``cut``, ``short``, ``long``, ``html``, ``redirect``, ``silence``, ``report``, and ``ok``.
    """

    collections: Mapping[str, RasCollection] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=lambda: {"rasguest": "rasguest"})
    dialect: Dialect = field(default_factory=Dialect)
    reported_refusal: bool = False
    """Whether wrong credentials are told by a report of status 500, as some servers do."""

    def __post_init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[str] = []
        self.lock = Lock()
        self.ending = Event()
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> RasServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/rasdaman/rasql"

    @property
    def queries(self) -> list[str]:
        """All queries so far."""
        return [asked.query for asked in self.asked]

    @property
    def sent(self) -> int:
        """Bytes of all bodies so far."""
        return sum(asked.sent for asked in self.asked)

    def answer(self, given: Mapping[str, str], authorization: str) -> tuple[str, Answer]:
        """The user, and the answer to a request."""
        user = given.get("username", "")
        try:
            user = self._user(given, authorization)
            if not given.get("query"):
                raise RasError("query is missing", 400, "MissingParameterValue")
            return user, evaluate(given["query"], self.collections, self.dialect)
        except RasError as error:
            return user, reported(error)

    def _user(self, given: Mapping[str, str], authorization: str) -> str:
        user, password = given.get("username", "rasguest"), given.get("password", "rasguest")
        if authorization.startswith("Basic "):
            told = base64.b64decode(authorization[6:]).decode()
            assert "username" not in given or told == f"{user}:{password}"
            user, _, password = told.partition(":")
        elif authorization.startswith("Bearer "):
            user, password = "bearer", authorization[7:]
        if self.users.get(user) != password:
            status = 500 if self.reported_refusal else 401
            raise RasError(f"Access denied: the password '{password}' of {user} is wrong", status, "AccessDenied")
        return user


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: RasServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none of the server's errors."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _serve(self, form: str) -> None:
        owner = self.server.owner
        parts = urlsplit(self.path)
        given = {key: values[-1] for text in (parts.query, form) for key, values in parse_qs(text).items()}
        user, answer = owner.answer(given, self.headers.get("Authorization", ""))
        if parts.path != "/rasdaman/rasql":
            answer = Answer(b"<h1>Not Found</h1>", "text/html", 404)
        with owner.lock:
            fault = owner.faults.pop(0) if owner.faults else "ok"
            answer = _faulty(answer, fault)
            headers = {name.lower(): value for name, value in self.headers.items()}
            owner.asked.append(Asked(given.get("query", ""), self.command, user, headers, self.path, len(answer.body)))
        if fault == "silence":
            owner.ending.wait()
        if fault in ("drop", "silence"):
            self.close_connection = True
            return
        self._send(answer, cut=fault == "cut")

    def _send(self, answer: Answer, cut: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.close_connection = self.close_connection or cut


def _faulty(answer: Answer, fault: str) -> Answer:
    if fault in ("503", "500", "404", "403"):
        return Answer(b"<h1>no</h1>", "text/html", int(fault))
    if fault == "lock":
        return reported(RasError("Tile lock error: another transaction holds it"))
    if fault == "report":
        return reported(RasError("Execution error 381 in line 1,\n  column 8, near token encode: <no>"))
    if fault == "redirect":
        return Answer(b"", status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    if fault == "html":
        return Answer(b"<html>hello</html>", "text/html")
    changes: dict[str, Callable[[bytes], bytes]] = {"short": lambda body: body[:-1], "long": lambda body: body + b"+"}
    return replace(answer, body=changes[fault](answer.body)) if fault in changes else answer
