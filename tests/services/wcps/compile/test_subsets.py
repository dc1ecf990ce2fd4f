# SPDX-License-Identifier: MIT
"""Trims and slices (section 4.1)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import CrsUnknown, InvalidAxisLabel, InvalidRequest, InvalidSubsetting, WcpsSemanticError
from tests.services.wcps.compile.querying import array, coverage, number, refused, text
from tests.services.wcps.samples import airtemp, eobs, irr, mr

MR = mr().source.values[0]  # type: ignore[attr-defined]  # a MemorySource
EOBS = eobs().source.values[0]  # type: ignore[attr-defined]  # a MemorySource


@pytest.mark.parametrize(
    ("subset", "expected"),
    [
        ("i(0:1), j(0:2)", MR[0:1, 0:2]),
        ('i:"CRS:1"(0:1), j:"CRS:1"(0:2)', MR[0:2, 0:3]),
        ("j(0:2), i(0:1)", MR[0:1, 0:2]),
        ("i(10), j(20)", MR[10, 20]),
        ("i(*:9), j(5:*)", MR[0:9, 5:]),
        ("i(*:*)", MR),
        ("i(3)", MR[3]),
        ("i(0:10)", MR[0:10]),
        ("i(250:300)", MR[250:]),
        ("i(256)", MR[255]),
        ('i("3")', MR[3]),
        ("i(110/2)", MR[55]),
        ("i(110.0/2)", MR[55]),
        ("i(max($c[i(0), j(*:*)]))", MR[254]),
        ("i(imageCrsDomain($c,i).lo + 2)", MR[2]),
        ("i(domain($c[i(4:6)],i))", MR[4:6]),
        ("i(imageCrsDomain($c[i(4:6)],i))", MR[4:6]),
        ("i(imageCrsDomain($c[i(4:6)],i)), j(7)", MR[4:6, 7]),
    ],
)
def test_what_subsets_select(subset: str, expected: np.ndarray) -> None:
    found = array(f"for $c in (mr) return $c[{subset}]")
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


def test_slice_and_trim_mean_what_brackets_mean() -> None:
    np.testing.assert_array_equal(array("for $c in (mr) return slice($c,{i(3)})"), MR[3])
    np.testing.assert_array_equal(array("for $c in (mr) return trim($c,{i(0:10)})"), MR[:10])


def test_equal_subsets_are_one_node() -> None:
    value = coverage("for $c in (mr) return $c[i(3)] - slice($c, {i(3)})")
    first, second = value.step.inputs
    assert first is second


@pytest.mark.parametrize(
    ("subset", "shape", "low"),
    [
        ('t("1950-01-03")', (30, 40), (0, 0)),
        ('t("1950-01-02":"1950-01-04"),Lat(30),Long(50)', (3,), (1,)),
        ("Lat(30:35), Long(45:50)", (6, 10, 10), (0, 10, 10)),
        ("Lat(30:35), Lon(45:50)", (6, 10, 10), (0, 10, 10)),
        ('t("1950-01-0" . "2")', (30, 40), (0, 0)),
        ('t(domain($c,t).lo:"1950-01-01")', (1, 30, 40), (0, 0, 0)),
        ("t(127471)", (30, 40), (0, 0)),
        ('Lat:"http://host/def/crs/EPSG/0/4326"(30:35)', (6, 10, 40), (0, 10, 0)),
        ('Lat:"CRS:1"(-4:3)', (6, 4, 40), (0, 0, 0)),
        ('Lat:"http://host/def/crs/OGC/0/Index3D"(3)', (6, 40), (0, 0)),
    ],
)
def test_grid_indices_survive(subset: str, shape: tuple[int, ...], low: tuple[int, ...]) -> None:
    value = coverage(f"for $c in (eobs) return $c[{subset}]")
    assert (value.domain.shape, value.low, value.identifier) == (shape, low, "eobs")


@given(first=st.integers(0, 29), size=st.integers(1, 30), again=st.integers(0, 29))
def test_an_index_means_one_cell_however_often_a_coverage_was_trimmed(first: int, size: int, again: int) -> None:
    last = min(29, first + size - 1)
    again = first + again % (last - first + 1)
    found = number(
        f'for $c in (eobs) return $c[Lat:"CRS:1"({first}:{last})][Lat:"CRS:1"({again}), t:"CRS:1"(1), Long:"CRS:1"(7)]'
    )
    assert found == EOBS[1, again, 7]


def test_irregular_axes_keep_positions_in_the_closed_interval() -> None:
    """Section 4.1, "Irregular"."""
    value = coverage('for $c in (irr) return $c.b1[ansi("2008-01-02":"2008-01-06")]')
    assert (value.domain.shape, value.low) == ((2, 63, 36), (1, 0, 0))
    np.testing.assert_array_equal(
        array('for $c in (irr) return $c[ansi:"CRS:1"(2)].b2'),
        irr().source.values[1, 2],  # type: ignore[attr-defined]
    )


def test_both_horizontal_axes_are_brought_from_another_crs() -> None:
    value = coverage(
        'for $c in (airtemp) return $c[Lat:"EPSG:3857"(-2000000:-1990000), Long:"EPSG:3857"(13000000:13010000)]'
    )
    long = value.domain.axes[0]
    assert long.low <= 13000000 / 111319.49 <= long.high
    assert value.low == (96, 172)
    named = coverage(
        'for $c in (airtemp) return $c[Y:"EPSG:3857"(-2000000:-1990000), X:"EPSG:3857"(13000000:13010000)]'
    )
    assert named.domain == value.domain


def test_a_subset_list_of_let_is_used_with_the_variables_it_saw() -> None:
    query = "for $c in (eobs) let $n := 30, $a := [Lat($n:$n + 5), Long(45:50)] return $c[$a]"
    assert coverage(query).domain.shape == (6, 10, 10)


@pytest.mark.parametrize(
    ("query", "kind", "at"),
    [
        ("for $c in (mr) return $c[x(0:1)]", InvalidAxisLabel, "x(0"),
        ("for $c in (mr) return $c[i(0:1), i(2:3)]", InvalidAxisLabel, "i(2"),
        ("for $c in (airtemp) return $c[Lat(0:10)]", InvalidSubsetting, "Lat"),
        ("for $c in (airtemp) return $c[Lat(-9:-10)]", InvalidSubsetting, "Lat"),
        ('for $c in (irr) return $c[ansi("2008-01-02")]', InvalidSubsetting, "ansi"),
        ('for $c in (irr) return $c[ansi("2008-01-02":"2008-01-03")]', InvalidSubsetting, "ansi"),
        ('for $c in (eobs) return $c[t("yesterday")]', InvalidSubsetting, "t("),
        ('for $c in (eobs) return $c[Lat:"CRS:1"(30)]', InvalidSubsetting, "Lat"),
        ('for $c in (eobs) return $c[Lat:"CRS:1"(40:50)]', InvalidSubsetting, "Lat"),
        ('for $c in (eobs) return $c[Lat:"CRS:1"(9:3)]', InvalidSubsetting, "Lat"),
        ('for $c in (eobs) return $c[Lat:"CRS:1"(1.5)]', InvalidSubsetting, "1.5"),
        ('for $c in (airtemp) return $c[Lat:"EPSG:3857"(0:1)]', InvalidSubsetting, "Lat"),
        ('for $c in (airtemp) return $c[Lat:"nowhere"(0:1)]', CrsUnknown, '"nowhere"'),
        ("for $c in (mr) return $c[i($c)]", WcpsSemanticError, "$c)"),
        ("for $c in (mr) return $c[i((1, 2))]", WcpsSemanticError, "1, 2"),
        ("for $c in (mr) return $c[i(domain($c))]", WcpsSemanticError, "domain"),
        (
            "for $c in (eobs) return $c[Lat(min($c[t(127470), Lat(39.6:40), Long(42.5:42.9)]):*)]",
            WcpsSemanticError,
            "min",
        ),
        ("for $c in (mr) let $a := 3 return $c[$a]", WcpsSemanticError, "$a"),
        ("for $c in (mr) return avg($c)[i(3)]", InvalidRequest, "avg"),
        ("for $c in (mr) return $c[i(1), j(1)][i(3)]", InvalidRequest, "i(1)"),
    ],
)
def test_subsets_that_make_no_sense_are_refused_where_they_stand(query: str, kind: type, at: str) -> None:
    refused(query, kind, at)


def test_indices_in_messages_are_those_of_the_language() -> None:
    query = 'for $c in (eobs) return $c[Lat:"CRS:1"(10:19)][Lat:"CRS:1"(5)]'
    refused(query, InvalidSubsetting, "Lat", "5 is outside its grid, 10:19")


def test_the_nearest_instant_is_told() -> None:
    query = 'for $c in (irr) return $c[ansi("2008-01-02")]'
    refused(query, InvalidSubsetting, "ansi", "the nearest is 2008-01-01T02:01:20.000Z")


def test_negative_steps_turn_the_order_of_cells() -> None:
    """Section 8, query 18."""
    found = array("for $c in (airtemp) return $c[Lat(-9.1:-9.0),Long(112:112.2)]")
    np.testing.assert_array_equal(found, airtemp().source.values[0, 0:5, 0:3])  # type: ignore[attr-defined]
    assert text("for $c in (airtemp) return imageCrsDomain($c[Lat(-9.1:-9.0),Long(112:112.2)])") == "(0:4,0:2)"
