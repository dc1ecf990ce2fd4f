# SPDX-License-Identifier: MIT
"""CRSs that an administrator has defined: a name (authority, version, code) for a CRS text.

The text is anything that ``parse_crs`` reads: WKT, PROJJSON, PROJ text, the name of another CRS, a compound. It may
have parameters: ``${lon}`` stands for the value that the URL gives (``.../USER/0/local?lon=14.5``), or for the default
of the parameter. Here are plain values; where they are kept is somebody else's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyproj.database

from eoxserver.core.crs.formulas import check_formula, evaluate_formula, formula_names
from eoxserver.core.errors import CrsUnknown

__all__ = ["LONGEST_DEFINITION", "NO_DEFINITIONS", "Definition", "Definitions", "Parameter", "is_reserved"]

LONGEST_DEFINITION = 10_000
"""Longest text of a definition [characters]."""

_AUTHORITY = re.compile(r"[A-Z][A-Z0-9_]{1,31}")
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")
_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_VALUE = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_OTHERS = ("OGC", "CRS", "AUTO", "AUTO2", "IAU", "UCUM")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a definition."""

    name: str
    default: str | None = None
    """Its value when a URL gives none, or after ``=`` a formula over others (``formulas``); None: the URL must."""

    @property
    def formula(self) -> str | None:
        """What gives the value when a URL does not; None where nothing is computed."""
        return self.default[1:] if self.default is not None and self.default.startswith("=") else None


@dataclass(frozen=True, slots=True)
class Definition:
    """A name for a CRS text.

    >>> local = Definition("USER", "0", "tm", "+proj=tmerc +lon_0=${lon} +type=crs", (Parameter("lon", "0"),))
    >>> local.name, local.bound({"lon": "14.5"})
    ('USER/0/tm', '+proj=tmerc +lon_0=14.5 +type=crs')
    """

    authority: str
    version: str
    code: str
    text: str
    parameters: tuple[Parameter, ...] = ()

    @property
    def name(self) -> str:
        """Authority, version and code, as in a URL."""
        return f"{self.authority}/{self.version}/{self.code}"

    def check(self) -> None:
        """Refuse a name that cannot be one, or is somebody else's, and placeholders that are no parameters.

        Raises
        ------
        CrsUnknown
            The message says what is wrong, ``locator`` is the part at fault.
        """
        for part, value, pattern, accepted in (
            ("authority", self.authority, _AUTHORITY, "2 to 32 capital letters, digits and _"),
            ("version", self.version, _VERSION, "0, or numbers such as 1.2"),
            ("code", self.code, _CODE, "letters, digits and _ . -"),
        ):
            if not pattern.fullmatch(value):
                raise CrsUnknown(f"{part} '{value}' of a CRS; accepted: {accepted}", locator=part)
        if is_reserved(self.authority):
            raise CrsUnknown(
                f"the CRSs of authority '{self.authority}' are fixed; take another name, USER for example",
                locator="authority",
            )
        if not self.text.strip() or len(self.text) > LONGEST_DEFINITION:
            raise CrsUnknown(
                f"the definition of {self.name} has {len(self.text)} characters; accepted: 1 to {LONGEST_DEFINITION}",
                locator="definition",
            )
        self._check_parameters()

    def unbound(self, given: Mapping[str, str]) -> tuple[Parameter, ...]:
        """Parameters that have neither a value nor a default."""
        return tuple(one for one in self.parameters if one.name not in given and one.default is None)

    def bound(self, given: Mapping[str, str]) -> str:
        """The text with values in the place of parameters.

        Raises
        ------
        CrsUnknown
            For a parameter that is not known, has no value, or has one with other characters than names, numbers and
            times have.
        """
        known = [parameter.name for parameter in self.parameters]
        for name, value in given.items():
            if name not in known:
                accepted = ", ".join((*known, "axis-label"))
                raise CrsUnknown(f"{self.name} has no parameter '{name}'; accepted: {accepted}", locator=name)
            if not _VALUE.fullmatch(value):
                raise CrsUnknown(f"'{value}' is no value of parameter '{name}' of {self.name}", locator=name)
        missing = self.unbound(given)
        if missing:
            names = ", ".join(parameter.name for parameter in missing)
            raise CrsUnknown(f"{self.name} needs values of {names}", locator=missing[0].name)
        values = {one.name: given.get(one.name, one.default or "") for one in self.parameters}
        for one in self.parameters:
            if one.formula is not None and one.name not in given:
                values[one.name] = evaluate_formula(one.formula, values)
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.text)

    def _check_parameters(self) -> None:
        names = [parameter.name for parameter in self.parameters]
        for parameter in self.parameters:
            if not _NAME.fullmatch(parameter.name) or parameter.name.startswith("axis-label"):
                raise CrsUnknown(f"'{parameter.name}' cannot be the name of a parameter", locator=parameter.name)
            if names.count(parameter.name) > 1:
                raise CrsUnknown(f"parameter '{parameter.name}' is there twice", locator=parameter.name)
            if parameter.formula is not None:
                self._check_formula(parameter, parameter.formula)
            elif parameter.default is not None and not _VALUE.fullmatch(parameter.default):
                raise CrsUnknown(
                    f"'{parameter.default}' is no value of parameter '{parameter.name}'", locator=parameter.name
                )
        formulas = [parameter.formula for parameter in self.parameters if parameter.formula is not None]
        used = {name for text in (self.text, *formulas) for name in _PLACEHOLDER.findall(text)}
        if used != set(names):
            odd = sorted(used ^ set(names))[0]
            what = "is not in its text" if odd in names else "is in its text, but not among its parameters"
            raise CrsUnknown(f"parameter '{odd}' of {self.name} {what}", locator=odd)

    def _check_formula(self, parameter: Parameter, formula: str) -> None:
        check_formula(formula)
        computed = {one.name for one in self.parameters if one.formula is not None}
        again = [name for name in formula_names(formula) if name in computed]
        if again:
            raise CrsUnknown(
                f"the formula of parameter '{parameter.name}' names '{again[0]}', which has a formula itself",
                locator=parameter.name,
            )


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions that hold, as one value: two that hold the same are equal."""

    entries: tuple[Definition, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Definition]) -> Definitions:
        """Those definitions in the order of their names."""
        return cls(tuple(sorted(entries, key=lambda entry: (entry.authority, _numbers(entry.version), entry.code))))

    def find(self, authority: str, version: str, code: str) -> Definition | None:
        """The definition of a name, or None; version ``0`` or none is the newest."""
        found = [one for one in self.entries if one.authority == authority and one.code == code]
        exact = next((one for one in found if one.version == version), None)
        if exact is not None or version not in ("", "0"):
            return exact
        return max(found, key=lambda one: _numbers(one.version), default=None)


NO_DEFINITIONS = Definitions()


def is_reserved(authority: str) -> bool:
    """Whether the CRSs of an authority are fixed: those of PROJ's database and of our own tables."""
    return authority in _OTHERS or authority in pyproj.database.get_authorities()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
