# SPDX-License-Identifier: MIT
"""Virtual coverages by requests of administration."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from werkzeug.test import TestResponse

from eoxserver.app import build_app
from eoxserver.plugins import hookimpl
from eoxserver.resources.coverages import virtual_coverages
from eoxserver.resources.coverages.outlines import outline_from_json
from tests.applications import Application, application, instance_template
from tests.integration.transactions import ask, code, insert, login, slice_of, times, values
from tests.services.wcst import documents
from tests.xmlschemas import parse_xml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

VIRTUAL = "/rasdaman/admin/coverage/virtual"


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as opened:
        for number, day in enumerate(("2008-01-01", "2008-01-03"), 1):
            insert(opened, slice_of(number, day, identifier=f"s{number}"))
        yield opened


def send(app: Application, action: str, method: str = "POST", who: Any = None, **params: Any) -> TestResponse:
    headers = login(app) if who is None else who
    if method == "GET":
        return app.client.get(f"{VIRTUAL}/{action}", query_string=params, headers=headers)
    return app.client.post(f"{VIRTUAL}/{action}", data=params, headers=headers)


def put(app: Application, *sources: str, name: str = "v", **params: str) -> None:
    done = send(app, "put", COVERAGEID=name, SOURCES=",".join(sources), **params)
    assert (done.status_code, done.data, done.mimetype) == (200, b"", "text/plain"), done.text


def locator(answer: TestResponse) -> str:
    return texts(parse_xml(answer.data), "/*/ows:Exception/@locator")[0]


def basic(name: str, *permissions: str) -> dict[str, str]:
    """Headers of a new user."""
    user = User.objects.create_user(name, password="secret")
    for one in permissions:
        user.user_permissions.add(Permission.objects.get(codename=f"{one}_coverage"))
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:secret'.encode()).decode()}"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_is_made_and_given_other_sources(app: Application, method: str) -> None:
    done = send(app, "put", method, COVERAGEID="v", SOURCES="s1,s2", METADATA='{"Title": "both"}')
    assert (done.status_code, done.data, done.headers["Cache-Control"]) == (200, b"", "no-store")
    assert values(app, "v") == ["1"] * 6 + ["2"] * 6
    assert times(app, "v") == ["2008-01-01", "2008-01-03"]
    assert dict(app.instance.catalogue.coverage("v").metadata) == {"Title": "both"}
    send(app, "put", method, coverageId="v", sources="s2")
    assert values(app, "v") == ["2"] * 6
    assert dict(app.instance.catalogue.coverage("v").metadata) == {}
    assert ask(app, "DeleteCoverage", coverageId="v").status_code == 200
    assert app.instance.catalogue.exists("s1")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_is_told_what_it_would_be(app: Application, method: str) -> None:
    version = app.instance.catalogue.version()
    told = send(app, "plan", method, COVERAGEID="v", SOURCES="s2,s1", METADATA='{"Title": "both"}')
    assert (told.status_code, told.mimetype, told.headers["Cache-Control"]) == (200, "application/json", "no-store")
    assert app.instance.catalogue.version() == version
    found = told.json
    assert found is not None
    assert (found["coverage"], found["sources"], found["metadata"]) == ("v", ["s2", "s1"], {"Title": "both"})
    put(app, "s2", "s1")
    made = app.instance.catalogue.coverage("v")
    assert outline_from_json(found) == (made.domain, made.range_type)


def test_who_may_read_the_sources_is_told_without_login(app: Application) -> None:
    assert send(app, "plan", who={}, COVERAGEID="v", SOURCES="s1").status_code == 200


def test_lists_of_sources_are_forms(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is asked for some of them at a time."""
    monkeypatch.setattr(virtual_coverages, "_BATCH", 2)
    names = [f"a{number}" for number in range(5)]
    for number, name in enumerate(names, 1):
        insert(app, slice_of(number, f"2009-01-0{number}", identifier=name))
    put(app, *names)
    assert app.instance.registrar().describe("v")["sources"] == names
    put(app, "s1", name="w")
    wrong = send(app, "put", COVERAGEID="v", SOURCES=",".join([*names, "w"]))
    assert (wrong.status_code, locator(wrong)) == (400, "w")


GOOD = {"coverageId": "v", "sources": "s1,s2"}


@pytest.mark.parametrize("action", ["put", "plan"])
@pytest.mark.parametrize(
    ("params", "status", "name", "where"),
    [
        ({"sources": "s1"}, 400, "MissingParameterValue", "coverageId"),
        ({"coverageId": "v"}, 400, "MissingParameterValue", "sources"),
        ({"coverageId": "v", "sources": ","}, 400, "emptyCoverageIdList", "sources"),
        ({"coverageId": "no name", "sources": "s1"}, 400, "InvalidParameterValue", "no name"),
        ({"coverageId": "v\0", "sources": "s1"}, 400, "InvalidParameterValue", "v\ufffd"),
        ({"coverageId": "s1", "sources": "s2"}, 400, "WCSTDuplicatedCoverageName", "s1"),
        ({"coverageId": "v", "sources": "s1,nix"}, 404, "NoSuchCoverage", "nix"),
        ({"coverageId": "v", "sources": "s1\0"}, 404, "NoSuchCoverage", "s1\ufffd"),
        ({"coverageId": "v", "sources": "v"}, 404, "NoSuchCoverage", "v"),
        ({"coverageId": "v", "sources": "s1,s1"}, 400, "InvalidParameterValue", "s1"),
        ({"coverageId": "v", "sources": "other_v,s1"}, 400, "InvalidParameterValue", "other_v"),
        ({"coverageId": "other_v", "sources": "other_v"}, 400, "InvalidParameterValue", "other_v"),
        ({"coverageId": "v", "sources": "s1,plain"}, 400, "InconsistentChange", "plain"),
        ({**GOOD, "metadata": "[]"}, 400, "InvalidParameterValue", "metadata"),
        ({**GOOD, "harvesting": "true"}, 400, "InvalidRequest", "harvesting"),
    ],
)
def test_mistakes_are_told(
    app: Application, action: str, params: dict[str, str], status: int, name: str, where: str
) -> None:
    insert(app, documents.index2d("plain"))
    put(app, "s1", name="other_v")
    version = app.instance.catalogue.version()
    wrong = send(app, action, **params)
    assert (wrong.status_code, code(wrong), locator(wrong)) == (status, name, where)
    assert app.instance.catalogue.version() == version


def test_there_is_nothing_beside_the_two(app: Application) -> None:
    wrong = send(app, "list", COVERAGEID="v")
    assert (wrong.status_code, code(wrong)) == (501, "OperationNotSupported")
    assert app.client.put(f"{VIRTUAL}/put").status_code == 405


# -- who may ------------------------------------------------------------------------------------


def test_making_takes_the_permissions_to_insert_and_to_update(app: Application) -> None:
    nobody = send(app, "put", who={}, **GOOD)
    assert (nobody.status_code, code(nobody)) == (401, "AccessDenied")
    for number, permissions in enumerate([(), ("add",), ("change",)]):
        refused = send(app, "put", who=basic(f"user{number}", *permissions), **GOOD)
        assert (refused.status_code, code(refused)) == (403, "AccessDenied")
    elsewhere = {**login(app), "Sec-Fetch-Site": "cross-site"}
    assert send(app, "put", who=elsewhere, **GOOD).status_code == 403
    assert not app.instance.catalogue.exists("v")
    assert send(app, "put", who=basic("maker", "add", "change"), **GOOD).status_code == 200


class Secretive:
    """Nobody but the administrator may read ``s2``."""

    @hookimpl
    def eoxs_authorize(self, actor: str | None, action: str, coverage_id: str | None) -> bool | None:
        return actor == "admin" if (action, coverage_id) == ("read", "s2") else None


def test_what_one_may_not_read_is_no_source(app: Application) -> None:
    """Its cells could be read in the virtual coverage otherwise."""
    app.instance.plugins.manager.register(Secretive())
    app.client.application = build_app(app.instance)
    maker = basic("maker", "add", "change")
    for action in ("put", "plan"):
        refused = send(app, action, who=maker, **GOOD)
        assert (refused.status_code, code(refused), locator(refused)) == (403, "AccessDenied", "s2")
        assert send(app, action, who={}, **GOOD).status_code == 401
        unknown = send(app, action, who=maker, coverageId="v", sources="s3")
        assert (unknown.status_code, code(unknown)) == (404, "NoSuchCoverage")
        assert "s1" in unknown.text
        assert "s2" not in unknown.text
    assert not app.instance.catalogue.exists("v")
    assert send(app, "put", **GOOD).status_code == 200


def test_what_one_may_not_read_is_no_member_of_a_pyramid(app: Application) -> None:
    """Its cells could be read at scales of the base otherwise."""
    app.instance.plugins.manager.register(Secretive())
    app.client.application = build_app(app.instance)
    refused = app.client.post(
        "/rasdaman/admin/coverage/pyramid/add",
        data={"COVERAGEID": "s1", "MEMBERS": "s2"},
        headers=basic("maker", "add", "change"),
    )
    assert (refused.status_code, code(refused), locator(refused)) == (403, "AccessDenied", "s2")


def test_metadata_of_any_characters_come_back(app: Application) -> None:
    given = {"Title": 'é <&> "', "x y": "\u0001"}
    put(app, "s1", METADATA=json.dumps(given))
    assert dict(app.instance.catalogue.coverage("v").metadata) == given
    assert app.wcs("DescribeCoverage", coverageId="v").status_code == 200
