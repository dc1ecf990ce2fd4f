# SPDX-License-Identifier: MIT
"""examples/eoxserver-recipe-demo, installed in an environment of its own: its tests, and its place among plugins."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.servers import eoxserver

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def python(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the example, which finds everything else where it is: nothing is fetched."""
    folder = tmp_path_factory.mktemp("example")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    lines = (f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages())
    (packages / "shared.pth").write_text("".join(lines))
    source = shutil.copytree(root / "examples" / "eoxserver-recipe-demo", folder / "source")
    install = ("install", "-q", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, *install, source)
    return python


def run(*words: str | Path, folder: Path | None = None) -> str:
    # Nothing of who runs the tests: no other instance, and no other packages.
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("EOX", "PYTHON", "PYTEST"))}
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


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
