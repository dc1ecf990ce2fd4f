# SPDX-License-Identifier: MIT
"""From a query to its results (WCPS specification, section 4).

There is one for each combination of coverages that ``where`` lets pass, the first variable outermost. All plans are
checked, and all scalars read, before the first result is encoded; cells of encoded results are read while their bytes
are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, Coverage, DataState
from eoxserver.core.errors import (
    AccessDenied,
    CrsUnknown,
    EOxServerError,
    InvalidParameterValue,
    InvalidRequest,
    LimitExceeded,
    WcpsSemanticError,
)
from eoxserver.core.fields import RangeType
from eoxserver.query.cellwise.types import type_name
from eoxserver.query.check import Checked, check_step
from eoxserver.query.steps import Step
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile import CoverageValue, Scope, Value, bind, compile_expression, open_scope
from eoxserver.services.wcps.compile.values import DomainValue, ListValue, OutlinesValue, TextValue
from eoxserver.services.wcps.decode import decode_file
from eoxserver.services.wcps.encoding.extra import KEYS
from eoxserver.services.wcps.encoding.polygons import encode_polygons
from eoxserver.services.wcps.encoding.results import Encoded, describe_result, encode_result
from eoxserver.services.wcps.encoding.scalars import scalar_text
from eoxserver.services.wcps.reading import showing_places
from eoxserver.services.wcps.requests import QueryRequest

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["Array", "Encoding", "Evaluation", "Outcome", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, or what a metadata function answers."""

    text: str
    """As the language writes it."""
    value: object
    """A number, truth value or text; of several fields a tuple of them; None for a cell that is null."""


@dataclass(frozen=True, slots=True)
class Array:
    """A coverage that the query does not encode."""

    coverage: Coverage
    refusal: InvalidRequest
    """What clients are told who have no use for it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What ``encode`` or ``describe`` makes."""

    encoded: Encoded
    identifier: str
    """Of the first coverage it is made of; may be empty."""


Outcome: TypeAlias = Text | Array | Encoding


@dataclass
class _Budget:
    """What all plans of a query may read together."""

    limit: int | None
    read: int = 0

    def spend(self, checked: Checked) -> None:
        """Count the price of a plan; raises LimitExceeded."""
        self.read += checked.cost.bytes
        if self.limit is not None and self.read > self.limit:
            raise LimitExceeded(
                f"all results of this query together read more than the {self.limit} bytes allowed "
                "(max_read_bytes); ask for fewer coverages, or a part of them",
                locator="max_read_bytes",
            )


def _everything(_identifier: str) -> bool:
    return True


class Evaluation:
    """One query, evaluated once.

    Parameters
    ----------
    context : ServiceContext
    asked : QueryRequest
    may_read : callable
        Whether a coverage may be read, by its identifier; by default all may.
    proceed : callable, optional
        Called between pieces of work; raises when the answer is not wanted any more.

    Raises
    ------
    LimitExceeded
        When there are more combinations of coverages than ``services.wcps.max_combinations``.
    InvalidParameterValue
        When a file that came with the query cannot be decoded.
    """

    def __init__(
        self,
        context: ServiceContext,
        asked: QueryRequest,
        may_read: Callable[[str], bool] = _everything,
        proceed: Callable[[], None] | None = None,
    ) -> None:
        self._context = context
        self._query = asked.query
        self._may_read = may_read
        self._check_combinations()
        self._data = DataState((), ())
        self._engine = replace(context.engine, lookup=self._lookup, proceed=proceed)
        self._resolver = self._engine.resolver()
        self._budget = _Budget(self._engine.limits.max_read_bytes)
        readers = [type(reader) for reader in context.readers.values()]
        files = {number: decode_file(file, readers, context.settings) for number, file in asked.files.items()}
        self._scope = open_scope(
            self._resolver,
            asked.source,
            parse=context.crss.parse,
            parameters=files,
            mode=context.settings.wcs20.subset_mode,
            read=self._read_bound,
        )

    @property
    def data(self) -> DataState:
        """The data that was looked at, as it was before it was read."""
        return self._data

    def outcomes(self) -> list[Outcome]:
        """The results in their order.

        Raises
        ------
        EOxServerError
            What compiling the query, its price, the encoding or the data stand in the way of.
        """
        with self._scope.plan.showing_places():
            return [self._outcome(scope) for _, scope in self._scopes() if self._passes(scope)]

    def explanations(self) -> list[dict[str, Any]]:
        """For each combination, passed or not, the plans and their prices as values for JSON; reads nothing but bounds.

        Raises
        ------
        EOxServerError
            As ``outcomes``.
        """
        with self._scope.plan.showing_places():
            return [self._explanation(chosen, scope, self._engine.explain) for chosen, scope in self._scopes()]

    def explanation_text(self) -> str:
        """The same as text."""
        parts: list[str] = []
        for chosen, scope in self._scopes():
            found = self._explanation(chosen, scope, self._engine.explain_text)
            names = ", ".join(f"{variable} = {name}" for variable, name in found.pop("coverages").items())
            parts += [f"for {names}", *(f"{key}:\n{value}" for key, value in found.items())]
        return "\n".join(parts)

    # -- combinations ----------------------------------------------------------------------------

    def _check_combinations(self) -> None:
        count = math.prod(len(binding.sources) for binding in self._query.bindings)
        limit = self._context.settings.wcps.max_combinations
        if count > limit:
            raise LimitExceeded(
                f"the lists of coverages have {count} combinations; {limit} are allowed (max_combinations)",
                locator="max_combinations",
            )

    def _scopes(self) -> Iterator[tuple[tuple[nodes.CoverageName | nodes.Decode, ...], Scope]]:
        """For each combination its coverages, and the scope in which the query is compiled."""
        for chosen in product(*(binding.sources for binding in self._query.bindings)):
            if self._engine.proceed is not None:
                self._engine.proceed()
            yield chosen, bind(self._query, self._scope, chosen)

    def _lookup(self, identifier: str) -> Coverage:
        """A coverage that the user may read; raises NoSuchCoverage, AccessDenied."""
        if not self._may_read(identifier):
            raise AccessDenied(f"reading {identifier} is not allowed", locator=identifier)
        found = self._context.engine.lookup(identifier)
        self._data += DataState.of((found,))
        return found

    def _passes(self, scope: Scope) -> bool:
        """Whether a combination is one that ``where`` lets pass; null lets nothing pass."""
        tree = self._query.where
        if tree is None:
            return True
        value = compile_expression(tree, scope)
        if not isinstance(value, CoverageValue) or not value.is_scalar or len(value.range_type) != 1:
            raise scope.plan.error(WcpsSemanticError, "where takes one truth value", tree, _CONDENSE)
        if value.range_type.fields[0].dtype != np.dtype(bool):
            raise scope.plan.error(
                WcpsSemanticError, f"where takes a truth value, not {type_name(value.range_type.fields[0].dtype)}", tree
            )
        cells, _ = self._scalar(value)
        return bool(cells.values[0]) and bool(cells.mask()[0])

    # -- results ---------------------------------------------------------------------------------

    def _outcome(self, scope: Scope) -> Outcome:
        tree = self._query.result
        value = compile_expression(tree, scope)
        if isinstance(tree, (nodes.Encode, nodes.Describe)):
            return self._encoding(scope, tree, value)
        if isinstance(value, OutlinesValue):
            return self._outlines(scope, tree, value)
        if not isinstance(value, CoverageValue):
            text = _text(scope, tree, value)
            return Text(text, text)
        if not value.is_scalar:
            refusal = scope.plan.error(
                InvalidRequest,
                f"the result is a coverage with the axes {', '.join(value.domain.labels)}",
                tree,
                _ENCODE,
            )
            return Array(self._coverage(value), refusal)
        cells, range_type = self._scalar(value)
        return Text(scalar_text(cells, range_type.fields), _python(cells))

    def _encoding(self, scope: Scope, tree: nodes.Encode | nodes.Describe, value: Value) -> Encoding:
        word = "encode" if isinstance(tree, nodes.Encode) else "describe"
        if not isinstance(value, CoverageValue) or value.is_scalar:
            raise scope.plan.error(
                InvalidRequest,
                f"{word}() takes a coverage with axes",
                tree,
                f"answer the value itself, without {word}()",
            )
        name, extra = _given(scope, tree.format), None if tree.extra is None else _given(scope, tree.extra)
        if isinstance(tree, nodes.Describe):
            with scope.plan.placed(tree, partial(_argument, tree)):
                found = describe_result(
                    self._named(value), name, extra, self._context.formats, self._context.crss.parse
                )
            return Encoding(found, value.identifier)
        coverage = self._coverage(value)
        with scope.plan.placed(tree, partial(_argument, tree)):
            encoded = encode_result(
                coverage, name, extra, self._context.formats, self._engine, self._context.crss.parse
            )
        return Encoding(encoded, value.identifier)

    def _outlines(self, scope: Scope, tree: nodes.Syntax, value: OutlinesValue) -> Encoding:
        coverage = self._coverage(value.value)
        with scope.plan.placed(tree, partial(_argument, tree)):
            encoded = encode_polygons(
                coverage, value.format, value.connectivity, self._engine.proceed, self._engine.limits.max_result_bytes
            )
        return Encoding(encoded, value.value.identifier)

    def _coverage(self, value: CoverageValue) -> Coverage:
        """A coverage whose cells are computed as they are read; raises LimitExceeded."""
        checked = self._engine.check(value.node, self._resolver)
        self._budget.spend(checked)
        watched = replace(self._engine.watched(checked.coverage), identifier=self._identifier(value))
        return showing_places(watched, self._scope.plan)

    def _named(self, value: CoverageValue) -> Coverage:
        return replace(value.step.coverage, identifier=self._identifier(value))

    def _identifier(self, value: CoverageValue) -> str:
        return value.identifier or value.step.coverage.identifier or "result"

    def _scalar(self, value: CoverageValue) -> tuple[Cells, RangeType]:
        """The one cell of a scalar; raises LimitExceeded, DataUnavailable."""
        checked = self._engine.check(value.node, self._resolver)
        self._budget.spend(checked)
        return _whole(self._engine.watched(checked.coverage)), checked.range_type

    def _read_bound(self, step: Step) -> Cells:
        """A scalar that a bound depends on; raises LimitExceeded, DataUnavailable."""
        self._budget.spend(check_step(step, self._engine.limits))
        return _whole(self._engine.watched(step.coverage))

    def _explanation(
        self, chosen: tuple[nodes.CoverageName | nodes.Decode, ...], scope: Scope, explain: Callable[[Any], Any]
    ) -> dict[str, Any]:
        pairs = zip(self._query.bindings, chosen, strict=True)
        found: dict[str, Any] = {"coverages": {binding.variable: _name(source) for binding, source in pairs}}
        trees = {"where": self._query.where, "return": self._query.result}
        for key, tree in trees.items():
            if tree is None:
                continue
            value = compile_expression(tree, scope)
            if isinstance(value, OutlinesValue):
                value = value.value
            if isinstance(value, CoverageValue):
                found[key] = explain(value.node)
            else:
                found[key] = {"text": _text(scope, tree, value)}
        return found


_CONDENSE = "a condenser makes one of all cells: some(...), all(...), avg(...) > 1"
_ENCODE = 'to get it, use encode(), as in: return encode($c, "image/tiff")'


def _name(source: nodes.CoverageName | nodes.Decode) -> str:
    return source.name if isinstance(source, nodes.CoverageName) else f"decode(${source.source.number})"


def _argument(tree: nodes.Syntax, error: EOxServerError) -> nodes.Syntax:
    """The argument of what encodes that an error is about; the whole where it is about none."""
    if isinstance(tree, (nodes.Encode, nodes.Describe, nodes.Polygonize)) and error.locator == "format":
        return tree.format
    if not isinstance(tree, (nodes.Encode, nodes.Describe)) or tree.extra is None:
        return tree
    # No other argument of theirs has values or CRSs to refuse.
    about_extra = isinstance(error, (InvalidParameterValue, CrsUnknown)) or error.locator in KEYS
    return tree.extra if about_extra else tree


def _given(scope: Scope, text: nodes.Text) -> str:
    if isinstance(text, nodes.Positional):
        raise scope.plan.error(WcpsSemanticError, f"parameter ${text.number} did not come with the query", text)
    return text.value


def _text(scope: Scope, tree: nodes.Syntax, value: Value) -> str:
    if isinstance(value, (TextValue, DomainValue, ListValue)):
        return value.text
    raise scope.plan.error(WcpsSemanticError, "this is no result: it is neither a value nor a coverage", tree)


def _whole(coverage: Coverage) -> Cells:
    return coverage.source.read(CellBox.whole(coverage.domain.shape), tuple(range(len(coverage.range_type))))


def _python(cells: Cells) -> object:
    """The values of one cell as Python has them."""
    values = [
        value if valid else None for value, valid in zip(cells.values.tolist(), cells.mask().tolist(), strict=True)
    ]
    return values[0] if len(values) == 1 else tuple(values)
