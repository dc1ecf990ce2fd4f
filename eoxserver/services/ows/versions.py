# SPDX-License-Identifier: MIT
"""Which version of a service a request is answered in.

OWS Common 2.0 (OGC 06-121r9) clause 7.3.2; WMS 1.3.0 (OGC 06-042) clause 6.2.4, which is older, for maps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from eoxserver.core.errors import InvalidParameterValue, VersionNegotiationFailed
from eoxserver.services.ows.kvp import Params

__all__ = ["Version", "nearest", "negotiate", "requested"]

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,2}")


@dataclass(frozen=True, slots=True)
class Version:
    """One version that a service speaks."""

    number: str
    """As it stands in answers (``2.0.1``)."""
    pattern: str
    """Regular expression of the numbers in requests that mean this version."""

    def matches(self, asked: str) -> bool:
        """Whether a request for ``asked`` is answered in this version."""
        return re.fullmatch(self.pattern, asked.strip()) is not None


def negotiate(params: Params, offered: Sequence[Version]) -> Version:
    """The version of a GetCapabilities answer.

    The first of ``acceptVersions`` that is offered; without it ``version``, as older clients send it;
    without both the highest one.

    Parameters
    ----------
    offered : sequence of Version
        Highest first.

    Raises
    ------
    VersionNegotiationFailed
        When none of the versions asked for is offered.
    """
    for key in ("acceptVersions", "version"):
        asked = [part.strip() for part in (params.get(key) or "").split(",") if part.strip()]
        for number in asked:
            for version in offered:
                if version.matches(number):
                    return version
        if asked:
            raise VersionNegotiationFailed(
                f"{key}: none of {', '.join(asked)} is offered; available: {_numbers(offered)}", locator=key
            )
    return offered[0]


def nearest(params: Params, offered: Sequence[Version]) -> Version:
    """The version of a GetCapabilities answer as WMS negotiates it; the client decides whether it can use it.

    The version asked for, else the highest below it, else the lowest; without ``version`` the highest one.

    Parameters
    ----------
    offered : sequence of Version
        Highest first.

    Raises
    ------
    InvalidParameterValue
        For what is no version number.

    >>> nearest(Params([("version", "7.0.0")]), [Version("1.3.0", "1[.]3[.]0"), Version("1.1.1", "1[.]1[.]1")]).number
    '1.3.0'
    """
    asked = (params.get("version") or "").strip()
    if not asked:
        return offered[0]
    for version in offered:
        if version.matches(asked):
            return version
    if _NUMBER.fullmatch(asked) is None:
        raise InvalidParameterValue(
            f"version: '{asked}' is not a version number; available: {_numbers(offered)}", locator="version"
        )
    return next((version for version in offered if _parts(version.number) <= _parts(asked)), offered[-1])


def requested(params: Params, offered: Sequence[Version]) -> Version:
    """The version of any other operation, from its mandatory ``version`` parameter.

    Raises
    ------
    MissingParameterValue
        Without the parameter.
    InvalidParameterValue
        When the version is not offered.
    """
    asked = params.require("version")
    for version in offered:
        if version.matches(asked):
            return version
    raise InvalidParameterValue(f"version '{asked}' is not offered; available: {_numbers(offered)}", locator="version")


def _parts(number: str) -> tuple[int, ...]:
    """The three parts of a version number, for comparison."""
    parts = [int(part) for part in number.split(".")]
    return tuple([*parts, 0, 0][:3])


def _numbers(offered: Sequence[Version]) -> str:
    return ", ".join(version.number for version in offered)
