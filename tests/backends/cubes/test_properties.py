# SPDX-License-Identifier: MIT
"""Random changes of cubes equal the same changes of arrays in memory (``testing.cube_model``)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.backends.cubes.base import Along, CubeLayout, Overview
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import Field, NilValue
from eoxserver.testing.cube_model import CubeModel, assert_same

FIELDS = (
    Field("a", np.dtype("int16"), nil=(NilValue(-9.0),)),
    Field("b", np.dtype("float32"), nil=(NilValue(float("nan")),)),
    Field("c", np.dtype("uint8")),
)


@dataclass(frozen=True)
class Change:
    along: dict[str, Along]
    fields: tuple[int, ...]
    seed: int
    holes: bool
    keep: bool
    write: bool

    def cells(self) -> Cells:
        generator = np.random.default_rng(self.seed)
        shape = (len(self.fields), *(len(each) for each in self.along.values()))
        values = generator.integers(0, 5, shape).astype(np.uint8)
        return Cells(values, generator.random(shape) < 0.5 if self.holes else None)


@st.composite
def layouts(draw: st.DrawFn) -> CubeLayout:
    labels = ("p", "q", "r")[: draw(st.integers(0, 3))]
    irregular = draw(st.sets(st.sampled_from(labels))) if labels else set[str]()
    descending = draw(st.sets(st.sampled_from(sorted(irregular)))) if irregular else set()
    chunks = draw(st.none() | st.tuples(*(st.integers(1, 5) for _ in labels)))
    fields = FIELDS[: draw(st.integers(1, 3))]
    return CubeLayout(fields, labels, frozenset(irregular), frozenset(descending), chunks)


@st.composite
def changes(draw: st.DrawFn, layout: CubeLayout) -> Change:
    along: dict[str, Along] = {}
    for label in layout.labels:
        if label in layout.irregular:
            given_ = draw(st.sets(st.integers(-8, 8), min_size=1, max_size=5))
            along[label] = [each / 4 for each in sorted(given_, reverse=label in layout.descending)]
        else:
            low = draw(st.integers(-9, 9))
            along[label] = range(low, low + draw(st.integers(1, 6)))
    fields = draw(st.permutations(range(len(layout.fields))))
    count = draw(st.integers(1, len(fields)))
    return Change(
        along, tuple(fields[:count]), draw(st.integers(0, 99)), draw(st.booleans()), draw(st.booleans()),
        draw(st.integers(0, 4)) > 0,
    )  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_every_version_is_what_the_model_says(data: st.DataObject) -> None:
    layout = data.draw(layouts())
    memory = data.draw(st.sampled_from([10, 100_000]))
    updates = data.draw(st.lists(st.lists(changes(layout), min_size=1, max_size=3), min_size=1, max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        store = OcdbtCubeStore("cubes", Path(folder), update_bytes=memory)
        model, models = CubeModel(layout), dict[int, CubeModel]()
        for update in updates:
            with store.update("a", None if models else layout) as writing:
                for change in update:
                    if change.write:
                        writing.write(change.along, change.cells(), change.fields, change.keep)
                        model.write(change.along, change.cells(), change.fields, change.keep)
                    else:
                        writing.grow(change.along)
                        model.grow(change.along)
                models[writing.commit()] = model.copy()
        for number, then in models.items():
            snapshot = store.snapshot("a", number)
            assert_same(snapshot, then)
            low = [data.draw(st.integers(0, size)) for size in then.shape]
            high = [data.draw(st.integers(a, size)) for a, size in zip(low, then.shape, strict=True)]
            assert_same(snapshot, then, CellBox(tuple(low), tuple(high)))
        if data.draw(st.booleans()):
            store.compact("a")
            assert_same(store.snapshot("a"), model)
        assert list(store.verify("a")) == []


@settings(max_examples=40)
@given(st.data())
def test_overviews_that_followed_are_those_made_at_the_end(data: st.DataObject) -> None:
    labels = ("p", "q")
    irregular = frozenset(data.draw(st.sampled_from(["", "p"])))
    layout = CubeLayout(FIELDS[: data.draw(st.integers(1, 3))], labels, irregular, chunks=(2, 3))
    factors = (1 if irregular else data.draw(st.integers(1, 4)), data.draw(st.integers(2, 5)))
    method = data.draw(st.sampled_from(["nearest", "average", "mode"]))
    first, *updates = data.draw(st.lists(changes(layout), min_size=1, max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        followed, made = (OcdbtCubeStore(name, Path(folder), update_bytes=50) for name in ("followed", "made"))
        for turn, change in enumerate((first, *updates)):
            for store in (followed, made):
                with store.update("a", None if turn else layout) as update:
                    update.write(change.along, change.cells(), change.fields, change.keep)
                    update.commit()
                if store is followed and not turn:
                    store.add_overview("a", Overview(factors, method))
        level = followed.snapshot("a").source.levels[1]
        box = CellBox.whole(level.shape)
        found = followed.snapshot("a").source.read(box, range(len(layout.fields)), 1)
        expected = _overview(made, level.before, factors, method, len(layout.fields))
        np.testing.assert_array_equal(found.mask(), expected.mask())
        np.testing.assert_array_equal(found.values[found.mask()], expected.values[expected.mask()])


def _overview(
    store: OcdbtCubeStore, before: tuple[int, ...], factors: tuple[int, ...], method: str, fields: int
) -> Cells:
    """An overview of the finished cube that begins so many cells before it, cell by cell."""
    source = store.snapshot("a").source
    whole = source.read(CellBox.whole(source.shape), range(fields))
    shape = tuple(-(-(size + b) // f) for size, b, f in zip(source.shape, before, factors, strict=True))
    values, valid = np.zeros((fields, *shape), whole.values.dtype), np.zeros((fields, *shape), dtype=bool)
    for cell in np.ndindex(*shape):
        ends = [
            (max(0, c * f - b), min(size, (c + 1) * f - b))
            for c, f, b, size in zip(cell, factors, before, source.shape, strict=True)
        ]
        if method == "nearest":
            centre = [c * f - b + (f - 1) // 2 for c, f, b in zip(cell, factors, before, strict=True)]
            ends = [
                (place, place + 1)
                for place in (min(max(0, c), size - 1) for c, size in zip(centre, source.shape, strict=True))
            ]
        index = tuple(slice(*each) for each in ends)
        for field in range(fields):
            counted = whole.values[field][index][whole.mask()[field][index]]
            if not counted.size:
                continue
            valid[field][cell] = True
            if method == "average":
                mean = counted.astype(np.float64).mean()
                values[field][cell] = mean if FIELDS[field].dtype.kind == "f" else np.rint(mean)
            else:
                kinds, counts = np.unique(counted, return_counts=True)
                values[field][cell] = kinds[np.argmax(counts)]
    return Cells(values, valid)
