# SPDX-License-Identifier: MIT
"""The contract of a store of cubes (``backends.cubes.base.CubeStore``).

``make_store`` is all that a subclass must say. Called twice with one folder it answers two objects for one store, as
two processes have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.backends.cubes.base import Along, CubeLayout, CubeStore, Overview, Snapshot, Update
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.errors import DataUnavailable, ItemMissing, VersionConflict
from eoxserver.core.fields import Field, NilValue
from eoxserver.testing.cube_model import CubeModel, assert_same

__all__ = ["CubeStoreContract"]

NIL = (NilValue(-99.0, reason="nothing measured"),)
HEIGHT = Field("height", np.dtype("int16"), "m", NIL, description="above the ellipsoid")
FLAG = Field("flag", np.dtype("uint8"))
LAYOUT = CubeLayout((HEIGHT, FLAG), ("t", "y", "x"), irregular=frozenset({"t"}))
TYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64", "complex64", "complex128"]


def cells(shape: tuple[int, ...], seed: int = 0, dtype: str = "int16", holes: bool = False) -> Cells:
    """Random cells."""
    generator = np.random.default_rng(seed)
    values: npt.NDArray[Any] = generator.integers(0, 100, shape).astype(dtype)
    return Cells(values, generator.random(shape) < 0.7 if holes else None)


def change(
    store: CubeStore,
    along: Mapping[str, Along],
    name: str = "a",
    layout: CubeLayout | None = None,
    seed: int = 0,
    state: str | None = None,
) -> int:
    """Write random cells as one version."""
    with store.update(name, layout) as update:
        shape = tuple(len(each) for each in along.values())
        update.write(along, cells((2, *shape), seed))
        if state is not None:
            update.set_state(state)
        return update.commit()


def first(store: CubeStore, name: str = "a") -> int:
    """Make a cube of 1 x 30 x 40 cells."""
    return change(store, {"t": [10.0], "y": range(30), "x": range(40)}, name, LAYOUT, state="first")


def everything(snapshot: Snapshot) -> npt.NDArray[Any]:
    """All values of a cube."""
    source = snapshot.source
    return source.read(CellBox.whole(source.shape), range(len(snapshot.layout.fields))).values


def extremes(kind: np.dtype[Any]) -> list[Any]:
    """Values of a type that are hard to keep."""
    if kind.kind == "b":
        return [True, False]
    if kind.kind in "iu":
        return [np.iinfo(kind).min, np.iinfo(kind).max, 0, 1, 2]
    floats = [np.finfo(kind).min, np.finfo(kind).max, np.inf, np.nan, -0.0, 0.1]
    return floats if kind.kind == "f" else [*floats, complex(1, -2), complex(np.nan, np.inf)]


def steps(seed: int) -> list[tuple[dict[str, Along], Cells, tuple[int, ...], bool]]:
    """Random writes that fit ``LAYOUT``: growing, prepending, inserting and overwriting along each axis."""
    generator = np.random.default_rng(seed)
    result: list[tuple[dict[str, Along], Cells, tuple[int, ...], bool]] = []
    for number in range(8):
        times = np.sort(generator.choice(40, generator.integers(1, 4), replace=False)) / 4
        rows, columns = (
            range(int(low), int(low + generator.integers(1, 20))) for low in generator.integers(-25, 25, 2)
        )
        fields = ((0, 1), (1, 0), (1,))[generator.integers(0, 3)]
        shape = (len(fields), len(times), len(rows), len(columns))
        along: dict[str, Along] = {"t": times.tolist(), "y": rows, "x": columns}
        result.append((along, cells(shape, 10 * seed + number, holes=bool(number % 2)), fields, number % 3 > 0))
    return result


class CubeStoreContract:
    """Tests that every store of cubes passes."""

    def make_store(self, folder: Path) -> CubeStore:
        """Answer a store in this folder, or one that belongs to it; empty when the folder is."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> CubeStore:
        """The store under test."""
        return self.make_store(tmp_path)

    # -- cubes ------------------------------------------------------------------------------------------

    def test_an_empty_store(self, store: CubeStore) -> None:
        """It has no cubes, and says so."""
        assert isinstance(store, CubeStore)
        assert list(store.names()) == []
        for call in (store.snapshot, store.delete, store.compact, lambda name: list(store.versions(name))):
            with pytest.raises(ItemMissing, match="gone"):
                call("gone")
        with pytest.raises(ItemMissing, match="gone"), store.update("gone"):
            pass

    def test_a_cube_is_made(self, store: CubeStore) -> None:
        """It is what its layout and its first cells say."""
        before = datetime.now(UTC)
        number = first(store)
        snapshot = store.snapshot("a")
        assert isinstance(snapshot, Snapshot)
        assert (list(store.names()), snapshot.version, snapshot.state) == (["a"], number, "first")
        layout = snapshot.layout
        assert (layout.fields, layout.labels, layout.irregular) == (LAYOUT.fields, LAYOUT.labels, LAYOUT.irregular)
        assert layout.chunks is not None and len(layout.chunks) == 3
        assert [(axis.label, axis.low, axis.size) for axis in snapshot.axes] == [
            ("t", 0, 1),
            ("y", 0, 30),
            ("x", 0, 40),
        ]
        assert snapshot.axes[0].coefficients is not None and snapshot.axes[0].coefficients.tolist() == [10.0]
        np.testing.assert_array_equal(everything(snapshot), cells((2, 1, 30, 40)).values)
        (version,) = store.versions("a")
        assert version.number == number
        assert before.timestamp() - 1 <= version.time.timestamp() <= datetime.now(UTC).timestamp() + 1

    def test_chunks_are_as_wanted(self, store: CubeStore) -> None:
        """The layout may say the chunks."""
        layout = CubeLayout((FLAG,), ("y", "x"), chunks=(7, 5))
        with store.update("a", layout) as update:
            update.write({"y": range(-9, 9), "x": range(3, 33)}, cells((1, 18, 30), dtype="uint8"))
            update.commit()
        snapshot = store.snapshot("a")
        assert (snapshot.layout.chunks, snapshot.source.chunks) == ((7, 5), (7, 5))
        np.testing.assert_array_equal(everything(snapshot), cells((1, 18, 30), dtype="uint8").values)

    def test_a_cube_is_made_once(self, store: CubeStore) -> None:
        """A second one of its name is refused, before and after the cells are there."""
        with store.update("a", LAYOUT) as late:
            late.write({"t": [1.0], "y": range(2), "x": range(2)}, cells((2, 1, 2, 2)))
            first(store)
            with pytest.raises(VersionConflict, match="a"):
                late.commit()
        with pytest.raises(VersionConflict, match="a"), store.update("a", LAYOUT):
            pass
        assert store.snapshot("a").source.shape == (1, 30, 40)

    def test_cubes_are_apart(self, store: CubeStore) -> None:
        """Names that begin alike are others; deleting one leaves the others."""
        for name in ("b", "a", "a.b", "a_b"):
            first(store, name)
        assert list(store.names()) == sorted(["b", "a", "a.b", "a_b"])
        store.delete("a")
        assert list(store.names()) == sorted(["b", "a.b", "a_b"])
        with pytest.raises(ItemMissing, match="a"):
            store.snapshot("a")
        assert store.snapshot("a.b").source.shape == (1, 30, 40)

    def test_a_name_is_used_again(self, store: CubeStore, tmp_path: Path) -> None:
        """For another cube, also for who had the deleted one in mind."""
        first(store)
        other = self.make_store(tmp_path)
        assert other.snapshot("a").source.shape == (1, 30, 40)
        store.delete("a")
        with pytest.raises(ItemMissing):
            other.snapshot("a")
        change(store, {"t": [1.0, 2.0], "y": range(3), "x": range(4)}, layout=LAYOUT)
        assert other.snapshot("a").source.shape == (2, 3, 4)

    def test_a_deleted_cube_is_never_another_one(self, store: CubeStore, tmp_path: Path) -> None:
        """A source of it tells that it is gone, also when there is a cube of its name again."""
        first(store)
        source = self.make_store(tmp_path).snapshot("a").source
        store.delete("a")
        change(store, {"t": [10.0], "y": range(30), "x": range(40)}, layout=LAYOUT, seed=9)
        with pytest.raises(DataUnavailable, match="a"):
            source.read(CellBox.whole(source.shape), (0, 1))

    @pytest.mark.parametrize("name", ["", "..", "a/b", "/a", ".a", "a\0b", "names/a"])
    def test_nothing_outside_is_a_cube(self, store: CubeStore, name: str) -> None:
        """No name leads out of the store."""
        with pytest.raises((ItemMissing, ValueError)):
            store.snapshot(name)
        with pytest.raises((ItemMissing, ValueError)), store.update(name, LAYOUT):
            pass

    # -- layouts and types ------------------------------------------------------------------------------

    @pytest.mark.parametrize("dtype", TYPES)
    @pytest.mark.parametrize("nil", [(), (NilValue(1.0),)], ids=["plain", "nil"])
    def test_types(self, store: CubeStore, dtype: str, nil: tuple[NilValue, ...]) -> None:
        """Values come back as they were, to their extremes; what was never written is nil, or 0."""
        kind = np.dtype(dtype)
        values = np.zeros((1, 3, 4), kind)
        limits = extremes(kind)
        values.flat[: len(limits)] = limits
        with store.update("a", CubeLayout((Field("v", kind, nil=nil),), ("y", "x"))) as update:
            update.write({"y": range(3), "x": range(4)}, Cells(values))
            update.grow({"y": range(3, 5), "x": range(4)})
            update.commit()
        found = store.snapshot("a").source.read(CellBox.whole((5, 4)), (0,))
        assert found.values.dtype == kind
        assert found.values[:, :3].tobytes() == values.tobytes()
        assert (found.values[:, 3:] == (1 if nil else 0)).all()
        assert found.mask()[:, 3:].any() == (not nil)

    @pytest.mark.parametrize(
        ("dtype", "instead"), [("int64", "int32"), ("uint64", "uint32"), ("float16", "float32"), ("i2,i2", "complex64")]
    )
    def test_types_that_are_refused(self, store: CubeStore, dtype: str, instead: str) -> None:
        """The message says what to use."""
        layout = CubeLayout((Field("v", np.dtype(dtype)),), ("y", "x"))
        with pytest.raises(ValueError, match=f"v.*{instead}"), store.update("a", layout):
            pass

    @pytest.mark.parametrize(
        "layout",
        [
            CubeLayout((), ("x",)),
            CubeLayout((FLAG, FLAG), ("x",)),
            CubeLayout((FLAG,), ("x", "x")),
            CubeLayout((FLAG,), ("x",), irregular=frozenset({"t"})),
            CubeLayout((FLAG,), ("x",), descending=frozenset({"x"})),
            CubeLayout((FLAG,), ("x",), chunks=(1, 2)),
            CubeLayout((FLAG,), ("x",), chunks=(0,)),
        ],
    )
    def test_layouts_that_are_refused(self, store: CubeStore, layout: CubeLayout) -> None:
        """Nothing is made."""
        with pytest.raises(ValueError, match="."), store.update("a", layout):
            pass
        assert list(store.names()) == []

    @pytest.mark.parametrize("rank", [0, 1, 2, 3, 4, 5, 6])
    def test_any_number_of_axes(self, store: CubeStore, rank: int) -> None:
        """From none, which is one cell, to six."""
        labels = tuple("abcdef"[:rank])
        shape = (3, 4, 2, 3, 2, 2)[:rank]
        along: dict[str, Along] = {label: range(-1, size - 1) for label, size in zip(labels, shape, strict=True)}
        with store.update("a", CubeLayout((FLAG,), labels)) as update:
            update.write(along, cells((1, *shape), dtype="uint8"))
            update.commit()
        np.testing.assert_array_equal(everything(store.snapshot("a")), cells((1, *shape), dtype="uint8").values)

    # -- writing ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("seed", range(6))
    def test_random_updates_equal_the_model(self, store: CubeStore, tmp_path: Path, seed: int) -> None:
        """Every version is what the model says, as it is made and after all the others; in boxes too."""
        model = CubeModel(LAYOUT)
        models: dict[int, CubeModel] = {}
        for along, written, fields, keep in steps(seed):
            with store.update("a", None if models else LAYOUT) as update:
                update.write(along, written, fields, keep)
                number = update.commit()
            model.write(along, written, fields, keep)
            models[number] = model.copy()
            assert_same(store.snapshot("a"), model)
        again = self.make_store(tmp_path)
        generator = np.random.default_rng(seed)
        for number, then in models.items():
            snapshot = again.snapshot("a", number)
            assert snapshot.version == number
            assert_same(snapshot, then)
            edges = [np.sort(generator.integers(0, size + 1, 2)).tolist() for size in then.shape]
            assert_same(snapshot, then, CellBox(tuple(low for low, _ in edges), tuple(high for _, high in edges)))
        assert [version.number for version in again.versions("a")] == sorted(models, reverse=True)
        assert list(again.verify("a")) == []

    def test_many_writes_of_one_update(self, store: CubeStore) -> None:
        """They hold in their order, and become one version."""
        model = CubeModel(LAYOUT)
        with store.update("a", LAYOUT) as update:
            for along, written, fields, keep in steps(77):
                update.write(along, written, fields, keep)
                model.write(along, written, fields, keep)
            update.commit()
        assert_same(store.snapshot("a"), model)
        assert len(list(store.versions("a"))) == 1

    def test_coefficients_that_fall(self, store: CubeStore) -> None:
        """Grid order is theirs."""
        layout = CubeLayout((HEIGHT,), ("h", "x"), frozenset({"h"}), frozenset({"h"}))
        model = CubeModel(layout)
        for number, heights in enumerate(([5.0, 1.0], [7.0, 3.0, 1.0], [9.0], [0.5])):
            along: dict[str, Along] = {"h": heights, "x": range(3)}
            written = cells((1, len(heights), 3), number)
            with store.update("a", layout if not number else None) as update:
                update.write(along, written)
                update.commit()
            model.write(along, written)
            assert_same(store.snapshot("a"), model)
        heights_now = store.snapshot("a").axes[0].coefficients
        assert heights_now is not None and heights_now.tolist() == [9, 7, 5, 3, 1, 0.5]

    def test_growing_without_cells(self, store: CubeStore) -> None:
        """New cells hold what was never written."""
        first(store)
        with store.update("a") as update:
            update.grow({"t": [2.0, 30.0], "x": range(-5, 0)})
            update.commit()
        snapshot = store.snapshot("a")
        assert snapshot.source.shape == (3, 30, 45)
        found = snapshot.source.read(CellBox.whole((3, 30, 45)), (0, 1))
        assert found.mask()[0].sum() == 30 * 40 and found.mask()[1].all()
        assert (found.values[0][~found.mask()[0]] == -99).all()
        np.testing.assert_array_equal(found.values[:, 1, :, 5:], cells((2, 1, 30, 40)).values[:, 0])

    def test_what_was_written_belongs_to_the_caller(self, store: CubeStore) -> None:
        """It may be changed before the commit."""
        written = cells((2, 1, 3, 3))
        wanted = written.values.copy()
        with store.update("a", LAYOUT) as update:
            update.write({"t": [1.0], "y": range(3), "x": range(3)}, written)
            written.values[:] = 5
            update.commit()
        np.testing.assert_array_equal(everything(store.snapshot("a")), wanted)

    def test_the_state_stays_until_another_is_set(self, store: CubeStore) -> None:
        """It belongs to its version."""
        one = first(store)
        two = change(store, {"t": [11.0], "y": range(3), "x": range(3)})
        three = change(store, {"t": [12.0], "y": range(3), "x": range(3)}, state='{"ü": "\n"}')
        assert [store.snapshot("a", number).state for number in (one, two, three)] == ["first", "first", '{"ü": "\n"}']

    def test_an_update_that_is_left_changes_nothing(self, store: CubeStore) -> None:
        """Neither by an error nor without commit."""
        with store.update("a", LAYOUT) as update:
            update.write({"t": [1.0], "y": range(2), "x": range(2)}, cells((2, 1, 2, 2)))
        assert list(store.names()) == []
        number = first(store)

        def leave() -> None:
            with store.update("a") as update:
                left.append(update)
                update.write({"t": [1.0], "y": range(2), "x": range(2)}, cells((2, 1, 2, 2)))
                raise RuntimeError("left")

        left: list[Update] = []
        with pytest.raises(RuntimeError, match="left"):
            leave()
        assert [version.number for version in store.versions("a")] == [number]
        with pytest.raises(ValueError, match="over"):
            left[0].commit()

    def test_a_cube_without_cells_is_refused(self, store: CubeStore) -> None:
        """There is no such coverage."""
        with store.update("a", LAYOUT) as update, pytest.raises(ValueError, match="no cells"):
            update.commit()

    @pytest.mark.parametrize(
        ("along", "shape", "match"),
        [
            ({"t": [1.0], "y": range(2)}, (2, 1, 2), "x"),
            ({"t": [1.0], "y": range(2), "x": range(2), "z": range(1)}, (2, 1, 2, 2), "z"),
            ({"t": [1.0], "y": range(2), "x": range(3)}, (2, 1, 2, 2), "shape"),
            ({"t": [1.0], "y": range(2), "x": range(2)}, (1, 1, 2, 2), "shape"),
            ({"t": [2.0, 1.0], "y": range(2), "x": range(2)}, (2, 2, 2, 2), "t.*rise"),
            ({"t": [1.0, 1.0], "y": range(2), "x": range(2)}, (2, 2, 2, 2), "t.*rise"),
            ({"t": [np.nan], "y": range(2), "x": range(2)}, (2, 1, 2, 2), "t.*finite"),
            ({"t": [], "y": range(2), "x": range(2)}, (2, 0, 2, 2), "t"),
            ({"t": range(1), "y": range(2), "x": range(2)}, (2, 1, 2, 2), "t.*irregular"),
            ({"t": [1.0], "y": [0.0, 1.0], "x": range(2)}, (2, 1, 2, 2), "y.*range"),
            ({"t": [1.0], "y": range(0, 4, 2), "x": range(2)}, (2, 1, 2, 2), "y.*step"),
            ({"t": [1.0], "y": range(0), "x": range(2)}, (2, 1, 0, 2), "y"),
            ({"t": [1.0], "y": range(2**31, 2**31 + 2), "x": range(2)}, (2, 1, 2, 2), "y"),
        ],
    )
    def test_cells_that_do_not_fit(
        self, store: CubeStore, along: dict[str, Along], shape: tuple[int, ...], match: str
    ) -> None:
        """Are refused by name, and nothing of them stays."""
        first(store)
        with store.update("a") as update:
            with pytest.raises(ValueError, match=match):
                update.write(along, cells(shape))
            update.commit()
        np.testing.assert_array_equal(everything(store.snapshot("a")), cells((2, 1, 30, 40)).values)

    def test_values_that_do_not_fit(self, store: CubeStore) -> None:
        """Those that a field holds exactly are fine, whatever their type; invalid ones do not matter."""
        first(store)
        along: dict[str, Along] = {"t": [10.0], "y": range(1), "x": range(2)}
        with store.update("a") as update:
            for bad in (40000.0, 1.5, np.nan):
                with pytest.raises(ValueError, match=r"height.*int16"):
                    update.write(along, Cells(np.full((1, 1, 1, 2), bad)), (0,))
            update.write(along, Cells(np.full((1, 1, 1, 2), 7.0)), (0,))
            values = np.array([[[[np.nan, 8.0]]]])
            update.write(along, Cells(values, np.isfinite(values)), (0,))
            update.commit()
        assert store.snapshot("a").source.read(CellBox((0, 0, 0), (1, 1, 2)), (0,)).values.tolist() == [[[[7, 8]]]]

    # -- reading ----------------------------------------------------------------------------------------

    def test_fields_are_read_in_any_order(self, store: CubeStore) -> None:
        """Twice too, in the common type."""
        first(store)
        source = store.snapshot("a").source
        wanted = cells((2, 1, 30, 40)).values
        box = CellBox((0, 3, 5), (1, 20, 39))
        found = source.read(box, (1, 0, 1))
        assert found.values.dtype == np.int16
        np.testing.assert_array_equal(found.values, wanted[[1, 0, 1]][(slice(None), *box.slices)])
        assert source.read(box, (1,)).values.dtype == np.uint8

    def test_a_box_may_be_empty_but_not_beyond(self, store: CubeStore) -> None:
        """Cells that there are not are never made up."""
        first(store)
        source = store.snapshot("a").source
        assert source.read(CellBox((0, 3, 3), (1, 3, 5)), (0,)).values.shape == (1, 1, 0, 2)
        for box in (CellBox((0, 0, 0), (1, 31, 1)), CellBox((0, -1, 0), (1, 1, 1))):
            with pytest.raises(DataUnavailable):
                source.read(box, (0,))

    def test_versions_that_there_are_not(self, store: CubeStore) -> None:
        """They are named."""
        number = first(store)
        for other in (number - 1, number + 1, 10**9, -5):
            with pytest.raises(ItemMissing, match=str(other)):
                store.snapshot("a", other)

    def test_a_source_never_changes(self, store: CubeStore) -> None:
        """While others write, in this store object and in another."""
        first(store)
        source = store.snapshot("a").source
        box = CellBox.whole(source.shape)
        state, wanted = getattr(source, "state", str)(), source.read(box, (0, 1)).values
        for seed in range(1, 6):
            change(store, {"t": [10.0, 10.0 + seed], "y": range(30), "x": range(40)}, seed=seed)
            np.testing.assert_array_equal(source.read(box, (0, 1)).values, wanted)
        assert getattr(source, "state", str)() == state
        assert store.snapshot("a").source.shape == (6, 30, 40)

    def test_many_threads_read(self, store: CubeStore) -> None:
        """One source, and snapshots of their own, while versions are made."""
        first(store)

        def write(number: int) -> None:
            with store.update("a") as update:
                update.write(
                    {"t": [10.0], "y": range(30), "x": range(40)}, Cells(np.full((2, 1, 30, 40), number, np.uint8))
                )
                update.commit()

        def read(_: int) -> bool:
            snapshot = store.snapshot("a")
            values = everything(snapshot)
            return bool((values == values.flat[0]).all())

        write(1)
        with ThreadPoolExecutor(4) as pool:
            answers = [pool.submit(read, number) for number in range(60)]
            for number in range(2, 12):
                write(number)
            assert all(answer.result() for answer in answers)

    # -- conflicts --------------------------------------------------------------------------------------

    def test_of_two_updates_one_is_refused(self, store: CubeStore, tmp_path: Path) -> None:
        """The later one, whole, in the same object and in others."""
        first(store)
        for other in (store, self.make_store(tmp_path)):
            before = list(store.versions("a"))
            with store.update("a") as early, other.update("a") as late:
                early.write({"t": [1.0], "y": range(30), "x": range(40)}, cells((2, 1, 30, 40), 1))
                late.write({"t": [10.0], "y": range(30), "x": range(50)}, cells((2, 1, 30, 50), 2))
                number = early.commit()
                with pytest.raises(VersionConflict):
                    late.commit()
            assert [version.number for version in other.versions("a")] == [number, *(each.number for each in before)]
            assert other.snapshot("a").source.shape == (2, 30, 40)

    def test_a_version_that_is_out_of_date(self, store: CubeStore) -> None:
        """Who knows an older version may not change the cube."""
        one = first(store)
        two = change(store, {"t": [11.0], "y": range(3), "x": range(3)})
        with pytest.raises(VersionConflict, match=str(two)), store.update("a", base=one):
            pass
        with pytest.raises(ItemMissing, match=str(two + 1)), store.update("a", base=two + 1):
            pass
        with store.update("a", base=two) as update:
            assert update.base is not None and update.base.version == two
            update.grow({"t": [12.0]})
            assert update.commit() > two
        with pytest.raises(VersionConflict):
            store.add_overview("a", Overview((1, 2, 2)), base=two)

    # -- overviews --------------------------------------------------------------------------------------

    @pytest.mark.parametrize("method", ["nearest", "average", "mode"])
    def test_overviews_follow_updates(self, store: CubeStore, method: str) -> None:
        """They are what one made of the whole cube would be, after every update."""
        rows = range(-8, 24)
        change(store, {"t": [10.0], "y": rows, "x": range(40)}, layout=LAYOUT)
        store.add_overview("a", Overview((1, 4, 2), method))
        change(store, {"t": [3.0, 10.0], "y": range(-5, 9), "x": range(7, 11)}, seed=3)
        change(store, {"t": [5.0], "y": range(2, 37), "x": range(-6, 47)}, seed=4)
        followed = store.snapshot("a")
        assert followed.overviews == (Overview((1, 4, 2), method),)
        (_, level) = followed.source.levels
        assert (level.shape, level.factors, level.before) == ((3, 12, 27), (1.0, 4.0, 2.0), (0, 0, 0))
        box = CellBox.whole(level.shape)
        found = followed.source.read(box, (0, 1), 1)
        store.remove_overview("a", (1, 4, 2))
        assert len(store.snapshot("a").source.levels) == 1
        store.add_overview("a", Overview((1, 4, 2), method))
        whole = store.snapshot("a").source.read(box, (0, 1), 1)
        np.testing.assert_array_equal(found.mask(), whole.mask())
        np.testing.assert_array_equal(found.values, whole.values)

    def test_an_overview_stays_where_it_is(self, store: CubeStore) -> None:
        """When the cube grows downwards by less than a cell of the overview, that tells where its cells begin."""
        layout = CubeLayout((HEIGHT,), ("x",))
        for low, high in ((10, 18), (7, 10), (18, 19)):
            with store.update("a", layout if low == 10 else None) as update:
                update.write({"x": range(low, high)}, Cells(np.arange(low, high, dtype=np.int16)[np.newaxis]))
                update.commit()
            if low == 10:
                store.add_overview("a", Overview((4,), "average"))
        source = store.snapshot("a").source
        (_, level) = source.levels
        assert (source.shape, level.shape, level.factors, level.before) == ((12,), (4,), (4.0,), (1,))
        assert source.read(CellBox((0,), (4,)), (0,), 1).values.tolist() == [[8, 12, 16, 18]]
        assert source.read(CellBox((1,), (3,)), (0,), 1).values.tolist() == [[12, 16]]

    def test_an_overview_leaves_out_nil(self, store: CubeStore) -> None:
        """Of values 1, 3 and nil the average is 2."""
        layout = CubeLayout((HEIGHT,), ("y", "x"))
        values = np.array([[[1, -99, -99, -99], [-99, 3, -99, -99]]], np.int16)
        with store.update("a", layout) as update:
            update.write({"y": range(2), "x": range(4)}, Cells(values))
            update.commit()
        store.add_overview("a", Overview((2, 2), "average"))
        found = store.snapshot("a").source.read(CellBox.whole((1, 2)), (0,), 1)
        assert found.values.tolist() == [[[2, -99]]]
        assert found.mask().tolist() == [[[True, False]]]

    def test_overviews_that_are_refused(self, store: CubeStore) -> None:
        """By factors, by method, or because there is one."""
        first(store)
        store.add_overview("a", Overview((1, 2, 2)))
        bad = [
            Overview((2, 2, 2)), Overview((1, 1, 1)), Overview((1, 0, 2)), Overview((2, 2)),
            Overview((1, 2, 2), "mode"), Overview((1, 3, 3), "cubic"),
        ]  # fmt: skip
        for overview in bad:
            with pytest.raises(ValueError, match="."):
                store.add_overview("a", overview)
        with pytest.raises(ValueError, match="3"):
            store.remove_overview("a", (1, 3, 3))
        with pytest.raises(ItemMissing):
            store.add_overview("b", Overview((1, 2, 2)))

    # -- upkeep -----------------------------------------------------------------------------------------

    def test_compaction(self, store: CubeStore, tmp_path: Path) -> None:
        """Drops versions, and changes nothing that is read."""
        model = CubeModel(LAYOUT)
        for number, (along, written, fields, keep) in enumerate(steps(5)):
            with store.update("a", None if number else LAYOUT) as update:
                update.write(along, written, fields, keep)
                update.set_state(f"state {number}")
                update.commit()
            model.write(along, written, fields, keep)
        store.add_overview("a", Overview((1, 2, 2), "mode"))
        other = self.make_store(tmp_path)
        before = other.snapshot("a")
        level = before.source.read(CellBox.whole(before.source.levels[-1].shape), (0, 1), len(before.source.levels) - 1)
        old = other.snapshot("a", list(other.versions("a"))[3].number)
        number = store.compact("a")
        for each in (store, other):
            after = each.snapshot("a")
            assert (after.version, after.state) == (number, "state 7")
            assert [version.number for version in each.versions("a")] == [number]
            assert_same(after, model)
            found = after.source.read(CellBox.whole(level.values.shape[1:]), (0, 1), len(after.source.levels) - 1)
            np.testing.assert_array_equal(found.values, level.values)
        with pytest.raises(ItemMissing):
            other.snapshot("a", old.version)
        assert list(store.verify("a")) == []
        with other.update("a") as update:
            update.grow({"t": [99.0]})
            assert update.commit() > number
        assert store.snapshot("a").source.shape[0] == model.shape[0] + 1

    def test_readers_of_the_latest_version_outlive_compaction(self, store: CubeStore, tmp_path: Path) -> None:
        """Those that began before it, whether they had read or not."""
        first(store)
        change(store, {"t": [7.0], "y": range(30), "x": range(40)}, seed=4)
        other = self.make_store(tmp_path)
        snapshots = [other.snapshot("a"), self.make_store(tmp_path).snapshot("a")]
        wanted = everything(snapshots[0])
        store.compact("a")
        store.compact("a")
        for snapshot in snapshots:
            np.testing.assert_array_equal(everything(snapshot), wanted)

    def test_a_write_during_compaction_is_not_lost(self, store: CubeStore, tmp_path: Path) -> None:
        """An update that began before compaction is refused, or holds after it."""
        first(store)
        with self.make_store(tmp_path).update("a") as update:
            update.write({"t": [1.0], "y": range(30), "x": range(40)}, cells((2, 1, 30, 40), 1))
            store.compact("a")
            with pytest.raises(VersionConflict):
                update.commit()
        assert store.snapshot("a").source.shape == (1, 30, 40)
        change(store, {"t": [1.0], "y": range(30), "x": range(40)})
        assert store.snapshot("a").source.shape == (2, 30, 40)
