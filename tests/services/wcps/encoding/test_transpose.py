# SPDX-License-Identifier: MIT
"""Axes in each other's place."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.services.wcps.encoding.transpose import transposed
from eoxserver.testing.coverages import counted, image
from tests.services.wcps.encoding.tools import Encoding, airtemp, table

SWAP = '{"transpose": [0, 1]}'


def test_lists(encoding: Encoding) -> None:
    assert encoding.text(table([[[1, 2, 3], [4, 5, 6]]]), "csv", SWAP) == "{1,4},{2,5},{3,6}"
    deep = table([[[[1, 2], [3, 4]]]])
    assert json.loads(encoding.text(deep, "json", '{"transpose": [1, 2]}')) == [[[1, 3], [2, 4]]]
    assert json.loads(encoding.text(deep, "json", SWAP)) == [[[1, 2]], [[3, 4]]]


def test_an_image_of_indices(encoding: Encoding) -> None:
    values = counted((1, 6, 4))
    np.testing.assert_array_equal(encoding.cells(table(values), "png", SWAP), values)


def test_rows_of_a_map_that_come_first_in_the_grid(encoding: Encoding) -> None:
    coverage = image(counted((1, 3, 4)))
    with encoding.opened(coverage, "tiff", SWAP) as dataset:
        np.testing.assert_array_equal(dataset.read(), counted((1, 3, 4)))
        assert dataset.crs.to_epsg() == 4326


def test_a_map_on_its_side_has_no_place(encoding: Encoding) -> None:
    with encoding.opened(airtemp(), "tiff", SWAP) as dataset:
        np.testing.assert_array_equal(dataset.read(1), np.arange(15).reshape(5, 3))
        assert dataset.crs is None


@given(st.data())
def test_any_part_of_any_cube(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=3)))
    values = counted((2, *shape), "int32")
    first = data.draw(st.integers(0, len(shape) - 2))
    result = transposed(table(values, "int32"), first)
    swapped = values.swapaxes(first + 1, first + 2)
    assert result.domain.shape == result.source.shape == result.source.chunks == swapped.shape[1:]
    low = tuple(data.draw(st.integers(0, size - 1)) for size in swapped.shape[1:])
    high = tuple(data.draw(st.integers(a + 1, size)) for a, size in zip(low, swapped.shape[1:], strict=True))
    box = CellBox(low, high)
    np.testing.assert_array_equal(result.source.read(box, (1, 0)).values, swapped[(slice(None, None, -1), *box.slices)])


def test_axes_that_there_are_not(encoding: Encoding) -> None:
    with pytest.raises(InvalidParameterValue, match=r"transpose=\[1, 2\]: the result has 2 axes \(i, j\)"):
        encoding.result(table(counted((1, 2, 2))), "csv", '{"transpose": [2, 1]}')
