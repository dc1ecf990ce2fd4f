# SPDX-License-Identifier: MIT
"""The page at ``/``: what is served, and how to reach it."""

from __future__ import annotations

from html import escape

from eoxserver.services.context import ServiceContext
from eoxserver.services.wire import Request, Response

__all__ = ["StartPage"]


class StartPage:
    """Makes the page anew for each request."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def handle(self, request: Request, name: str = "") -> Response | None:
        """The page of this name (empty: the start page), or None when there is none."""
        if name:
            return None
        title = escape(self._context.settings.ows.title)
        text = f"<!DOCTYPE html><title>{title}</title><h1>{title}</h1><p>{escape(request.base_url)}</p>"
        return Response(text.encode(), "text/html; charset=utf-8")
