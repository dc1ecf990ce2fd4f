# SPDX-License-Identifier: MIT
"""Results to encode, and an encoder of them with all formats of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.io import DatasetReader, MemoryFile

from eoxserver.backends.drivers import format_drivers
from eoxserver.backends.encoders.base import Workspace
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import default_settings
from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, NoSuchCoverage
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.plugins.manager import load_from_environ
from eoxserver.query.check import Limits
from eoxserver.query.executors import LocalExecutor
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.engine import Engine
from eoxserver.services.wcps.encoding.results import Encoded, describe_result, encode_result

INDEX2D = parse_crs("http://www.opengis.net/def/crs/OGC/0/Index2D")


@dataclass(frozen=True)
class Encoding:
    """Formats and an engine, as an application has them."""

    formats: FormatRegistry
    engine: Engine

    @classmethod
    def in_folder(cls, folder: Path) -> Encoding:
        settings = default_settings()
        plugins = load_from_environ(os.environ)
        encoders = {key: kind(settings) for key, kind in plugins.encoders.items()}
        engine = Engine(_nothing, LocalExecutor(1), Limits(), encoders, Workspace(folder))
        return cls(FormatRegistry(settings, load_formats(), format_drivers(encoders)), engine)

    def result(self, coverage: Coverage, name: str, extra: str | None = None) -> Encoded:
        return encode_result(coverage, name, extra, self.formats, self.engine)

    def bytes(self, coverage: Coverage, name: str, extra: str | None = None) -> bytes:
        return b"".join(self.result(coverage, name, extra).chunks)

    def text(self, coverage: Coverage, name: str, extra: str | None = None) -> str:
        return self.bytes(coverage, name, extra).decode()

    def cells(self, coverage: Coverage, name: str, extra: str | None = None) -> npt.NDArray[Any]:
        """Answer the cells of an image, read by GDAL; shape (band, row, column)."""
        with self.opened(coverage, name, extra) as dataset:
            return np.asarray(dataset.read())

    @contextmanager
    def opened(self, coverage: Coverage, name: str, extra: str | None = None) -> Iterator[DatasetReader]:
        found = self.result(coverage, name, extra)
        with MemoryFile(b"".join(found.chunks), ext=found.extension) as memory, rasterio.open(memory.name) as dataset:
            yield dataset

    def description(self, coverage: Coverage, name: str, extra: str | None = None) -> str:
        found = describe_result(coverage, name, extra, self.formats)
        return b"".join(found.chunks).decode()


@dataclass(frozen=True)
class Unreadable:
    """A source whose cells nobody may ask for."""

    shape: tuple[int, ...]

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Any, level: int = 0) -> Cells:
        raise DataUnavailable("the cells were read")


def table(
    values: npt.ArrayLike, dtype: str = "uint8", nil: float | None = None, valid: npt.ArrayLike | None = None
) -> Coverage:
    """Answer a coverage of fields ``b1``, ``b2`` ... over index axes ``i``, ``j``, ``k`` in this order, as of rasdaman.

    ``values`` has the shape (field, i, j, k).
    """
    array = np.array(values, dtype=dtype)
    nils = () if nil is None else (NilValue(nil),)
    axes = tuple(IndexAxis(label, size, crs=INDEX2D) for label, size in zip("ijk", array.shape[1:], strict=False))
    fields = tuple(Field(f"b{number}", array.dtype, nil=nils) for number in range(1, len(array) + 1))
    source = MemorySource(array, None if valid is None else np.broadcast_to(np.array(valid), array.shape).copy())
    return Coverage("mr", Domain(axes), RangeType(fields), source)


def airtemp() -> Coverage:
    """Answer five cells of Long by three of Lat, as the array database keeps them."""
    crs = parse_crs("EPSG:4326")
    long = RegularAxis("Long", 112.0, 0.05, 5, crs=crs, unit="degree", role=Role.X)
    lat = RegularAxis("Lat", -9.0, -0.05, 3, crs=crs, unit="degree", role=Role.Y)
    values = np.arange(15, dtype=np.uint8).reshape(1, 5, 3)
    field = Field("temp", np.dtype(np.uint8))
    return Coverage("airtemp", Domain((long, lat), ("Lat", "Long")), RangeType((field,)), MemorySource(values))


def _nothing(identifier: str) -> Coverage:
    raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)
