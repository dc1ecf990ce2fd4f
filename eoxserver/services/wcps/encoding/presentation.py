# SPDX-License-Identifier: MIT
"""From a result to the coverage that is written: the extra parameters and the format, as lazy transformations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eoxserver.backends.encoders.planes import fill_value
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import InvalidParameterValue, InvalidRequest
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.services.wcps.encoding.colormap import coloured
from eoxserver.services.wcps.encoding.extra import Extra
from eoxserver.services.wcps.encoding.formats import JSON, ResultFormat
from eoxserver.services.wcps.encoding.georeference import placed
from eoxserver.services.wcps.encoding.own_palette import with_own_palette
from eoxserver.services.wcps.encoding.palettes import painted
from eoxserver.services.wcps.encoding.plain import plain
from eoxserver.services.wcps.encoding.transpose import as_image, transposed
from eoxserver.services.wcps.encoding.types import adapted
from eoxserver.services.wcps.encoding.variables import named

__all__ = ["LISTS", "presented"]

DEM, NETCDF, PNG = "DEM", "netCDF", "PNG"
LISTS = frozenset({"CSV", "JSON", "CoverageJSON", NETCDF})
"""Drivers of formats whose axes stand in the order of the grid; all others but GML hold images."""


def presented(coverage: Coverage, wanted: ResultFormat, extra: Extra) -> Coverage:
    """The coverage as it is to be written.

    Raises
    ------
    InvalidParameterValue
        For a parameter that does not fit the result.
    InvalidRequest
        For a parameter that the format has no use for.
    UnsupportedCombination
        For colours or a place that the result cannot have.
    """
    check_applicable(wanted, extra)
    result = coverage
    if extra.color_map is not None:
        result = coloured(result, extra.color_map)
    elif wanted.driver == PNG and extra.palette is None:
        result = with_own_palette(result)
    if extra.nodata:
        result = _with_nodata(result, extra.nodata)
    result = plain(result)
    if extra.metadata:
        result = replace(result, metadata={**result.metadata, **extra.metadata})
    if extra.transpose is not None:
        result = transposed(result, extra.transpose)
        if wanted.driver is not None and wanted.driver not in LISTS:
            result = as_image(result)
    if wanted.driver is not None:
        result = adapted(result, wanted.driver)
    if extra.palette is not None:
        result = painted(result, extra.palette)
    if extra.place is not None:
        result = placed(result, extra.place)
    if extra.variables or extra.dimensions:
        result = named(result, extra.variables, extra.dimensions)
    return result


def check_applicable(wanted: ResultFormat, extra: Extra) -> None:
    """Refuse parameters that mean nothing in the format."""
    if extra.general_grid and wanted.driver not in (None, JSON):
        raise InvalidRequest(
            f"outputType does not apply to the format {wanted.media_type}; accepted: gml, json", locator="outputType"
        )
    if extra.place is not None and extra.place.points is not None and wanted.driver in (None, DEM, *LISTS):
        raise InvalidRequest(
            f"GCPs do not apply to the format {wanted.media_type}; accepted: formats of images", locator="geoReference"
        )
    for key, value in (("variables", extra.variables), ("dimensions", extra.dimensions)):
        if value and wanted.driver != NETCDF:
            raise InvalidRequest(
                f"extra parameter {key} does not apply to the format {wanted.media_type}; accepted: netcdf", locator=key
            )


def _with_nodata(coverage: Coverage, values: Sequence[float]) -> Coverage:
    """The coverage with other nil values: its nil cells come out as them."""
    fields = coverage.range_type.fields
    if len(values) not in (1, len(fields)):
        raise InvalidParameterValue(
            f"extra parameter nodata has {len(values)} values; accepted: one, or one for each of the {len(fields)} "
            f"fields ({', '.join(coverage.range_type.names)})",
            locator="nodata",
        )
    each = values if len(values) == len(fields) else [values[0]] * len(fields)
    made = tuple(_with_nil(field, value) for field, value in zip(fields, each, strict=True))
    return replace(coverage, range_type=RangeType(made))


def _with_nil(field: Field, value: float) -> Field:
    dtype = np.dtype(np.uint8) if field.dtype.kind == "b" else field.dtype
    if fill_value(replace(field, nil=(NilValue(value),)), dtype) is None:
        limits = np.iinfo(dtype)
        raise InvalidParameterValue(
            f"extra parameter nodata={_text(value)}: field {field.name} is {field.dtype}; accepted: an integer from "
            f"{limits.min} to {limits.max}",
            locator="nodata",
        )
    if dtype.kind == "f" and math.isfinite(value):
        most = float(np.finfo(dtype.name).max)
        if abs(value) > most:
            raise InvalidParameterValue(
                f"extra parameter nodata={_text(value)}: field {field.name} is {field.dtype}; accepted: a number from "
                f"{-most} to {most}, NaN, Infinity, -Infinity",
                locator="nodata",
            )
    return replace(field, nil=(NilValue(value),))


def _text(value: float) -> str:
    return repr(value).removesuffix(".0")
