# SPDX-License-Identifier: MIT
"""Queries on the samples, compiled and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.core.coverage import Cells, Coverage
from eoxserver.core.errors import EOxServerError
from eoxserver.query.resolver import Resolver
from eoxserver.services.wcps.compile import CoverageValue, Scope, Value, bind, compile_expression, open_scope
from eoxserver.services.wcps.compile.scope import read_whole
from eoxserver.services.wcps.parse import parse_query
from tests.services.wcps.samples import catalogue

__all__ = ["array", "cells", "compiled", "coverage", "number", "refused", "scope_of", "text"]

Array = npt.NDArray[Any]


@lru_cache(maxsize=1)
def _samples() -> Callable[[str], Coverage]:
    return catalogue()


def scope_of(query: str, parameters: Mapping[int, Coverage] | None = None) -> Scope:
    """The scope of the first iteration."""
    tree = parse_query(query)
    scope = open_scope(Resolver(_samples()), query, parameters=parameters)
    return bind(tree, scope, [binding.sources[0] for binding in tree.bindings])


def compiled(query: str, parameters: Mapping[int, Coverage] | None = None) -> Value:
    """What a query is, in its first iteration."""
    return compile_expression(parse_query(query).result, scope_of(query, parameters))


def coverage(query: str, parameters: Mapping[int, Coverage] | None = None) -> CoverageValue:
    """The coverage, or scalar, that a query is."""
    value = compiled(query, parameters)
    assert isinstance(value, CoverageValue)
    assert len(value.low) == len(value.domain.axes)
    return value


def cells(query: str) -> Cells:
    """All cells of what a query is."""
    return read_whole(coverage(query).step)


def array(query: str) -> Array:
    """The values of a query of one band."""
    found = cells(query)
    assert found.values.shape[0] == 1
    values: Array = found.values[0]
    return values


def number(query: str) -> Any:
    """The value of a query that is a scalar of one band."""
    found = array(query)
    assert found.shape == ()
    assert isinstance(found, (np.ndarray, np.generic))
    return found.item()


def text(query: str) -> str:
    """The text that a query is."""
    value = compiled(query)
    found = getattr(value, "text", None)
    assert isinstance(found, str), value
    return found


def refused(query: str, kind: type[EOxServerError], at: str, *words: str) -> None:
    """A query is refused with one class of error, a caret under where ``at`` begins, and some words.

    Where ``at`` stands more than once, the last one is meant.
    """
    with pytest.raises(EOxServerError) as caught:
        compiled(query)
    error = caught.value
    assert type(error) is kind, repr(error)
    assert at in query
    message = error.message
    assert message.startswith(f"line 1, column {query.rindex(at) + 1}: "), message
    assert "^" in message
    for word in words:
        assert word in message
