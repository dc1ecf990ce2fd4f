# SPDX-License-Identifier: MIT
"""Names of formats."""

from __future__ import annotations

import pytest

from eoxserver.conf.formats import FormatLine
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import NoSuchMediaType
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.wcps.encoding.formats import SHORT_NAMES, find_format, result_formats
from tests.services.wcps.encoding.tools import Encoding


@pytest.mark.parametrize(
    ("name", "driver", "mime"),
    [
        ("png", "PNG", "image/png"),
        ("PNG", "PNG", "image/png"),
        ("image/png", "PNG", "image/png"),
        ("Image/PNG", "PNG", "image/png"),
        ("jpg", "JPEG", "image/jpeg"),
        ("jpeg", "JPEG", "image/jpeg"),
        ("image/jpg", "JPEG", "image/jpeg"),
        ("tiff", "GTiff", "image/tiff"),
        ("GTIFF", "GTiff", "image/tiff"),
        ("geotiff", "GTiff", "image/tiff"),
        ("bmp", "BMP", "image/bmp"),
        ("jp2", "JP2OpenJPEG", "image/jp2"),
        ("jpeg2000", "JP2OpenJPEG", "image/jp2"),
        ("JP2OpenJPEG", "JP2OpenJPEG", "image/jp2"),
        ("webp", "WEBP", "image/webp"),
        ("gif", "GIF", "image/gif"),
        ("netcdf", "netCDF", "application/netcdf"),
        ("application/x-netcdf", "netCDF", "application/x-netcdf"),
        ("csv", "CSV", "text/csv"),
        ("json", "JSON", "application/json"),
        ("dem", "DEM", "application/dem"),
        ("application/x-ogc-dem", "DEM", "application/dem"),
        ("aaigrid", "AAIGrid", "application/arcgrid"),
        ("gml", None, "application/gml+xml"),
        ("application/gml+xml", None, "application/gml+xml"),
        ("application/gml xml", None, "application/gml+xml"),
    ],
)
def test_every_name(encoding: Encoding, name: str, driver: str | None, mime: str) -> None:
    found = find_format(encoding.formats, name)
    assert (found.driver, found.media_type) == (driver, mime)
    assert found.extension.startswith(".")


def test_short_names_are_of_formats_that_there_are(encoding: Encoding) -> None:
    drivers = {one.driver for one in result_formats(encoding.formats)}
    assert set(SHORT_NAMES.values()) <= drivers


@pytest.mark.parametrize("name", ["", "pnng", "image/x-unknown", "../../etc", "x" * 500])
def test_unknown_names(encoding: Encoding, name: str) -> None:
    with pytest.raises(NoSuchMediaType, match="is not known") as caught:
        find_format(encoding.formats, name)
    assert caught.value.locator == "format"
    assert "png" in caught.value.message and "gml" in caught.value.message


def test_what_this_machine_does_not_write_is_told_apart(encoding: Encoding) -> None:
    with pytest.raises(NoSuchMediaType, match="'hdf5' cannot be written here"):
        find_format(encoding.formats, "hdf5")


def test_an_administrator_may_take_formats_away() -> None:
    lines = [FormatLine("PNG", "image/png", True, ".png", 1)]
    registry = FormatRegistry(default_settings(), lines, {"PNG": "rw", "CSV": "w"})
    assert find_format(registry, "png").driver == "PNG"
    with pytest.raises(NoSuchMediaType, match="available: gml, png"):
        find_format(registry, "csv")
