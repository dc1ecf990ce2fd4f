# SPDX-License-Identifier: MIT
"""Queries of rasql, as far as a client that reads arrays sends them, evaluated over numpy arrays.

What a query may say is what ``_Evaluation`` understands; anything else is an error, as on a server. Forms of answers:
rasql query language guide, "Web Access to rasql", "Retrieving Object Metadata", "List available types".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Answer", "Dialect", "RasArray", "RasCollection", "RasError", "evaluate", "reported", "stored"]

Cells: TypeAlias = npt.NDArray[Any]

_TYPES = {
    "bool": "boolean",
    "int8": "octet",
    "uint8": "char",
    "int16": "short",
    "uint16": "ushort",
    "int32": "long",
    "uint32": "ulong",
    "float32": "float",
    "float64": "double",
    "complex64": "complex",
    "complex128": "complexd",
}


@dataclass(frozen=True)
class RasArray:
    """An array and the first indices of its domain."""

    planes: Mapping[str, Cells]
    """By component, each with its own type and shape (*axes); the name of an only one may be empty."""
    low: tuple[int, ...]


@dataclass(frozen=True)
class RasCollection:
    """A collection: arrays by object identifier, all of one type."""

    arrays: Mapping[int, RasArray]
    axes: tuple[str, ...] = ()
    """Names of the axes; ``d0``, ``d1``, ... without."""
    nulls: str = ""
    """As written between the brackets of ``null values [...]``."""
    tile: str = "[0:511,0:511]"
    scheme: str = "aligned"
    types: Mapping[str, str] = field(default_factory=dict)
    """Types by component that numpy's do not tell: ``cint16``."""


def stored(values: Cells | Mapping[str, Cells], low: Sequence[int] | None = None, **others: Any) -> RasCollection:
    """A collection of one array."""
    planes = values if isinstance(values, Mapping) else {"": values}
    first = next(iter(planes.values()))
    return RasCollection({1: RasArray(planes, tuple(low or (0,) * first.ndim))}, **others)


@dataclass
class Dialect:
    """How a server spells what it may spell in several ways; may be changed while it runs."""

    type_names: bool = True
    """dbinfo names the types of collection and array, as newer servers do."""
    struct_names: bool = False
    """dbinfo names a struct type instead of writing its components."""
    capitals: bool = False
    """Types are defined in capitals."""
    named_axes: bool = False
    """sdom writes the names of the axes."""
    multipart: bool = True
    """Several texts come as multipart/mixed, else each in a line."""
    nul: bool = False
    """Texts end with a zero byte."""
    unknown_status: int = 500
    """Of the report of an unknown collection."""
    unknown_text: str = "Execution error 355 in line 1, column 24, near token {name}: Collection name is unknown."


class RasError(Exception):
    """An error that is reported."""

    def __init__(self, text: str, status: int = 500, code: str = "RasdamanRequestFailed") -> None:
        super().__init__(text)
        self.text, self.status, self.code = text, status, code


@dataclass(frozen=True)
class Answer:
    """What is sent."""

    body: bytes
    media_type: str = "text/plain"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


# -- evaluation


def evaluate(query: str, collections: Mapping[str, RasCollection], dialect: Dialect) -> Answer:
    """Answer a query; raises RasError."""
    return _Evaluation(query, collections, dialect).answer()


@dataclass(frozen=True)
class _Value:
    """An array while a query is evaluated."""

    planes: tuple[tuple[str, Cells, str], ...]
    """Name, cells, type."""
    low: tuple[int, ...]

    def encoded(self) -> bytes:
        """Cells one after the other, the last axis fastest; little-endian, components of a cell side by side."""
        columns = [_wire(cells, kind) for _, cells, kind in self.planes]
        cell = np.dtype([(f"f{number}", column.dtype) for number, column in enumerate(columns)])
        packed = np.empty(columns[0].shape, cell)
        for number, column in enumerate(columns):
            packed[f"f{number}"] = column
        return packed.tobytes()


def _wire(cells: Cells, kind: str) -> Cells:
    if kind.lower() in ("cint16", "cint32"):
        part = f"<i{int(kind[4:]) // 8}"
        pairs = np.empty(cells.shape, [("re", part), ("im", part)])
        pairs["re"], pairs["im"] = cells.real, cells.imag
        return pairs
    return np.asarray(cells.astype(cells.dtype.newbyteorder("<")))


_TOKEN = re.compile(r"\s*(-?\d+|\w+|[^\s\w])")


class _Evaluation:
    """One query."""

    def __init__(self, query: str, collections: Mapping[str, RasCollection], dialect: Dialect) -> None:
        self.tokens = _TOKEN.findall(query)
        self.at = 0
        self.collections = collections
        self.dialect = dialect
        self.name = self.alias = ""
        self.oid = 0

    def answer(self) -> Answer:
        self.take("select")
        start = self.at
        if self.tokens[start:] == ["version", "(", ")"]:
            return self.text("rasdaman 10.1.2 on x86_64-linux-gnu")
        self.at = self.tokens.index("from") + 1 if "from" in self.tokens else len(self.tokens)
        self.name, _, self.alias = self.take(), self.take("as"), self.take()
        if self.name.startswith("RAS_"):
            return self.several(self.catalogue())
        collection = self.collections.get(self.name)
        if collection is None:
            text = self.dialect.unknown_text.format(name=self.name)
            raise RasError(text, self.dialect.unknown_status)
        oids = self.where(collection)
        answers = []
        for self.oid in oids:
            self.at = start
            answers.append(self.expression())
            self.take("from")
        if not answers:
            return Answer(b"", "application/octet-stream")
        if isinstance(answers[0], str):
            return self.several(answers) if "dbinfo" in self.tokens else Answer(" ".join(map(str, answers)).encode())
        bodies = [answer.encoded() for answer in answers if isinstance(answer, _Value)]
        return Answer(bodies[0], "application/octet-stream") if len(bodies) == 1 else _multipart(bodies)

    def where(self, collection: RasCollection) -> list[int]:
        if self.at == len(self.tokens):
            return list(collection.arrays)
        for token in ("where", "oid", "(", self.alias, ")", "="):
            self.take(token)
        wanted = int(self.take())
        if self.at != len(self.tokens):
            raise RasError(f"Parsing error, unexpected {self.tokens[self.at]}")
        return [oid for oid in collection.arrays if oid == wanted]

    def take(self, wanted: str = "") -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else "end of query"
        if wanted and token.lower() != wanted.lower():
            raise RasError(f"Parsing error near token {token}: expected {wanted}")
        self.at += 1
        return str(token)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    @property
    def array(self) -> _Value:
        collection = self.collections[self.name]
        array = collection.arrays[self.oid]
        planes = tuple(
            (name, cells, collection.types.get(name) or _TYPES[cells.dtype.name])
            for name, cells in array.planes.items()
        )
        return _Value(planes, array.low)

    def expression(self) -> _Value | str:
        token = self.take()
        functions: dict[str, Callable[[], str]] = {
            "sdom": self.sdom,
            "dbinfo": self.dbinfo,
            "oid": lambda: str(self.oid),
        }
        if token in functions:
            for wanted in ("(", self.alias, ")"):
                self.take(wanted)
            return functions[token]()
        if token == "scale":
            self.take("(")
            value = self.expression()
            self.take(",")
            domain = self.minterval()
            self.take(")")
            assert isinstance(value, _Value)
            return _scaled(value, domain)
        if token == "{":
            value = self.constructed()
        elif token == self.alias:
            value = self.array
        else:
            raise RasError(f"Execution error 312 near token {token}: Identifier is not declared")
        while self.peek() in (".", "["):
            value = self.component(value) if self.peek() == "." else _trimmed(value, self.minterval())
        return value

    def constructed(self) -> _Value:
        parts: list[_Value] = []
        while not parts or self.peek() == ",":
            if parts:
                self.take(",")
            part = self.expression()
            assert isinstance(part, _Value)
            parts.append(part)
        self.take("}")
        planes = [(str(number), *part.planes[0][1:]) for number, part in enumerate(parts)]
        return _Value(tuple(planes), parts[0].low)

    def component(self, value: _Value) -> _Value:
        self.take(".")
        name = self.take()
        names = [plane[0] for plane in value.planes]
        if names == [""]:
            raise RasError("Execution error 310: dot operator on an array of atomic cells")
        if name not in names and not (name.isdigit() and int(name) < len(names)):
            raise RasError(f"Execution error 370: struct element {name} is unknown")
        return replace(value, planes=(value.planes[names.index(name) if name in names else int(name)],))

    def minterval(self) -> list[tuple[int, int]]:
        dimensions = []
        for before in iter(self.take, "]"):
            assert before in "[,"
            low = int(self.take())
            self.take(":")
            dimensions.append((low, int(self.take())))
        return dimensions

    # -- what there is

    def sdom(self) -> str:
        names = self.collections[self.name].axes if self.dialect.named_axes else ()
        array = self.array
        spans = [f"{low}:{low + size - 1}" for low, size in zip(array.low, array.planes[0][1].shape, strict=True)]
        return (
            "[" + ",".join(f"{n}({s})" for n, s in zip(names, spans, strict=True)) + "]" if names else _bracketed(spans)
        )

    def dbinfo(self) -> str:
        collection, planes = self.collections[self.name], self.array.planes
        cell = planes[0][2]
        if len(planes) > 1 or planes[0][0]:
            members = ", ".join(f"{kind} {name}" for name, _, kind in planes)
            cell = f"{self.name}Cell" if self.dialect.struct_names else f"struct {{ {members} }}"
        found: dict[str, Any] = {"oid": str(self.oid), "baseType": f"marray <{cell}, {planes[0][1].ndim}>"}
        if self.dialect.type_names:
            found |= {"setTypeName": f"{self.name}Set", "mddTypeName": f"{self.name}Array"}
        found["tileNo"] = "1"
        found["tiling"] = {
            "tilingScheme": collection.scheme,
            "tileSize": "4194304",
            "tileConfiguration": collection.tile,
        }
        found["index"] = {"type": "rpt_index", "PCTmax": "4096", "PCTmin": "2048"}
        return json.dumps(found, indent=1)

    def catalogue(self) -> list[str]:
        if self.name == "RAS_COLLECTIONNAMES":
            return list(self.collections)
        texts = [_definition(self.name, name, each) for name, each in self.collections.items()]
        return [_capitals(text) if self.dialect.capitals else text for text in texts if text]

    def several(self, texts: Sequence[_Value | str]) -> Answer:
        lines = [str(text) + ("\0" if self.dialect.nul else "") for text in texts]
        if len(lines) > 1 and self.dialect.multipart:
            return _multipart([line.encode() for line in lines])
        return Answer("\n".join(lines).encode(), "application/octet-stream" if self.dialect.nul else "text/plain")

    def text(self, text: str) -> Answer:
        return self.several([text])


def _bracketed(parts: Sequence[str]) -> str:
    return "[" + ",".join(parts) + "]"


def _definition(table: str, name: str, collection: RasCollection) -> str:
    planes = next(iter(collection.arrays.values())).planes
    kinds = {each: collection.types.get(each) or _TYPES[cells.dtype.name] for each, cells in planes.items()}
    struct = list(kinds) != [""]
    if table == "RAS_STRUCT_TYPES":
        members = ", ".join(f"{each} {kind}" for each, kind in kinds.items())
        return f"create type {name}Cell as ( {members} )" if struct else ""
    if table == "RAS_MARRAY_TYPES":
        count = next(iter(planes.values())).ndim
        axes = collection.axes or [f"d{number}" for number in range(count)]
        return f"create type {name}Array as {f'{name}Cell' if struct else kinds['']} mdarray [ {', '.join(axes)} ]"
    nulls = f" null values [{collection.nulls}]" if collection.nulls else ""
    return f"create type {name}Set as set ( {name}Array{nulls} )"


def _capitals(text: str) -> str:
    return re.sub(r"\b(create|type|as|mdarray|set|null|values)\b", lambda match: match[0].upper(), text)


def _trimmed(value: _Value, domain: Sequence[tuple[int, int]]) -> _Value:
    index = []
    for (low, high), origin, size in zip(domain, value.low, value.planes[0][1].shape, strict=True):
        if low < origin or high >= origin + size or low > high:
            raise RasError(
                f"Execution error 356: Domain {low}:{high} is outside the array {origin}:{origin + size - 1}"
            )
        index.append(slice(low - origin, high + 1 - origin))
    planes = tuple((name, cells[tuple(index)], kind) for name, cells, kind in value.planes)
    return _Value(planes, tuple(low for low, _ in domain))


def _scaled(value: _Value, domain: Sequence[tuple[int, int]]) -> _Value:
    sizes = [high - low + 1 for low, high in domain]
    shape = value.planes[0][1].shape
    nearest = np.ix_(*[np.arange(to) * old // to for to, old in zip(sizes, shape, strict=True)])
    planes = tuple((name, cells[nearest], kind) for name, cells, kind in value.planes)
    return _Value(planes, tuple(low for low, _ in domain))


def _multipart(bodies: Sequence[bytes]) -> Answer:
    parts = b"".join(b"--raspart\r\nContent-Type: application/octet-stream\r\n\r\n" + body + b"\r\n" for body in bodies)
    return Answer(parts + b"--raspart--\r\n", "multipart/mixed; boundary=raspart")


def reported(error: RasError) -> Answer:
    """The report of an error (OGC 06-121r9, clause 8)."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ows:ExceptionReport version="2.0.0" '
        'xmlns:ows="http://www.opengis.net/ows/2.0">\n'
        f'  <ows:Exception exceptionCode="{error.code}">\n    <ows:ExceptionText>{escape(error.text)}'
        "</ows:ExceptionText>\n  </ows:Exception>\n</ows:ExceptionReport>"
    )
    return Answer(body.encode(), "text/xml", error.status)
