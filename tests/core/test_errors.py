# SPDX-License-Identifier: MIT
"""Errors name what is wrong and what would be right."""

from __future__ import annotations

import pytest

from eoxserver.core import errors
from eoxserver.core.errors import EOxServerError, shortened, suggest, without_long_words


def test_suggestions() -> None:
    assert suggest("Lonh", ["Lat", "Long"]) == "did you mean 'Long'? available: Lat, Long"
    assert suggest("zzz", ["b", "a"]) == "available: a, b"
    assert suggest("zzz", []) == "none is available"
    assert suggest("zzz", ["a", "b", "c"], 2, "looked at") == "available: a, b, ... (3 looked at)"
    many = suggest("zzz", [f"c{n:03d}" for n in range(500)])
    assert many.endswith("c009, ... (500 in all)")
    assert len(many) < 100


def test_of_long_text_both_ends_are_shown() -> None:
    assert shortened("a" * 100) == "a" * 100
    assert shortened("a" * 103) == "a" * 103
    assert shortened("a" * 500 + "b" * 500) == "a" * 60 + "..." + "b" * 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"no axis '{'x ' * 99}'; available: i, j", f"no axis '{'x ' * 30}...{'x ' * 20}'; available: i, j"),
        (f'text "{"x " * 99}" is none', f'text "{"x " * 30}...{"x " * 20}" is none'),
        (f"variable ${'x' * 999} is bound twice", f"variable ${'x' * 59}...{'x' * 40} is bound twice"),
        (f"the database's list {'is long, ' * 30}and its end's here", None),
        (f"available: {', '.join(f'c{n}' for n in range(99))}", None),
        ("a" * 100, None),
    ],
)
def test_long_words_of_messages_are_shortened_and_no_sentences(text: str, expected: str | None) -> None:
    assert without_long_words(text) == (text if expected is None else expected)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_of_the_family(name: str) -> None:
    member = getattr(errors, name)
    if name in ("shortened", "suggest", "without_long_words"):
        return
    assert issubclass(member, EOxServerError)
    assert member.__doc__
    error = member("the text", locator="here")
    assert (error.message, error.locator, str(error)) == ("the text", "here", "the text")
    assert member("the text").locator is None
