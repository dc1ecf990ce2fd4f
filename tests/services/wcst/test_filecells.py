# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.readers.base import Reader
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis, Role
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.core.errors import AccessDenied, InvalidParameterValue
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.filecells import open_file
from eoxserver.services.wcst.rangeset import FileCells
from tests.backends.rasters import write

CELLS = np.arange(6 * 2 * 3, dtype="uint8").reshape(6, 2, 3)


@pytest.fixture
def readers() -> Iterator[Mapping[str, Reader]]:
    reader = GdalReader(Settings())
    yield {"GDAL": reader}
    reader.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(write(tmp_path / "a.tif", CELLS))


def grid(**sizes: int) -> Domain:
    roles = {"x": Role.X, "y": Role.Y}
    return Domain(tuple(IndexAxis(name, size, role=roles.get(name, Role.OTHER)) for name, size in sizes.items()))


@pytest.mark.parametrize(
    ("domain", "count", "expected"),
    [
        (grid(y=2, x=3), 6, CELLS),
        (grid(x=3, y=2), 6, CELLS.transpose(0, 2, 1)),
        (grid(i=2, j=3), 6, CELLS),
        (grid(i=3, j=2), 6, CELLS.transpose(0, 2, 1)),
        (grid(t=1, y=2, x=3), 6, CELLS[:, None]),
        (grid(y=2, t=1, x=3), 6, CELLS[:, :, None]),
        (grid(t=6, y=2, x=3), 1, CELLS[None]),
        (grid(t=2, z=3, x=3, y=2), 1, CELLS.reshape(1, 2, 3, 2, 3).transpose(0, 1, 2, 4, 3)),
    ],
)
def test_rows_and_columns_go_along_y_and_x(
    path: Path, readers: Mapping[str, Reader], domain: Domain, count: int, expected: np.ndarray
) -> None:
    found = open_file(path, FileCells("", bands=()), domain, count, readers)
    whole = found.source.read(CellBox.whole(domain.shape), range(count)).values
    np.testing.assert_array_equal(whole, expected)
    assert found.source.shape == domain.shape
    last = CellBox(tuple(size - 1 for size in domain.shape), domain.shape)
    part = found.source.read(last, [count - 1]).values
    np.testing.assert_array_equal(part.ravel(), expected[(count - 1, *(-1,) * len(domain.shape))])


@pytest.mark.parametrize(
    ("domain", "count"), [(grid(y=3, x=3), 6), (grid(y=2, x=3), 5), (grid(t=5, y=2, x=3), 1), (grid(i=6), 6)]
)
def test_other_numbers_of_cells(path: Path, readers: Mapping[str, Reader], domain: Domain, count: int) -> None:
    with pytest.raises(TransactionError) as refused:
        open_file(path, FileCells(""), domain, count, readers)
    assert refused.value.code == "WCSTWrongNumberOfPixels"


def test_bands(path: Path, readers: Mapping[str, Reader]) -> None:
    found = open_file(path, FileCells("", bands=(4, 0)), grid(y=2, x=3), 2, readers)
    np.testing.assert_array_equal(found.source.read(CellBox.whole((2, 3)), [0, 1]).values, CELLS[[4, 0]])
    with pytest.raises(InvalidParameterValue, match="0 to 5"):
        open_file(path, FileCells("", bands=(6,)), grid(y=2, x=3), 1, readers)


@pytest.mark.parametrize(
    "text", ["<VRTDataset/>", "\ufeff  <GDAL_WMS/>", '{"type": "FeatureCollection"}', " \n<WCS_GDAL/>"]
)
def test_files_that_name_others(tmp_path: Path, readers: Mapping[str, Reader], text: str) -> None:
    path = tmp_path / "a.tif"
    path.write_text(text)
    with pytest.raises(AccessDenied):
        open_file(path, FileCells(""), grid(y=2, x=3), 1, readers)


def test_what_nobody_reads(tmp_path: Path, path: Path, readers: Mapping[str, Reader]) -> None:
    (tmp_path / "a.txt").write_text("words")
    for file, cells in ((tmp_path / "a.txt", FileCells("")), (path, FileCells("", variables=("a",)))):
        with pytest.raises(InvalidParameterValue) as refused:
            open_file(file, cells, grid(y=2, x=3), 1, readers)
        assert str(tmp_path) not in refused.value.message
