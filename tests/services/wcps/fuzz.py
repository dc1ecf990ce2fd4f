# SPDX-License-Identifier: MIT
"""Queries that a random choice makes by the grammar, over coverages of few cells; many make sense, some are absurd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from eoxserver.core.coverage import Coverage, MemorySource
from tests.services.wcps import samples

__all__ = ["Maker", "coverages"]

T = TypeVar("T")
AXES = {"mr": ("i", "j"), "rgb": ("i", "j"), "eobs": ("t", "Lat", "Long"), "irr": ("ansi", "E", "N")}
SIZES = {"mr": (9, 7), "rgb": (8, 6), "eobs": (3, 5, 6), "irr": (4, 6, 5)}
BANDS = {"mr": ("value", "0"), "rgb": ("red", "green", "blue", "1"), "eobs": ("tg", "0"), "irr": ("b1", "b2")}
BOUNDS = {
    "i": ("0", "3", "5", "8.5", "*"), "j": ("0", "2", "6", "*"),
    "t": ('"1950-01-01"', '"1950-01-02"', '"1950"', "1", "*"), "Lat": ("37.6", "39", "40", "*"),
    "Long": ("40", "41.3", "43", "*"), "E": ("80000", "100000", "140000", "*"),
    "N": ("5300000", "5330000", "5350000", "*"),
    "ansi": ('"2008-01-01T02:01:20"', '"2008-01-05T01:58:30"', '"2008-01-08T00:02:58Z"', "*"),
}  # fmt: skip
TRIANGLE = "POLYGON((39 41, 39 42, 38 42))"
NUMBERS = (
    "0",
    "1",
    "2",
    "-1",
    "7",
    "0.5",
    "2.5e3",
    "100",
    "255",
    "3000000000",
    "9999999999999",
    "nan",
    "(1,2)",
    "1e308",
)
TYPES = ("boolean", "octet", "char", "short", "unsigned short", "long", "unsigned long", "float", "double", "complex",
         "complexd", "cint16")  # fmt: skip
UNARY = (
    "abs",
    "sqrt",
    "exp",
    "log",
    "ln",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arctan",
    "ceil",
    "floor",
    "round",
    "re",
    "im",
)
FORMATS = ("png", "jpeg", "tiff", "csv", "json", "netcdf", "gml", "application/json", "bmp", "webp", "dem", "nothing")
EXTRAS = ('"nodata=0"', '"{\\"nodata\\": [1,2]}"', '"{\\"transpose\\": [0,1]}"', '"outputType=GeneralGridCoverage"',
          '"{\\"formatParameters\\": {\\"order\\": \\"inner_outer\\"}}"', '"{"', '""')  # fmt: skip


def coverages() -> dict[str, Coverage]:
    """Small versions of the samples."""
    return {name: _cut(getattr(samples, name)(), size) for name, size in SIZES.items()}


def _cut(coverage: Coverage, size: Sequence[int]) -> Coverage:
    source = coverage.source
    assert isinstance(source, MemorySource)
    index = (slice(None), *(slice(0, one) for one in size))
    axes = tuple(axis.cells(0, one) for axis, one in zip(coverage.domain.axes, size, strict=True))
    valid = None if source.valid is None else source.valid[index]
    return replace(
        coverage, domain=replace(coverage.domain, axes=axes), source=MemorySource(source.values[index], valid)
    )


class Maker:
    """Makes queries.

    Parameters
    ----------
    below : callable
        A number from 0 on below its argument, drawn anew each time.
    """

    def __init__(self, below: Callable[[int], int]) -> None:
        self._below = below
        self._iterators: list[str] = []
        self._count = 0

    def query(self) -> str:
        """The text of a query."""
        names = [self._one(list(AXES))]
        if self._below(4) == 0:
            names.append(names[0] if self._below(3) else self._one(list(AXES)))
        self._variables = {f"${letter}": name for letter, name in zip("cd", names, strict=False)}
        bindings = ", ".join(f"{variable} in ({name})" for variable, name in self._variables.items())
        clauses = ""
        if self._below(5) == 0:
            clauses += f" let $l := {self._expression(2)}"
            self._variables["$l"] = names[0]
        if self._below(6) == 0:
            clauses += f" where {self._condition(2)}"
        return f"for {bindings}{clauses} return {self._result()}"

    def _result(self) -> str:
        kind = self._below(10)
        if kind < 6:
            extra = f", {self._one(EXTRAS)}" if self._below(6) == 0 else ""
            return f'encode({self._expression(3)}, "{self._one(FORMATS)}"{extra})'
        if kind == 6:
            return self._metadata()
        if kind == 7:
            extra = f", {self._one(EXTRAS)}" if self._below(2) == 0 else ""
            return f'describe({self._expression(3)}, "{self._one(("gml", "json"))}"{extra})'
        return self._scalar(4)

    def _metadata(self) -> str:
        name = self._one(("identifier", "crsSet", "imageCrs", "cellCount", "nilSet", "domain", "imageCrsDomain"))
        operand = self._expression(2)
        axis = f", {self._axis()}" if "omain" in name and self._below(2) else ""
        part = self._one(("", "", ".lo", ".hi")) if "omain" in name else ""
        return f"{name}({operand}{axis}){part}"

    def _expression(self, depth: int) -> str:
        """A coverage, mostly."""
        if depth <= 0:
            return self._leaf()
        if self._below(8) == 0:
            return self._leaf()
        makers = (
            self._operation, self._operation, self._function, self._subset, self._subset, self._subset, self._cast,
            self._switch, self._scaled, self._clipped, self._constructed, self._condensed, self._fields, self._moved,
            self._scalar,
        )  # fmt: skip
        return self._one(makers)(depth - 1)

    def _leaf(self) -> str:
        kind = self._below(8)
        if self._iterators and kind < 2:
            return self._one(self._iterators)
        if kind == 2:
            return self._one(NUMBERS)
        variable = self._one(list(self._variables))
        if kind < 6:
            return f"{variable}.{self._one(BANDS[self._variables[variable]])}"
        return variable

    def _operation(self, depth: int) -> str:
        operator = self._one(("+", "-", "*", "/", "<", "<=", ">", "=", "!=", "and", "or", "xor", "overlay"))
        return f"({self._expression(depth)} {operator} {self._expression(depth)})"

    def _function(self, depth: int) -> str:
        kind = self._below(5)
        if kind == 0:
            return f"pow({self._expression(depth)}, {self._one(NUMBERS)})"
        if kind == 1:
            return f"{self._one(('mod', 'bit', 'min', 'max'))}({self._expression(depth)}, {self._expression(depth)})"
        if kind == 2:
            return f"({self._expression(depth)} is {self._one(('', 'not '))}null)"
        return f"{self._one(UNARY)}({self._expression(depth)})"

    def _subset(self, depth: int) -> str:
        operand = self._expression(depth)
        parts = [self._part() for _ in range(1 + self._below(2))]
        return f"({operand})[{', '.join(parts)}]"

    def _part(self) -> str:
        axis = self._axis()
        crs = ':"CRS:1"' if self._below(3) == 0 else ""
        bounds = ("0", "1", "2", "4", "-1", "*") if crs else BOUNDS[axis]
        if self._iterators and self._below(2):
            iterator = self._one(self._iterators)
            return f"{axis}{crs}({iterator})" if self._below(3) else f"{axis}{crs}({iterator}:{iterator} + 1)"
        if self._below(2):
            return f"{axis}{crs}({self._interval(bounds)})"
        return f"{axis}{crs}({self._one(bounds if self._below(20) == 0 else bounds[:-1])})"

    def _interval(self, bounds: Sequence[str]) -> str:
        """Two bounds, mostly the lower one first."""
        first, second = self._below(len(bounds)), self._below(len(bounds))
        if self._below(8):
            first, second = min(first, second), max(first, second)
        return f"{bounds[first]}:{bounds[second]}"

    def _cast(self, depth: int) -> str:
        return f"({self._one(TYPES)}) ({self._expression(depth)})"

    def _switch(self, depth: int) -> str:
        return (
            f"(switch case {self._condition(depth)} return {self._expression(depth)} "
            f"default return {self._expression(depth)})"
        )

    def _condition(self, depth: int) -> str:
        return self._one((
            f"{self._expression(depth)} > {self._one(NUMBERS)}", f"some({self._expression(depth)} > 1)",
            f"not ({self._expression(depth)} = 1)", self._expression(depth), "true",
        ))  # fmt: skip

    def _scaled(self, depth: int) -> str:
        operand, axis, number = self._expression(depth), self._axis(), self._one(("0", "1", "2", "0.5", "-1", "1e9"))
        return self._one((
            f"scale({operand}, {{{axis}:\"CRS:1\"(0:{number})}})", f"scale({operand}, {{{self._part()}}})",
            f"scalefactor({operand}, {number})", f"scaleaxes({operand}, [{axis}({number})])",
            f"scalesize({operand}, [{axis}(3)])", f"scaleextent({operand}, [{axis}(0:{number})])",
            f"scale({operand}, {{imageCrsDomain({self._leaf()})}})", f"extend({operand}, {{{axis}:\"CRS:1\"(-3:9)}})",
            f"extend({operand}, {{{axis}({self._interval(BOUNDS[axis])})}})",
        ))  # fmt: skip

    def _clipped(self, depth: int) -> str:
        operand = self._expression(depth)
        if self._below(3) and "Lat" not in AXES[self._variables["$c"]]:
            return f"clip({operand}, {self._one(('POLYGON((1 1, 5 1, 5 4))', 'LINESTRING(1 1, 5 4)'))})"
        return self._one((
            f"clip({operand}, {TRIANGLE})", f"clip({operand}, POLYGON((1 1, 5 1, 5 4)))",
            f"clip({operand}, LINESTRING(39 41, 38 42))", f"clip({operand}, LINESTRING(1 1, 5 4)) with coordinates",
            f"clip({operand}, CURTAIN(projection(Lat, Long), LINESTRING(39 41, 38 42)))",
            f"clip({operand}, CORRIDOR(projection(Lat, Long), LINESTRING(39 41, 38 42), {TRIANGLE}))",
            f'crsTransform({operand}, "EPSG:3857", {{{self._one(("", "bilinear", "near"))}}})',
        ))  # fmt: skip

    def _constructed(self, depth: int) -> str:
        low, high = self._below(4) - 1, self._below(6)
        variable = self._opened()
        axis = self._one(("x", *AXES["mr"], "t"))
        domain = self._one((f"{low}:{high}", f"imageCrsDomain({self._leaf()}, {self._axis()})"))
        body = self._one((self._scalar, self._expression))(depth)
        self._iterators.remove(variable)
        return f"(coverage n over {variable} {axis}({domain}) values {body})"

    def _condensed(self, depth: int) -> str:
        variable = self._opened()
        operator = self._one(("+", "*", "min", "max", "and", "or", "overlay"))
        axis = self._axis()
        source = self._one(list(self._variables))
        domain = self._one(("0:2", "1:1", f"imageCrsDomain({source}, {axis})", f"domain({source}, {axis})"))
        where = f" where {self._condition(depth - 1)}" if self._below(3) == 0 else ""
        body = f"{source}[{axis}({variable})]" if self._below(2) else self._expression(depth)
        self._iterators.remove(variable)
        return f"(condense {operator} over {variable} {axis}({domain}){where} using {body})"

    def _opened(self) -> str:
        self._count += 1
        self._iterators.append(f"$x{self._count}")
        return self._iterators[-1]

    def _fields(self, depth: int) -> str:
        return f"{{a: {self._expression(depth)}; b: {self._expression(depth)}}}"

    def _moved(self, depth: int) -> str:
        operand, axis = self._expression(depth), self._axis()
        if self._below(2):
            return f"(flip {operand} along {axis})"
        return f"(sort {operand} along {axis} {self._one(('asc', 'desc'))} by {self._scalar(depth)})"

    def _scalar(self, depth: int) -> str:
        name = self._one(("count", "add", "avg", "min", "max", "some", "all"))
        return f"{name}({self._expression(depth - 1)})"

    def _axis(self) -> str:
        known = [axis for name in self._variables.values() for axis in AXES[name]]
        return self._one([*known, *known, *known, "E"])

    def _one(self, choices: Sequence[T]) -> T:
        return choices[self._below(len(choices))]
