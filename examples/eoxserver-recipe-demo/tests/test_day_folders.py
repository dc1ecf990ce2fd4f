"""The recipe of folders for days: what it makes of files, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine


def eoxserver(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = ("-c", "from eoxserver.cli import main; main()")
    command = [sys.executable, *program, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instances") / "demo"
    assert eoxserver("create_instance", "demo", folder).returncode == 0
    return folder


def write(folder: Path, day: str, value: int) -> None:
    path = folder / "archive" / day / "a.tif"
    path.parent.mkdir(parents=True)
    place = {"crs": "EPSG:4326", "transform": Affine(1, 0, 10, 0, -1, 43)}
    with rasterio.open(path, "w", driver="GTiff", width=4, height=3, count=1, dtype="uint8", **place) as dataset:
        dataset.write(np.full((1, 3, 4), value, "uint8"))


def run(instance: Path, folder: Path, **options: str) -> subprocess.CompletedProcess[str]:
    ingredients = {
        "config": {"automated": True},
        "input": {"coverage_id": "days", "paths": ["archive/*/*/*/*.tif"]},
        "recipe": {"name": "day_folders", "options": options},
    }
    path = folder / "in.json"
    path.write_text(json.dumps(ingredients))
    return eoxserver("wcst_import", path, "--instance", instance)


def test_days_are_a_series(instance: Path, tmp_path: Path) -> None:
    write(tmp_path, "2024/06/03", 3)
    write(tmp_path, "2024/06/01", 1)
    done = run(instance, tmp_path, hour="10:30")
    assert "2 slices imported" in done.stdout, done.stderr
    for day, value in (("01", 1), ("03", 3)):
        query = f'for $c in (days) return max($c[ansi("2024-06-{day}T10:30")])'
        asked = eoxserver("wcps", query, "--instance", instance)
        assert asked.stdout.strip() == str(value), asked.stderr


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        ("2024/06/01", "noon", "recipe.options.hour: 'noon' is no time of day; accepted: 09:30"),
        ("2024/june/01", "10:30", "lies in no folder YEAR/MONTH/DAY"),
        ("2024/06/31", "10:30", "2024-06-31"),
    ],
)
def test_what_cannot_be_is_told(instance: Path, tmp_path: Path, day: str, hour: str, words: str) -> None:
    write(tmp_path, day, 1)
    done = run(instance, tmp_path, hour=hour)
    assert done.returncode == 1
    assert words in done.stderr
