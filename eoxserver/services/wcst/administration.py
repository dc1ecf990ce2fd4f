# SPDX-License-Identifier: MIT
"""Paths of administration: metadata and names of coverages, pyramids, virtual coverages.

``admin/coverage/update`` replaces metadata (a file in a form, or a text), or renames; ``ows/UpdateCoverageMetadata``,
``admin/UpdateCoverageMetadata`` and ``admin/UpdateCoverageId`` are older names of the two. ``login`` tells what a user
may do; of ``admin/inspire`` and ``admin/ows`` tells ``announcing``. Older clients ask for pyramids by operations of WCS
(``PYRAMID_OPERATIONS``). Importers and web clients know all of them but ``admin/coverage/virtual``, which is our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from eoxserver.core.errors import InvalidRequest, MissingParameterValue, OperationNotSupported, suggest
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcst.announcing import Announcing
from eoxserver.services.wcst.decode import COMMON, listed
from eoxserver.services.wcst.operations import Transactions
from eoxserver.services.wcst.permissions import Gate
from eoxserver.services.wcst.pyramids import Pyramids, scale_vector
from eoxserver.services.wcst.virtual import Virtuals, composition
from eoxserver.services.wire import Request, Response, json_response

if TYPE_CHECKING:
    from eoxserver.resources.coverages.summaries import CoverageSummary
    from eoxserver.services.context import ServiceContext

__all__ = ["PATHS", "PYRAMID_OPERATIONS", "Administration"]

PATHS = (
    "/admin/coverage", "/admin/UpdateCoverageMetadata", "/admin/UpdateCoverageId", "/ows/UpdateCoverageMetadata",
    "/ows/objectExists", "/admin/inspire", "/admin/ows", "/login",
)  # fmt: skip
PYRAMID_OPERATIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "CreatePyramidMember": ("create", {"base": "coverageId", "member": "member", "scalefactor": "scaleVector"}),
    "AddPyramidMember": ("add", {"base": "coverageId", "member": "members", "pyramidharvesting": "pyramidHarvesting"}),
    "RemovePyramidMember": ("remove", {"base": "coverageId", "member": "members"}),
    "ListPyramidMembers": ("list", {"base": "coverageId"}),
}
"""By name the path below ``admin/coverage/pyramid`` that does the same, and its keys by those of the operation."""
_RIGHTS = ("insert", "update", "delete")
_NO_STORE = (("Cache-Control", "no-store"),)


class Administration:
    """Answers requests to ``PATHS``."""

    def __init__(self, context: ServiceContext, gate: Gate, transactions: Transactions) -> None:
        self._context = context
        self._gate = gate
        self._transactions = transactions
        self._pyramids = Pyramids(context)
        self._virtuals = Virtuals(context)
        self._announcing = Announcing(context, gate)
        self._below: Mapping[str, Callable[[Request], Response]] = {
            "/admin/coverage/update": self._update,
            "/admin/coverage/exist": self._exists,
            "/admin/coverage/pyramid/create": self._create_member,
            "/admin/coverage/pyramid/add": self._add_members,
            "/admin/coverage/pyramid/remove": self._remove_members,
            "/admin/coverage/pyramid/list": self._list_members,
            "/admin/coverage/virtual/put": self._put_virtual,
            "/admin/coverage/virtual/plan": self._plan_virtual,
            "/admin/UpdateCoverageMetadata": self._metadata,
            "/ows/UpdateCoverageMetadata": self._metadata,
            "/admin/UpdateCoverageId": self._rename,
            "/ows/objectExists": self._exists,
            "/admin/inspire/metadata/update": self._mark,
            "/admin/ows/serviceinfo": self._inform,
            "/login": self._login,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request; raises OperationNotSupported where there is nothing, and what the request raises."""
        path = f"{request.mount}/{request.path}".rstrip("/")
        answer = self._below.get(path)
        if answer is None:
            raise OperationNotSupported(f"there is nothing at '{path}'; {suggest(path, self._below, 20)}", locator=path)
        return answer(request)

    def operate(self, request: Request, name: str) -> Response:
        """Answer one of ``PYRAMID_OPERATIONS``; raises as ``handle``."""
        path, names = PYRAMID_OPERATIONS[name]
        request.params.allow(COMMON | set(names))
        request.params.require("version")
        pairs = [(names[key], text) for key in request.params if key in names for text in request.params.all(key)]
        return self._below[f"/admin/coverage/pyramid/{path}"](replace(request, params=Params(pairs)))

    def _login(self, request: Request) -> Response:
        """``RW`` for users who may change coverages in every way, nothing for others."""
        request.params.allow(())
        if request.actor is None:
            raise InvalidRequest("there is no user to tell of; log in by HTTP Basic", locator="Authorization")
        full = all(self._context.plugins.authorize(request.actor, action, None) for action in _RIGHTS)
        return _done("RW" if full else "")

    def _update(self, request: Request) -> Response:
        return self._rename(request) if "newCoverageId" in request.params else self._metadata(request)

    def _metadata(self, request: Request) -> Response:
        request.params.allow({"coverageid", "metadata"})
        identifier = request.params.require("coverageId").strip()
        self._gate.check(request, "update", identifier)
        self._transactions.replace_metadata(identifier, _uploaded(request))
        return _done()

    def _rename(self, request: Request) -> Response:
        request.params.allow({"coverageid", "newcoverageid", "newid"})
        identifier = request.params.require("coverageId").strip()
        key = "newId" if "newId" in request.params else "newCoverageId"
        new = request.params.require(key).strip()
        self._gate.check(request, "update", identifier)
        self._transactions.rename(identifier, new)
        return _done()

    def _create_member(self, request: Request) -> Response:
        request.params.allow({"coverageid", "member", "scalevector"})
        identifier = request.params.require("coverageId").strip()
        member, vector = request.params.require("member").strip(), request.params.require("scaleVector")
        self._gate.check(request, "insert", None)
        self._gate.check(request, "update", identifier)
        self._pyramids.create(identifier, member, scale_vector(vector))
        return _done()

    def _add_members(self, request: Request) -> Response:
        request.params.allow({"coverageid", "members", "harvesting", "pyramidharvesting"})
        identifier = request.params.require("coverageId").strip()
        self._gate.check(request, "update", identifier)
        members = listed(request.params, "members")
        self._check_readable(request, members)
        harvesting = request.params.flag("harvesting") or request.params.flag("pyramidHarvesting")
        self._pyramids.add(identifier, members, harvesting)
        return _done()

    def _remove_members(self, request: Request) -> Response:
        request.params.allow({"coverageid", "members"})
        identifier = request.params.require("coverageId").strip()
        self._gate.check(request, "update", identifier)
        self._pyramids.remove(identifier, listed(request.params, "members"))
        return _done()

    def _list_members(self, request: Request) -> Response:
        request.params.allow({"coverageid"})
        identifier = request.params.require("coverageId").strip()
        self._gate.check(request, "read", identifier)
        return _told(self._pyramids.listing(identifier))

    def _put_virtual(self, request: Request) -> Response:
        asked = composition(request.params)
        self._gate.check(request, "insert", None)
        self._gate.check(request, "update", asked.identifier)
        self._check_readable(request, asked.sources)
        self._virtuals.put(asked, partial(self._may_read, request))
        return _done()

    def _plan_virtual(self, request: Request) -> Response:
        asked = composition(request.params)
        self._gate.check(request, "read", asked.identifier)
        self._check_readable(request, asked.sources)
        return _told(self._virtuals.outline(asked, partial(self._may_read, request)))

    def _check_readable(self, request: Request, names: Iterable[str]) -> None:
        """Refuse coverages that the user may not read: whoever reads what they become part of sees what is in them."""
        for name in names:
            self._gate.check(request, "read", name)

    def _may_read(self, request: Request, one: CoverageSummary) -> bool:
        return self._context.plugins.authorize(request.actor, "read", one.identifier)

    def _mark(self, request: Request) -> Response:
        self._announcing.mark(request)
        return _done()

    def _inform(self, request: Request) -> Response:
        self._announcing.inform(request)
        return _done()

    def _exists(self, request: Request) -> Response:
        request.params.allow({"coverageid"})
        identifier = request.params.require("coverageId").strip()
        readable = self._context.plugins.authorize(request.actor, "read", identifier)
        found = readable and self._context.catalogue.exists(identifier)
        return _done("true" if found else "false")


def _uploaded(request: Request) -> str:
    """The metadata that a request brings: a file in a form, or a text.

    Raises
    ------
    MissingParameterValue
        When it brings none.
    InvalidRequest
        When it brings more than one, or no text.
    """
    texts = list(request.params.all("metadata"))
    for upload in request.uploads:
        if not any(part in upload.media_type for part in ("text", "json", "xml")):
            raise InvalidRequest(
                f"a file of type {upload.media_type or 'unknown'} is no metadata; accepted: text, JSON and XML",
                locator=upload.name,
            )
        try:
            texts.append(upload.content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise InvalidRequest("the metadata are no text in UTF-8", locator=upload.name) from error
    if not texts:
        raise MissingParameterValue("there are no metadata: neither a file nor 'metadata'", locator="file")
    if len(texts) > 1:
        raise InvalidRequest(f"metadata are given {len(texts)} times; once is accepted", locator="file")
    return texts[0]


def _told(value: Any) -> Response:
    return replace(json_response(value), headers=_NO_STORE, lasting=False)


def _done(text: str = "") -> Response:
    return Response(text.encode(), "text/plain; charset=utf-8", headers=_NO_STORE, lasting=False)
