# SPDX-License-Identifier: MIT
"""Rasql over HTTP, and every way in which it fails."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from eoxserver.backends.storages.rasdaman.client import QueryFailed, RasqlClient, endpoint
from eoxserver.core.errors import (
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    ItemMissing,
    StorageUnreachable,
    TransferFailed,
)
from tests.backends.storages.rasdaman.conftest import SETTINGS
from tests.rasservers import RasServer

REMOTE = SETTINGS.remote
TRIM = "select c[0:1,0:1].red from rgb as c"


def client_of(server: RasServer, reference: str = "") -> RasqlClient:
    return RasqlClient(server.url, reference, REMOTE)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://host:8080/rasdaman/rasql", "http://host:8080/rasdaman/rasql"),
        ("https://host/some/where", "https://host/some/where"),
        ("http://host", "http://host/rasdaman/rasql"),
        ("http://host:81/", "http://host:81/rasdaman/rasql"),
        ("rasdaman://host", "http://host:8080/rasdaman/rasql"),
        ("rasdaman://host:7001", "http://host:7001/rasdaman/rasql"),
        ("rasdaman://host/rasql", "http://host:8080/rasql"),
        ("rasdaman://[::1]", "http://[::1]:8080/rasdaman/rasql"),
    ],
)
def test_urls_of_storages(url: str, asked: str) -> None:
    assert endpoint(url) == asked


@pytest.mark.parametrize(
    "url", ["", "host", "/data", "ftp://host", "http://", "http://host:x/", "http://host/?a=b", "http://host/#a"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is no URL of a rasdaman server; accepted: http://host:8080/"):
        endpoint(url)


def test_a_user_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="credentials of a storage are given by reference") as caught:
        endpoint("http://me:secret@host/rasdaman/rasql")
    assert "secret" not in str(caught.value)


def test_queries_go_by_post_and_nothing_secret_is_in_a_url(server: RasServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.users = {"reader": "correct horse"}
    monkeypatch.setenv("RAS", "reader:correct horse")
    assert client_of(server, "env:RAS").text("select version()", "").startswith("rasdaman 10")
    asked = server.asked[0]
    assert (asked.method, asked.user, asked.url) == ("POST", "reader", "/rasdaman/rasql")
    assert asked.headers["user-agent"].startswith("EOxServer/")


def test_without_credentials_it_is_the_guest(server: RasServer) -> None:
    client_of(server).text("select version()", "")
    assert server.asked[0].user == "rasguest"


def test_tokens(server: RasServer, tmp_path: Path) -> None:
    server.users = {"bearer": "abc123"}
    (tmp_path / "token").write_text("Bearer abc123\n")
    client_of(server, f"file:{tmp_path}/token").text("select version()", "")
    assert server.asked[0].headers["authorization"] == "Bearer abc123"


@pytest.mark.parametrize("reported", [False, True])
def test_refused_credentials(server: RasServer, monkeypatch: pytest.MonkeyPatch, reported: bool) -> None:
    server.reported_refusal = reported
    monkeypatch.setenv("RAS", "reader:wrong password")
    client = client_of(server, "env:RAS")
    with pytest.raises(
        CredentialsRefused, match=r"grey: rasdaman storage http://127.* refused: Access denied"
    ) as caught:
        client.text("select version()", "grey")
    assert "wrong password" not in str(caught.value)
    assert len(server.asked) == 1
    server.users = {"reader": "rotated"}
    monkeypatch.setenv("RAS", "reader:rotated")
    assert client.text("select version()", "grey")


def test_the_guest_may_be_refused(server: RasServer) -> None:
    server.users = {}
    with pytest.raises(CredentialsRefused, match="as rasguest, no other credentials are given"):
        client_of(server).text("select version()", "grey")


def test_credentials_that_are_not_there(server: RasServer) -> None:
    with pytest.raises(CredentialsRefused, match="the environment has no variable NO_SUCH_VARIABLE"):
        client_of(server, "env:NO_SUCH_VARIABLE").text("select version()", "grey")
    assert server.asked == []


@pytest.mark.parametrize("fault", ["503", "500", "drop", "lock", "cut", "silence", "long"])
def test_what_may_pass_is_tried_again(server: RasServer, fault: str) -> None:
    server.faults = [fault, fault]
    assert len(client_of(server).cells(TRIM, "rgb", 4)) == 4
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        ("503", StorageUnreachable, "answers with status 503"),
        ("500", StorageUnreachable, "answers with status 500"),
        ("lock", StorageUnreachable, "Tile lock error"),
        ("drop", StorageUnreachable, "cannot be reached"),
        ("silence", StorageUnreachable, "no answer within 1 s"),
        ("cut", TransferFailed, "broke off"),
        ("long", TransferFailed, "more than the 4 bytes"),
    ],
)
def test_what_does_not_pass_is_told(server: RasServer, fault: str, error: type[DataUnavailable], text: str) -> None:
    server.faults = [fault] * 3
    with pytest.raises(error, match=f"rgb: rasdaman storage http://127.*{text}") as caught:
        client_of(server).cells(TRIM, "rgb", 4)
    assert caught.value.locator == "rgb"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        ("403", CredentialsRefused, "status 403"),
        ("404", DataUnavailable, "status 404"),
        ("short", TransferFailed, "3 bytes came where 4 were asked for"),
        ("html", TransferFailed, "bytes"),
        ("redirect", DataUnavailable, "sends on to http://127.0.0.1:1/elsewhere, which is not followed"),
        ("report", QueryFailed, "Execution error 381 in line 1, column 8, near token encode: <no>"),
    ],
)
def test_what_will_not_pass_is_told_at_once(
    server: RasServer, fault: str, error: type[DataUnavailable], text: str
) -> None:
    server.faults = [fault] * (3 if fault == "html" else 1)
    with pytest.raises(error, match=text) as caught:
        client_of(server).cells(TRIM, "rgb", 4)
    assert "\n" not in str(caught.value)
    assert len(server.asked) == (3 if fault == "html" else 1)


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(StorageUnreachable, match=f"{url}/rasdaman/rasql: cannot be reached: Connection refused"):
            RasqlClient(url, "", REMOTE).text("select version()", "grey")


@pytest.mark.parametrize("status", [404, 500])
def test_unknown_collections(server: RasServer, status: int) -> None:
    server.dialect.unknown_status = status
    with pytest.raises(ItemMissing, match="Collection name is unknown"):
        client_of(server).text("select sdom(c) from nowhere as c", "nowhere")
