# SPDX-License-Identifier: MIT
"""Nil values of the catalogue on top of those of the data."""

from __future__ import annotations

import numpy as np

from eoxserver.backends.readers.nil import mask_nil
from eoxserver.core.coverage import CellBox, MemorySource
from eoxserver.core.fields import Field, NilValue

UINT8 = np.dtype("uint8")
VALUES = np.array([[[0, 1, 2, 3]], [[0, 1, 2, 3]]], np.uint8)
WHOLE = CellBox.whole((1, 4))


def field(*nil: NilValue) -> Field:
    return Field("a", UINT8, nil=nil)


def test_cells_with_a_catalogued_nil_value_are_not_valid() -> None:
    source = mask_nil(MemorySource(VALUES), [field(NilValue(2.0)), field(NilValue(1, 2), NilValue(0.0))])
    assert source.read(WHOLE, (0, 1)).mask().tolist() == [[[True, True, False, True]], [[False, False, False, True]]]
    assert source.read(WHOLE, (1,)).mask().tolist() == [[[False, False, False, True]]]
    assert source.read(CellBox((0, 3), (1, 4)), (1, 0)).valid is None
    assert (source.shape, source.chunks, len(source.levels)) == ((1, 4), (1, 4), 1)


def test_the_mask_of_the_data_stays() -> None:
    valid = np.ones(VALUES.shape, dtype=bool)
    valid[0, 0, 0] = False
    source = mask_nil(MemorySource(VALUES, valid), [field(NilValue(3.0)), field()])
    assert source.read(WHOLE, (0, 1)).mask().tolist() == [[[False, True, True, False]], [[True] * 4]]
    assert valid.sum() == 7, "what was read belongs to others"


def test_nothing_to_add_is_the_source_itself() -> None:
    source = MemorySource(VALUES)
    assert mask_nil(source, [field(), field()]) is source
    both = [field(NilValue(0.0, reason="catalogued")), field(NilValue(0.0))]
    assert mask_nil(source, both, [field(NilValue(0.0)), field(NilValue(0.0))]) is source
    nan = float("nan")
    assert mask_nil(source, [field(NilValue(nan)), field()], [field(NilValue(-nan)), field()]) is source


def test_nan() -> None:
    values = np.array([[[1.0, np.nan]]])
    source = mask_nil(MemorySource(values), [Field("a", values.dtype, nil=(NilValue(float("nan")),))])
    assert source.read(CellBox.whole((1, 2)), (0,)).mask().tolist() == [[[True, False]]]
