# SPDX-License-Identifier: MIT
"""The folder of an instance: what lies where, and how a new one is made.

A new instance is made in a hidden folder beside its place and moved there when it is whole, so that nobody ever sees
half of one.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eoxserver.conf.formats import FORMATS_FILE
from eoxserver.conf.reader import SETTINGS_FILE
from eoxserver.conf.reference import formats_template, settings_template
from eoxserver.conf.schema import Catalogue, Cubes, System
from eoxserver.conf.values import DATABASE
from eoxserver.core.errors import ConfigurationError

__all__ = ["InstancePaths", "write_instance"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

_WSGI = '''\
"""WSGI entry file of instance {name}: gunicorn --chdir <this folder> wsgi:application."""

from pathlib import Path

from eoxserver.app import build_app

application = build_app(Path(__file__).resolve().parent)
'''


@dataclass(frozen=True, slots=True)
class InstancePaths:
    """What lies where in an instance."""

    root: Path

    @property
    def settings(self) -> Path:
        """``conf/eoxserver.conf``."""
        return self.root / SETTINGS_FILE

    @property
    def formats(self) -> Path:
        """``conf/formats.conf``."""
        return self.root / FORMATS_FILE

    @property
    def credentials(self) -> Path:
        """``conf/admin.credentials``, which whoever makes the administrator writes."""
        return self.root / "conf" / "admin.credentials"

    @property
    def data(self) -> Path:
        """Folder for files to serve."""
        return self.root / "data"

    @property
    def cubes(self) -> Path:
        """Folder of the cube store."""
        return self.root / "cubes"

    @property
    def cache(self) -> Path:
        """Folder of local copies."""
        return self.root / "cache"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.root / "logs"

    @property
    def wsgi(self) -> Path:
        """WSGI entry file."""
        return self.root / "wsgi.py"


def write_instance(
    name: str,
    directory: Path | None = None,
    database: str | None = None,
    cubes: str | None = None,
    prepare: Callable[[InstancePaths], None] | None = None,
) -> InstancePaths:
    """Make the folder of a new instance.

    Parameters
    ----------
    name : str
        Identifier of the instance: letters, digits, ``_`` and ``-``.
    directory : Path, optional
        The instance folder itself, absent or empty; by default ``name`` in the working folder.
    database : str, optional
        URL of the catalogue; by default SQLite in the instance folder.
    cubes : str, optional
        Where cubes are kept; by default ``cubes/`` in the instance folder.
    prepare : callable, optional
        Called with the folder before it is moved to its place, to fill the catalogue for example; when it raises,
        nothing is left behind. It must leave no file open.

    Returns
    -------
    InstancePaths
        Of the instance in its place.

    Raises
    ------
    ConfigurationError
        When the name or the database URL cannot be used, or the folder exists and is not empty.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"'{name}' is no name for an instance; accepted: letters, digits, _ and -, a letter or _ first",
            locator="NAME",
        )
    given = {(System.section, "instance_id"): name}
    if database is not None:
        _check_database(database)
        given[Catalogue.section, "database"] = database
    if cubes is not None:
        given[Cubes.section, "url"] = cubes
    target = (directory or Path(name)).absolute()
    _check_target(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    building.mkdir()
    try:
        paths = InstancePaths(building)
        _fill(paths, name, settings_template(given))
        if prepare is not None:
            prepare(paths)
        _move(building, target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return InstancePaths(target)


def _check_database(url: str) -> None:
    try:
        DATABASE.parse(url)
    except ValueError as error:
        raise ConfigurationError(
            f"cannot use this database URL ({error}); accepted: {DATABASE.accepted}", locator="database"
        ) from error


def _check_target(target: Path) -> None:
    if target.is_dir():
        first = next(iter(sorted(target.iterdir())), None)
        if first is not None:
            raise ConfigurationError(
                f"{target} is not empty: it has '{first.name}'; a new instance needs an absent or empty folder",
                locator=str(target),
            )
    elif target.exists() or target.is_symlink():
        raise ConfigurationError(f"{target} exists and is no folder", locator=str(target))


def _fill(paths: InstancePaths, name: str, settings: str) -> None:
    for folder in (paths.settings.parent, paths.data, paths.cubes, paths.cache, paths.logs):
        folder.mkdir()
    paths.settings.touch(mode=0o640)  # the URL of the database may hold a password
    paths.settings.write_text(settings, encoding="utf-8")
    paths.formats.write_text(formats_template(), encoding="utf-8")
    paths.wsgi.write_text(_WSGI.format(name=name), encoding="utf-8")


def _move(building: Path, target: Path) -> None:
    """Put the finished folder in its place; a folder that was filled meanwhile stays as it is.

    An empty folder that is there stays the same folder, in which somebody may be working; it is filled.
    """
    try:
        if not target.is_dir():
            building.rename(target)
            return
        _check_target(target)
        # The settings come last: they make it an instance.
        for entry in sorted(
            building.iterdir(), key=lambda each: each.name == InstancePaths(building).settings.parent.name
        ):
            entry.rename(target / entry.name)
        building.rmdir()
    except OSError as error:
        raise ConfigurationError(f"cannot make {target}: {error.strerror}", locator=str(target)) from error
