# SPDX-License-Identifier: MIT
"""How much work a plan is for what its query says in few words: how deep it is, and how often it reads anything.

Cells of neighbouring cell-wise nodes are computed together, each leaf being read once. What rearranges cells reads its
inputs anew for whoever asks: ``let $b := $a + flip $a along i`` doubles the work; twenty of these make it a million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from eoxserver.query import plan
from eoxserver.query.plan import Node, PickCell, PickRange

__all__ = ["Effort", "inputs_of"]

MAX_DEPTH = 250
"""How many nodes may stand one on the other: what evaluates them calls itself for each."""
MAX_LAYERS = 40
"""The same, of nodes that are no cell-wise ones."""
MAX_READS = 10_000
"""How often sources may be read for one block of the result."""

_CELLWISE = (
    plan.Constant, plan.Iterator, plan.Map, plan.Cast, plan.Combine, plan.Switch, plan.SetNil, plan.Mask,
)  # fmt: skip
_KEPT = (plan.Reduce, plan.Condense)
"""Their results are computed once, where they depend on no iterator."""


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What is known of a node."""

    depth: int
    layers: int
    reads: int
    leaves: frozenset[int]
    """The nodes that are read for it: itself, unless it is cell-wise."""


@dataclass(slots=True)
class Effort:
    """The work of all nodes of a plan, told apart by identity; whoever adds nodes keeps them alive."""

    known: dict[int, _Work] = field(default_factory=dict)

    def add(self, node: Node) -> str:
        """Take note of a node whose inputs are known; answer why it is too much, empty when it is not."""
        if id(node) in self.known:
            return ""
        below = [self.known[id(one)] for one in inputs_of(node) if id(one) in self.known]
        cellwise = isinstance(node, _CELLWISE)
        depth = 1 + max((one.depth for one in below), default=0)
        layers = (not cellwise) + max((one.layers for one in below), default=0)
        read = frozenset[int]().union(*(one.leaves for one in below))
        reads = max(1, sum(self.known[leaf].reads for leaf in read))
        if depth > MAX_DEPTH or layers > MAX_LAYERS:
            return f"the query is computed in {depth} steps, each of the one before"
        if reads > MAX_READS:
            return f"the query reads its coverages {reads} times over"
        leaves = read if cellwise else frozenset({id(node)})
        self.known[id(node)] = _Work(depth, layers, 1 if isinstance(node, _KEPT) else reads, leaves)
        return ""

    def same(self, node: Node, other: Node) -> None:
        """Take note of a node that is as much work as one that is known."""
        self.known.setdefault(id(node), self.known[id(other)])


def inputs_of(node: Node) -> Iterator[Node]:
    """The nodes directly below a node."""
    for each in fields(node):
        yield from _nodes_in(getattr(node, each.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _nodes_in(one)
    elif isinstance(value, PickCell):
        yield value.cell
    elif isinstance(value, PickRange):
        yield value.first
