# SPDX-License-Identifier: MIT
"""Coverages of a server, fetched by another one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.errors import AccessDenied, DataUnavailable, EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
from tests.fileservers import basic, bearer
from tests.servers import eoxserver, serving
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.test_general import BANDS, DAYS, PLANE, general, write_netcdf

pytestmark = pytest.mark.integration

LEVEL = {
    "min": "${netcdf:variable:level:min}", "max": "${netcdf:variable:level:max}",
    "directPositions": "${netcdf:variable:level}", "irregular": True, "gridOrder": 1, "crsOrder": 1,
}  # fmt: skip


def mosaic(folder: Path) -> Any:
    for number in range(2):
        values, west = pattern((2, 5, 7), "int16") + number, 7 * number
        write(folder / f"t{number}.tif", values, bounds=(west, 0, west + 7, 5), nodata=5)
    return ingredients("map_mosaic", "t*.tif", {"band_names": ["red", "nir"]})


def colours(folder: Path) -> Any:
    write(folder / "rgb.tif", pattern((3, 5, 7)), crs="EPSG:32633", bounds=(500000, 0, 500070, 50))
    return ingredients("map_mosaic", "rgb.tif")


def cube(folder: Path) -> Any:
    write_netcdf(folder / "a.nc", [0, 1.5, 5], [42, 41, 40])
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True)
    return ingredients("general_coverage", "a.nc", options)


def levels(folder: Path) -> Any:
    """Four axes; latitudes rise, levels fall."""
    write_netcdf(folder / "b.nc", [0, 1], [40, 41, 42], [1000, 850, 500])
    plane = {**PLANE, "Lat": {**PLANE["Lat"], "resolution": 1}}
    crs = 'OGC/0/AnsiDate@OGC/0/Index1D?axis-label="p"@EPSG/0/4326'
    options = general(crs, "netcdf", {"ansi": DAYS, "level": LEVEL, **plane}, BANDS[:1], pixelIsPoint=True)
    return ingredients("general_coverage", "b.nc", options)


def regular_series(folder: Path) -> Any:
    for number in range(4):
        write(folder / f"s{number}.tif", pattern((1, 5, 7), "float32") + number)
    options = {"time_start": "2020-01-01T12:00:00", "time_step": "6 hours", "time_crs": "OGC/0/AnsiDate"}
    return ingredients("time_series_regular", "s*.tif", options)


MAKERS: list[Callable[[Path], Any]] = [mosaic, colours, cube, levels, regular_series]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server with a coverage of each kind, under the name of its maker."""
    folder = tmp_path_factory.mktemp("source")
    root = folder / "instance"
    eoxserver("create_instance", "source", root)
    for make in MAKERS:
        given = make(folder)
        given["input"]["coverage_id"] = make.__name__
        (folder / f"{make.__name__}.json").write_text(json.dumps(given))
        eoxserver("wcst_import", folder / f"{make.__name__}.json", "--instance", root)
    with serving(root) as url:
        yield url


def extract(url: str, identifier: str, scheme: list[int] | None = None, **config: Any) -> Any:
    options = {"coverage_id": identifier, "wcs_endpoint": url} | (
        {} if scheme is None else {"partitioning_scheme": scheme}
    )
    return ingredients("wcs_extract", [], options, **config)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_copy_is_the_same_coverage(imports: Imports, source: str, make: Callable[[Path], Any], many: bool) -> None:
    original = make(imports.folder)
    original["input"]["coverage_id"] = "original"
    imports.run(original)
    wanted = imports.coverage("original")
    scheme = [0, 2, 3, 2][-len(wanted.domain.axes) :] if many else None
    done = imports.run(extract(source, make.__name__, scheme))
    assert (done.imported > 1) == (many or make in (cube, levels, regular_series))
    found = imports.coverage()
    assert (found.domain.labels, found.domain.crs_labels) == (wanted.domain.labels, wanted.domain.crs_labels)
    for mine, theirs in zip(found.domain.axes, wanted.domain.axes, strict=True):
        assert (type(mine), mine.crs) == (type(theirs), theirs.crs)
        assert np.allclose(mine.coordinates(), theirs.coordinates(), rtol=1e-12)
    assert found.range_type.names == wanted.range_type.names
    assert [one.dtype for one in found.range_type.fields] == [one.dtype for one in wanted.range_type.fields]
    assert np.array_equal(imports.cells(), imports.cells("original"), equal_nan=True)


def test_what_is_fetched_already_is_left_out(imports: Imports, source: str) -> None:
    assert imports.run(extract(source, "cube", [1, 0, 0])).imported == 3
    assert isinstance(imports.coverage().domain.axes[0], IrregularAxis)
    assert imports.run(extract(source, "cube", [1, 0, 0])).imported == 0
    assert "3 files are imported already" in imports.listener.warnings[0]


def test_explaining_says_the_requests(imports: Imports, source: str) -> None:
    imports.run(extract(source, "mosaic", [0, 7]), explain=True)
    assert imports.listener.lines[0] == "coverage c: insert it with 2 slices of 2 files"
    assert "subset=Long%280.02%2C6.98%29" in imports.listener.lines[-2]
    assert not imports.instance.catalogue.exists("c")


@contextmanager
def guarded(url: str, wanted: str) -> Iterator[str]:
    """The URL of a server that answers as another one does, where the header ``Authorization`` is the wanted one."""

    class Guard(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()
                return
            answer = requests.get(f"{url.partition('?')[0]}?{self.path.partition('?')[2]}", timeout=60)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Guard) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/ows"
        server.shutdown()


def told(imports: Imports) -> str:
    """All that a run said, and wrote beside the ingredients."""
    files = [path.read_text() for path in imports.folder.iterdir() if path.suffix in (".log", ".json")]
    beside = [text for text in files if '"recipe"' not in text]
    return "\n".join([*imports.listener.lines, *imports.listener.warnings, *beside])


@pytest.mark.parametrize(
    ("content", "header"), [("me:se:cret", basic("me", "se:cret")), ("Bearer secret-token", bearer("secret-token"))]
)
@pytest.mark.parametrize("kind", ["env", "file"])
def test_credentials_are_named_by_reference_and_told_to_nobody_else(
    imports: Imports, source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, content: str, header: str
) -> None:
    (tmp_path / "secret").write_text(content)
    monkeypatch.setenv("EXTRACT_SECRET", content)
    with guarded(source, header) as url:
        given = extract(url, "mosaic", [0, 7])
        with pytest.raises(
            AccessDenied, match=r"refused the credentials \(401\); recipe.options.credentials refers to"
        ):
            imports.run(given)
        reference = "env:EXTRACT_SECRET" if kind == "env" else f"file:{tmp_path / 'secret'}"
        given["recipe"]["options"]["credentials"] = reference
        assert imports.run(given).imported == 2
    assert "slices of 2 files" in told(imports) and "cret" not in told(imports).replace("EXTRACT_SECRET", "")
    plain = imports.cells()
    imports.instance.ingestion.delete(["c"])
    assert imports.run(extract(source, "mosaic", [0, 7])).imported == 2
    assert np.array_equal(plain, imports.cells(), equal_nan=True)


def test_a_password_in_the_url_is_not_written_down(imports: Imports, source: str) -> None:
    with guarded(source, basic("me", "secret")) as url:
        assert imports.run(extract(url.replace("//", "//me:secret@"), "mosaic", [0, 7])).imported == 2
    assert "127.0.0.1" in told(imports) and "secret" not in told(imports)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:NO_SUCH_VARIABLE", "the environment has no variable NO_SUCH_VARIABLE"),
        ("me:secret", "credentials are named by reference, which this is not"),
        ("env:EXTRACT_JSON", "env:EXTRACT_JSON holds a JSON object; user:password or a token is wanted"),
    ],
)
def test_references_that_are_none_are_refused_before_anything_is_asked(
    imports: Imports, monkeypatch: pytest.MonkeyPatch, reference: str, words: str
) -> None:
    monkeypatch.setenv("EXTRACT_JSON", '{"key": "secret"}')
    given = extract("http://127.0.0.1:9/ows", "mosaic")
    given["recipe"]["options"]["credentials"] = reference
    with pytest.raises(IngredientsError, match=rf"recipe\.options\.credentials: .*{words}") as caught:
        imports.session(given)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("identifier", "scheme", "words"),
    [
        ("mosaics", None, r"recipe\.options\.coverage_id: http://.* has no coverage 'mosaics'"),
        ("cube", [0, 5], r"partitioning_scheme has 2 numbers; the axes of cube are ansi, Lat, Long"),
    ],
)
def test_what_the_server_has_not_is_named(
    imports: Imports, source: str, identifier: str, scheme: list[int] | None, words: str
) -> None:
    with pytest.raises(EOxServerError, match=words):
        imports.run(extract(source, identifier, scheme))


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:9/ows", "cannot be reached"), ("ows", r"wcs_endpoint 'ows' is no URL of HTTP")],
)
def test_servers_that_do_not_answer_are_named(imports: Imports, url: str, words: str) -> None:
    with pytest.raises(DataUnavailable, match=words):
        imports.run(extract(url, "mosaic"))


@pytest.mark.parametrize("change", [{"paths": ["*.tif"]}, {"coverage": {}}, {"band_names": ["a"]}])
def test_what_is_for_files_is_refused(imports: Imports, source: str, change: dict[str, Any]) -> None:
    given = extract(source, "mosaic")
    given["input" if "paths" in change else "recipe"].update(change if "paths" in change else {})
    given["recipe"]["options"].update({} if "paths" in change else change)
    with pytest.raises(IngredientsError, match=f"{next(iter(change))} is not for wcs_extract"):
        imports.session(given)


def test_cells_of_a_server_cannot_stay_there(imports: Imports, source: str) -> None:
    with pytest.raises(EOxServerError, match="cannot be registered in place .* its cells are on another server"):
        imports.run(extract(source, "mosaic", insitu=True))
