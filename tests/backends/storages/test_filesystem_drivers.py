# SPDX-License-Identifier: MIT
"""What is particular to the libraries behind fsspec."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fsspec.registry import _registry, known_implementations

from eoxserver.backends.credentials import Credentials, read_credentials
from eoxserver.backends.profiles import PROFILE_KINDS
from eoxserver.backends.storages.filesystem_drivers import (
    GDAL_KINDS,
    arguments,
    gdal_options,
    is_unsigned,
    protocols,
    secrets,
    system_class,
)
from eoxserver.conf.schema import Remote
from eoxserver.core.errors import ConfigurationError
from eoxserver.plugins import load_plugins
from eoxserver.plugins.registry import EXTRAS

REMOTE = Remote(connect_timeout=7, timeout=33, retries=2)
ACCOUNT = {"type": "service_account", "private_key": "-----BEGIN-----", "client_email": "a@b.example"}


def made(protocol: str, text: str = "", environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The arguments for credentials of this text."""
    found = read_credentials("env:X", {"X": text}) if text else Credentials()
    return arguments(protocol, found, REMOTE, environ or {})


def options(protocol: str, url: str, text: str = "", environ: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """What GDAL is told for credentials of this text."""
    return gdal_options(protocol, url, made(protocol, text, environ), environ or {})


# -- which there are ------------------------------------------------------------------------------


def test_every_store_of_fsspec_is_a_storage_and_nothing_twice() -> None:
    known = protocols()
    assert {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "sftp", "ssh", "smb", "hdfs", "memory"} <= set(known)
    assert not {"local", "file", "http", "https", "ftp", "zip", "tar", "reference", "simplecache"} & set(known)
    storages = load_plugins().storages
    assert set(known) <= set(storages)
    assert set(GDAL_KINDS.values()) <= set(PROFILE_KINDS)


@pytest.mark.parametrize("protocol", sorted({key for plural, key in EXTRAS if plural == "storages"}))
def test_a_missing_library_is_named_with_its_extra(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "abfs" if protocol == "abfss" else protocol
    monkeypatch.delitem(_registry, name, raising=False)
    monkeypatch.setitem(known_implementations, name, {"class": "no_such_library.System", "err": "Install it"})
    with pytest.raises(ConfigurationError, match=rf"'{protocol}' needs a library .*pip install 'eoxserver\[") as caught:
        system_class(protocol)
    assert f"eoxserver[{EXTRAS['storages', protocol]}]" in caught.value.message


def test_a_missing_library_without_extra_is_named_as_fsspec_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(_registry, "smb", raising=False)
    monkeypatch.setitem(known_implementations, "smb", {"class": "no_such_library.System", "err": "Install smbprotocol"})
    with pytest.raises(ConfigurationError, match="needs a library that is not installed; Install smbprotocol"):
        system_class("smb")


# -- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "text", "expected"),
    [
        ("s3", "id:secret", {"key": "id", "secret": "secret", "anon": False}),
        ("s3", '{"key": "id", "secret": "s", "token": "t"}', {"key": "id", "secret": "s", "token": "t"}),
        (
            "s3",
            '{"user": "id", "password": "s", "endpoint_url": "x"}',
            {"key": "id", "secret": "s", "endpoint_url": "x"},
        ),
        ("sftp", "me:secret", {"username": "me", "password": "secret", "timeout": 7}),
        ("sftp", '{"username": "me", "key_filename": "/k", "timeout": 1}', {"key_filename": "/k", "timeout": 1}),
        ("abfs", "account:key", {"account_name": "account", "account_key": "key"}),
        ("az", "Bearer sv=2024", {"sas_token": "sv=2024"}),
        ("hf", "abcdef", {"token": "abcdef"}),
        ("gs", "/etc/key.json", {"token": "/etc/key.json"}),
        ("webhdfs", "me:secret", {"user": "me", "password": "secret"}),
    ],
)
def test_credentials_become_arguments(protocol: str, text: str, expected: dict[str, Any]) -> None:
    found = made(protocol, text)
    assert found.items() >= expected.items()
    assert found["skip_instance_cache"] is True
    assert found.get("use_listings_cache") is (None if protocol == "sftp" else False)
    assert "user" not in found or protocol == "webhdfs"


@pytest.mark.parametrize(
    ("protocol", "text"),
    [("memory", "me:secret"), ("gs", "me:secret"), ("hdfs", "Bearer secret"), ("s3", "secretword")],
)
def test_credentials_without_use_are_refused(protocol: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match="has no use for") as caught:
        made(protocol, text)
    assert "secret:" not in caught.value.message and "secretword" not in caught.value.message


def test_a_key_of_google_is_taken_as_it_is() -> None:
    assert arguments("gs", Credentials(options=ACCOUNT), REMOTE, {})["token"] == ACCOUNT
    assert made("gs")["token"] == "anon"
    assert made("gs", environ={"GOOGLE_APPLICATION_CREDENTIALS": "/k.json"})["token"] == "google_default"


def test_patience_with_s3_is_that_of_the_settings() -> None:
    text = '{"config_kwargs": {"read_timeout": 5, "s3": {"addressing_style": "virtual"}}}'
    assert made("s3", text)["config_kwargs"] == {
        "connect_timeout": 7,
        "read_timeout": 5,
        "retries": {"total_max_attempts": 1},
        "s3": {"addressing_style": "virtual"},
    }


@pytest.mark.parametrize(
    ("given", "environ", "unsigned"),
    [
        ({}, {}, True),
        ({"key": "a"}, {}, False),
        ({"profile": "a"}, {}, False),
        ({"anon": True, "key": "a"}, {}, True),
        ({"anon": False}, {}, False),
        ({}, {"AWS_ACCESS_KEY_ID": "a"}, False),
        ({}, {"AWS_PROFILE": "a"}, False),
        ({}, {"AWS_ACCESS_KEY_ID": ""}, True),
        ({"anon": True}, {"AWS_ACCESS_KEY_ID": "a"}, True),
    ],
)
def test_when_s3_is_asked_without_credentials(
    given: dict[str, Any], environ: dict[str, str], unsigned: bool, tmp_path: Path
) -> None:
    assert is_unsigned(given, {"HOME": str(tmp_path), **environ}) is unsigned


def test_a_file_of_credentials_is_found(tmp_path: Path) -> None:
    file = tmp_path / ".aws" / "credentials"
    file.parent.mkdir()
    file.touch()
    assert not is_unsigned({}, {"HOME": str(tmp_path)})
    assert not is_unsigned({}, {"AWS_SHARED_CREDENTIALS_FILE": str(file)})
    assert is_unsigned({}, {"HOME": str(tmp_path), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")})


def test_secrets_are_found_at_any_depth() -> None:
    assert set(secrets(made("s3", '{"key": "AKIA", "secret": "geheim", "endpoint_url": "http://host"}'))) == {
        "AKIA",
        "geheim",
    }
    assert set(secrets({"token": ACCOUNT})) >= {"-----BEGIN-----"}


# -- the same for GDAL ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        ("", {}, {"AWS_NO_SIGN_REQUEST": "YES"}),
        (
            "id:secret",
            {},
            {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": ""},
        ),
        (
            '{"key": "id", "secret": "s", "token": "t"}',
            {"AWS_DEFAULT_REGION": "eu-central-1"},
            {
                "AWS_ACCESS_KEY_ID": "id",
                "AWS_SECRET_ACCESS_KEY": "s",
                "AWS_SESSION_TOKEN": "t",
                "AWS_REGION": "eu-central-1",
            },
        ),
        ('{"profile": "eo"}', {}, {"AWS_PROFILE": "eo"}),
        ("", {"AWS_ACCESS_KEY_ID": "id"}, {}),
        (
            '{"anon": true, "client_kwargs": {"endpoint_url": "https://host:9000/", "region_name": "r"}}',
            {},
            {
                "AWS_NO_SIGN_REQUEST": "YES",
                "AWS_S3_ENDPOINT": "host:9000",
                "AWS_HTTPS": "YES",
                "AWS_VIRTUAL_HOSTING": "FALSE",
                "AWS_REGION": "r",
            },
        ),
        (
            '{"anon": true, "endpoint_url": "http://a", "config_kwargs": {"s3": {"addressing_style": "virtual"}}}',
            {"AWS_ENDPOINT_URL": "http://b"},
            {
                "AWS_NO_SIGN_REQUEST": "YES",
                "AWS_S3_ENDPOINT": "a",
                "AWS_HTTPS": "NO",
                "AWS_VIRTUAL_HOSTING": "TRUE",
            },
        ),
        (
            '{"anon": true, "requester_pays": true, "use_ssl": false, "client_kwargs": {"verify": "/ca.pem"}}',
            {},
            {
                "AWS_NO_SIGN_REQUEST": "YES",
                "AWS_REQUEST_PAYER": "requester",
                "AWS_HTTPS": "NO",
                "CURL_CA_BUNDLE": "/ca.pem",
            },
        ),
        (
            '{"anon": true, "client_kwargs": {"verify": false}}',
            {},
            {"AWS_NO_SIGN_REQUEST": "YES", "GDAL_HTTP_UNSAFESSL": "YES"},
        ),
    ],
)
def test_s3(text: str, environ: dict[str, str], expected: dict[str, str]) -> None:
    assert options("s3", "s3://bucket", text, environ) == expected


def test_google() -> None:
    assert options("gs", "gs://bucket") == {"GS_NO_SIGN_REQUEST": "YES"}
    assert options("gs", "gs://bucket", "/k.json") == {"GOOGLE_APPLICATION_CREDENTIALS": "/k.json"}
    assert options("gs", "gs://bucket", "cloud") == {"CPL_GCE_SKIP": "NO"}
    assert options("gcs", "gcs://bucket", "browser") is None
    given = arguments("gs", Credentials(options=ACCOUNT), REMOTE, {})
    assert gdal_options("gs", "gs://b", given, {}) == {
        "GS_OAUTH2_PRIVATE_KEY": "-----BEGIN-----",
        "GS_OAUTH2_CLIENT_EMAIL": "a@b.example",
    }
    user = {"type": "authorized_user", "refresh_token": "r", "client_id": "i", "client_secret": "s"}
    assert gdal_options("gs", "gs://b", arguments("gs", Credentials(options=user), REMOTE, {}), {}) == {
        "GS_OAUTH2_REFRESH_TOKEN": "r",
        "GS_OAUTH2_CLIENT_ID": "i",
        "GS_OAUTH2_CLIENT_SECRET": "s",
    }
    text = '{"requester_pays": "project", "endpoint_url": "http://host"}'
    assert options("gs", "gs://bucket", text) == {
        "GS_NO_SIGN_REQUEST": "YES",
        "GS_USER_PROJECT": "project",
        "CPL_GS_ENDPOINT": "http://host/",
    }


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        ("abfs://box", "acc:key", {"AZURE_STORAGE_ACCOUNT": "acc", "AZURE_STORAGE_ACCESS_KEY": "key"}),
        (
            "az://box",
            '{"account_name": "acc", "sas_token": "?sv=1"}',
            {"AZURE_STORAGE_ACCOUNT": "acc", "AZURE_STORAGE_SAS_TOKEN": "sv=1"},
        ),
        (
            "abfss://box@acc.dfs.core.windows.net/a",
            "",
            {"AZURE_STORAGE_ACCOUNT": "acc", "AZURE_NO_SIGN_REQUEST": "YES"},
        ),
        ("abfs://box", '{"connection_string": "A=b"}', {"AZURE_STORAGE_CONNECTION_STRING": "A=b"}),
        ("abfs://box", "", None),
        ("abfs://box", '{"account_name": "acc", "client_id": "i", "client_secret": "s", "tenant_id": "t"}', None),
    ],
)
def test_azure(url: str, text: str, expected: dict[str, str] | None) -> None:
    assert options(url.partition(":")[0], url, text) == expected
