# SPDX-License-Identifier: MIT
"""Temporary places for results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.files import PIECE, pieces, scratch_array, scratch_folder


def test_small_arrays_are_in_memory_and_large_ones_in_a_file_without_name(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work", memory_bytes=100)
    small, large = scratch_array((10, 10), np.uint8, workspace), scratch_array((10, 11), np.uint8, workspace)
    assert not isinstance(small, np.memmap)
    assert isinstance(large, np.memmap)
    large[3, 4] = 7
    assert large.sum() == 7
    assert small.sum() == 0
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_is_removed_with_all_in_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")

    def fail() -> None:
        with scratch_folder(workspace) as folder:
            (folder / "sub").mkdir()
            (folder / "sub" / "a").write_text("a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list((tmp_path / "work").iterdir()) == []


def test_files_are_sent_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)) * 5000)
    parts = list(pieces(path))
    assert b"".join(parts) == path.read_bytes()
    assert max(map(len, parts)) <= PIECE
