# SPDX-License-Identifier: MIT
"""Temporary places for results: arrays and folders that are gone when nobody uses them, files sent in pieces."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.rasters import with_options

__all__ = ["configured", "pieces", "scratch_array", "scratch_folder"]

Result = TypeVar("Result")

PIECE = 1 << 20
"""Bytes that are read and sent at a time."""


def scratch_array(shape: Sequence[int], dtype: npt.DTypeLike, workspace: Workspace) -> npt.NDArray[Any]:
    """An array of zeros, in memory when the workspace allows it, else in a file that has no name."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size <= workspace.memory_bytes:
        return np.zeros(shape, dtype)
    workspace.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=workspace.directory) as file:
        return np.memmap(file, dtype=dtype, mode="w+", shape=tuple(shape))


def configured(workspace: Workspace, call: Callable[[], Result]) -> Result:
    """Call something that writes with GDAL, under the configuration options of this one write."""
    return with_options(RasterPath("", workspace.config), call)


@contextmanager
def scratch_folder(workspace: Workspace) -> Iterator[Path]:
    """A folder of one's own, removed with all that is in it."""
    workspace.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="encode-", dir=workspace.directory) as folder:
        yield Path(folder)


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
