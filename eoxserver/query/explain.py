# SPDX-License-Identifier: MIT
"""What a plan does and costs, for people and for programs.

Nodes are numbered by their position: ``1`` is the result, ``1.1`` its first input, and so on. One that is the input of
several others is shown where it is met first; the others refer to that position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TypeAlias

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis
from eoxserver.core.coordinates import coordinate_text, number_text
from eoxserver.core.crs import Crs
from eoxserver.core.selection import Slice, Trim
from eoxserver.query.check import Limits, check, price
from eoxserver.query.plan import Given, Node, PickCell, PickRange, TargetGrid
from eoxserver.query.rewrite import rewrite
from eoxserver.query.steps import Lookup, Options, Step
from eoxserver.query.views import ReprojectView, ScaleView

__all__ = ["Json", "explain", "explain_text"]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""What JSON can hold."""


_PRICED = 100
"""Nodes of which is said what they read; a price takes time."""
_SHOWN = 12
"""Members of a list that the text shows."""
_DECLARED = frozenset({"iterator", "iterators"})
"""Attributes that hold nodes which are no inputs."""
_OPTIONAL = frozenset({"mask", "where"})
"""Attributes that hold an input or nothing."""


def explain(
    plan: Node, lookup: Lookup, limits: Limits | None = None, options: Options | None = None
) -> dict[str, Json]:
    """The plan as it will be evaluated, node by node, and its price, as values for JSON; reads nothing.

    Each node has its ``position``, ``node`` (kind), ``parameters``, ``axes``, ``fields`` and ``inputs``, the first 100
    also what each ``reads``; nodes that resample have ``level`` (0 is the full resolution) and ``mapping``. A node that
    was met before has its ``position``, and in ``same_as`` that where it was met.

    Raises
    ------
    LimitExceeded
        When the plan costs more than ``limits`` allow.
    EOxServerError
        When it asks for what its coverages do not have.
    """
    checked = check(rewrite(plan, lookup), lookup, limits, options)
    cost = {name: int(value) for name, value in asdict(checked.cost).items()}
    return {"plan": _explained(checked.step, "1", {}), "cost": cost}


def explain_text(plan: Node, lookup: Lookup, limits: Limits | None = None, options: Options | None = None) -> str:
    """The same as text: a line a node, the result first, and the price; raises the same."""
    checked = check(rewrite(plan, lookup), lookup, limits, options)
    lines = list(_lines(checked.step, "1", {}))
    cost = checked.cost
    lines.append(
        f"reads {cost.cells} values ({cost.bytes} bytes, {cost.chunks} chunks) of {cost.coverages} coverages; "
        f"the result has {cost.result_cells} cells ({cost.result_bytes} bytes)"
    )
    return "\n".join(lines)


def _explained(step: Step, position: str, met: dict[int, str]) -> dict[str, Json]:
    if id(step) in met:
        return {"position": position, "same_as": met[id(step)]}
    met[id(step)] = position
    result: dict[str, Json] = {
        "position": position,
        "node": _kind(step.node),
        "parameters": _parameters(step.node),
        "axes": [_axis(axis) for axis in step.domain.axes],
        "fields": list(step.range_type.names),
    }
    if len(met) <= _PRICED:
        cost = price(step)
        result["reads"] = {"cells": cost.cells, "bytes": cost.bytes}
    if isinstance(step.source, ScaleView | ReprojectView) and step.inputs:
        result["level"] = step.source.zoomed.level
        result["factors"] = list(step.source.zoomed.factors)
    if isinstance(step.source, ReprojectView) and step.inputs:
        result["mapping"] = "by axes" if step.source.plane.separable else "by cells"
    result["inputs"] = [_explained(each, f"{position}.{number}", met) for number, each in enumerate(step.inputs, 1)]
    return result


def _lines(step: Step, position: str, met: dict[int, str]) -> Iterator[str]:
    indent = "  " * position.count(".")
    count, plural = len(step.range_type), "" if len(step.range_type) == 1 else "s"
    if id(step) in met:
        yield f"{indent}{position} same as {met[id(step)]}"
        return
    met[id(step)] = position
    shape = " x ".join(f"{axis.label} {axis.size}" for axis in step.domain.axes) or "one cell"
    parameters = ", ".join(f"{key}={_text(value)}" for key, value in _parameters(step.node).items())
    level = ""
    if isinstance(step.source, ScaleView | ReprojectView):
        level = f", from level {step.source.zoomed.level}"
    yield f"{indent}{position} {_kind(step.node)}({parameters}) -> {shape}, {count} field{plural}{level}"
    for number, each in enumerate(step.inputs, 1):
        yield from _lines(each, f"{position}.{number}", met)


def _kind(node: Node) -> str:
    return type(node).__name__.removesuffix("Node")


def _parameters(node: Node) -> dict[str, Json]:
    """The attributes of a node but its inputs."""
    if isinstance(node, Given):
        return {"coverage": node.coverage.identifier}
    values = {each.name: getattr(node, each.name) for each in fields(node)}
    return {
        name: _json(value)
        for name, value in values.items()
        if name in _DECLARED or not (_is_input(value) or (value is None and name in _OPTIONAL))
    }


def _is_input(value: object) -> bool:
    """Whether an attribute of a node holds nodes."""
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(each, Node) for each in value)
    return isinstance(value, Node)


def _json(value: object) -> Json:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case complex() | np.dtype():
            return str(value)
        case np.generic():
            return _json(value.item())
        case tuple() | list():
            return [_json(each) for each in value]
    return _described(value)


def _described(value: object) -> Json:
    """Parameters that are no plain values."""
    match value:
        case Crs():
            return value.uri
        case Trim():
            return _without_none({"label": value.label, "low": value.low, "high": value.high, "crs": _json(value.crs)})
        case Slice():
            return _without_none({"label": value.label, "point": value.point, "crs": _json(value.crs)})
        case TargetGrid():
            return {"bounds": list(value.bounds), "width": value.width, "height": value.height}
        case PickCell():
            return {"label": value.label}
        case PickRange():
            return {"label": value.label, "size": value.size}
    assert hasattr(value, "__dataclass_fields__"), f"{value!r} is no parameter of a node"
    return {name: _json(getattr(value, name)) for name in value.__dataclass_fields__}


def _without_none(values: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in values.items() if value is not None}


def _text(value: Json) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {_text(each)}" for key, each in value.items()) + ")"
    if isinstance(value, Sequence) and not isinstance(value, str):
        more = f", ... ({len(value)} in all)" if len(value) > _SHOWN else ""
        return "[" + ", ".join(_text(each) for each in value[:_SHOWN]) + more + "]"
    return number_text(value) if isinstance(value, float) else str(value)


def _axis(axis: Axis) -> dict[str, Json]:
    kind = "irregular" if isinstance(axis, IrregularAxis) else "index" if isinstance(axis, IndexAxis) else "regular"
    return {
        "label": axis.label,
        "kind": kind,
        "size": axis.size,
        "low": coordinate_text(axis, axis.low),
        "high": coordinate_text(axis, axis.high),
        "crs": None if axis.crs is None else axis.crs.uri,
    }
