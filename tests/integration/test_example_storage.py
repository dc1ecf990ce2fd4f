# SPDX-License-Identifier: MIT
"""examples/eoxserver-storage-demo, installed in an environment of its own: its tests, and its files by WCS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import numpy.typing as npt
import pytest
import rasterio

from tests.backends.rasters import pattern, write
from tests.examples import installed, run
from tests.servers import eoxserver, serving

pytestmark = pytest.mark.integration

CELLS = pattern((3, 40, 80))
CHANGED = CELLS[:, ::-1]


@pytest.fixture(scope="module")
def python(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the example, which finds everything else where it is: nothing is fetched."""
    return installed(root, tmp_path_factory.mktemp("example"), "eoxserver-storage-demo")


@pytest.fixture
def repository(program: Callable[[str], str], tmp_path: Path) -> Path:
    """A repository with a scene, tagged, and changed since."""
    assert program("git")
    folder = tmp_path / "fields"
    git(tmp_path, "init", "-q", "-b", "main", "fields")
    commit(folder, CELLS)
    git(folder, "tag", "v1")
    commit(folder, CHANGED)
    return folder


@pytest.fixture
def instance(python: Path, repository: Path, tmp_path: Path) -> Path:
    """An instance that knows the tag and the branch as storages, the scene of each registered."""
    instance = tmp_path / "instance"
    eoxserver("create_instance", "tests", instance, python=python)
    (instance / "conf" / "eoxserver.conf").write_text("[backends.cache]\nrevalidate = 0s\n")
    for name in ("v1", "main"):
        url = f"git://{repository}@{name}"
        eoxserver("storage", "add", name, url, "--instance", instance, python=python)
        words = ("register", "--instance", instance, "--id", f"{name}_{{stem}}")
        assert "1 registered" in eoxserver(*words, f"storage:{name}/2024/*.tif", python=python)
    return instance


def git(folder: Path, *words: str) -> None:
    run(
        "git",
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@eo.example",
        "-c",
        "commit.gpgsign=false",
        *words,
        folder=folder,
    )


def commit(folder: Path, cells: npt.NDArray[np.generic]) -> None:
    (folder / "2024").mkdir(exist_ok=True)
    write(folder / "2024" / "a.tif", cells)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "another state")


def coverage(ows: str, identifier: str) -> npt.NDArray[np.generic]:
    parameters = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "format": "image/tiff"}
    with urlopen(f"{ows}?{urlencode(parameters | {'coverageId': identifier})}") as answer:
        content = answer.read()
    with rasterio.open(BytesIO(content)) as dataset:
        cells: npt.NDArray[np.generic] = dataset.read()
    return cells


def test_its_own_tests_pass(python: Path, program: Callable[[str], str], tmp_path: Path) -> None:
    assert program("git")
    tests = python.parents[2] / "source" / "tests"
    told = run(python, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", tests, folder=tmp_path)
    assert " passed" in told and "failed" not in told


def test_it_is_listed_among_plugins(python: Path) -> None:
    reports = json.loads(eoxserver("plugins", "--json", python=python))
    (report,) = (report for report in reports if report["name"] == "git")
    assert (report["distribution"], report["components"], report["error"]) == (
        "eoxserver-storage-demo",
        ["storages:git"],
        None,
    )
    assert "eoxserver-storage-demo" not in eoxserver("plugins"), "the environment is one of its own"


def test_coverages_are_those_of_the_revision(python: Path, instance: Path, repository: Path) -> None:
    with serving(instance, python=python) as ows:
        np.testing.assert_array_equal(coverage(ows, "v1_a"), CELLS)
        np.testing.assert_array_equal(coverage(ows, "main_a"), CHANGED)
        commit(repository, CELLS[:, :, ::-1])
        np.testing.assert_array_equal(coverage(ows, "main_a"), CELLS[:, :, ::-1])
        np.testing.assert_array_equal(coverage(ows, "v1_a"), CELLS)


def test_a_revision_that_is_gone_is_told(python: Path, instance: Path, repository: Path) -> None:
    git(repository, "tag", "-d", "v1")
    words = (python, "-c", "from eoxserver.cli import main; main()", "check", "--instance", instance)
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"storage v1 (1 data item): storage git://{repository}@v1: fatal: Not a valid object name v1" in done.stdout
