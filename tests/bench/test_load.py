# SPDX-License-Identifier: MIT
"""The load generator of the benchmarks: it speaks HTTP and FastCGI, and counts what it gets."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from bench.load import FastCgi, Http, Peer, Result, Wire, fetch, run
from bench.requests import maps, windows


@Request.application
def _echo(request: Request) -> Response:
    text = request.query_string.decode()
    body = iter([text[:3], text[3:]]) if "stream" in text else text * 10
    return Response(body, mimetype="text/echo")


@pytest.fixture
def http() -> Iterator[Http]:
    server = make_server("127.0.0.1", 0, _echo, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Http("127.0.0.1", server.server_port, kept=False)
    server.shutdown()
    thread.join()


def _record(kind: int, content: bytes, padding: int = 0) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), padding) + content + bytes(padding)


@pytest.fixture
def fastcgi(tmp_path: Path) -> Iterator[FastCgi]:
    """Answer a server that sends the size of its parameters, in records of all sizes."""
    path = tmp_path / "socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                asked = connection.recv(1 << 16)
                if not asked:
                    return
                size = struct.unpack_from(">H", asked, 16 + 4)[0]
                head = _record(6, b"Content-Type: text/echo\r\nStatus: 201 Made\r\n\r\n", 3)
                body = _record(6, str(size).encode()) + _record(6, b"x" * 70_00, 5) + _record(6, b"")
                for part in (head[:5], head[5:] + body[:9], body[9:] + _record(3, bytes(8))):
                    connection.sendall(part)

    thread = threading.Thread(target=serve)
    thread.start()
    yield FastCgi(str(path), (("SCRIPT_NAME", "/ows"),))
    with socket.socket(socket.AF_UNIX) as last:
        last.connect(str(path))
    thread.join()
    listener.close()


def test_http_answers(http: Http) -> None:
    answer = fetch(http, "a=1")
    assert (answer.status, answer.media_type.split(";")[0], answer.body) == (200, "text/echo", b"a=1" * 10)


def test_fastcgi_answers(fastcgi: FastCgi) -> None:
    answer = fetch(fastcgi, "a=1")
    assert (answer.status, answer.media_type) == (201, "text/echo")
    pairs = (("REQUEST_METHOD", "GET"), ("QUERY_STRING", "a=1"), ("SCRIPT_NAME", "/ows"))
    assert answer.body == str(sum(2 + len(name) + len(value) for name, value in pairs)).encode() + b"x" * 7000


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
def test_chunks_are_put_together(size: int) -> None:
    wire, body = Http("host", 1), b"0123456789" * size
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(body[i : i + 4096]), body[i : i + 4096]) for i in range(0, len(body), 4096)
    )
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    data, position = bytearray(), 0
    for start in range(0, len(whole), 1000):
        data += whole[start : start + 1000]
        position, complete = wire.end(data, position)
        assert complete is (len(data) == len(whole))
    assert wire.answer(data).body == body


@pytest.mark.parametrize("kind", ["http", "fastcgi"])
def test_a_run_counts_answers(request: pytest.FixtureRequest, kind: str) -> None:
    wire: Wire = request.getfixturevalue(kind)
    result = run(Peer(wire, []), (f"n={n}" for n in count()), 0.2, 3, lambda answer: answer.status < 300)
    assert len(result.latencies) == len(result.sizes) >= 3
    assert result.rate == pytest.approx(len(result.latencies) / result.seconds)
    with pytest.raises(ValueError, match="n=0"):
        run(Peer(wire, []), (f"n={n}" for n in count()), 0.2, 1, lambda answer: answer.status == 404)


def test_quantiles() -> None:
    result = Result(seconds=2, latencies=[0.4, 0.1, 0.2, 0.3])
    assert (result.quantile(0.5), result.quantile(0.95), result.rate) == (0.3, 0.4, 2.0)


def test_requests_are_the_same_every_time_and_hardly_ever_twice() -> None:
    first, second = ([next(queries) for _ in range(500)] for queries in (maps(1), maps(1)))
    assert first == second
    assert len(set(first)) == 500
    assert next(maps(2)) != first[0]
    assert next(windows(1, 21600, 10800)) == next(windows(1, 21600, 10800))
