# SPDX-License-Identifier: MIT
"""Fields, nil values and range types."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import IllegalFieldSequence, NoSuchField
from eoxserver.core.fields import Field, NilValue, RangeType, nil_cells

BANDS = RangeType(tuple(Field(name, np.dtype(kind)) for name, kind in (("red", "u1"), ("green", "u2"), ("nir", "f4"))))


@pytest.mark.parametrize(
    ("nil", "values", "expected"),
    [
        (NilValue(0), np.array([0, 1, 255], "u1"), [True, False, False]),
        (NilValue(-1), np.array([0, 255], "u1"), [False, False]),
        (NilValue(65535), np.array([65535, 0], "u2"), [True, False]),
        (NilValue(65535.5), np.array([65535, 0], "u2"), [False, False]),
        (NilValue(70000), np.array([4464, 0], "u2"), [False, False]),
        (NilValue(math.inf), np.array([-1, 0], "i2"), [False, False]),
        (NilValue(-9999), np.array([-9999.0, -9998.99, np.nan], "f4"), [True, False, False]),
        (NilValue(0.1), np.array([0.1, 0.2], "f4"), [True, False]),
        (NilValue(math.nan), np.array([np.nan, 0.0], "f8"), [True, False]),
        (NilValue(math.nan), np.array([0, 1], "i2"), [False, False]),
        (NilValue(math.inf), np.array([np.inf, -np.inf, 1.0], "f4"), [True, False, False]),
        (NilValue(-1.7976931348623157e308), np.array([np.finfo("f4").min, -np.inf], "f4"), [True, False]),
        (NilValue(1e300), np.array([np.finfo("f4").max, 0], "f4"), [True, False]),
        (NilValue(10, 20), np.array([9, 10, 15, 20, 21], "i4"), [False, True, True, True, False]),
        (NilValue(-math.inf, 0), np.array([-np.inf, -5, 0, 1e-9, np.nan], "f8"), [True, True, True, False, False]),
        (NilValue(1), np.array([True, False]), [True, False]),
    ],
)
def test_nil_values_match(nil: NilValue, values: npt.NDArray[np.generic], expected: list[bool]) -> None:
    found = nil.matches(values)
    assert found.dtype == np.bool_
    assert found.tolist() == expected


@given(st.floats(width=32), st.sampled_from(["f4", "f8"]))
def test_a_value_is_always_its_own_nil(value: float, kind: str) -> None:
    assert NilValue(value).matches(np.array([value], kind)).all()


def test_nil_values_are_values() -> None:
    assert NilValue(math.nan) == NilValue(math.nan)
    assert hash(NilValue(math.nan)) == hash(NilValue(math.nan))
    assert NilValue(1) != NilValue(1, reason="sea")
    assert NilValue(1) != NilValue(1, 2)
    assert NilValue(1) != 1


def test_a_field_is_nil_where_any_of_its_values_is() -> None:
    field = Field("b", np.dtype("i2"), nil=(NilValue(0, 9), NilValue(-1), NilValue(99, reason="cloud")))
    values = np.array([[5, -1], [99, 50]], "i2")
    found = field.is_nil(values)
    assert found is not None
    assert found.tolist() == [[True, True], [True, False]]
    assert field.nil_value == -1
    assert Field("b", np.dtype("i2")).is_nil(values) is None
    assert Field("b", np.dtype("i2")).nil_value is None
    assert Field("b", np.dtype("i2"), nil=(NilValue(0, 9),)).nil_value is None


@pytest.mark.parametrize("nil", [(NilValue(-9),), (NilValue(-9), NilValue(100, 120))])
def test_of_many_cells_only_those_with_nil_values_have_a_mask(nil: tuple[NilValue, ...]) -> None:
    values = np.zeros((3, 300, 400), "i2")
    assert nil_cells(values, nil) is None
    assert nil_cells(values[:, ::2, ::3], nil) is None
    values[2, 299, 399] = -9
    for part in (values, values[:, ::-1, ::3], values.transpose(2, 0, 1)):
        found = nil_cells(part, nil)
        assert (found is None) == (not (part == -9).any())
        np.testing.assert_array_equal(False if found is None else found, part == -9)
    assert nil_cells(values, ()) is None


def test_a_range_type_has_fields_in_order() -> None:
    assert len(BANDS) == 3
    assert BANDS.names == ("red", "green", "nir")
    assert BANDS.cell_bytes == 7
    assert BANDS.dtype == np.float32


@pytest.mark.parametrize(
    ("kinds", "expected"), [("u1 u1", "u1"), ("u1 i1", "i2"), ("u2 f4", "f4"), ("i4 f4", "f8"), ("f4 c8", "c8")]
)
def test_the_common_type_holds_every_field(kinds: str, expected: str) -> None:
    fields = tuple(Field(f"b{n}", np.dtype(kind)) for n, kind in enumerate(kinds.split()))
    assert RangeType(fields).dtype == np.dtype(expected)


def test_fields_are_found_by_name_and_number() -> None:
    assert [BANDS.index(name) for name in ("red", "nir", "0", "2")] == [0, 2, 0, 2]
    numbers = RangeType((Field("1", np.dtype("u1")), Field("0", np.dtype("u1"))))
    assert numbers.index("0") == 1
    for name in ("Red", "3", "-1", "", "1.0", "9" * 5000):
        with pytest.raises(NoSuchField) as caught:
            BANDS.index(name)
        assert caught.value.locator == name
    with pytest.raises(NoSuchField, match="did you mean 'green'"):
        BANDS.index("gren")


def test_intervals_of_fields() -> None:
    assert BANDS.interval("red", "nir") == (0, 1, 2)
    assert BANDS.interval("1", "green") == (1,)
    with pytest.raises(IllegalFieldSequence, match="nir:red ends before it starts") as caught:
        BANDS.interval("nir", "red")
    assert caught.value.locator == "nir:red"
    with pytest.raises(NoSuchField):
        BANDS.interval("red", "blue")


def test_fields_are_selected_in_the_order_asked_for() -> None:
    assert BANDS.select((2, 0)).names == ("nir", "red")
    assert BANDS.select((0, 0, 1, 0)).names == ("red", "red_2", "green", "red_3")
    clash = RangeType((Field("b", np.dtype("u1")), Field("b_2", np.dtype("u2"))))
    assert clash.select((0, 1, 0)).names == ("b", "b_2", "b_3")


def test_impossible_range_types_are_refused() -> None:
    for fields in ((), (Field("a", np.dtype("u1")), Field("a", np.dtype("u2")))):
        with pytest.raises(ValueError, match="must be unique"):
            RangeType(fields)
    with pytest.raises(ValueError, match="must be unique"):
        BANDS.select(())
