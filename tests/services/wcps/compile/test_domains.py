# SPDX-License-Identifier: MIT
"""Metadata functions and domains: the exact text of section 5."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidAxisLabel, InvalidRequest
from tests.services.wcps.compile.querying import number, refused, text

ROOT = "http://www.opengis.net/def/crs"


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("imageCrsDomain($c)", "(0:5,0:29,0:39)"),
        ("imageCrsDomain($c,Lat)", "(0:29)"),
        ("imageCrsDomain($c[Lat(30:35)],Lat)", "(10:19)"),
        ("imageCrsDomain($c[Lat(30:35)][Lat(31:32)],Lat)", "(16:17)"),
        ("domain($c,Long)", "(40:60)"),
        ("domain($c,Lon)", "(40:60)"),
        ("domain($c,t)", '("1949-12-31T12:00:00.000Z":"1950-01-06T12:00:00.000Z")'),
        ('domain($c,Long,"CRS:1")', "(0:39)"),
        ('domain($c,Long,"http://host/def/crs/OGC/0/Index3D")', "(0:39)"),
        ('domain($c,Long,"http://host/def/crs/EPSG/0/4326")', "(40:60)"),
        ("domain($c)", '("1949-12-31T12:00:00.000Z":"1950-01-06T12:00:00.000Z",25:40,40:60)'),
        ("domain($c,t).lo", '"1949-12-31T12:00:00.000Z"'),
        ("imageCrs($c)", f"{ROOT}/OGC/0/Index3D"),
        ('imageCrs($c[t("1950-01-01")])', f"{ROOT}/OGC/0/Index2D"),
        ("identifier($c)", "eobs"),
        ("identifier(($c + 1) * $c)", "eobs"),
        ("nilSet($c)", "{-9999}"),
        ("nullSet($c)", "{-9999}"),
        ("nilSet($c null values [0, 10:12])", "{0, 10:12}"),
        ("nilSet({a: $c; b: $c null values [1]})", "{-9999}, {1}"),
        (
            "crsSet($c)",
            f't:{ROOT}/OGC/0/AnsiDate?axis-label="t" {ROOT}/OGC/0/Index3D, '
            f"Lat:{ROOT}/EPSG/0/4326 {ROOT}/OGC/0/Index3D, Long:{ROOT}/EPSG/0/4326 {ROOT}/OGC/0/Index3D",
        ),
    ],
)
def test_the_text_of_metadata(call: str, answer: str) -> None:
    assert text(f"for $c in (eobs) return {call}") == answer


def test_domains_are_listed_in_grid_order_and_in_crs_order() -> None:
    assert text("for $c in (airtemp) return imageCrsDomain($c)") == "(0:885,0:710)"
    assert text("for $c in (airtemp) return domain($c)") == "(-44.525:-8.975,111.975:156.275)"


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("imageCrsDomain($c,Lat).lo", 0),
        ("imageCrsDomain($c,Lat).hi", 29),
        ("domain($c,Lat).lo", 25.0),
        ("domain($c,Lat).hi - domain($c,Lat).lo", 15.0),
        ("domain($c,Lat).resolution", -0.5),
        ("imageCrsDomain($c,Lat).resolution", 1),
        ("cellCount($c)", 7200),
        ("cellCount($c) / 2", 3600),
        ('cellCount($c[t:"CRS:1"(0)])', 1200),
        ("cellCount(1)", 1),
    ],
)
def test_parts_of_domains_and_counts_are_numbers(call: str, answer: float) -> None:
    found = number(f"for $c in (eobs) return {call}")
    assert (found, type(found)) == (answer, type(answer))


@pytest.mark.parametrize(
    ("call", "at", "words"),
    [
        ("imageCrsDomain($c).hi", "hi", "3"),
        ("domain($c).lo", "lo", "3"),
        ('domain($c,Long,"http://host/def/crs/EPSG/0/32633")', "domain", "does not belong to axis Long"),
    ],
)
def test_what_domains_cannot_tell_is_an_invalid_request(call: str, at: str, words: str) -> None:
    refused(f"for $c in (eobs) return {call}", InvalidRequest, at, words)


def test_an_irregular_axis_has_no_resolution() -> None:
    refused("for $c in (irr) return domain($c,ansi).resolution", InvalidRequest, "resolution", "irregular")


def test_an_unknown_axis_is_named_with_those_there_are() -> None:
    refused("for $c in (eobs) return domain($c,Lad)", InvalidAxisLabel, "Lad", "did you mean 'Lat'?")


@pytest.mark.parametrize("function", ["identifier", "crsSet", "imageCrs", "domain", "imageCrsDomain"])
@pytest.mark.parametrize("operand", ["avg($c)", "$c[i(1), j(2)]", "3"])
def test_metadata_of_single_values_is_refused(function: str, operand: str) -> None:
    """Section 4, "0-D"."""
    at = {"avg($c)": "avg", "$c[i(1), j(2)]": "[i", "3": "3"}[operand]
    at = "i(1)" if at == "[i" else at
    refused(f"for $c in (mr) return {function}({operand})", InvalidRequest, at, "single value")
