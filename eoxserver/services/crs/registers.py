# SPDX-License-Identifier: MIT
"""Which authorities, versions and codes the resolver has, by kind of object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eoxserver.core.crs import TIME_UNITS, Definitions
from eoxserver.core.crs.auto import AUTO_CODES, AUTO_VERSION
from eoxserver.core.crs.ogc import OGC_CODES
from eoxserver.core.errors import NoSuchDefinition, suggest
from eoxserver.services.crs.proj_database import ProjDatabase, Unit

__all__ = ["OWN_UNITS", "Registers"]

_INDEX = tuple(f"Index{dimension}D" for dimension in range(1, 6))
"""Those that are listed; there are more."""
_OWN_CRSS = (*(code for code in OGC_CODES if code[0] not in ".I" and code != "CRS84"), *_INDEX)
_NAMES = {"a": "year of 365.25 days", "d": "day", "h": "hour", "min": "minute", "mo": "month of 30.4375 days",
          "ms": "millisecond", "s": "second", "wk": "week"}  # fmt: skip
OWN_UNITS: Mapping[str, Mapping[str, Unit]] = {
    "UCUM": {
        **{code: Unit(_NAMES.get(code, code), "time", length / 1000) for code, length in TIME_UNITS.items()},
        "Ma": Unit("million years of 365.25 days", "time", 1e3 * TIME_UNITS["a"]),
    },
    "OGC": {"GridSpacing": Unit("GridSpacing", "steps of a grid", None)},
}
"""Units of time and index CRSs, by authority and code."""


class Registers:
    """The tree of kinds, authorities, versions and codes.

    Parameters
    ----------
    definitions : Definitions
        Those of administrators that hold now.
    """

    def __init__(self, database: ProjDatabase, definitions: Definitions) -> None:
        self._database = database
        self._definitions = definitions

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of objects that have URLs."""
        return self._database.kinds

    def authorities(self, kind: str) -> tuple[str, ...]:
        """The authorities of a kind."""
        found = set(self._database.authorities(kind))
        if kind == "crs":
            found |= {"OGC", "AUTO", *(definition.authority for definition in self._definitions.entries)}
        if kind == "uom":
            found |= set(OWN_UNITS)
        return tuple(sorted(found))

    def versions(self, kind: str, authority: str) -> tuple[str, ...]:
        """The versions of an authority's register, the newest (0) first where there is one; raises NoSuchDefinition."""
        known = self.authorities(kind)
        if authority not in known:
            raise NoSuchDefinition(
                f"no {kind} of an authority '{authority}'; {suggest(authority, known)}", locator=kind
            )
        if kind == "crs" and authority == "AUTO":
            return (AUTO_VERSION,)
        if kind == "crs" and authority == "OGC":
            return ("0", "1.3")
        defined = [one.version for one in self._definitions.entries if one.authority == authority]
        if defined:
            return tuple(dict.fromkeys(defined))
        newest = self._database.version(authority)
        return ("0", newest) if newest else ("0",)

    def check(self, kind: str, authority: str, version: str) -> None:
        """Refuse an authority or a version that there is not; version 0 is always the newest.

        Raises
        ------
        NoSuchDefinition
            The message says which there are.
        """
        known = self.versions(kind, authority)
        if version not in ("0", *known):
            raise NoSuchDefinition(
                f"no version '{version}' of {kind}/{authority}; available: {', '.join(known)}", locator=version
            )

    def codes(self, kind: str, authority: str, version: str) -> Iterator[str]:
        """The codes of a version, in their order; raises NoSuchDefinition."""
        self.check(kind, authority, version)
        if kind == "uom" and authority in OWN_UNITS:
            return iter(OWN_UNITS[authority])
        if kind == "crs" and authority == "AUTO":
            return iter(AUTO_CODES)
        if kind == "crs" and authority == "OGC" and version == "0":
            return iter((*_OWN_CRSS, *self._database.codes("crs", "OGC")))
        defined = [one for one in self._definitions.entries if one.authority == authority]
        if kind == "crs" and defined:
            return iter(dict.fromkeys(one.code for one in defined if version in ("0", one.version)))
        return self._database.codes(kind, authority)
