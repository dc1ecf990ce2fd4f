# SPDX-License-Identifier: MIT
"""The contract of a reader (``backends.readers.base.Reader``) and of its sources (``core.coverage.Source``)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.backends.readers.base import Reader
from eoxserver.conf.schema import Settings, default_settings
from eoxserver.core.coverage import CellBox, Source
from eoxserver.core.errors import DataUnavailable

__all__ = ["ReaderContract", "Sample"]


@dataclass(frozen=True)
class Sample:
    """Data for a reader, and what it must find in it."""

    path: str
    values: npt.NDArray[Any]
    """Shape (field, *axes), at least two fields and two cells along each axis."""
    valid: npt.NDArray[np.bool_] | None = None
    """Same shape; None: all are valid."""


class ReaderContract:
    """Tests that every reader passes."""

    def make_reader(self, settings: Settings) -> Reader:
        """Answer the reader under test."""
        raise NotImplementedError

    def make_sample(self, folder: Path) -> Sample:
        """Write data into an empty folder."""
        raise NotImplementedError

    @pytest.fixture
    def reader(self) -> Iterator[Reader]:
        """The reader under test."""
        reader = self.make_reader(default_settings())
        yield reader
        reader.close()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Sample:
        """The data."""
        folder = tmp_path / "sample"
        folder.mkdir()
        return self.make_sample(folder)

    @pytest.fixture
    def source(self, reader: Reader, sample: Sample) -> Source:
        """The data, open."""
        return reader.open(sample.path)

    def test_it_has_a_key(self, reader: Reader) -> None:
        """The key is a text."""
        assert isinstance(type(reader).key, str) and type(reader).key

    def test_it_knows_its_data(self, reader: Reader, sample: Sample, tmp_path: Path) -> None:
        """``can_open`` says yes to the data, no to text, to nothing and to a folder."""
        assert reader.can_open(sample.path)
        (tmp_path / "a.txt").write_text("text")
        assert not reader.can_open(str(tmp_path / "a.txt"))
        assert not reader.can_open(str(tmp_path / "gone"))
        assert not reader.can_open(str(tmp_path))

    def test_the_description_fits_the_cells(self, reader: Reader, sample: Sample) -> None:
        """Shape, number and type of fields."""
        described = reader.describe(sample.path)
        assert described.driver
        assert described.domain.shape == sample.values.shape[1:]
        assert len(described.range_type) == len(sample.values)
        assert described.range_type.dtype == sample.values.dtype

    def test_nil_values_explain_what_is_not_valid(self, reader: Reader, sample: Sample) -> None:
        """A field with nil values has no valid cell that holds one."""
        valid = np.ones(sample.values.shape, dtype=bool) if sample.valid is None else sample.valid
        for field, values, good in zip(
            reader.describe(sample.path).range_type.fields, sample.values, valid, strict=True
        ):
            nil = field.is_nil(values)
            assert nil is None or not (nil & good).any()

    def test_the_source_has_the_shape_of_the_data(self, source: Source, sample: Sample) -> None:
        """``shape``, ``chunks`` and ``levels`` fit each other."""
        assert isinstance(source, Source)
        assert source.shape == sample.values.shape[1:]
        assert len(source.chunks) == len(source.shape)
        assert all(1 <= chunk <= size for chunk, size in zip(source.chunks, source.shape, strict=True))
        assert source.levels[0].shape == source.shape
        assert source.levels[0].factors == (1.0,) * len(source.shape)
        sizes = [np.prod(level.shape) for level in source.levels]
        assert sizes == sorted(sizes, reverse=True)

    def test_all_cells_are_read(self, source: Source, sample: Sample) -> None:
        """Values and mask of everything."""
        cells = source.read(CellBox.whole(source.shape), range(len(sample.values)))
        assert cells.values.dtype == sample.values.dtype
        _check(cells.values, cells.mask(), sample, range(len(sample.values)), CellBox.whole(source.shape))

    def test_boxes_are_read(self, source: Source, sample: Sample) -> None:
        """First, last, and inner cells, of some fields in any order."""
        shape = source.shape
        boxes = [
            CellBox((0,) * len(shape), (1,) * len(shape)),
            CellBox(tuple(size - 1 for size in shape), shape),
            CellBox(tuple(size // 3 for size in shape), tuple(max(size // 3 + 1, size - 1) for size in shape)),
        ]
        for box in boxes:
            for fields in ([0], [1, 0], [len(sample.values) - 1]):
                cells = source.read(box, fields)
                assert cells.values.shape == (len(fields), *box.shape)
                _check(cells.values, cells.mask(), sample, fields, box)

    def test_every_level_has_its_shape(self, source: Source) -> None:
        """What is read of a level has the level's shape and the type of the data."""
        for number, level in enumerate(source.levels):
            cells = source.read(CellBox.whole(level.shape), [0], number)
            assert cells.values.shape == (1, *level.shape)
            assert cells.mask().shape == cells.values.shape

    def test_arrays_belong_to_the_caller_or_are_read_only(self, source: Source, sample: Sample) -> None:
        """Writing into what was read never changes what others read."""
        box = CellBox.whole(source.shape)
        cells = source.read(box, [0])
        for array in (cells.values, cells.valid):
            if array is not None and array.flags.writeable:
                array[...] = 0
        again = source.read(box, [0])
        _check(again.values, again.mask(), sample, [0], box)

    def test_many_threads_read_the_same(self, source: Source, sample: Sample) -> None:
        """A source is used from many threads."""
        box, fields = CellBox.whole(source.shape), range(len(sample.values))
        with ThreadPoolExecutor(8) as pool:
            for cells in pool.map(lambda _: source.read(box, fields), range(40)):
                _check(cells.values, cells.mask(), sample, fields, box)

    def test_missing_data_is_named(self, reader: Reader, tmp_path: Path) -> None:
        """``DataUnavailable`` names the path."""
        path = str(tmp_path / "gone.dat")
        with pytest.raises(DataUnavailable, match=r"gone\.dat"):
            reader.describe(path)
        with pytest.raises(DataUnavailable, match=r"gone\.dat"):
            reader.open(path).read(CellBox((0, 0), (1, 1)), [0])

    def test_broken_data_is_named(self, reader: Reader, sample: Sample, tmp_path: Path) -> None:
        """A part of a file is told as such, never with an error of a library."""
        whole, box = Path(sample.path).read_bytes(), CellBox.whole(sample.values.shape[1:])
        for size in (0, 20, len(whole) // 4):
            path = tmp_path / f"broken{size}{Path(sample.path).suffix}"
            path.write_bytes(whole[:size])
            with pytest.raises(DataUnavailable, match=path.name):
                reader.open(str(path)).read(box, range(len(sample.values)))
        with pytest.raises(DataUnavailable, match="broken20"):
            reader.describe(str(tmp_path / f"broken20{Path(sample.path).suffix}"))

    def test_close_gives_back_and_may_come_twice(self, sample: Sample) -> None:
        """A closed reader has nothing open."""
        reader = self.make_reader(default_settings())
        reader.open(sample.path).read(CellBox((0,) * (sample.values.ndim - 1), (1,) * (sample.values.ndim - 1)), [0])
        reader.close()
        reader.close()


def _check(
    values: npt.NDArray[Any],
    mask: npt.NDArray[np.bool_],
    sample: Sample,
    fields: range | list[int],
    box: CellBox,
) -> None:
    """Compare what was read with the sample: the mask everywhere, values where they are valid."""
    index: tuple[Any, ...] = (list(fields), *box.slices)
    valid = np.ones(sample.values.shape, dtype=bool) if sample.valid is None else sample.valid
    np.testing.assert_array_equal(mask, valid[index])
    np.testing.assert_array_equal(values[mask], sample.values[index][mask])
