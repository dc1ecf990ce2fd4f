# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.instance."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.conf.formats import load_formats
from eoxserver.conf.instance import InstancePaths, write_instance
from eoxserver.conf.reader import instance_path, load_settings
from eoxserver.core.errors import ConfigurationError


def test_a_new_instance_is_whole(tmp_path: Path) -> None:
    paths = write_instance("alps", tmp_path / "deep" / "alps")
    assert paths.root == tmp_path / "deep" / "alps"
    for folder in (paths.data, paths.cubes, paths.cache, paths.logs):
        assert folder.is_dir()
    assert sorted(path.name for path in paths.root.iterdir()) == ["cache", "conf", "cubes", "data", "logs", "wsgi.py"]
    assert instance_path(paths.root, {}) == paths.root
    settings = load_settings(paths.root, {})
    assert settings.system.instance_id == "alps"
    assert settings.catalogue.database.text() == "sqlite:///catalogue.sqlite3"
    assert paths.formats.is_file()
    assert [line.mime for line in load_formats(paths.formats)] == [line.mime for line in load_formats()]
    compile(paths.wsgi.read_text(), "wsgi.py", "exec")
    assert "build_app(Path(__file__)" in paths.wsgi.read_text()
    assert list(paths.root.parent.iterdir()) == [paths.root]


def test_name_in_the_working_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_instance("alps").root == tmp_path / "alps"


def test_database_and_cubes_are_set(tmp_path: Path) -> None:
    paths = write_instance("alps", tmp_path / "alps", "postgresql://eo:hush@db/alps", "s3://bucket/cubes")
    settings = load_settings(paths.root, {})
    assert settings.catalogue.database.password == "hush"
    assert settings.cubes.url == "s3://bucket/cubes"
    assert paths.settings.stat().st_mode & 0o007 == 0


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    assert write_instance("alps", tmp_path / "alps").settings.is_file()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert write_instance("alps", empty).settings.is_file()


def test_a_folder_with_anything_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "full"
    target.mkdir()
    (target / "precious.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"is not empty: it has 'precious\.txt'") as caught:
        write_instance("alps", target)
    assert caught.value.locator == str(target)
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "precious.txt"]
    with pytest.raises(ConfigurationError, match="exists and is no folder"):
        write_instance("alps", target / "precious.txt")


@pytest.mark.parametrize("name", ["", "1a", "a b", "../a", "a.b", "ä"])
def test_bad_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no name for an instance; accepted: letters"):
        write_instance(name, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_bad_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot use this database URL \('mysql' is no known kind") as caught:
        write_instance("alps", tmp_path / "x", "mysql://db/x")
    assert caught.value.locator == "database"
    assert not (tmp_path / "x").exists()


def test_prepare_fills_it_before_anybody_sees_it(tmp_path: Path) -> None:
    def prepare(paths: InstancePaths) -> None:
        assert not (tmp_path / "alps").exists()
        assert load_settings(paths.root, {}).system.instance_id == "alps"
        (paths.root / "catalogue.sqlite3").write_text("rows")

    paths = write_instance("alps", tmp_path / "alps", prepare=prepare)
    assert (paths.root / "catalogue.sqlite3").read_text() == "rows"


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def prepare(paths: InstancePaths) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_instance("alps", tmp_path / "alps", prepare=prepare)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def prepare(paths: InstancePaths) -> None:
        (tmp_path / "alps").mkdir()
        (tmp_path / "alps" / "theirs").write_text("")

    with pytest.raises(ConfigurationError, match="is not empty: it has"):
        write_instance("alps", tmp_path / "alps", prepare=prepare)
    assert [path.name for path in tmp_path.rglob("*")] == ["alps", "theirs"]


def test_an_empty_folder_in_which_somebody_works_stays_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    paths = write_instance("demo", Path())
    assert Path.cwd() == folder
    assert paths.settings.is_file() and Path("wsgi.py").is_file()
    assert sorted(tmp_path.iterdir()) == [folder]
