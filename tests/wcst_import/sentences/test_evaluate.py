# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.wcst_import.errors import SentenceError
from eoxserver.wcst_import.sentences.evaluate import Sentence, expressions
from eoxserver.wcst_import.sentences.statements import imported

FILE: Mapping[tuple[str, ...], Any] = {
    ("gdal", "minX"): 10.5,
    ("gdal", "resolutionX"): -0.5,
    ("gdal", "metadata", "DATE"): "20120305",
    ("file", "name"): "ndvi_2010-01_v'2.tif",
    ("netcdf", "variable", "time"): [0.0, 86400.0],
    ("netcdf", "variable", "sst", "units"): "m s-1",
    ("grib", "dataDate"): 20150601,
    ("grib", "dataTime"): 600,
    ("grib", "jScansPositively"): 0,
}


def value(text: str | float, *statements: str) -> Any:
    return Sentence(text, imported(statements)).evaluate(FILE.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2),
        (4.5, 4.5),
        ("1.0 / 4.0", 0.25),
        ("'Some information'", "Some information"),
        ("${gdal:minX} + 1/2 * ${gdal:resolutionX}", 10.25),
        ("-${gdal:resolutionX}", 0.5),
        ("${gdal:metadata:DATE}", 20120305),
        ("'${gdal:metadata:DATE}'", "20120305"),
        ("'${file:name}'", "ndvi_2010-01_v'2.tif"),
        ("${netcdf:variable:sst:units}", "m s-1"),
        ("'unit: ${netcdf:variable:sst:units}'", "unit: m s-1"),
        ("${netcdf:variable:time}", [0.0, 86400.0]),
        ("1 if bool(${grib:jScansPositively}) else -1", -1),
        ("datetime('2012-01-01T10:00:00+02:00')", "2012-01-01T08:00:00+00:00"),
        ("datetime('20120101:1200', 'YYYYMMDD:HHmm')", "2012-01-01T12:00:00+00:00"),
        ("datetime(${gdal:metadata:DATE}, 'YYYYMMDD')", "2012-03-05T00:00:00+00:00"),
        ("datetime(['2012', '2013'], 'YYYY')[1]", "2013-01-01T00:00:00+00:00"),
        ("grib_datetime(${grib:dataDate}, ${grib:dataTime})", "2015-06-01T06:00:00+00:00"),
        ("grib_datetime(20150601, 0)", "2015-06-01T00:00:00+00:00"),
        (r"regex_extract('${file:name}', '(.*)_(\d{4}-\d\d)_', 2)", "2010-01"),
        ("regex_extract('abc', '(b)', '1')", "b"),
        ("replace('${file:name}', 'ndvi_', '')", "2010-01_v'2.tif"),
        ("'a_b'.split('_')[1].upper()", "B"),
        ("[x / 86400 for x in ${netcdf:variable:time} if x > 0]", [1.0]),
        ("round(max(1.26, 0.5), 1)", 1.3),
    ],
)
def test_values_of_sentences(text: str | float, expected: object) -> None:
    assert value(text) == expected


def test_imported_names_take_the_place_of_functions() -> None:
    text = "[(datetime(1981, 1, 1) + timedelta(seconds=x)).isoformat() for x in ${netcdf:variable:time}]"
    expected = ["1981-01-01T00:00:00", "1981-01-02T00:00:00"]
    assert value(text, "from datetime import datetime, timedelta") == expected
    assert value("step(days=1).total_seconds()", "from datetime import timedelta as step") == 86400


@pytest.mark.parametrize(
    "text",
    [
        "().__class__.__bases__", "'{0.__class__}'.format(1)", "open('/etc/passwd')", "__import__('os')",
        "eval('1')", "(lambda: 1)()", "9 ** 9 ** 9", "'a' * 10 ** 9", "range(10 ** 12)", "exec('1')",
        "[x for x in range(10 ** 9)]", "getattr(1, 'real')", "datetime('2012').__class__", "nothing", "nothing(1)",
        "1 / 0", "[1][3]", "datetime('yesterday')", "regex_extract('abc', 'x', 0)", "regex_extract('a', '(a)', 2)",
    ],
)  # fmt: skip
def test_what_is_no_harmless_value_is_refused_with_the_sentence(text: str) -> None:
    with pytest.raises(SentenceError) as caught:
        value(text)
    assert text in caught.value.message


@pytest.mark.parametrize("text", ["import os", "1 +", "x = 1", "two words", ""])
def test_what_is_no_expression_is_refused_at_once(text: str) -> None:
    with pytest.raises(SentenceError, match="is no sentence.*quotes"):
        Sentence(text, key="recipe.options")


def test_errors_show_the_sentence_with_its_values() -> None:
    with pytest.raises(SentenceError) as caught:
        value(r"regex_extract('${file:name}', '(\d{8})', 1)")
    assert "${file:name}" in caught.value.message
    assert "'ndvi_2010-01_v'2.tif' does not match" in caught.value.message


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("import os", "not allowed"),
        ("from os import system", "nothing can be imported from os"),
        ("from datetime import datetim", "did you mean 'datetime'"),
        ("x = 1", "not allowed"),
        ("from . import x", "not allowed"),
        ("from datetime import", "is no statement"),
    ],
)
def test_statements_import_from_a_short_list(statement: str, words: str) -> None:
    with pytest.raises(SentenceError, match=words):
        imported(statement)


def test_expressions_of_a_sentence() -> None:
    assert expressions("${file:name} + ${netcdf:variable:a b:units}") == [
        ("file", "name"),
        ("netcdf", "variable", "a b", "units"),
    ]


@given(st.text(max_size=60))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    with suppress(SentenceError):
        Sentence(text).evaluate(lambda parts: 1)


@given(st.text(max_size=20))
def test_text_of_a_file_stays_text(text: str) -> None:
    """Whatever a file is called, it does not become a part of the sentence."""
    assert Sentence("'<${file:name}>'").evaluate(lambda parts: text) == f"<{text}>"
