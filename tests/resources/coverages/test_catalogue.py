# SPDX-License-Identifier: MIT
"""The catalogue gives services what they need as values, in few queries, from any thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eoxserver.app.django_setup import close_connections, reconfigure
from eoxserver.backends.models import Package, Storage
from eoxserver.conf.values import DatabaseUrl
from eoxserver.core.axes import IrregularAxis, Role
from eoxserver.core.coverage import CellBox, TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CatalogueUnavailable, DataUnavailable, NoSuchCoverage
from eoxserver.core.rasters import index_domain, raster_domain
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.catalogue import KEPT_COVERAGES, Catalogue
from tests.databases import catalogue_settings
from tests.resources.coverages.arrays import ArrayReader, open_catalogue, write
from tests.resources.coverages.samples import GREY, GREY_JSON, RGB, item, rectified, series, small

START = datetime(2014, 5, 10, tzinfo=UTC)
WGS84 = parse_crs("EPSG:4326")
ANSI = parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")


def reader(catalogue: Catalogue) -> ArrayReader:
    found = catalogue._loader._opener._readers["npy"]
    assert isinstance(found, ArrayReader)
    return found


# -- coverages --------------------------------------------------------------------------------


def test_a_coverage_as_the_program_knows_it(catalogue: Catalogue, tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.uint16).reshape(1, 3, 4)
    dataset = small("a", title="Title", abstract="Abstract", begin_time=START, end_time=START, metadata={"n": 1})
    item(dataset, "/a.xml", "metadata")
    item(dataset, write(tmp_path / "a.npy", values), gdal_driver_name="GTiff")
    found = catalogue.coverage("a")
    assert (found.identifier, found.title, found.abstract) == ("a", "Title", "Abstract")
    assert found.domain == raster_domain(WGS84, (0, 0, 4, 3), 4, 3)
    assert (found.range_type, found.native_format, found.metadata) == (GREY, "image/tiff", {"n": "1"})
    assert (found.begin_time, found.end_time, found.footprint) == (START, START, dataset.footprint)
    cells = found.source.read(CellBox((1, 1), (3, 3)), [0])
    assert cells.values.tolist() == values[:, 1:3, 1:3].tolist()
    assert found.source.chunks == (3, 4) and len(found.source.levels) == 1
    assert found.tie_points is None


def test_pages_of_coverages_with_a_text(catalogue: Catalogue) -> None:
    for number in range(5):
        small(f"scene_{number}", title="Alps" if number % 2 else "Andes 100% %_")
    small("hidden", visible=False)
    count, found = catalogue.page()
    assert (count, [one.identifier for one in found]) == (5, [f"scene_{number}" for number in range(5)])
    count, found = catalogue.page(offset=3, limit=1)
    assert (count, [one.identifier for one in found]) == (5, ["scene_3"])
    assert found[0].domain == raster_domain(WGS84, (0, 0, 4, 3), 4, 3)
    assert [one.identifier for one in catalogue.page("aLPs")[1]] == ["scene_1", "scene_3"]
    assert [one.identifier for one in catalogue.page("SCENE_4")[1]] == ["scene_4"]
    assert catalogue.page("0% %")[0] == 3, "signs of patterns mean themselves"
    assert catalogue.page("hidden") == (0, ())


def test_times_of_a_collection(catalogue: Catalogue) -> None:
    days = [START + timedelta(days=day) for day in (3, 1, 2, 1)]
    scenes = [small(f"s{number}", begin_time=day, end_time=day) for number, day in enumerate(days)]
    inner, outer = series("inner"), series("outer")
    inner.insert(*scenes[:2], small("timeless"))
    outer.insert(inner, *scenes[2:])
    assert catalogue.collection_times("inner", 10) == (days[1], days[0])
    assert catalogue.collection_times("outer", 10) == (days[1], days[2], days[0])
    assert catalogue.collection_times("outer", 2) == (days[1], days[2])
    with pytest.raises(NoSuchCoverage, match="no collection 's1'"):
        catalogue.collection_times("s1", 1)


def test_files_of_bands_become_one_source(catalogue: Catalogue, tmp_path: Path) -> None:
    values = np.arange(36, dtype=np.uint8).reshape(3, 3, 4)
    dataset = small("a", range_type=RGB)
    item(dataset, write(tmp_path / "gb.npy", values[1:]), "bands[1:3]")
    item(dataset, write(tmp_path / "r.npy", values[:1]), "bands[0]")
    source = catalogue.coverage("a").source
    assert source.read(CellBox.whole((3, 4)), [2, 0]).values.tolist() == values[[2, 0]].tolist()


def test_data_is_opened_when_it_is_read_once_and_without_the_database(catalogue: Catalogue, tmp_path: Path) -> None:
    inner = Storage.objects.create(name="data", url=str(tmp_path), storage_type="local")
    write(tmp_path / "a.npy", np.zeros((1, 3, 4), np.uint16))
    item(small("a"), "a.npy", storage=inner)
    source = catalogue.coverage("a").source
    assert source.shape == (3, 4)
    assert not reader(catalogue).opened
    failures: list[BaseException] = []

    def read(_: int) -> None:
        with CaptureQueriesContext(connection) as queries:
            source.read(CellBox.whole((3, 4)), [0])
        if len(queries):
            failures.append(AssertionError(queries.captured_queries))
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(20)))
    assert failures == [] and reader(catalogue).opened == {"a.npy": 1}


def test_packages_are_fetched_with_the_coverage(catalogue: Catalogue) -> None:
    storage = Storage.objects.create(url="/data", storage_type="local")
    package = None
    for depth in range(5):
        outer = {"storage": storage} if package is None else {"package": package}
        package = Package.objects.create(location=f"{depth}.zip", format="ZIP", **outer)
    item(small("a"), "a.npy", package=package)
    source = catalogue.coverage("a").source
    with CaptureQueriesContext(connection) as queries, pytest.raises(DataUnavailable, match=r"0\.zip: no such file"):
        source.read(CellBox.whole((3, 4)), [0])
    assert len(queries) == 0


def test_broken_data_is_told_each_time_and_mended_data_is_read(catalogue: Catalogue, tmp_path: Path) -> None:
    dataset = small("a")
    item(dataset, str(tmp_path / "a.npy"))
    found = catalogue.coverage("a")
    for _ in range(2):
        with pytest.raises(DataUnavailable, match="no such file"):
            found.source.read(CellBox.whole((3, 4)), [0])
    write(tmp_path / "a.npy", np.zeros((1, 5, 4), np.uint16))
    with pytest.raises(DataUnavailable, match="'a' has 5 x 4 cells now, registered were 3 x 4"):
        _ = found.source.levels
    write(tmp_path / "a.npy", np.ones((1, 3, 4), np.uint16))
    assert found.source.read(CellBox.whole((3, 4)), [0]).values.sum() == 12


def test_coverages_without_data_and_without_reader(catalogue: Catalogue, tmp_path: Path) -> None:
    small("empty")
    (tmp_path / "a.bin").write_bytes(b"x")
    item(small("odd"), str(tmp_path / "a.bin"))
    with pytest.raises(DataUnavailable, match="'empty' has no data item of bands"):
        _ = catalogue.coverage("empty").source.chunks
    with pytest.raises(DataUnavailable, match=r"no reader opens .*a\.bin; asked: npy"):
        _ = catalogue.coverage("odd").source.chunks


def test_coverages_of_every_type(catalogue: Catalogue, tmp_path: Path) -> None:
    times = IrregularAxis("ansi", np.array([148654.5, 148660.0]), ANSI, "d", Role.T)
    raster = raster_domain(WGS84, (0, 0, 4, 3), 4, 3)
    cube = models.Coverage.objects.create(identifier="cube", range_type=GREY)
    cube.set_domain(Domain((times, *raster.axes), ("ansi", *raster.crs_labels)))
    item(cube, write(tmp_path / "cube.npy", np.arange(24, dtype=np.uint16).reshape(1, 2, 3, 4)))
    points = TiePoints(WGS84, np.zeros(2), np.ones(2), np.ones(2), np.ones(2))
    models.ReferenceableDataset.objects.create(
        identifier="swath", size_x=5, size_y=2, range_type=GREY, srid=4326, tie_points=points
    )
    small("raster").set_domain(Domain((times, *raster.axes), ("ansi", *raster.crs_labels)))
    found = catalogue.coverages(["swath", "cube", "raster"])
    assert [one.identifier for one in found] == ["swath", "cube", "raster"]
    assert found[0].domain == index_domain(5, 2) and found[0].tie_points is not None
    assert found[1].domain == found[2].domain == Domain((times, *raster.axes), ("ansi", *raster.crs_labels))
    assert found[1].source.read(CellBox((1, 0, 0), (2, 1, 2)), [0]).values.tolist() == [[[[12, 13]]]]


def test_a_mosaic_is_read_as_one_coverage(catalogue: Catalogue, tmp_path: Path) -> None:
    mosaic = models.RectifiedStitchedMosaic.objects.create(
        identifier="m", size_x=6, size_y=4, min_x=0, min_y=0, max_x=6, max_y=4, srid=4326, range_type=GREY
    )
    for number, (west, south) in enumerate([(0, 0), (3, 1), (-2, 2)], 1):
        tile = rectified(f"t{number}", (west, south, west + 4, south + 3), size_x=4, size_y=3)
        item(tile, write(tmp_path / f"{number}.npy", np.full((1, 3, 4), number, np.uint16)))
        mosaic.insert(tile)
    found = catalogue.coverage("m")
    cells = found.source.read(CellBox.whole((4, 6)), [0])
    assert cells.valid is not None
    assert np.where(cells.valid, cells.values, 0)[0].tolist() == [
        [3, 3, 0, 2, 2, 2],
        [3, 3, 1, 2, 2, 2],
        [1, 1, 1, 2, 2, 2],
        [1, 1, 1, 1, 0, 0],
    ]
    part = found.source.read(CellBox((1, 2), (3, 5)), [0])
    assert part.values.tolist() == cells.values[:, 1:3, 2:5].tolist()
    assert found.source.levels[0].shape == found.source.shape == (4, 6)


def test_unknown_coverages_are_told_with_similar_ones(catalogue: Catalogue) -> None:
    with pytest.raises(NoSuchCoverage, match="no coverage 'a'; none is available"):
        catalogue.coverage("a")
    small("MERIS_1")
    series("s")
    with pytest.raises(NoSuchCoverage, match="did you mean 'MERIS_1'") as told:
        catalogue.coverage("MERIS_2")
    assert told.value.locator == "MERIS_2"
    with pytest.raises(NoSuchCoverage, match="no coverage 's'"):
        catalogue.coverage("s")
    with pytest.raises(NoSuchCoverage, match="no coverage 'x'"):
        catalogue.coverages(["MERIS_1", "x"])


def test_no_text_is_too_odd_to_be_looked_for(catalogue: Catalogue) -> None:
    series("s", small("a"))
    for odd in ("a\0", "\0", "'; DROP TABLE x; --", "%", "_", "\\", "𝄞" * 500, "a" * 5000):
        with pytest.raises(NoSuchCoverage):
            catalogue.coverage(odd)
        with pytest.raises(NoSuchCoverage):
            catalogue.collection_members(odd)
        assert not catalogue.exists(odd) and not catalogue.visible(odd)
        assert catalogue.collection(odd) is None
        assert catalogue.page(odd) == (0, ())
    assert catalogue.page("A")[0] == 1


def test_suggestions_may_be_chosen(catalogue: Catalogue) -> None:
    for name in ("a1", "a2", "b1"):
        small(name)
    assert catalogue.suggestions("a3", lambda one: one.identifier != "a2") == "available: a1, b1"
    assert catalogue.suggestions("a3", lambda one: one.domain.horizontal is None) == "none is available"


def test_suggestions_look_at_few_identifiers_of_many(catalogue: Catalogue) -> None:
    models.EOObject.objects.bulk_create(
        [models.EOObject(identifier=f"scene_{n:05}", real_type="coverages.coverage") for n in range(500)]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO coverages_coverage (eoobject_ptr_id, range_type, projection, native_format)"
            " SELECT id, %s, '', '' FROM coverages_eoobject", [GREY_JSON],
        )  # fmt: skip
    with CaptureQueriesContext(connection) as queries, pytest.raises(NoSuchCoverage) as told:
        catalogue.coverage("Scene_00250")
    assert len(queries) < 12
    assert "did you mean 'scene_00" in told.value.message and told.value.message.endswith(" looked at)")
    assert len(told.value.message) < 400


# -- keeping ----------------------------------------------------------------------------------


def test_coverages_are_kept_until_the_next_write(catalogue: Catalogue) -> None:
    small("a")
    small("b")
    first = catalogue.coverage("a")
    with CaptureQueriesContext(connection) as queries:
        assert catalogue.coverage("a") is first
    assert len(queries) == 1
    models.EOObject.objects.filter(identifier="b").update(title="Title")
    second = catalogue.coverage("a")
    assert second is not first and second.domain == first.domain
    models.Coverage.objects.get(identifier="a").delete()
    with pytest.raises(NoSuchCoverage):
        catalogue.coverage("a")


def test_a_batch_needs_few_queries_whatever_its_size(catalogue: Catalogue) -> None:
    for number in range(30):
        item(small(f"c{number:02}"), "/a.npy")
    names = [f"c{number:02}" for number in range(30)]
    with CaptureQueriesContext(connection) as few:
        catalogue.coverages(names[:3])
    catalogue._kept = type(catalogue._kept)(KEPT_COVERAGES)
    with CaptureQueriesContext(connection) as many:
        found = catalogue.coverages([*reversed(names), "c00"])
    assert [one.identifier for one in found] == [*reversed(names), "c00"]
    assert len(few) == len(many) <= 7


def test_memory_for_coverages_is_bounded(catalogue: Catalogue) -> None:
    catalogue._kept = type(catalogue._kept)(3)
    for number in range(5):
        small(f"c{number}")
    kept = [catalogue.coverage(f"c{number}") for number in range(5)]
    assert len(catalogue._kept._coverages) == 3
    assert catalogue.coverage("c4") is kept[4]
    assert catalogue.coverage("c0") is not kept[0]


def test_threads_share_the_catalogue(catalogue: Catalogue) -> None:
    for number in range(8):
        small(f"c{number}")

    def look(turn: int) -> str:
        try:
            if turn == 40:
                models.EOObject.objects.filter(identifier="c0").update(title="Title")
            return catalogue.coverage(f"c{turn % 8}").identifier
        finally:
            catalogue.release()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, range(80))) == [f"c{turn % 8}" for turn in range(80)]
    assert catalogue.coverage("c0").title == "Title"


# -- trouble ----------------------------------------------------------------------------------


def test_a_database_without_catalogue_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = catalogue_settings(DatabaseUrl("sqlite", str(tmp_path / "empty.sqlite3")))
    reconfigure(settings)
    found = open_catalogue(settings)
    with pytest.raises(CatalogueUnavailable, match="cannot be read: it lacks tables .* manage migrate"):
        found.version()
    for call in (lambda: found.coverage("a"), lambda: list(found.summaries()), lambda: found.exists("a")):
        with pytest.raises(CatalogueUnavailable):
            call()
    assert "no such table" in caplog.text
    close_connections()


def test_a_connection_that_was_cut_is_made_again(catalogue: Catalogue) -> None:
    small("a")
    assert catalogue.exists("a")
    if connection.vendor == "postgresql":
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        other.close()
    else:
        connection.connection.close()
    assert catalogue.version() > 0
    assert catalogue.coverage("a").identifier == "a"


def test_release_closes_the_connection_of_the_thread_only(catalogue: Catalogue) -> None:
    catalogue.version()
    mine = connection.connection

    def work() -> None:
        catalogue.version()
        catalogue.release()
        assert connection.connection is None

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert connection.connection is mine
    catalogue.release()
    assert connection.connection is None
    assert catalogue.version() > 0
