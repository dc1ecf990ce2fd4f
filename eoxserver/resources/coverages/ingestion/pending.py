# SPDX-License-Identifier: MIT
"""Cubes that no coverage names, and how they go away.

A cube is pending from before it is made until the catalogue's transaction that names it, and from the transaction that
deletes its coverage until it is gone. So nothing is ever removed because the catalogue does not know it: a catalogue
from a backup that is older than a cube leaves the cube alone.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from eoxserver.backends.cubes.base import CubeStore
from eoxserver.backends.models import Storage
from eoxserver.core.errors import EOxServerError, ItemMissing
from eoxserver.resources.coverages.ingestion.stores import Stores
from eoxserver.resources.coverages.models import PendingCube

__all__ = ["GRACE", "announce", "doom", "give_up", "settle", "sweep"]

log = logging.getLogger(__name__)

GRACE = timedelta(days=1)
"""A cube that is being made is given up when nothing has happened to it for so long."""


def announce(storage: Storage, cube: str) -> None:
    """Say that a cube is going to be made."""
    PendingCube.objects.create(storage=storage, name=cube)


def settle(storage: Storage, cube: str) -> bool:
    """Say that a coverage names the cube, within the transaction that lets it; False when it was given up before."""
    return PendingCube.objects.filter(storage=storage, name=cube, doomed=False).delete()[0] > 0


def doom(storage_key: int, cube: str) -> None:
    """Say that the cube is to go, within the transaction that deletes its coverage."""
    PendingCube.objects.update_or_create(storage_id=storage_key, name=cube, defaults={"doomed": True})


def give_up(stores: Stores, storage: Storage, cube: str) -> None:
    """Remove a cube that no coverage will name; what keeps it from going is logged, and it is tried again later.

    One that is not pending any more belongs to a coverage, and stays.
    """
    try:
        if PendingCube.objects.filter(storage=storage, name=cube).update(doomed=True):
            _remove(stores, storage, cube)
    except (DatabaseError, EOxServerError):
        log.warning("cube %s is left for later", cube, exc_info=True)


def _remove(stores: Stores, storage: Storage, cube: str) -> None:
    try:
        stores.of(storage).delete(cube)
    except ItemMissing:
        log.debug("cube %s is gone already, or was never made", cube)
    PendingCube.objects.filter(storage=storage, name=cube).delete()


def sweep(stores: Stores) -> list[str]:
    """Remove the cubes of deleted coverages, and those whose making was given up; answers their names."""
    overdue = datetime.now(UTC) - GRACE
    removed = []
    for row in PendingCube.objects.filter(Q(doomed=True) | Q(since__lt=overdue)).select_related("storage"):
        try:
            if row.doomed or _last_change(stores.of(row.storage), row.name) < overdue:
                PendingCube.objects.filter(pk=row.pk).update(doomed=True)
                _remove(stores, row.storage, row.name)
                removed.append(row.name)
        except EOxServerError as error:
            log.warning("cube %s is left for later: %s", row.name, error.message)
    return removed


def _last_change(store: CubeStore, cube: str) -> datetime:
    try:
        return next((version.time for version in store.versions(cube)), datetime.min.replace(tzinfo=UTC))
    except ItemMissing:
        return datetime.min.replace(tzinfo=UTC)
