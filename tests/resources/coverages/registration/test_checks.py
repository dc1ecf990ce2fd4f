# SPDX-License-Identifier: MIT
"""Data behind the catalogue that is gone or changed is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.backends.access import Access, install_access
from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.models import Storage
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import NoSuchCoverage
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.metadata.eogml import EOGMLReader
from eoxserver.resources.coverages.registration.checks import UnreachableStorage
from eoxserver.resources.coverages.registration.proposals import Options
from eoxserver.resources.coverages.registration.registrar import Registrar
from tests.backends.rasters import pattern, write
from tests.fileservers import FileServer, Manners
from tests.resources.coverages.metadata.test_eogml import document
from tests.resources.coverages.registration.scenes import (
    container,
    make_registrar,
    raster,
    register,
    zipped,
)
from tests.resources.coverages.samples import rectified


@pytest.fixture
def registrar(database: Settings, tmp_path: Path) -> Iterator[Registrar]:
    """Knows the coverages a, b and c, of which b has a document."""
    access = Access(Plugins.from_modules([]), database)
    install_access(access)
    reader = GdalReader(database)
    formats = FormatRegistry(database, load_formats(None), raster_drivers())
    registrar = Registrar([reader], [EOGMLReader()], formats, access)
    for name in "abc":
        write(tmp_path / f"{name}.tif", pattern((2, 40, 80)), bounds=(10, 30, 20, 40))
    (tmp_path / "b.xml").write_text(document())
    assert not any(outcome.failed for outcome in registrar.register([tmp_path], Options()))
    yield registrar
    reader.close()


def problems(registrar: Registrar, *identifiers: str) -> dict[str, tuple[str, ...]]:
    return {checked.identifier: checked.problems for checked in registrar.check(identifiers) if not checked.ok}


def test_nothing_is_wrong(registrar: Registrar) -> None:
    assert [checked.identifier for checked in registrar.check()] == ["a", "b", "c"]
    assert problems(registrar) == {}
    assert registrar.count() == 3
    assert registrar.count(["a", "a"]) == 1


def test_every_kind_of_damage(registrar: Registrar, tmp_path: Path) -> None:
    (tmp_path / "a.tif").unlink()
    (tmp_path / "b.xml").unlink()
    whole = (tmp_path / "c.tif").read_bytes()
    (tmp_path / "c.tif").write_bytes(whole[: len(whole) // 2])
    rectified("d")
    found = problems(registrar)
    assert list(found) == ["a", "b", "c", "d"]
    assert "a.tif" in found["a"][0]
    assert "b.xml" in found["b"][0]
    assert "c.tif" in found["c"][0]
    assert found["d"] == ("it has no data item 'bands'",)


def test_data_that_is_no_longer_what_was_registered(registrar: Registrar, tmp_path: Path) -> None:
    write(tmp_path / "a.tif", pattern((2, 41, 80)), bounds=(10, 30, 20, 40))
    write(tmp_path / "b.tif", pattern((1, 40, 80)), bounds=(10, 30, 20, 40))
    write(tmp_path / "c.tif", pattern((2, 40, 80), "uint16"), bounds=(11, 30, 21, 40))
    found = problems(registrar)
    assert found["a"] == (f"{tmp_path}/a.tif: 80 x 41 cells, registered with 80 x 40",)
    assert found["b"] == (f"{tmp_path}/b.tif: 1 bands, registered with 2",)
    assert [problem.split(": ")[1].split(" ")[0] for problem in found["c"]] == ["field", "field", "bounds"]


def test_some_only(registrar: Registrar, tmp_path: Path) -> None:
    (tmp_path / "a.tif").unlink()
    assert problems(registrar, "b") == {}
    with pytest.raises(NoSuchCoverage):
        registrar.check(["x"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    scene, large = raster(tmp_path), raster(tmp_path, size=1024, tiled=True, blockxsize=256, blockysize=256)
    files = {
        "eo/a.tif": scene,
        "eo/a.xml": document().encode(),
        "eo/large.tif": large,
        "eo/many.nc": container(tmp_path / "many.nc"),
        "eo/whole.zip": zipped({"x.tif": scene, "y.tif": large}),
    }
    with FileServer(files) as server:
        yield server


@pytest.fixture
def elsewhere(database: Settings, server: FileServer, tmp_path: Path) -> Registrar:
    """Knows a, large and many_sst of a storage, x and y in an archive there, and own on this machine."""
    made = make_registrar(database, tmp_path / "first")
    made.storages.add("eo", f"{server.url}/eo")
    own = write(tmp_path / "own.tif", pattern((1, 4, 8)))
    names = ("a.tif", "large.tif", "whole.zip//*.tif")
    places = [f"storage:eo/{name}" for name in names]
    done = register(made, *places, f'NETCDF:"{server.url}/eo/many.nc":sst', own)
    assert [outcome.reason for outcome in done] == [""] * 6
    # Another process, which has no copies yet.
    return make_registrar(database, tmp_path / "second")


def test_data_elsewhere_is_checked_without_fetching_it(elsewhere: Registrar, server: FileServer) -> None:
    server.forget()
    assert problems(elsewhere) == {}
    assert elsewhere.count() == 6
    assert server.sent("eo/many.nc") < 100, "its library wants a file: only its presence is checked"
    assert server.sent("eo/large.tif") < len(server.held["eo/large.tif"]) / 2
    assert server.sent("eo/a.xml") < 100


def test_what_is_wrong_elsewhere_is_named(elsewhere: Registrar, server: FileServer, tmp_path: Path) -> None:
    url = f"{server.url}/eo"
    server.put("eo/a.tif", raster(tmp_path, size=16))
    for name in ("a.xml", "many.nc", "large.tif"):
        server.remove(f"eo/{name}")
    server.put("eo/whole.zip", zipped({"x.tif": raster(tmp_path)}))
    found = problems(elsewhere)
    assert found["a"][0] == f"{url}/a.tif: 16 x 8 cells, registered with 8 x 4"
    assert found["a"][1].startswith(f"{url}/a.xml: ") and "404" in found["a"][1]
    assert "404" in found["large"][0] and f"{url}/large.tif" in found["large"][0]
    assert f'NETCDF:"{url}/many.nc":sst' in found["many_sst"][0]
    assert "no member 'y.tif'" in found["y"][0]
    assert sorted(found) == ["a", "large", "many_sst", "y"]


def test_a_storage_that_cannot_be_reached_is_told_once(elsewhere: Registrar, server: FileServer) -> None:
    server.manners = Manners(fail=10_000, fail_status=503)
    server.forget()
    check = elsewhere.check()
    checked = {one.identifier: one for one in check}
    assert [identifier for identifier, one in checked.items() if one.ok] == ["own"]
    assert all(not one.problems for one in checked.values())
    assert checked["a"].unreachable[0].startswith("storage eo: ")
    (storage,) = check.unreachable
    assert (storage.name, storage.items) == ("eo", 6)
    assert "503" in storage.reason
    assert server.count() < 6, "nobody asks for the items of a storage that does not answer"


def test_a_storage_without_plugin_or_credentials(elsewhere: Registrar, database: Settings, tmp_path: Path) -> None:
    Storage.objects.update(storage_type="vault")
    (storage,) = _unreachable(elsewhere)
    assert "no storage 'vault'" in storage.reason
    Storage.objects.update(storage_type="http", credentials="env:NO_SUCH_VARIABLE")
    (storage,) = _unreachable(make_registrar(database, tmp_path / "third"))
    assert "NO_SUCH_VARIABLE" in storage.reason


def _unreachable(registrar: Registrar) -> tuple[UnreachableStorage, ...]:
    check = registrar.check()
    assert not all(checked.ok for checked in check)
    return check.unreachable
