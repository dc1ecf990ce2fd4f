# SPDX-License-Identifier: MIT
"""Cells as colours: the default style, nil and zero cells, and sheets painted over each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import Cells
from eoxserver.core.fields import Colour, Field, NilValue, RangeType
from eoxserver.services.wms.render import Canvas, Picture, Sheet, blank, draw, picture

WHITE = (255, 255, 255)


def field(name: str = "v", dtype: str = "uint8", interpretation: str = "", nil: float | None = None) -> Field:
    values = () if nil is None else (NilValue(nil),)
    return Field(name, np.dtype(dtype), nil=values, interpretation=interpretation)


def fields(*interpretations: str, dtype: str = "uint8") -> RangeType:
    return RangeType(tuple(field(f"b{n}", dtype, name) for n, name in enumerate(interpretations)))


def cells(*rows: list[float], dtype: str = "uint8", valid: list[list[bool]] | None = None) -> Cells:
    """One row of cells a field."""
    mask = None if valid is None else np.array(valid)[:, np.newaxis, :]
    return Cells(np.array(rows, dtype)[:, np.newaxis, :], mask)


def pixels(sheet: Sheet) -> Any:
    return sheet.pixels[0].tolist()


def alpha(sheet: Sheet) -> Any:
    return None if sheet.alpha is None else sheet.alpha[0].tolist()


@pytest.mark.parametrize(
    ("interpretations", "chosen", "has_alpha"),
    [
        (("gray",), (0,), False),
        (("gray", "alpha"), (0, 1), True),
        (("", ""), (0, 1), True),
        (("gray", "gray"), (0,), False),
        (("red", "green", "blue"), (0, 1, 2), False),
        (("", "", ""), (0, 1, 2), False),
        (("blue", "green", "red"), (2, 1, 0), False),
        (("red", "green", "blue", "alpha"), (0, 1, 2, 3), True),
        (("red", "green", "blue", "undefined"), (0, 1, 2, 3), True),
        (("red", "green", "blue", "nir"), (0, 1, 2), False),
        (("blue", "green", "red", "nir"), (2, 1, 0), False),
        (("alpha", "red", "green", "blue"), (1, 2, 3, 0), True),
        (("", "", "", "", ""), (0, 1, 2), False),
        (("gray", "", "red", "", "green", "blue"), (2, 4, 5), False),
    ],
)
def test_fields_of_the_default_style(
    interpretations: tuple[str, ...], chosen: tuple[int, ...], has_alpha: bool
) -> None:
    style = picture(fields(*interpretations))
    assert style.fields == chosen
    assert style.alpha is has_alpha
    assert len(style.scales) == len(chosen)


def test_bytes_stay_as_they_are() -> None:
    sheet = draw(picture(fields("red", "green", "blue")), cells([1, 2], [3, 4], [5, 255]))
    assert pixels(sheet) == [[1, 3, 5], [2, 4, 255]]
    assert alpha(sheet) is None


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("uint16", [0, 255, 256, 65535], [0, 255, 255, 255]),
        ("int16", [-300, -1, 7, 300], [0, 0, 7, 255]),
        ("float32", [-0.6, 0.4, 0.5, 1e9], [0, 0, 1, 255]),
        ("float64", [float("inf"), float("-inf"), 254.4, 254.6], [255, 0, 254, 255]),
        ("bool", [0, 1, 1, 0], [0, 1, 1, 0]),
        ("complex64", [3 + 4j, 0, 1, 300], [5, 0, 1, 255]),
    ],
)
def test_other_types_are_clamped(dtype: str, values: list[float], expected: list[int]) -> None:
    sheet = draw(picture(RangeType((field(dtype=dtype, nil=-9999),))), cells(values, dtype=dtype))
    assert [value for (value,) in pixels(sheet)] == expected


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20))
def test_allowed_values_span_black_to_white(values: list[float]) -> None:
    style = picture(RangeType((Field("v", np.dtype("float32"), intervals=((0.0, 0.5),)),)))
    sheet = draw(style, cells(values, dtype="float32"))
    for value, (shown,) in zip(values, pixels(sheet), strict=True):
        assert abs(shown - min(max(value, 0.0), 0.5) * 510) <= 0.5 + 1e-3


def test_not_a_number_is_see_through() -> None:
    sheet = draw(picture(RangeType((field(dtype="float32", nil=-1),))), cells([1, float("nan")], dtype="float32"))
    assert alpha(sheet) == [255, 0]


def test_cells_are_see_through_where_every_field_is_nil() -> None:
    style = picture(RangeType(tuple(field(name, nil=0) for name in "rgb")))
    valid = [[True, False, False], [True, True, False], [True, True, False]]
    sheet = draw(style, cells([9, 9, 9], [8, 8, 8], [7, 7, 7], valid=valid))
    assert alpha(sheet) == [255, 255, 0]
    assert pixels(sheet)[:2] == [[9, 8, 7], [0, 8, 7]], "a field that is nil beside others that are not shows nothing"


def test_an_alpha_field_counts_beside_nil_cells() -> None:
    style = picture(fields("gray", "alpha"))
    sheet = draw(style, cells([5, 6, 7], [0, 128, 255], valid=[[True, True, False], [True, True, True]]))
    assert alpha(sheet) == [0, 128, 0]
    wide = draw(picture(fields("gray", "alpha", dtype="uint16")), cells([5, 6], [0, 65535], dtype="uint16"))
    assert alpha(wide) == [0, 255]


PALETTE: tuple[Colour, ...] = ((0, 0, 0, 0), (255, 0, 0, 255), (0, 0, 255, 128))


def test_palettes_colour_their_field() -> None:
    style = picture(RangeType((Field("class", np.dtype("uint8"), palette=PALETTE),)))
    assert style.palette == PALETTE
    sheet = draw(style, cells([0, 1, 2, 3], valid=[[True, True, True, True]]))
    assert pixels(sheet)[1:3] == [[255, 0, 0], [0, 0, 255]]
    assert alpha(sheet) == [0, 255, 128, 0], "numbers that the palette lacks are see-through"
    assert alpha(draw(style, cells([1, 1], valid=[[True, False]]))) == [255, 0]
    assert alpha(draw(style, cells([1, 1]))) is None


@pytest.mark.parametrize(
    ("range_type", "zero_counts"),
    [
        (fields("red", "green", "blue"), True),
        (RangeType((field(nil=255),)), False),
        (RangeType((Field("v", np.dtype("uint8"), intervals=((0.0, 200.0),)),)), False),
        (fields("gray", "alpha"), False),
    ],
)
def test_zero_is_nothing_only_where_nobody_says_what_nil_is(range_type: RangeType, zero_counts: bool) -> None:
    style = picture(range_type)
    drawn = draw(style, cells(*[[0.0, 1.0] for _ in style.fields]))
    if zero_counts:
        assert alpha(drawn) == [0, 255]
        assert alpha(draw(style, cells([0], [0], [1]))) is None, "only cells that are zero in all fields"
        assert alpha(draw(style, cells([0], [0], [0]), zero_matters=False)) is None
    else:
        assert drawn.zero is None


def grey(*values: int, alpha: list[int] | None = None, zero: list[bool] | None = None) -> Sheet:
    return Sheet(
        np.array(values, np.uint8).reshape(1, -1, 1),
        None if alpha is None else np.array([alpha], np.uint8),
        None if zero is None else np.array([zero]),
    )


def colour(*values: tuple[int, int, int], alpha: list[int] | None = None) -> Sheet:
    return Sheet(np.array([values], np.uint8), None if alpha is None else np.array([alpha], np.uint8))


def painted(*sheets: Sheet, transparent: bool = False, background: tuple[int, int, int] = WHITE) -> Any:
    canvas = Canvas(1, sheets[0].pixels.shape[1])
    for sheet in sheets:
        canvas.under(sheet)
    return canvas.finish(transparent, background)[0].tolist()


def test_an_opaque_sheet_is_the_map() -> None:
    assert painted(grey(1, 2)) == [[1], [2]]
    assert painted(grey(1, 2), transparent=True) == [[1], [2]]


def test_lower_sheets_show_through() -> None:
    top, below = grey(10, 20, alpha=[255, 0]), colour((1, 2, 3), (4, 5, 6))
    assert painted(top, below) == [[10, 10, 10], [4, 5, 6]]


def test_what_nothing_covers_is_background_or_see_through() -> None:
    top, below = grey(10, 20, 30, alpha=[255, 0, 0]), grey(1, 2, 3, alpha=[255, 255, 0])
    assert painted(top, below, transparent=True) == [[10, 255], [2, 255], [3, 0]]
    assert painted(top, below, background=(9, 8, 7)) == [[10, 10, 10], [2, 2, 2], [9, 8, 7]]


def test_half_transparent_sheets_are_mixed() -> None:
    top, below = colour((200, 0, 0), alpha=[128]), colour((0, 100, 0))
    assert painted(top, below) == [[100, 50, 0]]
    assert painted(top, transparent=True) == [[200, 0, 0, 128]]
    assert painted(top, background=(0, 0, 0)) == [[100, 0, 0]]


def test_zero_cells_are_black_unless_something_below_or_transparency_shows() -> None:
    sheet = grey(0, 7, alpha=[0, 255], zero=[True, False])
    assert painted(sheet) == [[0], [7]]
    assert painted(sheet, transparent=True) == [[0, 0], [7, 255]]
    assert painted(sheet, grey(5, 5)) == [[5], [7]]


def test_a_canvas_knows_when_it_is_full() -> None:
    canvas = Canvas(1, 2)
    assert not canvas.full
    canvas.under(grey(1, 2, alpha=[0, 255]))
    assert not canvas.full
    canvas.under(grey(1, 2, alpha=[255, 0]))
    assert canvas.full


def test_blank_maps() -> None:
    assert Canvas(2, 3).finish(True, (1, 2, 3)).tolist() == [[[1, 2, 3, 0]] * 3] * 2
    assert blank(1, 1, False, (1, 2, 3)).tolist() == [[[1, 2, 3]]]


def _over(layers: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Colour on black, painted from the bottom up, one pixel."""
    seen = np.zeros(3)
    for layer in reversed(layers):
        share = layer[3] / 255
        seen = layer[:3] * share + seen * (1 - share)
    return seen


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=1, max_size=4))
def test_painting_from_the_top_equals_painting_from_the_bottom(layers: list[tuple[int, int, int, int]]) -> None:
    sheets = [colour((r, g, b), alpha=[a]) for r, g, b, a in layers]
    result = painted(*sheets, background=(0, 0, 0))[0]
    expected = _over([np.array(layer, float) for layer in layers])
    assert np.abs(np.array(result) - expected).max() <= len(layers) + 1


def test_a_picture_is_a_value() -> None:
    assert picture(fields("gray")) == Picture((0,), (None,), zero_is_nil=True)
