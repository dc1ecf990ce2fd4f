# SPDX-License-Identifier: MIT
"""Credentials are found by reference, and never shown."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eoxserver.backends.credentials import Credentials, read_credentials, shown_url
from eoxserver.core.errors import ConfigurationError


def found(text: str) -> Credentials:
    return read_credentials("env:SOME", {"SOME": text})


def test_no_reference_means_none() -> None:
    assert read_credentials("") == Credentials() and not Credentials()


def test_forms_of_credentials() -> None:
    assert found("reader:pass:word") == Credentials(user="reader", password="pass:word")
    assert found("reader:") == Credentials(user="reader", password="")
    assert found(" Bearer abc:def \n") == found("bearer abc:def") == Credentials(token="abc:def")
    assert found("abc.def") == Credentials(token="abc.def")
    options = found('{"key": "AK", "secret": "SK", "user": "u", "password": "p"}')
    assert dict(options.options) == {"key": "AK", "secret": "SK", "user": "u", "password": "p"}
    assert (options.user, options.password, options.token) == ("u", "p", None)
    assert all(map(bool, (found("a:b"), found("t"), options)))


def test_files_are_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    for text, user in (("a:b\n", "a"), ("c:d", "c")):
        path.write_text(text)
        assert read_credentials(f"file:{path}").user == user
        assert read_credentials(f"file://{path}").user == user


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("{}", "is empty"),
        ("HUSH HUSH", "in no known form"),
        (":HUSH", "in no known form"),
        ("Bearer HUSH HUSH", "the token has a blank"),
        ("HUSHé", "characters beyond ASCII"),
        ('{"token": "HUSH HUSH"}', "the token has a blank"),
        ("user:HUSH\nX: y", "more than one line"),
        ('{"user": "HUSH', "begins as an object of JSON"),
        ('{"token": 5, "key": "HUSH"}', "'token' is no plain text"),
        ('{"password": "HUSH\\r\\n"}', "'password' is no plain text"),
        ("{" * 60000 + "HUSH", "begins as an object of JSON"),
    ],
)
def test_unreadable_text_is_not_repeated(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "some"
    path.write_text(text)
    for reference in ("env:SOME", f"file:{path}"):
        with pytest.raises(ConfigurationError, match=reason) as caught:
            read_credentials(reference, {"SOME": text})
        assert reference in str(caught.value) and "HUSH" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_missing_places_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 70000)
    for reference, reason in {
        "env:NONE": "the environment has no variable NONE",
        f"file:{tmp_path}/none": "cannot be read: No such file",
        f"file:{tmp_path}": "cannot be read: Is a directory",
        "file:secret.txt": "the path is relative",
        f"file:{tmp_path}/binary": "no text in UTF-8",
        f"file:{tmp_path}/large": "more than 65536 bytes",
        "file:/a\0b": "no text",
    }.items():
        with pytest.raises(ConfigurationError, match=reason) as caught:
            read_credentials(reference, {})
        assert reference in str(caught.value)


@pytest.mark.parametrize("reference", ["reader:HUSH", "HUSH", "env:", "file:", "Env:HUSH"])
def test_what_is_no_reference_is_not_repeated(reference: str) -> None:
    with pytest.raises(ConfigurationError, match="accepted: env:NAME or file:/absolute/path") as caught:
        read_credentials(reference, {})
    assert "HUSH" not in str(caught.value)


def test_texts_have_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    secrets = [found("reader:HUSH"), found("HUSH"), found('{"secret": "HUSH"}')]
    logging.getLogger("x").warning("%s %r", secrets, secrets)
    assert "HUSH" not in caplog.text + f"{secrets}"
    assert repr(secrets) == "[<Credentials: password>, <Credentials: token>, <Credentials: options>]"
    assert len({*secrets, found("HUSH")}) == 3


WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)


@given(WORDS, WORDS)
def test_any_user_and_password(user: str, password: str) -> None:
    assume(":" not in user and not user.startswith("{"))
    credentials = found(f"{user}:{password}")
    assert (credentials.user, credentials.password) == (user, password)
    assert repr(credentials) == "<Credentials: password>"


def test_urls_are_shown_without_secrets() -> None:
    assert shown_url("https://host/a%20b?sig=HUSH#HUSH") == "https://host/a%20b"
    assert shown_url("ftp://me:HUSH@host:21/a") == "ftp://host:21/a"
    assert shown_url("s3://bucket/key") == "s3://bucket/key"
    assert shown_url("http://[HUSH/a") == "http://..."
    assert shown_url("/data/a?b") == "/data/a?b"
