# SPDX-License-Identifier: MIT
"""Answers to requests that came in a SOAP envelope (SOAP 1.2, and 1.1): in an envelope of the same version.

XML answers stand in the body as they are. Anything else stands in ``proc:ProcessCoveragesResponse``, whose attribute
``mediaType`` says what it is: texts as they are, other data in Base64 (``encoding="base64"``). A failure is a fault
with the exception report as its detail (OGC 09-149r1, WCS SOAP binding; WCPS specification, section 1).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from eoxserver.core.errors import InvalidRequest
from eoxserver.services.ows.xml import parse, text
from eoxserver.services.wire import Request, Response

__all__ = ["Envelope"]

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
PROCESSING = "http://www.opengis.net/wcs/processing/2.0"

_PROLOGUE = re.compile(rb"\s*<\?xml[^>]*\?>\s*")
_PIECE = 57 * 1024
"""Bytes that are encoded at once; of a multiple of 3 Base64 needs no padding."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope of a request."""

    namespace: str

    @classmethod
    def of(cls, request: Request) -> Envelope | None:
        """The envelope that a request came in; None for any other request."""
        if b"Envelope" not in request.body[:2048]:
            return None
        try:
            root = parse(request.body)
        except InvalidRequest:
            return None
        for namespace in (SOAP_12, SOAP_11):
            if root.tag == f"{{{namespace}}}Envelope":
                return cls(namespace)
        return None

    @property
    def media_type(self) -> str:
        """Of answers."""
        return "application/soap+xml; charset=utf-8" if self.namespace == SOAP_12 else "text/xml; charset=utf-8"

    def answer(self, response: Response) -> Response:
        """A result in an envelope; it is made while it is sent, as it was."""
        kind = response.media_type.partition(";")[0].strip().lower()
        pieces = [response.body] if isinstance(response.body, bytes) else response.body
        if kind.endswith(("/xml", "+xml")):
            inside = _without_prologue(pieces)
        elif kind.startswith("text/") or kind == "application/json":
            inside = _texts(kind, pieces)
        else:
            inside = _base64(response.media_type, pieces)
        return replace(response, body=self._around(inside), media_type=self.media_type, headers=())

    def fault(self, response: Response, message: str) -> Response:
        """An exception report as a fault; the sender's where the status says so."""
        assert isinstance(response.body, bytes)
        sender = response.status < 500
        report = _PROLOGUE.sub(b"", response.body, count=1).decode()
        shown = text(message)
        if self.namespace == SOAP_12:
            who = "Sender" if sender else "Receiver"
            fault = (
                f"<soap:Fault><soap:Code><soap:Value>soap:{who}</soap:Value></soap:Code>"
                f'<soap:Reason><soap:Text xml:lang="en">{shown}</soap:Text></soap:Reason>'
                f"<soap:Detail>{report}</soap:Detail></soap:Fault>"
            )
        else:
            who = "Client" if sender else "Server"
            fault = (
                f"<soap:Fault><faultcode>soap:{who}</faultcode><faultstring>{shown}</faultstring>"
                f"<detail>{report}</detail></soap:Fault>"
            )
        body = b"".join(self._around([fault.encode()]))
        return replace(response, body=body, media_type=self.media_type)

    def _around(self, inside: Iterable[bytes]) -> Iterator[bytes]:
        yield (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{self.namespace}"><soap:Body>'
        ).encode()
        yield from inside
        yield b"</soap:Body></soap:Envelope>\n"


def _without_prologue(pieces: Iterable[bytes]) -> Iterator[bytes]:
    first = True
    for piece in pieces:
        yield _PROLOGUE.sub(b"", piece, count=1) if first else piece
        first = False


def _opened(media_type: str, encoding: str = "") -> bytes:
    attribute = f' encoding="{encoding}"' if encoding else ""
    kind = text(media_type).replace('"', "&quot;")
    return f'<proc:ProcessCoveragesResponse xmlns:proc="{PROCESSING}" mediaType="{kind}"{attribute}>'.encode()


_CLOSED = b"</proc:ProcessCoveragesResponse>"


def _texts(media_type: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Text, escaped; a piece may end within a character, so bytes are."""
    yield _opened(media_type)
    for piece in pieces:
        yield piece.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    yield _CLOSED


def _base64(media_type: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield _opened(media_type, "base64")
    waiting = b""
    for piece in pieces:
        waiting += piece
        whole = len(waiting) - len(waiting) % _PIECE
        if whole:
            yield base64.b64encode(waiting[:whole])
            waiting = waiting[whole:]
    yield base64.b64encode(waiting)
    yield _CLOSED
