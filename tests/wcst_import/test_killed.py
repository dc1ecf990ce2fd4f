# SPDX-License-Identifier: MIT
"""An import that is killed and started again ends with the coverage of one that was not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoxserver.core.coverage import Coverage
from tests.backends.rasters import write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
FILES = 24
KILLS = 20
NAMED = {"metadata": {"global": {"Title": "'a title'"}, "local": {"file": "'${file:name}'"}}}
SERIES = {
    "time_parameter": {"filename": {"regex": r"_(\d{8})\.", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "OGC/0/AnsiDate",
    "tiling": "ALIGNED [0:1,0:7,0:7]",
    "coverage": NAMED,
}

_RUN = """
import importlib, os, signal, sys
from eoxserver.cli import main
from eoxserver.wcst_import import importer, session, tracking
command = importlib.import_module("eoxserver.cli.wcst_import")
importer.BATCH_SLICES = 3
last = int(sys.argv.pop(1))
count, begun = 0, False
run = session.Session.run

def run_counted(self):
    global begun
    begun = True  # before, modules are loaded and nothing is written
    return run(self)

session.Session.run = run_counted

def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

def opened(directory):
    instance = open_instance(directory)
    importlib.import_module("eoxserver.resources.coverages.ingestion.changing").publish = kill
    return instance

if last == -2:  # the store has the version, the catalogue has not come to it
    open_instance, command.opened = command.opened, opened
if last == -3:  # the catalogue has it, the list of files has not come to it
    tracking.ImportedFiles.add = kill

def kill_at(event, arguments):
    # What the process does to files and databases, event by event: between two of them nothing on disk changes but
    # by threads of the store.
    global count
    if begun and event in MOMENTS:
        count += 1
        if count == last:
            kill()

MOMENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "sqlite3.connect", "fcntl.flock"}
if last == -1:
    import atexit
    atexit.register(lambda: print(f"moments {count}", file=sys.stderr))
sys.addaudithook(kill_at)
main(sys.argv[1:], prog_name="eoxserver")
"""
"""The command with small batches, killed at one of the moments at which it touches the disk."""


def run(imports: Imports, path: Path, moment: int) -> subprocess.CompletedProcess[str]:
    """Run the command, killed at a moment; to its end with -1, the worst moments are -2 and -3."""
    words = ["wcst_import", str(path), "--instance", str(imports.instance.paths.root)]
    command = [sys.executable, "-c", _RUN, str(moment), *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)


def prepared(imports: Imports, identifier: str) -> Path:
    """Ingredients of a series of the files."""
    given = ingredients("time_series_irregular", "s_*.tif", SERIES)
    given["input"]["coverage_id"] = identifier
    path = imports.folder / f"{identifier}.json"
    path.write_text(json.dumps(given))
    return path


def moments(ended: subprocess.CompletedProcess[str]) -> int:
    """How often a process that ended well touched the disk."""
    assert ended.returncode == 0, ended.stderr
    return int(ended.stderr.rpartition("moments ")[2])


def said(coverage: Coverage) -> Sequence[Any]:
    """All that is said of a coverage, but for its identifier."""
    parts = sorted(
        (sorted(part.bounds.items()), dict(part.values)) for part in coverage.extra.parts.within(coverage.domain)
    )
    return coverage.domain, coverage.range_type, dict(coverage.metadata), parts


@pytest.fixture
def files(imports: Imports) -> None:
    rng = np.random.default_rng(1)
    for number in range(FILES):
        name = f"s_2020{1 + number // 12:02}{1 + 2 * (number % 12):02}.tif"
        write(imports.folder / name, rng.integers(0, 999, (1, 12, 10), "int16"), nodata=7)


@pytest.mark.usefixtures("files")
def test_killed_imports_end_as_others_do(imports: Imports) -> None:
    rng = random.Random(6)
    total = moments(run(imports, prepared(imports, "whole"), -1))
    whole, cells = imports.coverage("whole"), imports.cells("whole")
    assert cells.shape == (1, FILES, 12, 10)
    killed, runs, seen = 0, 0, set[int]()
    while killed < KILLS:
        runs += 1
        identifier = f"killed_{runs}"
        path = prepared(imports, identifier)
        for _ in range(rng.choice((1, 2, 3))):
            ended = run(imports, path, rng.randrange(1, total))
            if ended.returncode == 0:
                break
            assert ended.returncode == -signal.SIGKILL, ended.stderr
            killed += 1
            if imports.instance.catalogue.exists(identifier):
                found = imports.cells(identifier)[0]
                seen.add(len(found))
                assert len(found) % 3 == 0, "whole batches"
                assert np.array_equal(found, cells[0, : len(found)], equal_nan=True)
        assert run(imports, path, -1).returncode == 0
        assert said(imports.coverage(identifier)) == said(whole)
        assert np.array_equal(imports.cells(identifier), cells, equal_nan=True)
        listed = json.loads((imports.folder / f"{identifier}.resume.json").read_text())
        assert sorted(listed) == sorted(map(str, imports.folder.glob("s_*.tif")))
    assert len(seen) > 3, "they were killed at several places"
    assert {problems for _, problems in imports.instance.ingestion.verify()} == {()}
    command = [sys.executable, "-m", "eoxserver", "check", "--instance", str(imports.instance.paths.root)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("moment", [-2, -3])
def test_the_worst_moments(imports: Imports, moment: int) -> None:
    """Between two of the three places in which it is kept what is done: store, catalogue, list of files."""
    moments(run(imports, prepared(imports, "whole"), -1))
    path = prepared(imports, "killed")
    assert run(imports, path, moment).returncode == -signal.SIGKILL
    assert imports.cells("killed").shape[1] == 3, "the first batch is there, of a second one nothing"
    moments(run(imports, path, -1))
    assert said(imports.coverage("killed")) == said(imports.coverage("whole"))
    assert np.array_equal(imports.cells("killed"), imports.cells("whole"), equal_nan=True)
    assert {problems for _, problems in imports.instance.ingestion.verify()} == {()}
