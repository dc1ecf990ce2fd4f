# SPDX-License-Identifier: MIT
"""Variables of netCDF files as cells, in the order and with the values in which they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import DataUnavailable, NoSuchField, suggest

__all__ = ["VariableSource"]


class VariableSource:
    """Variables of one shape, each a field. Nothing is scaled and nothing is masked.

    Parameters
    ----------
    path : str
        Of a local file.
    names : sequence of str
        Of the variables; those in groups as ``group/name``.

    Raises
    ------
    DataUnavailable
        When the file cannot be read, or the variables have different shapes or no numbers.
    NoSuchField
        When there is no such variable.
    """

    def __init__(self, path: str, names: Sequence[str]) -> None:
        self._path = path
        self._names = tuple(names)
        with self._opened() as dataset:
            variables = [self._variable(dataset, name) for name in self._names]
            shapes = {tuple(variable.shape) for variable in variables}
            kinds = {np.dtype(variable.dtype).kind for variable in variables if variable.dtype is not str}
            if len(shapes) != 1 or not kinds <= set("iufbc") or any(one.dtype is str for one in variables):
                raise DataUnavailable(
                    f"variables {', '.join(self._names)} of {Path(path).name} are not numbers of one shape",
                    locator=path,
                )
            self._shape: tuple[int, ...] = shapes.pop()
            self.dtypes: tuple[np.dtype[Any], ...] = tuple(np.dtype(one.dtype).newbyteorder("=") for one in variables)
            self.fill_values: tuple[float | None, ...] = tuple(_fill_value(variable) for variable in variables)
            chunking = variables[0].chunking()
            self._chunks = tuple(chunking) if isinstance(chunking, list) else self._shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Of each variable."""
        return self._shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the first variable."""
        return self._chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self._shape, (1.0,) * len(self._shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box; raises DataUnavailable."""
        values = np.empty((len(fields), *box.shape), np.result_type(*(self.dtypes[field] for field in fields)))
        with self._opened() as dataset:
            for place, number in enumerate(fields):
                values[place] = self._variable(dataset, self._names[number])[box.slices]
        return Cells(values)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """The data set, under the lock of the library."""
        with HDF5_LOCK:
            try:
                dataset = netCDF4.Dataset(self._path)
                try:
                    dataset.set_auto_maskandscale(False)
                    yield dataset
                finally:
                    dataset.close()
            except (OSError, RuntimeError, IndexError) as error:
                raise DataUnavailable(f"{Path(self._path).name} cannot be read: {error}", locator=self._path) from error

    def _variable(self, dataset: Any, name: str) -> Any:
        group, known = dataset, name
        *folders, last = name.strip("/").split("/")
        for folder in folders:
            group = group.groups.get(folder)
            if group is None:
                break
        found = None if group is None else group.variables.get(last)
        if found is None:
            raise NoSuchField(
                f"{Path(self._path).name} has no variable '{known}'; {suggest(name, dataset.variables, 20)}",
                locator=name,
            )
        return found


def _fill_value(variable: Any) -> float | None:
    """What the file says that a missing cell holds."""
    for name in ("_FillValue", "missing_value"):
        if name in variable.ncattrs():
            value = np.asarray(variable.getncattr(name)).ravel()
            return float(value[0]) if value.size and value.dtype.kind in "iuf" else None
    return None
