# SPDX-License-Identifier: MIT
"""A load generator: a few clients, each with one request under way, in one thread.

It speaks HTTP/1.1 with kept connections, and FastCGI with a connection a request (a FastCGI process of
MapServer serves one connection at a time: kept ones would shut the other clients out). What it costs itself
is the same for both, but for the connections.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bench.processes import cpu_seconds

__all__ = ["Answer", "FastCgi", "Http", "Peer", "Result", "Wire", "fetch", "median", "run"]

STDOUT, END_REQUEST = 6, 3
"""Kinds of FastCGI records."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer."""

    status: int
    media_type: str
    body: bytes


class Wire(Protocol):
    """How requests travel to a server."""

    @property
    def kept(self) -> bool:
        """Whether a connection serves many requests."""

    def connect(self) -> socket.socket: ...

    def message(self, query: str) -> bytes:
        """The bytes of a GET request."""

    def end(self, data: bytearray, position: int) -> tuple[int, bool]:
        """How far the answer has been looked at, which is where to go on, and whether all of it is there."""

    def answer(self, data: bytearray) -> Answer:
        """The answer, all of which is there."""


@dataclass(frozen=True)
class Http:
    """HTTP/1.1."""

    host: str
    port: int
    path: str = "/ows"
    kept: bool = True

    def connect(self) -> socket.socket:
        connection = socket.create_connection((self.host, self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def message(self, query: str) -> bytes:
        keep = "keep-alive" if self.kept else "close"
        return f"GET {self.path}?{query} HTTP/1.1\r\nHost: {self.host}\r\nConnection: {keep}\r\n\r\n".encode()

    def end(self, data: bytearray, position: int) -> tuple[int, bool]:
        if position == 0:  # then it is the size of the whole answer, or -1 for chunks
            head = data.find(b"\r\n\r\n")
            if head < 0:
                return 0, False
            fields = _fields(data[:head])
            position = head + 4 + int(fields["content-length"]) if "content-length" in fields else -1
        return position, data.endswith(b"0\r\n\r\n") if position < 0 else len(data) >= position

    def answer(self, data: bytearray) -> Answer:
        head = data.find(b"\r\n\r\n")
        fields = _fields(data[:head])
        body = bytes(data[head + 4 :]) if "content-length" in fields else _dechunked(data, head + 4)
        return Answer(int(data[:head].split(maxsplit=2)[1]), fields.get("content-type", ""), body)


def _fields(head: bytearray | bytes) -> dict[str, str]:
    """Header fields by their names in lower case."""
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _dechunked(data: bytearray, position: int) -> bytes:
    parts: list[bytes] = []
    while True:
        line = data.index(b"\r\n", position)
        size = int(bytes(data[position:line]).split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(bytes(data[line + 2 : line + 2 + size]))
        position = line + 4 + size


@dataclass(frozen=True)
class FastCgi:
    """FastCGI 1.0 over a Unix socket, without a web server between."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    kept: bool = False

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(self.path)
        return connection

    def message(self, query: str) -> bytes:
        pairs = (("REQUEST_METHOD", "GET"), ("QUERY_STRING", query), *self.parameters)
        content = b"".join(_length(name) + _length(value) + name.encode() + value.encode() for name, value in pairs)
        begin = struct.pack(">HB5x", 1, 0)
        return _record(1, begin) + _record(4, content) + _record(4, b"") + _record(5, b"")

    def end(self, data: bytearray, position: int) -> tuple[int, bool]:
        while position + 8 <= len(data):
            if data[position + 1] == END_REQUEST:
                return position, len(data) >= position + 16
            position += 8 + ((data[position + 4] << 8) | data[position + 5]) + data[position + 6]
        return position, False

    def answer(self, data: bytearray) -> Answer:
        position = 0
        parts: list[bytes] = []
        while data[position + 1] != END_REQUEST:
            size = (data[position + 4] << 8) | data[position + 5]
            if data[position + 1] == STDOUT:
                parts.append(bytes(data[position + 8 : position + 8 + size]))
            position += 8 + size + data[position + 6]
        output = b"".join(parts)
        head, _, body = output.partition(b"\r\n\r\n")
        fields = _fields(head)
        return Answer(int(fields.get("status", "200").split()[0]), fields.get("content-type", ""), body)


def _length(text: str) -> bytes:
    size = len(text.encode())
    return bytes([size]) if size < 128 else struct.pack(">I", size | 0x80000000)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


@dataclass(frozen=True)
class Peer:
    """A running server."""

    wire: Wire
    pids: list[int]
    """Its processes."""


@dataclass
class Result:
    """What a run gave."""

    seconds: float = 0.0
    """From the first request to the last answer within the time."""
    latencies: list[float] = field(default_factory=list)
    """Of each answer [s]."""
    sizes: list[int] = field(default_factory=list)
    """Of each body [bytes]."""
    own_seconds: float = 0.0
    """Processor time of the load generator itself."""
    server_seconds: float = 0.0
    """Processor time of the server."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """The latency that this share of the answers does not exceed [s]."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass
class _Client:
    connection: socket.socket | None = None
    incoming: bytearray = field(default_factory=bytearray)
    position: int = 0
    query: str = ""
    began: float = 0.0


def run(peer: Peer, queries: Iterator[str], seconds: float, clients: int, good: Callable[[Answer], bool]) -> Result:
    """Ask for ``seconds``; raises ValueError for an answer that is not ``good``."""
    wire, selector, result = peer.wire, selectors.DefaultSelector(), Result()
    before = cpu_seconds(peer.pids)
    states = [_Client() for _ in range(clients)]
    own, start = time.process_time(), time.perf_counter()
    try:
        for client in states:
            _ask(wire, selector, client, next(queries))
        while any(client.connection for client in states):
            for key, _ in selector.select():
                _serve(wire, selector, key.data, queries, start, start + seconds, good, result)
    finally:
        for client in states:
            _close(selector, client)
        selector.close()
    result.own_seconds = time.process_time() - own
    result.server_seconds = cpu_seconds(peer.pids) - before
    return result


def _serve(
    wire: Wire,
    selector: selectors.BaseSelector,
    state: _Client,
    queries: Iterator[str],
    start: float,
    stop: float,
    good: Callable[[Answer], bool],
    result: Result,
) -> None:
    """Take what has arrived for a client; count a whole answer, and ask on while there is time."""
    answer = _advance(wire, selector, state)
    if answer is None:
        return
    now = time.perf_counter()
    if not good(answer):
        raise ValueError(f"{state.query}: {answer.status} {answer.media_type} {answer.body[:500]!r}")
    result.latencies.append(now - state.began)
    result.sizes.append(len(answer.body))
    if now < stop:
        _ask(wire, selector, state, next(queries))
    else:
        result.seconds = max(result.seconds, now - start)
        _close(selector, state)


def _ask(wire: Wire, selector: selectors.BaseSelector, state: _Client, query: str) -> None:
    if not wire.kept:
        _close(selector, state)
    state.query, state.began, state.incoming, state.position = query, time.perf_counter(), bytearray(), 0
    if state.connection is None:
        state.connection = wire.connect()
        state.connection.setblocking(False)
        selector.register(state.connection, selectors.EVENT_READ, state)
    state.connection.setblocking(True)
    state.connection.sendall(wire.message(query))
    state.connection.setblocking(False)


def _advance(wire: Wire, selector: selectors.BaseSelector, state: _Client) -> Answer | None:
    assert state.connection is not None
    complete = False
    while not complete:
        try:
            part = state.connection.recv(1 << 20)
        except BlockingIOError:
            return None
        if not part:
            if state.incoming:
                raise ValueError(f"{state.query}: the server closed the connection amid the answer")
            _close(selector, state)  # a kept connection the server gave up between two requests: ask again
            _ask(wire, selector, state, state.query)
            return None
        state.incoming += part
        state.position, complete = wire.end(state.incoming, state.position)
    return wire.answer(state.incoming)


def _close(selector: selectors.BaseSelector, state: _Client) -> None:
    if state.connection is not None:
        selector.unregister(state.connection)
        state.connection.close()
        state.connection = None


def fetch(wire: Wire, query: str) -> Answer:
    """One answer, by a connection of its own."""
    with wire.connect() as connection:
        connection.sendall(wire.message(query))
        data, position, complete = bytearray(), 0, False
        while not complete:
            part = connection.recv(1 << 20)
            if not part:
                raise ValueError(f"{query}: the connection ended with {len(data)} bytes")
            data += part
            position, complete = wire.end(data, position)
        return wire.answer(data)


def median(values: Sequence[float]) -> float:
    """The middle value."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
