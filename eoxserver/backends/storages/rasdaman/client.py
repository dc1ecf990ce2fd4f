# SPDX-License-Identifier: MIT
"""Rasql over HTTP: a query goes out, text or raw cells come back, failures become our errors.

Rasql query language guide, "Web Access to rasql". Queries go by POST, so that neither they nor the password are in logs
of URLs; the user is told both as parameters, which every server knows, and by the header ``Authorization``.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

import eoxserver
from eoxserver.backends.credentials import Credentials, read_credentials, shown_url
from eoxserver.backends.storages.rasdaman.answers import Report, answer_text, parse_report
from eoxserver.backends.storages.retries import retried
from eoxserver.conf.schema import Remote
from eoxserver.core.errors import (
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    ItemMissing,
    StorageUnreachable,
    TransferFailed,
)

__all__ = ["ACCEPTED_URLS", "QueryFailed", "RasqlClient", "endpoint"]

ACCEPTED_URLS = "http://host:8080/rasdaman/rasql, https://... or rasdaman://host:8080"
"""For messages."""

_PATH = "/rasdaman/rasql"
_PORT = 8080
"""Of ``rasdaman:`` URLs that name none."""
_GUEST = Credentials(user="rasguest", password="rasguest")  # noqa: S106 (what every rasdaman gives to everybody)
_CONNECTIONS = 32
_LONGEST_TEXT = 64 << 20
_BLOCK = 1 << 16
_PASSING = frozenset({429, 502, 503, 504})
"""HTTP statuses that may be others a little later."""
_LOCKED = re.compile(r"\block(?:ed|s)?\b", re.IGNORECASE)
_REFUSED = re.compile(r"access denied|authenticat|not authori[sz]ed|no permission|password", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"(?:unknown|no such) (?:collection|object)"
    r"|(?:collection|object)\b.{0,80}\b(?:unknown|not found|not exist|undefined)",
    re.IGNORECASE,
)


class QueryFailed(StorageUnreachable):
    """The server reports that it cannot answer a query."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer as it came."""

    status: int
    media_type: str
    body: bytes
    redirection: str = ""


def endpoint(url: str) -> str:
    """The HTTP URL that is asked, for the URL of a storage.

    Raises
    ------
    ConfigurationError
        When it is none of the accepted ones.

    >>> endpoint("rasdaman://host"), endpoint("https://host/other/rasql")
    ('http://host:8080/rasdaman/rasql', 'https://host/other/rasql')
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in ("http", "https", "rasdaman") or parts.query or parts.fragment:
        raise ConfigurationError(
            f"'{shown_url(url)}' is no URL of a rasdaman server; accepted: {ACCEPTED_URLS}", locator=shown_url(url)
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            f"the URL {shown_url(url)} names a user; credentials of a storage are given by reference",
            locator=shown_url(url),
        )
    scheme = "http" if parts.scheme == "rasdaman" else parts.scheme
    if parts.scheme == "rasdaman" and port is None:
        port = _PORT
    name = f"[{host}]" if ":" in host else host
    path = parts.path if parts.path.strip("/") else _PATH
    return f"{scheme}://{name}{'' if port is None else f':{port}'}{path}"


class RasqlClient:
    """Asks one server; used from many threads.

    Parameters
    ----------
    url : str
        Of the storage; ConfigurationError when it is none.
    reference : str
        Where the credentials are; they are read when the first query is sent, and anew after they were refused.
    remote : Remote
        Time-outs and retries.
    pause : callable
        Waits between retries [s].
    """

    def __init__(self, url: str, reference: str, remote: Remote, pause: Callable[[float], None] = time.sleep) -> None:
        self.url = endpoint(url)
        self._reference = reference
        self._remote = remote
        self._pause = pause
        self._credentials: Credentials | None = None
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"EOxServer/{eoxserver.__version__}"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS))

    def text(self, query: str, about: str) -> str:
        """Send a query that is answered by text, several values one below the other.

        Parameters
        ----------
        about : str
            The location it is for, which messages name.

        Raises
        ------
        ItemMissing, StorageUnreachable, CredentialsRefused, TransferFailed
            QueryFailed, a StorageUnreachable, when the server reports that it cannot answer.
        DataUnavailable
            When it answers anything else.
        """
        reply = self._ask(query, about, _LONGEST_TEXT)
        return answer_text(reply.body, reply.media_type)

    def cells(self, query: str, about: str, size: int) -> bytes:
        """Send a query that is answered by an array of ``size`` raw bytes; raises as ``text``."""
        body = self._ask(query, about, size).body
        if len(body) != size:
            raise TransferFailed(
                self._said(about, f"{len(body)} bytes came where {size} were asked for"), locator=about
            )
        return body

    def _ask(self, query: str, about: str, limit: int) -> _Reply:
        reply = retried(lambda: self._send(query, about, limit), self._remote.retries, pause=self._pause)
        if reply.status != requests.codes.ok or ("xml" in reply.media_type and parse_report(reply.body)):
            raise self._refusal(reply, about)
        return reply

    def _send(self, query: str, about: str, limit: int) -> _Reply:
        """Send a query once; raises StorageUnreachable and TransferFailed for what may pass."""
        credentials = self._who(about)
        form, headers = {"query": query}, {}
        if credentials.user:
            form |= {"username": credentials.user, "password": credentials.password or ""}
            told = base64.b64encode(f"{credentials.user}:{credentials.password or ''}".encode()).decode()
            headers["Authorization"] = f"Basic {told}"
        if credentials.token:
            headers["Authorization"] = f"Bearer {credentials.token}"
        try:
            with self._session.post(
                self.url,
                data=form,
                headers=headers,
                auth=_no_auth,
                timeout=(self._remote.connect_timeout, self._remote.timeout),
                stream=True,
                allow_redirects=False,  # they would take the password along
            ) as response:
                reply = _Reply(
                    response.status_code,
                    response.headers.get("Content-Type", ""),
                    self._body(response, about, limit if response.status_code == requests.codes.ok else _LONGEST_TEXT),
                    response.headers.get("Location", ""),
                )
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            raise TransferFailed(self._said(about, "the answer broke off"), locator=about) from error
        except requests.exceptions.Timeout as error:
            raise StorageUnreachable(
                self._said(about, f"no answer within {self._remote.timeout} s"), locator=about
            ) from error
        except requests.exceptions.RequestException as error:
            raise StorageUnreachable(
                self._said(about, f"cannot be reached: {_reason(error)}"), locator=about
            ) from error
        self._check_passing(reply, about)
        return reply

    def _who(self, about: str) -> Credentials:
        """The credentials; CredentialsRefused when there are none where they should be."""
        known = self._credentials
        if known is None:
            try:
                known = self._credentials = read_credentials(self._reference) or _GUEST
            except ConfigurationError as error:
                raise CredentialsRefused(self._said(about, error.message), locator=about) from error
        return known

    def _body(self, response: requests.Response, about: str, limit: int) -> bytes:
        """The body, which is not read beyond what it may hold."""
        blocks, size = [], 0
        for block in response.iter_content(_BLOCK):
            blocks.append(block)
            size += len(block)
            if size > limit:
                raise TransferFailed(
                    self._said(about, f"more than the {limit} bytes came that were asked for"), locator=about
                )
        return b"".join(blocks)

    def _check_passing(self, reply: _Reply, about: str) -> None:
        """Raise StorageUnreachable for a failure that may pass: no report of the query itself, or of a lock."""
        report = parse_report(reply.body) if reply.status >= 400 else None
        if reply.status in _PASSING or (reply.status >= 500 and (report is None or _LOCKED.search(report.text))):
            said = f": {self._redacted(report)}" if report else ""
            raise StorageUnreachable(self._said(about, f"answers with status {reply.status}{said}"), locator=about)

    def _refusal(self, reply: _Reply, about: str) -> DataUnavailable:
        """The error that an answer other than 200 means."""
        report = parse_report(reply.body)
        said = self._redacted(report) if report else f"answers with status {reply.status}"
        message = self._said(about, said)
        refused = report is not None and _REFUSED.search(f"{report.code} {report.text}")
        if reply.status in (401, 403) or refused:
            self._credentials = None
            hint = "" if self._reference else " (as rasguest, no other credentials are given)"
            return CredentialsRefused(self._said(about, f"credentials refused{hint}: {said}"), locator=about)
        if reply.redirection:
            to = shown_url(reply.redirection)
            return DataUnavailable(self._said(about, f"sends on to {to}, which is not followed"), locator=about)
        if report is not None and (reply.status == 404 or _UNKNOWN.search(report.text)):
            return ItemMissing(message, locator=about)
        failed = reply.status >= 500 or reply.status == requests.codes.ok
        return (QueryFailed if failed else DataUnavailable)(message, locator=about)

    def _redacted(self, report: Report) -> str:
        """What a report says, without our password should it repeat that."""
        text = report.text or report.code or "an error without text"
        secrets = (self._credentials.password, self._credentials.token) if self._credentials else ()
        for secret in secrets:
            if secret and secret != _GUEST.password:
                text = text.replace(secret, "***")
        return text

    def _said(self, about: str, text: str) -> str:
        return f"{about}: rasdaman storage {shown_url(self.url)}: {text}" if about else f"{shown_url(self.url)}: {text}"


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from looking for credentials itself (``~/.netrc``)."""
    return request


def _reason(error: BaseException) -> str:
    """The innermost cause that the operating system gives words for."""
    seen: BaseException | None = error
    said = type(error).__name__
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            said = seen.strerror
        seen = seen.__cause__ or seen.__context__
    return said
