# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.conf.formats import DEFAULT_FORMATS_FILE, FormatLine, load_formats
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import ConfigurationError


def formats(folder: Path, text: str) -> tuple[FormatLine, ...]:
    path = folder / "formats.conf"
    path.write_text(text, encoding="utf-8")
    return load_formats(path)


def test_both_orders_prefixes_comments_and_blank_lines(tmp_path: Path) -> None:
    text = """\
# driver first
GTiff,image/tiff,rw,.tif
 GDAL/PNG , image/png , ro , .png   # not for maps

image/jp2,GDAL/JP2OpenJPEG,.jp2#later order
COG,image/tiff;application=geotiff ;profile=cloud-optimized,rw,.tif
"""
    assert formats(tmp_path, text) == (
        FormatLine("GTiff", "image/tiff", True, ".tif", 2),
        FormatLine("PNG", "image/png", False, ".png", 3),
        FormatLine("JP2OpenJPEG", "image/jp2", True, ".jp2", 5),
        FormatLine("COG", "image/tiff; application=geotiff; profile=cloud-optimized", True, ".tif", 6),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("GTiff", "1 fields; accepted: '<driver>,<MIME type>,<rw|ro>,<.extension>' or"),
        ("GTiff,image/tiff,rw,.tif,more", "5 fields"),
        ("GTiff,tiff,rw,.tif", "'tiff' is no MIME type"),
        ("GTiff,image/tiff,w,.tif", "'w' is neither rw (read and write) nor ro (read only)"),
        ("GTiff,image/tiff,rw,tif", "'tif' is no extension; accepted: a dot and a name, as .tif"),
        ("GTiff,image/tiff,.tif", "the driver 'image/tiff' needs the prefix GDAL/ here"),
        ("image/tiff,GTiff,.tif", "the driver 'GTiff' needs the prefix GDAL/ here"),
        (",image/tiff,rw,.tif", "'' is no driver name"),
        ("image/tiff,GTiff,rw,.tif", "'image/tiff' is no driver name"),
    ],
)
def test_bad_line_names_file_and_line(line: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        formats(tmp_path, f"# formats\n\n{line}\n")
    assert caught.value.message.startswith(f"{tmp_path}/formats.conf:3: '{line}': ")
    assert reason in caught.value.message


def test_all_bad_lines_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        formats(tmp_path, "a\nGTiff,image/tiff,rw,.tif\nb\n")
    assert caught.value.message.splitlines()[0] == "2 errors in the formats:"
    assert [line.partition(": ")[0].rpartition(":")[2] for line in caught.value.message.splitlines()[1:]] == ["1", "3"]


def test_one_mime_type_is_written_by_one_driver(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"image/tiff is already written by GTiff, line 1; make one of them ro"
    ):
        formats(tmp_path, "GTiff,image/tiff,rw,.tif\nCOG,image/tiff,rw,.tif\n")
    with pytest.raises(ConfigurationError, match="the same format is already in line 1"):
        formats(tmp_path, "GTiff,image/tiff,rw,.tif\nGTiff,image/TIFF,ro,.tiff\n")
    assert len(formats(tmp_path, "HDF4,application/x-hdf,ro,.hdf\nHDF4Image,application/x-hdf,rw,.hdf\n")) == 2


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r": cannot be read: .*Is a directory"):
        load_formats(tmp_path)
    (tmp_path / "bytes.conf").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_formats(tmp_path / "bytes.conf")


def test_own_file_wins_over_the_shipped_one(tmp_path: Path) -> None:
    assert load_formats(tmp_path / "formats.conf") == load_formats() == load_formats(DEFAULT_FORMATS_FILE)
    assert formats(tmp_path, "") == ()


def test_shipped_formats_hold_what_the_settings_offer() -> None:
    written = {line.mime for line in load_formats() if line.writable}
    settings = default_settings()
    assert set(settings.wms.supported_formats) <= written
    assert set(settings.wcs.supported_formats) <= written
    assert settings.wcs20.default_native_format in written
    by_driver = {line.driver: line for line in reversed(load_formats())}
    assert by_driver["GTiff"].mime == "image/tiff"
    assert by_driver["ESAT"] == FormatLine("ESAT", "application/x-esat", False, ".n1", by_driver["ESAT"].line)
