# SPDX-License-Identifier: MIT
"""Django works on one catalogue at a time, the one of the settings."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection, transaction

from eoxserver.app.django_setup import (
    close_connections,
    configure,
    migrate,
    pending_migrations,
    reconfigure,
)
from eoxserver.conf.schema import Ows, Settings
from eoxserver.conf.values import DatabaseUrl
from eoxserver.core.errors import ConfigurationError
from eoxserver.resources.coverages.models import EOObject
from tests.databases import Postgres, catalogue_settings


def sqlite(path: Path) -> Settings:
    return catalogue_settings(DatabaseUrl("sqlite", str(path)))


def pragma(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


def test_configure_is_idempotent_for_one_catalogue_and_refuses_another(tmp_path: Path) -> None:
    first = sqlite(tmp_path / "a.sqlite3")
    reconfigure(first)
    configure(first)
    changed = replace(first, ows=Ows(title="Another title"))
    configure(changed)
    assert getattr(django_settings, "EOXSERVER", None) is changed
    with pytest.raises(ConfigurationError, match=r"already works on the catalogue sqlite:///.*a\.sqlite3.*b\.sqlite3"):
        configure(sqlite(tmp_path / "b.sqlite3"))
    assert getattr(django_settings, "EOXSERVER", None) is changed
    assert not (tmp_path / "a.sqlite3").exists()


def test_passwords_are_not_told(tmp_path: Path) -> None:
    reconfigure(sqlite(tmp_path / "a.sqlite3"))
    with pytest.raises(ConfigurationError) as told:
        configure(catalogue_settings(DatabaseUrl.parse("postgresql://me:secret@db.example/catalogue")))
    assert "secret" not in told.value.message and "me:***@db.example" in told.value.message


def test_sqlite_is_set_up_for_many_readers_and_queueing_writers(tmp_path: Path) -> None:
    reconfigure(sqlite(tmp_path / "a.sqlite3"))
    migrate(sqlite(tmp_path / "a.sqlite3"))
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 1
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 30_000
    with transaction.atomic():
        assert connection.connection.in_transaction
        seen: list[object] = []

        def write() -> None:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 0")
            try:
                with transaction.atomic():
                    seen.append("wrote")
            except OperationalError as error:
                seen.append(str(error))
            finally:
                seen.append(EOObject.objects.count())
                close_connections()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert seen == ["database is locked", 0]
    close_connections()


def test_relative_databases_lie_in_the_instance(tmp_path: Path) -> None:
    settings = replace(Settings(), instance=tmp_path)
    reconfigure(settings)
    migrate(settings)
    assert (tmp_path / "catalogue.sqlite3").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.sqlite3"]


def test_migrate_brings_up_to_date_and_may_be_repeated(tmp_path: Path) -> None:
    settings = sqlite(tmp_path / "a.sqlite3")
    reconfigure(settings)
    before = pending_migrations()
    assert "coverages.0001_initial" in before and "backends.0001_initial" in before
    migrate(settings)
    assert pending_migrations() == ()
    migrate(settings)
    close_connections()


def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    settings = sqlite(tmp_path / "no" / "folder" / "a.sqlite3")
    reconfigure(settings)
    with pytest.raises(ConfigurationError, match=r"catalogue sqlite:///.*a\.sqlite3 cannot be set up"):
        migrate(settings)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        pending_migrations()


@pytest.mark.integration
def test_postgresql_by_url(postgres: Postgres) -> None:
    postgres.execute("CREATE DATABASE by_url")
    text = f"postgresql://{postgres.user}@/by_url?host={postgres.folder}&application_name=tests"
    settings = catalogue_settings(DatabaseUrl.parse(text))
    reconfigure(settings)
    migrate(settings)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('application_name')")
        assert cursor.fetchone() == ("by_url", "tests")
    close_connections()
    postgres.execute("DROP DATABASE by_url")


@pytest.mark.integration
def test_catalogue_needs_no_extension(postgres: Postgres) -> None:
    postgres.execute("CREATE DATABASE bare")
    settings = catalogue_settings(postgres.url("bare"))
    reconfigure(settings)
    migrate(settings)
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        assert cursor.fetchall() == [("plpgsql",)]
    close_connections()
    postgres.execute("DROP DATABASE bare")


def test_an_instance_keeps_its_secret_key(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    settings = replace(Settings(), instance=tmp_path)
    reconfigure(settings)
    key = django_settings.SECRET_KEY
    path = tmp_path / "conf" / "secret.key"
    assert path.read_text() == key and len(key) > 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    reconfigure(settings)
    assert key == django_settings.SECRET_KEY
    path.write_text("short")
    with pytest.raises(ConfigurationError, match="holds no key"):
        reconfigure(settings)


def test_without_an_instance_each_process_has_its_own_key(tmp_path: Path) -> None:
    reconfigure(sqlite(tmp_path / "a.sqlite3"))
    key = django_settings.SECRET_KEY
    reconfigure(sqlite(tmp_path / "b.sqlite3"))
    assert key != django_settings.SECRET_KEY


SCRIPTS = (
    """
    from eoxserver.app.django_setup import configure
    from eoxserver.resources.coverages import models
    print(models.RectifiedDataset.__name__)
    """,
    """
    import eoxserver.app.django_setup
    from django.core.exceptions import ImproperlyConfigured
    from eoxserver.resources.coverages import models
    try:
        models.Coverage.objects.exists()
    except ImproperlyConfigured:
        print("RectifiedDataset")
    """,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=["models are imported after it", "there is no database yet"])
def test_importing_it_makes_django_ready(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("RectifiedDataset", "")
