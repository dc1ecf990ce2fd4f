# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.credentials import Credentials
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable
from eoxserver.wcst_import.recipes.tiles import FetchedTiles, tiles
from eoxserver.wcst_import.wcs import WcsClient
from tests.backends.rasters import pattern, write
from tests.resources.coverages.ingestion.coverages import index, lat, long, regular_days, times

PLANE = Domain((lat(50, 3), long(10, 4)), ("Lat", "Long"))
CUBE = Domain((times(148654, 148660.5), lat(50, 3), long(10, 4)), ("ansi", "Lat", "Long"))
CELLS = pattern((2, 3, 4), "int16")


class Answering(WcsClient):
    """A server that answers with what a test writes."""

    def __init__(self, write: Any) -> None:
        super().__init__("http://wcs.example/ows", Credentials(), parse_crs, "wcs_endpoint")
        self._write = write
        self.requests: list[Mapping[str, Any]] = []

    def fetched(self, params: Mapping[str, Any], path: Path) -> str:
        self.requests.append(params)
        self._write(path)
        return ""


def fetch(folder: Path, domain: Domain, write: Any, names: Sequence[str] = ("v",)) -> tuple[FetchedTiles, Answering]:
    client = Answering(write)
    readers = {"GDAL": GdalReader(default_settings())}
    return FetchedTiles(client, "c", names, readers, folder), client


def cube_file(
    order: str, names: Mapping[str, str] | None = None, variable: str = "v", rising: bool = False, fill: int = -7
) -> Any:
    """Writes the cells as netCDF: axes ``tyx`` in an order, dimensions under other names."""
    called = {"t": "ansi", "y": "Lat", "x": "Long", **(names or {})}

    def write_file(path: Path) -> None:
        cells = CELLS[:, ::-1] if rising else CELLS
        latitudes = [47.5, 48.5, 49.5] if rising else [49.5, 48.5, 47.5]
        with netCDF4.Dataset(path, "w") as dataset:
            coordinates: dict[str, list[float]] = {"t": [0, 1], "y": latitudes, "x": [10, 11, 12, 13]}
            for letter, values in coordinates.items():
                dataset.createDimension(called[letter], len(values))
                dataset.createVariable(called[letter], "f8", (called[letter],))[:] = values
            found = dataset.createVariable(variable, "i2", [called[letter] for letter in order], fill_value=fill)
            found[:] = np.transpose(cells, ["tyx".index(letter) for letter in order])

    return write_file


def whole(domain: Domain, fetched: FetchedTiles) -> npt.NDArray[Any]:
    (tile,) = tiles(domain, [0] * len(domain.axes))
    cells = fetched.source(tile).read(CellBox.whole(domain.shape), [0])
    return np.asarray(cells.values[0])


@given(st.lists(st.integers(0, 5), min_size=3, max_size=3))
def test_parts_cover_a_domain_and_none_meets_another(sizes: list[int]) -> None:
    counts = np.zeros(CUBE.shape, int)
    for tile in tiles(CUBE, sizes):
        counts[tile.box.slices] += 1
        assert tile.domain.shape == tile.box.shape
        assert all(not size or have <= size for size, have in zip(sizes, tile.domain.shape, strict=True))
        own = [axis.cells(low, low + 1) for axis, low in zip(CUBE.axes, tile.box.low, strict=True)]
        assert [axis.coordinate(0) for axis in tile.domain.axes] == [axis.coordinate(0) for axis in own]
    assert (counts == 1).all()


def test_subsets_lie_inside_the_outer_cells() -> None:
    domain = Domain((regular_days(148654, 2), index("k", 0, 3), lat(50, 3), long(10, 4)), ("ansi", "k", "Lat", "Long"))
    *_, last = tiles(domain, [1, 2, 2, 0])
    time, *others = last.subsets
    assert others == ["k(2,2)", "Lat(47.02,47.98)", "Long(10.02,13.98)"]
    assert time.startswith('ansi("2') and time.count('"') == 4


@pytest.mark.parametrize("order", ["tyx", "xyt", "ytx"])
@pytest.mark.parametrize("rising", [False, True])
def test_arrays_are_taken_in_any_order_and_direction(tmp_path: Path, order: str, rising: bool) -> None:
    fetched, client = fetch(tmp_path, CUBE, cube_file(order, rising=rising))
    assert np.array_equal(whole(CUBE, fetched), CELLS)
    assert client.requests[0]["format"] == "application/netcdf"


def test_dimensions_of_other_names_are_taken_in_grid_order(tmp_path: Path) -> None:
    fetched, _ = fetch(tmp_path, CUBE, cube_file("tyx", {"t": "time", "y": "lat", "x": "lon"}))
    assert np.array_equal(whole(CUBE, fetched), CELLS)


def test_fill_values_are_no_cells(tmp_path: Path) -> None:
    fill = CELLS[1, 0, 2]
    fetched, _ = fetch(tmp_path, CUBE, cube_file("tyx", fill=fill))
    (tile,) = tiles(CUBE, [0, 0, 0])
    found = fetched.source(tile).read(CellBox.whole(CUBE.shape), [0])
    assert found.valid is not None and np.array_equal(found.valid[0], fill != CELLS)
    assert not found.valid.all()


def test_images_are_taken_in_any_direction(tmp_path: Path) -> None:
    domain = Domain((lat(47, 3, step=1.0), long(10, 4)), ("Lat", "Long"))

    def image(path: Path) -> None:
        write(path, CELLS[:1], bounds=(10, 47, 14, 50))

    assert np.array_equal(whole(PLANE, fetch(tmp_path, PLANE, image)[0]), CELLS[0])
    assert np.array_equal(whole(domain, fetch(tmp_path, domain, image)[0]), CELLS[0, ::-1])


@pytest.mark.parametrize(
    ("domain", "answer", "words"),
    [
        (CUBE, cube_file("tyx", variable="w"), "answers no variable v; there are .*w"),
        (
            Domain((times(0.0, 1, 2), *PLANE.axes), CUBE.labels),
            cube_file("tyx"),
            "answers 2 x 3 x 4 cells, not 3 x 3 x 4",
        ),
        (
            Domain((index("a", 0, 1), index("b", 0, 1), *PLANE.axes), ("a", "b", "Lat", "Long")),
            cube_file("tyx"),
            "answers 3 dim",
        ),
        (PLANE, lambda path: write(path, CELLS, bounds=(10, 47, 14, 50)), "answers 2 bands, not 1"),
        (PLANE, lambda path: write(path, CELLS[:1, :2], bounds=(10, 47, 14, 50)), "answers 2 x 4 cells, not 3 x 4"),
        (PLANE, lambda path: path.write_text("no image"), "no image|not recognized|no reader"),
        (CUBE, lambda path: path.write_text("no netCDF"), r"1\.nc"),
    ],
)
def test_other_answers_are_refused(tmp_path: Path, domain: Domain, answer: Any, words: str) -> None:
    fetched, _ = fetch(tmp_path, domain, answer)
    with pytest.raises(DataUnavailable, match=f"wcs.example/ows: GetCoverage of c .*(?:{words})"):
        whole(domain, fetched)


def test_after_a_wrong_answer_another_one_is_asked_for(tmp_path: Path) -> None:
    answers = [lambda path: path.write_text("busy"), cube_file("tyx")]

    def next_one(path: Path) -> None:
        answers.pop(0)(path)

    fetched, _ = fetch(tmp_path, CUBE, next_one)
    with pytest.raises(DataUnavailable):
        whole(CUBE, fetched)
    assert np.array_equal(whole(CUBE, fetched), CELLS)


def test_answers_are_kept_and_few_of_them(tmp_path: Path) -> None:
    fetched, client = fetch(tmp_path, PLANE, lambda path: write(path, CELLS[:1, :1, :1], bounds=(10, 49, 11, 50)))
    parts = list(tiles(PLANE, [1, 1]))
    for _ in range(3):
        fetched.source(parts[0]).read(CellBox.whole((1, 1)), [0])
    assert len(client.requests) == 1
    for part in parts:
        fetched.source(part).read(CellBox.whole((1, 1)), [0])
    assert len(client.requests) == len(parts)
    assert len(list(tmp_path.iterdir())) == 4
