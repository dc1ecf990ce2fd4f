# SPDX-License-Identifier: MIT
"""Files become coverages, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eoxserver.backends.access import Access
from eoxserver.backends.drivers import raster_drivers
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import NoSuchCoverage, RegistrationRefused
from eoxserver.core.util.timetools import isotime
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.metadata.eogml import EOGMLReader
from eoxserver.resources.coverages.metadata.stac import STACReader
from eoxserver.resources.coverages.registration import registrar as module
from eoxserver.resources.coverages.registration.identifiers import IdentifierTemplate
from eoxserver.resources.coverages.registration.proposals import Options, Outcome, Status
from eoxserver.resources.coverages.registration.registrar import Registrar
from eoxserver.resources.coverages.versioning import catalogue_version
from tests.backends.rasters import pattern, write
from tests.resources.coverages.metadata.test_eogml import document
from tests.resources.coverages.samples import rectified, series


@pytest.fixture
def registrar(database: Settings) -> Iterator[Registrar]:
    reader = GdalReader(database)
    formats = FormatRegistry(database, load_formats(None), raster_drivers())
    yield Registrar([reader], [EOGMLReader(), STACReader()], formats, Access(Plugins.from_modules([]), database))
    reader.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three rasters, a document, a sidecar, a text, and two files that are broken."""
    folder = tmp_path / "scenes"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.tif", "b.tif", "sub/c.tif"):
        write(folder / name, pattern((2, 4, 8)), bounds=(10, 30, 20, 40), nodata=0)
    (folder / "a.xml").write_text(document())
    (folder / "a.tif.aux.xml").write_text("<PAMDataset/>")
    (folder / "notes.txt").write_text("notes")
    (folder / "broken.tif").write_bytes(b"II*\0nothing")
    (folder / "empty.tif").write_bytes(b"")
    return folder


def register(registrar: Registrar, *paths: Path | str, **options: Any) -> list[Outcome]:
    return list(registrar.register(paths, Options(**options)))


def statuses(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.place.name: str(outcome.status) for outcome in outcomes}


def test_a_folder_is_registered_and_what_is_bad_refused(registrar: Registrar, folder: Path) -> None:
    outcomes = register(registrar, folder)
    assert statuses(outcomes) == {
        "a.tif": "registered",
        "b.tif": "registered",
        "broken.tif": "refused",
        "c.tif": "registered",
    }
    assert next(outcome.reason for outcome in outcomes if outcome.failed)
    coverage = models.Coverage.objects.get(identifier="a").cast()
    assert isinstance(coverage, models.RectifiedDataset)
    assert coverage.domain.shape == (4, 8)
    assert coverage.domain.horizontal_bounds == pytest.approx((10, 30, 20, 40))
    assert coverage.range_type.fields[1].nil_value == 0
    assert coverage.begin_time is not None and isotime(coverage.begin_time) == "2006-08-16T09:09:29Z"
    assert coverage.metadata["platform"] == "ENVISAT"
    assert [(item.semantic, item.format, item.gdal_driver_name) for item in coverage.data_items.all()] == [
        ("bands", "image/tiff", "GTiff"),
        ("metadata", "eogml", ""),
    ]


def test_files_that_are_named_are_never_passed_over(registrar: Registrar, folder: Path) -> None:
    outcomes = register(registrar, *sorted(path for path in folder.iterdir() if path.is_file()), folder / "gone.tif")
    assert statuses(outcomes) == {
        "a.tif": "registered",
        "a.tif.aux.xml": "skipped",
        "a.xml": "skipped",
        "b.tif": "registered",
        "broken.tif": "refused",
        "empty.tif": "refused",
        "notes.txt": "refused",
        "gone.tif": "refused",
    }


def test_registering_again_changes_nothing(registrar: Registrar, folder: Path) -> None:
    register(registrar, folder)
    version = catalogue_version()
    outcomes = register(registrar, folder)
    assert statuses(outcomes) == {
        "a.tif": "unchanged",
        "b.tif": "unchanged",
        "broken.tif": "refused",
        "c.tif": "unchanged",
    }
    assert catalogue_version() == version


def test_an_identifier_that_is_taken_is_a_refusal(registrar: Registrar, folder: Path) -> None:
    rectified("a")
    shutil.copy(folder / "b.tif", folder / "sub" / "b.tif")
    outcomes = register(registrar, folder)
    assert statuses(outcomes[:1]) == {"a.tif": "refused"}
    assert "identifier 'a' is taken by a coverage without data" in outcomes[0].reason
    last = next(outcome for outcome in outcomes if outcome.place.local == str(folder / "sub" / "b.tif"))
    assert last.status is Status.REFUSED
    assert str(folder / "b.tif") in last.reason and "--replace" in last.reason


def test_replacing_keeps_the_place_in_collections(registrar: Registrar, folder: Path) -> None:
    register(registrar, folder / "b.tif", collection="s", identifier=IdentifierTemplate("x"))
    outcomes = register(registrar, folder / "a.tif", identifier=IdentifierTemplate("x"), replace=True)
    assert [outcome.status for outcome in outcomes] == [Status.REPLACED]
    coverage = models.Coverage.objects.get(identifier="x")
    assert coverage.data_items.filter(semantic="bands").get().location == str(folder / "a.tif")
    found = models.DatasetSeries.objects.get(identifier="s")
    assert [member.identifier for member in found] == ["x"]
    assert found.begin_time is not None


def test_a_collection_is_never_replaced(registrar: Registrar, folder: Path) -> None:
    series("a")
    outcomes = register(registrar, folder / "a.tif", replace=True)
    assert outcomes[0].status is Status.REFUSED
    assert "a DatasetSeries" in outcomes[0].reason


def test_a_collection_is_made_and_filled(registrar: Registrar, folder: Path) -> None:
    register(registrar, folder, collection="scenes")
    found = models.DatasetSeries.objects.get(identifier="scenes")
    assert sorted(member.identifier for member in found) == ["a", "b", "c"]
    assert found.footprint is not None and found.begin_time is not None
    register(registrar, folder / "b.tif", collection="more")
    assert [member.identifier for member in models.DatasetSeries.objects.get(identifier="more")] == ["b"]
    version = catalogue_version()
    register(registrar, folder, collection="scenes")
    assert catalogue_version() == version, "what is in the collection already is not inserted again"
    register(registrar, folder, collection="more")
    assert models.DatasetSeries.objects.get(identifier="more").eo_objects.count() == 3


@pytest.mark.parametrize(("name", "message"), [("a b", "not an identifier"), ("taken", "cannot take members")])
def test_a_bad_collection_is_refused_before_anything(
    registrar: Registrar, folder: Path, name: str, message: str
) -> None:
    rectified("taken")
    with pytest.raises(RegistrationRefused, match=message):
        register(registrar, folder, collection=name)
    assert models.Coverage.objects.count() == 1


def test_a_dry_run_changes_nothing_and_says_why(registrar: Registrar, folder: Path) -> None:
    shutil.copy(folder / "b.tif", folder / "sub" / "b.tif")
    version = catalogue_version()
    outcomes = register(registrar, folder, dry_run=True, collection="scenes")
    assert [(outcome.place.folder, outcome.place.name, str(outcome.status)) for outcome in outcomes] == [
        ("scenes", "a.tif", "planned"),
        ("scenes", "b.tif", "planned"),
        ("scenes", "broken.tif", "refused"),
        ("sub", "b.tif", "refused"),
        ("sub", "c.tif", "planned"),
    ]
    assert catalogue_version() == version
    told = outcomes[0].as_json()
    assert told["identifier"] == "a" and told["kind"] == "RectifiedDataset"
    assert isinstance(told["facts"], dict)
    assert told["facts"]["time"] == {"value": "2006-08-16T09:09:29Z/2006-08-16T09:12:46Z", "from": "a.xml"}


def test_the_number_counts_coverages_not_files(registrar: Registrar, folder: Path) -> None:
    outcomes = register(registrar, folder, identifier=IdentifierTemplate("n{index:02d}"))
    assert [outcome.identifier for outcome in outcomes if not outcome.failed] == ["n01", "n02", "n03"]


def test_files_together_become_one_coverage(registrar: Registrar, folder: Path) -> None:
    outcomes = register(
        registrar, folder / "a.tif", folder / "b.tif", together=True, identifier=IdentifierTemplate("ab")
    )
    assert [outcome.status for outcome in outcomes] == [Status.REGISTERED]
    coverage = models.Coverage.objects.get(identifier="ab")
    assert coverage.range_type.names == ("a_b1", "a_b2", "b_b1", "b_b2")
    assert [item.semantic for item in coverage.data_items.all()] == ["bands[0:2]", "bands[2:4]", "metadata"]


def test_files_together_stand_or_fall_together(registrar: Registrar, folder: Path) -> None:
    outcomes = register(registrar, folder / "a.tif", folder / "broken.tif", together=True)
    assert [str(outcome.status) for outcome in outcomes] == ["refused"]
    assert models.Coverage.objects.count() == 0


def test_a_referenceable_dataset(registrar: Registrar, shared: Path) -> None:
    path = next((shared / "data").glob("ASA*"))
    outcome = register(registrar, path, identifier=IdentifierTemplate("asar"))[0]
    assert outcome.status is Status.REGISTERED
    coverage = models.Coverage.objects.get(identifier="asar").cast()
    assert isinstance(coverage, models.ReferenceableDataset)
    assert (coverage.size_x, coverage.size_y, coverage.srid) == (569, 486, 4326)
    assert coverage.tie_points is not None and len(coverage.tie_points.x) == 110


def test_a_crs_without_code_is_kept_as_text(registrar: Registrar, tmp_path: Path) -> None:
    sinusoidal = "+proj=sinu +R=6371007.181 +units=m"
    path = write(tmp_path / "a.tif", pattern((1, 4, 8)), crs=sinusoidal, bounds=(0, 5e6, 1e6, 6e6))
    assert [outcome.reason for outcome in register(registrar, path)] == [""]
    coverage = models.Coverage.objects.get(identifier="a").cast()
    assert isinstance(coverage, models.RectifiedDataset)
    assert coverage.srid is None and coverage.projection
    assert coverage.domain.horizontal_bounds == pytest.approx((0, 5e6, 1e6, 6e6))


def test_batches_are_committed_one_by_one(
    registrar: Registrar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_BATCH", 2)
    for number in range(5):
        write(tmp_path / f"f{number}.tif", pattern((1, 4, 8)))
    running = registrar.register([tmp_path], Options(collection="s"))
    assert [next(running).identifier for _ in range(2)] == ["f0", "f1"]
    assert models.Coverage.objects.count() == 2
    running.close()  # type: ignore[attr-defined]  # it is a generator: the caller loses interest
    assert models.Coverage.objects.count() == 2
    assert models.DatasetSeries.objects.get(identifier="s").eo_objects.count() == 2


def test_one_file_costs_a_bounded_number_of_queries(registrar: Registrar, tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path / f"f{number}.tif", pattern((1, 4, 8)))
    register(registrar, tmp_path / "f0.tif", collection="s")
    with CaptureQueriesContext(connection) as captured:
        register(registrar, *[tmp_path / f"f{number}.tif" for number in range(1, 8)], collection="s")
    assert len(captured) < 7 * 20


def test_deregistering_leaves_files_and_is_all_or_none(registrar: Registrar, folder: Path) -> None:
    register(registrar, folder, collection="s")
    with pytest.raises(NoSuchCoverage, match="no coverage 'x'"):
        registrar.deregister(["a", "x"])
    with pytest.raises(NoSuchCoverage, match="it is a DatasetSeries"):
        registrar.deregister(["s"])
    assert models.Coverage.objects.count() == 3
    registrar.deregister(["a", "b"])
    assert [coverage.identifier for coverage in models.Coverage.objects.all()] == ["c"]
    assert (folder / "a.tif").exists()


def test_lists_and_descriptions(registrar: Registrar, folder: Path) -> None:
    register(registrar, folder, collection="s")
    with CaptureQueriesContext(connection) as captured:
        rows = list(registrar.rows())
    assert len(captured) == 1
    assert [(row.identifier, row.kind) for row in rows] == [
        ("a", "RectifiedDataset"), ("b", "RectifiedDataset"), ("c", "RectifiedDataset"), ("s", "DatasetSeries"),
    ]  # fmt: skip
    assert rows[0].begin_time == "2006-08-16T09:09:29Z"
    assert rows[1].bbox == pytest.approx((10, 30, 20, 40))
    assert [row.identifier for row in registrar.rows(collections=True)] == ["s"]
    assert [row.identifier for row in registrar.rows(collection="s")] == ["a", "b", "c"]
    with pytest.raises(NoSuchCoverage):
        registrar.rows(collection="t")
    whole = registrar.describe("a")
    assert whole["crs"] == "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert [axis["label"] for axis in whole["axes"]] == ["Lat", "Long"]
    assert whole["collections"] == ["s"]
    assert whole["data_items"][0]["location"] == str(folder / "a.tif")
    assert registrar.describe("s")["members"] == 3


def test_a_raster_without_crs_is_registered_with_one(registrar: Registrar, shared: Path) -> None:
    path = shared / "data" / "mean_summer_airtemp.tif"
    assert "--crs EPSG:4326" in register(registrar, path)[0].reason
    assert register(registrar, path, crs=parse_crs("EPSG:4326"))[0].status is Status.REGISTERED
