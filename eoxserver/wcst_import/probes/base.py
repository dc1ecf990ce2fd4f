# SPDX-License-Identifier: MIT
"""What a probe is: one piece of a file, an array with named values (wcst_import specification, section 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eoxserver.core.coverage import Source
from eoxserver.core.fields import Field
from eoxserver.core.roles import Role
from eoxserver.wcst_import.ingredients.sections import Band
from eoxserver.wcst_import.slices import FilePart

__all__ = ["Dimension", "Probe"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis of the array of a piece."""

    size: int
    role: Role = Role.OTHER
    """X and Y where the format says which is which."""
    falling: bool | None = None
    """Whether coordinates become less with each cell; None: nobody knows."""


class Probe(Protocol):
    """A file, or one message of it. Every method raises ``FileRefused`` for what it cannot read."""

    def value(self, parts: tuple[str, ...]) -> Any:
        """The value of an expression, whose first part is the driver; raises ``SentenceError`` with what there is."""

    def dimensions(self, bands: Sequence[Band]) -> tuple[Dimension, ...]:
        """The axes of the array of some bands, in the order of the file."""

    def open(self, bands: Sequence[Band]) -> tuple[tuple[Field, ...], Source]:
        """The fields as the file has them, and their cells; all bands where none are named."""

    def in_place(self, bands: Sequence[Band], names: Sequence[str], dims: Sequence[str]) -> tuple[FilePart, ...]:
        """Where the cells of some bands lie, fields of these names, on axes of these labels; none: not in a file."""

    def metadata(self) -> Mapping[str, Any]:
        """What the file says of itself."""

    def band_metadata(self, band: Band) -> Mapping[str, Any]:
        """What it says of a band."""

    def axis_metadata(self, name: str) -> Mapping[str, Any]:
        """What it says of a variable of coordinates."""
