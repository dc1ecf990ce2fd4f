# SPDX-License-Identifier: MIT
"""Cell types of rasdaman and the texts that define types (rasql query language guide, "Type Definition Using rasql").

Types come in two notations: as rasql would create them (``create type RGBPixel as ( red char, green char )``), and as
``dbinfo`` tells the type of an array (``marray <struct { char red, char green }, 2>``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.fields import NilValue

__all__ = ["BaseType", "Component", "Definitions", "TypeUnknown", "parse_components", "parse_definitions"]


class TypeUnknown(ValueError):
    """The text of a type that is none, or none that can be read."""


@dataclass(frozen=True, slots=True)
class BaseType:
    """An atomic cell type."""

    wire: np.dtype[Any]
    """As it travels: little-endian; a pair of integers for the complex types that numpy lacks."""
    dtype: np.dtype[Any]
    """As it is read."""

    def decode(self, body: bytes) -> npt.NDArray[Any]:
        """The values of raw bytes, one after the other; a new array.

        >>> base_type("ushort").decode(bytes([1, 0, 0, 1])).tolist(), base_type("cint16").decode(bytes(range(4)))
        ([1, 256], array([256.+770.j], dtype=complex64))
        """
        raw: npt.NDArray[Any] = np.frombuffer(body, self.wire)
        if self.dtype.kind == "b":
            return raw.astype(bool)
        if raw.dtype.names:
            values = np.empty(raw.shape, self.dtype)
            values.real, values.imag = raw["re"], raw["im"]
            return values
        return raw.astype(self.dtype)


def _plain(code: str) -> BaseType:
    return BaseType(np.dtype(f"<{code}"), np.dtype(code))


def _pair(code: str, dtype: str) -> BaseType:
    return BaseType(np.dtype([("re", f"<{code}"), ("im", f"<{code}")]), np.dtype(dtype))


_BASE_TYPES: Mapping[str, BaseType] = {
    "boolean": BaseType(np.dtype("u1"), np.dtype(bool)),
    "octet": _plain("i1"),
    "char": _plain("u1"),
    "short": _plain("i2"),
    "ushort": _plain("u2"),
    "long": _plain("i4"),
    "ulong": _plain("u4"),
    "float": _plain("f4"),
    "double": _plain("f8"),
    "complex": _plain("c8"),
    "complexd": _plain("c16"),
    "cint16": _pair("i2", "complex64"),
    "cint32": _pair("i4", "complex128"),
}
_ALIASES: Mapping[str, str] = {
    "bool": "boolean",
    "unsigned char": "char",
    "unsigned short": "ushort",
    "int": "long",
    "unsigned int": "ulong",
    "unsigned long": "ulong",
    "complex2": "complexd",
    "cfloat32": "complex",
    "cfloat64": "complexd",
}


def base_type(name: str) -> BaseType:
    """The atomic type of a name, in any case; raises TypeUnknown."""
    plain = " ".join(name.lower().split())
    found = _BASE_TYPES.get(_ALIASES.get(plain, plain))
    if found is None:
        raise TypeUnknown(f"'{name}' is no cell type that can be read; accepted: {', '.join(_BASE_TYPES)}")
    return found


@dataclass(frozen=True, slots=True)
class Component:
    """One component of every cell."""

    name: str
    """Empty for the only component of an atomic cell type."""
    type: BaseType


@dataclass(frozen=True, slots=True)
class MarrayType:
    """An array type."""

    cell: str
    """Name of the cell type, or its components in parentheses."""
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetType:
    """The type of a collection."""

    marray: str
    nil: tuple[NilValue, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Types that a server knows, by name."""

    structs: Mapping[str, str]
    """Components in parentheses."""
    marrays: Mapping[str, MarrayType]
    sets: Mapping[str, SetType]


# -- cell types

_STRUCT = re.compile(r"struct\b\s*\w*\s*\{(?P<members>[^{}]*)\}", re.IGNORECASE)
_MARRAY = re.compile(r"\s*marray\s*<(?P<inside>.*)>\s*", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")


def parse_components(text: str, structs: Mapping[str, str]) -> tuple[Component, ...]:
    """The components of a cell type, or of the cells of an array type as ``dbinfo`` writes it.

    Parameters
    ----------
    structs : mapping of str to str
        Definitions of struct types that the text may name.

    Raises
    ------
    TypeUnknown
        When the text cannot be understood, or a component is a struct itself.

    >>> [part.name for part in parse_components("marray <struct { char red, ushort green }, [*:*,*:*]>", {})]
    ['red', 'green']
    >>> parse_components("marray <RGB, 2>", {"RGB": "(r char, g char)"})[1].name, parse_components("char", {})[0].name
    ('g', '')
    """
    marray = _MARRAY.fullmatch(text)
    inside = marray["inside"] if marray else text
    struct = _STRUCT.match(inside.strip())
    if struct:
        return _named(_members_type_first(struct["members"]), text)
    cell = inside.strip() if inside.lstrip().startswith("(") else inside.split(",")[0].strip()
    cell = structs.get(cell, cell)
    if cell.startswith("("):
        return _named(_members_name_first(cell.strip("() \t\r\n")), text)
    return (Component("", base_type(cell)),)


def _members_type_first(text: str) -> list[tuple[str, str]]:
    """Names and types of ``char red, green; unsigned short b``: a name alone has the type of the one before."""
    members: list[tuple[str, str]] = []
    for part in re.split("[,;]", text):
        words = part.split()
        if len(words) > 1:
            members.append((words[-1], " ".join(words[:-1])))
        elif words and members:
            members.append((words[0], members[-1][1]))
    return members


def _members_name_first(text: str) -> list[tuple[str, str]]:
    """Names and types of ``red char, b unsigned short``."""
    parts = (part.strip().partition(" ") for part in re.sub(r"\s+", " ", text).split(","))
    return [(name, kind) for name, _, kind in parts]


def _named(members: list[tuple[str, str]], text: str) -> tuple[Component, ...]:
    names = [name for name, _ in members]
    if not members or len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        raise TypeUnknown(f"'{text}' is no cell type: its components must have names of their own")
    return tuple(Component(name, base_type(kind)) for name, kind in members)


# -- definitions

_DEFINITION = re.compile(r"(?P<name>\w+)\s+as\s+(?P<body>.*)", re.IGNORECASE | re.DOTALL)
_SET = re.compile(
    r"set\s*\(\s*(?P<marray>\w+)\s*(?:null\s+values\s*\[(?P<nil>[^\]]*)\])?\s*\)", re.IGNORECASE | re.DOTALL
)
_MDARRAY = re.compile(r"(?P<cell>\w+(?:\s+\w+)?|\([^()]*\))\s*mdarray\s*\[(?P<axes>[^\]]*)\]", re.IGNORECASE)


def parse_definitions(text: str) -> Definitions:
    """All type definitions of a text, whatever stands between them; what cannot be understood is left out.

    >>> known = parse_definitions("create type A as char mdarray [x(0:9), y] create type B as set (A null values [3])")
    >>> known.marrays["A"].axes, known.sets["B"].nil
    (('x', 'y'), (NilValue(low=3.0, high=None, reason=''),))
    """
    structs: dict[str, str] = {}
    marrays: dict[str, MarrayType] = {}
    sets: dict[str, SetType] = {}
    for part in re.split(r"\bcreate\s+type\s+", text, flags=re.IGNORECASE)[1:]:
        definition = _DEFINITION.match(part)
        if definition is None:
            continue
        name, body = definition["name"], definition["body"]
        if found := _SET.match(body):
            sets[name] = SetType(found["marray"], parse_null_values(found["nil"] or ""))
        elif found := _MDARRAY.match(body):
            axes = re.sub(r"\([^()]*\)", "", found["axes"])
            marrays[name] = MarrayType(found["cell"], tuple(axis.strip() for axis in axes.split(",")))
        elif found := re.match(r"\([^()]*\)", body):
            structs[name] = found[0]
    return Definitions(structs, marrays, sets)


def parse_null_values(text: str) -> tuple[NilValue, ...]:
    """Single values and closed intervals, with ``*`` for an open end; what is neither is left out.

    >>> [(nil.low, nil.high) for nil in parse_null_values("0, 250:*, nan")]
    [(0.0, None), (250.0, inf), (nan, None)]
    """
    values = []
    for part in filter(None, map(str.strip, text.split(","))):
        low, colon, high = part.partition(":")
        try:
            ends = _number(low, -math.inf), _number(high, math.inf) if colon else None
        except ValueError:
            continue
        values.append(NilValue(*ends))
    return tuple(values)


_NUMBER = re.compile(r"(?P<number>[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf))(?:c|o|s|us|l|ul|f|d)?")
"""With the suffix of a type, as rasql writes constants."""


def _number(text: str, unbounded: float) -> float:
    plain = text.strip().lower()
    match = _NUMBER.fullmatch(plain)
    if match is None and plain != "*":
        raise ValueError(f"{text!r} is no number")
    return float(match["number"]) if match else unbounded
