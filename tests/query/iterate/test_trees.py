# SPDX-License-Identifier: MIT
"""Copies of plans in which some nodes are exchanged for others."""

from __future__ import annotations

import numpy as np

from eoxserver.query.iterate.trees import exchanged, substitute
from eoxserver.query.plan import (
    Combine,
    Condense,
    Constant,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    PickRange,
    Read,
    Switch,
)
from tests.query.iterate.bodies import long

P, Q = Iterator("$p", 5, 3), Iterator("$q", 0, 2, (0.5, 4.0))


def test_an_iterator_becomes_its_value() -> None:
    body = Pick(Read("c"), (PickCell("i", P), PickRange("j", Map("+", (P, Q)), 2)))
    assert substitute(body, {"$p": 2}) == Pick(
        Read("c"), (PickCell("i", long(7)), PickRange("j", Map("+", (long(7), Q)), 2))
    )
    assert substitute(Q, {"$q": 0}) == Constant(0.5, np.dtype(float))
    assert substitute(Iterator("$r", 2**31, 2), {"$r": 0}) == Constant(2**31, np.dtype(float))


def test_what_does_not_change_remains_itself() -> None:
    still = Map("*", (Read("c"), Q))
    body = Combine(("a", "b"), (still, Map("+", (still, P))))
    changed = substitute(body, {"$p": 0})
    assert isinstance(changed, Combine)
    assert changed.inputs[0] is still
    assert substitute(body, {"$none": 0}) is body


def test_what_is_shared_remains_shared() -> None:
    shared = Map("+", (Read("c"), P))
    body = Switch((Map("<", (shared, Q)),), (shared,), Condense("+", (Q,), shared))
    changed = substitute(body, {"$p": 1})
    assert isinstance(changed, Switch)
    assert isinstance(changed.default, Condense)
    assert changed.results[0] is changed.default.using
    assert changed.results[0] == Map("+", (Read("c"), long(6)))


def test_there_is_no_looking_below_what_is_exchanged() -> None:
    seen: list[Node] = []

    def instead(node: Node) -> Node | None:
        seen.append(node)
        return Read("other") if isinstance(node, Map) else None

    assert exchanged(Condense("+", (Q,), Map("+", (P, P))), instead) == Condense("+", (Q,), Read("other"))
    assert P not in seen


def test_plans_may_be_deep() -> None:
    node: Node = P
    for _ in range(5000):
        node = Map("+", (node, long(1)))
    changed = substitute(node, {"$p": 0})
    depth = 0
    while isinstance(changed, Map):
        changed, depth = changed.inputs[0], depth + 1
    assert (changed, depth) == (long(5), 5000)
