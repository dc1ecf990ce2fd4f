# SPDX-License-Identifier: MIT
"""What a store of cubes is, and the values that describe a cube.

A cube has axes and fields as a coverage has, but knows nothing of CRSs: along a regular or index axis cells have whole
numbers (the grid index, which may be negative), along an irregular axis they have coefficients. A cube grows along
every axis in both directions, and an irregular axis takes coefficients between those it has; nothing that is there
moves.

Every update makes a version, whole or not at all. A snapshot is one version, for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import Cells, Source
from eoxserver.core.fields import Field

__all__ = [
    "Along",
    "CubeAxis",
    "CubeLayout",
    "CubeStore",
    "Overview",
    "Snapshot",
    "Update",
    "Version",
]

Along: TypeAlias = range | Sequence[float]
"""Cells along one axis: a range of grid indices, or the coefficients of an irregular axis in grid order."""


@dataclass(frozen=True, slots=True)
class CubeLayout:
    """What is fixed when a cube is made."""

    fields: tuple[Field, ...]
    """Types and nil values. A cell that was never written holds the first single nil value of its field that its type
    can hold, else the end of an interval of nil values, else 0."""
    labels: tuple[str, ...]
    """Of the axes, in grid order."""
    irregular: frozenset[str] = frozenset()
    """Labels of the axes whose cells have coefficients; on all others they have grid indices."""
    descending: frozenset[str] = frozenset()
    """Labels of the irregular axes whose coefficients fall in grid order."""
    chunks: tuple[int, ...] | None = None
    """Cells of a chunk along each axis; None: chosen by the store."""


@dataclass(frozen=True, slots=True, eq=False)
class CubeAxis:
    """Where a cube has cells along one axis, in one version."""

    label: str
    low: int
    """Grid index of the first cell; 0 on an irregular axis."""
    size: int
    coefficients: npt.NDArray[np.float64] | None = None
    """Of an irregular axis, shape (size,), in grid order."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A coarser copy of a cube."""

    factors: tuple[int, ...]
    """Cells per cell of the overview along each axis; 1 on irregular axes."""
    method: str = "nearest"
    """How cells are brought together: ``nearest``, ``average`` or ``mode``; cells that are nil do not count."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a cube."""

    number: int
    time: datetime
    """When it was made (UTC)."""


@runtime_checkable
class Snapshot(Protocol):
    """A cube as it was at one version. Safe in threads."""

    @property
    def version(self) -> int:
        """Number of the version."""

    @property
    def layout(self) -> CubeLayout:
        """What is fixed, with the chunks that were chosen."""

    @property
    def axes(self) -> tuple[CubeAxis, ...]:
        """In grid order."""

    @property
    def overviews(self) -> tuple[Overview, ...]:
        """From the finest to the coarsest."""

    @property
    def state(self) -> str:
        """The text that the update which made this version left."""

    @property
    def source(self) -> Source:
        """The cells, counted from 0 along each axis, with overviews as levels."""


class Update(Protocol):
    """Changes that become a version together. Used by one thread; leaving it without ``commit`` drops them."""

    @property
    def base(self) -> Snapshot | None:
        """The cube before; None for a new one."""

    def write(
        self,
        along: Mapping[str, Along],
        cells: Cells,
        fields: Sequence[int] | None = None,
        keep: bool = True,
    ) -> None:
        """Write a box of cells; the cube grows to hold it.

        Parameters
        ----------
        along : mapping of str to range or sequence of float
            For each axis the cells that are written.
        cells : Cells
            Values of shape (field, *cells along each axis).
            Belongs to the caller; it may be changed afterwards.
        fields : sequence of int, optional
            The fields that are written; all by default.
        keep : bool
            Whether cells that are not valid leave what is there; otherwise they become nil.

        Raises
        ------
        ValueError
            When axes, shape or types do not fit the cube.
        """

    def grow(self, along: Mapping[str, Along]) -> None:
        """Have cells without writing them; axes that are not named stay. Raises as ``write``."""

    def set_state(self, text: str) -> None:
        """Leave a text with the version: what the caller wants to find beside the cells.

        By default it is that of the version before.
        """

    def commit(self) -> int:
        """Make the version and answer its number.

        Raises
        ------
        VersionConflict
            When somebody else has made a version meanwhile; nothing has changed.
        """


@runtime_checkable
class CubeStore(Protocol):
    """A place of cubes, found by name. Safe in threads; several processes may have the same one."""

    def names(self) -> Iterator[str]:
        """The cubes there are, in order."""

    def snapshot(self, name: str, version: int | None = None) -> Snapshot:
        """A cube at a version; the latest by default.

        Raises
        ------
        ItemMissing
            When there is no such cube, or no such version (any more).
        DataUnavailable
            When it cannot be read.
        """

    def update(
        self, name: str, layout: CubeLayout | None = None, base: int | None = None
    ) -> AbstractContextManager[Update]:
        """Change a cube, or make it.

        Parameters
        ----------
        layout : CubeLayout, optional
            Makes a new cube.
        base : int, optional
            The version that the caller knows; the latest by default.

        Raises
        ------
        ItemMissing
            When there is no such cube, and no layout.
        VersionConflict
            When there is a later version than ``base``; with ``layout``, when there is such a cube.
        """

    def delete(self, name: str) -> None:
        """Remove a cube with all its versions; raises ItemMissing."""

    def versions(self, name: str) -> Iterator[Version]:
        """The versions of a cube, latest first; raises ItemMissing."""

    def add_overview(self, name: str, overview: Overview, base: int | None = None) -> int:
        """Add an overview and answer the version; raises ItemMissing, VersionConflict, ValueError."""

    def remove_overview(self, name: str, factors: Sequence[int], base: int | None = None) -> int:
        """Remove an overview and answer the version; raises ItemMissing, VersionConflict, ValueError."""

    def compact(self, name: str) -> int:
        """Drop all versions but the latest; answer its number, which may be another one.

        Raises
        ------
        ItemMissing
            When there is no such cube.
        VersionConflict
            When somebody writes meanwhile.
        """

    def export(
        self,
        name: str,
        target: str,
        version: int | None = None,
        attributes: Mapping[str, Any] | None = None,
        zarr_format: int = 3,
    ) -> None:
        """Write a version as a plain group of Zarr, which other programs read.

        Parameters
        ----------
        target : str
            URL of the group, or a folder; nothing may be there.
        attributes : mapping of str to Any
            Of the group; what JSON has.
        zarr_format : int
            Version of Zarr, 2 or 3.

        Raises
        ------
        ItemMissing
            When there is no such cube, or no such version.
        DataUnavailable
            When the cube cannot be read, the target not be written, or when something is there.
        """

    def verify(self, name: str) -> Iterator[str]:
        """What is wrong with a cube, in words; nothing when all of it can be read."""
