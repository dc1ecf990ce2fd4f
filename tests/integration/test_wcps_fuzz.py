# SPDX-License-Identifier: MIT
"""Twenty thousand queries, made by the grammar or spoilt by chance: each is answered or refused, none breaks anything.

With ``CI`` in the environment they are the same in every run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.applications import Application, application, instance_template
from tests.services.wcps.examples import EXAMPLES
from tests.services.wcps.fuzz import Maker, coverages
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

SEEDS = st.integers(0, 2**32)
PARTS = pytest.mark.parametrize("part", range(4))
"""Several workers share the queries."""
WORDS = sorted({word for text in EXAMPLES.values() for word in text.replace("(", " ( ").replace(")", " ) ").split()})
FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves small coverages."""
    with application(tmp_path_factory.mktemp("fuzz"), instance_template) as found:
        for coverage in coverages().values():
            found.instance.ingestion.insert(coverage)
        yield found


def check(answer: TestResponse, query: str) -> None:
    """Fail unless an answer is one, or says what is wrong with the query."""
    body = answer.get_data()
    if answer.status_code == 200:
        assert answer.mimetype != "text/xml"
        return
    assert 400 <= answer.status_code < 500, (query, body.decode(errors="replace"))
    (exception,) = parse_xml(body).iterfind("ows:Exception", NS)
    assert exception.findtext("ows:ExceptionText", namespaces=NS), query
    assert exception.get("exceptionCode") not in (None, "NoApplicableCode"), query


def ask(app: Application, query: str) -> TestResponse:
    return app.client.post("/ows/wcps", data={"query": query})


@PARTS
@settings(FUZZ, max_examples=3_250)
@given(seed=SEEDS)
@example(seed=0)
def test_queries_by_the_grammar(app: Application, part: int, seed: int) -> None:
    query = Maker(random.Random(f"{part} {seed}").randrange).query()
    check(ask(app, query), query)


@settings(FUZZ, max_examples=7_000)
@given(query=st.sampled_from(sorted(EXAMPLES.values())), seed=SEEDS)
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
