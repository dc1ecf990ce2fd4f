# SPDX-License-Identifier: MIT
"""Slices in files, and a catalogue that has them in place or inserted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.access import Access
from eoxserver.backends.cubes import storage
from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.packages import zip as zip_archives
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.backends.storages import local
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Cubes, Settings
from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.catalogue import Catalogue
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.registrar import Registrar
from eoxserver.resources.coverages.stacking.parts import SlicePart
from eoxserver.resources.coverages.stacking.stacks import NewStack, Stacks
from tests.backends.rasters import write
from tests.resources.coverages.ingestion.coverages import lat, long

__all__ = ["NIL", "ROWS", "Site", "V", "geotiff", "range_type", "same_cells", "slice_part"]

NIL = -1
ROWS, COLUMNS = 4, 5
V = RangeType((Field("v", np.dtype("int16"), nil=(NilValue(NIL),)),))
"""One field."""


class Site:
    """A catalogue with a registrar and an ingestion."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        own = replace(settings, instance=folder, cubes=Cubes("cubes"))
        self.folder = folder
        self.access = Access(Plugins.from_modules([storage, local, zip_archives]), own)
        self.reader = GdalReader(own)
        self.formats = FormatRegistry(own, load_formats(), raster_drivers())
        self.ingestion = Ingestion(self.access, own)
        self.registrar = Registrar([self.reader], [], self.formats, self.access)
        self.stacks = Stacks({"GDAL": self.reader}, self.access, self.formats)
        self.catalogue = Catalogue(own, {"GDAL": self.reader}, self.access, self.formats)

    def close(self) -> None:
        self.reader.close()
        self.catalogue.release()

    def register(self, identifier: str, *parts: SlicePart, **given: Any) -> None:
        """Register a stack."""
        self.stacks.register(NewStack(identifier, **given), parts)

    def add(self, identifier: str, *parts: SlicePart) -> None:
        """Add slices."""
        self.stacks.add(identifier, parts)

    def insert(self, identifier: str, *parts: tuple[Domain, npt.NDArray[Any]]) -> None:
        """Insert the same cells: the first part is the coverage, the others are updates."""
        for number, (domain, values) in enumerate(parts):
            fields = RangeType(tuple(Field(f.name, values.dtype, nil=f.nil) for f in range_type(len(values)).fields))
            coverage = Coverage(identifier, domain, fields, MemorySource(values))
            if number:
                self.ingestion.update(identifier, coverage)
            else:
                self.ingestion.insert(coverage)

    def cells(self, identifier: str, field: int = 0) -> npt.NDArray[Any]:
        """All cells of a field as they are served; nil ones hold ``NIL``."""
        source = self.catalogue.coverage(identifier).source
        found = source.read(CellBox.whole(source.shape), [field])
        return np.where(found.mask()[0], found.values[0], NIL)


def range_type(count: int) -> RangeType:
    """So many fields; one is ``V``."""
    return V if count == 1 else RangeType(tuple(replace(V.fields[0], name=f"v{number}") for number in range(count)))


def geotiff(path: Path, values: npt.NDArray[Any], north: float = 10.0, west: float = 0.0, **options: Any) -> Place:
    """Write cells of 1 degree, shape (band, row, column)."""
    rows, columns = values.shape[-2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, values, bounds=(west, north - rows, west + columns, north), **options)
    return Place.of_file(path)


def slice_part(
    site: Site,
    axes: Sequence[Axis],
    values: Any = None,
    name: str = "",
    plane: Sequence[RegularAxis] = (),
    **given: Any,
) -> SlicePart:
    """A slice in a new GeoTIFF, one cell long on each of ``axes``; without values its cells count from 1."""
    y, x = plane or (lat(10, ROWS), long(0, COLUMNS))
    cells = np.arange(1, 1 + y.size * x.size).reshape(1, y.size, x.size) if values is None else np.array(values)
    cells = np.broadcast_to(cells, (max(1, cells.shape[0] if cells.ndim == 3 else 1), y.size, x.size)).astype("int16")
    number = len(list(site.folder.glob("slices/*.tif")))
    place = geotiff(site.folder / "slices" / (name or f"{number}.tif"), cells, y.high, x.low)
    return SlicePart(place, Domain((*axes, y, x)), range_type(len(cells)), **given)


def same_cells(a: Cells, b: Cells) -> bool:
    """Whether the same cells are valid, and have the same values."""
    return bool((a.mask() == b.mask()).all() and (a.values[a.mask()] == b.values[b.mask()]).all())
