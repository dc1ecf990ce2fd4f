# SPDX-License-Identifier: MIT
"""Arrays of three dimensions and more in netCDF, HDF5 and Zarr: each grid in a file becomes an n-D coverage."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import MultiPolygon

from eoxserver.backends.access import Access
from eoxserver.backends.locations import DatasetName, split_dataset_name
from eoxserver.backends.readers.arrays.cf import ArrayCube, array_cubes
from eoxserver.backends.readers.arrays.files import ARRAY_NAMES, holds_arrays, is_zarr_name, open_arrays, read_arrays
from eoxserver.core.axes import IndexAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, RegistrationRefused
from eoxserver.resources.coverages.registration.fields import fields_text, size_text
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Fact, Item, Options, Proposal

__all__ = ["ArrayLooker", "DescribedCube", "axes_text", "propose_cube"]

_PREFIXES = ("NETCDF:", "HDF5:", "ZARR:")


@dataclass(frozen=True)
class DescribedCube:
    """Variables of one grid in a file."""

    place: Place
    """Of the file; with the name of a variable where there are several grids, or one was asked for."""
    driver: str
    cube: ArrayCube
    several: bool
    """Whether the file has several grids."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Labels of the axes along its dimensions."""
        return self.cube.domain.labels


class ArrayLooker:
    """Finds the cubes in files.

    Parameters
    ----------
    access : Access
        Reaches files that are not of this machine.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def cubes(self, place: Place, crs: Crs | None, images: bool) -> tuple[DescribedCube, ...]:
        """The cubes at a place; none where it holds no arrays.

        Parameters
        ----------
        crs : Crs, optional
            Of planes whose CRS the file does not name.
        images : bool
            Whether what has one position on all axes but x and y is a cube too.

        Raises
        ------
        DataUnavailable
            When it cannot be read, and no reader of rasters may try it.
        RegistrationRefused
            When a cube has coordinates in a CRS that nobody names.
        """
        path = self._path(place)
        if path is None:
            return ()
        try:
            file = read_arrays(path)
        except DataUnavailable:
            if is_zarr_name(path):
                raise
            return ()  # HDF5 that is no netCDF; or the reader of rasters says what is wrong
        wanted = (place.subdataset,) if place.subdataset else ()
        found = [cube for cube in array_cubes(file, crs, wanted) if images or cube.several]
        for cube in found:
            if cube.without_crs:
                raise RegistrationRefused(
                    f"{place}: the coordinates of {', '.join(cube.variables)} name no CRS; --crs EPSG:CODE says which"
                )
            shape = cube.domain.shape
            last = CellBox(tuple(size - 1 for size in shape), shape)
            open_arrays(path, cube.variables).read(last, [len(cube.variables) - 1])
        several = len(found) > 1
        return tuple(
            DescribedCube(self._named(place, cube.variables[0]) if several else place, file.driver, cube, several)
            for cube in found
        )

    def _path(self, place: Place) -> str | None:
        """What array libraries open; None when it holds no arrays."""
        name = split_dataset_name(place.location.path)
        if name.prefix and not name.prefix.upper().startswith(_PREFIXES):
            return None
        if place.local is not None:
            return name.file if holds_arrays(name.file) else None
        if place.storage is None and not place.location.packages and is_zarr_name(name.file):
            return name.file
        if not place.file.name.lower().endswith(ARRAY_NAMES):
            return None
        return self._access.retrieve_location(place.file.location)

    @staticmethod
    def _named(place: Place, variable: str) -> Place:
        return place.file.named(DatasetName('NETCDF:"', place.file.location.path, f'":{variable}'))


def propose_cube(found: DescribedCube, options: Options, index: int) -> Proposal:
    """What the coverage of a cube is; raises EOxServerError."""
    cube, place = found.cube, found.place
    identifier = options.identifier.fill(place, index, several=found.several, collection=options.collection)
    facts = (
        Fact("identifier", identifier, f"template '{options.identifier.text}'"),
        Fact("reader", f"arrays, driver {found.driver}", "the first bytes of the file"),
        Fact("kind", "Coverage", f"{len(cube.domain.axes)} dimensions"),
        Fact("size", size_text(cube.domain), "the arrays"),
        Fact("axes", axes_text(cube.domain), "the coordinates in the file"),
        Fact("fields", fields_text(cube.range_type), f"the variables {', '.join(cube.variables)}"),
    )
    return Proposal(
        identifier=identifier,
        kind="Coverage",
        items=(Item(place.file, "slice", found.driver, variables=cube.variables),),
        domain=cube.domain,
        range_type=cube.range_type,
        footprint=MultiPolygon(),
        title=cube.metadata.get("title", ""),
        metadata=cube.metadata,
        extra=cube.extra,
        facts=facts,
    )


def axes_text(domain: Domain) -> str:
    """The axes for people: label, kind, size, from where to where."""
    parts = []
    for axis in domain.axes:
        kind = "regular" if isinstance(axis, RegularAxis) else "index" if isinstance(axis, IndexAxis) else "irregular"
        ends = f"{coordinate_text(axis, axis.low)} to {coordinate_text(axis, axis.high)}"
        parts.append(f"{axis.label} ({kind}, {axis.size}: {ends})")
    return ", ".join(parts)
