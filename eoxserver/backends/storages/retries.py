# SPDX-License-Identifier: MIT
"""Trying again what may work a little later."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from eoxserver.core.errors import DataUnavailable, StorageUnreachable, TransferFailed

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "retried"]

FIRST_PAUSE = 0.5
"""Before the first repetition [s]; each later pause is twice as long."""
LONGEST_PAUSE = 15.0
"""No pause is longer [s]."""

T = TypeVar("T")


def retried(
    attempt: Callable[[], T],
    retries: int,
    after: tuple[type[DataUnavailable], ...] = (StorageUnreachable, TransferFailed),
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """Do something, and again when the storage did not answer or the transfer broke off.

    Parameters
    ----------
    attempt : callable
        What is done. Its other errors are final.
    retries : int
        How often it is repeated; the last error is raised.
    after : tuple of classes
        Errors after which it is repeated.
    pause : callable
        Waits [s]. Pauses vary by a quarter, so that many who wait for one storage do not all come back at once.
    """
    for number in range(retries):
        try:
            return attempt()
        except after:
            length = min(FIRST_PAUSE * 2**number, LONGEST_PAUSE)
            pause(length * random.uniform(0.75, 1.0))  # noqa: S311 (no secret depends on it)
    return attempt()
