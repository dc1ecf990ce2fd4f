# SPDX-License-Identifier: MIT
"""Examples in docstrings of the rooms that need no database are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import eoxserver

pytestmark = pytest.mark.docs

ROOMS = ("eoxserver.conf", "eoxserver.core", "eoxserver.plugins", "eoxserver.query")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(eoxserver.__path__, "eoxserver.")
    if f"{module.name}.".startswith(tuple(f"{room}." for room in ROOMS))
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_examples_are_found() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 4
