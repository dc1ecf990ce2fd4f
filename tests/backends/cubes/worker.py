# SPDX-License-Identifier: MIT
"""A process that changes a cube: ``python -m tests.backends.cubes.worker URL BYTES WORK [NUMBER COUNT]``.

The work is ``make``, ``overwrite`` or ``append``. It says ``ready``, waits for a line, and says the number of each
version it makes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count

import numpy as np

from eoxserver.backends.cubes.base import Along, CubeLayout, Overview
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.errors import VersionConflict
from eoxserver.core.fields import Field, NilValue

NAME = "cube"
LAYOUT = CubeLayout(
    (Field("a", np.dtype("int32"), nil=(NilValue(-1.0),)), Field("b", np.dtype("int32"))),
    ("t", "y", "x"),
    frozenset("t"),
)
SIZE = 200


def box(times: list[float]) -> dict[str, Along]:
    return {"t": times, "y": range(SIZE), "x": range(SIZE)}


def make(store: OcdbtCubeStore, slices: int = 2) -> None:
    with store.update(NAME, LAYOUT) as update:
        for number in range(slices):
            update.write(box([float(number)]), Cells(np.zeros((2, 1, SIZE, SIZE), np.int32)))
        update.set_state("0")
        update.commit()
    store.add_overview(NAME, Overview((1, 4, 4), "average"))


def overwrite(store: OcdbtCubeStore, compact: bool = False) -> Iterator[int]:
    """Versions all of whose cells have the number that is their state; every third one has a slice more."""
    for turn in count(1):
        number = int(store.snapshot(NAME).state) + 1
        if compact or turn % 3 == 0:
            store.compact(NAME)
        with store.update(NAME) as update:
            size = store.snapshot(NAME).axes[0].size + (number % 3 == 0)
            update.write(
                box([float(time) for time in range(size)]), Cells(np.full((2, size, SIZE, SIZE), number, np.int32))
            )
            update.set_state(str(number))
            update.commit()
        yield number


def append(store: OcdbtCubeStore, who: int, many: int) -> Iterator[int]:
    """Slices of its own, each tried until nobody else is in the way."""
    for each in range(many):
        time = float(2 + who + 10 * each)
        while True:
            try:
                with store.update(NAME) as update:
                    update.write(box([time]), Cells(np.full((2, 1, SIZE, SIZE), int(time), np.int32)))
                    number = update.commit()
            except VersionConflict:
                continue
            break
        yield number


def state_of(store: OcdbtCubeStore) -> int:
    """The state of a cube that ``overwrite`` changes; fails when any cell has another."""
    snapshot = store.snapshot(NAME)
    for level, resolution in enumerate(snapshot.source.levels):
        cells = snapshot.source.read(CellBox.whole(resolution.shape), (0, 1), level)
        found = np.unique(cells.values).tolist()
        assert found == [int(snapshot.state)], f"level {level} of version {snapshot.version} has {found}"
    return int(snapshot.state)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    url, size, work, *numbers = sys.argv[1:]
    store = OcdbtCubeStore(url, update_bytes=int(size))
    say("ready")
    sys.stdin.readline()
    if work == "make":
        make(store, 30)
        return
    for number in overwrite(store) if work == "overwrite" else append(store, *map(int, numbers)):
        say(str(number))


if __name__ == "__main__":
    main()
