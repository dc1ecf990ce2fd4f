# SPDX-License-Identifier: MIT
"""Answers as HTTP responses: their headers, and bodies that are made while they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response as HttpResponse

from eoxserver.services.wire import Response

__all__ = ["begun", "closed_early", "http_error", "http_response", "options_response", "unauthorized"]

_CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Content-Disposition, X-Request-Id"),
)


def begun(response: Response, resume: Callable[[], None]) -> Response:
    """A streamed body whose first part is already made, so that early failures still become reports.

    Parameters
    ----------
    resume : callable
        Called when a part is sent and the next one is about to be made.
    """
    if isinstance(response.body, bytes):
        return response
    parts: Iterator[bytes] = iter(response.body)
    first = next(parts, b"")
    return replace(response, body=_Chain(first, parts, resume))


def closed_early(response: Response) -> None:
    """Give up a body that is not sent."""
    if isinstance(response.body, _Chain):
        response.body.close()


class _Chain:
    """A first part and the rest; closing closes the rest."""

    def __init__(self, first: bytes, rest: Iterator[bytes], resume: Callable[[], None]) -> None:
        self._first = first
        self._rest = rest
        self._resume = resume

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        self._resume()
        for part in self._rest:
            yield part
            self._resume()

    def close(self) -> None:
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()


def options_response(http: HttpRequest) -> Response:
    """What methods and headers are accepted (RFC 9110 clause 9.3.7, and the Fetch standard's preflight)."""
    asked = http.headers.get("Access-Control-Request-Headers", "")
    headers = [("Allow", "GET, HEAD, POST, OPTIONS"), ("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS")]
    if asked:
        headers.append(("Access-Control-Allow-Headers", re.sub(r"[^A-Za-z0-9,_ -]", "", asked)))
    return Response(b"", "text/plain", 204, tuple(headers))


def unauthorized() -> Response:
    """That the credentials are wrong (RFC 7617)."""
    return Response(
        b"user name or password is wrong\n", "text/plain", 401, (("WWW-Authenticate", 'Basic realm="eoxserver"'),)
    )


def http_error(error: HTTPException) -> Response:
    """Werkzeug's own errors (404, 405, 413, redirects) as plain text."""
    headers = tuple((k, v) for k, v in error.get_headers() if k.lower() in ("allow", "location"))
    text = f"{error.code} {error.name}: {error.description or ''}\n"
    return Response(text.encode(), "text/plain; charset=utf-8", error.code or 500, headers)


def http_response(source: Response, request_id: str, etag: str | None) -> HttpResponse:
    """The HTTP response of an answer; an entity tag has the client ask again whether it still holds."""
    response = HttpResponse(source.body, source.status, content_type=source.media_type)
    for name, value in (*source.headers, *_CORS):
        response.headers.add(name, value)
    response.headers["X-Request-Id"] = request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if etag is not None:
        response.set_etag(etag)
        response.headers["Cache-Control"] = "no-cache"
    if isinstance(source.body, _Chain):
        response.call_on_close(source.body.close)
    return response
