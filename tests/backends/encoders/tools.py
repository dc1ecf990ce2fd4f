# SPDX-License-Identifier: MIT
"""Encoding a coverage and reading the answer back by other means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio.io import DatasetReader, MemoryFile

from eoxserver.backends.encoders.base import Encoder, Workspace
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import Coverage


def encode(
    kind: type[Any],
    coverage: Coverage,
    folder: Path,
    options: Mapping[str, str] | None = None,
    driver: str | None = None,
    **workspace: Any,
) -> bytes:
    """Answer the bytes of a coverage by an encoder class."""
    encoder: Encoder = kind(default_settings())
    return b"".join(encoder.encode(coverage, driver or kind.key, options or {}, Workspace(folder, **workspace)))


def check(kind: type[Any], coverage: Coverage, options: Mapping[str, str], driver: str | None = None) -> None:
    """Ask an encoder class whether it holds a coverage."""
    encoder: Encoder = kind(default_settings())
    encoder.check(coverage, driver or kind.key, options)


@contextmanager
def opened(data: bytes, suffix: str = "") -> Iterator[DatasetReader]:
    """Open the bytes of a raster."""
    with MemoryFile(data, ext=suffix) as memory, rasterio.open(memory.name) as dataset:
        yield dataset
