# SPDX-License-Identifier: MIT
"""Instances are opened by folder, and become one WSGI application."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from werkzeug.test import Client

from eoxserver.app import Instance, build_app, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.app.django_setup import close_connections
from eoxserver.core.errors import ConfigurationError, NoSuchCoverage, PluginError
from tests.applications import Application
from tests.plugins.distributions import GOOD


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Answer the folder of an empty instance, which this process works on."""
    yield make_instance("tests", tmp_path / "instance").paths.root
    close_connections()


def test_an_instance_holds_all_parts(folder: Path) -> None:
    instance = open_instance(folder)
    assert isinstance(instance, Instance)
    assert instance.paths.root == folder
    assert instance.settings.system.instance_id == "tests"
    assert "local" in instance.plugins.storages
    assert list(instance.readers) == list(instance.plugins.readers)
    with pytest.raises(NoSuchCoverage, match="none is available"):
        instance.catalogue.coverage("a")
    assert list(instance.registrar().rows()) == []
    instance.close()


def test_a_relative_folder_stays_the_same_when_the_working_folder_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    instance = open_instance("instance")
    monkeypatch.chdir("/")
    assert instance.paths.root == folder
    assert instance.catalogue.version() > 0
    instance.close()


def test_the_environment_overrides_the_file(folder: Path) -> None:
    instance = open_instance(folder, {"EOXS_SERVICES_OWS__TITLE": "By the environment"})
    assert instance.settings.ows.title == "By the environment"
    instance.close()


@pytest.mark.parametrize("name", ["nothing", "file", "empty"])
def test_a_folder_without_instance_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=name):
        open_instance(tmp_path / name)


def test_a_wrong_setting_is_refused_with_its_line(folder: Path) -> None:
    file = folder / "conf" / "eoxserver.conf"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, "[services.limits]", "max_map_width = wide"]))
    with pytest.raises(ConfigurationError, match=rf"eoxserver\.conf:{len(lines) + 2}: .*max_map_width.*'wide'"):
        open_instance(folder)


def test_a_process_serves_one_catalogue(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    done = subprocess.run(
        [sys.executable, "-c", dedent(
            """
            import sys
            from pathlib import Path
            from eoxserver.app.administration import make_instance
            make_instance("other", Path(sys.argv[1]))
            """
        ), str(other)],
        check=False,
    )  # fmt: skip
    assert done.returncode == 0
    with pytest.raises(ConfigurationError, match="one process serves one catalogue"):
        open_instance(other)


def test_a_missing_plugin_that_is_required_is_refused(folder: Path) -> None:
    with pytest.raises(PluginError, match="guard"):
        open_instance(folder, {"EOXS_CORE_SYSTEM__REQUIRED_PLUGINS": "guard"})


def test_plugins_of_others_are_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    site.mkdir()
    GOOD.install(site)
    monkeypatch.syspath_prepend(str(site))
    instance = open_instance(folder)
    assert instance.plugins.storages["toy"].key == "toy"
    instance.close()
    ours_only = [report.name for report in instance.plugins.reports if report.distribution == "eoxserver"]
    restricted = open_instance(folder, {**os.environ, "EOXS_PLUGINS": ",".join(ours_only)})
    assert "toy" not in restricted.plugins.storages
    restricted.close()


def test_an_application_is_built_by_folder(folder: Path) -> None:
    client = Client(build_app(folder))
    assert client.get("/-/ready").json == client.get("/-/ready/").json
    assert client.get("/ows?service=WCS&request=GetCapabilities").status_code == 200
    assert client.get("/ows?service=WMS&request=GetCapabilities").status_code == 200
    assert client.get("/rasdaman/ows?service=WMS&request=GetCapabilities").status_code == 200


def test_every_page_of_the_application_answers(app: Application) -> None:
    for path, kind in {
        "/": "text/html",
        "/-/live": "application/json",
        "/-/ready": "application/json",
        "/-/metrics": "text/plain",
        "/-/plugins": "application/json",
        "/admin/login/": "text/html",
        "/ows?service=WMS&request=GetCapabilities": "text/xml",
    }.items():
        answer = app.client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, kind), path
    assert app.client.get("/nothing").status_code == 404


def test_readiness_fails_with_the_catalogue(app: Application) -> None:
    assert '"status": "ready"' in app.client.get("/-/ready").text
    app.instance.catalogue.release()
    (app.instance.paths.root / "catalogue.sqlite3").write_bytes(b"this is no database" * 1000)
    answer = app.client.get("/-/ready")
    assert answer.status_code == 503 and '"status": "unavailable"' in answer.text
    assert app.client.get("/-/live").status_code == 200
    failed = app.wcs("GetCapabilities")
    assert failed.status_code == 503
    assert str(app.instance.paths.root) not in failed.text


def test_a_second_application_of_one_instance_serves_the_same(app: Application) -> None:
    other = Client(build_app(app.instance))
    query = "/ows?service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=scene"
    ours, theirs = app.client.get(query), other.get(query)
    assert (ours.data, ours.headers["ETag"]) == (theirs.data, theirs.headers["ETag"])
