# SPDX-License-Identifier: MIT
"""Formats are looked up, mapped and offered as RFC 17 configures them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from eoxserver.app.django_setup import reconfigure
from eoxserver.conf.formats import FormatLine, load_formats
from eoxserver.conf.schema import Settings, Wcs, Wcs20, Wms
from eoxserver.core.errors import ConfigurationError, FormatNotSupported
from eoxserver.resources.coverages.formats import (
    FormatRegistry,
    get_format_registry,
    getFormatRegistry,
    normal_mime,
)

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
LINES = (
    FormatLine("ESAT", "application/x-esat", False, ".n1", 1),
    FormatLine("GTiff", "image/tiff", True, ".tif", 2),
    FormatLine("COG", COG, True, ".tif", 3),
    FormatLine("HDF4", "application/x-hdf", False, ".hdf", 4),
    FormatLine("HDF4Image", "application/x-hdf", True, ".hdf4", 5),
    FormatLine("PNG", "image/png", True, ".png", 6),
    FormatLine("GTiff", "image/geotiff", True, ".tiff", 7),
    FormatLine("ECW", "image/ecw", True, ".ecw", 8),
    FormatLine("Absent", "image/absent", True, ".abs", 9),
)
DRIVERS = {"ESAT": "r", "GTiff": "rw", "COG": "rw", "HDF4": "r", "HDF4Image": "rw", "PNG": "rw", "ECW": "r"}


def registry(native: dict[str, str] | None = None, default: str = "image/tiff") -> FormatRegistry:
    settings = replace(
        Settings(),
        wms=Wms(supported_formats=("image/png", "image/ecw", "image/unknown", "image/tiff")),
        wcs=Wcs(
            supported_formats=("IMAGE/PNG", COG.replace(" ", ""), "application/x-esat", "image/absent", "image/tiff")
        ),
        wcs20=Wcs20(default_native_format=default, source_to_native_format_map=native or {}),
    )
    return FormatRegistry(settings, LINES, DRIVERS)


def test_only_what_can_be_written_here_is_offered_in_configured_order() -> None:
    found = registry()
    assert [one.mime for one in found.wms_formats] == ["image/png", "image/tiff"]
    assert [one.mime for one in found.wcs_formats] == ["image/png", COG, "image/tiff"]


def test_what_cannot_be_written_stays_known() -> None:
    found = registry()
    esat, absent = found.by_mime("application/x-esat"), found.by_mime("image/absent")
    assert (esat.readable, esat.writable) == (True, False)
    assert (absent.readable, absent.writable) == (False, False)
    assert found.mime_of_driver("ECW") == "image/ecw"
    assert len(found.formats) == len(LINES)


def test_look_ups() -> None:
    found = registry()
    assert found.mime_of_driver("GTiff") == "image/tiff"
    assert found.mime_of_driver("GDAL/GTiff") == "image/tiff"
    assert found.mime_of_driver("nonesuch") is None
    assert found.driver_of_mime("image/tiff") == "GTiff"
    assert found.driver_of_mime("image/geotiff") == "GTiff"
    assert found.driver_of_mime("Image/TIFF;application=geotiff ;profile=cloud-optimized") == "COG"
    assert found.driver_of_mime("application/x-hdf") == "HDF4Image"
    assert found.extension_of_mime("image/png") == ".png"
    assert found.find("image/nonesuch") is None
    with pytest.raises(FormatNotSupported, match="'image/tif' is not known; did you mean 'image/tiff'") as told:
        found.by_mime("image/tif")
    assert told.value.locator == "format"


@pytest.mark.parametrize(
    ("source", "native"),
    [
        ("image/png", "image/png"),
        ("image/tiff", "image/tiff"),
        ("application/x-esat", "image/tiff"),
        ("image/absent", "image/tiff"),
        ("image/never-heard-of", "image/tiff"),
        ("", "image/tiff"),
    ],
)
def test_native_format_is_the_stored_one_if_it_can_be_written(source: str, native: str) -> None:
    assert registry().native_mime(source) == native


def test_native_format_as_mapped_and_defaulted() -> None:
    found = registry({"application/x-esat": COG, "image/PNG": "image/tiff"}, default="image/png")
    assert found.native_mime("application/x-ESAT") == COG
    assert found.native_mime("image/png") == "image/tiff"
    assert found.native_mime("application/x-hdf") == "application/x-hdf"
    assert found.native_mime_of_driver("ECW") == "image/png"
    assert found.native_mime_of_driver("nonesuch") == "image/png"
    assert found.default_native_format == "image/png"


def test_media_types_are_the_same_whatever_their_blanks_and_case() -> None:
    assert normal_mime(' image/TIFF ; application="GeoTIFF"') == 'image/tiff;application="geotiff"'


def test_shipped_formats_on_this_machine(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    reconfigure(replace(Settings(), instance=tmp_path))
    found = get_format_registry()
    assert {line.mime for line in load_formats()} == {one.mime for one in found.formats}
    offered = [one.mime for one in found.wcs_formats]
    assert offered[:2] == ["image/tiff", COG] and {"image/png", "image/jpeg"} <= set(offered)
    assert [one.driver for one in found.wms_formats] == ["PNG", "JPEG"]
    assert {"text/csv", "application/json", "application/vnd.cov+json"} < set(offered)
    assert found.by_mime("application/x-esat").readable
    assert not found.by_mime("text/csv").readable
    assert getFormatRegistry is get_format_registry


def test_registry_follows_the_formats_of_the_instance(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "formats.conf").write_text("PNG,image/png,ro,.png\nGTiff,image/tiff,rw,.tif # comment\n")
    reconfigure(replace(Settings(), instance=tmp_path))
    found = get_format_registry()
    assert [one.driver for one in found.formats] == ["PNG", "GTiff"]
    assert found.wms_formats == () and [one.mime for one in found.wcs_formats] == ["image/tiff"]
    (tmp_path / "conf" / "formats.conf").write_text("PNG,image/png,wo,.png\n")
    with pytest.raises(ConfigurationError, match=r"formats\.conf:1"):
        get_format_registry()


def test_without_an_instance_there_is_no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "EOXSERVER", None)
    with pytest.raises(ConfigurationError, match="no instance is open"):
        get_format_registry()
