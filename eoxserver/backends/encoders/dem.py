# SPDX-License-Identifier: MIT
"""Points of the ground as text: a line ``x y z`` for each cell of one field over two axes.

The lines follow the image, row by row from its upper left; x and y are the centre of the cell. There are no encoding
parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.planes import Plane, blocks, plane_of
from eoxserver.backends.encoders.texts import BLOCK_CELLS, CSV, column_texts
from eoxserver.conf.schema import Settings
from eoxserver.core.coordinates import coordinate_texts
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.plugins.markers import hookimpl

__all__ = ["DemEncoder", "eoxs_encoders"]


class DemEncoder:
    """Lines of x, y and z."""

    key: ClassVar[str] = "DEM"

    def __init__(self, settings: Settings) -> None:
        pass

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what is not one field over two axes; see ``Encoder.check``."""
        Options.read(options, (), self.key)
        fields = plane_of(coverage, self.key).fields
        if len(fields) != 1 or fields[0].dtype.kind == "c":
            what = ", ".join(f"{one.name}: {one.dtype}" for one in fields)
            raise UnsupportedCombination(
                f"DEM holds one field of integers or real numbers, the coverage has {what}; select one, or ask for "
                "GeoTIFF",
                locator="format",
            )

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write the lines; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        plane = plane_of(coverage, self.key)
        columns, rows = _coordinates(plane)
        small = replace(workspace, block_cells=min(workspace.block_cells, BLOCK_CELLS))
        for box, cells in blocks(plane, small, whole_rows=True):
            valid = None if cells.valid is None else cells.valid.ravel()
            texts = iter(column_texts(cells.values.ravel(), valid, plane.fields[0], CSV))
            lines = [
                f"{x} {y} {next(texts)}\n" for y in rows[box.low[0] : box.high[0]] for x in columns
            ]  # fmt: skip
            yield "".join(lines).encode()


def _coordinates(plane: Plane) -> tuple[list[str], list[str]]:
    """The coordinates of columns and rows, as texts."""
    axes = plane.coverage.domain.axes
    y, x = (axes[1], axes[0]) if plane.turned else (axes[0], axes[1])
    rows, columns = (coordinate_texts(axis, axis.coordinates()) for axis in (y, x))
    return columns[:: -1 if plane.flipped[1] else 1], rows[:: -1 if plane.flipped[0] else 1]


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoder of points."""
    return [DemEncoder]
