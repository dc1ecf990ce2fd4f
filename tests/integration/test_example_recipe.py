# SPDX-License-Identifier: MIT
"""examples/eoxserver-recipe-demo, installed in an environment of its own: its tests, and its place among plugins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.examples import installed, run
from tests.servers import eoxserver

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def python(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the example, which finds everything else where it is: nothing is fetched."""
    return installed(root, tmp_path_factory.mktemp("example"), "eoxserver-recipe-demo")


def test_its_own_tests_pass(python: Path, tmp_path: Path) -> None:
    tests = python.parents[2] / "source" / "tests"
    told = run(python, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", tests, folder=tmp_path)
    assert "4 passed" in told and "failed" not in told


def test_it_is_listed_among_plugins(python: Path) -> None:
    reports = json.loads(eoxserver("plugins", "--json", python=python))
    (report,) = (report for report in reports if report["name"] == "day_folders")
    assert (report["distribution"], report["components"], report["error"]) == (
        "eoxserver-recipe-demo",
        ["import_recipes:day_folders"],
        None,
    )
