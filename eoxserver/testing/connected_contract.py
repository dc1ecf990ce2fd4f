# SPDX-License-Identifier: MIT
"""The contract of a storage that reads in place (``backends.storages.base.ConnectedStorageInterface``)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.backends.storages.base import ConnectedStorageInterface, DescribeStorageInterface
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox, Cells, Source
from eoxserver.core.errors import AccessDenied, DataUnavailable

__all__ = ["ConnectedSample", "ConnectedStorageContract"]


@dataclass(frozen=True)
class ConnectedSample:
    """A storage, and data in it."""

    storage: ConnectedStorageInterface
    location: str
    values: npt.NDArray[Any]
    """What is there, shape (field, *axes), at least three cells along each axis."""
    valid: npt.NDArray[np.bool_] | None = None
    """Same shape; None: all are valid."""


class ConnectedStorageContract:
    """Tests that every connected storage passes."""

    secrets: ClassVar[tuple[str, ...]] = ()
    """Passwords and tokens that the storage under test is given; they must never be shown."""
    missing: ClassVar[str] = "nowhere"
    """A location of the right form at which there is nothing."""

    def make_storage(self, folder: Path) -> ConnectedSample:
        """Answer a storage with data; ``folder`` is an empty folder, if one is needed."""
        raise NotImplementedError

    @pytest.fixture
    def sample(self, tmp_path: Path) -> ConnectedSample:
        """The storage under test and its data."""
        folder = tmp_path / "storage"
        folder.mkdir()
        return self.make_storage(folder)

    @pytest.fixture
    def source(self, sample: ConnectedSample) -> Iterator[Source]:
        """The data, connected; where the storage answers a path, through the reader of rasters."""
        place = sample.storage.connect(sample.location)
        if isinstance(place, Source):
            yield place
            return
        assert isinstance(place, str)
        reader = GdalReader(default_settings())
        yield reader.open(place)
        reader.close()

    def test_it_has_the_methods_and_a_key(self, sample: ConnectedSample) -> None:
        """The interface is there."""
        assert isinstance(sample.storage, ConnectedStorageInterface)
        key = type(sample.storage).key
        assert key == key.strip().lower() != ""

    def test_a_sound_record_is_valid(self, sample: ConnectedSample) -> None:
        """``validate`` raises nothing."""
        sample.storage.validate()

    def test_the_source_has_the_shape_of_the_data(self, source: Source, sample: ConnectedSample) -> None:
        """``shape``, ``chunks`` and ``levels`` fit each other."""
        assert source.shape == sample.values.shape[1:]
        assert len(source.chunks) == len(source.shape)
        assert all(1 <= chunk <= size for chunk, size in zip(source.chunks, source.shape, strict=True))
        assert source.levels[0].shape == source.shape
        assert source.levels[0].factors == (1.0,) * len(source.shape)

    def test_all_cells_are_read(self, source: Source, sample: ConnectedSample) -> None:
        """Values, their type, and the mask of everything."""
        cells = source.read(CellBox.whole(source.shape), range(len(sample.values)))
        assert cells.values.dtype == sample.values.dtype
        _check(cells, sample, range(len(sample.values)), CellBox.whole(source.shape))

    @pytest.mark.parametrize("seed", range(12))
    def test_any_box_of_any_fields_is_read(self, source: Source, sample: ConnectedSample, seed: int) -> None:
        """A box is what numpy's slices of the whole are; fields come in any order, and more than once."""
        dice = np.random.default_rng(seed)
        ends = [sorted(int(end) for end in dice.integers(0, size, 2, endpoint=True)) for size in source.shape]
        box = CellBox(tuple(low for low, _ in ends), tuple(high for _, high in ends))
        fields = [int(field) for field in dice.integers(0, len(sample.values), 1 + seed % 4)]
        cells = source.read(box, fields)
        assert cells.values.shape == (len(fields), *box.shape)
        _check(cells, sample, fields, box)

    def test_levels_do_not_depend_on_the_box(self, source: Source) -> None:
        """A box of a coarser level is the same as that part of the whole level."""
        for number, level in enumerate(source.levels):
            whole = source.read(CellBox.whole(level.shape), [0], number)
            assert whole.values.shape == (1, *level.shape)
            box = CellBox(tuple(size // 2 for size in level.shape), level.shape)
            part = source.read(box, [0], number)
            np.testing.assert_array_equal(part.values, whole.values[(slice(None), *box.slices)])

    def test_arrays_belong_to_the_caller_or_are_read_only(self, source: Source, sample: ConnectedSample) -> None:
        """Writing into what was read never changes what others read."""
        box = CellBox.whole(source.shape)
        cells = source.read(box, [0])
        for array in (cells.values, cells.valid):
            if array is not None and array.flags.writeable:
                array[...] = 0
        _check(source.read(box, [0]), sample, [0], box)

    def test_many_threads_read_the_same(self, source: Source, sample: ConnectedSample) -> None:
        """A source is used from many threads."""
        box, fields = CellBox.whole(source.shape), range(len(sample.values))
        with ThreadPoolExecutor(8) as pool:
            for cells in pool.map(lambda _: source.read(box, fields), range(24)):
                _check(cells, sample, fields, box)

    def test_many_threads_connect(self, sample: ConnectedSample) -> None:
        """A storage is used from many threads, from the first moment."""
        with ThreadPoolExecutor(8) as pool:
            places = list(pool.map(lambda _: sample.storage.connect(sample.location), range(24)))
        assert len({type(place) for place in places}) == 1

    def test_what_is_missing_is_named(self, sample: ConnectedSample) -> None:
        """``DataUnavailable`` names the location, when connected or when read."""
        with pytest.raises(DataUnavailable, match=self.missing):
            self._read(sample.storage, self.missing)

    @pytest.mark.parametrize("location", ["", "../secret", "a\0b", "a; drop collection a", "x" * 5000, "{}", "%s"])
    def test_strange_locations_are_refused(self, sample: ConnectedSample, location: str) -> None:
        """Nothing but the errors of the contract, whatever the location."""
        with pytest.raises((AccessDenied, DataUnavailable)):
            self._read(sample.storage, location)

    def test_secrets_are_never_shown(self, sample: ConnectedSample, caplog: pytest.LogCaptureFixture) -> None:
        """Neither by the storage's text, nor in errors, nor in the log."""
        if not self.secrets:
            pytest.skip("the storage under test has no credentials")
        with caplog.at_level(logging.DEBUG):
            sample.storage.validate()
            place = sample.storage.connect(sample.location)
            with pytest.raises(DataUnavailable) as caught:
                self._read(sample.storage, self.missing)
        shown = [repr(sample.storage), str(sample.storage), repr(place), str(place), caplog.text]
        error: BaseException | None = caught.value
        while error is not None:
            shown += [str(error), repr(error)]
            error = error.__cause__ or error.__context__
        assert [secret for secret in self.secrets for text in shown if secret in text] == []

    def test_the_description_fits_the_cells(self, sample: ConnectedSample) -> None:
        """A storage that describes its arrays describes those it connects to."""
        storage = sample.storage
        if not isinstance(storage, DescribeStorageInterface):
            pytest.skip("the storage holds files, which readers describe")
        described = storage.describe(sample.location)
        assert described.driver
        assert described.domain.shape == sample.values.shape[1:]
        assert len(described.range_type) == len(sample.values)
        assert described.range_type.dtype == sample.values.dtype
        complete = storage.complete(sample.location)
        assert storage.complete(complete) == complete
        assert sorted(storage.describe(complete).domain.shape) == sorted(described.domain.shape)
        with pytest.raises(DataUnavailable, match=self.missing):
            storage.describe(self.missing)

    def _read(self, storage: ConnectedStorageInterface, location: str) -> None:
        """Connect, and read the first cell."""
        place = storage.connect(location)
        if isinstance(place, Source):
            place.read(CellBox((0,) * len(place.shape), (1,) * len(place.shape)), [0])
            return
        reader = GdalReader(default_settings())
        try:
            source = reader.open(str(place))
            source.read(CellBox((0,) * len(source.shape), (1,) * len(source.shape)), [0])
        finally:
            reader.close()


def _check(cells: Cells, sample: ConnectedSample, fields: range | list[int], box: CellBox) -> None:
    """Compare what was read with the sample: the mask everywhere, values where they are valid."""
    index: tuple[Any, ...] = (list(fields), *box.slices)
    valid = np.ones(sample.values.shape, dtype=bool) if sample.valid is None else sample.valid
    mask = cells.mask()
    np.testing.assert_array_equal(mask, valid[index])
    np.testing.assert_array_equal(cells.values[mask], sample.values[index][mask])
