# SPDX-License-Identifier: MIT
"""Drivers are told with what they can do."""

from __future__ import annotations

from eoxserver.backends.drivers import format_drivers, raster_drivers, raster_extensions


def test_what_every_rasterio_can_do() -> None:
    drivers = raster_drivers()
    assert {name: drivers[name] for name in ("GTiff", "COG", "PNG", "JPEG", "ENVI")} == dict.fromkeys(
        ("GTiff", "COG", "PNG", "JPEG", "ENVI"), "rw"
    )
    assert drivers["ESAT"] == "r"
    assert set(drivers.values()) == {"r", "rw"}
    assert "nonesuch" not in drivers


def test_encoders_write_without_gdal() -> None:
    drivers = format_drivers(["GTiff", "ESAT", "CoverageJSON"])
    assert (drivers["GTiff"], drivers["ESAT"], drivers["CoverageJSON"]) == ("rw", "rw", "w")
    assert dict(raster_drivers()) | {name: drivers[name] for name in ("ESAT", "CoverageJSON")} == drivers


def test_extensions_that_mean_rasters() -> None:
    assert {"tif", "nc", "h5", "jp2", "grb2"} <= raster_extensions()
    assert not {"xml", "json", "txt", "zip", "pdf", "hdr"} & raster_extensions()
