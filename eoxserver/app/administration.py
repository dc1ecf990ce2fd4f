# SPDX-License-Identifier: MIT
"""Making an instance whole - folder, tables, administrator - and Django's own commands for one."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.management import ManagementUtility
from django.db import DatabaseError

from eoxserver.app.django_setup import close_connections, configure, migrate, reconfigure
from eoxserver.conf.instance import InstancePaths, write_instance
from eoxserver.conf.reader import load_settings
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError

__all__ = ["ADMINISTRATOR", "Credentials", "NewInstance", "make_instance", "manage"]

ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password of a user."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class NewInstance:
    """An instance that was made."""

    paths: InstancePaths
    administrator: Credentials | None
    """None when the database, which is older than the instance, has one already."""


def make_instance(
    name: str,
    directory: Path | None = None,
    database: str | None = None,
    cubes: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> NewInstance:
    """Make an instance with everything it needs: folder, catalogue, administrator.

    The parameters are those of ``conf.instance.write_instance``. The password of the administrator is random, and
    kept in ``conf/admin.credentials``, readable by the owner only. This process then works on the new instance.

    Raises
    ------
    ConfigurationError
        When the folder or the database cannot be used; no folder is left behind then.
    """
    made: list[Credentials | None] = []

    def prepare(paths: InstancePaths) -> None:
        settings = load_settings(paths.root, environ)
        reconfigure(settings)
        migrate(settings)
        made.append(_make_administrator(paths))

    paths = write_instance(name, directory, database, cubes, prepare)
    reconfigure(load_settings(paths.root, environ))
    return NewInstance(paths, made[0])


def manage(settings: Settings, arguments: Sequence[str]) -> int:
    """Run one of Django's management commands on the catalogue of an instance; answers its exit code."""
    configure(settings)
    program = sys.argv[0]
    try:
        ManagementUtility([f"{Path(program).name} manage", *arguments]).execute()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        close_connections()
    return 0


def _make_administrator(paths: InstancePaths) -> Credentials | None:
    """Make the administrator, unless the database has users already."""
    from django.contrib.auth.models import User  # a model: can be imported once Django is configured

    try:
        if User.objects.filter(username=ADMINISTRATOR).exists():
            return None
        credentials = Credentials(ADMINISTRATOR, secrets.token_urlsafe(18))
        descriptor = os.open(paths.credentials, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{credentials.name}\n{credentials.password}\n")
        User.objects.create_superuser(credentials.name, password=credentials.password)
    except DatabaseError as error:
        raise ConfigurationError(f"cannot make the administrator: {error}", locator="database") from error
    finally:
        close_connections()
    return credentials
