# SPDX-License-Identifier: MIT
"""Arrays in ``.npy`` files as data of coverages, so that tests of the catalogue need no raster library."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from eoxserver.backends.access import Access
from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.readers.base import Description
from eoxserver.backends.storages import local
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import MemorySource, Source
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, RangeType
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.catalogue import Catalogue
from eoxserver.resources.coverages.formats import FormatRegistry

__all__ = ["ArrayReader", "local_access", "open_catalogue", "write"]


class ArrayReader:
    """Opens ``.npy`` files of shape (field, *axes), and counts how often."""

    key: ClassVar[str] = "npy"

    def __init__(self, settings: Settings) -> None:
        self.opened: Counter[str] = Counter()
        self.threads: set[str] = set()

    def can_open(self, path: str) -> bool:
        return path.endswith(".npy")

    def describe(self, path: str) -> Description:
        values = np.load(path)
        axes = tuple(IndexAxis(f"i{number}", size) for number, size in enumerate(values.shape[1:]))
        fields = tuple(Field(f"band_{number}", values.dtype) for number in range(len(values)))
        return Description("npy", Domain(axes), RangeType(fields))

    def open(self, path: str) -> Source:
        self.opened[Path(path).name] += 1
        self.threads.add(threading.current_thread().name)
        return MemorySource(np.load(path))

    def close(self) -> None:
        self.opened.clear()


def write(path: Path, values: Any) -> str:
    """Write an array; answer its path."""
    np.save(path, np.asarray(values))
    return str(path)


def local_access(settings: Settings) -> Access:
    """Access to local files."""
    return Access(Plugins.from_modules([local]), settings)


def open_catalogue(settings: Settings) -> Catalogue:
    """A catalogue that reads arrays."""
    formats = FormatRegistry(settings, load_formats(), raster_drivers())
    return Catalogue(settings, {"npy": ArrayReader(settings)}, local_access(settings), formats)
