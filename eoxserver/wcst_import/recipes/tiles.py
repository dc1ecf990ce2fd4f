# SPDX-License-Identifier: MIT
"""Parts of a coverage of another server: which there are, and their cells, fetched when they are read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from eoxserver.backends.readers.arrays.netcdf import read_netcdf
from eoxserver.backends.readers.base import Reader
from eoxserver.backends.readers.nil import mask_nil
from eoxserver.backends.readers.variables import VariableSource
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, EOxServerError
from eoxserver.core.fields import Field, NilValue
from eoxserver.wcst_import.probes.gdal import GdalProbe
from eoxserver.wcst_import.slices import Arranged
from eoxserver.wcst_import.wcs import WcsClient

__all__ = ["FetchedTiles", "Tile", "tiles"]

_INSIDE = 0.02
"""How far inside the outer edges of the first and last cell a subset lies [cells]: every rounding takes them."""
_KEPT = 4
"""Answers that are kept as files."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part that is fetched by one request."""

    box: CellBox
    domain: Domain
    subsets: tuple[str, ...]
    """Values of the parameter ``subset``."""


def tiles(domain: Domain, sizes: Sequence[int]) -> Iterator[Tile]:
    """The parts of a domain, in grid order, which cover it.

    Parameters
    ----------
    sizes : sequence of int
        Most cells of a part along each axis, in grid order; 0: all.
    """
    steps = [size or axis.size for axis, size in zip(domain.axes, sizes, strict=True)]
    ranges = [range(0, axis.size, step) for axis, step in zip(domain.axes, steps, strict=True)]
    for low in product(*ranges):
        high = tuple(min(start + step, axis.size) for start, step, axis in zip(low, steps, domain.axes, strict=True))
        axes = tuple(axis.cells(start, stop) for axis, start, stop in zip(domain.axes, low, high, strict=True))
        yield Tile(CellBox(low, high), Domain(axes, domain.crs_labels), tuple(_subset(axis) for axis in axes))


def _subset(axis: Axis) -> str:
    """The trim of all cells of an axis."""
    low, high = axis.low, axis.high
    if isinstance(axis, RegularAxis):
        inside = abs(axis.step) * _INSIDE
        low, high = low + inside, high - inside
    elif isinstance(axis, IndexAxis):
        low, high = axis.first, axis.first + axis.size - 1
    texts = (coordinate_text(axis, value, '"') for value in (low, high))
    return f"{axis.label}({','.join(texts)})"


@dataclass(eq=False)
class FetchedTiles:
    """Fetches parts of a coverage; the last answers are kept as files.

    Parameters
    ----------
    client : WcsClient
    identifier : str
        Of the coverage on the server.
    names : sequence of str
        Of its fields.
    """

    client: WcsClient
    identifier: str
    names: Sequence[str]
    readers: Mapping[str, Reader]
    folder: Path
    _kept: dict[tuple[str, ...], Path] = field(default_factory=dict)
    _made: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def request(self, tile: Tile) -> dict[str, Any]:
        """The parameters that ask for a part."""
        flat = len(tile.domain.axes) == 2 and tile.domain.horizontal is not None
        return {
            "version": "2.0.1", "request": "GetCoverage", "coverageId": self.identifier, "subset": list(tile.subsets),
            "format": "image/tiff" if flat else "application/netcdf",
        }  # fmt: skip

    def source(self, tile: Tile) -> Source:
        """The cells of a part."""
        return _TileSource(self, tile)

    def cells(self, tile: Tile, box: CellBox, fields: Sequence[int]) -> Cells:
        """Cells of a part, which is fetched unless it is kept; raises DataUnavailable and what the server says."""
        with self._lock:
            path = self._kept.pop(tile.subsets, None) or self._fetched(tile)
            self._kept[tile.subsets] = path
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept))).unlink(missing_ok=True)
            try:
                return self._opened(path, tile).read(box, fields)
            except EOxServerError as error:
                self._kept.pop(tile.subsets).unlink(missing_ok=True)  # another attempt may be answered better
                raise DataUnavailable(f"{self._what(tile)}: {error.message}", locator=self.identifier) from error

    def _fetched(self, tile: Tile) -> Path:
        request = self.request(tile)
        self._made += 1
        path = self.folder / f"{self._made}.{'tif' if request['format'] == 'image/tiff' else 'nc'}"
        self.client.fetched(request, path)
        return path

    def _what(self, tile: Tile) -> str:
        return f"{self.client.name}: GetCoverage of {self.identifier} {' '.join(tile.subsets)}"

    def _opened(self, path: Path, tile: Tile) -> Source:
        """A file as the cells of a part, axes as in its domain; raises DataUnavailable when it is another part."""
        found = self._raster(path, tile) if path.suffix == ".tif" else self._array(path, tile)
        if found.shape != tile.domain.shape:
            raise DataUnavailable(
                f"answers {' x '.join(map(str, found.shape))} cells, not {' x '.join(map(str, tile.domain.shape))}"
            )
        return found

    def _raster(self, path: Path, tile: Tile) -> Source:
        probe = GdalProbe(str(path), self.readers)
        fields, source = probe.open(())
        if len(fields) != len(self.names):
            raise DataUnavailable(f"answers {len(fields)} bands, not {len(self.names)}")
        columns, rows = tile.domain.require_horizontal()
        flipped = frozenset({0} if probe.description.north_up != _falls(tile.domain.axes[rows]) else ())
        places = [0, 0]
        places[rows], places[columns] = 0, 1
        return Arranged(source, tuple(places), flipped)

    def _array(self, path: Path, tile: Tile) -> Source:
        variables = read_netcdf(str(path)).variables
        missing = [name for name in self.names if name not in variables]
        if missing:
            raise DataUnavailable(f"answers no variable {missing[0]}; there are {', '.join(variables)}")
        dims = variables[self.names[0]].dims
        labels = list(tile.domain.labels)
        order = [dims.index(label) for label in labels] if set(dims) == set(labels) else list(range(len(dims)))
        if len(order) != len(labels):
            raise DataUnavailable(f"answers {len(order)} dimensions ({', '.join(dims)}), not {len(labels)}")
        flipped = set()
        for axis, place in zip(tile.domain.axes, order, strict=True):
            known = variables.get(dims[place])
            values = None if known is None else known.values
            if values is not None and axis.size > 1 and (values[0] > values[-1]) != _falls(axis):
                flipped.add(place)
        stored = VariableSource(str(path), self.names)
        fields = [
            Field(name, dtype, nil=() if fill is None else (NilValue(fill),))
            for name, dtype, fill in zip(self.names, stored.dtypes, stored.fill_values, strict=True)
        ]
        return Arranged(mask_nil(stored, fields), tuple(order), frozenset(flipped))


def _falls(axis: Axis) -> bool:
    if isinstance(axis, IrregularAxis):
        return bool(axis.coefficients[0] > axis.coefficients[-1])
    return isinstance(axis, RegularAxis) and axis.step < 0


@dataclass(frozen=True, slots=True, eq=False)
class _TileSource:
    """A part of a coverage of a server."""

    fetched: FetchedTiles
    tile: Tile

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tile.domain.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        return self.fetched.cells(self.tile, box, fields)
