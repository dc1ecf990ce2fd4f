# SPDX-License-Identifier: MIT
"""Semantics of data items are read as Python reads slices, and nothing else is let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.semantics import METADATA, band_range, check_semantic


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 300))
def test_ranges_are_those_of_python(low: int, high: int, count: int) -> None:
    bands = list(range(count))
    text = f"bands[{low}:{high}]"
    if low < high <= count:
        found = band_range(text, count)
        assert found is not None and [bands[i] for i in found] == bands[low:high]
    else:
        with pytest.raises(ValueError, match="names no band|goes beyond"):
            band_range(text, count)


def test_other_forms() -> None:
    assert band_range("bands", 3) == range(3)
    assert band_range("bands[2]", 3) == range(2, 3)
    assert band_range("bands[2]", None) == range(2, 3)
    assert band_range(METADATA, 3) is None
    assert band_range("bandsaw", 3) is None
    with pytest.raises(ValueError, match="beyond the 3 fields"):
        band_range("bands[3]", 3)


@pytest.mark.parametrize(
    "semantic", ["metadata", "bands", "bands[0]", "bands[0:12]", "quicklook", "mask[0]", "x:y.z-1"]
)
def test_semantics(semantic: str) -> None:
    check_semantic(semantic)


@pytest.mark.parametrize(
    "semantic",
    ["", " ", "bands[]", "bands[a]", "bands[0:]", "bands[:2]", "bands[-1]", "bands[1:1]", "bands[0:2]x", "bands 0",
     "a b", "[0]", "bands[0:1:2]", "bands\n"],
)  # fmt: skip
def test_what_is_no_semantic(semantic: str) -> None:
    with pytest.raises(ValueError, match="semantic|range of bands|names no band"):
        check_semantic(semantic)
