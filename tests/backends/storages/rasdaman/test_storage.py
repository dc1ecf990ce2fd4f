# SPDX-License-Identifier: MIT
"""The storage type ``rasdaman``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eoxserver.backends.storages.base import ConnectedStorageInterface, DescribeStorageInterface, FileStorageInterface
from eoxserver.backends.storages.rasdaman.storage import RasdamanStorage
from eoxserver.conf.schema import Cache
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Source
from eoxserver.core.errors import ConfigurationError, DataUnavailable, ItemMissing, StorageUnreachable
from eoxserver.core.roles import Role
from eoxserver.testing.coverages import counted
from tests.backends.storages.rasdaman.conftest import SETTINGS, storage_of
from tests.rasqueries import stored
from tests.rasservers import RasServer


def test_it_connects_and_describes_and_has_no_files(storage: RasdamanStorage) -> None:
    assert isinstance(storage, ConnectedStorageInterface)
    assert isinstance(storage, DescribeStorageInterface)
    assert not isinstance(storage, FileStorageInterface)
    assert isinstance(storage.connect("grey"), Source)


def test_a_server_is_valid(server: RasServer, storage: RasdamanStorage) -> None:
    storage.validate()
    assert server.queries == ["select version()"]


def test_what_is_no_server_is_told(server: RasServer) -> None:
    with pytest.raises(ConfigurationError, match="is no rasql endpoint: .*status 404"):
        storage_of(server.url.replace("rasql", "other")).validate()
    server.faults = ["html"]
    with pytest.raises(ConfigurationError, match="is no rasql endpoint: it does not tell its version; accepted: http:"):
        storage_of(server.url).validate()
    server.faults = ["503"] * 3
    with pytest.raises(StorageUnreachable, match="status 503"):
        storage_of(server.url).validate()
    with pytest.raises(ConfigurationError, match="the environment has no variable NO_SUCH_VARIABLE"):
        storage_of(server.url, "env:NO_SUCH_VARIABLE").validate()
    with pytest.raises(ConfigurationError, match="is no URL of a rasdaman server"):
        storage_of("ftp://host").validate()


def test_a_record_that_is_wrong_is_unavailable_data_to_requests() -> None:
    with pytest.raises(DataUnavailable, match="grey: 'ftp://host' is no URL of a rasdaman server"):
        storage_of("ftp://host").connect("grey")


def test_an_array_is_asked_for_once_in_a_while(server: RasServer, storage: RasdamanStorage) -> None:
    storage.connect("grey")
    count = len(server.asked)
    assert count == 5
    storage.connect("grey")
    storage.describe("grey")
    assert len(server.asked) == count
    impatient = storage_of(server.url, settings=replace(SETTINGS, cache=replace(Cache(), revalidate=0)))
    impatient.connect("grey")
    server.collections = {"grey": stored(counted((3, 3), "uint16"))}
    assert impatient.connect("grey").shape == (3, 3)


def test_the_source_is_the_same_as_long_as_the_array_is(server: RasServer) -> None:
    storage = storage_of(server.url, settings=replace(SETTINGS, cache=replace(Cache(), revalidate=0)))
    source = storage.connect("grey")
    assert storage.connect("grey") is source
    assert storage.connect("rgb") is not source
    server.collections = {"grey": stored(counted((3, 3), "uint16"))}
    assert storage.connect("grey") is not source


@pytest.mark.parametrize("faults", [["report"], ["short"], []])
def test_an_array_is_asked_for_again_after_a_failure(
    server: RasServer, storage: RasdamanStorage, faults: list[str]
) -> None:
    source = storage.connect("grey")
    if faults:
        server.faults = list(faults)
    else:
        server.collections = {"grey": stored(counted((10, 10), "uint16"))}
    with pytest.raises(DataUnavailable):
        source.read(CellBox((500, 500), (501, 501)), [0])
    again = storage.connect("grey")
    assert (again is source) == bool(faults)
    assert again.shape == ((1000, 1000) if faults else (10, 10))


def test_a_failure_is_not_remembered(server: RasServer, storage: RasdamanStorage) -> None:
    with pytest.raises(ItemMissing):
        storage.connect("later")
    server.collections = {"later": stored(counted((3, 3)))}
    assert storage.connect("later").shape == (3, 3)


def test_descriptions_have_axes_from_their_origin(storage: RasdamanStorage) -> None:
    found = storage.describe("grey")
    assert found.driver == "rasdaman"
    labels = [(axis.label, axis.size, axis.low, axis.role) for axis in found.domain.axes]
    assert labels == [("d0", 1000, -100.0, Role.X), ("d1", 1000, 50.0, Role.Y)]
    assert all(isinstance(axis, IndexAxis) for axis in found.domain.axes)
    assert found.domain.crs is not None and "Index2D" in found.domain.crs.uri
    assert [(field.name, field.dtype.name, field.nil) for field in found.range_type.fields] == [("b1", "uint16", ())]


def test_descriptions_name_components_and_axes(storage: RasdamanStorage) -> None:
    assert storage.complete("rgb") == "rgb?axes=1,0"
    found = storage.describe("rgb?axes=1,0")
    assert found.domain.labels == ("y", "x")
    assert found.domain.shape == (20, 30)
    assert [axis.role for axis in found.domain.axes] == [Role.Y, Role.X]
    assert found.range_type.names == ("red", "green", "blue")
    cells = storage.connect("rgb?axes=y,x").read(CellBox((0, 5), (20, 10)), [0]).values[0]
    np.testing.assert_array_equal(cells, counted((30, 20))[5:10].T)


def test_null_values_that_a_type_can_hold(server: RasServer, storage: RasdamanStorage) -> None:
    planes = {"a": counted((3, 3), "uint8"), "b": counted((3, 3), "float32"), "c": counted((3, 3), "bool")}
    server.collections = {"mixed": stored(planes, nulls="-9999, 250:300, nan")}
    fields = storage.describe("mixed").range_type.fields
    assert [[nil.low for nil in field.nil if nil.low == nil.low] for field in fields] == [[250.0], [-9999.0, 250.0], []]
    assert [len(field.nil) for field in fields] == [1, 3, 0]


def test_axes_that_make_no_sense_are_told_at_once(storage: RasdamanStorage) -> None:
    for ask in (storage.connect, storage.describe):
        with pytest.raises(DataUnavailable, match="does not name each axis"):
            ask("rgb?axes=0,5")


def test_its_text_has_no_secret() -> None:
    assert repr(storage_of("http://me:secret@host/rasdaman/rasql")) == "<RasdamanStorage http://host/rasdaman/rasql>"
