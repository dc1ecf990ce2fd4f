# SPDX-License-Identifier: MIT
"""From a GetCoverage request to a query plan.

The order of the steps is that of the extensions' nesting: subset, clip, fields, scale, output CRS. Nothing is read
here; what needs no data is refused here, with the parameter at fault.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from eoxserver.core.axes import Axis, IndexAxis, RegularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageUnusable,
    CrsNotSupported,
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidRequest,
    InvalidSubsetting,
    OutputCrsNotSupported,
    ScaleAxisUndefined,
    SubsettingCrsNotSupported,
    UnsupportedCombination,
    suggest,
)
from eoxserver.core.fields import RangeType
from eoxserver.core.selection import Mode, Subset, select
from eoxserver.query.plan import (
    Factor,
    Interpolation,
    Node,
    Read,
    Reproject,
    Scale,
    ScaleTarget,
    Select,
    SubsetNode,
)
from eoxserver.query.resolver import Resolver
from eoxserver.resources.coverages.crss import require_offered
from eoxserver.services.wcps.clipping import Outlined, clip_node
from eoxserver.services.wcs.v20.requests import AllAxes, GetCoverage, RangeItem, Scaling

__all__ = ["plan_coverage"]

_PIXEL_ALIASES = {"x": "i", "y": "j"}
"""What clients of image CRSs call the columns and rows of a grid without georeference."""


def plan_coverage(request: GetCoverage, coverage: Coverage, crss: Collection[Crs], mode: Mode = "halfopen") -> Node:
    """The plan of a request.

    Parameters
    ----------
    coverage : Coverage
        The one that is asked for.
    crss : collection of Crs
        Those that the service offers, beside the coverage's own.
    mode : str
        How trims that cut cells are read (``core.selection``).

    Raises
    ------
    EOxServerError
        What ``core.selection`` and ``core.fields`` raise; InvalidRequest for a ``clip`` that does not fit the
        coverage; ScaleAxisUndefined; SubsettingCrsNotSupported,
        OutputCrsNotSupported for a CRS that is not offered; InterpolationNotSupported; CoverageUnusable,
        UnsupportedCombination where the grid does not allow the operation.
    """
    domain, subsetting = coverage.domain, request.subsetting_crs
    if subsetting is not None:
        _check_crs(domain, subsetting, crss, "subsettingCrs", SubsettingCrsNotSupported)
    node: Node = Read(request.coverage_id)
    if request.subsets:
        subsets = tuple(_named(domain, subset) for subset in request.subsets)
        node = SubsetNode(node, subsets, subsetting, mode)
        domain = select(domain, subsets, subsetting, mode).domain
    if request.clip is not None:
        node, domain = _clipped(node, domain, coverage, request.clip, subsetting)
    if request.range_items:
        node = Select(node, _positions(coverage.range_type, request.range_items))
    if request.scaling is not None:
        if request.interpolation is not Interpolation.NEAREST:
            raise InterpolationNotSupported(
                f"interpolation '{request.interpolation}' is not available for scaling; accepted: nearest-neighbor",
                locator="interpolation",
            )
        node = Scale(node, _targets(domain, request.scaling), request.interpolation)
    if request.output_crs is not None:
        _check_crs(coverage.domain, request.output_crs, crss, "outputCrs", OutputCrsNotSupported)
        if coverage.domain.horizontal_crs != request.output_crs:
            _check_plane(domain)
            node = Reproject(node, request.output_crs, None, request.interpolation)
    return node


def _clipped(node: Node, domain: Domain, coverage: Coverage, clip: Outlined, crs: Crs | None) -> tuple[Node, Domain]:
    """The node of a clip and the domain it makes; raises InvalidRequest for whatever does not fit the coverage."""
    try:
        clipped = clip_node(node, domain, clip, crs)
        return clipped, Resolver(lambda _: coverage).resolve(clipped).domain
    except (CrsNotSupported, InvalidAxisLabel, InvalidRequest, InvalidSubsetting, UnsupportedCombination) as error:
        raise InvalidRequest(f"clip: {error.message}", locator="clip") from error


def _named(domain: Domain, subset: Subset) -> Subset:
    """The subset by the label of its axis, where it uses another name of a pixel axis."""
    own = _PIXEL_ALIASES.get(subset.label)
    if own is None or subset.label in domain.labels or own not in domain.labels:
        return subset
    return replace(subset, label=own) if isinstance(domain.axis(own), IndexAxis) else subset


def _positions(range_type: RangeType, items: Collection[RangeItem]) -> tuple[int, ...]:
    result: list[int] = []
    for item in items:
        if item.last is None:
            result.append(range_type.index(item.first))
        else:
            result.extend(range_type.interval(item.first, item.last))
    return tuple(result)


def _targets(domain: Domain, scaling: Scaling) -> tuple[ScaleTarget, ...]:
    if isinstance(scaling, AllAxes):
        regular = [axis.label for axis in domain.axes if isinstance(axis, RegularAxis)]
        if not regular:
            raise CoverageUnusable(
                f"there is no regular axis to scale; the axes are {_listed(domain)}", locator="scaleFactor"
            )
        return tuple(Factor(label, scaling.factor) for label in regular)
    result: list[ScaleTarget] = []
    for target in scaling:
        axis = _scale_axis(domain, target.label)
        if any(axis.label == other.label for other in result):
            raise InvalidAxisLabel(f"axis '{axis.label}' is scaled twice", locator=axis.label)
        result.append(replace(target, label=axis.label))
    return tuple(result)


def _scale_axis(domain: Domain, label: str) -> Axis:
    try:
        axis = domain.axis(label)
    except InvalidAxisLabel as error:
        raise ScaleAxisUndefined(
            f"the axis '{label}' to scale is not in the result; {suggest(label, domain.labels)}", locator=label
        ) from error
    if not isinstance(axis, RegularAxis):
        raise CoverageUnusable(f"'{label}' is a non regular axis: only regular axes can be scaled", locator=label)
    return axis


def _check_crs(
    domain: Domain,
    crs: Crs,
    offered: Collection[Crs],
    parameter: str,
    error: type[SubsettingCrsNotSupported | OutputCrsNotSupported],
) -> None:
    """Refuse a CRS that the grid cannot be brought to, or that is not offered."""
    own = domain.horizontal_crs
    if own is None:
        raise CoverageUnusable(
            f"{parameter} needs a coverage with regular x and y axes in one horizontal CRS; "
            f"the axes are {_listed(domain)}",
            locator=parameter,
        )
    if not crs.is_horizontal:
        raise error(f"{parameter}: {crs.uri} is {crs.kind}, not a horizontal CRS", locator=parameter)
    try:
        require_offered(crs, (own, *offered), parameter)
    except CrsNotSupported as refused:
        raise error(refused.message, locator=parameter) from refused


def _check_plane(domain: Domain) -> None:
    if len(domain.axes) != 2 or domain.horizontal is None:
        raise UnsupportedCombination(
            f"outputCrs needs a result of two horizontal axes, this one has {_listed(domain)}; slice the others away",
            locator="outputCrs",
        )


def _listed(domain: Domain) -> str:
    return ", ".join(domain.labels) or "none"
