# SPDX-License-Identifier: MIT
"""Data is registered from web servers and out of archives, wherever these lie."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.identifiers import IdentifierTemplate
from eoxserver.resources.coverages.registration.registrar import Registrar
from eoxserver.resources.coverages.registration.times import NamePattern
from tests.fileservers import FileServer, Manners, basic
from tests.resources.coverages.metadata.test_eogml import document
from tests.resources.coverages.registration.scenes import (
    container,
    make_registrar,
    raster,
    register,
    tarred,
    told,
    zipped,
)


@pytest.fixture
def registrar(database: Settings, tmp_path: Path) -> Registrar:
    return make_registrar(database, tmp_path / "instance")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    """A scene with a document, archives of several kinds, and things that are none of these."""
    scene = raster(tmp_path)
    large = raster(tmp_path, size=1024, tiled=True, blockxsize=256, blockysize=256)
    inner = zipped({"c.tif": scene})
    files = {
        "eo/a.tif": scene,
        "eo/a.xml": document().encode(),
        "eo/b_201411.tif": large,
        "eo/text.tif": b"no raster",
        "eo/whole.zip": zipped({"x.tif": scene, "sub/y.tif": scene, "sub/y.xml": document().encode(), "z.txt": b"z"}),
        "eo/packed.zip": zipped({"p.tif": scene}, zipfile.ZIP_DEFLATED),
        "eo/nested.tar": tarred({"dir/b.zip": inner, "dir/d.tif": scene}),
        "eo/broken.zip": inner[: len(inner) // 2],
        "eo/many.nc": container(tmp_path / "many.nc"),
    }
    with FileServer(files) as server:
        yield server


def items() -> list[tuple[str, str, str | None, str | None]]:
    """Each data item: its coverage, its location, its storage, its package."""
    return [
        (
            item.dataset.identifier,
            item.location,
            item.storage.name if item.storage else None,
            item.package.location if item.package else None,
        )
        for item in DataItem.objects.order_by("pk").select_related("storage", "package")
    ]


def test_a_url_is_read_in_place(registrar: Registrar, server: FileServer) -> None:
    url = f"{server.url}/eo/b_201411.tif"
    outcomes = register(
        registrar, url, name_pattern=NamePattern(r"_(\d{6})\."), identifier=IdentifierTemplate("{parent}_{stem}")
    )
    assert told(outcomes) == {url: "registered: eo_b_201411"}
    assert items() == [("eo_b_201411", url, None, None)]
    assert server.sent("eo/b_201411.tif") < len(server.held["eo/b_201411.tif"]) / 2
    coverage = models.Coverage.objects.get()
    assert coverage.begin_time is not None and coverage.begin_time.year == 2014
    assert coverage.domain.shape == (512, 1024)
    assert told(register(registrar, url, identifier=IdentifierTemplate("{parent}_{stem}"))) == {
        url: "unchanged: eo_b_201411"
    }


def test_a_document_beside_a_url_is_read(registrar: Registrar, server: FileServer) -> None:
    outcome = register(registrar, f"{server.url}/eo/a.tif", dry_run=True)[0]
    assert outcome.proposal is not None
    facts = {fact.name: (fact.value, fact.why) for fact in outcome.proposal.facts}
    assert facts["time"] == ("2006-08-16T09:09:29Z/2006-08-16T09:12:46Z", "a.xml")
    assert facts["location"] == (f"{server.url}/eo/a.tif", "its URL")
    register(registrar, f"{server.url}/eo/a.tif")
    assert [(item.semantic, item.location) for item in DataItem.objects.all()] == [
        ("bands", f"{server.url}/eo/a.tif"),
        ("metadata", f"{server.url}/eo/a.xml"),
    ]
    server.forget()
    register(registrar, f"{server.url}/eo/b_201411.tif", metadata=False)
    assert {asked.path for asked in server.requests()} == {"eo/b_201411.tif"}


def test_a_storage_of_the_catalogue_takes_the_urls_below_it(registrar: Registrar, server: FileServer) -> None:
    registrar.storages.add("host", server.url)
    registrar.storages.add("eo", f"{server.url}/eo/")
    outcomes = register(registrar, f"{server.url}/eo/a.tif", "storage:host/eo/b_201411.tif", metadata=False)
    assert told(outcomes) == {
        f"{server.url}/eo/a.tif": "registered: a",
        f"{server.url}/eo/b_201411.tif": "registered: b_201411",
    }
    assert items() == [("a", "a.tif", "eo", None), ("b_201411", "eo/b_201411.tif", "host", None)]
    again = register(registrar, "storage:eo/b_201411.tif", "storage:nowhere/a.tif")
    assert [outcome.status for outcome in again] == ["unchanged", "refused"]
    assert again[1].reason == "no storage 'nowhere'; available: eo, host"


def test_folders_and_patterns_where_the_storage_lists(registrar: Registrar, server: FileServer) -> None:
    url = f"{server.url}/eo"
    outcomes = told(register(registrar, f"{url}/", identifier=IdentifierTemplate("n{index}")))
    assert list(outcomes) == [
        f"{url}/a.tif", f"{url}/b_201411.tif", f'NETCDF:"{url}/many.nc":sst', f'NETCDF:"{url}/many.nc":wind',
        f"{url}/text.tif",
    ]  # fmt: skip
    assert [text.partition(":")[0] for text in outcomes.values()] == ["registered"] * 4 + ["refused"]
    assert DataItem.objects.filter(semantic="metadata").get().location == f"{url}/a.xml"
    found = register(registrar, f"{url}/*.none", f"{url}/b*.tif", f"{url}/a.*", dry_run=True)
    assert told(found) == {
        f"{url}/*.none": "refused: no file matches this pattern",
        f"{url}/b_201411.tif": "planned: b_201411",
        f"{url}/a.tif": "planned: a",
        f"{url}/a.xml": "skipped: it accompanies data",
    }


def test_members_of_archives(registrar: Registrar, server: FileServer) -> None:
    url = f"{server.url}/eo"
    outcomes = register(
        registrar, f"{url}/whole.zip//x.tif", f"{url}/packed.zip//p.tif", f"{url}/nested.tar//dir/b.zip//c.tif",
        f"{url}/whole.zip//sub/*.tif",
    )  # fmt: skip
    assert told(outcomes) == {
        f"{url}/whole.zip//x.tif": "registered: x",
        f"{url}/packed.zip//p.tif": "registered: p",
        f"{url}/nested.tar//dir/b.zip//c.tif": "registered: c",
        f"{url}/whole.zip//sub/y.tif": "registered: y",
    }
    assert items() == [
        ("x", "x.tif", None, f"{url}/whole.zip"),
        ("p", "p.tif", None, f"{url}/packed.zip"),
        ("c", "c.tif", None, "dir/b.zip"),
        ("y", "sub/y.tif", None, f"{url}/whole.zip"),
        ("y", "sub/y.xml", None, f"{url}/whole.zip"),
    ]
    assert [(package.location, package.format) for package in Package.objects.order_by("pk")] == [
        (f"{url}/whole.zip", "ZIP"),
        (f"{url}/packed.zip", "ZIP"),
        (f"{url}/nested.tar", "TAR"),
        ("dir/b.zip", "ZIP"),
    ]


def test_an_archive_by_itself_means_the_rasters_in_it(registrar: Registrar, server: FileServer, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("whole.zip", "nested.tar"):
        (own / name).write_bytes(server.held[f"eo/{name}"])
    (own / "disguised.bin").write_bytes(server.held["eo/packed.zip"])
    assert list(told(register(registrar, own))) == [], "archives in folders are not looked into unasked"
    outcomes = register(registrar, own / "whole.zip", own / "nested.tar", own / "disguised.bin", dry_run=True)
    assert told(outcomes) == {
        f"{own}/whole.zip//sub/y.tif": "planned: y",
        f"{own}/whole.zip//x.tif": "planned: x",
        f"{own}/nested.tar//dir/d.tif": "planned: d",
        f"{own}/disguised.bin//p.tif": "planned: p",
    }
    found = register(registrar, f"{own}/*.zip//*.tif", f"{own}/nested.tar//dir/*", dry_run=True)
    assert sorted(told(found)) == [
        f"{own}/nested.tar//dir/b.zip//c.tif",
        f"{own}/nested.tar//dir/d.tif",
        f"{own}/whole.zip//x.tif",
    ]


def test_archives_in_a_storage(registrar: Registrar, server: FileServer) -> None:
    registrar.storages.add("eo", f"{server.url}/eo")
    register(registrar, "storage:eo/nested.tar//dir/b.zip//c.tif", f"{server.url}/eo/nested.tar//dir/d.tif")
    outer = Package.objects.get(location="nested.tar")
    assert outer.storage is not None and outer.storage.name == "eo"
    assert {item.dataset.identifier for item in DataItem.objects.all()} == {"c", "d"}
    assert Package.objects.count() == 2


def test_what_is_bad_is_refused_with_its_reason_and_leaves_nothing(
    registrar: Registrar, server: FileServer, tmp_path: Path
) -> None:
    url = f"{server.url}/eo"
    bad = {
        f"{url}/gone.tif": "404",
        f"{url}/gone.zip//a.tif": "404",
        f"{url}/text.tif": "not recognized",
        f"{url}/broken.zip//c.tif": "broken",
        f"{url}/whole.zip//none.tif": "no member 'none.tif'",
        f"{url}/whole.zip//../x.tif": "'..'",
        f"{url}/a.tif//x.tif": "404",
        f"{url}/whole.zip//x.tif//y.tif": "is no archive",
        "nosuch://host/a.tif": "no storage 'nosuch'",
        "s3://bucket/a.tif": "pip install 'eoxserver[s3]'",
        "http://me:secret@host/a.tif": "--credentials env:VARIABLE",
        f"{tmp_path}/gone.zip//a.tif": "no such file",
        "http://127.0.0.1:1/a.tif": "127.0.0.1:1",
    }
    outcomes = register(registrar, *bad, f"{url}/b_201411.tif")
    assert [str(outcome.status) for outcome in outcomes] == ["refused"] * len(bad) + ["registered"]
    for outcome, reason in zip(outcomes, bad.values(), strict=False):
        assert reason.lower() in outcome.reason.lower(), f"{outcome.place}: {outcome.reason}"
        assert "secret" not in f"{outcome.place} {outcome.reason} {outcome.as_json()}"
    assert Package.objects.count() == 0


def test_a_member_that_is_refused_leaves_no_package(registrar: Registrar, server: FileServer) -> None:
    url = f"{server.url}/eo"
    register(registrar, f"{url}/a.tif", metadata=False)
    outcome = register(registrar, f"{url}/whole.zip//x.tif", identifier=IdentifierTemplate("a"))[0]
    assert outcome.status == "refused" and f"taken by {url}/a.tif" in outcome.reason
    assert Package.objects.count() == 0


def test_credentials_that_are_refused(
    registrar: Registrar, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.manners.authorization = basic("me", "secret")
    url = f"{server.url}/eo/b_201411.tif"
    refused = register(registrar, url)[0]
    assert refused.status == "refused" and "401" in refused.reason
    monkeypatch.setenv("EO", "me:secret")
    registrar.storages.add("eo", server.url, credentials="env:EO")
    assert told(register(registrar, url, metadata=False)) == {url: "registered: b_201411"}
    assert "secret" not in repr(list(Storage.objects.values())) + repr(registrar.describe("b_201411"))


def test_a_server_that_cannot_be_reached_is_no_missing_document(registrar: Registrar, server: FileServer) -> None:
    server.manners = Manners(fail=10_000, fail_status=500)
    outcome = register(registrar, f"{server.url}/eo/a.tif")[0]
    assert outcome.status == "refused" and "500" in outcome.reason


def test_data_sets_in_a_file(registrar: Registrar, tmp_path: Path) -> None:
    path = tmp_path / "many.nc"
    container(path)
    assert told(register(registrar, tmp_path, dry_run=True)) == {
        f'NETCDF:"{path}":sst': "planned: many_sst",
        f'NETCDF:"{path}":wind': "planned: many_wind",
        f'NETCDF:"{path}":lat_bnds': "skipped: it has no place on the Earth",
    }
    assert told(register(registrar, path)) == {
        f'NETCDF:"{path}":sst': "registered: many_sst",
        f'NETCDF:"{path}":wind': "registered: many_wind",
    }
    assert told(register(registrar, f"netcdf:{path}:sst")) == {f'NETCDF:"{path}":sst': "unchanged: many_sst"}
    one = register(registrar, f'NETCDF:"{path}":sst', identifier=IdentifierTemplate("mine"))
    assert told(one) == {f'NETCDF:"{path}":sst': "registered: mine"}
    assert told(register(registrar, f'NETCDF:"{path}":none'))[f'NETCDF:"{path}":none'].startswith("refused: ")
    names = register(registrar, path, identifier=IdentifierTemplate("{subdataset}_of_{stem}"))
    assert [outcome.identifier for outcome in names] == ["sst_of_many", "wind_of_many"]


def test_data_sets_in_files_elsewhere(registrar: Registrar, server: FileServer, tmp_path: Path) -> None:
    archive = tmp_path / "own.zip"
    archive.write_bytes(zipped({"in/many.nc": server.held["eo/many.nc"]}, zipfile.ZIP_DEFLATED))
    url = f"{server.url}/eo/many.nc"
    registrar.storages.add("eo", f"{server.url}/eo")
    outcomes = register(
        registrar, archive, f'NETCDF:"{url}":sst', f'NETCDF:"{archive}//in/many.nc":wind',
        identifier=IdentifierTemplate("{parent}_{stem}_{subdataset}_{index}"),
    )  # fmt: skip
    assert [(str(outcome.place), outcome.identifier) for outcome in outcomes] == [
        (f'NETCDF:"{archive}//in/many.nc":sst', "in_many_sst_1"),
        (f'NETCDF:"{archive}//in/many.nc":wind', "in_many_wind_2"),
        (f'NETCDF:"{url}":sst', "eo_many_sst_3"),
        (f'NETCDF:"{archive}//in/many.nc":wind', "in_many_wind_4"),
    ]
    assert not any(outcome.failed for outcome in outcomes)
    assert items()[2] == ("eo_many_sst_3", 'NETCDF:"many.nc":sst', "eo", None)
    assert items()[1] == ("in_many_wind_2", 'NETCDF:"in/many.nc":wind', None, str(archive))


def test_bands_from_several_places(registrar: Registrar, server: FileServer) -> None:
    url = f"{server.url}/eo"
    outcomes = register(
        registrar, f"{url}/a.tif", f"{url}/whole.zip//x.tif", together=True, identifier=IdentifierTemplate("ax")
    )
    assert [str(outcome.status) for outcome in outcomes] == ["registered"]
    assert models.Coverage.objects.get().range_type.names == ("a", "x")


def test_replacing_moves_to_another_place(registrar: Registrar, server: FileServer) -> None:
    url = f"{server.url}/eo"
    register(registrar, f"{url}/whole.zip//x.tif")
    outcome = register(registrar, f"{url}/a.tif", identifier=IdentifierTemplate("x"), replace=True)[0]
    assert outcome.status == "replaced"
    assert [location for _, location, _, _ in items()] == [f"{url}/a.tif", f"{url}/a.xml"]
