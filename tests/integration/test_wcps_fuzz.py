# SPDX-License-Identifier: MIT
"""Thirteen thousand queries made by the grammar, and bombs: each is answered or refused, none breaks anything.

With ``CI`` in the environment they are the same in every run. ``test_wcps_fuzz_spoilt.py`` has seven thousand more.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings

from tests.applications import Application, instance_template
from tests.integration.strange_queries import FUZZ, SEEDS, app, ask, check
from tests.services.wcps.fuzz import Maker

__all__ = ["app", "instance_template"]

pytestmark = pytest.mark.integration


@settings(FUZZ, max_examples=13_000)
@given(SEEDS)
@example(0)
def test_queries_by_the_grammar(app: Application, seed: int) -> None:
    query = Maker(random.Random(seed).randrange).query()
    check(ask(app, query), query)


@pytest.mark.parametrize("levels", [10, 90, 200, 5000])
@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("abs(", ")"), ("-", ""), ("$c + ", ""), ("(flip ", " along i)"), ("{a: ", "}")],
)
def test_bombs_of_nesting(app: Application, opening: str, closing: str, levels: int) -> None:
    query = f'for $c in (mr) return encode({opening * levels}$c{closing * levels}, "csv")'
    check(ask(app, query), query[:200])


def test_doubling_by_let_is_no_bomb(app: Application) -> None:
    doubled = ", ".join(f"$a{n + 1} := $a{n} + $a{n}" for n in range(60))
    query = f"for $c in (mr) let $a0 := (double) $c, {doubled} return max($a60)"
    answer = ask(app, query)
    check(answer, query)
    assert answer.status_code == 200
