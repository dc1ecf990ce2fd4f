# SPDX-License-Identifier: MIT
"""Requests for queries, from whatever carries them (WCPS specification, section 1)."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

import pytest

from eoxserver.core.errors import (
    EOxServerError,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
    MissingQuery,
    VersionNegotiationFailed,
    WcpsSyntaxError,
)
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcps.parse import parse_query
from eoxserver.services.wcps.requests import QueryRequest, decode_request
from eoxserver.services.wire import Request, Upload

QUERY = 'for $c in (mr) return encode($c + 1, "csv")'
HEAD = {"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages"}


def get(query_string: str, mount: str = "", **headers: str) -> QueryRequest:
    """Decode what a query string asks for, its values decoded as those of forms."""
    return decode_request(
        Request(Params(parse_qsl(query_string, True)), "", headers=headers, mount=mount, query=query_string)
    )


def post(*uploads: Upload, **fields: str) -> QueryRequest:
    pairs = [*HEAD.items(), *((key.lstrip("_"), value) for key, value in fields.items())]
    return decode_request(Request(Params(pairs), "", "POST", uploads=uploads))


def document(body: str) -> QueryRequest:
    return decode_request(Request(Params(), "", "POST", body.encode(), "text/xml"))


@pytest.mark.parametrize("key", ["query", "q", "QUERY"])
def test_a_query_in_key_value_pairs(key: str) -> None:
    found = get(urlencode({**HEAD, key: QUERY}))
    assert found.query == parse_query(QUERY)
    assert found.source == QUERY
    assert found.explain == ""


@pytest.mark.parametrize(
    "written", [urlencode({"query": QUERY}), f"query={quote(QUERY)}", f"query={quote(QUERY, '+')}"]
)
def test_a_plus_survives_however_blanks_are_written(written: str) -> None:
    assert get(f"{urlencode(HEAD)}&{written}").query == parse_query(QUERY)


def test_parameters_keep_their_pluses_too() -> None:
    assert get(f"{urlencode(HEAD)}&query=for+$c+in+(mr)+return+$1&1=2%20+%201").query == parse_query(
        "for $c in (mr) return 2 + 1"
    )


@pytest.mark.parametrize("pairs", [{}, {"query": " "}, {"query": QUERY, "q": QUERY}])
def test_there_must_be_one_query(pairs: dict[str, str]) -> None:
    with pytest.raises(MissingQuery, match="takes one query") as missing:
        get(urlencode({**HEAD, **pairs}))
    assert missing.value.locator == "query"


def test_the_version_is_needed_at_the_endpoint_of_all_services_only() -> None:
    with pytest.raises(MissingParameterValue):
        get(urlencode({"service": "WCS", "query": QUERY}))
    assert get(urlencode({"query": QUERY}), mount="/ows/wcps").query == parse_query(QUERY)


@pytest.mark.parametrize(
    ("pairs", "error", "locator"),
    [
        ({"version": "1.1.0", "query": QUERY}, VersionNegotiationFailed, "version"),
        ({**HEAD, "query": QUERY, "querry": "x"}, InvalidRequest, "querry"),
        ({**HEAD, "query": QUERY, "format": "image/png"}, InvalidRequest, "format"),
        ({**HEAD, "query": QUERY, "explain": "yes"}, InvalidParameterValue, "explain"),
        ({**HEAD, "query": QUERY, "explain": "true", "format": "image/png"}, InvalidParameterValue, "format"),
        ({**HEAD, "query": "for $c in (mr)"}, WcpsSyntaxError, "query"),
        ({**HEAD, "query": "for $c in (mr) return $1"}, WcpsSyntaxError, "query"),
        ({**HEAD, "query": "for $c in (mr) return $1", "01": "1"}, InvalidRequest, "01"),
    ],
)
def test_wrong_requests(pairs: dict[str, str], error: type[EOxServerError], locator: str) -> None:
    with pytest.raises(error) as refused:
        get(urlencode(pairs))
    assert refused.value.locator == locator


@pytest.mark.parametrize(
    ("pairs", "accept", "form"),
    [
        ({"explain": "true"}, "", "json"),
        ({"explain": "TRUE"}, "text/html, text/plain;q=0.5, */*", "text"),
        ({"explain": "true", "format": "text/plain"}, "application/json", "text"),
        ({"explain": "false"}, "text/plain", ""),
    ],
)
def test_explanations_come_in_two_forms(pairs: dict[str, str], accept: str, form: str) -> None:
    assert get(urlencode({**HEAD, "query": QUERY, **pairs}), accept=accept).explain == form


def test_parameters_of_a_form_are_texts_and_files() -> None:
    file = Upload("1", "image/tiff", b"II*")
    found = post(file, query='for $c in (mr), $d in (decode($1)) return encode($c + $d, "$2")', _2="png")
    assert found.query == parse_query('for $c in (mr), $d in (decode($1)) return encode($c + $d, "png")')
    assert found.files == {1: file}


def test_the_query_may_be_a_file() -> None:
    assert post(Upload("query", "text/plain", QUERY.encode())).query == parse_query(QUERY)
    with pytest.raises(InvalidParameterValue, match="UTF-8"):
        post(Upload("query", "text/plain", b"\xff"))
    with pytest.raises(MissingQuery):
        post(Upload("query", "text/plain", QUERY.encode()), query=QUERY)


def test_wrong_parameters_of_a_form() -> None:
    file = Upload("1", "image/tiff", b"II*")
    with pytest.raises(InvalidRequest, match="given twice"):
        post(file, query=QUERY, _1="x")
    with pytest.raises(InvalidRequest, match="given twice"):
        post(file, file, query=QUERY)
    with pytest.raises(InvalidRequest, match="'picture' has no use"):
        post(Upload("picture", "image/tiff", b""), query=QUERY)
    with pytest.raises(WcpsSyntaxError, match="is text"):
        post(query="for $c in (decode($1)) return 1", _1="text")


PROC = 'xmlns:proc="http://www.opengis.net/wcs/processing/2.0" service="WCS" version="2.0.1"'


@pytest.mark.parametrize(
    "envelope",
    [
        "{}",
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>{}</s:Body></s:Envelope>',
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>',
    ],
)
def test_a_query_in_xml(envelope: str) -> None:
    request = f"<proc:ProcessCoverages {PROC}><proc:query><![CDATA[{QUERY}]]></proc:query></proc:ProcessCoverages>"
    assert document(envelope.format(request)).query == parse_query(QUERY)


def test_extra_parameters_in_xml() -> None:
    found = document(
        f"<proc:ProcessCoverages {PROC}><proc:query>for $c in (mr) return encode($c, $1)</proc:query>"
        "<proc:extraParameter>png</proc:extraParameter></proc:ProcessCoverages>"
    )
    assert found.query == parse_query('for $c in (mr) return encode($c, "png")')


@pytest.mark.parametrize(
    ("attributes", "error", "locator"),
    [
        ('service="WCS"', MissingParameterValue, "version"),
        ('version="2.0.1"', MissingParameterValue, "service"),
        ('service="WMS" version="2.0.1"', InvalidParameterValue, "service"),
        ('service="WCS" version="3.0.0"', VersionNegotiationFailed, "version"),
    ],
)
def test_wrong_attributes_in_xml(attributes: str, error: type[EOxServerError], locator: str) -> None:
    with pytest.raises(error) as refused:
        document(f"<ProcessCoverages {attributes}><query>{QUERY}</query></ProcessCoverages>")
    assert refused.value.locator == locator
