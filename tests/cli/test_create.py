# SPDX-License-Identifier: MIT
"""``create_instance`` and ``manage``, as they are typed."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from eoxserver.app.django_setup import pending_migrations, reconfigure
from eoxserver.conf.reader import load_settings
from tests.cli.conftest import Commands
from tests.databases import Postgres


def authenticate(instance: Path, name: str, password: str) -> bool:
    from django.contrib.auth import authenticate as check

    reconfigure(load_settings(instance))
    user = check(username=name, password=password)
    return user is not None and bool(getattr(user, "is_superuser", False))


def test_an_instance_is_whole(eoxserver: Commands) -> None:
    told = eoxserver.ok("create_instance", "eo")
    instance = Path("eo").absolute()
    assert sorted(path.name for path in instance.iterdir()) == [
        "cache", "catalogue.sqlite3", "conf", "cubes", "data", "logs", "wsgi.py",
    ]  # fmt: skip
    shown = re.search(r"Administrator admin, password (\S+)", told)
    assert shown is not None and len(shown[1]) >= 20
    kept = instance / "conf" / "admin.credentials"
    assert kept.read_text() == f"admin\n{shown[1]}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert authenticate(instance, "admin", shown[1])
    assert not authenticate(instance, "admin", "admin")
    assert pending_migrations() == ()
    assert eoxserver.json("list", "--instance", "eo") == []


def test_two_instances_have_two_passwords(eoxserver: Commands) -> None:
    first, second = eoxserver.ok("create_instance", "one", "a/one"), eoxserver.ok("create_instance", "two", "a/two")
    assert Path("a/one/conf/admin.credentials").read_text() != Path("a/two/conf/admin.credentials").read_text()
    assert first != second


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("1 x",), "no name for an instance"),
        (("x", "full"), "not empty"),
        (("x", "--database", "oracle://x"), "database URL"),
        (("x", "--database", "sqlite:////no/such/folder/x.sqlite3"), "cannot be set up"),
    ],
)
def test_nothing_is_left_of_an_instance_that_cannot_be(
    eoxserver: Commands, words: tuple[str, ...], message: str
) -> None:
    Path("full").mkdir()
    Path("full/file").touch()
    assert message in eoxserver.fails("create_instance", *words)
    assert [str(path) for path in Path().rglob("*")] == ["full", "full/file"]


@pytest.mark.integration
def test_an_instance_on_postgresql(eoxserver: Commands, postgres: Postgres) -> None:
    postgres.execute("CREATE DATABASE cli_instance")
    url = f"postgresql://{postgres.user}@/cli_instance?host={postgres.folder}"
    assert "password" in eoxserver.ok("create_instance", "eo", "--database", url)
    assert eoxserver.json("list", "--instance", "eo") == []
    assert "has an administrator already" in eoxserver.ok("create_instance", "other", "--database", url)
    assert not Path("other/conf/admin.credentials").exists()


def test_django_commands_run_on_the_catalogue(eoxserver: Commands) -> None:
    assert eoxserver("manage", "check").exit_code == 0
    assert eoxserver("manage", "migrate", "--check").exit_code == 0
    assert "no_such_command" in eoxserver.fails("manage", "no_such_command")
