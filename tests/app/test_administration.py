# SPDX-License-Identifier: MIT
"""An instance is made whole, or not at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.app import open_instance
from eoxserver.app.administration import ADMINISTRATOR, make_instance, manage
from eoxserver.app.django_setup import close_connections, pending_migrations
from eoxserver.conf.reader import load_settings
from eoxserver.core.errors import ConfigurationError


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_connections()


def test_folder_catalogue_and_administrator(tmp_path: Path) -> None:
    made = make_instance("eo", tmp_path / "eo")
    assert made.paths.root == tmp_path / "eo"
    assert made.administrator is not None and made.administrator.name == ADMINISTRATOR
    assert made.paths.credentials.read_text() == f"{ADMINISTRATOR}\n{made.administrator.password}\n"
    assert stat.S_IMODE(made.paths.credentials.stat().st_mode) == 0o600
    assert pending_migrations() == ()
    with_it = open_instance(made.paths.root)
    assert list(with_it.registrar().rows()) == []
    with_it.close()


def test_a_database_that_is_older_keeps_its_administrator(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.sqlite3"
    assert make_instance("one", tmp_path / "one", url).administrator is not None
    second = make_instance("two", tmp_path / "two", url)
    assert second.administrator is None
    assert not second.paths.credentials.exists()


def test_nothing_is_left_when_the_database_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be set up"):
        make_instance("eo", tmp_path / "eo", "sqlite:////no/such/folder/catalogue.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_commands_of_django(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(make_instance("eo", tmp_path / "eo").paths.root)
    assert manage(settings, ["check"]) == 0
    assert manage(settings, ["migrate", "--check"]) == 0
    assert manage(settings, ["no_such_command"]) == 1
    assert "no_such_command" in capsys.readouterr().err
