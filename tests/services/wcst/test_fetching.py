# SPDX-License-Identifier: MIT
from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from typing import Any

import pytest

from eoxserver.core.errors import AccessDenied, LimitExceeded
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.fetching import Fetcher


class Handler(BaseHTTPRequestHandler):
    """Answers ten bytes at /ten, sends /here to /ten, /round to itself and /out elsewhere."""

    def do_GET(self) -> None:
        moved = {"/here": "/ten", "/round": "/round", "/out": "http://localhost:1/ten"}.get(self.path)
        self.send_response(302 if moved else 200 if self.path == "/ten" else 404)
        if moved:
            self.send_header("Location", moved)
        self.end_headers()
        if self.path == "/ten":
            self.wfile.write(b"0123456789")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def fetch(url: str, *hosts: str, private: bool = True, most: int = 100) -> bytes:
    target = BytesIO()
    Fetcher(hosts, private, 10, most).fetch(url, target, "ref")
    return target.getvalue()


def test_named_servers_are_asked(address: str) -> None:
    assert fetch(f"http://{address}/ten", address) == b"0123456789"
    assert fetch(f"http://{address}/here", address) == b"0123456789"
    with pytest.raises(LimitExceeded):
        fetch(f"http://{address}/ten", address, most=9)


def test_others_are_not(address: str) -> None:
    refused: list[tuple[str, tuple[str, ...]]] = [
        (f"http://{address}/ten", ()),
        (f"http://{address}/ten", ("127.0.0.1",)),
        (f"http://{address}/ten", ("127.0.0.1:80", "localhost")),
        (f"http://{address}/out", (address,)),
    ]
    for url, hosts in refused:
        with pytest.raises(AccessDenied, match="remote_hosts"):
            fetch(url, *hosts)
    with pytest.raises(AccessDenied, match="remote_private"):
        fetch(f"http://{address}/ten", address, private=False)


@pytest.mark.parametrize(
    "name", ["localhost:9", "0.0.0.0:9", "[::1]:9", "[::ffff:127.0.0.1]:9", "10.0.0.1:9", "169.254.169.254:9"]
)
def test_private_addresses(name: str) -> None:
    hosts = [name.replace("[", "").replace("]", "")]
    with pytest.raises(AccessDenied, match="remote_private"):
        fetch(f"http://{name}/a", *hosts, private=False)


def test_what_is_not_there(address: str) -> None:
    for path in ("none", "round"):
        with pytest.raises(TransactionError) as refused:
            fetch(f"http://{address}/{path}", address)
        assert (refused.value.code, refused.value.status) == ("WCSTCoverageNotFound", 404)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/b",
        "http:///b",
        "http://a:x/b",
        "http://user:word@a/b",
        "http://a/b c",
        "http://a/\u00e9",
        "http://[::1/a",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(TransactionError) as refused:
        fetch(url, "a")
    assert refused.value.code == "WCSTMalformedURL"
