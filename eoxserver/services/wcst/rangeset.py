# SPDX-License-Identifier: MIT
"""Range sets of coverages in GML: values in the document, or a file that holds them (GML 3.2.1 clause 19.3).

Without separators of their own values may be separated by commas and white space. Cells come in the order of the grid,
the last axis fastest, unless ``gml:coverageFunction`` says another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from lxml import etree

from eoxserver.core.coverage import MemorySource
from eoxserver.core.fields import Field
from eoxserver.services.wcst.errors import TransactionError, wrong_number
from eoxserver.services.wcst.xmlinput import children, every, find, one, text_of

__all__ = ["FileCells", "TupleCells", "general_range_set", "range_set"]

_ORDER = re.compile(r"([+-])([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class TupleCells:
    """Values in the document."""

    text: str = field(repr=False)
    tuple_separator: str = ""
    """Between cells; empty: commas and white space separate all values."""
    value_separator: str = ""
    """Between the fields of a cell."""
    order: tuple[int, ...] = ()
    """Axes of the grid, 1-based and with the direction as sign, the fastest first; empty: last axis fastest."""

    def source(self, shape: tuple[int, ...], fields: Sequence[Field]) -> MemorySource:
        """The cells as numbers.

        Raises
        ------
        TransactionError
            ``WCSTWrongNumberOfPixels`` when there are more or fewer than the grid and the fields have;
            ``InvalidParameterValue`` for what is no number, or none of the type of its field.
        """
        cells = int(np.prod(shape, dtype=np.int64))
        columns = self._columns(cells, len(fields))
        common = np.result_type(*(each.dtype for each in fields))
        values = np.empty((len(fields), *shape), common)
        for number, (column, each) in enumerate(zip(columns, fields, strict=True)):
            values[number] = self._arranged(_numbers(column, each), shape)
        return MemorySource(values)

    def _columns(self, cells: int, count: int) -> list[list[str]]:
        """The texts of the values of each field."""
        if not self.tuple_separator:
            flat = re.split(r"[\s,]+", self.text.strip(" ,\t\r\n")) if self.text.strip(" ,\t\r\n") else []
            if len(flat) != cells * count:
                raise _wrong_count(len(flat), "values", cells * count)
            return [flat[number::count] for number in range(count)]
        rows = _split(self.text, self.tuple_separator)
        if len(rows) != cells:
            raise _wrong_count(len(rows), "cells", cells)
        if count == 1:
            return [rows]
        tuples = [_split(row, self.value_separator) for row in rows]
        wrong = next((number for number, values in enumerate(tuples) if len(values) != count), None)
        if wrong is not None:
            raise wrong_number(
                "Pixels", f"cell {wrong} of the tuple list has {len(tuples[wrong])} values; {count} fields are there"
            )
        return [list(column) for column in zip(*tuples, strict=True)]

    def _arranged(self, values: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """Values in the order of the list as an array of the grid."""
        if not self.order:
            return values.reshape(shape)
        slow_first = [abs(one) - 1 for one in reversed(self.order)]
        array = values.reshape([shape[axis] for axis in slow_first]).transpose(np.argsort(slow_first))
        back = tuple(axis for axis in range(len(shape)) if -(axis + 1) in self.order)
        return np.flip(array, back) if back else array


@dataclass(frozen=True, slots=True)
class FileCells:
    """Values in a file."""

    reference: str
    """A URL."""
    mime_type: str = ""
    variables: tuple[str, ...] = ()
    """Of a file that has variables: one for each field."""
    bands: tuple[int, ...] = ()
    """Of a raster: the 0-based number of the band of each field; empty: all in order."""


def range_set(root: etree._Element, first: tuple[int, ...]) -> TupleCells | FileCells:
    """The ``gml:rangeSet`` of a coverage.

    Parameters
    ----------
    first : tuple of int
        Grid coordinates of the first cell.

    Raises
    ------
    TransactionError
        Named for what there is too much or too little of.
    """
    sets = children(root, "rangeSet")
    if len(sets) != 1:
        raise wrong_number("RangeSetElements", f"the coverage has {len(sets)} elements rangeSet; 1 is needed")
    blocks, files = children(sets[0], "DataBlock"), children(sets[0], "File")
    if blocks and files:
        raise wrong_number("RangeSetElements", "the range set has a DataBlock and a File; one of them is accepted")
    if files:
        return _file(files)
    if len(blocks) != 1:
        raise wrong_number("DataBlockElements", f"the range set has {len(blocks)} elements DataBlock; 1 is needed")
    lists = children(blocks[0], "tupleList")
    if len(lists) != 1:
        raise wrong_number("TupleLists", f"the DataBlock has {len(lists)} elements tupleList; 1 is needed")
    return TupleCells(lists[0].text or "", *_separators(lists[0]), _order(root, len(first)))


def general_range_set(root: etree._Element) -> TupleCells | FileCells:
    """The ``cis11:RangeSet`` of a coverage (OGC 09-146r8, clause 12); raises TransactionError as ``range_set``."""
    sets = children(root, "RangeSet")
    if len(sets) != 1:
        raise wrong_number("RangeSetElements", f"the coverage has {len(sets)} elements RangeSet; 1 is needed")
    files = children(sets[0], "File")
    if files:
        return _file(files)
    values = [text_of(value) for value in every(one(sets[0], "DataBlock"))]
    return TupleCells("\n".join(values))


def _separators(element: etree._Element) -> tuple[str, str]:
    """``ts`` and ``cs`` of a tuple list; both empty where it has neither."""
    given = (element.get("ts"), element.get("cs"))
    if given == (None, None):
        return "", ""
    tuples = "," if given[0] is None else str(given[0])
    values = " " if given[1] is None else str(given[1])
    if (
        not tuples
        or not values
        or tuples == values
        or any(character in "0123456789.+-eE" for character in tuples + values)
    ):
        raise wrong_number("Pixels", f"values cannot be told apart with ts='{tuples}' and cs='{values}'")
    return tuples, values


def _order(root: etree._Element, dimension: int) -> tuple[int, ...]:
    """The ``axisOrder`` of the coverage function; empty where it is the usual one."""
    rule = find(root, "coverageFunction", "GridFunction", "sequenceRule")
    text = "" if rule is None else str(rule.get("axisOrder") or "").strip()
    if not text:
        return ()
    found = [_ORDER.fullmatch(word) for word in text.split()]
    order = tuple(int(f"{match[1]}{match[2]}") for match in found if match is not None)
    kind = text_of(rule) if rule is not None else ""
    if (
        sorted(map(abs, order)) != list(range(1, dimension + 1))
        or len(found) != dimension
        or kind not in ("", "Linear")
    ):
        raise TransactionError(
            "InvalidRequest", f"the sequence {kind} '{text}' is not one of all {dimension} axes", locator="sequenceRule"
        )
    return () if order == tuple(range(dimension, 0, -1)) else order


def _file(files: list[etree._Element]) -> FileCells:
    if len(files) != 1:
        raise wrong_number("FileElements", f"the range set has {len(files)} elements File; 1 is accepted")
    references, structures = (children(files[0], name) for name in ("fileReference", "fileStructure"))
    if len(references) != 1:
        raise wrong_number("FileReferenceElements", f"the File has {len(references)} fileReferences; 1 is needed")
    if len(structures) != 1:
        raise wrong_number("FileStructureElements", f"the File has {len(structures)} fileStructures; 1 is needed")
    mime, parameters = find(files[0], "mimeType"), find(files[0], "rangeParameters")
    variables, bands = _parameters("" if parameters is None else text_of(parameters))
    return FileCells(text_of(references[0]), "" if mime is None else text_of(mime), variables, bands)


def _parameters(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Variables and bands that the range parameters name in JSON."""
    if not text:
        return (), ()
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad_parameters(text) from error
    if not isinstance(given, dict) or set(given) - {"variables", "bands"}:
        raise _bad_parameters(text)
    variables, bands = (_listed(given.get(key), text) for key in ("variables", "bands"))
    numbers = [str(one) for one in bands]
    if not all(number.isdigit() for number in numbers):
        raise _bad_parameters(text)
    return tuple(str(one) for one in variables), tuple(int(number) for number in numbers)


def _listed(value: Any, text: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, int):
        return [value]
    if not isinstance(value, list) or not all(isinstance(one, str | int) for one in value):
        raise _bad_parameters(text)
    return value


def _bad_parameters(text: str) -> TransactionError:
    return TransactionError(
        "InvalidParameterValue",
        f'the range parameters \'{text[:80]}\' cannot be read; accepted: JSON as {{"variables": ["sst"]}} '
        'or {"bands": [0, 2]}',
        locator="rangeParameters",
    )


def _split(text: str, separator: str) -> list[str]:
    """The parts of a text; white space around it, and an empty last part, are not counted."""
    if not separator.strip():
        return text.split()
    parts = text.strip().split(separator)
    if parts and not parts[-1].strip():
        parts.pop()
    return parts


def _wrong_count(found: int, what: str, needed: int) -> TransactionError:
    return wrong_number("Pixels", f"the tuple list has {found} {what}; the grid has {needed}")


def _numbers(texts: list[str], one: Field) -> npt.NDArray[Any]:
    """Texts as numbers of the type of a field, shape (cells,)."""
    if one.dtype.kind == "c":
        raise TransactionError(
            "InvalidParameterValue",
            f"field {one.name} is complex: its values cannot stand in a tuple list; refer to a file",
            locator=one.name,
        )
    try:
        values = np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError as error:
        raise TransactionError("InvalidParameterValue", f"field {one.name}: {error}", locator=one.name) from error
    with np.errstate(invalid="ignore", over="ignore"):
        typed = values.astype(one.dtype)
    if one.dtype.kind == "f":
        wrong = np.isfinite(values) & ~np.isfinite(typed)
    else:
        wrong = typed.astype(np.float64) != values
    if wrong.any():
        raise TransactionError(
            "InvalidParameterValue",
            f"field {one.name}: the value {texts[int(np.argmax(wrong))].strip()} is none of its type {one.dtype.name}; "
            "pixelDataType says another type",
            locator=one.name,
        )
    return typed
