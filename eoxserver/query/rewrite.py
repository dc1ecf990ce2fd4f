# SPDX-License-Identifier: MIT
"""Plans made cheaper without changing a cell.

Subsets and field selections move towards the sources, neighbours of one kind become one node, what changes nothing
disappears. A subset moves below a node along the axes which that node leaves alone, and then is given in cell numbers,
so that it selects the same cells wherever it stands. A selection of fields stays above an overlay: which of its inputs
wins depends on all fields.

Which level (overview) a node reads is no rewriting: ``steps`` chooses it from the resolutions alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, TypeGuard

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.core.selection import GRID, Slice, Subset, Trim, select
from eoxserver.query.grids import reprojected_domain, scaled_domain
from eoxserver.query.plan import Interpolation, Node, Overlay, Read, Reproject, Scale, Select, SubsetNode
from eoxserver.query.steps import Lookup

__all__ = ["rewrite"]


def rewrite(plan: Node, lookup: Lookup) -> Node:
    """A plan that gives the same coverage.

    Raises
    ------
    EOxServerError
        When the plan asks for what its coverages do not have.
    """
    return plan if _settled(plan, lookup) or not _simple(plan) else _made(plan, lookup).node


_Simple: TypeAlias = Read | SubsetNode | Select | Scale | Reproject | Overlay


def _simple(plan: Node) -> TypeGuard[_Simple]:
    """Whether a plan only selects, resamples and paints; what computes cells reads no more than it is asked for."""
    waiting, seen = [plan], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not isinstance(node, _Simple):
            return False
        waiting.extend(node.inputs if isinstance(node, Overlay) else () if isinstance(node, Read) else (node.input,))
    return True


def _settled(plan: Node, lookup: Lookup) -> bool:
    """Whether a plan is as simple as maps are: some fields of a coverage on a given grid."""
    if not isinstance(plan, Reproject) or plan.grid is None:
        return isinstance(plan, Read)
    below = plan.input
    if isinstance(below, Select) and isinstance(below.input, Read):
        return below.fields != tuple(range(len(lookup(below.input.coverage_id).range_type)))
    return isinstance(below, Read)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A rewritten node."""

    node: Node
    domain: Domain
    field_count: int
    inputs: tuple[_Made, ...] = ()
    box: CellBox | None = None
    """What a ``SubsetNode`` selects of its input."""
    sliced: frozenset[int] = frozenset()


def _made(node: Node, lookup: Lookup) -> _Made:
    """Rewrite a node and all below, from the sources upwards."""
    assert isinstance(node, _Simple)
    if isinstance(node, Read):
        coverage = lookup(node.coverage_id)
        return _Made(node, coverage.domain, len(coverage.range_type))
    if isinstance(node, Overlay):
        return _overlay(tuple(_made(each, lookup) for each in node.inputs))
    below = _made(node.input, lookup)
    match node:
        case SubsetNode():
            chosen = select(below.domain, node.subsets, node.crs, node.mode)
            return _subset(below, chosen.box, chosen.sliced)
        case Select():
            return _select(below, node.fields)
        case Scale():
            return _scale(node, below)
        case Reproject():
            return _reproject(node, below)


def _overlay(inputs: tuple[_Made, ...]) -> _Made:
    """An overlay of overlays is one overlay."""
    flat = tuple(part for each in inputs for part in (each.inputs if isinstance(each.node, Overlay) else (each,)))
    if len(flat) == 1:
        return flat[0]
    domain, count = (flat[0].domain, flat[0].field_count) if flat else (Domain(()), 0)
    return _Made(Overlay(tuple(each.node for each in flat)), domain, count, flat)


def _scale(node: Scale, below: _Made) -> _Made:
    domain = scaled_domain(below.domain, node.targets)
    if domain == below.domain:
        return below
    return _Made(replace(node, input=below.node), domain, below.field_count, (below,))


def _reproject(node: Reproject, below: _Made) -> _Made:
    domain = reprojected_domain(below.domain, node.crs, node.grid)
    if domain is below.domain:
        return below
    return _Made(replace(node, input=below.node), domain, below.field_count, (below,))


def _select(made: _Made, fields: tuple[int, ...]) -> _Made:
    """Some fields of what a node makes."""
    if fields == tuple(range(made.field_count)):
        return made
    known = all(0 <= position < made.field_count for position in fields)
    match made.node:
        case Select(fields=inner) if known and len(set(inner)) == len(inner):
            return _select(made.inputs[0], tuple(inner[position] for position in fields))
        case Scale() if known:
            return _scale(made.node, _select(made.inputs[0], fields))
        case Reproject() if known:
            return _reproject(made.node, _select(made.inputs[0], fields))
    return _Made(Select(made.node, fields), made.domain, len(fields), (made,))


def _subset(made: _Made, box: CellBox, sliced: frozenset[int]) -> _Made:
    """A box of the cells that a node makes, without some axes."""
    if not sliced and box.shape == made.domain.shape:
        return made
    match made.node:
        case SubsetNode():
            return _subset(made.inputs[0], *_composed(made, box, sliced))
        case Select(fields=fields):
            return _select(_subset(made.inputs[0], box, sliced), fields)
        case Overlay():
            return _overlay(tuple(_subset(each, box, sliced) for each in made.inputs))
        case Scale() | Reproject():
            return _split(made, made.node, box, sliced)
    return _placed(made, box, sliced)


def _placed(made: _Made, box: CellBox, sliced: frozenset[int]) -> _Made:
    """A subset right above a node."""
    if not sliced and box.shape == made.domain.shape:
        return made
    changes = {
        position: axis.cells(box.low[position], box.high[position])
        for position, axis in enumerate(made.domain.axes)
        if box.shape[position] != axis.size
    }
    subsets: list[Subset] = []
    for position, axis in enumerate(made.domain.axes):
        first = axis.first if isinstance(axis, IndexAxis) else 0
        if position in sliced:
            subsets.append(Slice(axis.label, first + box.low[position], GRID))
        elif position in changes:
            subsets.append(Trim(axis.label, first + box.low[position], first + box.high[position] - 1, GRID))
    domain = made.domain.replaced(changes).without(sliced)
    return _Made(SubsetNode(made.node, tuple(subsets)), domain, made.field_count, (made,), box, sliced)


def _composed(made: _Made, box: CellBox, sliced: frozenset[int]) -> tuple[CellBox, frozenset[int]]:
    """A subset of a subset, in cells of the input of both."""
    assert made.box is not None
    kept = [axis for axis in range(len(made.box.low)) if axis not in made.sliced]
    low, high = list(made.box.low), list(made.box.high)
    for position, axis in enumerate(kept):
        low[axis], high[axis] = made.box.low[axis] + box.low[position], made.box.low[axis] + box.high[position]
    return CellBox(tuple(low), tuple(high)), made.sliced | {kept[position] for position in sliced}


def _split(made: _Made, node: Scale | Reproject, box: CellBox, sliced: frozenset[int]) -> _Made:
    """The part of a subset along axes that a resampling node leaves alone goes below, the rest stays above."""
    below = made.inputs[0]
    plane_matters = isinstance(node, Reproject) or node.interpolation is not Interpolation.NEAREST
    touched = {
        position
        for position, (old, new) in enumerate(zip(below.domain.axes, made.domain.axes, strict=True))
        if old != new or (plane_matters and position in (below.domain.horizontal or ()))
    }
    whole = CellBox.whole(below.domain.shape)
    free = [position not in touched for position in range(len(below.domain.axes))]
    under = CellBox(
        tuple(b if f else w for b, w, f in zip(box.low, whole.low, free, strict=True)),
        tuple(b if f else w for b, w, f in zip(box.high, whole.high, free, strict=True)),
    )
    gone = frozenset(position for position in sliced if free[position])
    lower = _subset(below, under, gone)
    if isinstance(node, Scale):
        labels = {made.domain.axes[position].label for position in touched}
        targets = tuple(target for target in node.targets if _label(below.domain, target.label) in labels)
        upper = _scale(replace(node, targets=targets), lower)
    else:
        upper = _reproject(node, lower)
    kept = [position for position in range(len(box.low)) if position not in gone]
    low = tuple(0 if free[position] else box.low[position] for position in kept)
    high = tuple(
        upper.domain.shape[number] if free[position] else box.high[position] for number, position in enumerate(kept)
    )
    rest = frozenset(number for number, position in enumerate(kept) if position in sliced)
    return _placed(upper, CellBox(low, high), rest)


def _label(domain: Domain, label: str) -> str:
    return domain.axis(label).label
