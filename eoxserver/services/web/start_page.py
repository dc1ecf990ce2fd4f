# SPDX-License-Identifier: MIT
"""The page at ``/``: what is served, how it looks, and how to reach it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import is_temporal
from eoxserver.core.util.timetools import isotime
from eoxserver.services.context import ServiceContext
from eoxserver.services.ows.information import service_texts
from eoxserver.services.web.html import Html, fill, joined, read_text
from eoxserver.services.web.links import (
    Copyable,
    MapView,
    coverage_commands,
    layer_commands,
    map_url,
    map_view,
    service_commands,
)
from eoxserver.services.web.policy import hash_source
from eoxserver.services.web.query_page import QueryPage
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.resources.coverages.catalogue import CollectionSummary, CoverageSummary

__all__ = ["StartPage"]

PAGE_SIZE = 24
"""Coverages on a page."""
MOST_COLLECTIONS = 24
"""Collections on the first page."""
PREVIEW = (320, 200)
"""Width and height of a preview at most [pixels]."""
MAP = (1024, 768)
"""Width and height of a map whose address is shown, at most [pixels]."""


class StartPage:
    """Makes the page anew for each request."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._query_page = QueryPage(context)
        self._styles, self._script = read_text("start.css"), read_text("start.js")
        self._policy = (
            f"default-src 'none'; img-src 'self' data:; style-src '{hash_source(self._styles)}'; "
            f"script-src '{hash_source(self._script)}'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
        )
        offered = [known.mime for known in context.formats.wms_formats]
        self._media_type = "image/png" if "image/png" in offered else next(iter(offered), "image/png")

    def handle(self, request: Request, name: str = "") -> Response | None:
        """The page of this name (empty: the start page; ``query``), or None when there is none.

        Parameters of the start page are ``q`` (a text to look for) and ``page`` (a number from 1); nonsense in them
        shows the first page.
        """
        if name:
            return self._query_page.handle(request) if name == "query" else None
        sought = (request.params.all("q") or ("",))[0].strip()
        number = _page_number(request.params.all("page"))
        count, coverages = self._context.catalogue.page(sought, (number - 1) * PAGE_SIZE, PAGE_SIZE)
        if number > 1 and not coverages:
            number = 1
            count, coverages = self._context.catalogue.page(sought, 0, PAGE_SIZE)
        collections = self._collections(sought) if number == 1 else []
        texts = service_texts(self._context)
        page = fill(
            "page.html",
            title=texts.title,
            abstract=texts.abstract,
            styles=Html(self._styles),
            script=Html(self._script),
            sought=sought,
            found=_found_text(count, sought),
            services=joined(_copyable(one) for one in service_commands(request.base_url)),
            collections=self._section("Collections", (self._collection(request, one) for one in collections)),
            coverages=self._section("Coverages", (self._coverage(request, one) for one in self._readable(coverages))),
            pages=_pages(sought, number, count),
        )
        headers = (
            ("Content-Security-Policy", self._policy),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        )
        return Response(page.encode(), "text/html; charset=utf-8", headers=headers)

    def _collections(self, sought: str) -> list[CollectionSummary]:
        text = sought.lower()
        matching = (
            one
            for one in self._context.catalogue.collections()
            if (text in one.identifier.lower() or text in one.title.lower()) and self._may_read(one.identifier)
        )
        return list(islice(matching, MOST_COLLECTIONS))

    def _readable(self, coverages: Iterable[CoverageSummary]) -> list[CoverageSummary]:
        return [one for one in coverages if self._may_read(one.identifier)]

    def _may_read(self, identifier: str) -> bool:
        return self._context.plugins.authorize(None, "read", identifier)

    def _section(self, heading: str, cards: Iterable[Html]) -> Html:
        shown = joined(cards)
        return fill("section.html", heading=heading, anchor=heading.lower(), cards=shown) if shown else Html()

    def _coverage(self, request: Request, summary: CoverageSummary) -> Html:
        domain = summary.domain
        facts = [" x ".join(f"{axis.size} {axis.label}" for axis in domain.axes)]
        view = None
        if domain.horizontal is not None:
            bounds = domain.horizontal_bounds
            view = map_view(domain.horizontal_crs, bounds, summary.wgs84_bounds, *MAP)
            crs = domain.horizontal_crs
            facts.append(crs.short if crs is not None and crs.code else "a CRS without code")
        facts += _times(summary, domain.axes)
        commands = () if view is None else self._map_commands(request, summary.identifier, view)
        commands += coverage_commands(request.base_url, summary.identifier, domain.labels)
        return self._card(request, summary, facts, view, commands)

    def _collection(self, request: Request, summary: CollectionSummary) -> Html:
        view = map_view(None, None, summary.wgs84_bounds, *MAP)
        commands = () if view is None else self._map_commands(request, summary.identifier, view)
        return self._card(request, summary, ["collection", *_times(summary, ())], view, commands)

    def _map_commands(self, request: Request, layer: str, view: MapView) -> tuple[Copyable, ...]:
        return layer_commands(request.base_url, layer, view, self._media_type)

    def _card(
        self,
        request: Request,
        summary: CoverageSummary | CollectionSummary,
        facts: Sequence[str],
        view: MapView | None,
        commands: Sequence[Copyable],
    ) -> Html:
        return fill(
            "card.html",
            identifier=summary.identifier,
            title=summary.title or summary.identifier,
            abstract=summary.abstract,
            facts=joined(fill("fact.html", text=fact) for fact in facts if fact),
            preview=self._preview(summary, view),
            commands=joined(_copyable(one) for one in commands),
        )

    def _preview(self, summary: CoverageSummary | CollectionSummary, view: MapView | None) -> Html:
        """An image from the same place as the page, whatever the public address of the services is."""
        if view is None:
            return fill("nomap.html")
        small = map_view(view.crs, view.bounds, None, *PREVIEW)
        assert small is not None, "it has bounds"
        return fill(
            "preview.html",
            source=map_url("ows", summary.identifier, small, self._media_type, transparent=True),
            title=summary.title or summary.identifier,
            width=small.width,
            height=small.height,
        )


def _page_number(values: Sequence[str]) -> int:
    text = (values or ("1",))[0].strip()
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _copyable(item: Copyable) -> Html:
    return fill("copyable.html", label=item.label, text=item.text)


def _times(summary: CoverageSummary | CollectionSummary, axes: Sequence[Axis]) -> list[str]:
    """When, unless an axis of time tells it better."""
    if any(is_temporal(axis) for axis in axes):
        return []
    begin, end = summary.begin_time or summary.end_time, summary.end_time or summary.begin_time
    if begin is None or end is None:
        return []
    return [isotime(begin) if begin == end else f"{isotime(begin)} to {isotime(end)}"]


def _found_text(count: int, sought: str) -> str:
    if not count:
        return f"Nothing has “{sought}” in its name." if sought else "Nothing is served yet."
    number = f"{count:,} coverage{'' if count == 1 else 's'}"
    return f"{number} with “{sought}”" if sought else number


def _pages(sought: str, number: int, count: int) -> Html:
    """Links to the pages around."""
    last = max(1, -(-count // PAGE_SIZE))
    if last == 1:
        return Html()

    def link(text: str, target: int) -> Html:
        if not 1 <= target <= last:
            return Html()
        query = urlencode([("q", sought)] * bool(sought) + [("page", str(target))])
        return fill("pagelink.html", text=text, query=query)

    return fill(
        "pages.html",
        previous=link("← Previous", number - 1),
        following=link("Next →", number + 1),
        number=number,
        last=last,
    )
