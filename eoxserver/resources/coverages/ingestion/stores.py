# SPDX-License-Identifier: MIT
"""The stores of an instance: the one for new cubes, and those that cubes were put in before."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from eoxserver.backends.access import Access
from eoxserver.backends.cubes.base import CubeStore
from eoxserver.backends.cubes.storage import CubeStorage
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.models import Storage
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError
from eoxserver.resources.coverages.models import CatalogueVersion

__all__ = ["STORAGE_TYPE", "Stores"]

STORAGE_TYPE = CubeStorage.key


class Stores:
    """Finds stores through the storages that plugins bring.

    Parameters
    ----------
    access : Access
        Has the storages.
    settings : Settings
        Section ``backends.cubes``.
    """

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access = access
        self._url = settings.cubes.url

    def new(self) -> Storage:
        """The storage in which new cubes are put; it is made where the catalogue has none of this URL."""
        known = Storage.objects.filter(storage_type=STORAGE_TYPE, url=self._url, credentials="").order_by("pk")
        found = known.first()
        if found is not None:
            return found
        with transaction.atomic():
            # Writing comes first: it makes other writers wait, so that one of them makes it.
            CatalogueVersion.objects.filter(pk=1).update(number=F("number") + 1)
            return known.first() or Storage.objects.create(storage_type=STORAGE_TYPE, url=self._url)

    def storage(self, record: StorageRecord) -> CubeStorage:
        """The storage of a record; raises ConfigurationError when a plugin took its place, UnknownKey without any."""
        found: object = self._access.storage(record)
        if not isinstance(found, CubeStorage):
            raise ConfigurationError(f"storage type '{STORAGE_TYPE}' is {type(found).__name__}, which has no cubes")
        return found

    def store(self, record: StorageRecord) -> CubeStore:
        """The store of a record; raises as ``storage``."""
        return self.storage(record).store

    def of(self, storage: Storage) -> CubeStore:
        """The store of a storage of the catalogue; raises as ``storage``."""
        return self.store(StorageRecord(storage.key, storage.url, storage.credentials))
