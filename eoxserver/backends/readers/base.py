# SPDX-License-Identifier: MIT
"""What a reader is: it turns data that ``connect()`` made reachable into a description and a source.

``eoxserver.testing.contracts.ReaderContract`` is the test suite of this contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Source, TiePoints
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType

__all__ = ["Description", "Reader"]


@dataclass(frozen=True)
class Description:
    """What data says of itself, before anything is registered.

    Values are never scaled: the reader's metadata says how (``band.1.scale``, ``band.1.offset``), bands counted from 1.
    """

    driver: str
    """Name of the GDAL driver, or of the format where GDAL has none."""
    domain: Domain
    """With regular x and y axes where the data is georeferenced, with index axes otherwise."""
    range_type: RangeType
    bounds: tuple[float, float, float, float] | None = None
    """Outer edges (min x, min y, max x, max y) where there is a geotransform, known CRS or not."""
    north_up: bool = True
    """Whether the first row is the one with the greatest y; means nothing without ``bounds``."""
    tie_points: TiePoints | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    subdatasets: tuple[str, ...] = ()
    """Paths of the data sets inside, where the data is only a container."""


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
        RegistrationRefused
            When it is readable and cannot be a coverage as it is (no cells of its own, a rotated grid); the message
            gives the remedy.
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
