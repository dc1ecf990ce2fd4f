# SPDX-License-Identifier: MIT
"""Literals, operators, functions, casts, fields, switches: what is computed cell by cell (sections 4.4 to 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from eoxserver.core.errors import InvalidRequest, NoSuchField, WcpsSemanticError, suggest
from eoxserver.core.fields import NilValue
from eoxserver.query.cellwise.types import BOOLEAN, DOUBLE
from eoxserver.query.plan import Cast, Combine, Constant, Map, Mask, Reduce, Select, SetNil, Switch
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.operands import (
    boolean_cells,
    cells,
    check_bands,
    check_boolean,
    check_grids,
    constant,
    derived_value,
    made,
    number_constant,
)
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.values import CoverageValue, TextValue, Value
from eoxserver.services.wcps.nodes import CellType

__all__ = [
    "DTYPES", "binary", "cast", "field_select", "function", "is_null", "literal", "null_mask", "null_values",
    "range_constructor", "reduce", "switch", "unary",
]  # fmt: skip

DTYPES = {
    CellType.BOOLEAN: BOOLEAN,
    CellType.OCTET: np.dtype(np.int8),
    CellType.CHAR: np.dtype(np.uint8),
    CellType.SHORT: np.dtype(np.int16),
    CellType.USHORT: np.dtype(np.uint16),
    CellType.LONG: np.dtype(np.int32),
    CellType.ULONG: np.dtype(np.uint32),
    CellType.FLOAT: np.dtype(np.float32),
    CellType.DOUBLE: DOUBLE,
    CellType.COMPLEX: np.dtype(np.complex64),
    CellType.COMPLEXD: np.dtype(np.complex128),
    CellType.CINT16: np.dtype(np.complex64),
    CellType.CINT32: np.dtype(np.complex128),
}
"""The data types of casts; complex integers are complex numbers that hold them exactly."""

_UNARY = {"-": "neg", "+": "plus", "not": "not"}
_FUNCTIONS = {"arctan2": "atan2"}


def literal(scope: Scope, tree: nodes.Literal) -> Value:
    """A number, truth value, or text."""
    match tree:
        case nodes.Number():
            node = number_constant(tree.value)
        case nodes.Boolean():
            node = Constant(tree.value, BOOLEAN)
        case nodes.NotANumber():
            node = Constant(float("nan"), DOUBLE)
        case nodes.Complex():
            node = Constant(complex(tree.real, tree.imaginary), np.dtype(np.complex128))
        case _:
            return TextValue(tree.value)
    return constant(scope, node, tree)


def unary(scope: Scope, tree: nodes.Unary) -> CoverageValue:
    """A sign or ``not``."""
    return mapped(scope, _UNARY[tree.operator], (tree.operand,), tree)


def binary(scope: Scope, tree: nodes.Binary) -> Value:
    """An operator between two operands; a chain of them is walked from its first operand."""
    chain = [tree]
    while isinstance(chain[-1].left, nodes.Binary):
        chain.append(chain[-1].left)
    left = scope.value(chain[-1].left)
    for one in reversed(chain):
        left = _joined(scope, one, left)
    return left


def _joined(scope: Scope, tree: nodes.Binary, left: Value) -> Value:
    if isinstance(left, TextValue) and tree.operator in ("=", "!="):
        right = scope.value(tree.right)
        if isinstance(right, TextValue):
            return constant(scope, Constant((left.text == right.text) == (tree.operator == "="), BOOLEAN), tree)
    first = left if isinstance(left, CoverageValue) else cells(scope, tree.left)
    return combined(scope, tree.operator, (first, cells(scope, tree.right)), tree)


def function(scope: Scope, tree: nodes.Function) -> CoverageValue:
    """A function called by name."""
    return mapped(scope, _FUNCTIONS.get(tree.name, tree.name), tree.arguments, tree)


def is_null(scope: Scope, tree: nodes.IsNull) -> CoverageValue:
    """``e is [not] null``."""
    found = mapped(scope, "isnull", (tree.operand,), tree)
    return combined(scope, "not", (found,), tree) if tree.negated else found


def mapped(scope: Scope, name: str, operands: Sequence[nodes.Syntax], tree: nodes.Syntax) -> CoverageValue:
    """An induced operation (section 4.4) on expressions."""
    return combined(scope, name, tuple(cells(scope, operand) for operand in operands), tree)


def combined(scope: Scope, name: str, values: tuple[CoverageValue, ...], tree: nodes.Syntax) -> CoverageValue:
    """An induced operation on values, of one grid and with equally many bands."""
    check_grids(scope, values, tree)
    check_bands(scope, values, tree)
    return made(scope, Map(name, tuple(value.node for value in values)), tree, *values)


def cast(scope: Scope, tree: nodes.Cast) -> CoverageValue:
    """``(type) e``, of each band."""
    value = cells(scope, tree.operand)
    return made(scope, Cast(value.node, DTYPES[tree.type]), tree, value)


def null_values(scope: Scope, tree: nodes.NullValues) -> CoverageValue:
    """``e null values [...]``."""
    value = cells(scope, tree.operand)
    nil = []
    for one in tree.intervals:
        low, high = one.low.value, None if one.high is None else one.high.value
        if high is not None and high < low:
            raise scope.plan.error(WcpsSemanticError, f"the null interval {low}:{high} ends before it starts", one)
        nil.append(NilValue(low, high))
    return made(scope, SetNil(value.node, tuple(nil)), tree, value)


def null_mask(scope: Scope, tree: nodes.NullMask) -> CoverageValue:
    """``e null mask m``, ``e null mask discard``."""
    value = cells(scope, tree.operand)
    if tree.mask is None:
        return made(scope, Mask(value.node), tree, value)
    mask = boolean_cells(scope, tree.mask, "a null mask")
    check_grids(scope, (value, mask), tree)
    check_bands(scope, (value, mask), tree)
    return made(scope, Mask(value.node, mask.node), tree, value, mask)


def field_select(scope: Scope, tree: nodes.FieldSelect) -> CoverageValue:
    """``e.name``, ``e.0``; ``re`` and ``im`` of complex cells."""
    value = cells(scope, tree.operand)
    names = value.range_type.names
    part = tree.field.lower()
    if part in ("re", "im") and tree.field not in names and _is_complex(value):
        return combined(scope, part, (value,), tree)
    if value.is_scalar and not value.iterators:
        raise scope.plan.error(
            InvalidRequest,
            f"a band is selected of a coverage with axes, and this is a single value: there is no '{tree.field}' of it",
            tree,
            "select the band before slicing all axes, as in $c.red[i(1), j(2)]",
        )
    try:
        position = value.range_type.index(tree.field)
    except NoSuchField:
        message = f"no band '{tree.field}'; {suggest(tree.field, names)}"
        raise scope.plan.error(NoSuchField, message, tree, locator=tree.field) from None
    node = _same_field(value, position) or Select(value.node, (position,))
    return made(scope, node, tree, value)


def _same_field(value: CoverageValue, position: int) -> Combine | None:
    """A field of a range constructor without the others; None where that would be another grid."""
    if not isinstance(value.node, Combine):
        return None
    inputs = value.step.inputs
    chosen = inputs[position]
    same = chosen.domain.shape == value.step.domain.shape and chosen.iterators == value.iterators
    single = all(len(one.range_type) == 1 for one in inputs)
    return Combine((value.node.names[position],), (chosen.node,)) if same and single else None


def _is_complex(value: CoverageValue) -> bool:
    return any(field.dtype.kind == "c" for field in value.range_type.fields)


def range_constructor(scope: Scope, tree: nodes.RangeConstructor) -> CoverageValue:
    """``{name: e; ...}``."""
    values = []
    for one in tree.fields:
        value = cells(scope, one.value)
        if len(value.range_type) != 1:
            raise scope.plan.error(
                WcpsSemanticError,
                f"band '{one.name}' must be one band, and this has {len(value.range_type)}: "
                f"{', '.join(value.range_type.names)}",
                one,
                "select one, as in $c.0",
            )
        values.append(value)
    check_grids(scope, values, tree)
    names = tuple(one.name for one in tree.fields)
    return made(scope, Combine(names, tuple(value.node for value in values)), tree, *values)


def reduce(scope: Scope, tree: nodes.Reduce) -> CoverageValue:
    """``count add avg min max some all`` (section 4.4, "aggregates")."""
    value = cells(scope, tree.operand)
    if tree.operator in ("count", "some", "all"):
        check_boolean(scope, value, tree.operand, f"what {tree.operator}() takes")
    return derived_value(scope, Reduce(tree.operator, value.node), tree, (), value)


# -- switch -----------------------------------------------------------------------------------------------------


def switch(scope: Scope, tree: nodes.Switch) -> CoverageValue:
    """``switch case ... default ...`` (section 4.5)."""
    conditions, results = [], []
    for case in tree.cases:
        condition = boolean_cells(scope, case.condition, "the condition of a case")
        if len(condition.range_type) != 1:
            raise scope.plan.error(
                WcpsSemanticError,
                f"the condition of a case must be one band, not {len(condition.range_type)}",
                case.condition,
            )
        conditions.append(condition)
        results.append(cells(scope, case.result))
    default = cells(scope, tree.default)
    _each(scope, check_grids, [*conditions, *results, default], tree)
    for place, result in zip((*tree.cases[1:], tree.default), (*results[1:], default), strict=True):
        _check_branch(scope, results[0], result, place)
    node = Switch(tuple(value.node for value in conditions), tuple(value.node for value in results), default.node)
    return made(scope, node, tree, *conditions, *results, default)


def _each(
    scope: Scope,
    check: Callable[[Scope, Sequence[CoverageValue], nodes.Syntax], None],
    values: Sequence[CoverageValue],
    tree: nodes.Switch,
) -> None:
    """Check all branches against the first one that has axes; the error is at the branch."""
    places = [case.condition for case in tree.cases] + [case.result for case in tree.cases] + [tree.default]
    first = next((value for value in values if not value.is_scalar), None)
    for value, place in zip(values, places, strict=True):
        if first is not None:
            check(scope, (first, value), place)


def _check_branch(scope: Scope, first: CoverageValue, other: CoverageValue, place: nodes.Syntax) -> None:
    """Refuse a branch with another number of bands; names may differ, bands go by position."""
    counts = (len(first.range_type), len(other.range_type))
    if counts[0] != counts[1]:
        raise scope.plan.error(
            WcpsSemanticError,
            f"incompatible number of bands: the first case returns {counts[0]} "
            f"({', '.join(first.range_type.names)}), this one {counts[1]} ({', '.join(other.range_type.names)})",
            place,
        )
