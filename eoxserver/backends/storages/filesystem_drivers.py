# SPDX-License-Identifier: MIT
"""What is particular to the libraries behind fsspec: their arguments, their errors, and how GDAL is told the same.

Nothing here imports a library: each comes when the first storage that needs it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from fsspec.registry import get_filesystem_class, known_implementations

from eoxserver.backends.credentials import Credentials
from eoxserver.conf.schema import Remote
from eoxserver.core.errors import ConfigurationError
from eoxserver.plugins.registry import EXTRAS

__all__ = [
    "BUCKETS",
    "GDAL_KINDS",
    "MACHINES",
    "arguments",
    "gdal_options",
    "is_unsigned",
    "library_missing",
    "protocols",
    "secrets",
    "system_class",
    "tune",
]

NOT_STORES = frozenset(
    {
        # Storages of our own, which do more.
        "file", "local", "http", "https", "ftp",
        # Ways to look at other file systems, at this machine, or at what is no store of files.
        "arrow_hdfs", "async_wrapper", "asynclocal", "asyncwrapper", "blockcache", "cached", "dask", "data", "dir",
        "filecache", "generic", "git", "libarchive", "pyscript", "reference", "simplecache", "tar", "zip",
        # Retired by its provider.
        "adl",
    }
)  # fmt: skip
"""Protocols of fsspec that are no storages here."""

GDAL_KINDS: Mapping[str, str] = MappingProxyType(
    {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "abfs": "abfs", "abfss": "abfs", "az": "abfs"}
)
"""Protocols of which GDAL reads files in place -> kind of GDAL's profile."""
BUCKETS = frozenset({*GDAL_KINDS, "oss", "oci", "tos"})
"""Protocols whose URLs begin with a bucket."""
MACHINES = frozenset({"sftp", "ssh", "smb", "hdfs", "webhdfs"})
"""Protocols whose URLs begin with a machine, where paths are absolute."""

_KEYWORDS: Mapping[str, tuple[str | None, str | None, str | None]] = MappingProxyType(
    {
        "s3": ("key", "secret", "token"),
        "s3a": ("key", "secret", "token"),
        "gs": (None, None, "token"),
        "gcs": (None, None, "token"),
        "abfs": ("account_name", "account_key", "sas_token"),
        "abfss": ("account_name", "account_key", "sas_token"),
        "az": ("account_name", "account_key", "sas_token"),
        "hdfs": ("user", None, None),
        "webhdfs": ("user", "password", "token"),
        "oss": ("key", "secret", "token"),
        "memory": (None, None, None),
    }
)
"""Protocol -> what its library calls user, password and token."""

_NO_SECRETS = frozenset(
    {"account_host", "account_name", "endpoint_url", "host", "profile", "project", "region_name", "username", "verify"}
)
"""Arguments that may be repeated in messages."""

_SSH = ("sftp", "ssh")

_AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)  # fmt: skip


def protocols() -> list[str]:
    """Answer the protocols that fsspec knows and that are stores of files; their libraries may be missing."""
    return sorted({*known_implementations, "abfss"} - NOT_STORES)


def system_class(protocol: str) -> Any:
    """Answer fsspec's class for a protocol.

    Raises
    ------
    ConfigurationError
        When its library is not installed; says how to.
    """
    try:
        found = get_filesystem_class("abfs" if protocol == "abfss" else protocol)
        return _careful(found) if protocol in _SSH else found
    except ImportError as error:
        raise library_missing(protocol, error) from error


def library_missing(protocol: str, error: ImportError) -> ConfigurationError:
    """Answer the error for a protocol whose library is not installed, with the remedy."""
    extra = EXTRAS.get(("storages", protocol))
    remedy = f"try: pip install 'eoxserver[{extra}]'" if extra else str(error)
    return ConfigurationError(
        f"storage type '{protocol}' needs a library that is not installed; {remedy}", locator=protocol
    )


def arguments(protocol: str, found: Credentials, remote: Remote, environ: Mapping[str, str]) -> dict[str, Any]:
    """Answer the arguments of fsspec's class for a storage.

    Raises
    ------
    ConfigurationError
        When the protocol has no use for such credentials.
    """
    made: dict[str, Any] = {"skip_instance_cache": True}
    if protocol not in _SSH:  # which hands on what it does not know
        made["use_listings_cache"] = False
    if GDAL_KINDS.get(protocol) == "gs" and "type" in found.options:  # a key as Google hands it out
        return {**made, "token": dict(found.options)}
    made.update({name: value for name, value in found.options.items() if name not in ("user", "password", "token")})
    names = _KEYWORDS.get(protocol, ("username", "password", "token"))
    for name, value in zip(names, (found.user, found.password, found.token), strict=True):
        if value is not None and name is not None:
            made[name] = value
        elif value:
            raise ConfigurationError(
                f"storage type '{protocol}' has no use for such credentials; accepted: an object of JSON with the "
                "arguments of its library, or "
                + " and ".join(f"'{each}'" for each in names if each is not None)
                + " by the names user, password and token",
                locator="credentials",
            )
    if GDAL_KINDS.get(protocol) == "s3":
        _complete_s3(made, remote, environ)
    elif GDAL_KINDS.get(protocol) == "gs":
        made.setdefault("token", "google_default" if "GOOGLE_APPLICATION_CREDENTIALS" in environ else "anon")
    elif protocol in _SSH:
        for name in ("timeout", "banner_timeout", "auth_timeout"):
            made.setdefault(name, remote.connect_timeout)
    return made


def _careful(found: Any) -> Any:
    """The class for SSH, with servers trusted only if their key is in a file of known hosts; fsspec's trusts any.

    The file is the argument ``known_hosts``, by default that of the user who runs the server (``~/.ssh``).
    """
    import paramiko  # optional; fsspec has just imported it

    def connect(system: Any) -> None:
        system.client = paramiko.SSHClient()
        system.client.load_system_host_keys(system.ssh_kwargs.pop("known_hosts", None))
        system.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        system.client.connect(system.host, **system.ssh_kwargs)
        system.ftp = system.client.open_sftp()

    return type("KnownHostsFileSystem", (found,), {"_connect": connect})


def tune(protocol: str, system: Any, remote: Remote) -> None:
    """Set what the arguments of a library leave open."""
    if GDAL_KINDS.get(protocol) == "s3":
        system.retries = 1  # they are made by the storage
    elif protocol in _SSH:
        system.ftp.get_channel().settimeout(remote.timeout)


def _complete_s3(made: dict[str, Any], remote: Remote, environ: Mapping[str, str]) -> None:
    if made.get("token") and not made.get("key"):
        raise ConfigurationError(
            "storage type 's3' has no use for a token alone; accepted: an object of JSON with 'key' and 'secret', "
            "and 'token' for a session",
            locator="credentials",
        )
    made.setdefault("anon", is_unsigned(made, environ))
    made["config_kwargs"] = {
        "connect_timeout": remote.connect_timeout,
        "read_timeout": remote.timeout,
        "retries": {"total_max_attempts": 1},  # retries are made by the storage
        **made.get("config_kwargs", {}),
    }


def is_unsigned(options: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Say whether S3 is asked without credentials: when none are given, neither here nor by the environment.

    The service that machines and containers in Amazon's cloud ask for credentials is used when ``anon`` is given as
    false, or named by the environment; it is not asked for on the chance that there is one.
    """
    if "anon" in options:
        return bool(options["anon"])
    file = Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path(environ.get("HOME", "/"), ".aws", "credentials"))
    given = options.get("key") or options.get("profile") or any(environ.get(name) for name in _AWS_VARIABLES)
    return not given and not file.is_file()


def secrets(made: Mapping[str, Any]) -> Iterator[str]:
    """Answer every text in arguments that could be a secret, so that none is repeated.

    >>> list(secrets({"key": "AKIA123456", "endpoint_url": "https://host", "client_kwargs": {"password": "geheim"}}))
    ['AKIA123456', 'geheim']
    """
    for name, value in made.items():
        if isinstance(value, Mapping):
            yield from secrets(value)
        elif isinstance(value, str) and len(value) > 3 and name not in _NO_SECRETS:
            yield value


# -- the same for GDAL ----------------------------------------------------------------------------


def gdal_options(protocol: str, url: str, made: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str] | None:
    """Answer GDAL's configuration options that say what the arguments of fsspec's class say; None when none can.

    Parameters
    ----------
    protocol : str
        One of ``GDAL_KINDS``.
    url : str
        Of the storage; it may name an account.
    made : mapping
        From ``arguments``.
    environ : mapping of str to str
        Variables of the environment, which GDAL reads as well.
    """
    kind = GDAL_KINDS[protocol]
    if kind == "s3":
        return _s3_options(made, environ)
    return _gs_options(made) if kind == "gs" else _azure_options(url, made)


def _s3_options(made: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    client = made.get("client_kwargs", {})
    found: dict[str, Any] = {}
    if made["anon"]:
        found["AWS_NO_SIGN_REQUEST"] = "YES"
    elif made.get("key"):
        found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"] = made["key"], made.get("secret", "")
        # An empty one keeps that of the environment away.
        found["AWS_SESSION_TOKEN"] = made.get("token") or ""
    elif made.get("profile"):
        found["AWS_PROFILE"] = made["profile"]
    endpoint = (
        made.get("endpoint_url")
        or client.get("endpoint_url")
        or environ.get("AWS_ENDPOINT_URL_S3")
        or environ.get("AWS_ENDPOINT_URL")
    )
    if endpoint:
        parts = urlsplit(endpoint)
        found["AWS_S3_ENDPOINT"] = parts.netloc + parts.path.rstrip("/")
        found["AWS_HTTPS"] = "YES" if parts.scheme == "https" else "NO"
        style = made.get("config_kwargs", {}).get("s3", {}).get("addressing_style")
        found["AWS_VIRTUAL_HOSTING"] = "TRUE" if style == "virtual" else "FALSE"
    elif made.get("use_ssl") is False:
        found["AWS_HTTPS"] = "NO"
    region = client.get("region_name") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if region:
        found["AWS_REGION"] = region
    if made.get("requester_pays"):
        found["AWS_REQUEST_PAYER"] = "requester"
    verify = client.get("verify")
    if isinstance(verify, str):
        found["CURL_CA_BUNDLE"] = verify
    elif verify is False:
        found["GDAL_HTTP_UNSAFESSL"] = "YES"
    return {name: str(value) for name, value in found.items()}


def _gs_options(made: Mapping[str, Any]) -> dict[str, str] | None:
    token = made["token"]
    found: dict[str, str]
    if token == "anon":  # noqa: S105 (a word of the library)
        found = {"GS_NO_SIGN_REQUEST": "YES"}
    elif token in ("google_default", "cloud"):
        found = {"CPL_GCE_SKIP": "NO"}
    elif isinstance(token, str) and token.startswith("/"):
        found = {"GOOGLE_APPLICATION_CREDENTIALS": token}
    elif isinstance(token, dict) and token.get("type") == "service_account":
        names = {"GS_OAUTH2_PRIVATE_KEY": "private_key", "GS_OAUTH2_CLIENT_EMAIL": "client_email"}
        found = {name: str(token.get(key, "")) for name, key in names.items()}
    elif isinstance(token, dict) and token.get("type") == "authorized_user":
        names = {
            "GS_OAUTH2_REFRESH_TOKEN": "refresh_token",
            "GS_OAUTH2_CLIENT_ID": "client_id",
            "GS_OAUTH2_CLIENT_SECRET": "client_secret",
        }
        found = {name: str(token.get(key, "")) for name, key in names.items()}
    else:
        return None
    if isinstance(made.get("requester_pays"), str):
        found["GS_USER_PROJECT"] = made["requester_pays"]
    if made.get("endpoint_url"):
        found["CPL_GS_ENDPOINT"] = str(made["endpoint_url"]).rstrip("/") + "/"
    return found


def _azure_options(url: str, made: Mapping[str, Any]) -> dict[str, str] | None:
    if made.get("connection_string"):
        return {"AZURE_STORAGE_CONNECTION_STRING": str(made["connection_string"])}
    _, at, host = urlsplit(url).netloc.partition("@")
    account = made.get("account_name") or (host.partition(".")[0] if at else None)
    if not account or any(made.get(name) for name in ("credential", "client_id", "client_secret", "account_host")):
        return None
    found = {"AZURE_STORAGE_ACCOUNT": str(account)}
    if made.get("account_key"):
        found["AZURE_STORAGE_ACCESS_KEY"] = str(made["account_key"])
    elif made.get("sas_token"):
        found["AZURE_STORAGE_SAS_TOKEN"] = str(made["sas_token"]).removeprefix("?")
    else:
        found["AZURE_NO_SIGN_REQUEST"] = "YES"
    return found
