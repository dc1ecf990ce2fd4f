# SPDX-License-Identifier: MIT
"""Coarser copies of what was imported: options ``scale_levels``, ``scale_factors``, ``pyramid_*``."""

from __future__ import annotations

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.domain import Domain
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.targets.base import Target, renew_members

__all__ = ["check_scales", "scale"]


def check_scales(options: CommonOptions) -> None:
    """Refuse options that exclude each other; raises IngredientsError."""
    if options.scale_levels and options.scale_factors:
        raise IngredientsError(
            "recipe.options has scale_levels and scale_factors; only one of them is accepted",
            locator="recipe.options.scale_factors",
        )
    for name, values in (
        ("scale_levels", options.scale_levels),
        ("scale_factors", [factor for each in options.scale_factors for factor in each.factors]),
    ):
        for value in values:
            if value != int(value):
                raise IngredientsError(
                    f"recipe.options.{name}: {value:g} is no whole number of cells", locator=f"recipe.options.{name}"
                )


def scale(target: Target, identifier: str, options: CommonOptions) -> None:
    """Make the coarser copies of a coverage that is there.

    Raises
    ------
    IngredientsError
        When factors do not go with its axes.
    EOxServerError
        When the target refuses.
    """
    _join_pyramids(target, identifier, options)
    coverage = target.coverage(identifier) if options.scale_levels or options.scale_factors else None
    if coverage is None:
        return
    for level in options.scale_levels:
        plane = coverage.domain.require_horizontal()
        target.add_overview(identifier, {coverage.domain.axes[axis].label: int(level) for axis in plane})
    for each in options.scale_factors:
        target.add_overview(identifier, _factors(coverage.domain, each.factors))


def _join_pyramids(target: Target, identifier: str, options: CommonOptions) -> None:
    """Let other coverages be coarser copies of this one, or this one of others."""
    if options.pyramid_members:
        renew_members(target, identifier, options.pyramid_members, options.pyramid_harvesting)
    for base in options.pyramid_bases:
        renew_members(target, base, [identifier], options.pyramid_harvesting)


def _factors(domain: Domain, given: tuple[float, ...]) -> dict[str, int]:
    """Factors in CRS order by axis, without those that change nothing."""
    key = "recipe.options.scale_factors"
    if len(given) != len(domain.axes):
        raise IngredientsError(f"{key}: {len(given)} factors; the axes are {', '.join(domain.crs_labels)}", locator=key)
    for axis, factor in zip(domain.crs_axes, given, strict=True):
        if isinstance(axis, IrregularAxis) and factor != 1:
            raise IngredientsError(f"{key}: the factor of the irregular axis {axis.label} must be 1", locator=key)
    return {label: int(factor) for label, factor in zip(domain.crs_labels, given, strict=True) if factor != 1}
