# SPDX-License-Identifier: MIT
"""The contract of an encoder (``backends.encoders.base.Encoder``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.backends.encoders.base import Encoder, Workspace
from eoxserver.conf.schema import Settings, default_settings
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level
from eoxserver.core.errors import DataUnavailable, InvalidParameterValue, UnsupportedCombination

__all__ = ["EncoderContract"]


class EncoderContract:
    """Tests that every encoder passes."""

    driver: str
    """The driver name to ask for."""
    exact: bool = True
    """Whether cells come back as they were."""
    options: Mapping[str, str] = MappingProxyType({})
    """Encoding parameters to ask with."""

    def make_encoder(self, settings: Settings) -> Encoder:
        """Answer the encoder under test."""
        raise NotImplementedError

    def make_coverages(self) -> Sequence[Coverage]:
        """Answer coverages that the format holds, of every kind it holds, each of 20 cells or more."""
        raise NotImplementedError

    def make_refused(self) -> Sequence[Coverage]:
        """Answer coverages that the format cannot hold."""
        raise NotImplementedError

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        """Read a file of the format by other means; the cells in shape (field, *axes) of ``coverage``."""
        raise NotImplementedError

    @pytest.fixture
    def encoder(self) -> Encoder:
        """The encoder under test."""
        return self.make_encoder(default_settings())

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Workspace:
        """A workspace in which small results are made in memory."""
        return Workspace(tmp_path / "workspace")

    def encoded(self, encoder: Encoder, coverage: Coverage, workspace: Workspace) -> bytes:
        """The bytes of a coverage."""
        encoder.check(coverage, self.driver, self.options)
        return b"".join(encoder.encode(coverage, self.driver, self.options, workspace))

    def compare(self, data: bytes, coverage: Coverage, folder: Path) -> None:
        """Read the bytes by other means and compare the valid cells."""
        path = folder / "answer"
        path.write_bytes(data)
        expected = coverage.source.read(CellBox.whole(coverage.domain.shape), range(len(coverage.range_type)))
        found = self.decode(path, coverage)
        assert found.shape == expected.values.shape
        if self.exact:
            np.testing.assert_array_equal(found[expected.mask()], expected.values[expected.mask()])

    def test_it_has_a_key(self, encoder: Encoder) -> None:
        """The key is a text."""
        assert isinstance(type(encoder).key, str) and type(encoder).key

    def test_cells_come_back(self, encoder: Encoder, workspace: Workspace, tmp_path: Path) -> None:
        """Each kind of coverage, made in memory."""
        for coverage in self.make_coverages():
            self.compare(self.encoded(encoder, coverage, workspace), coverage, tmp_path)
        assert _files(workspace) == []

    def test_cells_come_back_by_way_of_small_blocks_and_files(
        self, encoder: Encoder, workspace: Workspace, tmp_path: Path
    ) -> None:
        """Results larger than memory, read ahead in threads, leave no file behind."""
        with ThreadPoolExecutor(3) as pool:
            small = replace(workspace, block_cells=16, memory_bytes=0, pool=pool)
            for coverage in self.make_coverages():
                self.compare(self.encoded(encoder, coverage, small), coverage, tmp_path)
        assert _files(workspace) == []

    def test_one_answer_in_many_threads(self, encoder: Encoder, workspace: Workspace, tmp_path: Path) -> None:
        """An encoder is used from many threads."""
        coverage = self.make_coverages()[0]
        with ThreadPoolExecutor(6) as pool:
            for data in pool.map(lambda _: self.encoded(encoder, coverage, workspace), range(18)):
                self.compare(data, coverage, tmp_path)

    def test_an_answer_given_up_leaves_no_file(self, encoder: Encoder, workspace: Workspace) -> None:
        """Closing the iterator removes temporary files."""
        for coverage in self.make_coverages():
            parts: Any = encoder.encode(coverage, self.driver, self.options, replace(workspace, memory_bytes=0))
            next(parts)
            parts.close()
            assert _files(workspace) == []

    def test_what_does_not_fit_is_refused_before_any_cell_is_read(self, encoder: Encoder, workspace: Workspace) -> None:
        """``UnsupportedCombination`` names the format and what would fit."""
        for coverage in self.make_refused():
            unread = replace(coverage, source=_Unreadable(coverage.domain.shape, AssertionError("was read")))
            with pytest.raises(UnsupportedCombination, match="netCDF|GeoTIFF"):
                encoder.check(unread, self.driver, self.options)
            with pytest.raises(UnsupportedCombination):
                list(encoder.encode(unread, self.driver, self.options, workspace))

    def test_check_reads_no_cell(self, encoder: Encoder) -> None:
        """The check looks at domain and fields only."""
        for coverage in self.make_coverages():
            unread = replace(coverage, source=_Unreadable(coverage.domain.shape, AssertionError("was read")))
            encoder.check(unread, self.driver, self.options)

    def test_an_unknown_parameter_is_named(self, encoder: Encoder) -> None:
        """``InvalidParameterValue`` has it as locator."""
        with pytest.raises(InvalidParameterValue) as caught:
            encoder.check(self.make_coverages()[0], self.driver, {**self.options, "no_such_parameter": "1"})
        assert caught.value.locator == "no_such_parameter"

    def test_data_that_cannot_be_read_yields_nothing(self, encoder: Encoder, workspace: Workspace) -> None:
        """The error comes before the first byte, as it is, and leaves no file."""
        for coverage in self.make_coverages():
            for memory in (0, 1 << 20):
                broken = replace(
                    coverage, source=_Unreadable(coverage.domain.shape, DataUnavailable("the file is gone"))
                )
                parts = encoder.encode(broken, self.driver, self.options, replace(workspace, memory_bytes=memory))
                with pytest.raises(DataUnavailable, match="the file is gone"):
                    next(parts)
                assert _files(workspace) == []


class _Unreadable:
    """A source whose cells cannot be read."""

    def __init__(self, shape: tuple[int, ...], error: BaseException) -> None:
        self.shape = shape
        self.chunks = shape
        self.levels = (Level(shape, (1.0,) * len(shape)),)
        self._error = error

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        raise self._error


def _files(workspace: Workspace) -> list[Path]:
    """What lies in the workspace."""
    folder = workspace.directory
    return sorted(_below(folder)) if folder.exists() else []


def _below(folder: Path) -> Iterator[Path]:
    yield from folder.rglob("*")
