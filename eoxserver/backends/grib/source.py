# SPDX-License-Identifier: MIT
"""A message of a GRIB file as cells: rows of a grid of latitude and longitude, as they stand in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.backends.grib.process import GribProcess
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import DataUnavailable

__all__ = ["MessageSource", "open_message"]

_GRID = ("gridType", "Ni", "Nj", "iScansNegatively", "jScansPositively", "jPointsAreConsecutive",
         "alternativeRowScanning")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class MessageSource:
    """One field of shape (rows, columns); missing values are not valid. A message is unpacked as a whole."""

    process: GribProcess
    path: str
    offset: int
    rows: int
    columns: int
    by_columns: bool = False
    """Whether values follow each other along columns in the file."""
    alternating: bool = False
    """Whether every second row stands in the opposite direction."""
    east_to_west: bool = False
    south_to_north: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def chunks(self) -> tuple[int, ...]:
        """The message."""
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self.shape, (1.0, 1.0)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box, float64; raises DataUnavailable."""
        values = self.process.values(self.path, self.offset)
        if values.size != self.rows * self.columns:
            raise DataUnavailable(
                f"{self.path}: a message has {values.size} values for {self.rows} x {self.columns} cells",
                locator=self.path,
            )
        lines = values.reshape((self.columns, self.rows) if self.by_columns else (self.rows, self.columns))
        if self.alternating:
            lines = lines.copy()
            lines[1::2] = lines[1::2, ::-1]
        grid = (lines.T if self.by_columns else lines)[box.slices]
        found = np.repeat(grid[np.newaxis], len(fields), axis=0)
        missing = np.isnan(found)
        return Cells(found, ~missing if missing.any() else None)


def open_message(process: GribProcess, path: str, offset: int) -> MessageSource:
    """The cells of the message at an offset.

    Raises
    ------
    DataUnavailable
        When it cannot be read, or its grid is not regular in latitude and longitude.
    """
    grid = process.keys(path, offset, _GRID)
    if grid.get("gridType") != "regular_ll":
        raise DataUnavailable(
            f"{path}: a message has the grid {grid.get('gridType')}; regular_ll is accepted; "
            "cdo remapbil or grib_to_netcdf bring others there",
            locator=path,
        )
    return MessageSource(
        process,
        path,
        offset,
        int(grid["Nj"]),
        int(grid["Ni"]),
        bool(grid["jPointsAreConsecutive"]),
        bool(grid.get("alternativeRowScanning")),
        bool(grid["iScansNegatively"]),
        bool(grid["jScansPositively"]),
    )
