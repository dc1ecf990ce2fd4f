# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from eoxserver.backends.grib.process import GribProcess
from eoxserver.backends.grib.source import open_message
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable
from tests.gribfiles import write_grib

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def process() -> Iterator[GribProcess]:
    process = GribProcess()
    yield process
    process.close()


def message(edition: int, hour: int, **keys: Any) -> dict[str, Any]:
    values = [float(hour * 100 + cell) for cell in range(12)]
    return {
        "edition": edition,
        "shape": (3, 4),
        "values": values,
        "keys": {"dataDate": 20150601, "dataTime": hour * 100, **keys},
    }


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("grib")
    messages = [message(edition, hour) for edition in (1, 2) for hour in (0, 6)]
    return str(write_grib(folder / "a.grib", messages))


def cells(process: GribProcess, path: str, offset: int) -> Any:
    source = open_message(process, path, offset)
    return source.read(CellBox.whole(source.shape), [0])


def test_keys_and_cells_of_messages_of_both_editions(process: GribProcess, path: str) -> None:
    offsets = process.offsets(path)
    assert len(offsets) == 4
    keys = [process.keys(path, offset, ["edition", "dataTime", "nothing"]) for offset in offsets]
    assert keys == [{"edition": edition, "dataTime": time} for edition in (1, 2) for time in (0, 600)]
    for offset, hour in zip(offsets, (0, 6, 0, 6), strict=True):
        found = cells(process, path, offset)
        assert found.valid is None
        assert np.allclose(found.values, 100 * hour + np.arange(12).reshape(1, 3, 4), atol=1e-3)
    assert {"dataDate", "Ni", "marsType"} <= set(process.names(path, offsets[0]))


def test_cells_are_those_that_gdal_reads(process: GribProcess, path: str) -> None:
    with rasterio.Env(GRIB_NORMALIZE_UNITS="NO"), rasterio.open(path) as dataset:  # or kelvin become degrees
        for number, offset in enumerate(process.offsets(path), 1):
            assert np.allclose(cells(process, path, offset).values[0], dataset.read(number), atol=1e-6)


def test_boxes_are_parts_of_the_message(process: GribProcess, path: str) -> None:
    source = open_message(process, path, process.offsets(path)[1])
    whole = source.read(CellBox.whole(source.shape), [0]).values
    assert np.array_equal(source.read(CellBox((1, 2), (3, 4)), [0]).values, whole[:, 1:3, 2:4])


def test_missing_values_are_not_valid(process: GribProcess, tmp_path: Path) -> None:
    values = [1.0, None, 3.0, 4.0, 5.0, None]
    file = str(write_grib(tmp_path / "m.grib", [{"shape": (2, 3), "values": values}]))
    found = cells(process, file, 0)
    assert found.valid is not None
    assert found.valid[0].ravel().tolist() == [value is not None for value in values]
    assert np.allclose(found.values[found.valid], [1, 3, 4, 5], atol=1e-3)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"jScansPositively": 1}, [[0, 1, 2], [3, 4, 5]]),
        ({"jPointsAreConsecutive": 1}, [[0, 2, 4], [1, 3, 5]]),
        ({"alternativeRowScanning": 1}, [[0, 1, 2], [5, 4, 3]]),
    ],
)
def test_rows_come_in_the_order_in_which_they_stand(
    process: GribProcess, tmp_path: Path, keys: dict[str, int], expected: list[list[int]]
) -> None:
    file = str(write_grib(tmp_path / "s.grib", [{"shape": (2, 3), "values": [0, 1, 2, 3, 4, 5], "keys": keys}]))
    assert np.allclose(cells(process, file, 0).values[0], expected, atol=1e-3)
    assert open_message(process, file, 0).south_to_north == bool(keys.get("jScansPositively"))


def test_threads_take_turns(process: GribProcess, path: str) -> None:
    offsets = process.offsets(path) * 20
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda offset: process.keys(path, offset, ["dataTime"])["dataTime"], offsets))
    assert found == [0, 600, 0, 600] * 20


def test_files_that_cannot_be_read_are_named(process: GribProcess, path: str, tmp_path: Path) -> None:
    text = tmp_path / "text.grib"
    text.write_text("something else")
    broken = tmp_path / "broken.grib"
    broken.write_bytes(Path(path).read_bytes()[:100])
    assert process.offsets(str(text)) == ()
    with pytest.raises(DataUnavailable, match=r"broken\.grib cannot be read: "):
        process.offsets(str(broken))
    with pytest.raises(DataUnavailable, match=r"nowhere\.grib cannot be read: No such file"):
        process.offsets(str(tmp_path / "nowhere.grib"))
    with pytest.raises(DataUnavailable, match="no GRIB message begins at byte 0"):
        process.values(str(text), 0)


def test_other_grids_are_refused(process: GribProcess, tmp_path: Path) -> None:
    keys = {"gridType": "rotated_ll"}
    file = str(write_grib(tmp_path / "r.grib", [{"shape": (2, 3), "values": [0] * 6, "keys": keys}]))
    with pytest.raises(DataUnavailable, match="has the grid rotated_ll; regular_ll is accepted"):
        open_message(process, file, 0)


def test_a_process_that_is_killed_is_started_again(path: str) -> None:
    process = GribProcess()
    try:
        assert len(process.offsets(path)) == 4
        worker = process._process
        assert worker is not None
        worker.kill()
        worker.wait()
        assert len(process.offsets(path)) == 4
    finally:
        process.close()


def test_without_eccodes_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eoxserver.backends.grib.process.find_spec", lambda name: None)
    with pytest.raises(DataUnavailable, match=r"pip install 'eoxserver\[grib\]'"):
        GribProcess().offsets("/a.grib")
