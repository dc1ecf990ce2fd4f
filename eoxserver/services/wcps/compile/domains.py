# SPDX-License-Identifier: MIT
"""``domain``, ``imageCrsDomain`` with ``.lo .hi .resolution``, and the metadata functions (section 5)."""

from __future__ import annotations

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import number_text
from eoxserver.core.crs import Crs, index_crs, same_crs
from eoxserver.core.errors import InvalidRequest, WcpsSemanticError
from eoxserver.core.fields import NilValue
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bounds import single_axis
from eoxserver.services.wcps.compile.operands import cells, check_settled, constant, coverage, number_constant
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.subsets import axis_position, is_grid
from eoxserver.services.wcps.compile.values import CoverageValue, DomainAxis, DomainValue, TextValue, Value

__all__ = ["domain", "domain_part", "metadata", "nil_set"]


def domain(scope: Scope, tree: nodes.Domain) -> DomainValue:
    """``domain(e, axis, crs)`` or ``imageCrsDomain(e, axis)``."""
    value = coverage(scope, tree.operand, "imageCrsDomain()" if tree.grid else "domain()")
    own = value.domain
    if tree.axis is None:
        check_settled(scope, value, own.labels, tree)
        axes = own.axes if tree.grid else own.crs_axes
        return DomainValue(tuple(_bounds(value, axis, tree.grid) for axis in axes), tree.grid)
    axis = own.axes[axis_position(scope, value, tree.axis, tree.axis_place)]
    check_settled(scope, value, (axis.label,), tree)
    grid = tree.grid or is_grid(scope, axis, tree.crs, tree)
    if tree.crs is not None and not grid:
        _check_crs(scope, axis, scope.crs(tree.crs, tree), tree)
    return DomainValue((_bounds(value, axis, grid),), grid)


def _bounds(value: CoverageValue, axis: Axis, grid: bool) -> DomainAxis:
    if grid:
        low = value.axis_low(axis.label)
        return DomainAxis(axis, low, low + axis.size - 1, True, 1)
    step = axis.step if isinstance(axis, RegularAxis) else None if isinstance(axis, IrregularAxis) else 1
    return DomainAxis(axis, axis.low, axis.high, False, step)


def _check_crs(scope: Scope, axis: Axis, crs: Crs, tree: nodes.Domain) -> None:
    """Refuse a CRS that the axis is not in."""
    if axis.crs is not None and any(same_crs(part, axis.crs) for part in (*crs.components, crs)):
        return
    own = "none" if axis.crs is None else axis.crs.uri
    raise scope.plan.error(
        InvalidRequest,
        f"CRS {crs.uri} does not belong to axis {axis.label}; its CRS is {own}",
        tree,
        "CRS:1 is its grid",
        locator=axis.label,
    )


def domain_part(scope: Scope, tree: nodes.DomainPart) -> Value:
    """One end of the domain of an axis, or its resolution: a number, or an instant as text."""
    found = scope.value(tree.domain)
    assert isinstance(found, DomainValue)
    if len(found.axes) != 1:
        raise scope.plan.error(
            InvalidRequest,
            f".{tree.part} is of one axis, and this domain has {len(found.axes)}",
            tree,
            f"name the axis, as in domain($c, {found.axes[0].axis.label}).{tree.part}",
        )
    one = single_axis(scope, found, tree)
    if tree.part == "resolution":
        if one.resolution is None:
            raise scope.plan.error(
                InvalidRequest,
                f"axis {one.axis.label} is irregular: it has no resolution",
                tree,
                locator=one.axis.label,
            )
        return _constant(scope, one, one.resolution, tree)
    bound = one.low if tree.part == "lo" else one.high
    return TextValue(one.bound_text(bound)) if one.is_time else _constant(scope, one, bound, tree)


def _constant(scope: Scope, one: DomainAxis, value: float, tree: nodes.Syntax) -> CoverageValue:
    whole = one.grid or isinstance(one.axis, IndexAxis)
    return constant(scope, number_constant(int(value) if whole else float(value)), tree)


def metadata(scope: Scope, tree: nodes.Metadata) -> Value:
    """``identifier crsSet imageCrs cellCount nilSet``."""
    if tree.function in ("cellCount", "nilSet"):
        value = cells(scope, tree.operand)
        if tree.function == "nilSet":
            return TextValue(nil_set(value))
        return constant(scope, number_constant(value.domain.cell_count), tree)
    value = coverage(scope, tree.operand, f"{tree.function}()")
    match tree.function:
        case "identifier":
            return TextValue(value.identifier)
        case "crsSet":
            return TextValue(_crs_set(value))
        case "imageCrs":
            return TextValue(index_crs(len(value.domain.axes)).uri)
        case _:
            raise scope.plan.error(WcpsSemanticError, f"there is no function '{tree.function}'", tree)


def _crs_set(value: CoverageValue) -> str:
    """Each axis with its CRS and that of the grid; axes without one have the latter only."""
    grid = index_crs(len(value.domain.axes)).uri
    parts = []
    for axis in value.domain.crs_axes:
        own = f"{axis.crs.uri} " if axis.crs is not None and axis.crs.kind != "index" else ""
        parts.append(f"{axis.label}:{own}{grid}")
    return ", ".join(parts)


def nil_set(value: CoverageValue) -> str:
    """The nil values of a coverage, in braces; of each band where they are not the same."""
    sets = [f"{{{', '.join(map(_nil_text, field.nil))}}}" for field in value.range_type.fields]
    return sets[0] if len(set(sets)) == 1 else ", ".join(sets)


def _nil_text(nil: NilValue) -> str:
    low = number_text(nil.low)
    return low if nil.high is None else f"{low}:{number_text(nil.high)}"
