# SPDX-License-Identifier: MIT
"""2-D files, by the readers of this instance: ``${gdal:...}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eoxserver.backends.descriptions import Description
from eoxserver.backends.readers.base import CopyingReader, Reader
from eoxserver.core.coverage import Source
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.core.fields import Field
from eoxserver.core.roles import Role
from eoxserver.core.wrapping import ChosenFields
from eoxserver.wcst_import.errors import FileRefused, SentenceError, unreadable
from eoxserver.wcst_import.ingredients.sections import Band
from eoxserver.wcst_import.probes.base import Dimension
from eoxserver.wcst_import.slices import FilePart

__all__ = ["GdalProbe", "describe_file"]

_NAMES = ("minX", "maxX", "minY", "maxY", "resolutionX", "resolutionY", "originX", "originY", "metadata:NAME")


def describe_file(path: str, readers: Mapping[str, Reader]) -> tuple[Reader, Description]:
    """The reader of a file, and what it says; raises FileRefused."""
    for reader in readers.values():
        if reader.can_open(path):
            try:
                return reader, reader.describe(path)
            except EOxServerError as error:
                raise unreadable(path, error) from error
    raise FileRefused(
        f"{path}: no reader knows its format (readers: {', '.join(readers)}; input.paths); config.skip leaves such "
        "files out",
        locator=path,
    )


class GdalProbe:
    """A 2-D file, georeferenced or not."""

    def __init__(self, path: str, readers: Mapping[str, Reader]) -> None:
        self.path = path
        self._reader, self.description = describe_file(path, readers)
        if len(self.description.domain.axes) != 2:
            raise FileRefused(
                f"{path} has {len(self.description.domain.axes)} axes; gdal reads 2-D files", locator=path
            )

    def value(self, parts: tuple[str, ...]) -> Any:
        """Bounds, resolution and origin [CRS units], and metadata items."""
        name = ":".join(parts[1:])
        metadata = self.description.metadata
        if parts[1:2] == ("metadata",):
            key = ":".join(parts[2:])
            if key in metadata:
                return metadata[key]
            raise SentenceError(f"{self.path} has no metadata item '{key}'; {suggest(key, metadata)}", locator=key)
        known = self._geometry()
        if name not in known:
            raise SentenceError(f"'${{gdal:{name}}}' is not known; {suggest(name, _NAMES)}", locator=name)
        return known[name]

    def _geometry(self) -> dict[str, float]:
        height, width = self.description.domain.shape
        west, south, east, north = self.description.bounds or (0.0, 0.0, float(width), float(height))
        sign = -1 if self.description.north_up or self.description.bounds is None else 1
        return {
            "minX": west, "maxX": east, "minY": south, "maxY": north,
            "resolutionX": (east - west) / width, "resolutionY": sign * (north - south) / height,
            "originX": west, "originY": north if sign < 0 else south,
        }  # fmt: skip

    def dimensions(self, bands: Sequence[Band]) -> tuple[Dimension, ...]:
        """Rows and columns."""
        height, width = self.description.domain.shape
        georeferenced = self.description.bounds is not None
        falling = self.description.north_up if georeferenced else None
        return Dimension(height, Role.Y, falling), Dimension(width, Role.X, False if georeferenced else None)

    def open(self, bands: Sequence[Band]) -> tuple[tuple[Field, ...], Source]:
        """Bands by their number from 0; those whose identifier is no number by their place in the list."""
        fields = self.description.range_type.fields
        once = self._reader.open_once if isinstance(self._reader, CopyingReader) else self._reader.open
        source = once(self.path)
        if not bands:
            return fields, source
        chosen = tuple(self._number(band, place, len(fields)) for place, band in enumerate(bands))
        return tuple(fields[number] for number in chosen), ChosenFields(source, chosen)

    def in_place(self, bands: Sequence[Band], names: Sequence[str], dims: Sequence[str]) -> tuple[FilePart, ...]:
        """The file, by numbers of bands."""
        count = len(self.description.range_type)
        chosen = tuple(self._number(band, place, count) for place, band in enumerate(bands)) or tuple(range(count))
        return (FilePart(self.path, tuple(names), tuple(dims), bands=chosen),)

    def _number(self, band: Band, place: int, count: int) -> int:
        number = int(band.identifier) if re.fullmatch(r"\d{1,9}", band.identifier) else place
        if number >= count:
            raise FileRefused(
                f"{self.path} has {count} bands; band {band.name} is number {number} "
                "(recipe.options.coverage.slicer.bands)",
                locator=self.path,
            )
        return number

    def metadata(self) -> Mapping[str, Any]:
        """Metadata items of the file."""
        return self.description.metadata

    def band_metadata(self, band: Band) -> Mapping[str, Any]:
        """None: items of bands are among those of the file."""
        return {}

    def axis_metadata(self, name: str) -> Mapping[str, Any]:
        """None."""
        return {}
