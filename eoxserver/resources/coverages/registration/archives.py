# SPDX-License-Identifier: MIT
"""Which files are archives, and of which format: by their name, else by the catalogue, else by their first bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from eoxserver.backends.models import Package
from eoxserver.plugins.registry import Registry
from eoxserver.resources.coverages.registration.places import Place

__all__ = ["ENDINGS", "Archives", "content_format"]

ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ZIP": (".zip",),
        "TAR": (
            ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst",
            ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst",
        ),
    }
)  # fmt: skip
"""Format -> endings of names that mean it; of any other format its key does."""

_HEAD = 262
_MAGIC = ((0, b"PK\x03\x04", "ZIP"), (0, b"PK\x05\x06", "ZIP"), (257, b"ustar", "TAR"))
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")


def content_format(stream: BinaryIO) -> str | None:
    """The format of an archive by its first bytes; None when it is none that is known."""
    head = stream.read(_HEAD)
    for position, magic, name in _MAGIC:
        if head[position:].startswith(magic):
            return name
    return "TAR" if head.startswith(_PACKED) else None


class Archives:
    """Knows archives.

    Parameters
    ----------
    formats : Registry
        The formats that plugins bring.
    """

    def __init__(self, formats: Registry) -> None:
        keys = dict.fromkeys((*ENDINGS, *formats))
        self._endings = {ending: key for key in keys for ending in ENDINGS.get(key, (f".{key.lower()}",))}

    @property
    def formats(self) -> tuple[str, ...]:
        """All formats."""
        return tuple(dict.fromkeys(self._endings.values()))

    def by_name(self, name: str) -> str | None:
        """The format that the name of a file means; None when it means none."""
        lower = name.lower()
        return next((key for ending, key in self._endings.items() if lower.endswith(ending)), None)

    def of(self, place: Place) -> str | None:
        """The format of the archive at a place; None when it is none as far as one sees without transferring it."""
        return self.by_name(place.name) or _catalogued(place) or _by_content(place)


def _catalogued(place: Place) -> str | None:
    """The format under which ``eoxserver package add`` stored the archive."""
    for package in Package.objects.filter(location=place.location.path).select_related("storage"):
        if Place.of_item(package).address == place.address:
            return package.format.upper()
    return None


def _by_content(place: Place) -> str | None:
    if place.local is None or not Path(place.local).is_file():
        return None
    try:
        with Path(place.local).open("rb") as stream:
            return content_format(stream)
    except OSError:  # who looks at the file itself tells
        return None
