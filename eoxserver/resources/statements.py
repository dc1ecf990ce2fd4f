# SPDX-License-Identifier: MIT
"""Queries that are asked with every request: Django writes them once, and they are sent again with other arguments.

To write a query takes Django some hundred times as long as SQLite takes to answer it. Only the text is kept, nothing of
what it answered: each time it is the database that answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

__all__ = ["Statement", "update_rows"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A query for the kind of database of the connection that it was written for. Safe in threads."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, ...], ...]
    """For each argument, which of the parameters it is."""
    converted: tuple[tuple[int, Any], ...]
    """Columns whose values Django converts, with the expression that each is."""

    @classmethod
    def of(cls, query: QuerySet[Any, Any], *samples: object) -> Statement:
        """The query, in which samples stand where arguments will.

        Parameters
        ----------
        query : QuerySet
            One of values (``values_list``).
        samples : object
            Values that occur in it and nowhere else among its parameters.

        Raises
        ------
        ValueError
            When a sample is not a parameter of the query.
        """
        compiler = query.query.get_compiler(connection=connection)
        sql, given = compiler.as_sql()
        parameters = tuple(given)
        places = tuple(
            tuple(place for place, each in enumerate(parameters) if type(each) is type(sample) and each == sample)
            for sample in samples
        )
        if not all(places):
            raise ValueError(f"samples {samples} are not all among the parameters {parameters} of {sql}")
        expressions = [each[0] for each in compiler.select[: compiler.col_count]]
        converted = tuple((column, expressions[column]) for column in compiler.get_converters(expressions))
        return cls(sql, parameters, places, converted)

    def rows(self, *arguments: object) -> list[Sequence[Any]]:
        """What the database answers; raises DatabaseError."""
        parameters = list(self.parameters)
        for places, argument in zip(self.places, arguments, strict=True):
            for place in places:
                parameters[place] = argument
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            found: list[Sequence[Any]] = cursor.fetchall()
        return [self._convert(row) for row in found] if self.converted else found

    def _convert(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for column, expression in self.converted:
            for function in (*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)):
                values[column] = function(values[column], expression, connection)
        return values


def update_rows(model: type[Model], where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Change the rows of a model's own table, as ``filter(**where).update(**values)`` does; answers how many.

    Parameters
    ----------
    where : mapping of str to object
        Names of fields, and what rows have there.
    values : mapping of str to object
        Names of fields, and what they shall have.

    Raises
    ------
    KeyError
        When the table has no such field.
    DatabaseError
    """
    quote = connection.ops.quote_name
    fields = {field.name: field for field in model._meta.local_concrete_fields}
    columns = {name: f"{quote(fields[name].column or name)} = %s" for name in (*values, *where)}
    parameters = [
        fields[name].get_db_prep_save(value, connection) for given in (values, where) for name, value in given.items()
    ]
    changes, conditions = ", ".join(columns[name] for name in values), " AND ".join(columns[name] for name in where)
    with connection.cursor() as cursor:
        # Names are those of the model; values are parameters.
        cursor.execute(f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {conditions}", parameters)  # noqa: S608
        return int(cursor.rowcount)
