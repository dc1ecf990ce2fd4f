# SPDX-License-Identifier: MIT
"""A map of a coverage with a further axis shows the position that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.query.evaluate import evaluate
from eoxserver.services.wms.plan import coverage_plans
from eoxserver.services.wms.requests import MapRequest
from tests.services.wms.coverages import BOX, COLUMNS, LAT_LONG, ROWS, band, coverage, plane


@pytest.mark.parametrize(("asked", "expected"), [("7", 0), ("8", 1), (None, 2)])
def test_an_index_axis_counts_from_its_first_index(asked: str | None, expected: int) -> None:
    axis = IndexAxis("k", 3, first=7)
    domain = Domain((axis, *plane().axes), ("k", *plane().crs_labels))
    values = np.broadcast_to(np.arange(3)[:, None, None], (1, 3, ROWS, COLUMNS))
    cube = coverage("cube", [band("b")], values, domain)
    dimensions = () if asked is None else (("dim_k", asked),)
    request = MapRequest(("cube",), ("",), LAT_LONG, BOX, COLUMNS, ROWS, "image/png", dimensions=dimensions)
    (plan,) = coverage_plans(cube, request, None)
    cells = evaluate(plan, lambda _: cube).source.read(CellBox.whole((ROWS, COLUMNS)), [0])
    assert (cells.values == expected).all()
