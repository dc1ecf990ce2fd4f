# SPDX-License-Identifier: MIT
"""Nodes below a node, and copies of plans in which some are exchanged for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

import numpy as np

from eoxserver.query.plan import Constant, Iterator, Node, PickCell, PickRange

__all__ = ["exchanged", "substitute", "value_type"]

_NODES: tuple[type, ...] = Node.__args__


def exchanged(plan: Node, instead: Callable[[Node], Node | None]) -> Node:
    """A copy of a plan, with other nodes in the place of those for which there is an instead.

    Nodes below which nothing changes remain themselves, and what is shared remains shared.
    """
    return cast("Node", _copied(plan, instead, {}))


def _copied(node: object, instead: Callable[[Node], Node | None], known: dict[int, object]) -> object:
    if id(node) in known:
        return known[id(node)]
    result: object = node
    if isinstance(node, tuple):
        parts = tuple(_copied(part, instead, known) for part in node)
        if any(new is not old for new, old in zip(parts, node, strict=True)):
            result = parts
    elif isinstance(node, (*_NODES, PickCell, PickRange)) and is_dataclass(node):
        other = None if isinstance(node, PickCell | PickRange) else instead(cast("Node", node))
        if other is not None:
            result = other
        elif not isinstance(node, Iterator):
            old = {each.name: getattr(node, each.name) for each in fields(node)}
            new = {name: _copied(value, instead, known) for name, value in old.items()}
            changed = {name: value for name, value in new.items() if value is not old[name]}
            result = replace(cast("Any", node), **changed) if changed else node
    known[id(node)] = result
    return result


def value_type(values: Sequence[float]) -> np.dtype[Any]:
    """The data type of an iterator's values: long where they fit it, else double."""
    fits = all(isinstance(value, int) and -(2**31) <= value < 2**31 for value in values)
    return np.dtype(np.int32 if fits else np.float64)


def substitute(plan: Node, places: Mapping[str, int]) -> Node:
    """The plan at one place of some iterators, by their names: it does not depend on them any more."""

    def constant(node: Node) -> Node | None:
        if not isinstance(node, Iterator) or node.name not in places:
            return None
        place = places[node.name]
        if node.values is None:
            return Constant(node.low + place, value_type((node.low, node.low + node.size - 1)))
        return Constant(node.values[place], value_type(node.values))

    return exchanged(plan, constant)
