# SPDX-License-Identifier: MIT
"""Messages of GRIB files: ``${grib:...}``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from eoxserver.backends.grib.process import GribProcess
from eoxserver.backends.grib.source import MessageSource, open_message
from eoxserver.core.coverage import Source
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.core.fields import Field, NilValue
from eoxserver.core.roles import Role
from eoxserver.wcst_import.errors import FileRefused, SentenceError, unreadable
from eoxserver.wcst_import.ingredients.sections import Band
from eoxserver.wcst_import.probes.base import Dimension
from eoxserver.wcst_import.slices import FilePart

__all__ = ["GribProbe", "grib_probes"]


def grib_probes(path: str, process: GribProcess) -> Iterator[GribProbe]:
    """A probe for each message of a file; raises FileRefused."""
    try:
        offsets = process.offsets(path)
    except EOxServerError as error:
        raise unreadable(path, error) from error
    if not offsets:
        raise FileRefused(f"{path} has no GRIB message", locator=path)
    for number, offset in enumerate(offsets, 1):
        yield GribProbe(path, number, offset, process)


class GribProbe:
    """One message; its number counts from 1."""

    def __init__(self, path: str, number: int, offset: int, process: GribProcess) -> None:
        self.path = path
        self._number, self._offset, self._process = number, offset, process
        try:
            self._source: MessageSource = open_message(process, path, offset)
        except EOxServerError as error:
            raise FileRefused(f"{error.message} (message {number})", locator=path) from error

    def value(self, parts: tuple[str, ...]) -> Any:
        """The value of a key, and ``messagenumber``."""
        name = ":".join(parts[1:])
        if name == "messagenumber":
            return self._number
        found = self._process.keys(self.path, self._offset, [name])
        if found.get(name) is None:
            keys = self._process.names(self.path, self._offset)
            raise SentenceError(
                f"message {self._number} of {self.path} has no key '{name}'; {suggest(name, keys, 12)}", locator=name
            )
        return found[name]

    def dimensions(self, bands: Sequence[Band]) -> tuple[Dimension, ...]:
        """Rows, from north to south mostly, and columns."""
        rows, columns = self._source.shape
        return (
            Dimension(rows, Role.Y, not self._source.south_to_north),
            Dimension(columns, Role.X, self._source.east_to_west),
        )

    def open(self, bands: Sequence[Band]) -> tuple[tuple[Field, ...], Source]:
        """The one field of a message, as float64; missing values are NaN unless the ingredients say otherwise."""
        if len(bands) != 1:
            raise FileRefused(
                f"{self.path}: a GRIB message has one band; recipe.options.coverage.slicer.bands has {len(bands)}",
                locator=self.path,
            )
        return (Field(bands[0].name, np.dtype("float64"), nil=(NilValue(math.nan),)),), self._source

    def in_place(self, bands: Sequence[Band], names: Sequence[str], dims: Sequence[str]) -> tuple[FilePart, ...]:
        """None: messages are decoded by a process of their own."""
        return ()

    def metadata(self) -> Mapping[str, Any]:
        """None: which keys are worth keeping is for the ingredients to say."""
        return {}

    def band_metadata(self, band: Band) -> Mapping[str, Any]:
        """None."""
        return {}

    def axis_metadata(self, name: str) -> Mapping[str, Any]:
        """None."""
        return {}
