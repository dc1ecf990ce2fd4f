# SPDX-License-Identifier: MIT
"""Maps and coverages of data that lies elsewhere: the same as of local files, from a small part of the bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import from_bounds
from werkzeug.test import TestResponse

from eoxserver.backends.locations import location_of
from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.core.coverage import CellBox
from eoxserver.resources.coverages.registration.proposals import Options
from tests.applications import Application, application, instance_template, raster_cells
from tests.archives import compressed, tar_bytes, zip_bytes
from tests.fileservers import FileServer, Manners, basic
from tests.ftpservers import FtpServer
from tests.s3servers import S3Server
from tests.xmlschemas import ValidateXml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

SIZE = 2048
BOX = (10.0, 40.0, 20.24, 50.24)
"""West, south, east, north."""
TILE = "43.0,13.0,44.28,14.28"
"""Of 256 x 256 cells of the full resolution, within one block of the file."""


def cog(seed: int) -> bytes:
    """A cloud-optimized GeoTIFF that does not pack well."""
    cells = np.random.default_rng(seed).integers(0, 255, (3, SIZE, SIZE), dtype=np.uint8)
    profile = {"count": 3, "width": SIZE, "height": SIZE, "dtype": "uint8", "crs": "EPSG:4326", "compress": "DEFLATE"}
    with rasterio.MemoryFile() as memory:
        with memory.open(driver="COG", transform=from_bounds(*BOX, SIZE, SIZE), **profile) as dataset:
            dataset.write(cells)
        content: bytes = memory.read()
    return content


@pytest.fixture(scope="module")
def scenes() -> tuple[bytes, bytes]:
    """Two rasters of one grid."""
    return cog(1), cog(2)


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    """An application that trusts what storages say for a long time, and keeps no maps."""
    environ = {"EOXS_BACKENDS_CACHE__REVALIDATE": "1h", "EOXS_SERVICES_EVALUATION__MAP_CACHE_BYTES": "0"}
    with application(tmp_path, instance_template, environ) as made:
        yield made


@dataclass
class Elsewhere:
    """A coverage whose data is moved elsewhere after it was registered."""

    app: Application
    local: Path

    def register(self, content: bytes) -> None:
        """Register it as a local file."""
        self.local.write_bytes(content)
        self.app.register(self.local)

    def move(self, storage: Storage | None, location: str, *packages: tuple[str, str]) -> None:
        """Say that it lies in packages (format, location) from the outermost in."""
        package: Package | None = None
        for form, place in packages:
            package = Package.objects.create(
                format=form, location=place, storage=storage if package is None else None, package=package
            )
        item = DataItem.objects.get(dataset__identifier="scene")
        item.storage, item.package, item.location = None if package else storage, package, location
        item.full_clean()
        item.save()


@pytest.fixture
def scene(app: Application, tmp_path: Path, scenes: tuple[bytes, bytes]) -> Elsewhere:
    made = Elsewhere(app, tmp_path / "scene.tif")
    made.register(scenes[0])
    return made


def get_map(app: Application, bbox: str = TILE) -> TestResponse:
    return app.wms(
        "GetMap", layers="scene", styles="", crs="EPSG:4326", bbox=bbox, width="256", height="256", format="image/png"
    )


def tile(app: Application, bbox: str = TILE) -> npt.NDArray[Any]:
    answer = get_map(app, bbox)
    assert answer.status_code == 200, answer.text
    return raster_cells(answer.data)[:3]


def expected(content: bytes, bbox: str = TILE) -> npt.NDArray[Any]:
    """The cells of a box of the full resolution."""
    south, west, north, east = (float(number) for number in bbox.split(","))
    with rasterio.MemoryFile(content) as memory, memory.open() as dataset:
        window = dataset.window(west, south, east, north).round_offsets().round_lengths()
        cells: npt.NDArray[Any] = dataset.read(window=window)
    return cells


def web(server: FileServer, credentials: str = "") -> Storage:
    return Storage.objects.create(url=server.url, storage_type="http", credentials=credentials)


FORMS: dict[str, Callable[[bytes], tuple[bytes, tuple[tuple[str, str], ...]]]] = {
    "plain": lambda content: (content, ()),
    "stored in ZIP": lambda content: (
        zip_bytes({"x": b"1", "d/a.tif": content}, zipfile.ZIP_STORED),
        (("ZIP", "at/file"),),
    ),
    "packed in ZIP": lambda content: (zip_bytes({"x": b"1", "d/a.tif": content}), (("ZIP", "at/file"),)),
    "tar": lambda content: (tar_bytes({"x": b"1", "d/a.tif": content}), (("TAR", "at/file"),)),
    "tar.gz": lambda content: (compressed(tar_bytes({"d/a.tif": content}), "gzip"), (("TAR", "at/file"),)),
    "ZIP in tar": lambda content: (
        tar_bytes({"in.zip": zip_bytes({"d/a.tif": content}, zipfile.ZIP_STORED)}),
        (("TAR", "at/file"), ("ZIP", "in.zip")),
    ),
    "tar.zst in ZIP": lambda content: (
        zip_bytes({"in.tar.zst": compressed(tar_bytes({"d/a.tif": content}), "zstd")}),
        (("ZIP", "at/file"), ("TAR", "in.tar.zst")),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("protocol", ["http", "ftp", "s3"])
def test_the_same_cells_from_anywhere(
    protocol: str,
    form: str,
    scene: Elsewhere,
    scenes: tuple[bytes, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content, packages = FORMS[form](scenes[0])
    name = "d/a.tif" if packages else "at/file.tif"
    held = "at/file" if packages else name
    scene.local.unlink()
    if protocol == "http":
        with FileServer({held: content}) as server:
            scene.move(web(server), name, *packages)
            np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))
    elif protocol == "ftp":
        (tmp_path / "ftp" / "at").mkdir(parents=True)
        (tmp_path / "ftp" / held).write_bytes(content)
        with FtpServer(tmp_path / "ftp") as server:
            scene.move(Storage.objects.create(url=server.url, storage_type="ftp"), name, *packages)
            np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))
    else:
        with S3Server({held: content}) as server:
            monkeypatch.setenv("EO_ARCHIVE", server.credentials)
            storage = Storage.objects.create(
                url=f"s3://{server.bucket}", storage_type="s3", credentials="env:EO_ARCHIVE"
            )
            scene.move(storage, name, *packages)
            np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))


def test_a_map_tile_of_a_remote_file_takes_few_requests_and_bytes(
    scene: Elsewhere, scenes: tuple[bytes, bytes]
) -> None:
    with FileServer({"a.tif": scenes[0]}) as server:
        scene.move(web(server), "a.tif")
        np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))
        cold, size = server.count(), server.sent()
        assert cold <= 4, [(asked.method, asked.range) for asked in server.asked]
        assert size < len(scenes[0]) // 15
        server.forget()
        tile(scene.app)
        assert server.count() == 0
        np.testing.assert_array_equal(
            tile(scene.app, "48.0,13.0,49.28,14.28"), expected(scenes[0], "48.0,13.0,49.28,14.28")
        )
        assert server.count() <= 2


def test_a_map_tile_of_a_file_in_an_archive_takes_few_bytes(scene: Elsewhere, scenes: tuple[bytes, bytes]) -> None:
    with FileServer({"a.zip": zip_bytes({"d/a.tif": scenes[0]}, zipfile.ZIP_STORED)}) as server:
        scene.move(web(server), "d/a.tif", ("ZIP", "a.zip"))
        np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))
        assert server.count() <= 9, [(asked.method, asked.range) for asked in server.asked]
        assert server.sent() < len(scenes[0]) // 8
        server.forget()
        tile(scene.app)
        assert server.count() == 0


@pytest.mark.parametrize("pack", ["zip", "tar"])
def test_an_archive_on_a_server_of_whole_files_is_fetched_whole(
    app: Application, scenes: tuple[bytes, bytes], pack: str
) -> None:
    content = zip_bytes({"a.tif": scenes[0]}) if pack == "zip" else tar_bytes({"a.tif": scenes[0]})
    with FileServer({f"all.{pack}": content}, Manners(ranges=False)) as server:
        outcomes = list(app.instance.registrar().register([f"{server.url}/all.{pack}//a.tif"], Options()))
        assert [outcome.reason for outcome in outcomes] == [""]
        np.testing.assert_array_equal(
            raster_cells(app.wcs("GetCoverage", coverageId="a").data), raster_cells(scenes[0])
        )


def test_a_url_is_registered_and_served(app: Application, scenes: tuple[bytes, bytes]) -> None:
    with FileServer({"at/scene.tif": scenes[0]}) as server:
        outcomes = list(app.instance.registrar().register([f"{server.url}/at/scene.tif"], Options()))
        assert [(outcome.identifier, outcome.failed) for outcome in outcomes] == [("scene", False)]
        np.testing.assert_array_equal(tile(app), expected(scenes[0]))
        assert server.sent() < len(scenes[0]) // 8


@pytest.mark.parametrize("etags", ["strong", "weak", "none"])
@pytest.mark.parametrize("form", ["plain", "stored in ZIP", "packed in ZIP", "tar.gz"])
def test_a_remote_file_that_changes_never_gives_mixed_cells(
    form: str, etags: Any, scene: Elsewhere, scenes: tuple[bytes, bytes]
) -> None:
    """Header, index and some blocks of the old one are known, nobody asked since, and other blocks are wanted."""
    (old, packages), (new, _) = FORMS[form](scenes[0]), FORMS[form](scenes[1])
    name, held = ("d/a.tif", "at/file") if packages else ("a.tif", "a.tif")
    elsewhere = "48.0,13.0,49.28,14.28"
    with FileServer({held: old}) as server:
        server.manners.etags = etags
        scene.move(web(server), name, *packages)
        np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))
        server.put(held, new)
        found = tile(scene.app, elsewhere)
        in_place = form in ("plain", "stored in ZIP")
        # A copy is of one state, and trusted for the time that the settings say.
        np.testing.assert_array_equal(found, expected(scenes[1 if in_place else 0], elsewhere))
        if in_place:
            np.testing.assert_array_equal(tile(scene.app), expected(scenes[1]))


def test_many_at_once_see_one_state_each(scene: Elsewhere, scenes: tuple[bytes, bytes]) -> None:
    """Threads read many places while the file is replaced: each gets cells of the old or of the new one."""

    def wanted(number: int) -> tuple[CellBox, list[bytes]]:
        row, column = divmod(number % 16, 4)
        top, left = 100 + 450 * row, 200 + 450 * column
        box = CellBox((top, left), (top + 256, left + 256))
        return box, [cells[:, top : top + 256, left : left + 256].tobytes() for cells in whole]

    whole = [raster_cells(content) for content in scenes]
    with FileServer({"a.tif": scenes[0]}) as server:
        scene.move(web(server), "a.tif")
        source = scene.app.instance.catalogue.coverage("scene").source

        def read(number: int) -> int:
            """Which of the two it is of."""
            if number == 20:
                server.put("a.tif", scenes[1])
            box, candidates = wanted(number)
            return candidates.index(np.ascontiguousarray(source.read(box, [0, 1, 2]).values).tobytes())

        with ThreadPoolExecutor(6) as pool:
            first, *_ = pool.map(read, range(60))
        assert first == 0
        # Blocks in memory are trusted until the storage is asked again.
        scene.app.instance.access.doubt(location_of(DataItem.objects.get(dataset__identifier="scene")))
        assert read(0) == 1


@pytest.mark.parametrize("form", FORMS)
def test_data_that_was_removed_is_reported_without_where_it_was(
    form: str,
    scene: Elsewhere,
    scenes: tuple[bytes, bytes],
    validate_xml: ValidateXml,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content, packages = FORMS[form](scenes[0])
    name, held = ("d/a.tif", "at/file") if packages else ("a.tif", "a.tif")
    monkeypatch.setenv("EO_ARCHIVE", "reader:geheim")
    with FileServer({held: content}) as server:
        server.manners.authorization = basic("reader", "geheim")
        scene.move(web(server, "env:EO_ARCHIVE"), name, *packages)
        server.remove(held)
        check_report(get_map(scene.app), server, tmp_path, validate_xml)
        server.put(held, content[: len(content) // 3])
        check_report(get_map(scene.app), server, tmp_path, validate_xml)
        server.manners.authorization = basic("reader", "other")
        check_report(get_map(scene.app), server, tmp_path, validate_xml)
        monkeypatch.delenv("EO_ARCHIVE")
        check_report(get_map(scene.app), server, tmp_path, validate_xml)
        monkeypatch.setenv("EO_ARCHIVE", "reader:geheim")
        server.manners.authorization = basic("reader", "geheim")
        server.put(held, content)
        np.testing.assert_array_equal(tile(scene.app), expected(scenes[0]))


def check_report(answer: TestResponse, server: FileServer, folder: Path, validate_xml: ValidateXml) -> None:
    """The standard's report, that names the coverage and nothing of the server."""
    assert answer.status_code == 503, answer.text
    root = validate_xml(answer.data)
    assert texts(root, "//@code") == ["NoApplicableCode"]
    assert texts(root, "//@locator") == ["scene"]
    for hidden in ("geheim", "EO_ARCHIVE", str(server.port), str(folder), "Traceback"):
        assert hidden not in answer.text
