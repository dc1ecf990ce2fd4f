# SPDX-License-Identifier: MIT
"""Several files as one coverage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.readers.bands import combine
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox, MemorySource, Source
from eoxserver.core.errors import DataUnavailable
from tests.backends.rasters import add_overviews, pattern, write


def test_fields_come_from_the_file_that_gives_them() -> None:
    first, second = pattern((2, 6, 7), "uint8"), pattern((3, 6, 7), "int16")
    source = combine([(range(3, 5), MemorySource(first)), (range(3), MemorySource(second))])
    whole = CellBox.whole((6, 7))
    cells = source.read(whole, (0, 1, 2, 3, 4))
    assert cells.values.dtype == np.int16
    np.testing.assert_array_equal(cells.values, np.concatenate([second, first.astype("int16")]))
    np.testing.assert_array_equal(source.read(whole, (4, 0, 3)).values[[0, 2]], first[[1, 0]])
    assert source.read(whole, (3, 4)).values.dtype == np.uint8, "the common type of the fields asked for"
    assert source.read(whole, (2,)).valid is None


def test_masks_join() -> None:
    valid = np.ones((1, 2, 2), dtype=bool)
    valid[0, 1, 1] = False
    plain, masked = MemorySource(pattern((1, 2, 2))), MemorySource(pattern((1, 2, 2)), valid)
    cells = combine([(range(1), plain), (range(1, 2), masked)]).read(CellBox.whole((2, 2)), (1, 0))
    assert cells.valid is not None
    assert cells.valid.tolist() == [valid[0].tolist(), [[True, True], [True, True]]]


def test_a_single_file_is_its_own_source() -> None:
    source = MemorySource(pattern((3, 2, 2)))
    assert combine([(range(2), source)]) is source


@pytest.mark.parametrize(
    "ranges",
    [[], [range(1, 2)], [range(2), range(1, 3)], [range(1), range(2, 3)]],
    ids=["none", "late", "twice", "gap"],
)
def test_each_field_is_given_exactly_once(ranges: list[range]) -> None:
    sources: list[tuple[range, Source]] = [(fields, MemorySource(pattern((3, 2, 2)))) for fields in ranges]
    with pytest.raises(DataUnavailable, match="exactly once"):
        combine(sources)


def test_files_of_different_shape_are_refused_when_used() -> None:
    parts = [(range(1), MemorySource(pattern((1, 2, 2)))), (range(1, 2), MemorySource(pattern((1, 2, 3))))]
    source = combine([(fields, part) for fields, part in parts])
    with pytest.raises(DataUnavailable, match=r"bands\[0:1\] 2 x 2, bands\[1:2\] 2 x 3"):
        source.read(CellBox((0, 0), (1, 1)), (0,))


def test_levels_are_those_that_all_files_have(tmp_path: Path) -> None:
    reader = GdalReader(default_settings())
    paths = [write(tmp_path / f"{name}.tif", pattern((1, 64, 64), "uint16")) for name in "ab"]
    add_overviews(paths[0], [2, 4])
    add_overviews(paths[1], [4])
    source = combine([(range(1), reader.open(paths[0])), (range(1, 2), reader.open(paths[1]))])
    assert [level.shape for level in source.levels] == [(64, 64), (16, 16)]
    cells = source.read(CellBox.whole((16, 16)), (0, 1), 1)
    np.testing.assert_array_equal(cells.values[0], cells.values[1])
    reader.close()
