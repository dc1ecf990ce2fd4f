# SPDX-License-Identifier: MIT
"""Requests and responses as plain values, so that protocol logic needs no socket and no framework."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from eoxserver.core.coverage import DataState
from eoxserver.services.ows.kvp import Params

__all__ = ["Request", "Response", "Service", "Upload", "go_on", "json_response"]


def go_on() -> None:
    """What long work is told that nobody stops."""


@dataclass(frozen=True)
class Upload:
    """A file in a form (RFC 7578)."""

    name: str
    """Of its field."""
    media_type: str
    """Without parameters."""
    content: bytes


@dataclass(frozen=True)
class Request:
    """One request to an OGC endpoint."""

    params: Params
    """Of the query string, or of a form in the body."""
    base_url: str
    """Public URL of the endpoint, without query (``https://host/ows``)."""
    method: str = "GET"
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Keys in lower case."""
    actor: str | None = None
    """Name of the authenticated user; None for anonymous."""
    request_id: str = ""
    path: str = ""
    """What stands below the path of the service, decoded, without slashes at its ends; empty under ``/ows``."""
    mount: str = ""
    """The path of the service's own that was asked for (``/def``); empty under ``/ows``."""
    query: str = ""
    """The query string as it was sent."""
    uploads: tuple[Upload, ...] = ()
    """Files in the form of the body."""
    proceed: Callable[[], None] = go_on
    """To be called now and then by long work; raises EvaluationStopped when it is not wanted any more."""


@dataclass(frozen=True)
class Response:
    """What goes back: a body that is whole, or one that is made while it is sent."""

    body: bytes | Iterator[bytes] | Iterable[bytes]
    media_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    lasting: bool = True
    """Whether the same request has the same answer until catalogue or data change; what tells of a failure has not."""
    data: DataState | None = None
    """The data it was made of, as it was before it was read; None when it was made of the catalogue alone."""


class Service(Protocol):
    """An OGC service; the key is the value of its ``service`` parameter.

    A service may have paths of its own beside ``/ows``, in an attribute ``paths`` (``("/def",)``); then ``methods``
    says which HTTP methods it takes there (GET, HEAD and POST by default), and its ``operations`` name first segments
    below the path. A method ``state()`` answers a text that changes whenever answers there may; without it they last as
    long as the catalogue does not change, or, with ``lasting = False``, no moment. With ``under_ows = False`` it is not
    reached by ``service=``; but with ``extends = "WCS"`` its ``operations`` are those of that service too, whose
    capabilities list the ones it has ``announced`` and its ``profiles``. ``documents`` are the names of the requests in
    XML, alone or in a SOAP envelope, that it takes at ``/ows``.
    """

    key: ClassVar[str]

    def handle(self, request: Request) -> Response:
        """Answer a request; raises any EOxServerError, which ``report`` then puts in words."""

    def report(self, request: Request, error: Exception) -> Response:
        """The exception report of this service for an error, in the version and form asked for.

        Errors that are no EOxServerError are the server's fault: their text does not go to the client.
        """


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON document."""
    return Response(json.dumps(value, indent=2, default=str).encode() + b"\n", "application/json", status)
