# SPDX-License-Identifier: MIT
"""Cells of arrays on a server: which, and how many bytes they take."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.backends.storages.rasdaman.source import COARSEST
from eoxserver.backends.storages.rasdaman.storage import RasdamanStorage
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable, StorageUnreachable
from eoxserver.testing.coverages import counted
from tests.backends.storages.rasdaman.conftest import storage_of
from tests.rasqueries import stored
from tests.rasservers import RasServer


def test_a_trim_moves_the_cells_asked_for_and_no_more(server: RasServer, storage: RasdamanStorage) -> None:
    source = storage.connect("grey")
    server.asked.clear()
    cells = source.read(CellBox((500, 300), (510, 310)), [0])
    np.testing.assert_array_equal(cells.values[0], counted((1000, 1000), "uint16")[500:510, 300:310])
    assert server.queries == ["select c[400:409,350:359] from grey as c"]
    assert server.sent == 10 * 10 * 2


def test_only_the_components_asked_for_travel(server: RasServer, storage: RasdamanStorage) -> None:
    source = storage.connect("rgb")
    server.asked.clear()
    cells = source.read(CellBox((0, 0), (3, 2)), [2, 0, 2])
    planes = server.collections["rgb"].arrays[1].planes
    np.testing.assert_array_equal(cells.values, [planes[name][:3, :2] for name in ("blue", "red", "blue")])
    source.read(CellBox((0, 0), (3, 2)), [1])
    source.read(CellBox((0, 0), (3, 2)), [0, 1, 2])
    assert server.queries == [
        "select {c[0:2,0:1].2, c[0:2,0:1].0} from rgb as c",
        "select c[0:2,0:1].1 from rgb as c",
        "select c[0:2,0:1] from rgb as c",
    ]
    assert [asked.sent for asked in server.asked] == [12, 6, 18]


def test_nothing_is_asked_for_no_cells(server: RasServer, storage: RasdamanStorage) -> None:
    source = storage.connect("grey")
    server.asked.clear()
    assert source.read(CellBox((5, 5), (5, 9)), [0]).values.shape == (1, 0, 4)
    assert server.asked == []


def test_complex_integers(storage: RasdamanStorage) -> None:
    cells = storage.connect("iq").read(CellBox((1, 2), (4, 6)), [0])
    np.testing.assert_array_equal(cells.values[0], counted((5, 6), "complex64")[1:4, 2:6])


def test_null_values_are_not_valid(storage: RasdamanStorage) -> None:
    source = storage.connect("masked")
    cells = source.read(CellBox((0, 0), (2, 3)), [0])
    assert cells.mask().tolist() == [[[True, False, False], [True, True, False]]]
    assert source.read(CellBox((1, 0), (2, 2)), [0]).valid is None


def test_null_values_are_told_before_types_are_widened(server: RasServer) -> None:
    planes = {"a": np.array([[0.1, 1]], "float32"), "b": np.array([[0.1, 2]], "float64")}
    server.collections = {"mixed": stored(planes, nulls="0.1")}
    cells = storage_of(server.url).connect("mixed").read(CellBox((0, 0), (1, 2)), [0, 1])
    assert cells.values.dtype == np.float64
    assert cells.mask().tolist() == [[[False, True]], [[False, True]]]


def test_chunks_are_the_tiles_of_the_server(server: RasServer, storage: RasdamanStorage) -> None:
    assert storage.connect("rgb").chunks == (16, 8)
    assert storage.connect("rgb?axes=1,0").chunks == (8, 16)
    assert storage.connect("two?oid=5").chunks == (4, 4)
    server.collections = {"untiled": stored(counted((2000, 3)), scheme="no_tiling")}
    assert storage.connect("untiled").chunks == (512, 3)


def test_levels_are_made_by_the_server(server: RasServer, storage: RasdamanStorage) -> None:
    source = storage.connect("grey")
    assert [level.shape for level in source.levels] == [(1000, 1000), (500, 500), (250, 250)]
    assert source.levels[2].factors == (4.0, 4.0)
    server.asked.clear()
    cells = source.read(CellBox((10, 20), (13, 24)), [0], 2)
    whole = counted((1000, 1000), "uint16")
    np.testing.assert_array_equal(cells.values[0], whole[40:52:4, 80:96:4])
    assert server.queries == ["select scale(c[-60:-49,130:145], [0:2,0:3]) from grey as c"]
    assert server.sent == 3 * 4 * 2


@pytest.mark.parametrize("shape", [(1001, 303), (513, 1), (3, 514, 600), (700,)])
def test_every_cell_of_a_level_lies_in_its_block(server: RasServer, shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype="int32").reshape(shape)
    server.collections = {"a": stored(values, low=range(7, 7 + len(shape)))}
    source = storage_of(server.url).connect("a")
    assert max(source.levels[-1].shape[-2:]) <= COARSEST
    for number, level in enumerate(source.levels):
        read = source.read(CellBox.whole(level.shape), [0], number).values[0]
        chosen = np.unravel_index(read, shape)
        for axis, (indices, factor) in enumerate(zip(chosen, level.factors, strict=True)):
            cells = np.arange(level.shape[axis]).reshape([-1 if each == axis else 1 for each in range(len(shape))])
            np.testing.assert_array_equal(indices // int(factor), np.broadcast_to(cells, read.shape))


def test_boxes_beyond_the_array_are_refused(server: RasServer, storage: RasdamanStorage) -> None:
    source = storage.connect("grey")
    server.asked.clear()
    with pytest.raises(DataUnavailable, match="cells 0 to 1001 of axis 1 are beyond the array"):
        source.read(CellBox((0, 0), (1, 1001)), [0])
    assert server.asked == []


def test_an_array_that_shrank_is_told(server: RasServer, storage: RasdamanStorage) -> None:
    source = storage.connect("grey")
    server.collections = {"grey": stored(counted((10, 10), "uint16"))}
    with pytest.raises(StorageUnreachable, match="outside the array"):
        source.read(CellBox((500, 500), (501, 501)), [0])


def test_the_state_is_trusted_for_a_while(storage: RasdamanStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    source = storage.connect("grey")
    module = "eoxserver.backends.storages.rasdaman.source.time.time"
    monkeypatch.setattr(module, lambda: 1200.0)
    first = source.state()
    monkeypatch.setattr(module, lambda: 1259.0)
    assert source.state() == first
    monkeypatch.setattr(module, lambda: 1260.0)
    assert source.state() != first
