# SPDX-License-Identifier: MIT
"""Fetching what a request refers to from web servers that the settings name, and from no others.

A server is told by its host, and a port where that is not the scheme's own. Redirections are followed to such servers
only. Unless the settings say so the address behind a name must be a public one: it is looked up once, judged, and
connected to, so that a name cannot mean another machine between the two.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit

from eoxserver.core.errors import AccessDenied, LimitExceeded
from eoxserver.services.wcst.errors import TransactionError

__all__ = ["Fetcher"]

PORTS = {"http": 80, "https": 443}
REDIRECTIONS = 5
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches from named servers."""

    hosts: Collection[str]
    """``host`` or ``host:port``, in lower case."""
    private: bool
    """Whether their addresses may be of this machine or a private network."""
    timeout: float
    """Longest silence [s]."""
    max_bytes: int

    def fetch(self, url: str, target: BinaryIO, locator: str) -> None:
        """Write what is at a URL.

        Raises
        ------
        TransactionError
            ``WCSTMalformedURL``, or ``WCSTCoverageNotFound`` when the server does not answer with it.
        AccessDenied
            When the settings do not name the server, or its address is a private one.
        LimitExceeded
            When it is too large.
        """
        for _ in range(REDIRECTIONS + 1):
            place = self._checked(url, locator)
            try:
                moved = self._fetch_once(place, target, locator)
            except (OSError, http.client.HTTPException) as error:
                raise _not_found(url, str(error), locator) from error
            if moved is None:
                return
            url = urljoin(url, moved)
        raise _not_found(url, f"more than {REDIRECTIONS} redirections", locator)

    def _checked(self, url: str, locator: str) -> SplitResult:
        try:
            place = urlsplit(url)
            port = place.port
        except ValueError as error:
            raise _malformed(url, locator) from error
        if place.scheme not in PORTS or not place.hostname or place.username is not None:
            raise _malformed(url, locator)
        if any(character <= " " or character > "~" for character in url):
            raise _malformed(url, locator)
        name = place.hostname.lower()
        named = {f"{name}:{port or PORTS[place.scheme]}"}
        if port in (None, PORTS[place.scheme]):
            named.add(name)
        if not named & set(self.hosts):
            raise AccessDenied(
                f"references to the host '{place.netloc}' are not allowed; see services.wcst remote_hosts",
                locator=locator,
            )
        return place

    def _fetch_once(self, place: SplitResult, target: BinaryIO, locator: str) -> str | None:
        """Fetch, or answer where it has moved to."""
        connection = self._connection(place, locator)
        try:
            path = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
            connection.request("GET", path, headers={"Host": place.netloc, "User-Agent": "eoxserver"})
            response = connection.getresponse()
            if response.status in (301, 302, 303, 307, 308):
                return response.headers.get("Location") or ""
            if response.status != 200:
                raise _not_found(place.geturl(), f"the server answers {response.status} {response.reason}", locator)
            size = 0
            while block := response.read(_BLOCK):
                size += len(block)
                if size > self.max_bytes:
                    raise LimitExceeded(
                        f"what {locator} refers to has more than {self.max_bytes} bytes", locator=locator
                    )
                target.write(block)
            return None
        finally:
            connection.close()

    def _connection(self, place: SplitResult, locator: str) -> http.client.HTTPConnection:
        """A connection to the address that was judged."""
        host, port = place.hostname or "", place.port or PORTS[place.scheme]
        stream = socket.create_connection(self._address(host, port, locator), self.timeout)
        connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
        if place.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        connection.sock = stream
        return connection

    def _address(self, host: str, port: int, locator: str) -> tuple[str, int]:
        for _, _, _, _, found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            address = ipaddress.ip_address(str(found[0]).partition("%")[0])
            plain = getattr(address, "ipv4_mapped", None) or address
            if self.private or (plain.is_global and not plain.is_multicast):
                return str(found[0]), port
        raise AccessDenied(
            f"the host '{host}' is on this machine or in a private network; see services.wcst remote_private",
            locator=locator,
        )


def _malformed(url: str, locator: str) -> TransactionError:
    return TransactionError(
        "WCSTMalformedURL", f"'{url}' is no URL that is accepted: file://, http:// or https://", locator=locator
    )


def _not_found(url: str, reason: str, locator: str) -> TransactionError:
    return TransactionError("WCSTCoverageNotFound", f"{url} gives nothing: {reason}", locator=locator, status=404)
