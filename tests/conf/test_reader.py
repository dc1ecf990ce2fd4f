# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.conf.reader import instance_path, load_settings, read_configuration
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import ConfigurationError


def instance(folder: Path, text: str) -> Path:
    """Make an instance that has only settings."""
    (folder / "conf").mkdir()
    (folder / "conf" / "eoxserver.conf").write_text(text, encoding="utf-8")
    return folder


def errors(folder: Path, environ: dict[str, str] | None = None) -> list[str]:
    """Answer the messages of a configuration that is wrong, without its folder."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(folder, environ or {})
    return caught.value.message.replace(f"{folder}/", "").splitlines()


def test_without_an_instance_the_defaults_hold() -> None:
    assert load_settings(None, {}) == default_settings()


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    settings = load_settings(instance(tmp_path, ""), {})
    assert settings.instance == tmp_path
    assert settings.wms == default_settings().wms
    assert settings.path("cache") == tmp_path / "cache"
    assert settings.path("/srv/cache") == Path("/srv/cache")


def test_values_are_read(tmp_path: Path) -> None:
    text = """
[services.ows]
title = Märchenwald
abstract = One
    two
keywords = eo, wcs
[services.ows.wms]
supported_crs = EPSG:4326,25832
[services.ows.wcs20]
subset_mode = closed
source_to_native_format_map = application/x-esat,image/tiff
[services.limits]
max_result_bytes = 2GiB
[resources.catalogue]
database = postgresql://eo@db/catalogue
[plugins.s3]
Region = eu-central-1
"""
    settings = load_settings(instance(tmp_path, text), {})
    assert settings.ows.title == "Märchenwald"
    assert settings.ows.abstract == "One\ntwo"
    assert settings.ows.keywords == ("eo", "wcs")
    assert settings.wms.supported_crs == (4326, 25832)
    assert settings.wcs20.subset_mode == "closed"
    assert dict(settings.wcs20.source_to_native_format_map) == {"application/x-esat": "image/tiff"}
    assert settings.limits.max_result_bytes == 2 << 30
    assert settings.catalogue.database.host == "db"
    assert settings.plugins["s3"]["region"] == "eu-central-1"
    assert settings.wcs == default_settings().wcs


def test_bad_value_names_file_line_key_value_and_accepted_form(tmp_path: Path) -> None:
    folder = instance(tmp_path, "[core.system]\n\nlogging_level = LOUD\n")
    assert errors(folder) == [
        "conf/eoxserver.conf:3: [core.system] logging_level: cannot use 'LOUD'; "
        "accepted: one of DEBUG, INFO, WARNING, ERROR, CRITICAL"
    ]


def test_comment_after_a_value_is_explained(tmp_path: Path) -> None:
    folder = instance(tmp_path, "[services.ows.wms]\nsupported_crs = 4326 # the world\n")
    assert errors(folder) == [
        "conf/eoxserver.conf:2: [services.ows.wms] supported_crs: cannot use '4326 # the world' "
        "('4326 # the world' is not an EPSG code); accepted: EPSG codes separated by commas, as 4326,3857; "
        "a comment needs a line of its own"
    ]


def test_password_stays_out_of_the_message(tmp_path: Path) -> None:
    folder = instance(tmp_path, "[resources.catalogue]\ndatabase = postgresql://eo:hush@db:x/c\n")
    assert "hush" not in errors(folder)[0]


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    text = """\
stray
[services.ows]
titel = x
[services.ows.wsm]
anything = 1
[services.limits]
max_map_width = wide
[plugins.]
"""
    folder = instance(tmp_path, text)
    found = errors(folder, {"EOXS_SERVICES_LIMITS__MAX_MAP_HIGHT": "3"})
    assert found[0] == "6 errors in the configuration:"
    assert found[1].startswith("conf/eoxserver.conf:1: 'stray' is neither")
    assert found[2].startswith("conf/eoxserver.conf:3: [services.ows] has no key 'titel'; did you mean 'title'?")
    assert found[3].startswith("conf/eoxserver.conf:4: [services.ows.wsm] is no section; did you mean 'services.ows.w")
    assert found[4].startswith("conf/eoxserver.conf:8: [plugins.] is no section")
    assert found[5].startswith(
        "environment EOXS_SERVICES_LIMITS__MAX_MAP_HIGHT: no setting has this variable; "
        "did you mean 'EOXS_SERVICES_LIMITS__MAX_MAP_HEIGHT'?"
    )
    assert found[6] == (
        "conf/eoxserver.conf:7: [services.limits] max_map_width: cannot use 'wide'; accepted: a whole number, 1 or more"
    )


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    folder = instance(tmp_path, "[services.ows]\ntitle = file\nfees = file\n[services.ows.wms]\nsupported_crs = 4326\n")
    configuration = read_configuration(
        folder,
        {
            "EOXS_SERVICES_OWS__TITLE": "environment",
            "EOXS_SERVICES_OWS_WMS__SUPPORTED_CRS": "3857,3035",
            "EOXS_PLUGINS": "a,b",
            "EOXS_TRACE_HOOKS": "1",
            "OTHER__THING": "x",
        },
    )
    assert configuration.settings.ows.title == "environment"
    assert configuration.settings.ows.fees == "file"
    assert configuration.settings.wms.supported_crs == (3857, 3035)
    assert configuration.origins["services.ows", "title"] == "environment EOXS_SERVICES_OWS__TITLE"
    assert configuration.origins["services.ows", "fees"] == f"{folder}/conf/eoxserver.conf:3"
    assert ("services.ows", "abstract") not in configuration.origins


def test_environment_mends_a_bad_value_of_the_file(tmp_path: Path) -> None:
    folder = instance(tmp_path, "[services.limits]\nmax_map_width = wide\n")
    assert load_settings(folder, {"EOXS_SERVICES_LIMITS__MAX_MAP_WIDTH": "12"}).limits.max_map_width == 12


def test_bad_value_in_the_environment_names_the_variable() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^environment EOXS_BACKENDS_CACHE__MAX_AGE: .backends\.cache. max_age"
    ):
        load_settings(None, {"EOXS_BACKENDS_CACHE__MAX_AGE": "forever"})


def test_plugin_sections_from_the_environment(tmp_path: Path) -> None:
    folder = instance(tmp_path, "[plugins.my-store]\nurl = a\nkey = b\n")
    environ = {"EOXS_PLUGINS_MY_STORE__URL": "c", "EOXS_PLUGINS_OTHER__SIZE": "3"}
    settings = load_settings(folder, environ)
    assert settings.plugins["my-store"] == {"url": "c", "key": "b"}
    assert settings.plugins["other"] == {"size": "3"}


def test_file_that_is_no_text(tmp_path: Path) -> None:
    folder = instance(tmp_path, "")
    (folder / "conf" / "eoxserver.conf").write_bytes(b"\xff\xfe\x00[a]")
    assert errors(folder)[0].startswith("conf/eoxserver.conf: cannot be read:")


def test_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert load_settings(instance(tmp_path, "\ufeff[services.ows]\ntitle = t\n"), {}).ows.title == "t"


def test_instance_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "i"
    folder.mkdir()
    instance(folder, "")
    monkeypatch.chdir(tmp_path)
    assert instance_path("i", {}) == folder
    assert instance_path(None, {"EOXSERVER_INSTANCE": str(folder)}) == folder
    with pytest.raises(
        ConfigurationError, match="no instance in .*: it has no file conf/eoxserver.conf; make one with"
    ):
        instance_path(None, {})
    monkeypatch.chdir(folder)
    assert instance_path(None, {}) == folder
    with pytest.raises(ConfigurationError) as caught:
        load_settings(tmp_path, {})
    assert caught.value.locator == str(tmp_path)
