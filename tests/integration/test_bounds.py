# SPDX-License-Identifier: MIT
"""What a request may use: memory that does not grow with the data, and nothing once its client has gone."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import from_bounds

from tests.applications import Application, application, instance_template
from tests.backends.rasters import pattern, write
from tests.servers import eoxserver, serving

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

SIDE = 20_000
"""Rows and columns of a raster without overviews, with two bytes each."""
GROWTH = 400 << 20
"""Bytes by which requests may make a process grow; the raster has twice as many."""

MEASURED = """
import resource, sys
from pathlib import Path
from tests.applications import application

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

folder = Path(sys.argv[1])
with application(folder, None, {"EOXS_SERVICES_EVALUATION__TILE_CACHE_BYTES": "32MiB"}) as app:
    app.register(folder / "huge.tif")
    world = {"layers": "huge", "styles": "", "crs": "CRS:84", "width": "200", "height": "200", "format": "image/png"}
    assert app.wms("GetMap", bbox="0,0,0.1,0.1", **world).status_code == 200
    before = peak()
    for answer in (
        app.wcs("GetCoverage", coverageId="huge", scaleFactor="0.01"),
        app.wms("GetMap", bbox="0,0,20,20", **world),
        app.wms("GetMap", bbox="0,0,20,20", interpolation="average", **world),
        app.wcs("GetCoverage", coverageId="huge", **{"geotiff:compression": "Deflate"}),
    ):
        assert answer.status_code == 200, answer.text
        assert len(answer.data) < 20 << 20
    print("grown by", peak() - before)
"""


def test_memory_does_not_grow_with_the_raster(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "huge.tif", "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="uint16", crs="EPSG:4326",
        transform=from_bounds(0, 0, 20, 20, SIDE, SIDE), tiled=True, blockxsize=512, blockysize=512, sparse_ok=True,
    ):  # fmt: skip
        pass
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split("grown by")[1]) < GROWTH


# -- clients that go ------------------------------------------------------------------------------

LARGE = (3, 2000, 2000)
"""Fields, rows and columns of a coverage that no buffer between server and client holds."""
FORMATS = (
    "image/tiff", "image/tiff; application=geotiff; profile=cloud-optimized", "application/netcdf", "image/png",
    "image/jpeg", "application/gml+xml",
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    """Answer an application that serves ``large``, and keeps little of an answer in memory."""
    folder = tmp_path_factory.mktemp("bounds")
    with application(folder, instance_template, {"EOXS_SERVICES_LIMITS__MEMORY_BYTES": "64KiB"}) as made:
        made.register(Path(write(folder / "large.tif", noise(), tiled=True, blockxsize=256, blockysize=256)))
        yield made


def noise() -> npt.NDArray[np.uint8]:
    """Cells that cannot be compressed."""
    return np.random.default_rng(1).integers(0, 256, LARGE, dtype=np.uint8)


def files(folder: Path) -> set[Path]:
    """All files below a folder, but those of the catalogue and the logs."""
    return {path for path in folder.rglob("*") if "catalogue" not in path.name and path.suffix != ".log"}


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_client_that_goes_leaves_nothing(app: Application, media_type: str) -> None:
    root = app.instance.paths.root

    def ask() -> None:
        answer = app.client.get(
            "/ows",
            query_string={
                "service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "large",
                "format": media_type,
            },
            buffered=False,
        )  # fmt: skip
        assert answer.status_code == 200
        assert next(iter(answer.response))
        answer.close()

    ask()  # folders that stay, and threads of the engine, are made once
    kept, threads = files(root), threading.active_count()
    for _ in range(3):
        ask()
    assert files(root) == kept
    assert threading.active_count() <= threads


def test_a_server_survives_clients_that_hang_up(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    eoxserver("create_instance", "tests", instance)
    eoxserver("register", "--instance", instance, write(tmp_path / "large.tif", noise(), tiled=True))
    eoxserver("register", "--instance", instance, write(tmp_path / "small.tif", pattern((1, 8, 8))))
    with serving(instance) as url:
        for media_type in ("image/tiff", "application/netcdf"):
            for _ in range(12):  # more than the server has threads
                answer, connection = ask(url, f"large&format={media_type}")
                assert answer.status == 200 and answer.read(1000)
                connection.close()
            answer, connection = ask(url, "small&format=image/png")
            assert (answer.status, answer.read(4)) == (200, b"\x89PNG")
            connection.close()
        while [path for path in files(instance) if path.name.startswith("encode-")]:
            time.sleep(0.05)  # the last of them may still be at work


def ask(url: str, coverage: str) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
    """The head of an answer, and the connection that its body comes by."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", f"/ows?service=WCS&version=2.0.1&request=GetCoverage&coverageId={coverage}")
    return connection.getresponse(), connection
