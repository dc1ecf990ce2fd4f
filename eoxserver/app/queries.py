# SPDX-License-Identifier: MIT
"""WCPS queries from Python: their results as values, bytes and arrays.

The settings of the instance bound what they cost. Its permissions do not bind whoever opens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from eoxserver.app.xarrays import to_xarray
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.services.context import ServiceContext
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.evaluation import Array, Encoding, Evaluation, Outcome, Text
from eoxserver.services.wcps.parse import parse_query
from eoxserver.services.wcps.requests import bound_request
from eoxserver.services.wire import Upload

__all__ = ["Parameter", "Queries"]

Parameter: TypeAlias = str | bytes | Path
"""Of a query: a text; for ``decode``, the path of a file or its content."""


class Queries:
    """Evaluates queries over the coverages of an instance."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def results(self, query: str, parameters: Mapping[int, Parameter]) -> list[Any]:
        """The results of a query in their order (``Instance.wcps`` says what they are).

        Raises
        ------
        EOxServerError
            What stands in the way; with the place in the query, where there is one.
        """
        return [self._value(outcome) for outcome in self.outcomes(query, parameters)]

    def outcomes(self, query: str, parameters: Mapping[int, Parameter]) -> list[Outcome]:
        """The same as the service has them: encoded results are bytes that are made when they are asked for."""
        return self._evaluation(query, parameters).outcomes()

    def explanations(self, query: str, parameters: Mapping[int, Parameter]) -> list[dict[str, Any]]:
        """For each combination of coverages the plans and their prices, as values for JSON; reads no cells."""
        return self._evaluation(query, parameters).explanations()

    def explanation_text(self, query: str, parameters: Mapping[int, Parameter]) -> str:
        """The same as text."""
        return self._evaluation(query, parameters).explanation_text()

    def _evaluation(self, query: str, parameters: Mapping[int, Parameter]) -> Evaluation:
        tree = parse_query(query)
        decoded = {node.source.number for node in nodes.walk(tree) if isinstance(node, nodes.Decode)}
        files = {number: _upload(number, value) for number, value in parameters.items() if number in decoded}
        texts = {number: _text(number, value) for number, value in parameters.items() if number not in decoded}
        return Evaluation(self._context, bound_request(tree, query, texts, files))

    def _value(self, outcome: Outcome) -> Any:
        match outcome:
            case Text():
                return outcome.value
            case Encoding():
                return b"".join(outcome.encoded.chunks)
            case Array():
                return to_xarray(outcome.coverage, self._context.engine.executor)


def _upload(number: int, value: Parameter) -> Upload:
    if isinstance(value, bytes):
        return Upload(str(number), "", value)
    try:
        return Upload(str(number), "", Path(value).read_bytes())
    except OSError as error:
        raise InvalidParameterValue(
            f"parameter ${number}: the file {value} cannot be read: {error.strerror}", locator=str(number)
        ) from error


def _text(number: int, value: Parameter) -> str:
    if isinstance(value, str):
        return value
    raise InvalidParameterValue(
        f"parameter ${number} is a file, and the query has no decode(${number}) for it", locator=str(number)
    )
