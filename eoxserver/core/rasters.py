# SPDX-License-Identifier: MIT
"""The domain of a 2-D raster, from what every raster format says of its place.

Rows run along y, columns along x; grid order is (y, x), CRS order is what the CRS says.
"""

from __future__ import annotations

from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.crs import Crs, CrsAxis, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported

__all__ = ["index_domain", "raster_domain"]


def raster_domain(
    crs: Crs, bounds: tuple[float, float, float, float], width: int, height: int, north_up: bool = True
) -> Domain:
    """The domain of a georeferenced raster.

    Parameters
    ----------
    bounds : tuple
        Outer edges of the raster (min x, min y, max x, max y) [CRS units], x being easting or longitude.
    width, height : int
        Columns and rows.
    north_up : bool
        Whether the first row is the one with the greatest y.

    Raises
    ------
    CrsNotSupported
        When the CRS has no two horizontal axes.
    """
    horizontal = crs.horizontal
    axes = {} if horizontal is None else {axis.role: axis for axis in horizontal.axes}
    if horizontal is None or Role.X not in axes or Role.Y not in axes:
        raise CrsNotSupported(
            f"{crs.uri} has no horizontal axes; a raster needs an easting and a northing", locator="crs"
        )
    min_x, min_y, max_x, max_y = bounds
    x_step, y_step = (max_x - min_x) / width, (max_y - min_y) / height
    x = _axis(axes[Role.X], horizontal, min_x + x_step / 2, x_step, width)
    if north_up:
        y = _axis(axes[Role.Y], horizontal, max_y - y_step / 2, -y_step, height)
    else:
        y = _axis(axes[Role.Y], horizontal, min_y + y_step / 2, y_step, height)
    order = tuple(axis.label for axis in horizontal.axes if axis.role in (Role.X, Role.Y))
    return Domain((y, x), order)


def index_domain(width: int, height: int) -> Domain:
    """The domain of a raster that is not georeferenced: column ``i`` and row ``j``, counted from 0."""
    crs = parse_crs("http://www.opengis.net/def/crs/OGC/0/Index2D")
    return Domain((IndexAxis("j", height, crs=crs), IndexAxis("i", width, crs=crs)), ("i", "j"))


def _axis(axis: CrsAxis, crs: Crs, origin: float, step: float, size: int) -> RegularAxis:
    return RegularAxis(axis.label, origin, step, size, crs=crs, unit=axis.unit, role=axis.role)
