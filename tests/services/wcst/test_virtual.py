# SPDX-License-Identifier: MIT
"""What requests for virtual coverages say."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import (
    EmptyCoverageIdList,
    EOxServerError,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
)
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcst.virtual import Composition, composition


def decode(*pairs: tuple[str, str]) -> Composition:
    return composition(Params(pairs))


def test_sources_keep_their_order() -> None:
    """And stand there twice when they do, which is refused when it is made."""
    found = decode(("COVERAGEID", " v "), ("SOURCES", "b, a,,b"))
    assert found == Composition("v", ("b", "a", "b"), {})


def test_metadata_are_an_object_of_texts() -> None:
    found = decode(("coverageId", "v"), ("sources", "a"), ("metadata", '{"Title": "é < \\u00e9", "n": ""}'))
    assert found.metadata == {"Title": "é < é", "n": ""}
    assert decode(("coverageId", "v"), ("sources", "a"), ("metadata", " ")).metadata == {}


@pytest.mark.parametrize(
    ("pairs", "error", "locator"),
    [
        ({"sources": "a"}, MissingParameterValue, "coverageId"),
        ({"coverageId": " ", "sources": "a"}, MissingParameterValue, "coverageId"),
        ({"coverageId": "v"}, MissingParameterValue, "sources"),
        ({"coverageId": "v", "sources": ""}, EmptyCoverageIdList, "sources"),
        ({"coverageId": "v", "sources": " , "}, EmptyCoverageIdList, "sources"),
        ({"coverageId": "v", "sources": "a", "members": "b"}, InvalidRequest, "members"),
        ({"coverageId": "v", "sources": "a", "metadata": "[]"}, InvalidParameterValue, "metadata"),
        ({"coverageId": "v", "sources": "a", "metadata": "<a/>"}, InvalidParameterValue, "metadata"),
        ({"coverageId": "v", "sources": "a", "metadata": '{"a": 1}'}, InvalidParameterValue, "metadata"),
        ({"coverageId": "v", "sources": "a", "metadata": '{"": "b"}'}, InvalidParameterValue, "metadata"),
        ({"coverageId": "v", "sources": "a", "metadata": '{"a": "\\ud800"}'}, InvalidParameterValue, "metadata"),
        ({"coverageId": "v", "sources": "a", "metadata": "[" * 100_000}, InvalidParameterValue, "metadata"),
    ],
)
def test_what_is_no_request_is_refused(pairs: dict[str, str], error: type[EOxServerError], locator: str) -> None:
    with pytest.raises(error) as told:
        decode(*pairs.items())
    assert told.value.locator == locator


def test_keys_stand_there_once() -> None:
    with pytest.raises(InvalidRequest, match="'sources' is given 2 times"):
        decode(("coverageId", "v"), ("sources", "a"), ("SOURCES", "b"))
