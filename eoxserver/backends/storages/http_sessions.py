# SPDX-License-Identifier: MIT
"""Sessions with web servers: pooled connections, retries with growing waits, credentials that stay where they belong.

Rules: HTTP Semantics (RFC 9110) chapter 10.2.3 (Retry-After); RFC 7617 and 6750 (credentials).
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError
from urllib3.util.retry import Retry

from eoxserver.backends.credentials import Credentials

__all__ = ["BACKOFF", "LONGEST_WAIT", "MOST_REDIRECTS", "Sessions", "authentication", "keep_queries_out_of_logs"]

MOST_REDIRECTS = 5
LONGEST_WAIT = 30
"""A server that wants us to come back later than this is not waited for [s]."""
BACKOFF = 0.3
"""First wait before a request is sent again; twice as long each time [s]."""
_AGAIN = frozenset({429, 502, 503, 504})


class Sessions(threading.local):
    """A session for each thread; a process that was forked does not share those of its parent.

    Parameters
    ----------
    retries : int
        How often a request is sent again after a failure that may pass.
    """

    def __init__(self, retries: int) -> None:
        self._retries = retries
        self._process = os.getpid()
        self._session = _session(retries)

    def session(self) -> requests.Session:
        """The session of this thread."""
        if self._process != os.getpid():
            self._process, self._session = os.getpid(), _session(self._retries)
        return self._session


def _session(retries: int) -> requests.Session:
    session = _Session()
    session.max_redirects = MOST_REDIRECTS
    adapter = HTTPAdapter(max_retries=_retry(retries))
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def keep_queries_out_of_logs() -> None:
    """Let urllib3 log URLs without their queries, which may be signatures."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_WithoutQueries())


class _Session(requests.Session):
    """A session that takes credentials from nowhere but the storage.

    ``should_strip_auth`` is documented, and has no types in types-requests: hence the ignore.
    """

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Send no credentials to another host, nor those of a .netrc to any."""
        headers, url = prepared_request.headers, prepared_request.url or ""
        strip: bool = self.should_strip_auth(response.request.url or "", url)  # type: ignore[no-untyped-call]
        if strip:
            headers.pop("Authorization", None)


class _Retry(Retry):
    """Retries that do not wait for servers which are gone for long, and do not stumble over odd dates."""

    def parse_retry_after(self, retry_after: str) -> float:
        """What ``Retry-After`` says [s]; 0 when it is unreadable."""
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0.0

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """Count one more failure; the last answer stands when the server asks for more patience than there is."""
        if response is not None and (self.get_retry_after(response) or 0) > LONGEST_WAIT:
            raise MaxRetryError(_pool, url or "", ResponseError("asked to come back much later"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _retry(retries: int) -> Retry:
    return _Retry(
        total=retries,
        backoff_factor=BACKOFF,
        backoff_max=LONGEST_WAIT,
        backoff_jitter=BACKOFF / 2,
        status_forcelist=_AGAIN,
        allowed_methods=frozenset({"GET", "HEAD"}),
        raise_on_status=False,
        respect_retry_after_header=True,
    )


class _Anonymous(AuthBase):
    """No credentials; said, so that none are looked for in a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass(frozen=True, repr=False)
class _Bearer(AuthBase):
    """A bearer token."""

    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def authentication(credentials: Credentials) -> AuthBase:
    """Answer how a request shows these credentials."""
    if credentials.token:
        return _Bearer(credentials.token)
    if credentials.user:
        return HTTPBasicAuth(credentials.user.encode(), (credentials.password or "").encode())
    return _Anonymous()


@dataclass(frozen=True)
class _WithoutQueries(logging.Filter):
    """Cuts queries, which may be signatures, from what urllib3 logs of URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, with shorter texts."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_query, record.args))
        return True


def _without_query(value: object) -> object:
    return value.partition("?")[0] if isinstance(value, str) else value
