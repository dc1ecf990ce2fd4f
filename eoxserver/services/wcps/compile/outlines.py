# SPDX-License-Identifier: MIT
"""``polygonize`` (section 4.6): what can be, and in which format."""

from __future__ import annotations

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.errors import InvalidRequest, WcpsSemanticError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.operands import coverage
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.values import OutlinesValue

__all__ = ["polygonize"]


def polygonize(scope: Scope, tree: nodes.Polygonize) -> OutlinesValue:
    """The regions of equal cells of a coverage of two axes and one band."""
    value = coverage(scope, tree.operand, "polygonize()")
    axes = value.domain.axes
    if len(axes) != 2 or len(value.range_type) != 1:
        raise scope.plan.error(
            InvalidRequest,
            f"polygonize() takes a coverage of 2 axes and 1 band, and this has {len(axes)} "
            f"({', '.join(value.domain.labels)}) and {len(value.range_type)} ({', '.join(value.range_type.names)})",
            tree,
        )
    for axis in axes:
        if isinstance(axis, IrregularAxis):
            raise scope.plan.error(
                InvalidRequest, f"axis {axis.label} is irregular: its cells have no outline", tree, locator=axis.label
            )
    if value.range_type.fields[0].dtype.kind == "c":
        raise scope.plan.error(WcpsSemanticError, "polygonize() takes no complex numbers", tree, "take abs, re or im")
    if value.iterators:
        raise scope.plan.error(WcpsSemanticError, "polygonize() stands in no condenser or constructor", tree)
    if not isinstance(tree.format, nodes.String):
        raise scope.plan.error(
            WcpsSemanticError, f"parameter ${tree.format.number} did not come with the query", tree.format
        )
    return OutlinesValue(value, tree.format.value, tree.connectivity)
