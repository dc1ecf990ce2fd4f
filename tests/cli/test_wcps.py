# SPDX-License-Identifier: MIT
"""``eoxserver wcps``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from eoxserver.app import open_instance
from eoxserver.cli import main
from tests.applications import raster_cells
from tests.cli.conftest import Commands
from tests.services.wcps import samples


@pytest.fixture(autouse=True)
def served(eoxserver: Commands) -> None:
    """Insert coverages of the specification."""
    instance = open_instance(eoxserver.instance)
    for coverage in (samples.mr(), samples.eobs()):
        instance.ingestion.insert(coverage)
    instance.close()


def test_numbers_and_metadata_come_one_a_line(eoxserver: Commands) -> None:
    assert eoxserver.ok("wcps", "for $c in (mr) return max($c)") == "255\n"
    assert eoxserver.ok("wcps", "for $c in (mr, eobs) return identifier($c)") == "mr\neobs\n"
    assert eoxserver.json("wcps", "for $c in (mr) return avg($c)") == [127.5]
    assert eoxserver.json("wcps", "for $c in (mr) return imageCrsDomain($c)") == ["(0:255,0:210)"]


def test_a_query_from_standard_input(eoxserver: Commands) -> None:
    result = CliRunner().invoke(main, ["wcps", "-"], input="for $c in (mr)\nreturn 1 + 1")
    assert (result.exit_code, result.stdout) == (0, "2\n")


def test_a_result_in_a_file(eoxserver: Commands, tmp_path: Path) -> None:
    path = tmp_path / "mr.png"
    eoxserver.ok("wcps", 'for $c in (mr) return encode($c, "png")', "-o", path)
    assert raster_cells(path.read_bytes()).shape == (1, 211, 256)
    eoxserver.ok("wcps", "for $c in (mr) return max($c)", "-o", path)
    assert path.read_text() == "255\n"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_an_encoded_result_on_standard_output(eoxserver: Commands) -> None:
    query = 'for $c in (mr) return encode($c[i:"CRS:1"(0:1),j:"CRS:1"(0:1)], "csv")'
    assert eoxserver.ok("wcps", query) == "{0,2},{1,3}"


def test_several_results_go_to_numbered_files(eoxserver: Commands, tmp_path: Path) -> None:
    query = 'for $c in (mr, mr) return encode($c, "png")'
    assert "2 results (image/png)" in eoxserver.fails("wcps", query)
    eoxserver.ok("wcps", query, "-o", tmp_path / "out.png")
    eoxserver.ok("wcps", query, "-o", tmp_path / "bare")
    names = {path.name for path in tmp_path.glob("*-?.png")}
    assert names == {"out-1.png", "out-2.png", "bare-1.png", "bare-2.png"}


def test_no_result_is_told(eoxserver: Commands) -> None:
    result = eoxserver("wcps", "for $c in (mr) where false return 1")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no combination" in result.stderr


def test_parameters_are_texts_and_files(eoxserver: Commands, tmp_path: Path) -> None:
    path = tmp_path / "own.tif"
    place = rasterio.transform.from_bounds(40, 25, 60, 40, 40, 30)
    with rasterio.open(
        path, "w", "GTiff", width=40, height=30, count=1, dtype="int16", crs="EPSG:4326", transform=place
    ) as dataset:
        dataset.write(np.full((1, 30, 40), 7, "i2"))
    query = "for $d in (decode($1)) return max($d) + $2"
    assert eoxserver.ok("wcps", query, "--parameter", f"1={path}", "--parameter", "$2=10 * 2") == "27\n"
    assert "cannot be read" in eoxserver.fails("wcps", query, "--parameter", "1=/no/file", "--parameter", "2=1")
    assert "decode() takes a file" in eoxserver.fails("wcps", query, "--parameter", "2=1")


@pytest.mark.parametrize("words", [["one=1"], ["0=1"], ["1"], ["1=a", "--parameter", "1=b"]])
def test_wrong_parameters(eoxserver: Commands, words: list[str]) -> None:
    eoxserver.fails("wcps", "for $c in (mr) return 1", "--parameter", *words, code=2)


def test_a_plan_and_its_price(eoxserver: Commands) -> None:
    query = 'for $c in (mr) return encode($c.0 + 1, "png")'
    text = eoxserver.ok("wcps", query, "--explain")
    assert text.startswith("for $c = mr\nreturn:\n1 ")
    assert "54016 bytes" in text
    found = json.loads(eoxserver.ok("wcps", query, "--explain", "--json"))
    assert found["results"][0]["return"]["cost"]["result_cells"] == 256 * 211


def test_what_is_wrong_is_shown_with_its_place(eoxserver: Commands) -> None:
    said = eoxserver.fails("wcps", "for $c in (mrr) return 1")
    assert said.startswith("eoxserver: line 1, column 12: no coverage 'mrr'; did you mean 'mr'?")
    assert said.splitlines()[2] == " " * 11 + "^"
    assert "use encode()" in eoxserver.fails("wcps", "for $c in (mr) return $c")
    query = "for $c in (mr) return condense + over $x i(0:9) using $c[i($x), j($c[i($x), j(0)] * 100)]"
    said = eoxserver.fails("wcps", query)
    assert said.startswith("eoxserver: line 1, column 65: cell 300 of axis j: it has the cells 0 to 210")
    assert said.splitlines()[2].endswith("^")


def test_a_file_that_cannot_be_written_is_told(eoxserver: Commands, tmp_path: Path) -> None:
    said = eoxserver.fails("wcps", 'for $c in (mr) return encode($c, "png")', "-o", tmp_path / "no" / "a.png")
    assert "cannot be written" in said


def test_json_is_not_for_pictures(eoxserver: Commands) -> None:
    eoxserver.fails("wcps", 'for $c in (mr) return encode($c, "png")', "--json", code=2)
