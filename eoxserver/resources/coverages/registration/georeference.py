# SPDX-License-Identifier: MIT
"""The place of a raster that does not say it itself, or not wholly: CRS and bounds as a command gives them."""

from __future__ import annotations

from dataclasses import replace

from eoxserver.backends.descriptions import Description
from eoxserver.core.axes import Axis, RegularAxis, Role
from eoxserver.core.crs import index_crs, rename_axes
from eoxserver.core.domain import Domain
from eoxserver.core.errors import RegistrationRefused
from eoxserver.core.rasters import raster_domain
from eoxserver.resources.coverages.registration.fields import bounds_text
from eoxserver.resources.coverages.registration.proposals import Options

__all__ = ["given_domain"]


def given_domain(description: Description, options: Options) -> Domain:
    """The domain of a raster that names no CRS; further axes of an array stay index axes.

    Raises
    ------
    RegistrationRefused
        When it has no bounds and none are given, or no CRS is given, or nobody knows which axes are y and x.
    """
    bounds = description.bounds or options.bounds
    if bounds is None:
        raise RegistrationRefused(
            "the raster is not georeferenced: it has neither a geotransform nor tie points; --crs EPSG:CODE with "
            "--bounds MINX MINY MAXX MAXY would do, or a world file beside it and --crs"
        )
    if options.crs is None:
        west, south, east, north = bounds
        degrees = -360 <= west <= east <= 360 and -91 <= south <= north <= 91
        hint = "its bounds look like degrees: try --crs EPSG:4326" if degrees else "say which with --crs EPSG:CODE"
        raise RegistrationRefused(f"the raster names no CRS (bounds {bounds_text(bounds)}); {hint}")
    y, x = _plane(description.domain)
    sizes = description.domain.shape
    plane = raster_domain(options.crs, bounds, sizes[x], sizes[y], description.north_up)
    if len(sizes) == 2:
        return plane
    others = [position for position in range(len(sizes)) if position not in (y, x)]
    labels = [description.domain.labels[position] for position in others]
    crs = rename_axes(index_crs(len(others)), labels)
    axes: list[Axis] = list(description.domain.axes)
    axes[y], axes[x] = plane.axes
    for position in others:
        axis = axes[position]
        axes[position] = axis if isinstance(axis, RegularAxis) else replace(axis, crs=crs)
    return Domain(tuple(axes), (*labels, *plane.crs_labels))


def _plane(domain: Domain) -> tuple[int, int]:
    """The positions of the y and x axes: those with these roles; of two axes without, the first is y."""
    y, x = domain.role_index(Role.Y), domain.role_index(Role.X)
    if y is None and x is None and len(domain.axes) == 2:
        y, x = 0, 1
    if y is None or x is None or x < y:
        raise RegistrationRefused(
            f"the array's axes are {', '.join(domain.labels)}: a raster has y before x, and further axes before or "
            "between them; a location may give another order where its storage knows one"
        )
    return y, x
