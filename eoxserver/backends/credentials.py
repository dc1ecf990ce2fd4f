# SPDX-License-Identifier: MIT
"""Credentials of storages: found by reference when they are used, and never shown.

The catalogue holds a reference only: ``env:NAME``, a variable of the environment, or ``file:/absolute/path``. The text
found there is one of

* ``user:password``
* ``Bearer TOKEN``, or just the token: one word without ``:``
* an object of JSON: the options of a storage that needs others, as ``{"key": "...", "secret": "..."}``; its texts
  ``user``, ``password`` and ``token`` are those of the forms above.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from eoxserver.core.errors import ConfigurationError

__all__ = ["ACCEPTED_REFERENCES", "Credentials", "read_credentials", "shown_url"]

ACCEPTED_REFERENCES = "env:NAME or file:/absolute/path"
"""For messages."""

_ACCEPTED_TEXTS = "accepted: user:password, a bearer token, or an object of JSON"
_MOST_BYTES = 64 * 1024
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Who we are for a storage. Its text has no secret, so that it may be logged by accident."""

    user: str | None = None
    password: str | None = None
    token: str | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """As written, for storages with options of their own."""

    def __repr__(self) -> str:
        kinds = {"password": self.user, "token": self.token, "options": self.options}
        return f"<Credentials: {', '.join(kind for kind, value in kinds.items() if value) or 'none'}>"

    def __bool__(self) -> bool:
        return bool(self.user or self.token or self.options)


def read_credentials(reference: str, environ: Mapping[str, str] = os.environ) -> Credentials:
    """Find credentials; the environment or file is read anew each time, so that changed ones are noticed.

    Parameters
    ----------
    reference : str
        ``env:NAME`` or ``file:/absolute/path``; empty for none.
    environ : mapping of str to str
        Variables of the environment.

    Raises
    ------
    ConfigurationError
        When there is nothing, or nothing readable, at the reference. The message names it, and never what it holds.

    Examples
    --------
    >>> found = read_credentials("env:ARCHIVE", {"ARCHIVE": "reader:secret"})
    >>> found, found.user
    (<Credentials: password>, 'reader')
    """
    if not reference:
        return Credentials()
    kind, _, rest = reference.partition(":")
    if kind == "env" and rest:
        text = environ.get(rest)
        if text is None:
            raise _wrong(reference, f"the environment has no variable {rest}")
    elif kind == "file" and rest:
        text = _read(reference, rest)
    else:
        # It may be the credentials themselves, put in the wrong place: not repeated.
        raise ConfigurationError(
            f"credentials are named by reference, which this is not; accepted: {ACCEPTED_REFERENCES}",
            locator="credentials",
        )
    return _parse(reference, text.strip())


def shown_url(url: str) -> str:
    """Answer a URL as it may be shown: without user, password, query (which may be a signature) and fragment.

    >>> shown_url("https://me:secret@host:8443/data?sig=abc"), shown_url("/data/a?b")
    ('https://host:8443/data', '/data/a?b')
    """
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://..."
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _wrong(reference: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"credentials '{reference}': {reason}", locator=reference)


def _read(reference: str, name: str) -> str:
    """The text of a file of credentials."""
    path = Path(name.removeprefix("//") if name.startswith("///") else name)
    if not path.is_absolute():
        raise _wrong(reference, f"the path is relative; accepted: {ACCEPTED_REFERENCES}")
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _wrong(reference, f"the file has more than {_MOST_BYTES} bytes; {_ACCEPTED_TEXTS}")
        return content.decode()
    except OSError as error:
        raise _wrong(reference, f"the file cannot be read: {error.strerror or type(error).__name__}") from error
    except ValueError:  # a zero byte in the name, or no UTF-8: neither is repeated
        raise _wrong(reference, f"the file is no text in UTF-8; {_ACCEPTED_TEXTS}") from None


def _parse(reference: str, text: str) -> Credentials:
    if text.startswith("{"):
        return _parse_options(reference, text)
    if _CONTROLS.search(text):
        raise _wrong(reference, f"has more than one line, or control characters; {_ACCEPTED_TEXTS}")
    scheme, _, token = text.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return Credentials(token=_token(reference, token.strip()))
    user, colon, password = text.partition(":")
    if colon and user:
        return Credentials(user=user, password=password)
    if text and not colon and " " not in text:
        return Credentials(token=_token(reference, text))
    raise _wrong(reference, f"is {'empty' if not text else 'in no known form'}; {_ACCEPTED_TEXTS}")


def _parse_options(reference: str, text: str) -> Credentials:
    try:
        options = json.loads(text)
    except (ValueError, RecursionError):  # its message may quote the text
        raise _wrong(reference, f"begins as an object of JSON and is none; {_ACCEPTED_TEXTS}") from None
    if not options:
        raise _wrong(reference, f"is empty; {_ACCEPTED_TEXTS}")
    known = {name: options.get(name) for name in ("user", "password", "token")}
    for name, value in known.items():
        if value is not None and (not isinstance(value, str) or _CONTROLS.search(value)):
            raise _wrong(reference, f"'{name}' is no plain text")
    if known["token"] is not None:
        _token(reference, known["token"])
    return Credentials(**known, options=MappingProxyType(options))


def _token(reference: str, token: str) -> str:
    """A token as it can be sent (RFC 6750 chapter 2.1, with any visible character)."""
    if not re.fullmatch("[!-~]+", token):
        raise _wrong(reference, "the token has a blank, or characters beyond ASCII")
    return token
