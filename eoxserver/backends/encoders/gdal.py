# SPDX-License-Identifier: MIT
"""Every other raster format that GDAL writes, by the name of its driver.

The coverage is written as TIFF and copied by the driver, without loss where the driver has a choice. A format that
needs several files is refused, because an answer is one file; files that only repeat the place of a complete one
(``.aux.xml``, ``.prj``, world files) are left out. The encoding parameters are creation options of the driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.encoders.base import GENERIC, Workspace
from eoxserver.backends.encoders.creation import creation, creation_names
from eoxserver.backends.encoders.gdal_copy import LOSSLESS, copied, obstacle
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.planes import plane_of
from eoxserver.backends.encoders.tiff_writer import tiff_dtype
from eoxserver.backends.rasters import prepare_gdal
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import FormatNotSupported, UnsupportedCombination
from eoxserver.plugins.markers import hookimpl

__all__ = ["GdalEncoder", "eoxs_encoders"]


class GdalEncoder:
    """Any raster driver of GDAL that writes."""

    key: ClassVar[str] = GENERIC

    def __init__(self, settings: Settings) -> None:
        prepare_gdal()
        self._writable = frozenset(name for name, mode in raster_drivers().items() if mode == "rw")

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what the driver cannot hold; see ``Encoder.check``."""
        if driver not in self._writable:
            raise FormatNotSupported(f"GDAL on this machine does not write {driver}", locator="format")
        creation(Options.read(options, creation_names(driver), driver), driver)
        plane = plane_of(coverage, driver)
        dtype = tiff_dtype(plane.fields)
        reason = obstacle(driver, dtype.name, len(plane.fields), plane.shape)
        if reason is not None:
            raise UnsupportedCombination(
                f"{driver} cannot hold {len(plane.fields)} fields of {dtype}: {reason}; GeoTIFF and netCDF can",
                locator="format",
            )

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write the format of a driver; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        given = creation(Options.read(options, creation_names(driver), driver), driver)
        defaults = {} if {"QUALITY", "REVERSIBLE"} & given.keys() else LOSSLESS.get(driver, {})
        yield from copied(plane_of(coverage, driver), driver, workspace, {**defaults, **given})


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoder of all drivers that have none of their own."""
    return [GdalEncoder]
