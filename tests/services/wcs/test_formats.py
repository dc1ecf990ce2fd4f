# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings, Wcs, Wcs20
from eoxserver.core.errors import FormatNotSupported
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.wcs.formats import GML_FORMAT, find_format, native_format, offered_formats


def registry(drivers: Mapping[str, str], native: str = "image/tiff") -> FormatRegistry:
    settings = replace(
        Settings(),
        wcs=Wcs(supported_formats=("application/netcdf", "image/tiff", "image/tiff; application=geotiff")),
        wcs20=Wcs20(default_native_format=native),
    )
    return FormatRegistry(settings, load_formats(), drivers)


BOTH = {"GTiff": "rw", "netCDF": "rw", "HFA": "rw"}


def test_formats_are_offered_in_the_configured_order_and_gml_always() -> None:
    mimes = ["application/netcdf", "image/tiff", "image/tiff; application=geotiff", "application/gml+xml"]
    assert [known.mime for known in offered_formats(registry(BOTH))] == mimes
    assert [known.mime for known in offered_formats(registry({"GTiff": "rw"}))] == mimes[1:]
    assert offered_formats(registry({})) == (GML_FORMAT,)


@pytest.mark.parametrize(
    ("mime", "driver"),
    [
        ("image/tiff", "GTiff"),
        ("IMAGE/TIFF", "GTiff"),
        (" image/tiff;application=geotiff", "GTiff"),
        ("application/gml+xml", None),
        ("application/gml xml", None),
        ("application/x-erdas-hfa", "HFA"),
    ],
)
def test_mime_types_in_many_spellings(mime: str, driver: str | None) -> None:
    known = registry(BOTH)
    assert find_format(known, mime, native_format(known, "application/x-erdas-hfa")).driver == driver


def test_a_format_that_is_not_offered_is_refused_with_those_that_are() -> None:
    known = registry(BOTH)
    with pytest.raises(FormatNotSupported, match="'image/png'.*application/netcdf, image/tiff") as caught:
        find_format(known, "image/png", GML_FORMAT)
    assert caught.value.locator == "format"
    with pytest.raises(FormatNotSupported):
        find_format(known, "application/x-erdas-hfa", GML_FORMAT)


@pytest.mark.parametrize(
    ("drivers", "mime", "default", "expected"),
    [
        (BOTH, "application/x-erdas-hfa", "image/tiff", "application/x-erdas-hfa"),
        (BOTH, "application/x-grib2", "image/tiff", "image/tiff"),
        (BOTH, "", "application/netcdf", "application/netcdf"),
        ({"netCDF": "rw"}, "image/tiff", "image/tiff", "application/gml+xml"),
    ],
)
def test_the_native_format_can_be_written(drivers: dict[str, str], mime: str, default: str, expected: str) -> None:
    assert native_format(registry(drivers, default), mime).mime == expected
