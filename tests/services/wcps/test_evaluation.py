# SPDX-License-Identifier: MIT
"""Queries within limits and permissions, and the names of their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import (
    AccessDenied,
    EOxServerError,
    EvaluationFailed,
    InvalidParameterValue,
    InvalidRequest,
    InvalidSubsetting,
    LimitExceeded,
    NoSuchDefinition,
    NoSuchMediaType,
    UnsupportedCombination,
)
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


def read_all(context: ServiceContext, query: str) -> None:
    """Evaluate a query and read all cells of its results."""
    for outcome in Evaluation(context, query_request(query)).outcomes():
        if isinstance(outcome, Array):
            outcome.coverage.source.read(CellBox.whole(outcome.coverage.domain.shape), (0,))
        elif isinstance(outcome, Encoding):
            b"".join(outcome.encoded.chunks)


OUTSIDE = "$c[i($x), j($c[i($x), j(0)] * 100)]"


@pytest.mark.parametrize(
    ("result", "at", "kind", "words"),
    [
        (f"condense + over $x i(0:9) using {OUTSIDE}", "j($c[", InvalidSubsetting, "cell 300 of axis j"),
        (f"coverage a over $x i(0:9) values {OUTSIDE}", "j($c[", InvalidSubsetting, "cell 300 of axis j"),
        (f'encode(coverage a over $x i(0:9) values {OUTSIDE}, "csv")', "j($c[", InvalidSubsetting, "cell 300"),
        (f"$c[i(condense max over $x i(0:9) using {OUTSIDE})]", "j($c[", InvalidSubsetting, "cell 300 of axis j"),
        ("condense + over $x i(1:9) using $c[i($x), j($c[i($x), j(0)] * 0.1)]", "j($c[", InvalidSubsetting, "0.1 is"),
        ("max($c / 2 + $c / 2.0 + $c / 0)", "/ 0", EvaluationFailed, "divided by 0"),
        ("$c / ($c - $c)", "/ ($c", EvaluationFailed, "divided by 0"),
        ("$c[i(1), j(mod(7, min($c)))]", "mod", EvaluationFailed, "divided by 0"),
        ("max(bit($c, 3) + bit($c, 0 - $c))", "bit($c, 0", EvaluationFailed, "the number of a bit"),
    ],
)
def test_what_is_found_wrong_while_cells_are_read_has_its_place(
    context: ServiceContext, result: str, at: str, kind: type[EOxServerError], words: str
) -> None:
    query = f"for $c in (mr)\nreturn {result}"
    column = query.split("\n")[1].index(at) + 1
    with pytest.raises(kind) as caught:
        read_all(context, query)
    assert type(caught.value) is kind
    assert caught.value.message.startswith(f"line 2, column {column}: ")
    assert words in caught.value.message
    assert caught.value.message.count("^") == caught.value.message.count("line 2") == 1
    if isinstance(caught.value, EvaluationFailed):
        assert (caught.value.line, caught.value.column) == (2, column)


@pytest.mark.parametrize(
    ("result", "at", "kind", "words"),
    [
        ('encode($c, "image/nope")', '"image/nope"', NoSuchMediaType, "format 'image/nope' is not known"),
        ('encode($c, "pngg", "nodata=0")', '"pngg"', NoSuchMediaType, "did you mean 'png'?"),
        ('describe($c, "pngg")', '"pngg"', NoSuchMediaType, "did you mean 'png'?"),
        ('describe($c, "png")', '"png"', InvalidRequest, "describe answers gml"),
        ('polygonize($c, "shpx")', '"shpx"', NoSuchMediaType, "polygonize() has no format 'shpx'"),
        ('encode($c, "png", "{oops}")', '"{oops}"', InvalidParameterValue, "cannot be deserialized"),
        ('encode($c, "png", "{\\"nodatas\\": 0}")', '"{', InvalidParameterValue, "no key 'nodatas'"),
        ('encode($c, "png", "nodata=none")', '"nodata=', InvalidParameterValue, "nodata=none"),
        ('encode($c, "png", "xmin=0;ymin=0;xmax=1;ymax=1;crs=EPSG:0")', '"xmin', NoSuchDefinition, "EPSG:0"),
        ('encode($c, "tiff", "COMPRESS=NOPE")', '"COMPRESS', InvalidParameterValue, "COMPRESS"),
        ('encode($c, "png", "{\\"dimensions\\": [\\"a\\"]}")', '"{', InvalidRequest, "dimensions does not apply"),
        ('describe($c, "gml", "{\\"nodata\\": [0, 1]}")', '"{', InvalidParameterValue, "nodata has 2 values"),
        ('encode((complexd) $c, "jpeg")', '"jpeg"', UnsupportedCombination, "Formats that hold this result"),
        ('describe($c, "json")', "describe", InvalidRequest, "add outputType"),
    ],
)
def test_arguments_of_encode_are_refused_where_they_stand(
    context: ServiceContext, result: str, at: str, kind: type[EOxServerError], words: str
) -> None:
    query = f"for $c in (mr) return {result}"
    with pytest.raises(EOxServerError) as caught:
        read_all(context, query)
    assert type(caught.value) is kind
    assert caught.value.message.startswith(f"line 1, column {query.rindex(at) + 1}: ")
    assert words in caught.value.message


def test_the_format_of_a_parameter_is_refused_where_the_parameter_stands(context: ServiceContext) -> None:
    query = query_request("for $c in (mr) return encode($c, $1)", {1: "pngg"})
    with pytest.raises(NoSuchMediaType, match="^line 1, column 34: format 'pngg' is not known; did you mean 'png'"):
        Evaluation(context, query).outcomes()


def test_a_failure_that_may_have_several_causes_shows_no_place(context: ServiceContext) -> None:
    query = "for $c in (mr) return max($c / ($c - $c) + $c / ($c - 1))"
    with pytest.raises(EvaluationFailed, match="^an integer is divided by 0"):
        Evaluation(context, query_request(query)).outcomes()


def test_equal_parts_are_one_and_shown_where_the_first_is(context: ServiceContext) -> None:
    query = "for $c in (mr) let $a := $c / ($c - $c), $b := $c / ($c - $c) return max($a + $b)"
    with pytest.raises(EvaluationFailed, match=f"^line 1, column {query.index('/') + 1}: "):
        Evaluation(context, query_request(query)).outcomes()


def test_names_of_files_are_safe_and_tell_results_apart() -> None:
    def encoding(identifier: str, extension: str) -> Encoding:
        return Encoding(Encoded("x/y", iter(()), extension), identifier)

    assert filenames([encoding("mr", ".tif")]) == ["mr.tif"]
    assert filenames([encoding('../a "b"\r\n', ".png")]) == ["a_b.png"]
    assert filenames([encoding("", ".csv"), encoding("mr", ".csv")]) == ["result-1.csv", "mr-2.csv"]
