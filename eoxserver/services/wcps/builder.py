# SPDX-License-Identifier: MIT
# ruff: noqa: D102 - the methods are the rules of the grammar, which says what they are
"""From the rules of ``grammar.lark`` to nodes: a method for each rule, called with its parts as soon as it is complete.

What the grammar cannot say is checked here: numbers of arguments, which kinds of subsets a function takes, that a
slice has a point. The method of a rule has the name of the rule; parts that are optional are None where they lack.
"""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.build_domains import DomainRules
from eoxserver.services.wcps.build_expressions import ExpressionRules, Items
from eoxserver.services.wcps.mistakes import Mistake
from eoxserver.services.wcps.places import at, on_axis

__all__ = ["Builder"]


class Builder(ExpressionRules, DomainRules):
    """Makes nodes of all rules; raises Mistake."""

    # -- cells -------------------------------------------------------------------------------------

    def flip(self, items: Items) -> nodes.Flip:
        keyword, operand, _, axis = items
        return nodes.Flip(operand, str(axis), **on_axis(axis), **at(keyword))

    def sort(self, items: Items) -> nodes.Sort:
        keyword, operand, _, axis, order, _, key = items
        return nodes.Sort(operand, str(axis), key, _descending(order) or False, **on_axis(axis), **at(keyword))

    def iterator_range(self, items: Items) -> nodes.IteratorRange:
        low, high, step = items
        return nodes.IteratorRange(low, high, step, **at(low))

    def iterator_values(self, items: Items) -> nodes.Domain | nodes.IteratorValues:
        if len(items) == 1 and isinstance(items[0], nodes.Domain):
            return items[0]
        return nodes.IteratorValues(tuple(items), **at(items[0]))

    def iterator(self, items: Items) -> nodes.Iterator:
        variable, axis, domain, order = items
        return nodes.Iterator(str(variable), str(axis), domain, _descending(order), **at(variable))

    def condense(self, items: Items) -> nodes.Condense:
        keyword, operator, _, *iterators, where, _, using = items
        return nodes.Condense(operator.lower(), tuple(iterators), where, using, **at(keyword))

    def coverage(self, items: Items) -> nodes.Coverage:
        keyword, name, _, *iterators, _, values = items
        return nodes.Coverage(str(name), tuple(iterators), values, **at(keyword))

    def constant_coverage(self, items: Items) -> nodes.ConstantCoverage:
        keyword, name, _, *rest = items
        iterators = tuple(one for one in rest if isinstance(one, nodes.Iterator))
        values = tuple(rest[len(iterators) + 3 : -1])
        return nodes.ConstantCoverage(str(name), iterators, values, **at(keyword))

    def range_field(self, items: Items) -> nodes.RangeField:
        name, value = items
        return nodes.RangeField(str(name), value, **at(name))

    def range_constructor(self, items: Items) -> nodes.RangeConstructor:
        _, *found = items
        names = [one.name for one in found]
        for place, one in enumerate(found):
            if one.name in names[:place]:
                raise Mistake(f"field '{one.name}' stands twice in one struct", **at(one))
        return nodes.RangeConstructor(tuple(found), **at(found[0]))

    def case(self, items: Items) -> nodes.Case:
        keyword, condition, _, result = items
        return nodes.Case(condition, result, **at(keyword))

    def switch(self, items: Items) -> nodes.Switch:
        keyword, *cases, _, _, default = items
        return nodes.Switch(tuple(cases), default, **at(keyword))

    # -- queries -----------------------------------------------------------------------------------

    def coverage_name(self, items: Items) -> nodes.CoverageName:
        return nodes.CoverageName(str(items[0]), **at(items[0]))

    def decode(self, items: Items) -> nodes.Decode:
        keyword, source, extra = items
        return nodes.Decode(source, extra, **at(keyword))

    def encode(self, items: Items) -> nodes.Encode:
        keyword, operand, form, extra = items
        return nodes.Encode(operand, form, extra, **at(keyword))

    def describe(self, items: Items) -> nodes.Describe:
        keyword, operand, form, extra = (*items, nodes.String("gml"), None)[:4]
        return nodes.Describe(operand, form, extra, **at(keyword))

    def binding(self, items: Items) -> nodes.Binding:
        variable, _, *sources = items
        return nodes.Binding(str(variable), tuple(sources), **at(variable))

    def assignment(self, items: Items) -> nodes.Assignment:
        variable, value = items
        return nodes.Assignment(str(variable), value, **at(variable))

    def let(self, items: Items) -> tuple[nodes.Assignment, ...]:
        return tuple(items[1:])

    def where(self, items: Items) -> nodes.Expression:
        condition: nodes.Expression = items[1]
        return condition

    def query(self, items: Items) -> nodes.Query:
        start = items[0]
        returned = next(place for place, one in enumerate(items) if isinstance(one, Token) and one.type == "RETURN")
        before, result = items[:returned], items[returned + 1]
        bindings = tuple(one for one in before if isinstance(one, nodes.Binding))
        assignments: tuple[nodes.Assignment, ...] = ()
        condition: nodes.Expression | None = None
        for one in before:
            if isinstance(one, tuple):
                assignments = one
            elif not isinstance(one, (Token, nodes.Binding)):
                condition = one
        _check_names(bindings, assignments)
        return nodes.Query(bindings, assignments, condition, result, **at(start))

    def fragment(self, items: Items) -> nodes.Expression:
        expression: nodes.Expression = items[0]
        return expression


def _check_names(bindings: Sequence[nodes.Binding], assignments: Sequence[nodes.Assignment]) -> None:
    """Refuse a variable that is bound twice."""
    seen: set[str] = set()
    variables: tuple[nodes.Binding | nodes.Assignment, ...] = (*bindings, *assignments)
    for one in variables:
        if one.variable in seen:
            raise Mistake(f"variable {one.variable} is bound twice; give the second another name", **at(one))
        seen.add(one.variable)


def _descending(order: Token | None) -> bool | None:
    return None if order is None else order.lower() == "desc"
