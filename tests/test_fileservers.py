# SPDX-License-Identifier: MIT
"""The servers that tests of storages use behave as they are asked to."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.certificates import make_certificate
from tests.fileservers import FileServer, Manners, basic

pytestmark = pytest.mark.integration
CONTENT = bytes(range(256)) * 400


def ask(
    server: FileServer, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[int, HTTPMessage, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response: HTTPResponse = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_files_and_parts() -> None:
    with FileServer({"a b.bin": CONTENT}) as server:
        status, headers, body = ask(server, "/a%20b.bin")
        assert (status, body, headers["Content-Length"]) == (200, CONTENT, str(len(CONTENT)))
        for asked, part in (("0-9", CONTENT[:10]), ("100-", CONTENT[100:]), ("-5", CONTENT[-5:])):
            status, headers, body = ask(server, "/a%20b.bin", {"Range": f"bytes={asked}"})
            assert (status, body) == (206, part)
        assert headers["Content-Range"] == f"bytes {len(CONTENT) - 5}-{len(CONTENT) - 1}/{len(CONTENT)}"
        assert ask(server, "/a%20b.bin", {"Range": f"bytes={len(CONTENT)}-"})[0] == 416
        assert ask(server, "/none")[0] == 404
        assert ask(server, "/a%20b.bin", method="HEAD")[2] == b""
        assert server.count("a b.bin") == 6 and server.count(method="HEAD") == 1
        assert server.sent("a b.bin") == 2 * len(CONTENT) - 100 + 15
        server.manners.ranges = False
        assert ask(server, "/a%20b.bin", {"Range": "bytes=0-9"})[0] == 200


def test_conditions() -> None:
    with FileServer({"a": CONTENT}) as server:
        first = ask(server, "/a")[1]
        tag, date = first["ETag"], first["Last-Modified"]
        assert ask(server, "/a", {"If-None-Match": tag})[0] == 304
        assert ask(server, "/a", {"If-Modified-Since": date})[0] == 304
        assert ask(server, "/a", {"If-Range": tag, "Range": "bytes=0-1"})[0] == 206
        assert ask(server, "/a", {"If-Match": tag, "If-Unmodified-Since": date})[0] == 200
        server.put("a", b"other")
        assert ask(server, "/a", {"If-None-Match": tag})[0] == 200
        assert ask(server, "/a", {"If-Range": tag, "Range": "bytes=0-1"})[0] == 200
        assert ask(server, "/a", {"If-Match": tag})[0] == 412
        assert ask(server, "/a", {"If-Unmodified-Since": date})[0] == 412
        server.manners.etags = "weak"
        assert ask(server, "/a")[1]["ETag"].startswith('W/"')
        server.remove("a")
        assert ask(server, "/a")[0] == 404


def test_failures_are_counted_down() -> None:
    with FileServer({"a": CONTENT}, Manners(fail=1, drop=1, retry_after="7")) as server:
        with pytest.raises(ConnectionError):
            ask(server, "/a")
        assert (failed := ask(server, "/a"))[0] == 503 and failed[1]["Retry-After"] == "7"
        assert ask(server, "/a")[0] == 200


def test_cuts_and_lies() -> None:
    with FileServer({"a": CONTENT}, Manners(cut_at=1000, after_cut=b"new")) as server:
        with pytest.raises(IncompleteRead) as caught:
            ask(server, "/a")
        assert caught.value.partial == CONTENT[:1000]
        assert ask(server, "/a")[2] == b"new"
        server.manners.length_lie = 5
        with pytest.raises(IncompleteRead):
            ask(server, "/a")
        server.manners.length_lie = -1
        assert ask(server, "/a")[2] == b"ne"
        server.manners = Manners(range_lie=1, lengths=False)
        headers, body = ask(server, "/a", {"Range": "bytes=0-1"})[1:]
        assert (headers["Content-Range"], headers["Content-Length"], body) == ("bytes 1-2/3", None, b"ne")


def test_who_may_read() -> None:
    with FileServer({"a": CONTENT}, Manners(authorization=basic("eo", "pass"), head=False)) as server:
        assert ask(server, "/a")[0] == 401
        assert ask(server, "/a", {"Authorization": basic("eo", "pass")})[0] == 200
        assert ask(server, "/a", {"Authorization": basic("eo", "pass")}, "HEAD")[0] == 405
        server.manners = Manners(query="sig=1")
        assert [ask(server, path)[0] for path in ("/a", "/a?sig=2", "/a?sig=1")] == [403, 403, 200]
        server.manners = Manners(redirect="http://other")
        assert ask(server, "/a?x=1")[1]["Location"] == "http://other/a?x=1"


def test_indexes() -> None:
    with FileServer({"a.txt": b"", "sub/b c.txt": b"", "sub/deep/d.txt": b""}) as server:
        assert b'<a href="a.txt">' in ask(server, "/")[2] and b'<a href="sub/">' in ask(server, "/")[2]
        assert ask(server, "/sub")[0] == 301
        assert b'<a href="b%20c.txt">' in ask(server, "/sub/")[2]
        assert ask(server, "/none/")[0] == 404
        server.manners.indexes = False
        assert ask(server, "/")[0] == 404


def test_tls(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with FileServer({"a": b"content"}, certificate=certificate) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        trusting = ssl.create_default_context(cafile=str(certificate))
        with urlopen(f"{server.url}/a", context=trusting) as response:
            assert response.read() == b"content"
        with pytest.raises(URLError, match="certificate verify failed"):
            urlopen(f"{server.url}/a")
