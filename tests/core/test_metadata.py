# SPDX-License-Identifier: MIT
"""Metadata beside cells."""

from __future__ import annotations

import pytest

from eoxserver.core.axes import RegularAxis
from eoxserver.core.domain import Domain
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata

DOMAIN = Domain((RegularAxis("a", 0.5, 1.0, 10), RegularAxis("b", 9.5, -1.0, 10)))


@pytest.mark.parametrize(
    ("bounds", "meets"),
    [
        ({}, True),
        ({"a": (3, 4)}, True),
        ({"a": (10, 12)}, True),
        ({"a": (10.1, 12)}, False),
        ({"a": (3, 4), "b": (-5, -1)}, False),
        ({"c": (99, 99)}, True),
    ],
)
def test_parts_meet_a_domain_on_the_axes_they_share(bounds: dict[str, tuple[float, float]], meets: bool) -> None:
    part = PartMetadata(bounds, {})
    assert part.meets(DOMAIN) is meets
    assert (part in GivenParts((part,)).within(DOMAIN)) is meets


def test_extra_metadata_is_something_or_nothing() -> None:
    assert not ExtraMetadata()
    assert ExtraMetadata("text")
    assert ExtraMetadata(parts=GivenParts((PartMetadata({}, {}),)))
