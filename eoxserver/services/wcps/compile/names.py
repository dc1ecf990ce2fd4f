# SPDX-License-Identifier: MIT
"""What names stand for: coverages of the catalogue and those that came with the query, variables of all kinds."""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.core.axes import IndexAxis
from eoxserver.core.errors import EOxServerError, NoSuchCoverage, WcpsSemanticError, suggest
from eoxserver.query.plan import Given, Read
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.scope import Failure, Meaning, Scope, SubsetValue
from eoxserver.services.wcps.compile.values import CoverageValue, ShapeValue, Value

__all__ = ["bind", "decoded", "named_coverage", "variable"]


def bind(query: nodes.Query, scope: Scope, chosen: Sequence[nodes.CoverageName | nodes.Decode]) -> Scope:
    """The scope of one iteration of a query: a coverage for each variable of ``for``, then what ``let`` adds.

    Parameters
    ----------
    chosen : sequence
        A source of each binding, in their order.

    Raises
    ------
    NoSuchCoverage
        For a coverage the catalogue lacks. What is wrong in ``let`` is raised by whoever uses its variable.
    """
    variables: dict[str, Meaning] = {}
    for binding, source in zip(query.bindings, chosen, strict=True):
        if isinstance(source, nodes.CoverageName):
            variables[binding.variable] = named_coverage(scope, source.name, source)
        else:
            variables[binding.variable] = decoded(scope, source)
    scope = scope.having(variables)
    for assignment in query.assignments:
        scope = scope.having({assignment.variable: _assigned(scope, assignment.value)})
    return scope


def _assigned(scope: Scope, tree: nodes.Syntax) -> Meaning:
    match tree:
        case nodes.SubsetList():
            return SubsetValue(tree.items, scope)
        case nodes.LineString() | nodes.Polygon() | nodes.MultiPolygon():
            return ShapeValue(tree)
        case _:
            try:
                return scope.value(tree)
            except EOxServerError as error:
                return Failure(error)


def named_coverage(scope: Scope, name: str, tree: nodes.Syntax) -> CoverageValue:
    """A coverage of the catalogue; raises NoSuchCoverage with the place."""
    step = scope.plan.step(Read(name), tree)
    return CoverageValue(step, _first_indices(step.own_domain.axes), step.coverage.identifier)


def decoded(scope: Scope, tree: nodes.Decode) -> CoverageValue:
    """``decode($1)``: a coverage that came with the query."""
    found = scope.plan.parameters.get(tree.source.number)
    if found is None:
        raise scope.plan.error(
            WcpsSemanticError, f"decode() takes a file, and parameter ${tree.source.number} is none", tree.source
        )
    step = scope.plan.step(Given(found), tree)
    return CoverageValue(step, _first_indices(found.domain.axes), found.identifier)


def _first_indices(axes: Sequence[object]) -> tuple[int, ...]:
    return tuple(axis.first if isinstance(axis, IndexAxis) else 0 for axis in axes)


def variable(scope: Scope, tree: nodes.Variable) -> Value:
    """What a variable stands for; a name that is none is that of a coverage.

    Raises
    ------
    WcpsSemanticError
        For a name that is neither; the error of a variable of ``let`` that could not be compiled.
    """
    found = scope.variables.get(tree.name)
    if found is None:
        return _sliced(scope, _coverage_or_refusal(scope, tree), tree)
    if isinstance(found, Failure):
        raise found.error
    if isinstance(found, SubsetValue):
        raise scope.plan.error(
            WcpsSemanticError, f"{tree.name} is a list of subsets", tree, f"it stands in [...], as in $c[{tree.name}]"
        )
    return _sliced(scope, found, tree)


def _sliced(scope: Scope, value: Value, tree: nodes.Syntax) -> Value:
    """The value as the key of a sort sees it."""
    for slice_there in scope.along:
        if isinstance(value, CoverageValue):
            value = slice_there(value, tree)
    return value


def _coverage_or_refusal(scope: Scope, tree: nodes.Variable) -> CoverageValue:
    if not tree.name.startswith("$"):
        try:
            return named_coverage(scope, tree.name, tree)
        except NoSuchCoverage:
            pass
    message = f"{tree.name} is no variable; {suggest(tree.name, scope.variables)}"
    raise scope.plan.error(WcpsSemanticError, message, tree)
