# SPDX-License-Identifier: MIT
"""Users are those of Django: they name themselves by HTTP Basic, and plugins say what they may read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from werkzeug.test import TestResponse

from eoxserver.app.users import Users
from tests.applications import Application, application
from tests.backends.rasters import pattern, write
from tests.plugins.distributions import Distribution

QUERY = "/ows?service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=scene"

GUARD = Distribution(
    "toy-guard",
    {
        "toy_guard": """
        from eoxserver import hookimpl

        @hookimpl
        def eoxs_authorize(actor, action, coverage_id):
            return actor == "ada" if coverage_id == "scene" else None
        """
    },
    {"guard": "toy_guard"},
)
"""A plugin that lets only one user read ``scene``."""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    """Answer an application whose ``scene`` only ada may read; eve is a user too, bob was one."""
    folder = tmp_path_factory.mktemp("guarded")
    site = folder / "site"
    site.mkdir()
    GUARD.install(site)
    environ = {"EOXS_CORE_SYSTEM__REQUIRED_PLUGINS": "guard"}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        yield from _with_users(instance_template, folder, environ)


def _with_users(template: Path, folder: Path, environ: dict[str, str]) -> Iterator[Application]:
    with application(folder, template, environ) as app:
        app.register(*(Path(write(folder / f"{name}.tif", pattern((1, 4, 4)))) for name in ("scene", "open")))
        for name in ("ada", "eve", "bob"):
            User.objects.create_user(name, password=f"of {name}: ü", is_active=name != "bob")
        yield app


def ask(app: Application, user: str | None, coverage: str = "scene", password: str | None = None) -> TestResponse:
    auth = None if user is None else (user, f"of {user}: ü" if password is None else password)
    return app.client.get(QUERY.replace("scene", coverage), auth=auth)


def test_a_user_reads_what_the_plugin_allows(guarded: Application) -> None:
    assert ask(guarded, "ada").status_code == 200
    for user in ("eve", None):
        refused = ask(guarded, user)
        assert refused.status_code == 403
        assert 'exceptionCode="AccessDenied"' in refused.text and "scene" in refused.text
        assert ask(guarded, user, "open").status_code == 200
        tag = ask(guarded, "ada").headers["ETag"]
        assert guarded.get(QUERY.partition("?")[2], If_None_Match=tag).status_code == 403


@pytest.mark.parametrize(
    ("user", "password"),
    [("ada", "wrong"), ("ada", ""), ("nobody", "of ada: ü"), ("bob", None), ("", ""), ("a\0da", "x")],
)
def test_wrong_credentials_are_refused_whatever_is_asked(guarded: Application, user: str, password: str | None) -> None:
    refused = ask(guarded, user, "open", password)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("header", ["Bearer abc", "Basic", "Basic ?", "Basic YWJj", "Digest username=ada"])
def test_what_is_no_user_and_password_is_refused(guarded: Application, header: str) -> None:
    answer = guarded.get(QUERY.partition("?")[2].replace("scene", "open"), Authorization=header)
    assert answer.status_code == 401


def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that are hashed from now on."""
    seen: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def watched(hasher: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        seen.append(password)
        return encode(hasher, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", watched)
    return seen


def test_a_password_is_hashed_once_while_it_stays_right(guarded: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    cat = User.objects.create_user("cat", password="of cat: ü")
    seen = hashed(monkeypatch)
    assert [ask(guarded, "cat", "open").status_code for _ in range(3)] == [200] * 3
    assert seen == ["of cat: ü"]
    assert ask(guarded, "cat", "open", "wrong").status_code == 401
    assert ask(guarded, "cat", "open", "wrong").status_code == 401
    assert len(seen) > 2, "a wrong password is never remembered"
    cat.set_password("new")
    cat.save()
    assert ask(guarded, "cat", "open").status_code == 401
    assert ask(guarded, "cat", "open", "new").status_code == 200
    cat.is_active = False
    cat.save()
    assert ask(guarded, "cat", "open", "new").status_code == 401
    cat.delete()
    assert ask(guarded, "cat", "open", "new").status_code == 401


def test_no_more_passwords_are_remembered_than_wanted(guarded: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    users = Users(capacity=1)
    seen = hashed(monkeypatch)
    for name in ("ada", "ada", "eve", "ada"):
        assert users.authenticate(name, f"of {name}: ü") == name
    assert seen == ["of ada: ü", "of eve: ü", "of ada: ü"]
    assert users.authenticate("ada", "of eve: ü") is None


def test_a_connection_that_was_closed_is_made_again(guarded: Application) -> None:
    for _ in range(2):
        assert connection.connection is not None
        connection.connection.close()
        assert ask(guarded, "ada").status_code == 200


def test_layers_of_others_are_not_listed(guarded: Application) -> None:
    query = "/ows?service=WMS&version=1.3.0&request=GetCapabilities"
    anonymous, ada = guarded.client.get(query), guarded.client.get(query, auth=("ada", "of ada: ü"))
    assert "<Name>open</Name>" in anonymous.text and "<Name>scene</Name>" not in anonymous.text
    assert "<Name>scene</Name>" in ada.text
    assert anonymous.headers["ETag"] != ada.headers["ETag"]


def test_a_map_that_was_made_for_one_user_is_not_shown_to_another(guarded: Application) -> None:
    query = (
        "/ows?service=WMS&version=1.3.0&request=GetMap&layers=scene&styles=&crs=EPSG:4326&bbox=40,10,45,20"
        "&width=10&height=5&format=image/png"
    )
    for _ in range(2):
        assert guarded.client.get(query, auth=("ada", "of ada: ü")).mimetype == "image/png"
        assert guarded.client.get(query, auth=("eve", "of eve: ü")).status_code == 403
        assert guarded.client.get(query).status_code == 403
