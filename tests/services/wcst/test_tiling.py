# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidParameterValue
from eoxserver.services.wcst.tiling import Tiling, tiling


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALIGNED [0:0,0:1023,0:1023] TILE SIZE 4000000", Tiling("aligned", (1, 1024, 1024), 4000000)),
        ("aligned [0:500, 0:500]", Tiling("aligned", (501, 501))),
        ("tiling regular [10,*]", Tiling("regular", (10, None))),
        ("[0:9,*:*]", Tiling("aligned", (10, None))),
        ("Regular", Tiling("regular")),
        ("AREA OF INTEREST [0:9,0:9],[20:29,5:9] tile size 100", Tiling("area of interest", (), 100)),
        ("DIRECTIONAL [0,512,1024],[],[0,15,200] WITH SUBTILING", Tiling("directional")),
        ("STATISTIC [0:9,0:9] BORDER THRESHOLD 50 INTEREST THRESHOLD 0.3", Tiling("statistic")),
    ],
)
def test_clauses(text: str, expected: Tiling) -> None:
    assert tiling(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CLOSE",
        "ALIGNED [",
        "ALIGNED [9:0]",
        "ALIGNED [0:9] TILE SIZE 0",
        "ALIGNED [0:9] TILE SIZE x",
        "REGULAR [0]",
    ],
)
def test_what_is_no_clause(text: str) -> None:
    with pytest.raises(InvalidParameterValue) as refused:
        tiling(text)
    assert refused.value.locator == "tiling"


def test_chunks() -> None:
    assert tiling("REGULAR [10,*]").chunks((100, 30)) == (10, 30)
    assert tiling("REGULAR").chunks((100, 30)) is None
    with pytest.raises(InvalidParameterValue, match="2 extents"):
        tiling("REGULAR [10,*]").chunks((100,))
