# SPDX-License-Identifier: MIT
"""Lists of files from index pages of several servers."""

from __future__ import annotations

import functools
import logging
import string
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages import http_listing
from eoxserver.backends.storages.http_listing import read_index
from eoxserver.core.errors import DataUnavailable, ItemMissing, TransferFailed
from tests.backends.storages.https import storage
from tests.fileservers import FileServer

NAMES = ["2024/07/B04.tif", "2024/07/B08.tif", "2024/08/B04.tif", "2024/a b.tif", "2024.tif", "2024 x/ü#?%41.tif", "z"]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer(dict.fromkeys((f"data/{name}" for name in NAMES), b"") | {"secret": b""}) as server:
        yield server


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        logging.getLogger(__name__).debug(format, *args)


@pytest.mark.integration
def test_folders_in_order(server: FileServer) -> None:
    own = storage(f"{server.url}/data")
    assert list(own.list_files()) == list(own.list_files("**")) == sorted(NAMES)
    assert list(own.list_files("2024")) == list(own.list_files("2024/")) == sorted(NAMES)[2:-1]
    assert list(storage(server).list_files("data/2024/07")) == [f"data/{name}" for name in NAMES[:2]]
    assert all("secret" not in asked.path for asked in server.asked)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("pattern", "found", "pages"),
    [
        ("*.tif", ["2024.tif"], [""]),
        ("2024/*.tif", ["2024/a b.tif"], ["2024/"]),
        ("2024/*/B04.tif", ["2024/07/B04.tif", "2024/08/B04.tif"], ["2024/", "2024/07/", "2024/08/"]),
        ("*/07/*", NAMES[:2], ["", "2024 x/", "2024/", "2024/07/"]),
        ("2024/0[!7]/B0?.tif", ["2024/08/B04.tif"], ["2024/", "2024/08/"]),
        ("**/B08.tif", ["2024/07/B08.tif"], ["", "2024 x/", "2024/", "2024/07/", "2024/08/"]),
        ("none/*.tif", [], ["none/"]),
        ("*.none", [], [""]),
    ],
)
def test_patterns_look_where_files_may_be(server: FileServer, pattern: str, found: list[str], pages: list[str]) -> None:
    assert list(storage(f"{server.url}/data").list_files(pattern)) == found
    assert [asked.path for asked in server.asked] == [f"data/{page}" for page in pages]


@pytest.mark.integration
def test_what_cannot_be_listed(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("none", "2024.tif"):
        with pytest.raises(ItemMissing, match=name):
            list(storage(f"{server.url}/data").list_files(name))
    server.put("data/site/", b"<title>Welcome</title><a href='x.tif'>x</a>")
    with pytest.raises(DataUnavailable, match="lists nothing: it answers folders without an index page") as caught:
        list(storage(f"{server.url}/data").list_files("site"))
    assert type(caught.value) is DataUnavailable
    monkeypatch.setattr(http_listing, "MOST_PAGES", 2)
    with pytest.raises(DataUnavailable, match="more than 2 folders"):
        list(storage(f"{server.url}/data").list_files())
    server.manners.cut_at = 10
    with pytest.raises(TransferFailed, match="ended its index page early"):
        list(storage(f"{server.url}/data").list_files())
    server.manners.indexes = False
    with pytest.raises(ItemMissing):
        list(storage(f"{server.url}/data").list_files())


@pytest.mark.integration
def test_folders_that_lie_in_themselves() -> None:
    server = FileServer({"/".join(["deep"] * 40 + ["a"]): b""})
    with server, pytest.raises(DataUnavailable, match="folders more than 32 deep"):
        list(storage(server).list_files())


@pytest.mark.integration
def test_the_standard_library_s_server(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            own = storage(f"http://127.0.0.1:{server.server_address[1]}")
            assert list(own.list_files()) == sorted(NAMES)
            for number, name in enumerate(own.list_files()):
                assert Path(own.retrieve(name, tmp_path.with_name(f"copy{number}"))).read_text() == name
        finally:
            server.shutdown()
            thread.join()


NGINX = """<html><head><title>Index of /data/</title></head><body><h1>Index of /data/</h1><hr><pre><a href="../">../</a>
<a href="sub/">sub/</a>   01-Jun-2024 12:00    -
<a href="a%20b.tif">a b.tif</a>  01-Jun-2024 12:00  100</pre></body></html>"""
APACHE = """<html><head><title>Index of /data</title></head><body><h1>Index of /data</h1><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=S;O=A">Size</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td></tr>
<tr><td><a href="sub/">sub/</a></td></tr><tr><td><a href="a%20b.tif">a b.tif</a></td></tr></table></body></html>"""
IIS = """<html><head><title>localhost - /data/</title></head><body><H1>localhost - /data/</H1><hr>
<pre><A HREF="/">[To Parent Directory]</A><br> <A HREF="/data/sub/">sub</A><br><A HREF="/data/a%20b.tif">a b.tif</A>"""
CADDY = """<html><head><title>/data/</title></head><body><h1><a href="/">/</a><a href="/data/">data</a>/</h1>
<a href="./sub/"><span>sub</span></a><a href="./a%20b.tif"><span>a b.tif</span></a></body></html>"""
LIGHTTPD = """<html><head><title>Index of /data/</title></head><body><h2>Index of /data/</h2><table>
<tr><td><a href="../">..</a>/</td></tr><tr><td><a href="sub/">sub</a>/</td></tr>
<tr><td><a href="a%20b.tif">a b.tif</a></td></tr></table></body></html>"""


@pytest.mark.parametrize(
    "page", [NGINX, APACHE, IIS, CADDY, LIGHTTPD], ids=["nginx", "apache", "iis", "caddy", "lighttpd"]
)
def test_pages_of_other_servers(page: str) -> None:
    for query in ("", "?sig=1"):
        assert read_index(page, f"http://host/data/{query}") == ["a b.tif", "sub/"]


@pytest.mark.parametrize(
    "link",
    [
        "../x", "/x", "/", "", ".", "./", "..", "/data", "/data/", "http://other/data/x", "https://host/data/x",
        "//other/data/x", "javascript:x()", "mailto:x@y", "#top", "?x", "a/b.tif", "a%2fb", "..%2fx", "%2e%2e/",
        "%2e%2e", "a%00", "a%5c..%5cb", "http://[", "file:///data/x",
    ],
)  # fmt: skip
def test_links_to_elsewhere_are_not_followed(link: str) -> None:
    page = f'<title>Index of /data/</title><a href="{link}">x</a><a href=own.tif>own</a><a>none</a>'
    assert read_index(page, "http://host/data/") == ["own.tif"]


@pytest.mark.parametrize("title", ["Welcome", "", "My /data and more", "404"])
def test_pages_that_are_no_index(title: str) -> None:
    for url in ("http://host/data/", "http://host/"):
        assert read_index(f"<title>{title}</title><a href=x.tif>x</a>", url) is None


@given(st.text(max_size=200) | st.text('<>a="/ &;' + string.ascii_lowercase, max_size=200))
def test_any_page_is_names_below_or_none(text: str) -> None:
    names = read_index(f"Index of <title>Index of</title>{text}", "http://host/data/")
    assert names is not None and all("/" not in name.removesuffix("/") and name.strip("./") for name in names)
