# SPDX-License-Identifier: MIT
"""What a raster says of itself, in the terms of the coverage model.

Place: a geotransform along the axes and a known CRS give regular axes; a geotransform without a usable CRS gives
``bounds`` and index axes, so that whoever registers can name the CRS; ground control points give tie points. Values
are never scaled: scale and offset of a band are metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from eoxserver.backends.readers.base import Description
from eoxserver.backends.readers.layout import band_dtype, nil_values
from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import ContainerRefused, CrsNotSupported, CrsUnknown, RegistrationRefused
from eoxserver.core.fields import Colour, Field, RangeType
from eoxserver.core.rasters import index_domain, raster_domain

__all__ = ["describe_raster", "field_names", "unit_code"]

ALONG_AXES = 1e-9
"""Rotation terms of a geotransform up to this part of a cell are noise."""


def describe_raster(dataset: DatasetReader, path: str) -> Description:
    """Describe an open raster.

    Raises
    ------
    ContainerRefused
        For a container without cells of its own.
    RegistrationRefused
        For a grid that is rotated or mirrored, and for a container of nothing; with the remedy.
    """
    subdatasets = tuple(dataset.subdatasets)
    if not dataset.count:
        if not subdatasets:
            raise RegistrationRefused(f"{path}: has no bands, and no data sets inside that have", locator=path)
        raise ContainerRefused(
            f"{path}: has no bands of its own; register one of the data sets inside: {', '.join(subdatasets)}",
            datasets=subdatasets,
            locator=path,
        )
    crs = known_crs(dataset)
    bounds, north_up = _bounds(dataset, path)
    return Description(
        driver=dataset.driver,
        domain=_domain(dataset, crs, bounds, north_up),
        range_type=RangeType(_fields(dataset)),
        bounds=bounds,
        north_up=north_up,
        tie_points=_tie_points(dataset),
        metadata=_metadata(dataset),
        subdatasets=subdatasets,
    )


def known_crs(dataset: DatasetReader) -> Crs | None:
    """The CRS of a raster, by its code where it has one; None without one that has a place on the Earth."""
    return _crs(dataset.crs)


def field_names(descriptions: Sequence[str | None]) -> tuple[str, ...]:
    """Names for fields, unique NCNames, from the descriptions of bands; ``b1``, ``b2``, ... where there is none.

    >>> field_names([None, "near infrared", "10m", "near-infrared"])
    ('b1', 'near_infrared', '_10m', 'near_infrared_2')
    """
    names: list[str] = []
    for number, description in enumerate(descriptions, 1):
        base = re.sub(r"[^A-Za-z0-9_]+", "_", (description or "").strip()).strip("_") or f"b{number}"
        base = base if re.match("[A-Za-z_]", base) else f"_{base}"
        name, count = base, 2
        while name in names:
            name, count = f"{base}_{count}", count + 1
        names.append(name)
    return tuple(names)


def unit_code(text: str | None) -> str:
    """The unit of a band as the code of a ``swe:uom``, which has no blanks (SWE Common 2.0, clause 8.2.11).

    >>> unit_code("m3 m-3"), unit_code(None)
    ('m3.m-3', '10^0')
    """
    code = ".".join((text or "").split()).replace(":", "")
    return "10^0" if code in ("", "1") else code


def _crs(crs: Any) -> Crs | None:
    """Our CRS of rasterio's."""
    if not crs:
        return None
    code = crs.to_epsg(confidence_threshold=100)
    text = f"EPSG:{code}" if code else crs.to_wkt()
    try:
        found = parse_crs(text)
    except CrsUnknown:
        return None
    return found if found.horizontal is not None else None


def _bounds(dataset: DatasetReader, path: str) -> tuple[tuple[float, float, float, float] | None, bool]:
    """The outer edges in x and y, and whether the first row is the northernmost."""
    t = dataset.transform
    if t.is_identity:
        return None, True
    if abs(t.b) > ALONG_AXES * abs(t.a) or abs(t.d) > ALONG_AXES * abs(t.e) or t.a < 0:
        kind = "mirrored" if t.a < 0 and not t.b else "rotated"
        raise RegistrationRefused(
            f"{path}: the grid is {kind} (geotransform {', '.join(f'{v:g}' for v in t.to_gdal())}); "
            "bring it to rows along x and columns along y first, for example with gdalwarp",
            locator=path,
        )
    right, end = t.c + t.a * dataset.width, t.f + t.e * dataset.height
    return (t.c, min(t.f, end), right, max(t.f, end)), t.e < 0


def _domain(
    dataset: DatasetReader, crs: Crs | None, bounds: tuple[float, float, float, float] | None, north_up: bool
) -> Domain:
    if crs is not None and bounds is not None:
        try:
            return raster_domain(crs, bounds, dataset.width, dataset.height, north_up)
        except CrsNotSupported:
            pass
    return index_domain(dataset.width, dataset.height)


def _fields(dataset: DatasetReader) -> tuple[Field, ...]:
    names = field_names(dataset.descriptions)
    return tuple(
        Field(
            name=name,
            dtype=band_dtype(dataset.dtypes[band]),
            unit=unit_code(dataset.units[band]),
            nil=nil_values(dataset, band),
            label=dataset.descriptions[band] or "",
            interpretation="" if (colour := dataset.colorinterp[band]) is ColorInterp.undefined else colour.name,
            palette=_palette(dataset, band),
        )
        for band, name in enumerate(names)
    )


def _palette(dataset: DatasetReader, band: int) -> tuple[Colour, ...] | None:
    if dataset.colorinterp[band] is not ColorInterp.palette:
        return None
    try:
        table: dict[int, Colour] = dataset.colormap(band + 1)
    except ValueError:  # the band claims a colour table and has none
        return None
    return tuple(table.get(value, (0, 0, 0, 255)) for value in range(max(table, default=-1) + 1)) or None


def _tie_points(dataset: DatasetReader) -> TiePoints | None:
    points, gcp_crs = dataset.gcps
    crs = _crs(gcp_crs)
    if not points or crs is None:
        return None
    rows, columns, x, y = (np.array([getattr(point, name) for point in points]) for name in ("row", "col", "x", "y"))
    return TiePoints(crs, rows, columns, x, y)


def _metadata(dataset: DatasetReader) -> dict[str, str]:
    """Metadata items of the raster; those of a band as ``band.NUMBER.KEY``, scale and offset among them."""
    found = {str(key): str(value) for key, value in dataset.tags().items()}
    for band in range(dataset.count):
        own = {str(key): str(value) for key, value in dataset.tags(band + 1).items()}
        if (dataset.scales[band], dataset.offsets[band]) != (1.0, 0.0):
            own |= {"scale": repr(float(dataset.scales[band])), "offset": repr(float(dataset.offsets[band]))}
        if dataset.units[band]:
            own["unit"] = dataset.units[band]
        found |= {f"band.{band + 1}.{key}": value for key, value in own.items()}
    return found
