# SPDX-License-Identifier: MIT
"""Errors name what is wrong and what would be right."""

from __future__ import annotations

import pytest

from eoxserver.core import errors
from eoxserver.core.errors import EOxServerError, suggest


def test_suggestions() -> None:
    assert suggest("Lonh", ["Lat", "Long"]) == "did you mean 'Long'? available: Lat, Long"
    assert suggest("zzz", ["b", "a"]) == "available: a, b"
    assert suggest("zzz", []) == "none is available"
    assert suggest("zzz", ["a", "b", "c"], 2, "looked at") == "available: a, b, ... (3 looked at)"
    many = suggest("zzz", [f"c{n:03d}" for n in range(500)])
    assert many.endswith("c009, ... (500 in all)")
    assert len(many) < 100


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_of_the_family(name: str) -> None:
    member = getattr(errors, name)
    if name == "suggest":
        return
    assert issubclass(member, EOxServerError)
    assert member.__doc__
    error = member("the text", locator="here")
    assert (error.message, error.locator, str(error)) == ("the text", "here", "the text")
    assert member("the text").locator is None
