# SPDX-License-Identifier: MIT
"""Cells as nested lists: CSV and JSON, for coverages of any number of axes.

The order is that of the grid, its first axis outermost. In JSON each axis is a pair of brackets: ``[[1,2],[3,4]]``; in
CSV each axis but the first is a pair of braces: ``{1,2},{3,4}``, as the array databases write it that clients know. A
cell of several fields is a text: ``"1 2 3"``. A single value without axes stands alone. One parameter: ``order``
(outer_inner; inner_outer lets the first axis vary fastest).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.texts import CSV, JSON, Notation, cell_texts, nested, reversed_axes, row_blocks
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.plugins.markers import hookimpl

__all__ = ["CsvEncoder", "JsonEncoder", "eoxs_encoders"]

OUTERMOST_BRACES = False
"""Whether CSV has braces around the first axis too."""

ORDERS = ("outer_inner", "inner_outer")


class _ListEncoder:
    """Cells as lists in lists; every coverage can be written."""

    key: ClassVar[str]

    def __init__(self, settings: Settings) -> None:
        pass

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse parameters that are not known."""
        _order(options, self.key)


class CsvEncoder(_ListEncoder):
    """CSV."""

    key: ClassVar[str] = "CSV"

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write CSV; see ``Encoder.encode``."""
        coverage = _ordered(coverage, options, self.key)
        depth = len(coverage.domain.axes) - (0 if OUTERMOST_BRACES else 1)
        return _lists(coverage, workspace, "{}", depth, CSV)


class JsonEncoder(_ListEncoder):
    """JSON (RFC 8259)."""

    key: ClassVar[str] = "JSON"

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write JSON; see ``Encoder.encode``."""
        coverage = _ordered(coverage, options, self.key)
        return _lists(coverage, workspace, "[]", len(coverage.domain.axes), JSON)


def _lists(coverage: Coverage, workspace: Workspace, brackets: str, depth: int, notation: Notation) -> Iterator[bytes]:
    """Lists in lists; nothing is yielded before the first block could be read."""
    opening, closing = brackets[0], brackets[1]
    fields, shape = coverage.range_type.fields, coverage.domain.shape
    several = len(fields) > 1
    written = 0
    for cells in row_blocks(coverage, range(len(fields)), workspace):
        # Inside of the text of a cell with several fields nothing is quoted, and NaN can be written.
        texts = cell_texts(cells, fields, CSV if several else notation, '"')
        head = opening * depth if written == 0 else ""
        yield (head + nested(texts, written, shape, opening, closing)).encode()
        written += len(texts)
    yield (closing * depth).encode()


def _order(options: Mapping[str, str], name: str) -> str:
    return Options.read(options, ("order",), name).choice("order", ORDERS, ORDERS[0])


def _ordered(coverage: Coverage, options: Mapping[str, str], name: str) -> Coverage:
    return reversed_axes(coverage) if _order(options, name) == ORDERS[1] else coverage


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoders of CSV and JSON."""
    return [CsvEncoder, JsonEncoder]
