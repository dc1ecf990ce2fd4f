# SPDX-License-Identifier: MIT
"""Seven thousand queries spoilt by chance: each is answered or refused, none breaks anything.

With ``CI`` in the environment they are the same in every run. A file of its own, so that another worker runs them.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import Application, instance_template
from tests.integration.strange_queries import FUZZ, SEEDS, app, ask, check
from tests.services.wcps.examples import EXAMPLES

__all__ = ["app", "instance_template"]

pytestmark = pytest.mark.integration

WORDS = sorted({word for text in EXAMPLES.values() for word in text.replace("(", " ( ").replace(")", " ) ").split()})


@settings(FUZZ, max_examples=7_000)
@given(st.sampled_from(sorted(EXAMPLES.values())), SEEDS)
def test_queries_that_were_spoilt(app: Application, query: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(chance.randrange(1, 4)):
        words = query.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split(" ")
        place, kind = chance.randrange(len(words)), chance.randrange(4)
        if kind == 0:
            words[place] = chance.choice(WORDS)
        elif kind == 1:
            del words[place]
        elif kind == 2:
            words.insert(place, chance.choice(WORDS))
        else:
            other = chance.randrange(len(words))
            words[place], words[other] = words[other], words[place]
        query = " ".join(words) or "for"
    check(ask(app, query), query)
