# SPDX-License-Identifier: MIT
"""Nil cells as values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eoxserver.core.coverage import CellBox, MemorySource
from eoxserver.core.fields import RangeType
from eoxserver.services.wcps.encoding.plain import plain
from tests.services.wcps.encoding.tools import table

WHOLE = CellBox.whole((3,))


def test_fields_without_nil_value_have_no_nil_cells() -> None:
    coverage = table([[1, 2, 3]], "int16", None, [[True, False, True]])
    cells = plain(coverage).source.read(WHOLE, (0,))
    assert (cells.values.tolist(), cells.valid) == ([[1, 0, 3]], None)
    assert isinstance(coverage.source, MemorySource)
    assert coverage.source.values.tolist() == [[1, 2, 3]]


def test_fields_with_one_keep_them() -> None:
    coverage = table([[1, 2, 3]], "int16", -1, [[True, False, True]])
    assert plain(coverage) is coverage


def test_each_field_by_itself() -> None:
    valid = [[True, False, True], [False, True, True]]
    coverage = table([[1, 2, 3], [4, 5, 6]], "int16", -1, valid)
    fields = coverage.range_type.fields
    mixed = replace(coverage, range_type=RangeType((fields[0], replace(fields[1], nil=()))))
    cells = plain(mixed).source.read(WHOLE, (0, 1))
    assert cells.values[1].tolist() == [0, 5, 6]
    assert cells.mask().tolist() == [[True, False, True], [True, True, True]]
    turned = plain(mixed).source.read(CellBox((0,), (2,)), (1, 0))
    assert turned.values[0].tolist() == [0, 5]
    assert turned.mask().tolist() == [[True, True], [True, False]]
    np.testing.assert_array_equal(plain(mixed).source.shape, (3,))
