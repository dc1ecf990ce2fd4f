# SPDX-License-Identifier: MIT
"""Coordinate reference systems: identity, notations, axes, times, transformations.

``parse_crs`` reads every notation (``notation``); EPSG and other registered CRSs come from PROJ's database, with its
axis order (``registry``); time and index CRSs of the authority OGC from our own table (``ogc``), as are projections
with a centre of the request's own (``auto``). ``definitions`` are those of an administrator. ``transforms`` moves
points and boxes between horizontal CRSs, ``scales`` instants to numbers and back. Nothing here uses the network.
"""

from eoxserver.core.crs.definitions import NO_DEFINITIONS, Definition, Definitions, Parameter
from eoxserver.core.crs.identity import ROOT, Crs, CrsAxis, Kind, TimeScale, compound_crs, rename_axes, same_crs
from eoxserver.core.crs.notation import ParseCrs, check_definition, parse_crs, parse_stored, stored_text
from eoxserver.core.crs.ogc import GRID_CRS, TIME_UNITS, index_crs
from eoxserver.core.crs.registry import epsg_crs
from eoxserver.core.crs.scales import to_instant, to_number
from eoxserver.core.crs.transforms import (
    Bounds,
    area_of_use,
    same_horizontal,
    separable,
    split_antimeridian,
    transform_bounds,
    transform_points,
    wgs84_bounds,
)

__all__ = [
    "GRID_CRS", "NO_DEFINITIONS", "ROOT", "TIME_UNITS", "Bounds", "Crs", "CrsAxis", "Definition", "Definitions", "Kind",
    "Parameter", "ParseCrs", "TimeScale", "area_of_use", "check_definition", "compound_crs", "epsg_crs", "index_crs",
    "parse_crs", "parse_stored", "rename_axes", "same_crs", "same_horizontal", "separable", "split_antimeridian",
    "stored_text", "to_instant", "to_number", "transform_bounds", "transform_points", "wgs84_bounds",
]  # fmt: skip
