# SPDX-License-Identifier: MIT
"""Cells as nested lists: CSV and JSON, for coverages of any number of axes.

The order is that of the grid, its first axis outermost. In JSON each axis is a pair of brackets: ``[[1,2],[3,4]]``; in
CSV each axis but the first is a pair of braces: ``{1,2},{3,4}``, as the array databases write it that clients know. A
cell of several fields is a text: ``"1 2 3"``. A single value without axes stands alone. One parameter: ``order``
(outer_inner; inner_outer lets the first axis vary fastest). Of points each is a line of CSV, or a list in JSON: its
position in the order of the CRS, then its values; CSV begins with a line of names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.pointcells import blocks, json_texts, time_texts, value_columns
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
        if coverage.points is not None:
            _order(options, self.key)
            return _csv_points(coverage)
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
        if coverage.points is not None:
            _order(options, self.key)
            return _json_points(coverage)
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


def _csv_points(coverage: Coverage) -> Iterator[bytes]:
    """A line of names, then one for each point: its position, then its values (RFC 4180)."""
    frame, fields = coverage.frame, coverage.range_type.fields
    before = _line([*frame.labels, *coverage.range_type.names])
    for _, positions, cells in blocks(coverage):
        columns = [
            time_texts(axis, each) or json_texts(axis, each) for axis, each in zip(frame.axes, positions, strict=True)
        ]
        columns += value_columns(cells, fields, CSV)
        yield (before + "".join(map(_line, zip(*columns, strict=True)))).encode()
        before = ""


def _line(texts: Sequence[str]) -> str:
    return ",".join([f'"{text}"' if "," in text else text for text in texts]) + "\r\n"


def _json_points(coverage: Coverage) -> Iterator[bytes]:
    """A list for each point: its position, then its values."""
    frame, fields = coverage.frame, coverage.range_type.fields
    before = "["
    for _, positions, cells in blocks(coverage):
        columns = [json_texts(axis, each) for axis, each in zip(frame.axes, positions, strict=True)]
        columns += value_columns(cells, fields, JSON)
        yield (before + ",\n".join([f"[{','.join(row)}]" for row in zip(*columns, strict=True)])).encode()
        before = ",\n"
    yield b"]\n"


def _order(options: Mapping[str, str], name: str) -> str:
    return Options.read(options, ("order",), name).choice("order", ORDERS, ORDERS[0])


def _ordered(coverage: Coverage, options: Mapping[str, str], name: str) -> Coverage:
    return reversed_axes(coverage) if _order(options, name) == ORDERS[1] else coverage


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoders of CSV and JSON."""
    return [CsvEncoder, JsonEncoder]
