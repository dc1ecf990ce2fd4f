# SPDX-License-Identifier: MIT
"""What an import needs of the server it goes to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from eoxserver.core.coverage import Coverage
from eoxserver.wcst_import.slices import Slice

__all__ = ["Target", "renew_members"]


class Target(Protocol):
    """A server with coverages. Every method raises ``EOxServerError``, and nothing has changed then."""

    @property
    def name(self) -> str:
        """What it is called in messages: its URL or folder."""

    def check(self) -> None:
        """Find out whether it answers, and whether it may be written; raises ``DataUnavailable``, ``AccessDenied``."""

    def coverage(self, identifier: str) -> Coverage | None:
        """A coverage as it is there, None when there is none; cells need not be readable."""

    def insert(self, coverage: Coverage, further: Sequence[Coverage], tiling: str) -> None:
        """Insert a coverage with its first part and further ones, as one change.

        Raises
        ------
        CoverageExists
            When there is one of this identifier.
        InconsistentChange, InvalidSubsetting
            When a part does not fit the first one.
        """

    def update(self, identifier: str, parts: Sequence[Coverage]) -> None:
        """Write parts into a coverage that is there, as one change; raises as ``insert``."""

    @property
    def reads_files(self) -> bool:
        """Whether it can read files of this machine where they are: whether ``register`` works."""

    def register(self, identifier: str, slices: Sequence[Slice]) -> None:
        """Make slices parts of a coverage, which is made when there is none; their cells stay in their files.

        Raises
        ------
        FileRefused
            When the cells of one cannot be read in place.
        CoverageUnusable
            When the coverage keeps its cells itself.
        """

    def add_overview(self, identifier: str, factors: Mapping[str, int]) -> None:
        """Keep a coarser copy, by factors of axes; one that is there already is no error."""

    def add_members(self, identifier: str, members: Sequence[str], harvesting: bool) -> None:
        """Let coverages that are there be coarser copies of one, and, for ``harvesting``, their own copies too.

        Raises
        ------
        NoSuchCoverage, InvalidParameterValue
            When there is none of such a name, or it has other axes, CRSs or fields.
        """

    def identifiers(self) -> Iterator[str]:
        """Coverages that are there, by name."""

    def composed(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> Coverage:
        """The virtual coverage that sources would make; nothing is changed.

        Raises
        ------
        NoSuchCoverage, InvalidParameterValue, InconsistentChange, InvalidSubsetting
            When sources are missing, or do not go together.
        CoverageExists
            When there is something else of this identifier.
        ImportRefused
            When the server makes no virtual coverages.
        """

    def compose(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> None:
        """Make a virtual coverage, or give one that is there other sources; raises as ``composed``."""

    def members(self, identifier: str) -> Collection[str]:
        """The coverages that are coarser copies of one, by name; raises NoSuchCoverage."""

    def remove_members(self, identifier: str, members: Sequence[str]) -> None:
        """Let coarser copies of a coverage be coverages of their own; raises InvalidParameterValue for what is none."""

    def mark(self, identifier: str, metadata_url: str) -> None:
        """Mark a coverage that is there as a data set of INSPIRE; an empty URL takes the mark away, if there is one.

        Raises
        ------
        InvalidParameterValue, InconsistentChange
            When it is no URL of the web, or the server has no such marks.
        """

    def delete(self, identifier: str) -> None:
        """Delete a coverage."""

    def close(self) -> None:
        """Give back what it holds."""


def renew_members(target: Target, identifier: str, members: Sequence[str], harvesting: bool) -> None:
    """Let coverages be members of a pyramid, as they are now: those that are ones already are read again.

    For ``harvesting`` their own members are members too.

    Raises
    ------
    NoSuchCoverage, InvalidParameterValue
        As ``Target.add_members``.
    """
    known = target.members(identifier)
    again = [each for each in members if each in known]
    if again:
        target.remove_members(identifier, again)
    target.add_members(identifier, members, harvesting)
