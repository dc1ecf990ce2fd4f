# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidParameterValue, MissingParameterValue, VersionNegotiationFailed
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.versions import Version, nearest, negotiate, requested

OFFERED = (Version("2.1.0", r"2\.1\.\d+"), Version("2.0.1", r"2\.0\.\d+"))


@pytest.mark.parametrize(
    ("pairs", "number"),
    [
        ([], "2.1.0"),
        ([("ACCEPTVERSIONS", "2.0.1")], "2.0.1"),
        ([("acceptVersions", "1.1.2, 2.0.0,2.1.0")], "2.0.1"),
        ([("version", "2.0.7")], "2.0.1"),
        ([("version", "2.1.0"), ("acceptversions", "2.0.1")], "2.0.1"),
        ([("version", ""), ("acceptversions", "")], "2.1.0"),
    ],
)
def test_the_first_accepted_version_that_is_offered_wins(pairs: list[tuple[str, str]], number: str) -> None:
    assert negotiate(Params(pairs), OFFERED).number == number


@pytest.mark.parametrize("key", ["acceptVersions", "version"])
def test_negotiation_fails_when_nothing_is_offered(key: str) -> None:
    with pytest.raises(VersionNegotiationFailed, match=r"1\.0\.0, 9\.9.*2\.1\.0, 2\.0\.1") as caught:
        negotiate(Params([(key, "1.0.0,9.9")]), OFFERED)
    assert caught.value.locator == key


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        (None, "2.1.0"),
        (" ", "2.1.0"),
        ("2.0.7", "2.0.1"),
        ("7", "2.1.0"),
        ("2.1.99", "2.1.0"),
        ("2.0", "2.0.1"),
        ("2.1", "2.1.0"),
        ("2.0.99.9", None),
        ("1.0.0", "2.0.1"),
        ("latest", None),
        pytest.param("9" * 5000, None, id="long"),
    ],
)
def test_the_nearest_version_is_the_highest_one_not_above(asked: str | None, number: str | None) -> None:
    params = Params([] if asked is None else [("version", asked)])
    if number is not None:
        assert nearest(params, OFFERED).number == number
        return
    with pytest.raises(InvalidParameterValue, match=r"not a version number; available: 2\.1\.0, 2\.0\.1") as caught:
        nearest(params, OFFERED)
    assert caught.value.locator == "version"


def test_other_operations_need_a_version_that_is_offered() -> None:
    assert requested(Params([("VERSION", "2.0.0")]), OFFERED).number == "2.0.1"
    with pytest.raises(MissingParameterValue) as missing:
        requested(Params(), OFFERED)
    assert missing.value.locator == "version"
    with pytest.raises(InvalidParameterValue, match=r"2\.0\.x") as wrong:
        requested(Params([("version", "2.0.x")]), OFFERED)
    assert wrong.value.locator == "version"
