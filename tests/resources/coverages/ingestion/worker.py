# SPDX-License-Identifier: MIT
"""A process that changes coverages until it is killed, or done: ``python -m ... INSTANCE WHAT NUMBER COUNT``.

``grow``: the coverage ``part`` gets version by version one more slice, and all its cells become the number of its
slices, which a reader can check. ``append``: it gets slices at days of this process alone. ``insert``: coverages are
inserted, and deleted two at a time. The process says each number when the change is over.
"""

from __future__ import annotations

import sys
from pathlib import Path

from eoxserver.app import open_instance
from eoxserver.core.errors import VersionConflict
from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
from tests.resources.coverages.ingestion.coverages import coverage, lat, long, slice_of, times

SIZE = 64
"""Cells along each side of a slice."""


def say(what: object) -> None:
    """Write a line for whoever started the process."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def grow(ingestion: Ingestion, number: int) -> None:
    """Let the coverage have so many slices, all of which hold the number."""
    days = times(*(float(day) for day in range(number)))
    ingestion.update("part", coverage("p", (days, lat(10, SIZE), long(0, SIZE)), number))


def work(ingestion: Ingestion, what: str, number: int, count: int) -> None:
    """Do the changes."""
    for step in range(count):
        if what == "grow":
            grow(ingestion, number + step)
        elif what == "append":
            try:
                ingestion.update("part", slice_of(1000.0 * number + step, number, size=SIZE))
            except VersionConflict:
                say("conflict")
                continue
        else:
            ingestion.insert(coverage(f"c{number}_{step}", (lat(10, SIZE), long(0, SIZE)), step))
            if step % 2:
                ingestion.delete([f"c{number}_{step}", f"c{number}_{step - 1}"])
        say(number + step)


if __name__ == "__main__":
    instance = open_instance(Path(sys.argv[1]))
    say("ready")
    sys.stdin.readline()
    work(instance.ingestion, sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    instance.close()
