# SPDX-License-Identifier: MIT
"""What a URL below ``/def`` asks for: ``KIND/AUTHORITY/VERSION/CODE``, or the same as keys of the query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eoxserver.core.crs.notation import split_parameters
from eoxserver.core.errors import NoSuchDefinition

__all__ = ["Name", "decode_name"]

_KEYS = ("authority", "version", "code")


@dataclass(frozen=True, slots=True)
class Name:
    """A node of the tree of definitions; empty texts where the URL ends early."""

    kind: str
    authority: str = ""
    version: str = ""
    code: str = ""
    parameters: Mapping[str, str] | None = None
    """Parameters of a CRS."""

    @property
    def path(self) -> str:
        """The node as a path, ``crs/EPSG/0/4326``."""
        return "/".join(part for part in (self.kind, self.authority, self.version, self.code) if part)


def decode_name(path: str, query: str) -> Name:
    """The node that a path and a query name.

    Raises
    ------
    NoSuchDefinition
        When the path goes on beyond a code.
    CrsUnknown
        When the query has no parameters (``name="value"&name="value"``).

    >>> decode_name("crs/epsg/0/4326", "").path
    'crs/EPSG/0/4326'
    >>> decode_name("crs", "Code=4326&AUTHORITY=EPSG&version=0").path
    'crs/EPSG/0/4326'
    """
    kind, *parts = path.split("/")
    if len(parts) > len(_KEYS):
        raise NoSuchDefinition(f"no definition '{path}'; accepted: {kind}/AUTHORITY/VERSION/CODE", locator=path)
    parameters = split_parameters(query, f"?{query}")
    if not parts:
        named = {key.lower(): parameters.pop(key) for key in list(parameters) if key.lower() in _KEYS}
        parts = [
            named.get("authority", ""),
            named.get("version", "0" if "code" in named else ""),
            named.get("code", ""),
        ]
    authority, version, code = (*parts, "", "", "")[:3]
    authority = authority.upper()
    return Name(kind, "IAU_2015" if authority == "IAU" else authority, version, code, parameters)
