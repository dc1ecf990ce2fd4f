# SPDX-License-Identifier: MIT
"""What a metadata reader is, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol

from shapely.geometry import MultiPolygon

from eoxserver.core.errors import DataUnavailable

__all__ = ["MAX_BYTES", "EOMetadata", "MetadataReader", "read_bytes"]

MAX_BYTES = 16 * 2**20
"""The largest metadata document that is read [bytes]."""


@dataclass(frozen=True, slots=True)
class EOMetadata:
    """What a document says of one scene; whatever it leaves out is None or empty."""

    identifier: str | None = None
    """As the document gives it; it need not be an NCName."""
    begin_time: datetime | None = None
    end_time: datetime | None = None
    """Not before ``begin_time``; an instant has both the same."""
    footprint: MultiPolygon | None = None
    """In EPSG:4326, x = longitude from -180 to 180, cut where it crosses the date line."""
    title: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Other facts by their name in the standard (``platform``, ``instrument``, ``productType``)."""


class MetadataReader(Protocol):
    """Reads one kind of document. Instances are made without arguments and hold no state."""

    key: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    """Endings of the documents it reads, in lower case (``.xml``); they are looked for beside the data."""

    def can_read(self, path: str) -> bool:
        """Say whether the document is probably of this kind; reads a few kilobytes at most, never raises."""

    def read(self, path: str) -> EOMetadata:
        """Read the document.

        Raises
        ------
        DataUnavailable
            When it is missing, malformed, or says something impossible; the message names the file and the reason.
        """


def read_bytes(path: str) -> bytes:
    """The content of a document of at most ``MAX_BYTES``; raises DataUnavailable."""
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataUnavailable(f"{path}: {error.strerror or error}", locator=path) from error
    if len(content) > MAX_BYTES:
        raise DataUnavailable(f"{path}: larger than {MAX_BYTES} bytes, the most that is read of metadata", locator=path)
    return content
