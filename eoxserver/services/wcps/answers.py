# SPDX-License-Identifier: MIT
"""What a client is sent for the results of a query (WCPS specification, section 4).

Texts go out one a line; one encoded result as it is, several as the parts of one message; nothing as an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from eoxserver.services.ows.multipart import Part, boundary, media_type, multipart_in_turn
from eoxserver.services.wcps.evaluation import Array, Encoding, Evaluation, Outcome, Text
from eoxserver.services.wcps.requests import QueryRequest
from eoxserver.services.wire import Request, Response, json_response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["answer", "filenames"]

TEXT = "text/plain; charset=utf-8"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def answer(context: ServiceContext, request: Request, asked: QueryRequest) -> Response:
    """The results of a query, or with ``explain`` its plans and their prices.

    Raises
    ------
    InvalidRequest
        When a result is a coverage that the query does not encode.
    EOxServerError
        What ``Evaluation`` raises.
    """
    may_read = partial(context.plugins.authorize, request.actor, "read")
    evaluation = Evaluation(context, asked, may_read, request.proceed)
    if asked.explain == "json":
        return replace(json_response({"results": evaluation.explanations()}), lasting=False)
    if asked.explain == "text":
        return Response(f"{evaluation.explanation_text()}\n".encode(), TEXT, lasting=False)
    outcomes = evaluation.outcomes()
    encodings = _encodings(outcomes)
    if not encodings:
        texts = [outcome.text for outcome in outcomes if isinstance(outcome, Text)]
        return Response("\n".join(texts).encode(), TEXT, data=evaluation.data)
    names = filenames(encodings)
    if len(encodings) == 1:
        encoded = encodings[0].encoded
        return Response(encoded.chunks, encoded.media_type, headers=(_disposition(names[0]),), data=evaluation.data)
    limit = boundary("wcps", asked.source, *(encoding.encoded.media_type for encoding in encodings))
    parts = multipart_in_turn(_parts(encodings, names), limit)
    return Response(parts, media_type(limit, encodings[0].encoded.media_type), data=evaluation.data)


def filenames(encodings: Sequence[Encoding]) -> list[str]:
    """A name for the file of each result: of its coverage, with a number when there are several."""
    several = len(encodings) > 1
    names = []
    for number, encoding in enumerate(encodings, 1):
        base = _UNSAFE.sub("_", encoding.identifier).strip("._") or "result"
        names.append(
            f"{base}-{number}{encoding.encoded.extension}" if several else f"{base}{encoding.encoded.extension}"
        )
    return names


def _encodings(outcomes: Sequence[Outcome]) -> list[Encoding]:
    """The encoded results; raises InvalidRequest for one that should be and is not."""
    for outcome in outcomes:
        if isinstance(outcome, Array):
            raise outcome.refusal
    return [outcome for outcome in outcomes if isinstance(outcome, Encoding)]


def _parts(encodings: Sequence[Encoding], names: Sequence[str]) -> Iterator[Part]:
    for encoding, name in zip(encodings, names, strict=True):
        headers = {
            "Content-Type": encoding.encoded.media_type,
            "Content-ID": f"<{name}>",
            "Content-Transfer-Encoding": "binary",
            "Content-Disposition": f'inline; filename="{name}"',
        }
        yield Part(headers, encoding.encoded.chunks)


def _disposition(name: str) -> tuple[str, str]:
    return ("Content-Disposition", f'inline; filename="{name}"')
