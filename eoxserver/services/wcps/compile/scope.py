# SPDX-License-Identifier: MIT
"""Where an expression is compiled: the variables it sees, and the plan it becomes part of.

All nodes are made by one ``Compilation``, which makes equal nodes once: an expression that stands in a query twice, or
in a variable of ``let``, is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.crs import Crs, ParseCrs, parse_crs
from eoxserver.core.errors import (
    EOxServerError,
    EvaluationFailed,
    LimitExceeded,
    WcpsError,
    WcpsSemanticError,
    shortened,
)
from eoxserver.core.selection import Mode
from eoxserver.query.iterate.trees import substitute
from eoxserver.query.plan import Given, Node, PickCell, PickRange
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Step
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.effort import Effort
from eoxserver.services.wcps.compile.faults import Faults
from eoxserver.services.wcps.compile.values import CoverageValue, Value
from eoxserver.services.wcps.places import pointed

__all__ = ["Compilation", "Compile", "Failure", "Guard", "ReadScalar", "Scope", "SubsetValue", "read_whole"]

E = TypeVar("E", bound=EOxServerError)


@dataclass(frozen=True, slots=True)
class SubsetValue:
    """A list of subsets in a variable of ``let``, with the variables that its bounds see."""

    items: tuple[nodes.AxisSubset, ...]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Failure:
    """A variable of ``let`` that could not be compiled: whoever uses it is told why."""

    error: EOxServerError


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition on iterators that is known before anything is read: what it excludes is not evaluated."""

    iterators: tuple[str, ...]
    """Their names."""
    passing: npt.NDArray[np.bool_]
    """The places that pass, an axis for each iterator."""


Meaning: TypeAlias = Value | SubsetValue | Failure
"""What a variable stands for."""
Compile: TypeAlias = Callable[[nodes.Syntax, "Scope"], Value]
ReadScalar: TypeAlias = Callable[[Step], Cells]


def read_whole(step: Step) -> Cells:
    """All cells of a step."""
    return step.source.read(CellBox.whole(step.domain.shape), tuple(range(len(step.range_type))))


@dataclass(eq=False)
class Compilation:
    """The plan of one query while it is made.

    Parameters
    ----------
    resolver : Resolver
        Makes steps of nodes; may serve several compilations.
    compile : callable
        From a syntax tree to its value.
    text : str
        The query, for messages that show a place in it.
    parse_crs : callable
        From a text to a CRS.
    parameters : mapping
        Coverages that came with the query, by the numbers of their parameters.
    mode : str
        Which cells a trim selects whose bounds cut through cells.
    read : callable
        Reads scalars that bounds depend on; may refuse what costs too much.
    """

    resolver: Resolver
    compile: Compile
    text: str = ""
    parse_crs: ParseCrs = parse_crs
    parameters: Mapping[int, Coverage] = field(default_factory=dict)
    mode: Mode = "halfopen"
    read: ReadScalar = read_whole
    _known: dict[tuple[Any, ...], Node] = field(default_factory=dict, init=False)
    _effort: Effort = field(default_factory=Effort, init=False)
    _faults: Faults = field(default_factory=Faults, init=False)
    _values: dict[tuple[int, nodes.Syntax], tuple[Value, Scope]] = field(default_factory=dict, init=False)
    _names: int = field(default=0, init=False)

    def step(self, node: Node, tree: nodes.Syntax) -> Step:
        """The step of a node that stands for a part of the query; the same one for an equal node.

        Raises
        ------
        EOxServerError
            As ``Resolver.resolve``, with the place of the part.
        """
        node = self._known.setdefault(_key(node), node)
        reason = self._effort.add(node)
        if reason:
            hint = "condense does the same along an axis in one step; scalars of let are computed once"
            raise self.error(LimitExceeded, reason, tree, hint)
        with self.placed(tree):
            made = self.resolver.resolve(node)
        self._faults.add(node, made, tree)
        return made

    def settled(self, node: Node, places: Mapping[str, int]) -> Node:
        """A node at one place of some iterators, by their names; as much work as the node."""
        found = substitute(node, places)
        found = self._known.setdefault(_key(found), found)
        self._effort.same(found, node)
        return found

    def name(self, variable: str) -> str:
        """A name for an iterator, that no other has and no axis can have."""
        self._names += 1
        return f"{variable}#{self._names}"

    def once(self, tree: nodes.Syntax, scope: Scope, make: Callable[[], Value]) -> Value:
        """The value of a part that declares iterators, made once in each scope."""
        key = (id(scope), tree)
        if key not in self._values:
            self._values[key] = (make(), scope)
        return self._values[key][0]

    # -- errors ------------------------------------------------------------------------------------

    def error(self, kind: type[E], message: str, tree: nodes.Syntax, hint: str = "", locator: str | None = None) -> E:
        """An error that shows the place of a part of the query."""
        return self._error(kind, message, (tree.line, tree.column), hint, locator)

    def _error(self, kind: type[E], message: str, place: tuple[int, int], hint: str, locator: str | None) -> E:
        found = pointed(WcpsError, message, self.text, *place, hint)
        made = kind(found.message, locator=shortened(locator or "query"))
        if isinstance(made, WcpsError):
            made.line, made.column = place
        return made

    def shown(self, error: EOxServerError) -> EOxServerError:
        """An error whose message shows the place that is known of it; itself where none is."""
        place = error.place
        if isinstance(error, EvaluationFailed) and not error.line and error.locator:
            place = self._faults.place(error.locator)
        return error if place is None else self._error(type(error), error.message, place, "", error.locator)

    @contextmanager
    def showing_places(self) -> Iterator[None]:
        """Errors of what is done meanwhile show the places that are known of them."""
        try:
            yield
        except EOxServerError as error:
            found = self.shown(error)
            if found is error:
                raise
            raise found from error

    @contextmanager
    def placed(
        self, tree: nodes.Syntax, part: Callable[[EOxServerError], nodes.Syntax] | None = None
    ) -> Iterator[None]:
        """Errors of what is done meanwhile show the place of a part of the query, and stay what they are.

        Those that know their place better show that; ``part`` tells for others which part of the tree is meant.
        """
        try:
            yield
        except EOxServerError as error:
            found = self.shown(error)
            if found is error:
                place = tree if part is None else part(error)
                place = place if place.line else tree
                found = self.error(type(error), error.message, place, locator=error.locator)
            raise found from error


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The variables that an expression sees, and the compilation it belongs to."""

    plan: Compilation
    variables: Mapping[str, Meaning] = field(default_factory=lambda: MappingProxyType({}))
    along: tuple[Callable[[CoverageValue, nodes.Syntax], CoverageValue], ...] = ()
    """In the key of a sort: what slices coverages that have the axis sorted along."""
    guards: tuple[Guard, ...] = ()
    """Conditions that stand around the expression."""

    def value(self, tree: nodes.Syntax) -> Value:
        """What an expression is; raises EOxServerError with its place."""
        return self.plan.compile(tree, self)

    def having(self, more: Mapping[str, Meaning]) -> Scope:
        """A scope with more variables; new ones hide old ones of their names."""
        return replace(self, variables=MappingProxyType({**self.variables, **more}))

    def guarded(self, guard: Guard | None) -> Scope:
        """The same behind one more condition, if there is one."""
        return self if guard is None else replace(self, guards=(*self.guards, guard))

    def crs(self, text: nodes.Text, tree: nodes.Syntax) -> Crs:
        """The CRS of a text; raises CrsUnknown with the place."""
        if not isinstance(text, nodes.String):
            raise self.plan.error(WcpsSemanticError, f"parameter ${text.number} did not come with the query", text)
        with self.plan.placed(text if text.line else tree):
            return self.plan.parse_crs(text.value)


def _key(node: Node | PickCell | PickRange) -> tuple[Any, ...]:
    """What equal nodes have in common; nodes below count by their identity, which they have once."""
    if isinstance(node, Given):
        return (Given, id(node.coverage))
    return (type(node), *(_part(getattr(node, each.name)) for each in fields_of(node) if each.compare))


def _part(value: object) -> object:
    if isinstance(value, Node):
        return id(value)
    if isinstance(value, tuple):
        return tuple(map(_part, value))
    if isinstance(value, (PickCell, PickRange)):
        return _key(value)
    return repr(value) if isinstance(value, (float, complex)) else value
