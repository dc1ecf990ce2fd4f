# SPDX-License-Identifier: MIT
"""``config`` and ``plugins``, as they are typed."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Commands


def test_the_settings_in_effect(eoxserver: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = eoxserver.instance / "conf" / "eoxserver.conf"
    conf.write_text("[services.ows]\ntitle = Scenes\n")
    monkeypatch.setenv("EOXS_SERVICES_OWS__FEES", "100")
    told = eoxserver.ok("config")
    assert "title = Scenes" in told and "fees = 100" in told
    rows = {(row["section"], row["key"]): row for row in eoxserver.json("config")}
    assert rows["services.ows", "title"]["origin"] == f"{conf}:2"
    assert rows["services.ows", "fees"]["origin"] == "environment EOXS_SERVICES_OWS__FEES"
    explained = eoxserver.ok("config", "--explain")
    assert "Title of the services." in explained and "accepted:" in explained


def test_without_an_instance_there_are_the_defaults(eoxserver: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EOXSERVER_INSTANCE")
    assert "title = EOxServer" in eoxserver.ok("config")
    monkeypatch.chdir(eoxserver.instance)
    assert "instance_id = tests" in eoxserver.ok("config")


def test_a_wrong_setting_is_named_with_its_line(eoxserver: Commands) -> None:
    (eoxserver.instance / "conf" / "eoxserver.conf").write_text("[services.limits]\nmax_map_width = wide\n")
    error = eoxserver.fails("config")
    assert "eoxserver.conf:2" in error and "wide" in error
    assert "wide" in eoxserver.fails("list")


def test_plugins_are_listed(eoxserver: Commands) -> None:
    reports = {report["name"]: report for report in eoxserver.json("plugins")}
    assert reports["eogml"]["components"] == ["metadata_readers:eogml"]
    assert reports["gdal"]["distribution"] == "eoxserver"
    assert "metadata_readers:stac" in eoxserver.ok("plugins")


def test_plugins_can_be_restricted(eoxserver: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EOXS_PLUGINS", "stac")
    assert [report["name"] for report in eoxserver.json("plugins")] == ["stac"]
    monkeypatch.setenv("EOXS_PLUGINS", "stack")
    assert "did you mean 'stac'" in eoxserver.fails("plugins")
