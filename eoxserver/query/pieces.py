# SPDX-License-Identifier: MIT
"""What sources may do besides ``core.coverage.Source``, so that computing goes faster.

``Piecewise``: computed cells are handed on piece by piece, while they are in the processor's cache. Who needs them only
to fold them makes no array of a whole block. ``Sibling``: views of some fields each are read as one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eoxserver.core.coverage import CellBox, Cells, Source

__all__ = ["Pieces", "Piecewise", "Sibling"]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The cells of a box, of which axes that nobody has to tell apart go together as one."""

    axes: tuple[tuple[int, ...], ...]
    """For each axis of the pieces the axes of the source that it stands for; those of one cell are left out."""
    shape: tuple[int, ...]
    """Cells along each axis, of all pieces together."""
    parts: Iterator[tuple[tuple[slice, ...], Cells]]
    """Where each piece lies, and its cells, shape (field, *axes). Their arrays are used again for the next piece.

    They are computed on the way: ``numpy.errstate(all="ignore")`` has to be set around it.
    """


class Piecewise(Protocol):
    """A source that computes its cells piece by piece."""

    def pieces(
        self, box: CellBox, fields: Sequence[int], order: Sequence[int], apart: Sequence[frozenset[int]]
    ) -> Pieces | None:
        """The cells of a box in pieces; None when what they are computed from should not be held at once.

        Parameters
        ----------
        order : sequence of int
            All axes of the source, in the order in which they stand in the pieces.
        apart : sequence of set
            Axes that do not go together with others.

        Raises
        ------
        EvaluationFailed
            When a valid cell cannot be computed; while pieces are walked, too.
        """


class Sibling(Protocol):
    """A source that may be read together with others that have other fields of the same cells."""

    def site(self) -> Hashable:
        """Equal for sources, alive at the same time, that go together; None: there are no others."""

    def beside(self, fields: Sequence[tuple[Any, int]]) -> Source:
        """Some fields, each of a source of this site, one after the other."""
