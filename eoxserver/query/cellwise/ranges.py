# SPDX-License-Identifier: MIT
"""The range type of computed cells: fields with names, types, units and nil values (section 4.4, 4.5).

Fields go together by position; a single one goes with all of the others. The operand with the most fields, a coverage
rather than a number, names those of the result. Nil values of the result are those of all operands; a result that is
never null has none. A unit stays as long as it is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.query.cellwise.functions import Function, Nulls, Units
from eoxserver.query.cellwise.types import general_type, type_name
from eoxserver.query.steps import Step

__all__ = ["band_count", "cast_fields", "check_condition", "combined_fields", "fill_of", "mapped_fields",
           "switched_fields", "union_of_nil"]  # fmt: skip

PURE = "10^0"
"""The unit of pure numbers."""


def band_count(ranges: Sequence[RangeType], what: str) -> int:
    """How many fields the result has.

    Raises
    ------
    WcpsSemanticError
        When two operands have several fields, and not as many.
    """
    several = [each for each in ranges if len(each) > 1]
    for other in several[1:]:
        if len(other) != len(several[0]):
            raise WcpsSemanticError(
                f"the operands of {what} have {len(several[0])} fields ({', '.join(several[0].names)}) "
                f"and {len(other)} ({', '.join(other.names)}); as many go together, and a single one goes with all",
                locator=what.strip("'"),
            )
    return len(several[0]) if several else 1


def mapped_fields(function: Function, steps: Sequence[Step]) -> RangeType:
    """The range type of a function of some operands.

    Raises
    ------
    WcpsSemanticError
        When the function does not take so many, or such ones.
    """
    ranges = [step.range_type for step in steps]
    function.result([each.fields[0].dtype for each in ranges])
    count = band_count(ranges, f"'{function.name}'")
    if function.nulls is Nulls.FALSE and count > 1:
        return _compared_bands(function, steps)
    names = _naming(steps, count)
    fields: list[Field] = []
    for position in range(count):
        operands = [each.fields[position if len(each) > 1 else 0] for each in ranges]
        dtype = function.result([each.dtype for each in operands])
        null = function.nulls is Nulls.NULL or function.name == "overlay"
        nil = union_of_nil(operands) if null else ()
        fields.append(Field(names[position], dtype, _unit(function.units, operands, steps), nil))
    return RangeType(tuple(fields))


def _compared_bands(function: Function, steps: Sequence[Step]) -> RangeType:
    """One truth value for all fields; only equality has it."""
    if function.name not in {"=", "!="}:
        shown = max((step.range_type for step in steps), key=len)
        raise WcpsSemanticError(
            f"'{function.name}' compares single fields, not {len(shown)} ({', '.join(shown.names)}); "
            "select one of them; only = and != compare all",
            locator=function.name,
        )
    first = max((step.range_type for step in steps), key=len)
    return RangeType((Field(first.names[0], np.dtype(np.bool_)),))


def _naming(steps: Sequence[Step], count: int) -> tuple[str, ...]:
    """Names for the fields of a result: those of the first coverage that has as many, else of the first operand."""
    fitting = [step for step in steps if len(step.range_type) == count]
    coverage = next((step for step in fitting if len(step.domain.axes) > len(step.iterators)), None)
    return (coverage or fitting[0]).range_type.names


def union_of_nil(fields: Sequence[Field]) -> tuple[NilValue, ...]:
    """The nil values of all fields, each once, in order."""
    return tuple(dict.fromkeys(nil for field in fields for nil in field.nil))


def _unit(rule: Units, operands: Sequence[Field], steps: Sequence[Step]) -> str:
    """The unit of a result; a pure number where it is not known to be another one."""
    units = [each.unit or PURE for each in operands]
    kinds = [unit for unit in units if unit != PURE]
    match rule:
        case Units.SAME:
            alone = len(set(kinds)) == 1
            return (
                kinds[0]
                if alone and all(unit != PURE or _is_number(step) for unit, step in zip(units, steps, strict=True))
                else PURE
            )
        case Units.PRODUCT:
            return kinds[0] if len(kinds) == 1 else PURE
        case Units.QUOTIENT:
            return units[0] if units[1] == PURE else PURE
        case Units.PURE:
            return PURE


def _is_number(step: Step) -> bool:
    """Whether a step is no coverage: numbers take the unit of what they meet."""
    return len(step.domain.axes) == len(step.iterators)


def cast_fields(range_type: RangeType, dtype: np.dtype[np.generic]) -> RangeType:
    """The fields in another type."""
    return RangeType(
        tuple(
            field
            if field.dtype == dtype
            else replace(field, dtype=dtype, intervals=(), palette=field.palette if dtype.kind in "iu" else None)
            for field in range_type.fields
        )
    )


def combined_fields(names: Sequence[str], ranges: Sequence[RangeType]) -> RangeType:
    """The fields of all, one after the other, under new names.

    Raises
    ------
    WcpsSemanticError
        When there are not as many names, or one twice.
    """
    fields = [field for each in ranges for field in each.fields]
    if len(names) != len(fields):
        raise WcpsSemanticError(f"{len(names)} names ({', '.join(names)}) for {len(fields)} fields")
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None or not names:
        raise WcpsSemanticError(f"field '{twice or ''}' is there more than once; names must differ", locator=twice)
    return RangeType(tuple(replace(field, name=name) for name, field in zip(names, fields, strict=True)))


def switched_fields(results: Sequence[RangeType]) -> RangeType:
    """Fields of the first result, in the type that holds those of all (section 4.5); they go together by position.

    Raises
    ------
    WcpsSemanticError
        When a result has another number of fields.
    """
    first = results[0]
    for other in results[1:]:
        if len(other) != len(first):
            raise WcpsSemanticError(
                f"the results of 'switch' have {len(first)} fields ({', '.join(first.names)}) and {len(other)} "
                f"({', '.join(other.names)}); every branch needs as many",
                locator="switch",
            )
    fields: list[Field] = []
    for position, field in enumerate(first.fields):
        branches = [each.fields[position] for each in results]
        same_unit = all(each.unit == field.unit for each in branches)
        fields.append(
            replace(
                field,
                dtype=general_type(*(each.dtype for each in branches)),
                unit=field.unit if same_unit else PURE,
                nil=union_of_nil(branches),
                intervals=(),
                palette=None,
            )
        )
    return RangeType(tuple(fields))


def check_condition(step: Step, what: str) -> None:
    """Refuse a condition that is no single truth value for each cell.

    Raises
    ------
    WcpsSemanticError
    """
    fields = step.range_type.fields
    if len(fields) != 1:
        raise WcpsSemanticError(f"{what} has one field, not {len(fields)} ({', '.join(step.range_type.names)})")
    if fields[0].dtype != np.dtype(np.bool_):
        raise WcpsSemanticError(
            f"{what} is boolean, not {type_name(fields[0].dtype)}; compare it, as in `$c != 0`", locator=fields[0].name
        )


def fill_of(field: Field) -> float:
    """The value that a null cell has: the first nil value, else 0."""
    ends = (end for nil in field.nil if nil.high is not None for end in (nil.low, nil.high) if np.isfinite(end))
    return field.nil_value if field.nil_value is not None else next(ends, 0.0)
