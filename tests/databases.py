# SPDX-License-Identifier: MIT
"""Catalogues for tests: an empty one on SQLite or on a PostgreSQL that the tests start themselves.

PostgreSQL runs as an unprivileged user in a temporary folder, on a socket there, and stops with the tests. Tables are
made once; each test gets a copy.
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from eoxserver.app.django_setup import close_connections, migrate, reconfigure
from eoxserver.conf.schema import Catalogue, Settings
from eoxserver.conf.values import DatabaseUrl
from tests import programs

__all__ = ["Postgres", "catalogue_settings", "database", "postgres", "postgres_template", "sqlite_template"]

USERS = ("postgres", "nobody")
"""Who runs the server when the tests run as root, which PostgreSQL refuses."""


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    folder: Path
    """Where its socket is."""
    user: str

    def url(self, database: str) -> DatabaseUrl:
        """The address of one of its databases."""
        return DatabaseUrl("postgresql", database, self.user, host=str(self.folder))

    def execute(self, statement: str) -> None:
        """Run one statement outside any database of a test."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def ready(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(self._conninfo("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user={self.user} dbname={database}"


def catalogue_settings(url: DatabaseUrl) -> Settings:
    """Default settings with a catalogue at this address."""
    return replace(Settings(), catalogue=Catalogue(database=url))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Answer a PostgreSQL server of the tests' own; skip where its programs are missing, fail there in CI."""
    initdb, server = programs.find("initdb"), programs.find("postgres")
    if initdb is None or server is None:
        text = "this machine lacks PostgreSQL (Debian package postgresql-15); its catalogue tests did not run"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(text)
        pytest.skip(text)
    identity, user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="eoxs-pg-"))
    try:
        if identity:
            shutil.chown(folder, user, identity["group"])
        data = folder / "data"
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", f"--username={user}"]
        subprocess.run([initdb, "-D", str(data), *options], check=True, stdout=subprocess.DEVNULL, **identity)
        running = Postgres(folder, user)
        quick = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=40"]
        place = ["-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen([server, *place, *quick], stdout=log, stderr=log, **identity) as process,
        ):
            try:
                while not running.ready():
                    if process.poll() is not None:
                        pytest.fail(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")
                    time.sleep(0.05)
                yield running
            finally:
                process.send_signal(signal.SIGINT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> tuple[dict[str, Any], str]:
    """Arguments of subprocess that give up root's rights, and the user who then runs."""
    if os.getuid() != 0:
        return {}, getpass.getuser()
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = next(name for name in USERS if name in known)
    return {"user": user, "group": known[user].pw_gid, "extra_groups": []}, user


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer the file of an empty catalogue, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    settings = catalogue_settings(DatabaseUrl("sqlite", str(path)))
    reconfigure(settings)
    migrate(settings)
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """Answer the name of an empty catalogue on PostgreSQL, to be copied."""
    postgres.execute("CREATE DATABASE template_catalogue")
    settings = catalogue_settings(postgres.url("template_catalogue"))
    reconfigure(settings)
    migrate(settings)
    return "template_catalogue"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Answer settings with an empty catalogue, which Django works on; once on each kind of database."""
    if request.param == "sqlite":
        path = tmp_path / "catalogue.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        settings = catalogue_settings(DatabaseUrl("sqlite", str(path)))
        reconfigure(settings)
        yield settings
        close_connections()
        return
    server: Postgres = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("postgres_template")
    name = f"test_{time.monotonic_ns()}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    settings = catalogue_settings(server.url(name))
    reconfigure(settings)
    yield settings
    close_connections()
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
