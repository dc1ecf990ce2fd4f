# SPDX-License-Identifier: MIT
"""Lists of files from the index pages that web servers make of folders.

HTTP has no lists. Most servers of files can answer a folder with a page of links to what is in it ("Index of ...",
"Directory listing for ..."); such pages are followed, links that lead elsewhere are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import requests

from eoxserver.backends.patterns import matches
from eoxserver.backends.storages.http_client import HttpClient, Interrupted, blocks
from eoxserver.backends.storages.paths import select
from eoxserver.core.errors import ItemMissing

__all__ = ["IndexPage", "list_folder", "read_index"]

MOST_PAGES = 10_000
_DEEPEST = 32
_MOST_BYTES = 32 << 20
_TITLE = re.compile(r"\bindex of\b|\b(directory|folder) listing\b|\blisting of\b", re.IGNORECASE)


class IndexPage(HTMLParser):
    """The links and the title of a page.

    >>> page = IndexPage()
    >>> page.feed('<title>Index of /data</title><a href="a%20b.tif">a b.tif</a>')
    >>> page.title, page.links
    ('Index of /data', ['a%20b.tif'])
    """

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.title = ""
        self._within = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link; begin a title."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]
        if tag in ("title", "h1"):
            self._within += 1
            self.title += "\n" if self.title else ""

    def handle_endtag(self, tag: str) -> None:
        """End a title."""
        self._within -= tag in ("title", "h1")

    def handle_data(self, data: str) -> None:
        """Note the title."""
        if self._within > 0:
            self.title += data


def read_index(text: str, url: str) -> list[str] | None:
    """Answer the names that an index page links to, folders with ``/`` at the end; None when it is no index page.

    Parameters
    ----------
    text : str
        HTML.
    url : str
        Of the page; ends with ``/``, maybe with a query behind.
    """
    page = IndexPage()
    page.feed(text)
    base = urlsplit(url)
    path = unquote(base.path)
    folder = "/" if path == "/" else f"{re.escape(path.rstrip('/'))}/?"
    if not _TITLE.search(page.title) and not re.search(rf"(?:^|\s){folder}\s*$", page.title, re.MULTILINE):
        return None
    names = set()
    for link in page.links:
        try:
            target = urlsplit(urljoin(url, link))
        except ValueError:
            continue
        name = unquote(target.path).removeprefix(path)
        inside = unquote(target.path).startswith(path) and (target.scheme, target.netloc) == (base.scheme, base.netloc)
        sorting = bool(target.query) and target.query != base.query
        if inside and not sorting and re.fullmatch(r"(?!\.{0,2}/?$)[^/\\\x00-\x1f]+/?", name):
            names.add(name)
    return sorted(names)


def list_folder(client: HttpClient, url: str, location: str) -> Iterator[str]:
    """List the files below a folder, or those that match a pattern, in order.

    Parameters
    ----------
    client : HttpClient
        Of the storage.
    url : str
        Of the storage, its path without ``/`` at the end; never shown.
    location : str
        Folder or pattern, checked.

    Raises
    ------
    ItemMissing
        When there is no such folder; a pattern just matches nothing.
    DataUnavailable
        When the server makes no index pages, or too many of them; and as ``HttpClient.ask``.
    """
    wanted = select(location, f"storage {client.storage}")
    walk = _Walk(client, url, wanted.pattern)
    try:
        for name in walk.files(f"{wanted.folder}/" if wanted.folder else ""):
            if wanted.has(name):
                yield name
    except ItemMissing:
        if wanted.pattern is None or walk.pages:
            raise


class _Walk:
    """Goes through the folders of a server, page by page."""

    def __init__(self, client: HttpClient, url: str, pattern: str | None) -> None:
        self._client, self._parts = client, urlsplit(url)
        self._pattern = None if pattern is None else pattern.split("/")
        self.pages = 0

    def files(self, folder: str) -> Iterator[str]:
        """The files below a folder, which is empty or ends with ``/``."""
        for name in self._entries(folder):
            if not name.endswith("/"):
                yield folder + name
            elif folder.count("/") == _DEEPEST:
                raise self._client.unavailable(
                    folder, f"has folders more than {_DEEPEST} deep, or such that lie in themselves"
                )
            elif self._may_lead(folder + name):
                yield from self.files(folder + name)

    def _may_lead(self, folder: str) -> bool:
        """Say whether something below a folder may match."""
        if self._pattern is None:
            return True
        parts = folder.rstrip("/").split("/")
        begin = self._pattern[: len(parts)]
        if "**" in begin:
            return True
        return len(parts) < len(self._pattern) and matches("/".join(parts), "/".join(begin))

    def _entries(self, folder: str) -> list[str]:
        if self.pages == MOST_PAGES:
            raise self._client.unavailable(folder, f"has more than {MOST_PAGES} folders; accepted: a narrower pattern")
        url = urlunsplit(self._parts._replace(path=f"{self._parts.path.rstrip('/')}/{quote(folder)}"))
        with self._client.ask("GET", url, folder or "/") as response:
            names = None
            if response.headers.get("Content-Type", "").lower().startswith(("text/html", "application/xhtml")):
                names = read_index(self._text(response, folder), response.url)
        if names is None:
            raise self._client.unavailable(
                folder or "/",
                "lists nothing: it answers folders without an index page; accepted: names of single files",
            )
        self.pages += 1
        return names

    def _text(self, response: requests.Response, folder: str) -> str:
        """The page, within bounds."""
        content = bytearray()
        try:
            for block in blocks(response):
                content += block
                if len(content) > _MOST_BYTES:
                    raise self._client.unavailable(folder, f"has an index page of more than {_MOST_BYTES} bytes")
        except Interrupted as error:
            raise self._client.failed(folder, f"ended its index page early: {error}") from error
        return content.decode(response.encoding if response.encoding == "utf-8" else "utf-8", "replace")
