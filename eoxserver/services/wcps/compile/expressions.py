# SPDX-License-Identifier: MIT
"""From a syntax tree to its value: which kind of node is compiled by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import ParseCrs, parse_crs
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.selection import Mode
from eoxserver.query.resolver import Resolver
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile import cells, clipping, domains, iterators, names, outlines, scaling, times
from eoxserver.services.wcps.compile.bounds import concatenate
from eoxserver.services.wcps.compile.scope import Compilation, ReadScalar, Scope, read_whole
from eoxserver.services.wcps.compile.subsets import subset
from eoxserver.services.wcps.compile.transforms import crs_transform
from eoxserver.services.wcps.compile.values import Value

__all__ = ["compile_expression", "open_scope"]


def open_scope(
    resolver: Resolver,
    text: str = "",
    *,
    parse: ParseCrs = parse_crs,
    parameters: Mapping[int, Coverage] | None = None,
    mode: Mode = "halfopen",
    read: ReadScalar = read_whole,
) -> Scope:
    """An empty scope, for ``names.bind`` to fill.

    Parameters
    ----------
    resolver : Resolver
        Makes the steps; of one query, or shared by its iterations.
    text : str
        The query, for messages.
    parse : callable
        From a text to a CRS.
    parameters : mapping
        Coverages that came with the query, for ``decode``.
    mode : str
        Which cells a trim selects whose bounds cut through cells.
    read : callable
        Reads scalars that bounds depend on; may refuse what costs too much.
    """
    return Scope(Compilation(resolver, _compiled, text, parse, parameters or {}, mode, read))


def compile_expression(tree: nodes.Syntax, scope: Scope) -> Value:
    """The value of an expression; of ``encode`` and ``describe``, that of their operand.

    Raises
    ------
    EOxServerError
        What the query asks for makes no sense or cannot be had; with the place of the part at fault.
    """
    if isinstance(tree, (nodes.Encode, nodes.Describe)):
        tree = tree.operand
    return scope.value(tree)


def _compiled(tree: nodes.Syntax, scope: Scope) -> Value:
    once = _ONCE.get(type(tree))
    if once is not None:
        return scope.plan.once(tree, scope, lambda: once(scope, tree))
    compiler = _COMPILERS.get(type(tree))
    if compiler is None:
        raise scope.plan.error(WcpsSemanticError, f"a {type(tree).__name__} cannot stand here", tree)
    return compiler(scope, tree)


_Compilers: TypeAlias = Mapping[type[nodes.Syntax], Callable[[Scope, Any], Value]]

_COMPILERS: _Compilers = MappingProxyType(
    {
        nodes.Variable: names.variable,
        nodes.Decode: names.decoded,
        nodes.Number: cells.literal,
        nodes.Boolean: cells.literal,
        nodes.NotANumber: cells.literal,
        nodes.Complex: cells.literal,
        nodes.String: cells.literal,
        nodes.Unary: cells.unary,
        nodes.Binary: cells.binary,
        nodes.Function: cells.function,
        nodes.Cast: cells.cast,
        nodes.IsNull: cells.is_null,
        nodes.NullValues: cells.null_values,
        nodes.NullMask: cells.null_mask,
        nodes.FieldSelect: cells.field_select,
        nodes.RangeConstructor: cells.range_constructor,
        nodes.Reduce: cells.reduce,
        nodes.Switch: cells.switch,
        nodes.Concatenation: concatenate,
        nodes.Subset: subset,
        nodes.Domain: domains.domain,
        nodes.DomainPart: domains.domain_part,
        nodes.Metadata: domains.metadata,
        nodes.Scale: scaling.scale,
        nodes.ScaleFactor: scaling.scale_factor,
        nodes.ScaleAxes: scaling.scale_axes,
        nodes.ScaleSize: scaling.scale_size,
        nodes.ScaleExtent: scaling.scale_extent,
        nodes.Extend: scaling.extend,
        nodes.CrsTransform: crs_transform,
        nodes.Clip: clipping.clip,
        nodes.Flip: iterators.flip,
        nodes.TimeUnits: times.time_units,
        nodes.Polygonize: outlines.polygonize,
    }
)
_ONCE: _Compilers = MappingProxyType(
    {
        nodes.Condense: iterators.condense,
        nodes.Coverage: iterators.construct,
        nodes.ConstantCoverage: iterators.constant_coverage,
        nodes.Sort: iterators.sort,
    }
)
"""Those that declare iterators: what stands twice is made once, so that it has one iterator."""
