# SPDX-License-Identifier: MIT
"""PUT and DELETE: forms of a definition, and who may send them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from lxml import etree

from eoxserver.core.crs import Definition, Parameter
from eoxserver.resources.crs.entries import CrsEntry
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wire import Request, Response
from tests.services.crs.conftest import BASE, Resolver
from tests.xmlschemas import texts

TEXT = "+proj=moll +lon_0=7 +type=crs"
NEW = Definition("USER", "0", "new", TEXT)


def put(
    resolver: Resolver,
    body: str | bytes = TEXT,
    url: str = "crs/USER/0/new",
    content_type: str = "text/plain",
    actor: str | None = "keeper",
    params: Params | None = None,
    method: str = "PUT",
    **headers: str,
) -> Response:
    data = body.encode() if isinstance(body, str) else body
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return resolver.ask(url, Request(params or Params(), BASE, method, data, content_type, names, actor))


def said(response: Response) -> str:
    assert isinstance(response.body, bytes)
    return texts(etree.fromstring(response.body), "//ows:ExceptionText/text()")[0]


def test_a_definition_is_added_changed_and_removed(resolver: Resolver) -> None:
    added = put(resolver)
    assert (added.status, dict(added.headers)["Location"]) == (201, f"{BASE}/crs/USER/0/new")
    assert resolver.crss.entry("USER", "0", "new") == CrsEntry(NEW)
    assert texts(resolver.root("crs/USER/0/new"), "//gml:OperationMethod/gml:name/text()") == ["Mollweide"]
    assert put(resolver, "EPSG:4326\n").status == 204
    assert resolver.crss.parse("USER:new").labels == ("Lat", "Long")
    assert put(resolver, "", method="DELETE").status == 204
    assert resolver.ask("crs/USER/0/new").status == 404
    assert put(resolver, "", method="DELETE").status == 404


def test_one_that_exists_may_be_left_alone(resolver: Resolver) -> None:
    assert put(resolver, if_none_match="*").status == 201
    kept = put(resolver, "EPSG:4326", if_none_match="*")
    assert (kept.status, "already" in said(kept)) == (400, True)
    assert resolver.crss.entry("USER", "0", "new") == CrsEntry(NEW)


FULL = CrsEntry(
    replace(NEW, text="+proj=moll +lon_0=${a} +x_0=${x} +type=crs", parameters=(Parameter("a"), Parameter("x", "0"))),
    "A title",
    "A remark",
)  # fmt: skip


def test_a_form_says_more(resolver: Resolver) -> None:
    pairs = [
        ("definition", FULL.definition.text), ("title", FULL.title), ("remarks", FULL.remarks),
        ("parameter", "a"), ("parameter", "x=0"),
    ]  # fmt: skip
    assert put(resolver, "", content_type="application/x-www-form-urlencoded", params=Params(pairs)).status == 201
    assert resolver.crss.entry("USER", "0", "new") == FULL


def test_json_says_more(resolver: Resolver) -> None:
    body = {
        "definition": FULL.definition.text, "title": FULL.title, "remarks": FULL.remarks,
        "parameters": [["a", None], ["x", "0"]],
    }  # fmt: skip
    assert put(resolver, json.dumps(body), content_type="application/json").status == 201
    assert resolver.crss.entry("USER", "0", "new") == FULL


def test_projjson_is_a_definition(resolver: Resolver) -> None:
    text = resolver.crss.parse("EPSG:3035").to_pyproj().to_json()
    assert put(resolver, text, content_type="application/json").status == 201
    assert resolver.crss.parse("USER:new").labels == resolver.crss.parse("EPSG:3035").labels


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"body": "nonsense"}, 400, "is not a CRS"),
        ({"body": "  "}, 400, "no definition"),
        ({"body": b"\xff\xfe"}, 400, "UTF-8"),
        ({"body": "+proj=merc +nadgrids=/etc/passwd +type=crs"}, 400, "must not name files"),
        ({"body": "{", "content_type": "application/json"}, 400, "not JSON"),
        ({"body": "[1]", "content_type": "application/json"}, 400, "definition"),
        ({"body": '{"definition": 1}', "content_type": "application/json"}, 400, "texts"),
        ({"body": '{"definition": "EPSG:1", "colour": "red"}', "content_type": "application/json"}, 400, "texts"),
        ({"body": '{"definition": "EPSG:4326", "parameters": ["lon"]}', "content_type": "application/json"}, 400,
         "no parameter"),
        ({"params": Params([("definition", "EPSG:4326"), ("colour", "red")])}, 400, "colour"),
        ({"url": "crs/EPSG/0/99999"}, 400, "fixed"),
        ({"url": "crs/USER/0/a b"}, 400, "letters"),
        ({"url": "crs/USER/0"}, 400, "not the name"),
        ({"url": "datum/USER/0/1"}, 400, "not the name"),
        ({"url": ""}, 400, "not the name"),
        ({"actor": "somebody"}, 403, "may not define"),
        ({"actor": None}, 401, "log in"),
        ({"actor": None, "method": "DELETE", "url": "crs/USER/0/local"}, 401, "log in"),
        ({"actor": "somebody", "method": "DELETE", "url": "crs/USER/0/local"}, 403, "may not define"),
        ({"method": "DELETE", "url": "crs/EPSG/0/4326"}, 404, "nobody has defined"),
    ],
)  # fmt: skip
def test_what_is_wrong_changes_nothing(resolver: Resolver, change: dict[str, str], status: int, says: str) -> None:
    before = resolver.service.state()
    response = put(resolver, **change)  # type: ignore[arg-type]  # the table names arguments
    assert response.status == status
    assert says in said(response)
    assert resolver.service.state() == before
    assert ("WWW-Authenticate" in dict(response.headers)) == (status == 401)


def test_a_definition_in_gml(resolver: Resolver) -> None:
    answer = resolver.ask("crs/EPSG/0/32633")
    assert isinstance(answer.body, bytes)
    moved = answer.body.decode().replace(">15<", ">16.5<").replace("UTM zone 33N", "Own zone")
    assert put(resolver, moved, content_type="application/gml+xml").status == 201
    entry = resolver.crss.entry("USER", "0", "new")
    assert entry is not None
    assert entry.title == "WGS 84 / Own zone"
    assert resolver.crss.parse("USER/0/new").labels == ("E", "N")
    found = texts(resolver.root("crs/USER/0/new"), "//gml:ParameterValue/gml:value/text()")
    assert found == ["0", "16.5", "0.9996", "500000", "0"]
    form = Params([("definition", moved), ("title", "Mine")])
    assert put(resolver, "", params=form).status == 204
    entry = resolver.crss.entry("USER", "0", "new")
    assert entry is not None
    assert entry.title == "Mine"


@pytest.mark.parametrize("body", ["<gml:A", "<a/>"])
def test_gml_that_is_no_definition(resolver: Resolver, body: str) -> None:
    assert put(resolver, body).status == 400
    assert resolver.crss.entry("USER", "0", "new") is None
