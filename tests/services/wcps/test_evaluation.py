# SPDX-License-Identifier: MIT
"""Queries within limits and permissions, and the names of their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eoxserver.core.errors import AccessDenied, InvalidRequest, LimitExceeded
from eoxserver.services.context import ServiceContext
from eoxserver.services.wcps.answers import filenames
from eoxserver.services.wcps.encoding.results import Encoded
from eoxserver.services.wcps.evaluation import Array, Encoding, Evaluation, Text
from eoxserver.services.wcps.requests import query_request
from tests.applications import application, instance_template
from tests.services.wcps import samples

__all__ = ["instance_template"]


@pytest.fixture
def context(instance_template: Path, tmp_path: Path) -> Iterator[ServiceContext]:
    """Answer a context over the coverages of the specification, in memory."""
    with application(tmp_path, instance_template) as app:
        found = app.instance.context
        yield replace(found, engine=replace(found.engine, lookup=samples.catalogue()))


def bounded(context: ServiceContext, **limits: int) -> ServiceContext:
    engine = context.engine
    return replace(context, engine=replace(engine, limits=replace(engine.limits, **limits)))


def test_outcomes_are_values_coverages_and_encodings(context: ServiceContext) -> None:
    (text,) = Evaluation(context, query_request("for $c in (mr) return max($c)")).outcomes()
    assert text == Text("255", 255)
    (array,) = Evaluation(context, query_request("for $c in (mr) return $c")).outcomes()
    assert isinstance(array, Array)
    assert array.coverage.domain.shape == (256, 211)
    assert isinstance(array.refusal, InvalidRequest)
    (encoding,) = Evaluation(context, query_request('for $c in (mr) return encode($c, "csv")')).outcomes()
    assert isinstance(encoding, Encoding)
    assert (encoding.identifier, encoding.encoded.media_type) == ("mr", "text/csv")


def test_all_results_together_read_no_more_than_one_may(context: ServiceContext) -> None:
    cells = 256 * 211
    query = query_request("for $c in (mr, mr, mr) return max($c)")
    Evaluation(bounded(context, max_read_bytes=3 * cells), query).outcomes()
    with pytest.raises(LimitExceeded, match="all results of this query together"):
        Evaluation(bounded(context, max_read_bytes=3 * cells - 1), query).outcomes()


def test_scalars_in_bounds_count_too(context: ServiceContext) -> None:
    query = query_request('for $c in (mr) return $c[i:"CRS:1"(max($c) - 255), j(0)]')
    with pytest.raises(LimitExceeded):
        Evaluation(bounded(context, max_read_bytes=100), query).outcomes()


def test_what_may_not_be_read_is_not(context: ServiceContext) -> None:
    query = query_request("for $c in (mr, rgb) return identifier($c)")
    with pytest.raises(AccessDenied, match="reading rgb is not allowed"):
        Evaluation(context, query, may_read=lambda name: name != "rgb").outcomes()


def test_names_of_files_are_safe_and_tell_results_apart() -> None:
    def encoding(identifier: str, extension: str) -> Encoding:
        return Encoding(Encoded("x/y", iter(()), extension), identifier)

    assert filenames([encoding("mr", ".tif")]) == ["mr.tif"]
    assert filenames([encoding('../a "b"\r\n', ".png")]) == ["a_b.png"]
    assert filenames([encoding("", ".csv"), encoding("mr", ".csv")]) == ["result-1.csv", "mr-2.csv"]
