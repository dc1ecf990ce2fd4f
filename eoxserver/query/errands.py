# SPDX-License-Identifier: MIT
"""Walks of condensers through their inputs, as others may do parts of them elsewhere: in other processes or machines.

A walk is cut into pieces where it begins, and what they come to is merged there, in the order of the pieces. So it does
not matter who does them: the result is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.query.plan import Node

__all__ = ["Elsewhere", "Errand", "Walker"]


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """A walk that begins."""

    node: Node
    """Its source is a ``Walker``."""
    pieces: int
    """How many there are."""
    bytes: int
    """What is gone through, uncompressed."""


@runtime_checkable
class Walker(Protocol):
    """A source that walks through an input, and keeps what that comes to."""

    def burden(self) -> int:
        """What the whole result goes through [bytes]."""

    def work(self, pieces: Sequence[Any]) -> list[Any]:
        """What some pieces come to, which may be fewer things than pieces; the same wherever it is done."""

    def parts(self) -> list[tuple[CellBox, Cells]]:
        """The whole result, in the boxes in which it is kept."""

    def keep(self, parts: Iterable[tuple[CellBox, Cells]]) -> None:
        """Have these parts of the result, which the same walker has made elsewhere."""


class Elsewhere(Protocol):
    """Who does pieces of walks."""

    def hands(self) -> int:
        """Pieces that are done at the same time; raises DataUnavailable when nobody is there."""

    def takes(self, errand: Errand) -> bool:
        """Whether a walk is large enough to be given away, and can be."""

    def in_order(self, errand: Errand, pieces: Iterable[Any]) -> Iterator[Any]:
        """What the walker's ``work`` makes of the pieces, in their order.

        Raises
        ------
        DataUnavailable
            When nobody is there, or goes away.
        EvaluationStopped
            When it is not wanted any more.
        """
