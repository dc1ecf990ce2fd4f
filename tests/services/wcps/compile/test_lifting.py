# SPDX-License-Identifier: MIT
"""A body at all places of its iterator together is what it is at each place alone, with a number for the iterator."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoxserver.core.coverage import Cells
from eoxserver.core.errors import EOxServerError
from tests.services.wcps.compile.querying import cells

FAMILIES = {
    "image": (
        ("mr", "mr[j(0:20)]", "$x"),
        ('i:"CRS:1"($x)', 'j:"CRS:1"($x:$x+1)', 'i:"CRS:1"($x*2)', 'i:"CRS:1"($x), j:"CRS:1"(3)', 'j:"CRS:1"(3-$x)'),
    ),
    "cube": (
        ("eobs", "eobs[Lat(30:32)]", "$x"),
        ('t:"CRS:1"($x)', 'Lat:"CRS:1"($x+16)', 'Long:"CRS:1"($x:$x+3)', 't:"CRS:1"($x), Lat:"CRS:1"(17)'),
    ),
}
FORMS = (
    "({0} + {1})", "({0} * {1})", "({0} < {1})", "({0} overlay {1})", "(-{0})", "((char) {0})", "({0} is null)",
    "avg({0})", "max({0})", "count({0} > 3)", "add({0})", "abs({0})", "scalefactor({0}, 0.3)", "scalesize({0}, [j(5)])",
    'extend({0}, {{i:"CRS:1"(-2:260)}})', "(flip {0} along i)", "(flip {0} along t)",
    "(sort {0} along t desc by max({0}))", "(switch case {0} > 3 return {1} default return 1)",
    "(condense + over $z i(0:2) using {0})", "(condense max over $z t(0:2) where {1} > 3 using {0})",
    "(coverage q over $z z(0:3) values max({0}) - $z)",
    "clip({0}, CURTAIN(projection(Lat, Long), POLYGON((30 41, 32 41, 30 45))))",
    "clip({0}, POLYGON((1 1, 40 1, 30 45)))",
)  # fmt: skip


def _bodies(family: str) -> st.SearchStrategy[str]:
    leaves, subsets = FAMILIES[family]

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        forms = st.tuples(st.sampled_from(FORMS), inner, inner).map(lambda parts: parts[0].format(parts[1], parts[2]))
        return forms | st.tuples(inner, st.sampled_from(subsets)).map(lambda parts: f"{parts[0]}[{parts[1]}]")

    return st.recursive(st.sampled_from(leaves), grown, max_leaves=4)


bodies = st.sampled_from(sorted(FAMILIES)).flatmap(_bodies)
condensed = st.tuples(st.sampled_from(("avg", "max", "add", "min")), bodies).map(lambda pair: f"{pair[0]}({pair[1]})")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(condensed)
def test_all_places_together_are_each_place_alone(body: str) -> None:
    found: list[Cells] = []
    with suppress(EOxServerError):
        found = [cells(f"for $c in (mr) return {body.replace('$x', str(place))}") for place in range(4)]
    if not found:
        return
    with suppress(EOxServerError):
        together = cells(f"for $c in (mr) return coverage q over $x x(0:3) values {body}")
        alone = np.stack([one.values for one in found], axis=1)
        valid = np.stack([one.mask() for one in found], axis=1)
        assert together.values.dtype == alone.dtype
        np.testing.assert_allclose(together.values[valid], alone[valid], rtol=1e-6)
