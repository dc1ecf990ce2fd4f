# SPDX-License-Identifier: MIT
"""GDAL's drivers are told with what they can do."""

from __future__ import annotations

from eoxserver.backends.drivers import raster_drivers, raster_extensions


def test_what_every_rasterio_can_do() -> None:
    drivers = raster_drivers()
    assert {name: drivers[name] for name in ("GTiff", "COG", "PNG", "JPEG", "ENVI")} == dict.fromkeys(
        ("GTiff", "COG", "PNG", "JPEG", "ENVI"), "rw"
    )
    assert drivers["ESAT"] == "r"
    assert set(drivers.values()) == {"r", "rw"}
    assert "nonesuch" not in drivers


def test_extensions_that_mean_rasters() -> None:
    assert {"tif", "nc", "h5", "jp2", "grb2"} <= raster_extensions()
    assert not {"xml", "json", "txt", "zip", "pdf", "hdr"} & raster_extensions()
