# SPDX-License-Identifier: MIT
"""Registrars over real storages and archives, and files for them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from eoxserver.backends.access import Access
from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.packages import tar
from eoxserver.backends.packages import zip as zip_archives
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.backends.storages import ftp, http, local
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.metadata.eogml import EOGMLReader
from eoxserver.resources.coverages.metadata.stac import STACReader
from eoxserver.resources.coverages.registration.proposals import Options, Outcome
from eoxserver.resources.coverages.registration.registrar import Registrar
from tests.backends.rasters import pattern, write


def make_registrar(settings: Settings, folder: Path, *others: object) -> Registrar:
    """Answer a registrar with storages and packages of this distribution, and others; copies are in the folder."""
    own = replace(settings, instance=folder)
    access = Access(Plugins.from_modules([local, http, ftp, zip_archives, tar, *others]), own)
    formats = FormatRegistry(own, load_formats(None), raster_drivers())
    return Registrar([GdalReader(own)], [EOGMLReader(), STACReader()], formats, access)


def register(registrar: Registrar, *paths: str | Path, **options: Any) -> list[Outcome]:
    """Register, and answer what came of each."""
    return list(registrar.register(paths, Options(**options)))


def told(outcomes: list[Outcome]) -> dict[str, str]:
    """Answer status, and identifier or reason, by place."""
    return {str(one.place): f"{one.status}: {one.reason or one.identifier}" for one in outcomes}


def raster(folder: Path, name: str = "a.tif", size: int = 8, **options: Any) -> bytes:
    """Answer the bytes of a raster."""
    path = Path(write(folder / name, pattern((1, size // 2, size)), bounds=(10, 30, 20, 40), **options))
    content = path.read_bytes()
    path.unlink()
    return content


def container(path: Path) -> bytes:
    """Write a netCDF file with two rasters, their bounds and their CRS; answer its bytes."""
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("lat", 4), ("lon", 8), ("nv", 2)):
            dataset.createDimension(name, size)
        for name, values, unit in (
            ("lat", np.arange(40.5, 44.5), "degrees_north"),
            ("lon", np.arange(10.5, 18.5), "degrees_east"),
        ):
            axis = dataset.createVariable(name, "f8", (name,))
            axis[:] = values
            axis.units = unit
        crs = dataset.createVariable("crs", "i4", ())
        crs.grid_mapping_name = "latitude_longitude"
        crs.semi_major_axis, crs.inverse_flattening = 6378137.0, 298.257223563
        for name, dimensions in (("sst", ("lat", "lon")), ("wind", ("lat", "lon")), ("lat_bnds", ("lat", "nv"))):
            variable = dataset.createVariable(name, "f4", dimensions)
            variable[:] = 1
            variable.grid_mapping = "crs"
    return path.read_bytes()


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Answer a ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(members: Mapping[str, bytes], mode: str = "w") -> bytes:
    """Answer a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]  # any mode is a text
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()
