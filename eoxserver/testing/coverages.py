# SPDX-License-Identifier: MIT
"""Small coverages of every kind, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.rasters import index_domain, raster_domain

__all__ = ["counted", "cube", "fields_of", "image", "index_image", "profile", "single_value"]

BOUNDS = (10.0, 40.0, 20.0, 45.0)
"""West, south, east, north of an image that says nothing else."""


def counted(shape: Sequence[int], dtype: npt.DTypeLike = "uint8") -> npt.NDArray[Any]:
    """Values that differ from their neighbours in every direction, over the range of the type.

    >>> counted((2, 3), "int16").tolist()
    [[0, 7919, 15838], [23757, 31676, -25941]]
    """
    kind = np.dtype(dtype)
    numbers = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    if kind.kind == "b":
        return np.equal(numbers % 3, 0)
    if kind.kind == "c":
        return (numbers + 1j * (numbers % 7)).astype(kind)
    if kind.kind == "f":
        return (numbers / 4).astype(kind)
    return (numbers * 7919 % 65521).astype(kind)


def fields_of(values: npt.NDArray[Any], nil: float | None = None, **given: Any) -> RangeType:
    """A field ``b1``, ``b2``, ... for each plane of ``values``; ``given`` are attributes of all of them."""
    nils = () if nil is None else (NilValue(float(nil)),)
    return RangeType(
        tuple(Field(f"b{number}", values.dtype, nil=nils, **given) for number in range(1, len(values) + 1))
    )


def image(
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None = None,
    *,
    crs: str = "EPSG:4326",
    bounds: tuple[float, float, float, float] = BOUNDS,
    nil: float | None = None,
    range_type: RangeType | None = None,
    north_up: bool = True,
    identifier: str = "image",
) -> Coverage:
    """A georeferenced image.

    Parameters
    ----------
    values : ndarray, shape (field, rows, columns)
    valid : ndarray of bool, optional
        Same shape; where ``nil`` is given and this is not, cells that hold it are not valid.
    """
    if valid is None and nil is not None:
        valid = ~NilValue(float(nil)).matches(values)
    domain = raster_domain(parse_crs(crs), bounds, values.shape[2], values.shape[1], north_up)
    return Coverage(identifier, domain, range_type or fields_of(values, nil), MemorySource(values, valid))


def index_image(values: npt.NDArray[Any], identifier: str = "plain") -> Coverage:
    """An image without place; ``values`` has the shape (field, rows, columns)."""
    domain = index_domain(values.shape[2], values.shape[1])
    return Coverage(identifier, domain, fields_of(values), MemorySource(values))


def cube(
    values: npt.NDArray[Any], *, nil: float | None = None, irregular: bool = True, identifier: str = "cube"
) -> Coverage:
    """A time series of images (or, with four axes, of image stacks by height).

    Parameters
    ----------
    values : ndarray, shape (field, times, rows, columns) or (field, times, heights, rows, columns)
    irregular : bool
        Whether the times have different distances.
    """
    valid = None if nil is None else ~NilValue(float(nil)).matches(values)
    plane = raster_domain(parse_crs("EPSG:4326"), BOUNDS, values.shape[-1], values.shape[-2])
    time = parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")
    size = values.shape[1]
    first: Any
    if irregular:
        days = 148654.0 + np.cumsum(np.arange(1, size + 1, dtype=np.float64))
        first = IrregularAxis("ansi", days, crs=time, unit="d", role=Role.T)
    else:
        first = RegularAxis("ansi", 148654.5, 1.0, size, crs=time, unit="d", role=Role.T)
    axes: list[Any] = [first]
    if values.ndim == 5:
        height = parse_crs("EPSG:5773")
        label = height.axes[0].label
        axes.append(
            IrregularAxis(
                label, np.arange(values.shape[2], dtype=np.float64) ** 2, crs=height, unit="metre", role=Role.Z
            )
        )
    labels = tuple(axis.label for axis in axes) + plane.crs_labels
    return Coverage(
        identifier, Domain((*axes, *plane.axes), labels), fields_of(values, nil), MemorySource(values, valid)
    )


def profile(values: npt.NDArray[Any], identifier: str = "profile") -> Coverage:
    """A row of cells along one index axis; ``values`` has the shape (field, cells)."""
    crs = parse_crs("http://www.opengis.net/def/crs/OGC/0/Index1D")
    domain = Domain((IndexAxis("i", values.shape[1], crs=crs),))
    return Coverage(identifier, domain, fields_of(values), MemorySource(values))


def single_value(value: float, identifier: str = "single") -> Coverage:
    """One cell without any axis."""
    values = np.array([value])
    return Coverage(identifier, Domain(()), fields_of(values), MemorySource(values))
