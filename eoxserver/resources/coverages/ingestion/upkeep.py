# SPDX-License-Identifier: MIT
"""Looking after stores: what processes that were killed left, what is broken, what nobody needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.models import Storage
from eoxserver.core.errors import EOxServerError
from eoxserver.resources.coverages.ingestion.pending import sweep
from eoxserver.resources.coverages.ingestion.publishing import Ingested, ingested, is_served, publish
from eoxserver.resources.coverages.ingestion.stores import STORAGE_TYPE, Stores

__all__ = ["CubeRow", "catch_up", "cube_rows", "verify"]


@dataclass(frozen=True, slots=True)
class CubeRow:
    """A cube of a store."""

    cube: str
    storage: str
    """Name or URL of its storage."""
    identifier: str | None
    """Of the coverage that is served from it; None without one."""
    version: int | None
    """The one that is served."""


def catch_up(stores: Stores) -> list[str]:
    """Finish what was interrupted; answers what was done, in words.

    Versions that were committed and that the catalogue does not name yet are served from now on. Cubes of deleted
    coverages, and those whose making was given up, are removed.
    """
    done = [f"cube {name} is removed, no coverage is served from it" for name in sweep(stores)]
    for known in list(ingested()):
        store = stores.store(known.storage)
        try:
            latest = store.snapshot(known.cube).version
            if latest > known.version:
                publish(known, store)
                done.append(f"coverage {known.identifier} is served at version {latest}, no longer at {known.version}")
        except EOxServerError:
            continue  # ``verify`` tells
    return done


def verify(stores: Stores, identifiers: Collection[str] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is wrong with the cubes of coverages, of all by default; nothing with those that can be read whole."""
    for known in list(ingested()):
        if not identifiers or known.identifier in identifiers:
            found = tuple(_problems(stores, known))
            if not found or is_served(known):  # a coverage that was deleted meanwhile has no problems
                yield known.identifier, found


def _problems(stores: Stores, known: Ingested) -> Iterator[str]:
    try:
        yield from stores.store(known.storage).verify(known.cube)
    except EOxServerError as error:
        yield error.message


def cube_rows(stores: Stores) -> Iterator[CubeRow]:
    """The cubes of all stores, by storage and name; raises DataUnavailable."""
    served = {(known.storage, known.cube): known for known in ingested()}
    for storage in Storage.objects.filter(storage_type__iexact=STORAGE_TYPE).order_by("pk"):
        record = StorageRecord(storage.key, storage.url, storage.credentials)
        for cube in stores.store(record).names():
            known = served.get((record, cube))
            found = (None, None) if known is None else (known.identifier, known.version)
            yield CubeRow(cube, str(storage), *found)
