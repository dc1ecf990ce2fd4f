# SPDX-License-Identifier: MIT
"""Examples in docstrings of the rooms that need no database are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import eoxserver

pytestmark = pytest.mark.docs

ROOMS = ("conf", "core", "plugins", "query")
MODULES = [
    module.name
    for room in ROOMS
    for path in eoxserver.__path__
    for module in pkgutil.walk_packages([f"{path}/{room}"], f"eoxserver.{room}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_examples_are_found() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 4
