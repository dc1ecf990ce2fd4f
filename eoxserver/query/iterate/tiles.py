# SPDX-License-Identifier: MIT
"""Computed parts of a result that are kept: each is computed once, whoever asks, as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from eoxserver.core.coverage import CellBox, Cells

__all__ = ["Tiles"]


@dataclass(eq=False)
class Tiles:
    """Parts of a result by their boxes.

    Several threads may ask at the same time. Who asks first computes; others wait, after they have computed what
    they are first in themselves, so that nobody waits for who waits. A failure is of who computes only.

    Parameters
    ----------
    most_bytes : int
        What is kept at most; the part used longest ago goes first.
    """

    most_bytes: int
    _kept: OrderedDict[CellBox, Cells] = field(default_factory=OrderedDict)
    _begun: dict[CellBox, Future[None]] = field(default_factory=dict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, boxes: Sequence[CellBox], compute: Callable[[Sequence[CellBox]], Iterable[Cells]]
    ) -> Iterator[tuple[CellBox, Cells]]:
        """The parts in some boxes, each once, in any order.

        Parameters
        ----------
        compute : callable
            Makes the parts in some boxes, in their order.
        """
        waiting = list(boxes)
        while waiting:
            ready, mine, others = self._sorted(waiting)
            yield from ready
            try:
                for box, cells in zip(list(mine), compute(list(mine)) if mine else (), strict=True):
                    self._keep(box, cells)
                    self._release({box: mine.pop(box)})
                    yield box, cells
            finally:
                self._release(mine)
            for future in others.values():
                future.result()
            waiting = list(others)

    def put(self, parts: Iterable[tuple[CellBox, Cells]]) -> None:
        """Keep parts that were computed elsewhere."""
        for box, cells in parts:
            self._keep(box, cells)

    def _sorted(
        self, boxes: Sequence[CellBox]
    ) -> tuple[list[tuple[CellBox, Cells]], dict[CellBox, Future[None]], dict[CellBox, Future[None]]]:
        """What is there, what is now ours to compute, and what others have begun."""
        ready = list[tuple[CellBox, Cells]]()
        mine, others = dict[CellBox, Future[None]](), dict[CellBox, Future[None]]()
        with self._lock:
            for box in boxes:
                if box in self._kept:
                    self._kept.move_to_end(box)
                    ready.append((box, self._kept[box]))
                elif box in self._begun:
                    others[box] = self._begun[box]
                else:
                    self._begun[box] = mine[box] = Future()
        return ready, mine, others

    def _keep(self, box: CellBox, cells: Cells) -> None:
        for array in (cells.values, cells.valid):
            if array is not None:
                array.setflags(write=False)
        with self._lock:
            self._kept[box] = cells
            self._bytes += _size(cells)
            while self._bytes > self.most_bytes and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _size(gone)

    def _release(self, begun: Mapping[CellBox, Future[None]]) -> None:
        """Let others go on, whether the parts are there or not."""
        with self._lock:
            for box in begun:
                del self._begun[box]
        for future in begun.values():
            future.set_result(None)


def _size(cells: Cells) -> int:
    return cells.values.nbytes + (0 if cells.valid is None else cells.valid.nbytes)
