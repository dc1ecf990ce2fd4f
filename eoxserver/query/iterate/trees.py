# SPDX-License-Identifier: MIT
"""Nodes below a node, and copies of plans in which some are exchanged for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

import numpy as np

from eoxserver.query.plan import Constant, Iterator, Node, PickCell, PickRange

__all__ = ["below", "exchanged", "substitute", "value_type"]

_NODES: tuple[type, ...] = Node.__args__


def exchanged(plan: Node, instead: Callable[[Node], Node | None]) -> Node:
    """A copy of a plan, with other nodes in the place of those for which there is an instead.

    Nodes below which nothing changes remain themselves, and what is shared remains shared. Plans may be deep.
    """
    known: dict[int, Node] = {}
    waiting, entered = [plan], set[int]()
    while waiting:
        node = waiting[-1]
        if id(node) in known:
            waiting.pop()
        elif id(node) in entered:
            known[id(node)] = _rebuilt(node, known)
        else:
            entered.add(id(node))
            other = instead(node)
            if other is not None:
                known[id(node)] = other
            waiting.extend(() if other is not None else below(node))
    return known[id(plan)]


def below(node: Node) -> list[Node]:
    """The nodes right below a node."""
    found: list[Node] = []
    if isinstance(node, Iterator):  # its values may be many, and none is a node
        return found
    for each in fields(node):
        value = getattr(node, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, PickCell | PickRange):
                found.append(part.cell if isinstance(part, PickCell) else part.first)
            elif isinstance(part, _NODES):
                found.append(cast("Node", part))
    return found


def _rebuilt(node: Node, known: Mapping[int, Node]) -> Node:
    """The node over others; itself where these are the same."""
    if all(known[id(each)] is each for each in below(node)):
        return node

    def new(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(new(part) for part in value)
        if isinstance(value, PickCell):
            return replace(value, cell=known[id(value.cell)])
        if isinstance(value, PickRange):
            return replace(value, first=known[id(value.first)])
        return known[id(value)] if isinstance(value, _NODES) else value

    old = {each.name: getattr(node, each.name) for each in fields(node)}
    return cast("Node", replace(cast("Any", node), **{name: new(value) for name, value in old.items()}))


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
