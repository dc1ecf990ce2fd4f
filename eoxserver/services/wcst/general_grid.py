# SPDX-License-Identifier: MIT
"""General grids of CIS 1.1 (OGC 09-146r8, clause 8.3) as domains.

Bounds of regular axes are the outer edges of the first and last cell. The axes stand in grid order, their labels in the
attribute ``axisLabels`` in CRS order.
"""

from __future__ import annotations

import numpy as np
from lxml import etree

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import parse_number
from eoxserver.core.crs import ParseCrs
from eoxserver.core.domain import Domain, same_label
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.grids import FrameAxis, coordinate, frame_of, made_domain
from eoxserver.services.wcst.xmlinput import children, every, find, local_name, one, text_of

__all__ = ["general_grid"]

_KINDS = ("RegularAxis", "IrregularAxis", "IndexAxis")
TOLERANCE = 1e-3
"""How far bounds may be from a whole number of cells [cells]."""


def general_grid(domain_set: etree._Element, parse: ParseCrs) -> Domain:
    """The domain that a ``cis11:DomainSet`` describes.

    Raises
    ------
    TransactionError, CrsUnknown
    """
    grid = one(domain_set, "GeneralGrid", "GridType")
    frame = frame_of(str(grid.get("srsName") or ""), str(grid.get("axisLabels") or "").split(), parse)
    elements = [child for child in every(grid) if local_name(child)[:1].upper() + local_name(child)[1:] in _KINDS]
    axes: list[Axis] = []
    for element in elements:
        label = str(element.get("axisLabel") or "")
        about = next((one for one in frame.axes if same_label(one.label, label)), None)
        if about is None:
            raise TransactionError("InvalidRequest", f"axis '{label}' is none of {frame.labels}", locator="axisLabel")
        axes.append(_axis(element, about))
    if sorted(axis.label for axis in axes) != sorted(frame.labels):
        raise TransactionError(
            "InvalidRequest", f"the grid must have one axis for each of {' '.join(frame.labels)}", locator="GeneralGrid"
        )
    _check_limits(grid, axes)
    return made_domain(axes, frame)


def _axis(element: etree._Element, about: FrameAxis) -> Axis:
    kind = local_name(element).lower()
    if kind == "irregularaxis":
        values = [coordinate(text_of(each), about) for each in children(element, "C")]
        if not values:
            raise TransactionError("InvalidRequest", f"axis {about.label} has no coordinates", locator=about.label)
        try:
            return IrregularAxis(about.label, np.array(values), about.crs, about.unit, about.role)
        except ValueError as error:
            raise TransactionError("InvalidRequest", str(error), locator=about.label) from error
    low, high = (coordinate(str(element.get(name) or ""), about) for name in ("lowerBound", "upperBound"))
    if kind == "indexaxis":
        if low != int(low) or high != int(high) or high < low:
            raise _no_interval(about, low, high)
        return IndexAxis(about.label, int(high) - int(low) + 1, int(low), about.crs, about.unit, about.role)
    step = parse_number(str(element.get("resolution") or "").split(" ")[0])
    if not step:
        raise TransactionError("InvalidRequest", f"axis {about.label} has no resolution", locator=about.label)
    size = (high - low) / abs(step)
    if round(size) < 1 or abs(size - round(size)) > TOLERANCE:
        raise _no_interval(about, low, high)
    start = low if step > 0 else high
    return RegularAxis(about.label, start + step / 2, step, round(size), about.crs, about.unit, about.role)


def _check_limits(grid: etree._Element, axes: list[Axis]) -> None:
    """Refuse limits of another shape than that of the axes."""
    limits = find(grid, "GridLimits")
    if limits is None:
        return
    for element, axis in zip(children(limits, "IndexAxis"), axes, strict=False):
        low, high = (parse_number(str(element.get(name) or "")) for name in ("lowerBound", "upperBound"))
        if low is None or high is None or high - low + 1 != axis.size:
            raise TransactionError(
                "WCSTWrongIntervalFormat",
                f"the grid limits of axis {axis.label} are not those of its {axis.size} cells",
                locator="GridLimits",
            )


def _no_interval(about: FrameAxis, low: float, high: float) -> TransactionError:
    return TransactionError(
        "WCSTWrongIntervalFormat", f"axis {about.label}: {low} to {high} are no whole cells", locator=about.label
    )
