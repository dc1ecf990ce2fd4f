# SPDX-License-Identifier: MIT
"""From cell-wise nodes of a plan to steps: domain, range type, and the view that computes the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Coverage, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.cellwise.alignment import Aligned, align, keys_of
from eoxserver.query.cellwise.expressions import (
    Apply,
    Choose,
    Convert,
    Expression,
    Leaf,
    Literal,
    Part,
    Ramp,
    Remask,
    Renil,
)
from eoxserver.query.cellwise.functions import FUNCTIONS, Function, function
from eoxserver.query.cellwise.ranges import (
    cast_fields,
    check_condition,
    combined_fields,
    fill_of,
    mapped_fields,
    switched_fields,
)
from eoxserver.query.cellwise.types import BOOLEAN, DOUBLE, LONG
from eoxserver.query.cellwise.view import CellView
from eoxserver.query.plan import Cast, Combine, Constant, Iterator, Map, Mask, Node, SetNil, Switch
from eoxserver.query.steps import Options, Resolving, Step, derived
from eoxserver.query.windows import Window

__all__ = ["CellNode", "make"]

CellNode: TypeAlias = Constant | Iterator | Map | Cast | Combine | Switch | SetNil | Mask


def make(resolving: Resolving, node: CellNode) -> Step:
    """The step of a cell-wise node, and of all those below it; without recursion, since trees may be deep.

    Raises
    ------
    WcpsSemanticError
        When grids, types or numbers of fields do not go together.
    """
    known, waiting = resolving.known, [node]
    while waiting:
        one = waiting[-1]
        below = [each for each in _inputs(one) if id(each) not in known]
        deeper = [each for each in below if isinstance(each, CellNode)]
        if id(one) in known:
            waiting.pop()
        elif deeper:
            waiting.extend(reversed(deeper))
        else:
            for each in below:
                resolving.resolve(each)
            known[id(one)] = _step(one, [known[id(each)] for each in _inputs(one)], resolving.options)
            waiting.pop()
    return known[id(node)]


def _inputs(node: CellNode) -> tuple[Node, ...]:
    """What a node is made of right below."""
    match node:
        case Constant() | Iterator():
            return ()
        case Map() | Combine():
            return node.inputs
        case Cast() | SetNil():
            return (node.input,)
        case Switch():
            return (*node.conditions, *node.results, node.default)
        case Mask():
            return (node.input,) if node.mask is None else (node.input, node.mask)


def _step(node: CellNode, inputs: Sequence[Step], options: Options) -> Step:
    match node:
        case Constant():
            return _constant(node, options)
        case Iterator():
            return _iterator(node, options)
        case Map():
            return _map(node, inputs, options)
        case Cast():
            fields = cast_fields(inputs[0].range_type, node.dtype)
            casts = [Convert(each, node.dtype) for each in _expressions(inputs[0])]
            return _made(node, align(inputs, "a cast"), inputs, fields, casts, options)
        case Combine():
            fields = combined_fields(node.names, [step.range_type for step in inputs])
            every = [each for step in inputs for each in _expressions(step)]
            return _made(node, align(inputs, "a range constructor"), inputs, fields, every, options)
        case Switch():
            return _switch(node, inputs, options)
        case SetNil() | Mask():
            return _revalid(node, inputs, options)


def _made(
    node: Node,
    aligned: Aligned,
    inputs: Sequence[Step],
    range_type: RangeType,
    expressions: Sequence[Expression],
    options: Options,
) -> Step:
    """The step of a node whose fields are some expressions."""
    view = CellView(aligned.keys, aligned.domain.shape, tuple(expressions), options.window_bytes)
    coverage = derived(aligned.first.coverage, view, aligned.domain, range_type)
    return Step(node, coverage, tuple(inputs), aligned.iterators)


# -- what inputs are made of


def _expressions(step: Step) -> tuple[Expression, ...]:
    """The fields of a step: what they are made of where that is cell-wise, else leaves."""
    source, fields, part = _base(step.source, len(step.range_type))
    if isinstance(source, CellView) and part is None:
        return tuple(source.expressions[each] for each in fields)
    keys = keys_of(step)
    return tuple(
        Leaf(source, field, part, known.dtype, keys)
        for field, known in zip(fields, step.range_type.fields, strict=True)
    )


def _base(source: Source, count: int) -> tuple[Source, tuple[int, ...], Part | None]:
    """The source behind a window, its fields, and which part of it is meant; None: the whole."""
    if not isinstance(source, Window):
        return source, tuple(range(count)), None
    shape = source.base.shape
    whole = source.box == CellBox.whole(shape) and source.kept == tuple(range(len(shape)))
    return source.base, source.fields, None if whole else (source.box, source.kept)


# -- kinds of nodes


def _constant(node: Constant, options: Options) -> Step:
    value = np.array(node.value, node.dtype)
    view = CellView((), (), (Literal(value),), options.window_bytes)
    return Step(node, Coverage("", Domain(()), RangeType((Field("value", node.dtype),)), view))


def _iterator(node: Iterator, options: Options) -> Step:
    ends = (node.low, node.low + node.size - 1) if node.values is None else (min(node.values), max(node.values))
    whole = node.values is None or all(isinstance(value, int) for value in node.values)
    fits = whole and ends[0] >= -(2**31) and ends[1] < 2**31
    ramp = Ramp(node.name, node.low, node.values, LONG if fits else DOUBLE)
    view = CellView((node.name,), (node.size,), (ramp,), options.window_bytes)
    domain = Domain((IndexAxis(node.name, node.size, node.low),))
    return Step(node, Coverage("", domain, RangeType((Field("value", ramp.dtype),)), view), (), (node,))


def _map(node: Map, inputs: Sequence[Step], options: Options) -> Step:
    known = function(node.function)
    if len(inputs) != known.arity:
        known.result([step.range_type.fields[0].dtype for step in inputs])
    aligned = align(inputs, f"'{known.name}'")
    range_type = mapped_fields(known, inputs)
    operands = [_expressions(step) for step in inputs]
    count = max(len(each) for each in operands)
    bands = [tuple(each[band if len(each) > 1 else 0] for each in operands) for band in range(count)]
    if len(range_type) < count:
        expressions = [_compared(known, bands)]
    else:
        expressions = [Apply(known, band, field.dtype) for band, field in zip(bands, range_type.fields, strict=True)]
    return _made(node, aligned, inputs, range_type, expressions, options)


def _compared(known: Function, bands: Sequence[tuple[Expression, ...]]) -> Expression:
    """Whether all bands are equal, or one differs; false where one is null."""
    join = FUNCTIONS["and" if known.name == "=" else "or"]
    result: Expression = Apply(known, bands[0], BOOLEAN)
    for band in bands[1:]:
        result = Apply(join, (result, Apply(known, band, BOOLEAN)), BOOLEAN)
    if known.name == "=":
        return result
    for operand in dict.fromkeys(operand for band in bands for operand in band):
        present = Apply(FUNCTIONS["not"], (Apply(FUNCTIONS["isnull"], (operand,), BOOLEAN),), BOOLEAN)
        result = Apply(FUNCTIONS["and"], (result, present), BOOLEAN)
    return result


def _switch(node: Switch, inputs: Sequence[Step], options: Options) -> Step:
    count = len(node.conditions)
    if not count or len(node.results) != count:
        raise WcpsSemanticError(f"'switch' has {count} conditions and {len(node.results)} results", locator="switch")
    conditions, results = inputs[:count], inputs[count:]
    for condition in conditions:
        check_condition(condition, "a condition of 'switch'")
    aligned = align(inputs, "'switch'")
    range_type = switched_fields([step.range_type for step in results])
    tests = tuple(_expressions(step)[0] for step in conditions)
    branches = [_expressions(step) for step in results]
    expressions = [
        Choose(tests, tuple(branch[position] for branch in branches), field.dtype)
        for position, field in enumerate(range_type.fields)
    ]
    return _made(node, aligned, inputs, range_type, expressions, options)


def _revalid(node: SetNil | Mask, inputs: Sequence[Step], options: Options) -> Step:
    aligned, known = align(inputs[:1], "null values"), inputs[0].range_type
    expressions: list[Expression]
    if isinstance(node, SetNil):
        expressions = [
            Renil(each, node.nil, fill_of(field))
            for each, field in zip(_expressions(inputs[0]), known.fields, strict=True)
        ]
        fields = RangeType(tuple(replace(field, nil=node.nil) for field in known.fields))
        return _made(node, aligned, inputs, fields, expressions, options)
    mask: Expression | None = None
    if len(inputs) > 1:
        check_condition(inputs[1], "a mask")
        aligned = align(inputs, "'null mask'")
        mask = _expressions(inputs[1])[0]
    expressions = [
        Remask(each, mask, fill_of(field)) for each, field in zip(_expressions(inputs[0]), known.fields, strict=True)
    ]
    return _made(node, aligned, inputs, known, expressions, options)
