# SPDX-License-Identifier: MIT
"""Files that requests refer to: on this machine below folders that the settings name, or on servers that they name."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from eoxserver.conf.schema import Settings
from eoxserver.core.errors import AccessDenied, LimitExceeded
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.fetching import Fetcher

__all__ = ["References"]


class References:
    """Finds what requests refer to, as ``services.wcst`` allows.

    Parameters
    ----------
    settings : Settings
        ``wcst.file_roots``, ``wcst.remote_hosts``, ``wcst.remote_private`` and the limits.
    """

    def __init__(self, settings: Settings) -> None:
        chosen = settings.wcst
        self._roots = tuple(settings.path(root).resolve() for root in chosen.file_roots)
        self._temporary = settings.path(settings.cache.directory) / "incoming"
        self._max_bytes = chosen.request_body_bytes
        hosts = frozenset(host.lower() for host in chosen.remote_hosts)
        private = chosen.remote_private == "yes"
        self._documents = Fetcher(hosts, private, settings.remote.timeout, chosen.request_body_bytes)
        self._files = Fetcher(hosts, private, settings.remote.timeout, chosen.max_file_bytes)

    def read(self, url: str, locator: str) -> bytes:
        """The bytes of a document.

        Raises
        ------
        TransactionError
            ``WCSTMalformedURL``, ``WCSTCoverageNotFound``.
        AccessDenied
            When the settings do not allow the place.
        LimitExceeded
            When it is too large.
        """
        with self._located(url, locator, self._documents) as path:
            if path.stat().st_size > self._max_bytes:
                raise LimitExceeded(f"{path.name} has more than {self._max_bytes} bytes", locator=locator)
            try:
                return path.read_bytes()
            except OSError as error:
                raise _unreadable(url, locator) from error

    @contextmanager
    def file(self, url: str, locator: str) -> Iterator[Path]:
        """A file as one of this machine; a fetched one is there no longer than the context; raises as ``read``."""
        with self._located(url, locator, self._files) as path:
            yield path

    @contextmanager
    def _located(self, url: str, locator: str, fetcher: Fetcher) -> Iterator[Path]:
        url = url.strip()
        if url.startswith(("http://", "https://")):
            self._temporary.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._temporary) as folder:
                path = Path(folder) / f"file{_extension(url)}"
                with path.open("wb") as target:
                    fetcher.fetch(url, target, locator)
                yield path
            return
        yield self._local(url, locator)

    def _local(self, url: str, locator: str) -> Path:
        """The file of a ``file:`` URL or an absolute path, once it is known to lie below a root."""
        path = url
        if url.startswith("file:"):
            place = urlsplit(url)
            if place.netloc not in ("", "localhost"):
                raise _malformed(url, locator)
            path = unquote(place.path)
        if not path.startswith("/") or "\0" in path:
            raise _malformed(url, locator)
        try:
            real = Path(path).resolve()
        except (OSError, RuntimeError) as error:
            raise _malformed(url, locator) from error
        if not any(real.is_relative_to(root) for root in self._roots):
            raise AccessDenied(
                f"references to '{path}' are not allowed: it does not lie below a folder of services.wcst file_roots",
                locator=locator,
            )
        if not real.is_file():
            raise _unreadable(url, locator)
        return real


def _extension(url: str) -> str:
    """The extension of a URL's path, by which some formats are told; empty where it has none."""
    found = re.search(r"\.[A-Za-z0-9]{1,10}$", re.split("[?#]", url)[0])
    return found[0] if found else ""


def _malformed(url: str, locator: str) -> TransactionError:
    return TransactionError(
        "WCSTMalformedURL",
        f"'{url}' is no URL that is accepted: file:///path, http:// or https://",
        locator=locator,
    )


def _unreadable(url: str, locator: str) -> TransactionError:
    return TransactionError("WCSTCoverageNotFound", f"there is no file {url}", locator=locator, status=404)
