# SPDX-License-Identifier: MIT
"""The example queries of section 8 as far as nothing is read: grid, bands, or the error."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.errors import EOxServerError, InvalidAxisLabel, InvalidSubsetting, NoSuchCoverage, NoSuchField
from tests.services.wcps.compile.querying import array, compiled, coverage
from tests.services.wcps.examples import EXAMPLES
from tests.services.wcps.samples import mr

SHAPES = {
    "1": (256, 211), "2": (256, 211), "3": (), "4": (256, 211), "5": (), "6": (256, 211), "9": (), "10": (1, 2),
    "11": (2, 3), "12": (), "13": (9, 206), "15": (211,), "16": (10, 211), "18": (5, 3), "21": (30, 40), "22": (3,),
    "23": (2, 63, 36), "25": (63, 36), "26": (400, 344), "27": (400, 344), "29": (400, 344), "30": (),
    "31": (400, 344), "32": (256, 211), "34": (256, 211), "35": (256, 211), "36": (256, 211), "36b": (256, 211),
    "37": (256, 211), "38": (256, 211), "39": (), "40": (), "40b": (), "41": (6, 30, 40), "42": (256, 211),
    "43": (256, 211), "44": (30, 40), "45": (), "46": (256,), "47": (4, 2), "48": (2, 3), "49": (256, 211),
    "50": (256, 211), "51": (161, 129), "52": (443, 356), "53": (100, 50), "53b": (886, 71), "53c": (10, 10),
    "54": (266, 211), "56": (201, 201), "57": (6, 10, 9), "58": (6, 10, 10), "59": (63, 36), "59b": (4, 63, 36),
    "60b": (6, 30, 40),
}  # fmt: skip
TYPES = {
    "6": "uint8", "9": "int32", "31": "float32", "32": "uint8", "34": "int32", "35": "float64", "36": "float64",
    "37": "bool", "38": "bool", "41": "bool", "43": "uint8", "47": "uint8", "49": "uint8", "58": "float64",
}  # fmt: skip
REFUSED: dict[str, type[EOxServerError]] = {
    "8": NoSuchCoverage, "17": InvalidAxisLabel, "19": InvalidSubsetting, "20": InvalidSubsetting,
    "24": InvalidSubsetting, "28": NoSuchField,
}  # fmt: skip
ELSEWHERE = {"7": "metadata", "14": "no query", "33": "no query", "55": "size", "56b": "size", "60": "a file"}


def test_every_example_is_told_of() -> None:
    assert set(SHAPES) | set(REFUSED) | set(ELSEWHERE) == set(EXAMPLES)


@pytest.mark.parametrize("number", SHAPES)
def test_the_grid_of_an_example(number: str) -> None:
    assert coverage(EXAMPLES[number]).domain.shape == SHAPES[number]


@pytest.mark.parametrize("number", TYPES)
def test_the_type_of_an_example(number: str) -> None:
    assert {field.dtype.name for field in coverage(EXAMPLES[number]).range_type.fields} == {TYPES[number]}


@pytest.mark.parametrize("number", REFUSED)
def test_the_error_of_an_example(number: str) -> None:
    with pytest.raises(EOxServerError) as caught:
        compiled(EXAMPLES[number])
    assert type(caught.value) is REFUSED[number]


def test_a_coverage_is_added_to_a_file() -> None:
    query = EXAMPLES["60"].replace("eobs", "mr").replace('$c[t:"CRS:1"(0)]', "$c")
    assert coverage(query, {1: mr()}).domain.shape == (256, 211)


def test_a_difference_with_itself_is_zero() -> None:
    assert not array(EXAMPLES["6"]).any()
    assert np.array_equal(array(EXAMPLES["42"]), array(EXAMPLES["1"]))
