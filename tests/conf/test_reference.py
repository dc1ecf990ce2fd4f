# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.reference: what is written of the settings equals the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.conf.formats import load_formats
from eoxserver.conf.reader import load_settings, read_configuration
from eoxserver.conf.reference import (
    default_text,
    effective_text,
    explain_text,
    formats_template,
    generated_files,
    rows,
    settings_template,
)
from eoxserver.conf.schema import SECTIONS, default_settings, options
from tests.conf.test_reader import instance


@pytest.mark.docs
def test_generated_files_are_up_to_date(root: Path) -> None:
    for path, text in generated_files(root).items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is out of date; run: make reference"


def test_default_file_sets_everything_to_its_default(tmp_path: Path) -> None:
    configuration = read_configuration(instance(tmp_path, default_text()), {})
    assert configuration.settings.wcs == default_settings().wcs
    assert configuration.settings.limits == default_settings().limits
    every = {(section.section, option.key) for section in SECTIONS.values() for option in options(section)}
    assert set(configuration.origins) == every


def test_template_sets_nothing_but_what_is_given(tmp_path: Path) -> None:
    text = settings_template({("services.ows", "title"): "Two\nlines"})
    configuration = read_configuration(instance(tmp_path, text), {})
    assert set(configuration.origins) == {("services.ows", "title")}
    assert configuration.settings.ows.title == "Two\nlines"
    for section in SECTIONS.values():
        for option in options(section):
            assert f"\n{'#' if option.key != 'title' else ''}{option.key} =" in text


def test_template_of_formats_has_the_shipped_ones(tmp_path: Path) -> None:
    path = tmp_path / "formats.conf"
    path.write_text(formats_template())
    assert [(line.driver, line.mime, line.writable) for line in load_formats(path)] == [
        (line.driver, line.mime, line.writable) for line in load_formats()
    ]


TEXT = """\
[services.ows]
title = Ours
abstract = One
    two
[resources.catalogue]
database = postgresql://eo:hush@db/catalogue
[plugins.s3]
region = eu
"""


def test_explain_shows_value_meaning_origin_and_variable(tmp_path: Path) -> None:
    configuration = read_configuration(instance(tmp_path, TEXT), {"EOXS_SERVICES_OWS__FEES": "1 EUR"})
    text = explain_text(configuration)
    assert "[services.ows]\n" in text
    assert (
        "title = Ours\n    Title of the services.\n    accepted: any text\n"
        f"    from {tmp_path}/conf/eoxserver.conf:2; default: EOxServer\n"
        "    overridden by EOXS_SERVICES_OWS__TITLE\n"
    ) in text
    assert "fees = 1 EUR\n" in text
    assert "    from environment EOXS_SERVICES_OWS__FEES; default: none\n" in text
    assert "max_map_width = 4096\n    Width of a map [pixels].\n" in text
    assert "    this is the default\n" in text
    assert "[plugins.s3]\n\nregion = eu\n" in text
    assert "hush" not in text


def test_effective_settings_read_back(tmp_path: Path) -> None:
    configuration = read_configuration(instance(tmp_path, TEXT.replace(":hush", "")), {})
    text = effective_text(configuration)
    assert f"# from {tmp_path}/conf/eoxserver.conf:2\ntitle = Ours\n" in text
    again = tmp_path / "again"
    again.mkdir()
    settings = load_settings(instance(again, text), {})
    assert settings.ows == configuration.settings.ows
    assert settings.catalogue == configuration.settings.catalogue
    assert settings.plugins == configuration.settings.plugins
    assert settings.limits == configuration.settings.limits


def test_rows_cover_every_setting() -> None:
    found = list(rows(read_configuration(None, {})))
    assert len(found) == sum(len(list(options(section))) for section in SECTIONS.values())
    assert {row.origin for row in found} == {"default"}
