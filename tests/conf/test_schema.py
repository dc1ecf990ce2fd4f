# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.schema."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from eoxserver.conf.schema import SECTIONS, Option, Settings, default_settings, options, variable

OPTIONS = [option for section in SECTIONS.values() for option in options(section)]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: f"{option.section}.{option.key}")
def test_default_is_of_its_kind_and_documented(option: Option[Any]) -> None:
    value = option.kind.parse(option.default)
    assert option.kind.parse(option.kind.show(value)) == value
    assert option.meaning.endswith(".")
    assert re.fullmatch(r"[a-z0-9_]+", option.key)
    assert not hash_of_a_comment(option.default)


def hash_of_a_comment(text: str) -> bool:
    """Say whether a default would look like a comment in a file."""
    return text.startswith(("#", ";")) or " #" in text


def test_variables_are_unique_and_have_the_documented_form() -> None:
    variables = [option.variable for option in OPTIONS]
    assert len(set(variables)) == len(variables)
    assert variable("services.ows.wms", "supported_crs") == "EOXS_SERVICES_OWS_WMS__SUPPORTED_CRS"


def test_every_section_of_settings_is_in_the_table() -> None:
    fields = {field.name for field in dataclasses.fields(Settings)}
    assert set(SECTIONS) == fields - {"plugins", "instance"}
    assert all(type(getattr(default_settings(), name)) is section for name, section in SECTIONS.items())
    names = [section.section for section in SECTIONS.values()]
    assert len(set(names)) == len(names)


def test_defaults_that_others_rely_on() -> None:
    settings = default_settings()
    assert settings.owscommon.http_service_url is None
    assert settings.owscommon.time_interval_interpretation == "closed"
    assert settings.wms.supported_formats == ("image/png", "image/jpeg")
    assert settings.wms.supported_crs == settings.wcs.supported_crs == (4326, 3857, 3035)
    assert settings.wcs.supported_formats[0] == "image/tiff"
    assert settings.wcs20.default_native_format == "image/tiff"
    assert settings.wcs20.paging_count_default == 10
    assert settings.wcs20.subset_mode == "halfopen"
    assert settings.limits.max_result_bytes == 1 << 30
    assert settings.catalogue.database.text() == "sqlite:///catalogue.sqlite3"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        default_settings().wms.supported_crs = ()  # type: ignore[misc]  # that it is refused is the point
