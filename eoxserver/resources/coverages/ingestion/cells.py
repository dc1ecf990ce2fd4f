# SPDX-License-Identifier: MIT
"""Copying the cells of sources into a cube, block by block: types are converted where no value is lost.

Fields of one type are read together, so that the common type in which a source answers is their own. Blocks are read in
several threads and written in one, in their order, so that later parts lie over earlier ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Along, Update
from eoxserver.backends.readers.nil import mask_nil
from eoxserver.core.blocks import block_shape, split
from eoxserver.core.coverage import CellBox, Cells, Source
from eoxserver.core.errors import InconsistentChange
from eoxserver.core.fields import Field, RangeType

__all__ = ["Copying", "check_fields", "copy", "storable"]

BLOCK_BYTES = 32 * 2**20
"""Of the cells that are read at a time."""

_INSTEAD = {"int64": "float64", "uint64": "float64", "float16": "float32"}


def storable(range_type: RangeType) -> RangeType:
    """The range type with types that cubes have in place of those they lack; values are checked as they come."""
    return RangeType(
        tuple(
            replace(field, dtype=np.dtype(_INSTEAD[field.dtype.name])) if field.dtype.name in _INSTEAD else field
            for field in range_type.fields
        )
    )


def check_fields(whole: RangeType, part: RangeType) -> None:
    """Refuse fields that cannot become those of a coverage.

    Raises
    ------
    InconsistentChange
        When there are more or fewer, or complex numbers would have to become real ones.
    """
    if len(whole) != len(part):
        raise InconsistentChange(
            f"there are {len(part)} fields, {', '.join(part.names)}; those of the coverage are {', '.join(whole.names)}"
        )
    for field, given in zip(whole.fields, part.fields, strict=True):
        if not _may_cast(given.dtype, field.dtype):
            raise InconsistentChange(
                f"field {given.name} is {given.dtype}, which cannot become {field.dtype}, the type of {field.name}",
                locator=given.name,
            )


def _may_cast(given: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    if given == wanted:
        return True
    return given.names is None and wanted.names is None and (given.kind != "c" or wanted.kind == "c")


@dataclass(frozen=True, slots=True)
class Copying:
    """Cells of a source, and where in a cube they belong."""

    source: Source
    given: Sequence[Field]
    """Of the source; nil values of fields that have some are nil, else those of the cube's field."""
    wanted: Sequence[Field]
    """Of the cube."""
    along: Mapping[str, Along]
    """Where the cells go, for each axis."""
    chunks: Sequence[int]
    """Of the cube, or of the source for a new one."""

    def blocks(self) -> Iterator[Callable[[], _Block]]:
        """Functions that read one block each, in types of the cube; all cells, each once."""
        pairs = _pairs(self.given, self.wanted)
        masked = mask_nil(self.source, [own if own.nil else replace(own, nil=field.nil) for own, field in pairs])
        for fields in _groups(self.given, self.wanted):
            most = max(1, BLOCK_BYTES // sum(self.given[field].dtype.itemsize for field in fields))
            for box in _boxes(self.source.shape, self.chunks, list(self.along.values()), most):
                yield partial(self._read, masked, box, fields)

    def _read(self, masked: Source, box: CellBox, fields: Sequence[int]) -> _Block:
        cast = _cast(masked.read(box, fields), [self.wanted[field] for field in fields])
        where = {label: each[part] for (label, each), part in zip(self.along.items(), box.slices, strict=True)}
        return _Block(where, cast, fields)


@dataclass(frozen=True, slots=True)
class _Block:
    where: Mapping[str, Along]
    cells: Cells
    fields: Sequence[int]


def copy(parts: Iterable[Copying], update: Update, keep: bool, readers: int = 1) -> None:
    """Write all cells of parts, one after the other; blocks are read ahead.

    Parameters
    ----------
    keep : bool
        Whether nil cells leave what is there.
    readers : int
        How many blocks are read at a time; so many may wait to be written.

    Raises
    ------
    DataUnavailable
        When a source cannot be read.
    InconsistentChange
        When the cube's type does not have a value.
    """
    with closing(_ahead((task for part in parts for task in part.blocks()), readers)) as blocks:
        for block in blocks:
            update.write(block.where, block.cells, block.fields, keep)


def _ahead(tasks: Iterator[Callable[[], _Block]], readers: int) -> Generator[_Block]:
    """What functions answer, in their order; some are called before what they answer is wanted."""
    first = list(islice(tasks, 2))
    if len(first) < 2:
        yield from (task() for task in first)
        return
    waiting: deque[Future[_Block]] = deque()
    with ThreadPoolExecutor(readers) as pool:
        try:
            for task in chain(first, tasks):
                waiting.append(pool.submit(task))
                if len(waiting) > readers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _pairs(given: Sequence[Field], wanted: Sequence[Field]) -> Iterator[tuple[Field, Field]]:
    return zip(given, wanted, strict=True)


def _groups(given: Sequence[Field], wanted: Sequence[Field]) -> Iterator[list[int]]:
    """Fields that follow each other and have one type, before and after."""
    numbers = range(len(given))
    for _, group in groupby(numbers, key=lambda number: (given[number].dtype, wanted[number].dtype)):
        yield list(group)


def _boxes(shape: tuple[int, ...], chunks: Sequence[int], along: Sequence[Along], max_cells: int) -> Iterator[CellBox]:
    """Boxes that cover the shape, cut where chunks of the cube end."""
    block = block_shape(shape, [max(1, chunk) for chunk in chunks], max_cells)
    shift = tuple(
        cells.start % size if isinstance(cells, range) else 0 for cells, size in zip(along, block, strict=True)
    )
    back = tuple(-by for by in shift)
    for box in split(CellBox.whole(shape).shifted(shift), block):
        yield box.shifted(back)


def _cast(cells: Cells, fields: Sequence[Field]) -> Cells:
    """The cells in the type of the fields, which is one."""
    wanted, values = fields[0].dtype, cells.values
    if values.dtype == wanted:
        return cells
    if np.can_cast(values.dtype, wanted, "safe") and values.dtype.name not in _INSTEAD:
        return Cells(values.astype(wanted), cells.valid)
    if cells.valid is not None:
        values = np.where(cells.valid, values, np.zeros((), values.dtype))
    with np.errstate(invalid="ignore", over="ignore"):
        cast = values.astype(wanted)
        lost = _lost(values, cast)
    if lost.any():
        number = int(np.argmax(lost.reshape(len(fields), -1).any(axis=1)))
        raise InconsistentChange(
            f"the value {values[lost][0]} cannot be {wanted}, the type of field {fields[number].name}",
            locator=fields[number].name,
        )
    return Cells(cast, cells.valid)


def _lost(values: npt.NDArray[Any], cast: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a value is another one after the cast; fewer digits of a fraction are no loss."""
    lost: npt.NDArray[np.bool_]
    if cast.dtype.kind in "fc" and values.dtype.kind in "fc":
        lost = np.isfinite(values) & ~np.isfinite(cast)
    elif cast.dtype.kind in "fc":
        lost = cast.real.astype(values.dtype) != values
    else:
        lost = cast != values
    return lost
