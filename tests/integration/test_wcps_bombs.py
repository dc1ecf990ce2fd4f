# SPDX-License-Identifier: MIT
"""Queries that ask for absurdly much, in few words or very many: each is refused or answered, the worker lives on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.applications import Application, application, instance_template
from tests.services.wcps.examples import EXAMPLES
from tests.services.wcps.fuzz import Maker, coverages
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

CHARACTERS = [
    *'()[]{},;:."$<>=+-*/ \n0123456789abcxyzN',
    "\\",
    "\0",
    "é",
    "--",
    "/*",
    "*/",
    "$c",
    '"CRS:1"',
    "1e999",
    "9" * 30,
]
LIMITS = {"EOXS_SERVICES_LIMITS__MAX_RESULT_CELLS": "2000000", "EOXS_SERVICES_LIMITS__MAX_FOLDED_CELLS": "20000000"}


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves small coverages and allows little."""
    with application(tmp_path_factory.mktemp("bombs"), instance_template, LIMITS) as found:
        for coverage in coverages().values():
            found.instance.ingestion.insert(coverage)
        yield found


def ask(app: Application, query: str) -> str:
    """Empty for an answer, the code of a refusal; anything else fails."""
    found = app.client.post("/ows/wcps", data={"query": query})
    if found.status_code == 200:
        return ""
    assert 400 <= found.status_code < 500, (query[:500], found.get_data(as_text=True)[:500])
    (exception,) = parse_xml(found.data).iterfind("ows:Exception", NS)
    assert exception.findtext("ows:ExceptionText", namespaces=NS)
    return str(exception.get("exceptionCode"))


FLIPPED = ", ".join(f"$a{place + 1} := $a{place} + flip $a{place} along i" for place in range(60))
VERTICES = ", ".join(f"{place / 1150:.4f} {place % 7}" for place in range(10_000))

BOMBS = [
    ('encode(extend($c, {i:"CRS:1"(0:1000000000000), j:"CRS:1"(0:1000000000000)}), "tiff")', "InvalidParameterValue"),
    ('avg(extend($c, {i:"CRS:1"(0:1000000000000)}))', "InvalidParameterValue"),
    ('encode(scale($c, {i:"CRS:1"(0:99999999999)}), "png")', "InvalidParameterValue"),
    ("max(scalefactor($c, 1e300))", "InvalidScaleFactor"),
    ("max(scalesize($c, [i(1e30)]))", "InvalidScaleFactor"),
    ("condense + over $x x(0:2000000000), $y y(0:2000000000) using $x * $y", "InvalidParameterValue"),
    ("condense + over $x x(0:99999999999999999999) using 1", "InvalidParameterValue"),
    ('encode(coverage q over $x x(0:1000000000) values $x, "csv")', "InvalidParameterValue"),
    ('condense + over $t t("0001":"9999":"PT1S") using 1', "InvalidParameterValue"),
    ('allseconds("0001-01-01":"9999-01-01")', "InvalidParameterValue"),
    ("avg(coverage q over $x x(0:2000) values avg($c[i(0:mod($x, 7))]))", "InvalidParameterValue"),
    ("max($c / 0)", "RasdamanRequestFailed"),
    ("max(mod($c, 0))", "RasdamanRequestFailed"),
    ("max(bit($c, -1))", "RasdamanRequestFailed"),
    ("max(clip($c, POLYGON((1e300 1e300, 2e300 1e300, 2e300 2e300))))", "InvalidSubsetting"),
    ("max(clip($c, LINESTRING(0 0, 1e308 1e308)))", "InvalidSubsetting"),
    ('encode(coverage q over $x x(0:2), $y y(0:2), $z z(0:2) values 1, "png")', "UnsupportedCombination"),
    ('encode({a: $c; b: $c; c: $c; d: $c; e: $c}, "png")', "UnsupportedCombination"),
    ('encode((complex) $c, "netcdf")', "UnsupportedCombination"),
    ("max($99999)", "SyntaxError"),
    (f"max({'(' * 100_000}$c{')' * 100_000})", ""),
    ("-" * 200_000 + "1", "SyntaxError"),
    ("(" * 30_000, "SyntaxError"),
    ("{a:" * 10_000 + "1" + "}" * 10_000, "SyntaxError"),
    (" and ".join(["true"] * 10_000), "SyntaxError"),
    ("$c" + "[i(0:7)]" * 10_000, "SyntaxError"),
    ("1" * 240_000, "SyntaxError"),
    ('"' * 200_001, "SyntaxError"),
    ("/*" * 100_000, "SyntaxError"),
    (f"max(clip($c, POLYGON(({VERTICES}))))", ""),
    (f"max(clip($c, LINESTRING({VERTICES})))", ""),
    (f"max(clip($c, POLYGON(({VERTICES}, {VERTICES}, {VERTICES}, {VERTICES}))))", "SyntaxError"),
]


@pytest.mark.parametrize(("result", "code"), BOMBS, ids=[result[:60] for result, _ in BOMBS])
def test_a_bomb(app: Application, result: str, code: str) -> None:
    assert ask(app, f"for $c in (mr) return {result}") == code
    assert ask(app, "for $c in (mr) return max($c)") == ""


def test_doubling_by_let(app: Application) -> None:
    query = f"for $c in (mr) let $a0 := (double) $c, {FLIPPED} return max($a60)"
    assert ask(app, query) == "InvalidParameterValue"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_queries_with_wrong_characters(app: Application, seed: int) -> None:
    chance = random.Random(seed)
    query = chance.choice([chance.choice(sorted(EXAMPLES.values())), Maker(chance.randrange).query()])
    for _ in range(chance.randrange(1, 5)):
        place, less = chance.randrange(len(query) + 1), chance.randrange(3)
        query = query[:place] + chance.choice(["", *CHARACTERS]) + query[place + less :]
    ask(app, query)
