# SPDX-License-Identifier: MIT
"""Calendar units of intervals (section 4.6)."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidSubsetting, LimitExceeded, WcpsSemanticError
from tests.services.wcps.compile.querying import refused, text


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ('years("2007-06":"2009-01")', "(2007,2008,2009)"),
        ('months("2007-11-15":"2008-02-01")', "(11,12,1,2)"),
        ('days("2008-02-28":"2008-03-01T05")', "(28,29,1)"),
        ('hours("2008-02-28T22:30":"2008-02-29T00:10")', "(22,23,0)"),
        ('minutes("2008-02-28T22:58:30":"2008-02-28T23:00")', "(58,59,0)"),
        ('seconds("2008-02-28T22:58:30.5":"2008-02-28T22:58:32")', "(30,31,32)"),
        ('years("2007-06")', "(2007)"),
        ("days(domain($c,t))", "(31,1,2,3,4,5,6)"),
        ('allyears("2007-06":"2009-01")', '("2008-01-01T00:00:00.000Z","2009-01-01T00:00:00.000Z")'),
        ('allmonths("2008-01-31":"2008-03-01")', '("2008-02-01T00:00:00.000Z","2008-03-01T00:00:00.000Z")'),
        ('alldays("2008-01-31T00:00":"2008-01-31T23:59")', '("2008-01-31T00:00:00.000Z")'),
        ('allhours(domain($c[t("1950-01-01":"1950-01-01")],t).lo:"1949-12-31T13")',
         '("1949-12-31T12:00:00.000Z","1949-12-31T13:00:00.000Z")'),
    ],
)  # fmt: skip
def test_units_of_an_interval(call: str, answer: str) -> None:
    assert text(f"for $c in (eobs) return {call}") == answer


@pytest.mark.parametrize(
    ("call", "kind", "at", "word"),
    [
        ('months("2008":"2007")', InvalidSubsetting, "months", "ends before"),
        ('months("2008":"monday")', InvalidSubsetting, '"monday"', "monday"),
        ("months(3:4)", WcpsSemanticError, "3:4", "as text"),
        ("months(domain($c,Lat))", WcpsSemanticError, "domain", "time axis"),
        ('allyears("2008-02":"2008-03")', InvalidSubsetting, "allyears", "no beginning of years"),
        ('allseconds("1008":"2008")', LimitExceeded, "allseconds", "steps"),
        ('years("9999":"9999-12-31") . "a"', WcpsSemanticError, "years", "list"),
    ],
)
def test_intervals_that_make_no_sense_are_refused(call: str, kind: type, at: str, word: str) -> None:
    refused(f"for $c in (eobs) return {call}", kind, at, word)


def test_the_last_year_has_an_end() -> None:
    assert text('for $c in (eobs) return months("9999-11":"9999-12-31")') == "(11,12)"
