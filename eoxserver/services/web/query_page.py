# SPDX-License-Identifier: MIT
"""The page at ``/web/query``: a query, and its answer beside it. Without scripts the form is sent as any other."""

from __future__ import annotations

from eoxserver.services.context import ServiceContext
from eoxserver.services.ows.information import service_texts
from eoxserver.services.web.html import Html, fill, read_text
from eoxserver.services.web.policy import hash_source
from eoxserver.services.wire import Request, Response

__all__ = ["QueryPage"]

LONGEST = 100_000
"""Longest query that an address brings along [characters]."""


class QueryPage:
    """Makes the page anew for each request."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._styles = read_text("start.css") + read_text("query.css")
        self._script = read_text("query.js")
        self._policy = (
            f"default-src 'none'; img-src 'self' blob: data:; connect-src 'self'; "
            f"style-src '{hash_source(self._styles)}'; script-src '{hash_source(self._script)}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
        )

    def handle(self, request: Request) -> Response:
        """The page; its parameter ``query`` is the text in it, by default one that works."""
        given = (request.params.all("query") or ("",))[0][:LONGEST].strip()
        texts = service_texts(self._context)
        page = fill(
            "query.html",
            title=texts.title,
            styles=Html(self._styles),
            script=Html(self._script),
            query=given or self._example(),
        )
        headers = (
            ("Content-Security-Policy", self._policy),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        )
        return Response(page.encode(), "text/html; charset=utf-8", headers=headers)

    def _example(self) -> str:
        """A query that works at once, where there is a coverage that anybody may read."""
        _, coverages = self._context.catalogue.page("", 0, 24)
        may_read = self._context.plugins.authorize
        name = next((one.identifier for one in coverages if may_read(None, "read", one.identifier)), "COVERAGE")
        return f"for $c in ({name})\nreturn imageCrsDomain($c)"
