# SPDX-License-Identifier: MIT
"""Django as the server uses it: models, migrations, users and the admin site, configured from our own settings.

Django keeps one configuration for a process, and needs it before models are imported. So importing this module makes
Django ready without a database, and ``configure`` names the catalogue, once. ``reconfigure`` exchanges it for another
one, for programs (and tests) that work on several instances one after the other.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError

__all__ = [
    "INSTALLED_APPS",
    "close_connections",
    "configure",
    "migrate",
    "pending_migrations",
    "prepare",
    "reconfigure",
]

INSTALLED_APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    "eoxserver.backends",
    "eoxserver.resources.coverages",
    "eoxserver.resources.crs",
)

SECRET_FILE = Path("conf", "secret.key")
"""Where an instance keeps the key that signs its sessions."""

_FIXED: dict[str, Any] = {
    "INSTALLED_APPS": list(INSTALLED_APPS),
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "USE_TZ": True,
    "TIME_ZONE": "UTC",
    "USE_I18N": False,
    "LOGGING_CONFIG": None,
    "ALLOWED_HOSTS": ["*"],
    "ROOT_URLCONF": "eoxserver.app.urls",
    "STATIC_URL": "/admin/static/",
    "STORAGES": {"staticfiles": {"BACKEND": "eoxserver.app.static_files.MountedFiles"}},
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
}
"""Settings of Django that no instance changes."""

_ALIAS = "default"
_BUSY_SECONDS = 30
_PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"


def prepare() -> None:
    """Make Django ready for models to be imported, with no database yet.

    Importing this module does it: whoever imports anything of ``eoxserver.app`` may import models after it. Nothing
    happens where somebody else configures Django (``DJANGO_SETTINGS_MODULE``), the type checker's plugin for example.
    """
    if not django_settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        django_settings.configure(**_FIXED, DATABASES={}, SECRET_KEY=secrets.token_urlsafe(48), EOXSERVER=None)
        django.setup()


def configure(settings: Settings) -> None:
    """Turn to the catalogue of these settings; nothing happens when this process works on it already.

    Opens no connection.

    Raises
    ------
    ConfigurationError
        When this process works on another catalogue, or lacks the driver of the database.
    """
    current = _current()
    if current is not None and _database(current) != _database(settings):
        raise ConfigurationError(
            f"this process already works on the catalogue {_name()}, not on "
            f"{settings.catalogue.database.text()}; one process serves one catalogue",
            locator="database",
        )
    if current is None:
        reconfigure(settings)
    django_settings.EOXSERVER = settings


def reconfigure(settings: Settings) -> None:
    """Turn to the catalogue of these settings, whatever this process worked on before.

    No other thread may use the catalogue meanwhile; connections of this thread are closed.

    Raises
    ------
    ConfigurationError
        When this process lacks the driver of the database.
    """
    _current()
    database = _database(settings)
    close_connections()
    django_settings.EOXSERVER = settings
    django_settings.SECRET_KEY = _secret_key(settings)
    django_settings.DATABASES = {_ALIAS: database}
    connections.settings = connections.configure_settings({_ALIAS: dict(database)})


def migrate(settings: Settings) -> None:
    """Make the tables of the catalogue, or bring them up to date; leaves no connection open.

    Raises
    ------
    ConfigurationError
        When the database cannot be reached or written.
    """
    configure(settings)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise ConfigurationError(f"the catalogue {_name()} cannot be set up: {error}", locator="database") from error
    finally:
        close_connections()


def pending_migrations() -> tuple[str, ...]:
    """Names of the migrations that the configured catalogue still lacks; none when it is up to date.

    Raises
    ------
    ConfigurationError
        When the database cannot be reached.
    """
    try:
        executor = MigrationExecutor(connections[_ALIAS])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise ConfigurationError(f"the catalogue {_name()} cannot be read: {error}", locator="database") from error
    return tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan)


def close_connections() -> None:
    """Close the database connections of this thread."""
    for alias in connections:
        connections[alias].close()
        del connections[alias]


def _current() -> Settings | None:
    """The settings of the catalogue this process works on; None before the first ``configure``."""
    if not apps.ready or not apps.is_installed("eoxserver.resources.coverages"):
        raise ConfigurationError("Django is configured in this process for something else than this server")
    current = getattr(django_settings, "EOXSERVER", None)
    return current if isinstance(current, Settings) else None


def _database(settings: Settings) -> dict[str, Any]:
    """Django's description of the database.

    SQLite: writers queue for up to half a minute, readers never wait (write-ahead log); a transaction that may write
    takes its turn at once, so that none fails half-way. Connections stay open as long as their threads.
    """
    url = settings.catalogue.database
    if url.engine == "sqlite":
        name = url.name if url.name == ":memory:" or url.name.startswith("file:") else str(settings.path(url.name))
        options = {"timeout": _BUSY_SECONDS, "transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options, "CONN_MAX_AGE": None}
    try:
        import psycopg  # noqa: F401  (optional dependency; Django imports it by name)
    except ImportError as error:
        raise ConfigurationError(
            "PostgreSQL needs psycopg; try: pip install 'eoxserver[postgres]'", locator="database"
        ) from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.name,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": url.host,
        "PORT": "" if url.port is None else str(url.port),
        "OPTIONS": dict(url.options),
        "CONN_MAX_AGE": None,
    }


def _name() -> str:
    """The current database for people, without password."""
    current = _current()
    return "(none)" if current is None else current.catalogue.database.text()


def _secret_key(settings: Settings) -> str:
    """The key of the instance, made when it is first needed; without an instance one for this process."""
    if settings.instance is None or not (settings.instance / SECRET_FILE).parent.is_dir():
        return secrets.token_urlsafe(48)
    path = settings.instance / SECRET_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", locator=str(path)) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def _read_key(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}", locator=str(path)) from error
    if len(key) < 32:
        raise ConfigurationError(f"{path} holds no key; remove it, and a new one is made", locator=str(path))
    return key


prepare()
