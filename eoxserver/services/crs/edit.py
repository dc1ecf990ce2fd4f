# SPDX-License-Identifier: MIT
"""Definitions of administrators over HTTP: PUT adds or changes one, DELETE removes it.

The URL is that of the CRS, ``/def/crs/USER/0/local``. The body is the definition as text, or GML; or a form, or JSON,
with ``definition`` and, if wanted, ``title``, ``remarks`` and ``parameters`` (in a form ``parameter=name`` or
``parameter=name=default``, in JSON pairs of name and default). With ``If-None-Match: *`` one that exists stays.
There is no POST: a browser would send one with the user's credentials for any page that asks it to.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eoxserver.core.crs import Definition, Parameter
from eoxserver.core.errors import AccessDenied, InvalidRequest, MissingParameterValue
from eoxserver.resources.crs.entries import CrsEntry, decode_parameters
from eoxserver.services.crs.gml_reader import GmlReader, is_gml
from eoxserver.services.crs.names import decode_name
from eoxserver.services.crs.proj_database import ProjDatabase
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["edit"]

_FIELDS = ("definition", "title", "remarks", "parameters")


def edit(context: ServiceContext, request: Request, database: ProjDatabase) -> Response:
    """Answer a PUT or DELETE.

    Raises
    ------
    AccessDenied
        When the user may not administer the services.
    EOxServerError
        When the request is none, or as ``resources.crs.catalogue`` says.
    """
    if not context.plugins.authorize(request.actor, "admin", None):
        raise AccessDenied(f"user {request.actor} may not define CRSs; that takes the permission to administer")
    name = decode_name(request.path, "")
    if name.kind != "crs" or not name.code:
        raise InvalidRequest(
            f"'{request.path}' is not the name of a CRS; accepted: crs/AUTHORITY/VERSION/CODE", locator="path"
        )
    if request.method == "DELETE":
        context.crss.remove(name.authority, name.version, name.code)
        return Response(b"", "text/plain", 204)
    fields = _fields(request)
    if is_gml(fields["definition"]):
        text, title = GmlReader(database, context.crss.parse).definition(fields["definition"])
        fields = {**fields, "definition": text, "title": fields.get("title") or title}
    definition = Definition(
        name.authority, name.version, name.code, fields["definition"].strip(), _parameters(fields.get("parameters", []))
    )
    made = _put(context, request, definition, fields)
    return Response(b"", "text/plain", 201 if made else 204, (("Location", f"{request.base_url}/{name.path}"),))


def _put(context: ServiceContext, request: Request, definition: Definition, fields: dict[str, Any]) -> bool:
    entry = CrsEntry(definition, fields.get("title", ""), fields.get("remarks", ""))
    if request.headers.get("if-none-match", "").strip() == "*":
        context.crss.add(entry)
        return True
    return context.crss.put(entry)


def _fields(request: Request) -> dict[str, Any]:
    """The fields of a form, of JSON, or the text alone."""
    if "definition" in request.params:
        request.params.allow(("definition", "title", "remarks", "parameter"))
        pairs = [text.partition("=") for text in request.params.all("parameter")]
        return {
            "definition": request.params.require("definition"),
            "title": request.params.get("title") or "",
            "remarks": request.params.get("remarks") or "",
            "parameters": [[name.strip(), default.strip() if equals else None] for name, equals, default in pairs],
        }
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the definition is no text in UTF-8", locator="body") from error
    if not text.strip():
        raise MissingParameterValue("the request has no definition in its body", locator="definition")
    if request.content_type == "application/json":
        return _json_fields(text)
    return {"definition": text}


def _json_fields(text: str) -> dict[str, Any]:
    """The fields of a JSON object; one without ``definition`` is a definition itself (PROJJSON)."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise InvalidRequest(f"the body is not JSON: {error}", locator="body") from error
    if not isinstance(whole, dict) or "definition" not in whole:
        return {"definition": text}
    unknown = [key for key in whole if key not in _FIELDS]
    texts = [whole.get(key, "") for key in _FIELDS[:3]]
    if unknown or not all(isinstance(value, str) for value in texts):
        raise InvalidRequest(f"the body may have the texts {', '.join(_FIELDS[:3])}, and parameters", locator="body")
    return whole


def _parameters(pairs: Any) -> tuple[Parameter, ...]:
    try:
        return decode_parameters(pairs)
    except ValueError as error:
        raise InvalidRequest(str(error), locator="parameters") from error
