# SPDX-License-Identifier: MIT
"""Which parts of a query may turn out to have no result for some cells: integers that are divided, numbers of bits.

Cells are computed for many parts at once, and an error of computing them names the function, not the part. Where one
part only can be at fault, that is the place to show.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eoxserver.query.cellwise.functions import FUNCTIONS
from eoxserver.query.plan import Constant, Map, Node
from eoxserver.query.steps import Step
from eoxserver.services.wcps import nodes

__all__ = ["Faults"]


@dataclass(slots=True)
class Faults:
    """The parts of one query, by the function that they call."""

    known: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)
    """By the name of the function and the identity of nodes, which whoever adds them keeps alive: line and column."""

    def add(self, node: Node, step: Step, tree: nodes.Syntax) -> None:
        """Take note of a node; equal ones that stand in several places are one, and shown where the first is."""
        if not isinstance(node, Map) or node.function not in FUNCTIONS or not tree.line:
            return
        function = FUNCTIONS[node.function]
        if any(function.refusal(one.dtype) for one in step.range_type.fields) and not _is_safe(node):
            self.known.setdefault(function.name, {}).setdefault(id(node), (tree.line, tree.column))

    def place(self, function: str) -> tuple[int, int] | None:
        """Line and column of the only part that calls a function; None where there are several."""
        places = set(self.known.get(function, {}).values())
        return places.pop() if len(places) == 1 else None


def _is_safe(node: Map) -> bool:
    """Whether the second operand is a number with which there is always a result."""
    last = node.inputs[-1]
    return isinstance(last, Constant) and not isinstance(last.value, complex) and last.value > 0
