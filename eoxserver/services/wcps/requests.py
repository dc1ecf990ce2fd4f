# SPDX-License-Identifier: MIT
"""ProcessCoverages requests (OGC 08-059r4), read from whatever carried them: key-value pairs, forms, XML, SOAP.

Beside the query, in fields named ``1``, ``2``, ..., stand the parameters that it calls ``$1``, ``$2``, ...: texts, or
in a form of several parts files too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from urllib.parse import unquote, unquote_plus

from lxml import etree

from eoxserver.core.errors import (
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
    MissingQuery,
    VersionNegotiationFailed,
)
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.xml import parse
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.parameters import bind
from eoxserver.services.wcps.parse import parse_query
from eoxserver.services.wcps.xml import read_process_coverages, unwrap_soap
from eoxserver.services.wire import Request, Upload

__all__ = ["Explain", "QueryRequest", "bound_request", "decode_request", "query_request"]

Explain = Literal["", "json", "text"]
"""Answer the plans and their prices in one of these forms, instead of evaluating them; empty: evaluate."""

_KEYS = frozenset({"service", "version", "request", "query", "q", "explain", "format"})
_VERSION = re.compile(r"2\.[01]\.[0-9]{1,9}|1\.0\.[0-9]{1,9}")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_EXPLAIN_FORMATS: Mapping[str, Explain] = {"application/json": "json", "json": "json", "text/plain": "text"}


@dataclass(frozen=True)
class QueryRequest:
    """A query, with its text parameters in their places."""

    query: nodes.Query
    source: str = ""
    """Its text, which messages show; empty when it came in the XML syntax."""
    files: Mapping[int, Upload] = field(default_factory=lambda: MappingProxyType({}))
    """Files by the numbers under which ``decode`` takes them."""
    explain: Explain = ""


def query_request(
    source: str,
    texts: Mapping[int, str] | None = None,
    files: Mapping[int, Upload] | None = None,
    explain: Explain = "",
) -> QueryRequest:
    """The request for a query in text form.

    Raises
    ------
    WcpsSyntaxError
        When it, or a parameter, cannot be read, or a parameter lacks.
    """
    return bound_request(parse_query(source), source, texts or {}, files or {}, explain)


def bound_request(
    query: nodes.Query, source: str, texts: Mapping[int, str], files: Mapping[int, Upload], explain: Explain = ""
) -> QueryRequest:
    """The request for a query that is read already, with its text.

    Raises
    ------
    WcpsSyntaxError
        When a parameter cannot be read or lacks.
    """
    return QueryRequest(bind(query, texts, files.keys(), source), source, files, explain)


def decode_request(request: Request) -> QueryRequest:
    """What a request asks for.

    Raises
    ------
    MissingQuery
        Without a query, or with two.
    WcpsSyntaxError
        When the query cannot be read.
    InvalidRequest, MissingParameterValue, InvalidParameterValue, VersionNegotiationFailed
        For the rest of the request.
    """
    if request.body.lstrip().startswith(b"<"):
        return _decode_document(request.body)
    return _decode_pairs(request)


# -- key-value pairs ------------------------------------------------------------------------------------------


def _decode_pairs(request: Request) -> QueryRequest:
    params = request.params
    numbers = [key for key in params if _NUMBER.fullmatch(key)]
    params.allow({*_KEYS, *numbers})
    _check_version(params, mandatory=not request.mount)
    literal = _literal_pluses(request.query)
    files: dict[int, Upload] = {}
    for upload in request.uploads:
        if upload.name.lower() in ("query", "q"):
            continue
        if not _NUMBER.fullmatch(upload.name):
            raise InvalidRequest(
                f"the file in the field '{upload.name}' has no use; files that decode($1) takes come as 1, 2, ...",
                locator=upload.name,
            )
        if int(upload.name) in files or upload.name in params:
            raise InvalidRequest(f"parameter ${upload.name} is given twice", locator=upload.name)
        files[int(upload.name)] = upload
    texts = {int(key): literal.get(key) or params.get(key) or "" for key in numbers}
    return query_request(_query_text(request, literal), texts, files, _explain(request))


def _query_text(request: Request, literal: Mapping[str, str]) -> str:
    """The one query there is, as a parameter or as a file of a form."""
    found = [literal.get(key) or text for key in ("query", "q") for text in request.params.all(key) if text.strip()]
    found += [_decoded(upload) for upload in request.uploads if upload.name.lower() in ("query", "q")]
    if len(found) != 1:
        given = "there is none" if not found else f"there are {len(found)}"
        raise MissingQuery(
            f"ProcessCoverages takes one query, in the parameter 'query' (or 'q'); {given}", locator="query"
        )
    return found[0]


def _decoded(upload: Upload) -> str:
    try:
        return upload.content.decode()
    except UnicodeDecodeError as error:
        raise InvalidParameterValue("the file with the query is not in UTF-8", locator="query") from error


def _check_version(params: Params, mandatory: bool) -> None:
    """Refuse versions that are not spoken; at paths of WCPS alone none need be given."""
    text = params.require("version") if mandatory else params.get("version")
    if text is not None and not _VERSION.fullmatch(text.strip()):
        raise VersionNegotiationFailed(f"version '{text}' is not offered; available: 2.0.1, 2.1.0", locator="version")


def _explain(request: Request) -> Explain:
    """Whether to explain, and in which form: ``format``, else the first that is accepted."""
    wanted = request.params.get("format")
    if not request.params.flag("explain"):
        if wanted is not None:
            raise InvalidRequest(
                "the format of a result stands in the query, as the second argument of encode(); "
                "'format' is that of explain=true",
                locator="format",
            )
        return ""
    if wanted is None:
        accepted = (part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(","))
        return next((_EXPLAIN_FORMATS[one] for one in accepted if one in _EXPLAIN_FORMATS), "json")
    if wanted.strip().lower() not in _EXPLAIN_FORMATS:
        raise InvalidParameterValue(
            f"format '{wanted}' is not available for explain=true; accepted: application/json, text/plain",
            locator="format",
        )
    return _EXPLAIN_FORMATS[wanted.strip().lower()]


def _literal_pluses(query: str) -> dict[str, str]:
    """Values of a query string in which ``+`` is a plus, by their keys in lower case.

    By the rules for forms ``+`` is a blank. But many clients write blanks as ``%20`` and leave a plus as it is; where
    both stand in one value, that is how it was written, since no query does without a blank.

    >>> _literal_pluses("request=x&query=for%20c%20in%20(a)%20return%201+1")
    {'query': 'for c in (a) return 1+1'}
    >>> _literal_pluses("query=for+c+in+(a)+return+1%2B1")
    {}
    """
    pairs = (part.partition("=") for part in query.split("&"))
    return {unquote_plus(key).lower(): unquote(value) for key, _, value in pairs if "+" in value and "%20" in value}


# -- XML ------------------------------------------------------------------------------------------------------


def _decode_document(body: bytes) -> QueryRequest:
    root = parse(body)
    found = read_process_coverages(root)
    _check_attributes(unwrap_soap(root))
    texts = dict(enumerate(found.parameters, 1))
    return QueryRequest(bind(found.query, texts, (), found.source), found.source)


def _check_attributes(root: etree._Element) -> None:
    """Refuse documents without service and version, which the schema of the request wants, or with others."""
    for name in ("service", "version"):
        if not root.get(name):
            raise MissingParameterValue(f"the request has no attribute '{name}'", locator=name)
    service, version = root.get("service", ""), root.get("version", "")
    if service.upper() not in ("WCS", "WCPS"):
        raise InvalidParameterValue(f"service '{service}' is not available; accepted: WCS", locator="service")
    if not _VERSION.fullmatch(version):
        raise VersionNegotiationFailed(f"version '{version}' is not offered; available: 2.0.1", locator="version")
