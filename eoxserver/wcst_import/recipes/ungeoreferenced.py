# SPDX-License-Identifier: MIT
"""Coverages that are stored without georeference: ``coverage.grid_coverage``.

Every axis is one of indices. They count cells from coordinate 0 in steps of the resolution, so that a slice has the
same place in every run, whatever was imported before; sentences that shift ``min`` and ``max`` let them begin
elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from eoxserver.core.axes import Axis, IndexAxis, RegularAxis
from eoxserver.core.crs import Crs, rename_axes
from eoxserver.core.domain import Domain
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.recipes.axes import AxisRule

__all__ = ["check_rules", "index_crs", "remainder", "without_georeference"]

TOLERANCE = 1e-3
"""How far cells may be from the grid of the others [cells]."""
_KEY = "recipe.options.coverage.grid_coverage"


def check_rules(rules: Sequence[AxisRule]) -> None:
    """Refuse axes that have no indices; raises IngredientsError."""
    for rule in rules:
        if rule.given.irregular:
            raise IngredientsError(
                f"{_KEY}: axis {rule.label} is irregular, and its positions have no indices; without grid_coverage it "
                "is stored as it is, with irregular false and a resolution its cells are counted",
                locator=_KEY,
            )


def index_crs(labels: Sequence[str], parse_crs: Callable[[str], Crs]) -> Crs:
    """The CRS of indices along axes of these labels."""
    return rename_axes(parse_crs(f"OGC/0/Index{len(labels)}D"), labels)


def without_georeference(domain: Domain, crs: Crs, remainders: Callable[[], dict[str, float]], path: str) -> Domain:
    """A domain by indices.

    Parameters
    ----------
    crs : Crs
        Of indices along its axes.
    remainders : callable
        Answers how far the first slice is from whole indices, by axis [cells].

    Raises
    ------
    FileRefused
        When the slice is between the cells of the first one.
    """
    first = remainders()
    return Domain(tuple(_counted(axis, crs, first, path) for axis in domain.axes), domain.crs_labels)


def remainder(axis: Axis) -> float:
    """How far the centre of the first cell is behind a whole index [cells]."""
    return 0.0 if not isinstance(axis, RegularAxis) else axis.origin / axis.step - _first(axis)


def _first(axis: RegularAxis) -> int:
    return math.floor(axis.origin / axis.step + TOLERANCE)


def _counted(axis: Axis, crs: Crs, first: dict[str, float], path: str) -> IndexAxis:
    if isinstance(axis, IndexAxis):
        return IndexAxis(axis.label, axis.size, axis.first, crs)
    if not isinstance(axis, RegularAxis):
        raise FileRefused(f"{path}: axis {axis.label} has no indices ({_KEY})", locator=path)
    if abs(remainder(axis) - first[axis.label]) > TOLERANCE:
        raise FileRefused(
            f"{path}: along {axis.label} it lies {remainder(axis) - first[axis.label]:+.3g} cells off the grid of the "
            f"files before ({_KEY}); gdalwarp -tap aligns files",
            locator=path,
        )
    return IndexAxis(axis.label, axis.size, _first(axis), crs)
