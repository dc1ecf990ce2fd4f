# SPDX-License-Identifier: MIT
"""Data behind the catalogue that is gone or changed is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.backends.access import Access, install_access
from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import NoSuchCoverage
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.metadata.eogml import EOGMLReader
from eoxserver.resources.coverages.registration.proposals import Options
from eoxserver.resources.coverages.registration.registrar import Registrar
from tests.backends.rasters import pattern, write
from tests.resources.coverages.metadata.test_eogml import document
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
