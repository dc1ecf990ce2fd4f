# SPDX-License-Identifier: MIT
"""``clip`` with polygons, lines, curtains and corridors (section 4.3): vertices in the order of the CRS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.query.plan import Clip, Corridor, Trace
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.clipping import Outlined, clip_node
from eoxserver.services.wcps.compile.operands import check_settled, coverage, derived_value
from eoxserver.services.wcps.compile.scope import Failure, Scope
from eoxserver.services.wcps.compile.values import CoverageValue, ShapeValue

__all__ = ["clip", "grid_shift"]


def clip(scope: Scope, tree: nodes.Clip) -> CoverageValue:
    """The part of a coverage in or along a geometry."""
    value = coverage(scope, tree.operand, "clip()")
    crs = scope.crs(tree.crs, tree) if tree.crs is not None else None
    shape = _outlined(scope, tree.shape)
    labels = shape.axes if isinstance(shape, (nodes.Curtain, nodes.Corridor)) else value.domain.labels
    check_settled(scope, value, labels, tree)
    node = clip_node(value.node, value.domain, shape, crs, tree.with_coordinates, scope.plan.placed)
    step = scope.plan.step(node, tree)
    return derived_value(scope, node, tree, grid_shift(value, step.own_domain, _gone(value, node)), value)


def _gone(value: CoverageValue, node: Clip | Trace | Corridor) -> frozenset[str]:
    """The axes of a coverage that a clip has not; its new axis may be called as one of them."""
    match node:
        case Trace():
            labels = node.labels
        case Corridor():
            labels = tuple(label for label in node.track_labels if label not in node.labels)
        case _:
            labels = ()
    return frozenset(value.domain.axis(label).label for label in labels)


def grid_shift(value: CoverageValue, domain: Domain, gone: frozenset[str] = frozenset()) -> tuple[int, ...]:
    """The language's indices of the first cells of a domain cut out of a coverage; new axes count from 0."""
    low = []
    for axis in domain.axes:
        if axis.label not in value.domain.labels or axis.label in gone:
            low.append(0)
            continue
        old = value.domain.axis(axis.label)
        low.append(value.axis_low(axis.label) + _cells_between(old, axis))
    return tuple(low)


def _cells_between(old: Axis, new: Axis) -> int:
    match old, new:
        case RegularAxis(), RegularAxis():
            return round((new.origin - old.origin) / old.step)
        case IndexAxis(), IndexAxis():
            return new.first - old.first
        case IrregularAxis(), IrregularAxis():
            return int(np.argmin(np.abs(old.coefficients - new.coefficients[0])))
        case _:
            return 0


def _outlined(scope: Scope, tree: nodes.Shape | nodes.Curtain | nodes.Corridor | nodes.Variable) -> Outlined:
    """What a coverage is clipped with, with geometries instead of variables."""
    match tree:
        case nodes.Curtain():
            return replace(tree, mask=_shape(scope, tree.mask))
        case nodes.Corridor():
            return replace(tree, track=_shape(scope, tree.track), mask=_shape(scope, tree.mask))
        case _:
            return _shape(scope, tree)


def _shape(scope: Scope, tree: nodes.Shape | nodes.Variable) -> nodes.Shape:
    """A geometry, or the one in a variable of ``let``."""
    if not isinstance(tree, nodes.Variable):
        return tree
    found = scope.variables.get(tree.name)
    if isinstance(found, Failure):
        raise found.error
    if not isinstance(found, ShapeValue):
        raise scope.plan.error(
            WcpsSemanticError, f"{tree.name} is no geometry", tree, "as in let $g := POLYGON((0 0, 0 9, 9 9))"
        )
    return found.shape
