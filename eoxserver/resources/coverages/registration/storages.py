# SPDX-License-Identifier: MIT
"""What an operator does with storages of the catalogue: add, list, test and remove them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count

from eoxserver.backends.access import Access
from eoxserver.backends.credentials import ACCEPTED_REFERENCES, read_credentials, shown_url
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.models import Storage
from eoxserver.backends.storages.base import (
    ConnectedStorageInterface,
    DescribeStorageInterface,
    FileStorageInterface,
    OpenStorageInterface,
    StatStorageInterface,
)
from eoxserver.core.errors import (
    ConfigurationError,
    EOxServerError,
    RegistrationRefused,
    StorageUnreachable,
    UnknownKey,
    suggest,
)
from eoxserver.resources.coverages.registration.collections import sentence
from eoxserver.resources.coverages.registration.places import is_url
from eoxserver.resources.coverages.registration.usage import usage_text

__all__ = ["StorageRow", "Storages", "Tested", "record_of", "storage_failure"]

SHOWN_FILES = 5
"""Files that a test lists."""

PARTS: tuple[tuple[type, str], ...] = (
    (FileStorageInterface, "retrieve and list files"),
    (StatStorageInterface, "tell the state of a file"),
    (OpenStorageInterface, "read parts of a file"),
    (ConnectedStorageInterface, "connect to data in place"),
    (DescribeStorageInterface, "describe arrays"),
)
"""Interfaces of storages, and what one can do who has them."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class StorageRow:
    """One storage in a list."""

    name: str | None
    url: str
    type: str
    credentials: str
    """Where they are found; never what they are."""
    items: int
    """Data items that lie in it, those in packages not counted."""
    packages: int


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test of a storage or package."""

    name: str
    type: str
    parts: tuple[str, ...]
    """What it can do."""
    files: tuple[str, ...] = ()
    """A few that are in it."""
    problem: str = ""
    """Why it cannot be reached; empty when it can."""
    remark: str = ""
    """Why nothing is listed, if that is no problem."""

    @property
    def ok(self) -> bool:
        """Whether it can be reached."""
        return not self.problem


class Storages:
    """Storages of the catalogue, by name.

    Parameters
    ----------
    access : Access
        Makes storages of records.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def add(
        self,
        name: str,
        url: str,
        storage_type: str | None = None,
        credentials: str = "",
        *,
        check: bool = True,
        replace: bool = False,
    ) -> Storage:
        """Add a storage.

        Parameters
        ----------
        name : str
            What commands call it.
        url : str
            Root of all locations in it; a path without scheme is a folder of this machine.
        storage_type : str, optional
            Key of a storage plugin; by default the scheme of the URL.
        credentials : str
            Where they are found: ``env:NAME`` or ``file:/path``.
        check : bool
            Whether it must be reachable now.
        replace : bool
            Whether a storage of this name is changed; what lies in it then lies in the new one.

        Raises
        ------
        RegistrationRefused
            When the name is taken, or the URL has a password.
        UnknownKey
            When no plugin brings the storage type; the message says how to get it.
        ConfigurationError, DataUnavailable
            When it cannot be reached.
        """
        if _NAME.fullmatch(name) is None:
            raise RegistrationRefused(
                f"'{name}' is no name of a storage; accepted: letters, digits, '_', '-' and '.'", locator="name"
            )
        existing = Storage.objects.filter(name=name).first()
        if existing is not None and not replace:
            raise RegistrationRefused(
                f"there is a storage '{name}' already, with URL {shown_url(existing.url)}; --replace changes it",
                locator="name",
            )
        storage = existing or Storage(name=name)
        storage.url = url if is_url(url) else str(Path(url).absolute())
        storage.storage_type = storage_type or (url.partition("://")[0].lower() if is_url(url) else "local")
        storage.storage_type = {"file": "local"}.get(storage.storage_type, storage.storage_type)
        storage.credentials = credentials
        try:
            storage.full_clean()
        except ValidationError as error:
            raise RegistrationRefused(f"storage '{name}': {sentence(error)}", locator="url") from error
        self._check(storage, check)
        storage.save()
        return storage

    def _check(self, storage: Storage, reachable: bool) -> None:
        """Refuse a storage whose plugin or credentials are not there, or that cannot be reached."""
        kinds = self._access.plugins.storages
        _ = kinds[storage.key]
        if storage.credentials and storage.credentials.partition(":")[0] not in ("env", "file"):
            raise ConfigurationError(
                f"credentials are named by reference, which this is not; accepted: {ACCEPTED_REFERENCES}",
                locator="credentials",
            )
        if reachable:
            read_credentials(storage.credentials)
            self._validate(storage)

    def _validate(self, storage: Storage) -> None:
        """Have a storage check itself; what its library or the system says is told as DataUnavailable."""
        try:
            self._access.storage(record_of(storage)).validate()
        except OSError as error:
            raise storage_failure(storage.url, error) from error

    def rows(self) -> Iterator[StorageRow]:
        """All storages, by name."""
        counted = Storage.objects.annotate(
            items=Count("dataitems", distinct=True), inside=Count("packages", distinct=True)
        )
        for found in counted.order_by("name", "pk"):
            yield StorageRow(found.name, shown_url(found.url), found.key, found.credentials, found.items, found.inside)

    def get(self, name: str) -> Storage:
        """The storage of a name (or URL, for one that has none); raises UnknownKey."""
        storage = Storage.objects.filter(name=name).first() or Storage.objects.filter(url=name).first()
        if storage is None:
            known = Storage.objects.exclude(name=None).order_by("name").values_list("name", flat=True)
            raise UnknownKey(f"no storage '{name}'; {suggest(name, [one or '' for one in known])}", locator=name)
        return storage

    def test(self, name: str) -> Tested:
        """Find out whether a storage can be reached, and what it can do; raises UnknownKey for a name that is none."""
        found = self.get(name)
        parts: tuple[str, ...] = ()
        files: tuple[str, ...] = ()
        problem = remark = ""
        try:
            storage: object = self._access.storage(record_of(found))
            parts = tuple(what for kind, what in PARTS if isinstance(storage, kind))
            self._validate(found)
        except EOxServerError as error:
            problem = error.message
        else:
            if isinstance(storage, FileStorageInterface):
                try:
                    files = tuple(islice(storage.list_files(), SHOWN_FILES))
                except EOxServerError as error:
                    remark = error.message
                except OSError as error:
                    remark = storage_failure(found.url, error).message
            else:
                remark = "it holds arrays, which are registered by their names"
        return Tested(str(found), found.key, parts, files, problem, remark)

    def remove(self, name: str) -> None:
        """Remove a storage.

        Raises
        ------
        UnknownKey
            When there is none of this name.
        RegistrationRefused
            When something lies in it; the message says what.
        """
        with transaction.atomic():
            storage = self.get(name)
            if used := usage_text(storage):
                raise RegistrationRefused(
                    f"storage '{storage}' holds {used}; 'eoxserver deregister' and 'eoxserver package remove' first",
                    locator=name,
                )
            storage.delete()


def storage_failure(url: str, error: OSError) -> StorageUnreachable:
    """The error of a storage whose library let one of the system through."""
    reason = ": ".join(str(part) for part in (error.strerror, error.filename) if part) or type(error).__name__
    return StorageUnreachable(f"storage {shown_url(url)}: {reason}", locator=shown_url(url))


def record_of(storage: Storage) -> StorageRecord:
    """The storage as a value."""
    return StorageRecord(storage.key, storage.url, storage.credentials)
