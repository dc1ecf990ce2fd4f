# SPDX-License-Identifier: MIT
"""The functions of ``plan.Map``: how many inputs, the type of the result, its cells, its nulls (section 4.4).

``FUNCTIONS`` has them by name. Names are those of the language, operators as they are written; ``neg`` and ``plus`` are
the signs, ``isnull`` is ``is null``, ``log`` has base 10, ``ln`` is the natural logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from eoxserver.core.errors import WcpsSemanticError, suggest
from eoxserver.query.cellwise import kernels
from eoxserver.query.cellwise.kernels import Kernel, Refusal
from eoxserver.query.cellwise.types import (
    BOOLEAN,
    arithmetic_type,
    general_type,
    real_type,
    type_name,
    wide_type,
)

__all__ = ["FUNCTIONS", "Function", "Nulls", "Units", "function", "result_dtype"]

Dtypes: TypeAlias = Sequence[np.dtype[Any]]
Rule: TypeAlias = Callable[[Dtypes], np.dtype[Any]]
"""From the types of the inputs of a function to that of the result; raises WcpsSemanticError."""


class Nulls(Enum):
    """What becomes of cells of which an input is null."""

    NULL = "null"
    """Null."""
    FALSE = "false"
    """False."""
    OWN = "own"
    """The function has a rule of its own."""


class Units(Enum):
    """The unit of a result."""

    SAME = "same"
    """That of the inputs, where they agree."""
    PRODUCT = "product"
    QUOTIENT = "quotient"
    PURE = "pure"
    """A pure number."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the cells at one place."""

    name: str
    arity: int
    rule: Rule
    kernel: Kernel
    """Computes it where no input is null."""
    nulls: Nulls = Nulls.NULL
    units: Units = Units.PURE
    refuses: Refusal | None = None
    """Where valid inputs have no result."""
    in_place: bool = False
    """Whether the result may take the place of an input."""

    def result(self, dtypes: Dtypes) -> np.dtype[Any]:
        """The type of the result.

        Raises
        ------
        WcpsSemanticError
            When the function does not take so many inputs, or such ones.
        """
        if len(dtypes) != self.arity:
            wanted = "1 operand" if self.arity == 1 else f"{self.arity} operands"
            raise WcpsSemanticError(f"'{self.name}' takes {wanted}, not {len(dtypes)}", locator=self.name)
        return self.rule(dtypes)

    def refusal(self, dtype: np.dtype[Any]) -> Refusal | None:
        """What tells where valid inputs have no result of some type; None: they have one everywhere."""
        if self.refuses is kernels.zero_divisor and dtype.kind not in "iu":
            return None
        return self.refuses


# -- rules of types


def _arithmetic(dtypes: Dtypes) -> np.dtype[Any]:
    return arithmetic_type(*dtypes)


def _general(dtypes: Dtypes) -> np.dtype[Any]:
    return general_type(*dtypes)


def _truth(_dtypes: Dtypes) -> np.dtype[Any]:
    return BOOLEAN


def _real(name: str, rule: Rule) -> Rule:
    """The rule, for numbers that are not complex."""

    def real(dtypes: Dtypes) -> np.dtype[Any]:
        if any(dtype.kind == "c" for dtype in dtypes):
            raise WcpsSemanticError(
                f"'{name}' does not take complex numbers; take their parts (re, im) or abs", locator=name
            )
        return rule(dtypes)

    return real


def _logical(name: str) -> Rule:
    """Truth values, of truth values only."""

    def logical(dtypes: Dtypes) -> np.dtype[Any]:
        for dtype in dtypes:
            if dtype != BOOLEAN:
                raise WcpsSemanticError(
                    f"'{name}' takes boolean operands, not {type_name(dtype)}; compare it, as in `$c != 0`",
                    locator=name,
                )
        return BOOLEAN

    return logical


def _bit(dtypes: Dtypes) -> np.dtype[Any]:
    for dtype in dtypes:
        if dtype.kind not in "iub":
            raise WcpsSemanticError(f"'bit' takes integers, not {type_name(dtype)}; cast it first", locator="bit")
    return BOOLEAN


def _opposite(dtypes: Dtypes) -> np.dtype[Any]:
    """That of ``(octet) 0 - x``."""
    return arithmetic_type(np.dtype(np.int8), dtypes[0]) if dtypes[0].kind in "ub" else dtypes[0]


def _wide(dtypes: Dtypes) -> np.dtype[Any]:
    return wide_type(general_type(*dtypes))


def _power(dtypes: Dtypes) -> np.dtype[Any]:
    """That of the base, with no integers; complex when the exponent is."""
    base = wide_type(dtypes[0])
    return general_type(base, dtypes[1]) if dtypes[1].kind == "c" else base


def _part(dtypes: Dtypes) -> np.dtype[Any]:
    return real_type(arithmetic_type(dtypes[0]))


# -- the table


def _made() -> Iterator[Function]:
    ufunc, compare = kernels.ufunc, kernels.compare
    zero, same = kernels.zero_divisor, Units.SAME
    yield Function("+", 2, _arithmetic, ufunc(np.add), units=same, in_place=True)
    yield Function("-", 2, _arithmetic, ufunc(np.subtract), units=same, in_place=True)
    yield Function("*", 2, _arithmetic, ufunc(np.multiply), units=Units.PRODUCT, in_place=True)
    yield Function("/", 2, _arithmetic, kernels.divide, units=Units.QUOTIENT, refuses=zero)
    yield Function("pow", 2, _power, ufunc(np.power))
    yield Function("bit", 2, _bit, kernels.bit, refuses=kernels.negative_bit)
    yield Function("overlay", 2, _general, kernels.same, Nulls.OWN, same)
    yield Function("isnull", 1, _truth, kernels.same, Nulls.OWN)
    yield Function("neg", 1, _opposite, ufunc(np.negative), units=same, in_place=True)
    yield Function("plus", 1, _arithmetic, kernels.same, units=same)
    yield Function("abs", 1, _part, kernels.absolute, units=same)
    yield Function("re", 1, _part, kernels.re, units=same)
    yield Function("im", 1, _part, kernels.im, units=same)
    for name, kernel in (("min", ufunc(np.minimum)), ("max", ufunc(np.maximum))):
        yield Function(name, 2, _real(name, _general), kernel, units=same, in_place=True)
    yield Function("mod", 2, _real("mod", _arithmetic), ufunc(np.fmod), units=same, refuses=zero)
    yield Function("atan2", 2, _real("atan2", _wide), ufunc(np.arctan2))
    rounding = {"round": kernels.round_half_away, "ceil": kernels.whole(np.ceil), "floor": kernels.whole(np.floor)}
    for name, kernel in rounding.items():
        yield Function(name, 1, _real(name, _arithmetic), kernel, units=same)
    yield Function("not", 1, _logical("not"), compare(np.logical_not))
    for name, logical in (("and", np.logical_and), ("or", np.logical_or), ("xor", np.logical_xor)):
        yield Function(name, 2, _logical(name), compare(logical))
    for name, equality in (("=", np.equal), ("!=", np.not_equal)):
        yield Function(name, 2, _truth, compare(equality), Nulls.FALSE)
    for name, order in (("<", np.less), ("<=", np.less_equal), (">", np.greater), (">=", np.greater_equal)):
        yield Function(name, 2, _real(name, _truth), compare(order), Nulls.FALSE)
    wide: dict[str, np.ufunc] = {
        "sqrt": np.sqrt, "exp": np.exp, "log": np.log10, "ln": np.log, "sin": np.sin, "cos": np.cos, "tan": np.tan,
        "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "arcsin": np.arcsin, "arccos": np.arccos,
        "arctan": np.arctan,
    }  # fmt: skip
    for name, each in wide.items():
        yield Function(name, 1, _wide, ufunc(each), in_place=True)


FUNCTIONS: Mapping[str, Function] = MappingProxyType({each.name: each for each in _made()})
"""By name."""


def function(name: str) -> Function:
    """The function of a name.

    Raises
    ------
    WcpsSemanticError
        When there is none.
    """
    found = FUNCTIONS.get(name)
    if found is None:
        raise WcpsSemanticError(f"no function '{name}'; {suggest(name, FUNCTIONS)}", locator=name)
    return found


def result_dtype(name: str, dtypes: Dtypes) -> np.dtype[Any]:
    """The type of the result of a function, from those of its inputs.

    >>> result_dtype("+", (np.dtype("uint8"), np.dtype("int32")))
    dtype('int32')

    Raises
    ------
    WcpsSemanticError
        When there is no such function, or it does not take so many inputs, or such ones.
    """
    return function(name).result(dtypes)
