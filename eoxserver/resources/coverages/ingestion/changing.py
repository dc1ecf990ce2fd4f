# SPDX-License-Identifier: MIT
"""Changing and looking into cubes that others change, or delete, at the same time."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eoxserver.backends.cubes.base import CubeStore
from eoxserver.core.errors import DataUnavailable, VersionConflict
from eoxserver.resources.coverages.ingestion.publishing import Ingested, find, publish
from eoxserver.resources.coverages.ingestion.stores import Stores
from eoxserver.resources.database import reading

__all__ = ["Changes", "Seen"]

FRESH = 1.0
"""How long what the catalogue said is good for the first attempt of a change [s]."""
ATTEMPTS = 12
"""How often a change is tried while others change the same coverage."""
LOCKS = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """Where an ingested coverage was when somebody looked."""

    known: Ingested
    moment: float
    """Of ``time.monotonic``."""


class Changes:
    """Lets one change of a coverage follow the other. Used from all threads.

    Parameters
    ----------
    stores : Stores
        Those of the instance.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))

    def turn(self, cube: str) -> threading.Lock:
        """Lets the threads of this process take turns; processes are kept apart by the store."""
        return self._locks[hash(cube) % LOCKS]

    @contextmanager
    def ingested(self, identifier: str, seen: Seen | None = None) -> Iterator[tuple[Ingested, CubeStore]]:
        """Where an ingested coverage is, while one looks into it.

        Parameters
        ----------
        seen : Seen, optional
            Where it was just now; the catalogue is asked when that is too long ago.

        Raises
        ------
        NoSuchCoverage, CoverageUnusable
            As ``publishing.find``; the former also when the store fails in the block because the coverage is being
            deleted.
        VersionConflict
            When the store fails in the block because there is another coverage of the identifier now.
        """
        if seen is not None and seen.known.identifier == identifier and time.monotonic() - seen.moment < FRESH:
            known = seen.known
        else:
            with reading():
                known = find(identifier)
        try:
            yield known, self._stores.store(known.storage)
        except DataUnavailable as error:
            with reading():
                now = find(identifier)
            if (now.storage, now.cube) == (known.storage, known.cube):
                raise
            raise VersionConflict(
                f"coverage '{identifier}' was deleted and inserted again meanwhile; try again", locator=identifier
            ) from error

    def make(self, identifier: str, change: Callable[[Ingested, CubeStore], int], seen: Seen | None = None) -> int:
        """Change a cube, again when somebody else was faster, and let the catalogue name the version.

        Parameters
        ----------
        change : callable
            Makes a version and answers its number.
        seen : Seen, optional
            For the first attempt; see ``ingested``.

        Raises
        ------
        VersionConflict
            When somebody else was faster each time.
        """
        for attempt in range(ATTEMPTS):
            try:
                with self.ingested(identifier, None if attempt else seen) as (known, store):
                    with self.turn(known.cube):
                        version = change(known, store)
                    with reading():
                        publish(known, store)
                    return version
            except VersionConflict:
                time.sleep(secrets.randbelow(100) * 1e-4 * 2 ** min(attempt, 6))
        raise VersionConflict(
            f"coverage '{identifier}' is being changed by others; nothing was changed, try again later",
            locator=identifier,
        )
