# SPDX-License-Identifier: MIT
"""Virtual coverages by requests: made, given other sources, or only told what they would be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import (
    EmptyCoverageIdList,
    InvalidParameterValue,
    MissingParameterValue,
    NoSuchCoverage,
)
from eoxserver.resources.coverages.outlines import outline_to_json
from eoxserver.services.ows.kvp import Params

if TYPE_CHECKING:
    from collections.abc import Callable

    from eoxserver.resources.coverages.summaries import CoverageSummary
    from eoxserver.services.context import ServiceContext

__all__ = ["Composition", "Virtuals", "composition"]


@dataclass(frozen=True, slots=True)
class Composition:
    """What a virtual coverage is to be."""

    identifier: str
    sources: tuple[str, ...]
    """Identifiers of the coverages it is read out of; cells of later ones lie over those of earlier ones."""
    metadata: Mapping[str, str]


def composition(params: Params) -> Composition:
    """The keys ``coverageId``, ``sources`` (names separated by commas) and ``metadata`` (an object of texts in JSON).

    Raises
    ------
    MissingParameterValue, EmptyCoverageIdList
        Without identifier, without sources.
    InvalidParameterValue
        When metadata are no such object.
    InvalidRequest
        For other keys, and such that stand twice.
    """
    params.allow({"coverageid", "sources", "metadata"})
    identifier = params.require("coverageId").strip()
    given = params.get("sources")
    if given is None:
        raise MissingParameterValue(
            "parameter 'sources' is missing; give the identifiers of coverages, separated by commas", locator="sources"
        )
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    if not names:
        raise EmptyCoverageIdList("parameter 'sources' names no coverage", locator="sources")
    return Composition(identifier, names, _metadata(params.get("metadata") or ""))


def _metadata(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        values = json.loads(text)
        json.dumps(values, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
    except (ValueError, RecursionError) as error:
        raise InvalidParameterValue(f"metadata: '{text[:40]}' cannot be read: {error}", locator="metadata") from error
    if not isinstance(values, dict):
        raise InvalidParameterValue(
            f"metadata: '{text[:40]}' is no JSON object whose values are texts", locator="metadata"
        )
    for name, value in values.items():
        if not name or not isinstance(value, str):
            raise InvalidParameterValue(
                f"metadata: '{name}' must be a name with a text, not {json.dumps(value)[:40]}", locator="metadata"
            )
    return values


class Virtuals:
    """Makes virtual coverages, and tells of them."""

    def __init__(self, context: ServiceContext) -> None:
        self._catalogue = context.catalogue
        self._ingestion = context.ingestion
        self._virtuals = context.virtuals

    def planned(self, asked: Composition, suits: Callable[[CoverageSummary], bool] | None = None) -> Coverage:
        """The coverage as it would be; nothing is changed.

        Parameters
        ----------
        suits : callable, optional
            Which coverages messages may name beside the sources; all visible ones by default.

        Raises
        ------
        CoverageExists
            When there is something else of this identifier.
        NoSuchCoverage
            When there is no coverage of the name of a source.
        InvalidParameterValue
            When the identifier is none, or a source stands there twice or is a virtual coverage.
        InconsistentChange, InvalidSubsetting
            When a source does not go with the first one.
        """
        self._check(asked, suits)
        return self._virtuals.planned(asked.identifier, asked.sources, asked.metadata)

    def put(self, asked: Composition, suits: Callable[[CoverageSummary], bool] | None = None) -> None:
        """Make a virtual coverage, or give one that is there other sources and metadata; raises as ``planned``."""
        self._check(asked, suits)
        self._virtuals.put(asked.identifier, asked.sources, asked.metadata)

    def outline(self, asked: Composition, suits: Callable[[CoverageSummary], bool] | None = None) -> dict[str, Any]:
        """The coverage as it would be, as values for JSON; raises as ``planned``."""
        planned = self.planned(asked, suits)
        return {
            "coverage": asked.identifier,
            "sources": list(asked.sources),
            "metadata": dict(asked.metadata),
            **outline_to_json(planned.domain, planned.range_type),
        }

    def _check(self, asked: Composition, suits: Callable[[CoverageSummary], bool] | None) -> None:
        """Refuse an identifier that is none, and sources that are not there."""
        if not self._catalogue.exists(asked.identifier):
            self._ingestion.check_identifier(asked.identifier)
        try:
            self._catalogue.coverages(asked.sources)
        except NoSuchCoverage as error:
            words = self._catalogue.suggestions(str(error.locator), suits)
            raise NoSuchCoverage(f"no coverage '{error.locator}'; {words}", locator=error.locator) from error
