# SPDX-License-Identifier: MIT
"""Coverages painted over each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.query.evaluate import evaluate
from eoxserver.query.plan import Node, Overlay, Read
from tests.query.samples import Array, Recorder, catalogue, covering, cube, image, numbers, read, scan, waves


def layers(count: int, seed: int, fields: int = 2) -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(seed)
    return [(rng.integers(0, 200, (fields, 5, 6)).astype("u1"), rng.random((fields, 5, 6)) > 0.6) for _ in range(count)]


def overlay(*names: str) -> Node:
    return Overlay(tuple(Read(name) for name in names))


@given(st.integers(1, 5), st.integers(0, 500))
def test_each_cell_comes_whole_from_the_last_layer_that_knows_any_of_it(count: int, seed: int) -> None:
    made = layers(count, seed)
    lookup = catalogue(*(image(v, valid=m, name=f"l{n}") for n, (v, m) in enumerate(made)))
    cells = read(evaluate(overlay(*(f"l{n}" for n in range(count))), lookup))
    for i, j in np.ndindex(5, 6):
        winner = next((n for n in range(count - 1, -1, -1) if made[n][1][:, i, j].any()), None)
        if winner is None:
            assert not cells.mask()[:, i, j].any()
            continue
        values, valid = made[winner]
        np.testing.assert_array_equal(cells.mask()[:, i, j], valid[:, i, j])
        np.testing.assert_array_equal(cells.values[:, i, j][valid[:, i, j]], values[:, i, j][valid[:, i, j]])


def test_what_is_covered_is_not_read() -> None:
    below, above = (Recorder([waves(40, 40, 3)]) for _ in range(2))
    domain = image(waves(40, 40, 3)).domain
    lookup = catalogue(
        covering(domain, waves(40, 40, 3), identifier="below", source=below),
        covering(domain, waves(40, 40, 3), identifier="above", source=above),
    )
    cells = read(evaluate(overlay("below", "above"), lookup), CellBox((0, 0), (7, 9)))
    assert cells.valid is None
    assert (len(above.reads), len(below.reads)) == (1, 0)


def test_data_types_are_widened() -> None:
    small, large = image(numbers((5, 6), 1, "u1"), name="small"), image(numbers((5, 6), 1, "i4") - 300, name="large")
    result = evaluate(overlay("large", "small"), catalogue(small, large))
    assert result.range_type.fields[0].dtype == np.int32
    assert read(result).values.dtype == np.int32


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (image(waves(5, 6, 3), name="other"), "2 and 3 fields"),
        (image(waves(5, 7, 2), name="other"), "cells"),
        (image(waves(5, 6, 2), "EPSG:3857", name="other"), "one grid"),
        (image(waves(5, 6, 2), bounds=(10, 40, 20, 51), name="other"), "along axis Lat"),
        (image(waves(5, 6, 2), bounds=(10.5, 40, 20.5, 50), name="other"), "along axis Long"),
    ],
)
def test_layers_of_another_shape_or_place_are_refused(other: Coverage, text: str) -> None:
    base = image(waves(5, 6, 2), name="base")
    with pytest.raises(UnsupportedCombination, match=text):
        evaluate(overlay("base", "other"), catalogue(base, other))


def test_nothing_cannot_be_overlaid() -> None:
    with pytest.raises(UnsupportedCombination, match="at least one"):
        evaluate(Overlay(()), catalogue(scan()))


def test_cubes_are_overlaid_too() -> None:
    result = evaluate(overlay("cube", "cube"), catalogue(cube(valid=True)))
    np.testing.assert_array_equal(read(result).mask(), read(cube(valid=True)).mask())
