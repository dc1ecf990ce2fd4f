# SPDX-License-Identifier: MIT
"""What a reader is: it turns data that ``connect()`` made reachable into a description and a source.

``eoxserver.testing.contracts.ReaderContract`` is the test suite of this contract.
"""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from eoxserver.backends.descriptions import Description
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Source

__all__ = ["CopyingReader", "Description", "Reader"]


class Reader(Protocol):
    """Reads one family of formats.

    Instances are made once by the application, used from many threads, and own the handles they
    keep open; ``close`` gives them back.
    """

    key: ClassVar[str]

    def __init__(self, settings: Settings) -> None: ...

    def can_open(self, path: str) -> bool:
        """Say whether the data is probably of this family; cheap, reads a few bytes at most."""

    def describe(self, path: str) -> Description:
        """Describe the data.

        Raises
        ------
        DataUnavailable
            When it is missing or unreadable; the message names the path and the reason.
        ContainerRefused
            When it has no cells of its own, and data sets inside that may have.
        RegistrationRefused
            When it is readable and cannot be a coverage as it is (a rotated grid); the message gives the remedy.
        """

    def open(self, path: str) -> Source:
        """Make a source over the data; nothing need be opened before the first ``read``.

        Raises
        ------
        DataUnavailable
            Here, or at the first ``read``.
        """

    def close(self) -> None:
        """Close every handle."""


@runtime_checkable
class CopyingReader(Reader, Protocol):
    """A reader that need not keep cells of which it knows that they are read once: when files are copied."""

    def open_once(self, path: str) -> Source:
        """As ``open``; cells are going to be read together, and not again."""
