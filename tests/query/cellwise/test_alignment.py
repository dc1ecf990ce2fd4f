# SPDX-License-Identifier: MIT
"""Which coverages go together, and on what grid (WCPS specification, section 4.1)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.query.plan import Given, Iterator, Node
from tests.query.cellwise.samples import apply, number, resolve
from tests.query.samples import ANSI, GEO, covering, cube, image, numbers, read, scan, series, waves

LAT, LONG = (RegularAxis(label, 0, 1, 4, GEO, "degree", role) for label, role in (("Lat", Role.Y), ("Long", Role.X)))


def on(*axes: Axis, name: str = "c") -> Given:
    """A coverage with some axes."""
    domain = Domain(axes)
    return Given(covering(domain, numbers(domain.shape), identifier=name))


def test_the_first_coverage_gives_domain_and_metadata() -> None:
    first = replace(image(waves(4, 5), name="first"), metadata={"k": "v"}, title="First")
    other = image(waves(4, 5), name="other", bounds=(0, 0, 5, 4))
    step = resolve(apply("*", number(2), apply("+", Given(first), Given(other))))
    assert (step.coverage.identifier, step.coverage.title, step.coverage.metadata) == ("first", "First", {"k": "v"})
    assert step.domain == first.domain


def test_grids_go_together_wherever_they_begin() -> None:
    a = on(RegularAxis("Lat", 10, 0.5, 3, GEO, "degree", Role.Y), name="a")
    b = on(RegularAxis("Lat", -40, 2, 3, GEO, "degree", Role.Y), name="b")
    assert read(resolve(apply("+", a, b)).coverage).values.tolist() == [[0, 2, 4]]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (on(LAT, LONG), on(LAT), r"of '\+' are incompatible: Lat 4 x Long 4 and Lat 4; their sizes differ"),
        (on(LAT), on(replace(LAT, size=5)), "Lat 4 and Lat 5; their sizes differ"),
        (on(LAT, LONG), on(LONG, LAT), "axis Lat meets axis Long: their axes stand in another order"),
        (on(LAT), on(IndexAxis("i", 4)), "axis Lat is in EPSG:4326, axis i in no CRS"),
        (
            Given(image(waves(4, 5), "EPSG:4326")),
            Given(image(waves(4, 5), "EPSG:3857")),
            "is in EPSG:4326, axis .* in EPSG:3857; transform one of them first",
        ),
        (
            on(IrregularAxis("ansi", np.array([1.0, 3.0]), ANSI, "d", Role.T)),
            on(IrregularAxis("ansi", np.array([1.0, 4.0]), ANSI, "d", Role.T)),
            "their coefficients on the irregular axis ansi differ",
        ),
        (
            on(IrregularAxis("ansi", np.array([1.0, 3.0]), ANSI, "d", Role.T)),
            on(RegularAxis("ansi", 1, 2, 2, ANSI, "d", Role.T)),
            "axis ansi of one of them is irregular, that of the other is not",
        ),
    ],
)
def test_what_does_not_go_together_is_told(a: Node, b: Node, message: str) -> None:
    with pytest.raises(WcpsSemanticError, match=message):
        resolve(apply("+", a, b))


def test_the_same_coefficients_go_together() -> None:
    irregular = Given(cube())
    assert resolve(apply("-", irregular, Given(cube()))).domain == cube().domain


def test_the_order_of_axes_in_the_crs_does_not_count() -> None:
    other = parse_crs("OGC/1.3/CRS84")
    assert other != GEO
    step = resolve(apply("+", on(LAT, LONG), on(replace(LAT, crs=other), replace(LONG, crs=other))))
    assert step.domain.axes[0].crs == GEO


def test_numbers_go_with_any_grid() -> None:
    found = resolve(apply("+", number(1), apply("*", Given(scan()), number(2))))
    np.testing.assert_array_equal(read(found.coverage).values, 2 * numbers((20, 30), 1) + 1)
    assert found.domain == scan().domain


def test_iterators_go_together_by_name_in_order_of_appearance() -> None:
    p, q = Iterator("p", 1, 2), Iterator("q", 10, 3)
    first, second = apply("+", p, q), apply("-", q, p)
    step = resolve(apply("*", first, second))
    assert (step.domain.labels, step.domain.shape) == (("p", "q"), (2, 3))
    expected = [[(a + b) * (b - a) for b in (10, 11, 12)] for a in (1, 2)]
    assert read(step.coverage).values.tolist() == [expected]
    swapped = resolve(apply("*", second, first))
    assert swapped.domain.labels == ("q", "p")
    assert read(swapped.coverage).values[0].T.tolist() == expected


def test_lifted_coverages_have_axes_of_iterators_before_their_own() -> None:
    p = Iterator("p", 5, 3)
    lifted = apply("+", Given(series(4)), p)
    step = resolve(apply("+", Given(series(4)), apply("*", lifted, Iterator("q", 0, 2))))
    assert step.domain.labels == ("p", "q", "H")
    assert [iterator.name for iterator in step.iterators] == ["p", "q"]
    assert step.own_domain.axes == series(4).domain.axes
    cells = numbers((4,), 2)
    expected = cells[:, None, None] + (cells[:, None, None] + np.arange(5, 8)[:, None, None]) * np.arange(2)[:, None]
    np.testing.assert_array_equal(read(step.coverage).values, expected)


def test_an_iterator_may_stand_for_other_values_at_its_places() -> None:
    step = resolve(apply("+", Iterator("p", 0, 2), Iterator("p", 0, 2, (10, 20))))
    assert read(step.coverage).values.tolist() == [[10, 21]]
    with pytest.raises(WcpsSemanticError, match="iterator p has 2 places and 3"):
        resolve(apply("+", Iterator("p", 0, 2), Iterator("p", 0, 3)))


def test_a_single_value_of_a_coverage_keeps_its_name() -> None:
    value = Given(Coverage("point", Domain(()), scan().range_type, covering(Domain(()), numbers(())).source))
    assert resolve(apply("+", number(1), value)).coverage.identifier == "point"
