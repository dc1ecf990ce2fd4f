# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidSubsetting
from eoxserver.core.subsets import GRID, Slice, Subset, Trim
from eoxserver.services.wcst.placement import placed

DATE = parse_crs("OGC/0/AnsiDate")


def one(axis: Axis, part: Axis, subset: Subset) -> Axis:
    return placed(Domain((part,)), Domain((axis,)), [subset]).axes[0]


@given(st.integers(-50, 50), st.integers(1, 9), st.sampled_from([0.1, -0.1, 0.25, 30.0]), st.floats(-9e-4, 9e-4))
def test_cells_on_the_grid_are_put_there(first: int, size: int, step: float, off: float) -> None:
    """Wherever a trim of whole cells lies, inside or not, up to a thousandth of a cell off."""
    axis = RegularAxis("x", 7.0, step, 10)
    edges = sorted(axis.start + (first + end + off) * step for end in (0, size))
    found = one(axis, RegularAxis("x", 0.0, step, size), Trim("x", edges[0], edges[1]))
    assert isinstance(found, RegularAxis)
    assert (found.origin, found.step, found.size) == (axis.coordinate(first), step, size)


@pytest.mark.parametrize("off", [0.01, 0.3, -0.5])
def test_cells_off_the_grid_are_refused(off: float) -> None:
    with pytest.raises(InvalidSubsetting, match="off the grid"):
        one(RegularAxis("x", 0.5, 1, 10), RegularAxis("x", 0, 1, 2), Trim("x", 3 + off, 5 + off))


@pytest.mark.parametrize(
    ("axis", "subset", "expected"),
    [
        (RegularAxis("x", 0.5, 1, 10), Slice("x", "12.5"), 12.5),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", "3.5", "3.5"), 3.5),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", "3", "3", GRID), 3.5),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", None, "9"), 77),
        (RegularAxis("x", 148654, 1, 3, DATE), Slice("x", "2008-01-05"), 148658),
        (IndexAxis("x", 5, 10), Slice("x", "9"), 9),
        (IndexAxis("x", 5, 10), Trim("x", "20", "20"), 20),
        (IndexAxis("x", 5, 10), Trim("x", "20", "21"), 20),
        (IrregularAxis("x", np.array([1.0, 2.0])), Slice("x", "1.5"), 1.5),
        (IrregularAxis("x", np.array([1.0, 2.0])), Trim("x", "70", "80"), 77),
        (IrregularAxis("x", np.array([1.0, 2.0])), Trim("x", "5", "5"), 5),
    ],
)
def test_one_cell(axis: Axis, subset: Subset, expected: float) -> None:
    assert one(axis, RegularAxis("x", 77, 1, 1), subset).coordinates().tolist() == [expected]


@pytest.mark.parametrize(
    ("axis", "subset"),
    [
        (RegularAxis("x", 0.5, 1, 10), Slice("x", "1.5")),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", "0", "1")),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", "0", "2.5")),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", "2", "0")),
        (RegularAxis("x", 0.5, 1, 10), Trim("x", "a", "b")),
        (IndexAxis("x", 5), Trim("x", "0", "4")),
        (IndexAxis("x", 5), Trim("x", "0.5", "1.5")),
        (IrregularAxis("x", np.array([1.0])), Slice("x", "1")),
        (IrregularAxis("x", np.array([1.0])), Trim("x", "78", "80")),
    ],
)
def test_what_does_not_fit(axis: Axis, subset: Subset) -> None:
    with pytest.raises(InvalidSubsetting) as refused:
        one(axis, RegularAxis("x", 77, 1, 2), subset)
    assert refused.value.locator == "x"
