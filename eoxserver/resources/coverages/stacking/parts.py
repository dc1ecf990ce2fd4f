# SPDX-License-Identifier: MIT
"""What is registered as a slice: a file, where its cells belong, and which of its bands are which fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eoxserver.core.axes import Role
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages.registration.places import Place

__all__ = ["SlicePart"]


@dataclass(frozen=True)
class SlicePart:
    """A file as a part of a coverage."""

    place: Place
    """Where the file is."""
    domain: Domain
    """All axes of the coverage, in its grid order; those that the file does not run along have one cell."""
    range_type: RangeType
    """The fields of the coverage that are in the file, by name; their nil values are nil in this file."""
    bands: tuple[int, ...] = ()
    """The band of each field, from 0; by default the first ones."""
    variables: tuple[str, ...] = ()
    """The variable of each field, for arrays in netCDF, HDF5 and Zarr; empty: the file is a raster of bands."""
    dims: tuple[str, ...] = ()
    """Labels of the axes along which the file's own dimensions run, in its order; rows and columns by default."""
    driver: str = ""
    """Name of the format, if known."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Metadata of the slice."""
    bounds: Mapping[str, tuple[float, float]] | None = None
    """Where they hold, by label; by default at its place on the axes that the file does not have."""

    def own_dims(self) -> tuple[str, ...]:
        """The labels of ``dims``, those by default included.

        Raises
        ------
        InvalidParameterValue
            When an axis of several cells is none of them, or nobody knows which the rows and columns are.
        """
        labels = self.domain.labels
        dims = self.dims
        if not dims:
            y, x = (self.domain.role_index(role) for role in (Role.Y, Role.X))
            if y is None or x is None:
                y, x = len(labels) - 2, len(labels) - 1
            if min(y, x) < 0:
                raise InvalidParameterValue(f"{self.place}: a raster has two axes, the domain has {len(labels)}")
            dims = labels[y], labels[x]
        unknown = [label for label in dims if label not in labels]
        rest = [axis.label for axis in self.domain.axes if axis.size > 1 and axis.label not in dims]
        if unknown or rest or len(set(dims)) != len(dims):
            raise InvalidParameterValue(
                f"{self.place}: its dimensions run along {', '.join(dims)}; the axes of its domain are "
                f"{', '.join(labels)}" + (f", of which {', '.join(rest)} has several cells" if rest else ""),
                locator=(unknown or rest or list(dims))[0],
            )
        return dims
