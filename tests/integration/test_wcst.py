# SPDX-License-Identifier: MIT
"""WCS-T in the whole application: coverages are inserted, grown and deleted by requests, and read back by WCS."""

from __future__ import annotations

import base64
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
from django.contrib.auth.models import Permission, User
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from eoxserver.core.coverage import CellBox
from tests.applications import Application, application, instance_template, raster_cells
from tests.backends.rasters import write
from tests.integration.transactions import (
    COMMON,
    ask,
    code,
    gml,
    insert,
    login,
    pyramid,
    slice_of,
    times,
    update,
    values,
)
from tests.services.wcst import documents
from tests.xmlschemas import ValidateXml, parse_xml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as opened:
        yield opened


# -- insert -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_grid_of_values_in_the_document(app: Application, method: str) -> None:
    response = ask(app, "InsertCoverage", method, inputCoverage=documents.index2d())
    assert (response.status_code, response.text, response.mimetype) == (200, "demo", "text/plain")
    assert "ETag" not in response.headers
    assert values(app, "demo") == ["1", "2", "3", "4", "5", "6"]
    assert values(app, "demo", subset="i(1,1)") == ["4", "5", "6"]
    assert values(app, "demo", subset="j(2)") == ["3", "6"]


def test_old_names_of_keys(app: Application) -> None:
    response = ask(app, "InsertCoverage", coverage=documents.index2d("a"), insitu="", blacklisted="")
    assert response.text == "a"
    folder = app.instance.paths.data
    (folder / "b.gml").write_text(documents.index2d("b"))
    assert ask(app, "InsertCoverage", coverageRef=f"file://{folder}/b.gml").text == "b"
    assert ask(app, "InsertCoverage", inputCoverageRef=f"file://{folder}/b.gml", useId="new").text.startswith("cov_")


def test_new_identifiers(app: Application) -> None:
    first, second = (insert(app, documents.index2d(), useId="new") for _ in range(2))
    assert first != second
    assert values(app, second) == ["1", "2", "3", "4", "5", "6"]
    assert insert(app, documents.index2d(), useId="existing") == "demo"


def test_types_of_cells(app: Application) -> None:
    insert(app, documents.index2d("bytes"))
    fields = documents.field("a") + documents.field("b")
    two = "1 -1.5,2 2.5,3 3.5,4 4.5,5 5.5,250 6.5"
    insert(app, documents.index2d("two", two, fields), pixelDataType="UInt16,Float32")
    insert(app, documents.index2d("said", "1,2,3,4,5,-600", documents.field("v", "signedShort")))
    found = {name: app.instance.catalogue.coverage(name).range_type.fields for name in ("bytes", "two", "said")}
    assert [field.dtype.name for fields in found.values() for field in fields] == [
        "uint8", "uint16", "float32", "int16",
    ]  # fmt: skip
    assert values(app, "two") == two.split(",")
    refused = ask(app, "InsertCoverage", inputCoverage=documents.index2d("x", "1,2,3,4,5,256"))
    assert (refused.status_code, code(refused)) == (400, "InvalidParameterValue")
    assert "256" in refused.text


def test_fields_are_described_as_they_came(app: Application, validate_xml: ValidateXml) -> None:
    inner = (
        "<swe:label>Height</swe:label><swe:description>Above the sea</swe:description><swe:nilValues><swe:NilValues>"
        '<swe:nilValue reason="http://www.opengis.net/def/nil/OGC/0/missing">-9999</swe:nilValue>'
        "</swe:NilValues></swe:nilValues>"
    )
    fields = documents.field("h", "float32", inner, "m")
    insert(app, documents.grid2d(documents.cells(",".join(map(str, range(24)))), fields=fields))
    root = validate_xml(app.wcs("DescribeCoverage", coverageId="map").data)
    assert texts(root, "//swe:field/@name") == ["h"]
    assert texts(root, "//swe:Quantity/@definition") == [f"{documents.TYPES}float32"]
    assert texts(root, "//swe:label/text()") == ["Height"]
    assert texts(root, "//swe:description/text()") == ["Above the sea"]
    assert texts(root, "//swe:nilValue/text()") == ["-9999"]
    assert texts(root, "//swe:nilValue/@reason") == ["http://www.opengis.net/def/nil/OGC/0/missing"]
    assert texts(root, "//swe:uom/@code") == ["m"]


def test_what_wcs_answers_can_be_inserted(app: Application) -> None:
    """A coverage that is delivered as GML and inserted again is the same one."""
    rng = np.random.default_rng(4)
    cells = rng.integers(0, 255, (2, 2, 3))
    text = ",".join(map(str, cells.ravel()))
    insert(app, documents.cube(documents.cells(text), ("2008-01-01", "2008-01-04")))
    insert(app, documents.grid2d(documents.cells(",".join(map(str, range(24)))), grid_order="Long Lat"))
    insert(app, documents.index2d())
    for name in ("cube", "map", "demo"):
        body = app.wcs("GetCoverage", coverageId=name, format="application/gml+xml").text
        again = insert(app, body.replace(f'"{name}', f'"{name}_2'))
        assert again == f"{name}_2"
        one, other = (app.instance.catalogue.coverage(each) for each in (name, again))
        assert one.domain == other.domain
        assert one.range_type == other.range_type
        assert values(app, name) == values(app, again)


def test_a_tuple_list_in_another_order(app: Application) -> None:
    rule = (
        '<gml:coverageFunction><gml:GridFunction><gml:sequenceRule axisOrder="+1 -2">Linear</gml:sequenceRule>'
        "<gml:startPoint>0 0</gml:startPoint></gml:GridFunction></gml:coverageFunction>"
    )
    document = documents.index2d().replace("<gmlcov:rangeType>", f"{rule}<gmlcov:rangeType>")
    insert(app, document)
    # i runs fastest and j backwards: (0,2) (1,2) (0,1) (1,1) (0,0) (1,0)
    assert values(app, "demo") == ["5", "3", "1", "6", "4", "2"]


@pytest.mark.parametrize(
    ("clause", "chunks"),
    [
        ("ALIGNED [0:499,0:499] TILE SIZE 4000000", None),
        ("aligned [0:1,0:2]", (2, 3)),
        ("REGULAR [2,2]", (2, 2)),
        ("AREA OF INTEREST [0:1,0:1],[1:1,2:2]", None),
        ("DIRECTIONAL [0,2],[0,3] WITH SUBTILING TILE SIZE 1000", None),
        ("STATISTIC [0:1,0:1] BORDER THRESHOLD 50 INTEREST THRESHOLD 0.3", None),
    ],
)
def test_tiling_clauses(app: Application, clause: str, chunks: tuple[int, int] | None) -> None:
    insert(app, documents.index2d(), tiling=clause)
    assert values(app, "demo") == ["1", "2", "3", "4", "5", "6"]
    if chunks is not None:
        assert app.instance.catalogue.coverage("demo").source.chunks == chunks


# -- files --------------------------------------------------------------------------------------


def raster(folder: Path, name: str, cells: npt.NDArray[Any], **profile: Any) -> str:
    """Write a GeoTIFF and answer its file URL."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"file://{write(folder / name, cells, **profile)}"


@pytest.mark.parametrize("grid_order", ["Lat Long", "Long Lat"])
def test_a_referenced_geotiff(app: Application, grid_order: str) -> None:
    cells = np.arange(48, dtype="uint16").reshape(2, 4, 6)
    url = raster(app.instance.paths.data, "a.tif", cells, bounds=(10, 48, 13, 50))
    fields = documents.field("a") + documents.field("b")
    insert(app, documents.grid2d(documents.file_cells(url), fields=fields, grid_order=grid_order))
    coverage = app.instance.catalogue.coverage("map")
    assert [field.dtype.name for field in coverage.range_type.fields] == ["uint16", "uint16"]
    image = app.wcs("GetCoverage", coverageId="map", format="image/tiff")
    np.testing.assert_array_equal(raster_cells(image.data), cells)
    assert values(app, "map", subset=["Lat(49.75)", "Long(10.25)"]) == ["0 24"]
    assert values(app, "map", subset=["Lat(48.25)", "Long(10.75)"]) == ["19 43"]


def test_bands_of_a_file(app: Application) -> None:
    cells = np.arange(72, dtype="uint8").reshape(3, 4, 6)
    url = raster(app.instance.paths.data, "a.tif", cells, bounds=(10, 48, 13, 50))
    insert(app, documents.grid2d(documents.file_cells(url, '{"bands": [2]}')))
    image = app.wcs("GetCoverage", coverageId="map", format="image/tiff")
    np.testing.assert_array_equal(raster_cells(image.data), cells[2:])


def test_nil_values_of_a_file_count_where_the_coverage_says_none(app: Application) -> None:
    cells = np.arange(24, dtype="int16").reshape(1, 4, 6)
    cells[0, 1, 2] = -99
    url = raster(app.instance.paths.data, "a.tif", cells, bounds=(10, 48, 13, 50), nodata=-99)
    insert(app, documents.grid2d(documents.file_cells(url)))
    field = app.instance.catalogue.coverage("map").range_type.fields[0]
    assert [nil.low for nil in field.nil] == [-99]
    assert values(app, "map") == list(map(str, cells.ravel()))


def netcdf(path: Path, cells: npt.NDArray[Any], fill: float | None = None) -> None:
    """Write two variables of three dimensions, the second the double of the first."""
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in zip(("time", "lat", "lon"), cells.shape, strict=True):
            dataset.createDimension(name, size)
        for number, name in enumerate(("sst", "twice"), 1):
            variable = dataset.createVariable(name, cells.dtype, ("time", "lat", "lon"), fill_value=fill)
            variable[:] = number * cells


def test_a_referenced_netcdf_of_three_dimensions(app: Application) -> None:
    cells = np.arange(24, dtype="float32").reshape(4, 2, 3) / 4
    netcdf(app.instance.paths.data / "a.nc", cells)
    url = f"file://{app.instance.paths.data}/a.nc"
    content = documents.file_cells(url, '{"variables": ["twice", "sst"]}', "application/netcdf")
    days = [f"2010-01-0{day}" for day in (1, 2, 4, 8)]
    insert(app, documents.cube(content, days, fields=documents.field("b") + documents.field("a")))
    assert times(app, "cube") == days
    assert values(app, "cube", subset=['ansi("2010-01-04")', "Lat(49.5)"]) == ["6 3", "6.5 3.25", "7 3.5"]
    source = app.instance.catalogue.coverage("cube").source
    np.testing.assert_array_equal(source.read(CellBox.whole((4, 2, 3)), [0, 1]).values, [2 * cells, cells])


def test_real_files(app: Application, shared: Path) -> None:
    """The cells of a month of soil moisture are in the coverage as they are in the file."""
    folder = app.instance.paths.data
    found = shared / "data" / "cci_ssmv_CCI_L3_v02.2_201411.tif"
    (folder / "month.tif").write_bytes(found.read_bytes())
    expected = raster_cells(found.read_bytes())
    rows, columns = expected.shape[1:]
    step = 360 / columns
    fields = "".join(documents.field(f"b{number}") for number in range(len(expected)))
    document = documents.grid2d(
        documents.file_cells(f"file://{folder}/month.tif"),
        "ssmv",
        (rows, columns),
        (rows * step / 2, -180),
        step,
        fields,
    )
    insert(app, document)
    image = app.wcs("GetCoverage", coverageId="ssmv", format="image/tiff")
    np.testing.assert_array_equal(raster_cells(image.data), expected)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine: its address, and the folder it serves."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", folder
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, and sends some away."""

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere.gml")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_references_to_a_web_server(tmp_path: Path, instance_template: Path, web: tuple[str, Path]) -> None:
    address, folder = web
    cells = np.arange(24, dtype="uint8").reshape(1, 4, 6)
    raster(folder, "a.tif", cells, bounds=(10, 48, 13, 50))
    (folder / "a.gml").write_text(documents.grid2d(documents.file_cells(f"http://{address}/a.tif")))
    environ = {"EOXS_SERVICES_WCST__REMOTE_HOSTS": address, "EOXS_SERVICES_WCST__REMOTE_PRIVATE": "yes"}
    with application(tmp_path, instance_template, environ) as app:
        response = ask(app, "InsertCoverage", inputCoverageRef=f"http://{address}/a.gml")
        assert (response.status_code, response.text) == (200, "map")
        np.testing.assert_array_equal(raster_cells(app.wcs("GetCoverage", coverageId="map").data), cells)
        missing = ask(app, "InsertCoverage", inputCoverageRef=f"http://{address}/none.gml")
        assert (missing.status_code, code(missing)) == (404, "WCSTCoverageNotFound")
        away = ask(app, "InsertCoverage", inputCoverageRef=f"http://{address}/away.gml")
        assert (away.status_code, code(away)) == (403, "AccessDenied")
        assert list((app.instance.paths.root / "cache" / "incoming").iterdir()) == []


def test_web_servers_are_not_spoken_to_unless_the_settings_say_so(
    tmp_path: Path, instance_template: Path, web: tuple[str, Path]
) -> None:
    address, folder = web
    (folder / "a.gml").write_text(documents.index2d())
    with application(tmp_path, instance_template, {"EOXS_SERVICES_WCST__REMOTE_HOSTS": address}) as app:
        for url in (f"http://{address}/a.gml", "http://localhost:1/a.gml", "http://example.org/a.gml"):
            refused = ask(app, "InsertCoverage", inputCoverageRef=url)
            assert (refused.status_code, code(refused)) == (403, "AccessDenied")


# -- update -------------------------------------------------------------------------------------


def test_times_are_appended_prepended_and_put_between(app: Application) -> None:
    insert(app, slice_of(4, "2008-01-04"))
    for value, time in ((9, "2008-01-09"), (1, "2008-01-01"), (2, "2008-01-02"), (7, "2008-01-07")):
        update(app, "cube", slice_of(value, time), subset=f'ansi("{time}")')
    assert times(app, "cube") == [f"2008-01-0{day}" for day in (1, 2, 4, 7, 9)]
    assert values(app, "cube", subset=["Lat(49.5)", "Long(10.5)"]) == ["1", "2", "4", "7", "9"]
    update(app, "cube", slice_of(5, "2008-01-04"))
    assert values(app, "cube", subset=["Lat(49.5)", "Long(10.5)"]) == ["1", "2", "5", "7", "9"]


def test_a_slice_says_the_time_that_the_input_does_not(app: Application) -> None:
    insert(app, slice_of(1, "2008-01-01"))
    plane = documents.grid2d(documents.cells("2,2,2,3,3,3"), shape=(2, 3), step=1.0)
    update(app, "cube", plane, subset='ansi("2008-01-02T12:00:00Z")')
    assert values(app, "cube", subset=["Long(10.5)", 'ansi("2008-01-02T12:00:00Z")']) == ["2", "3"]
    refused = ask(app, "UpdateCoverage", coverageId="cube", inputCoverage=plane)
    assert (refused.status_code, code(refused)) == (400, "InconsistentChange")


def test_regular_axes_grow_in_all_directions(app: Application) -> None:
    nil = '<swe:nilValues><swe:NilValues><swe:nilValue reason="">255</swe:nilValue></swe:NilValues></swe:nilValues>'
    fields = documents.field(inner=nil)
    insert(app, documents.grid2d(documents.cells("1,2,3,4"), shape=(2, 2), corner=(50, 10), step=1, fields=fields))
    part = documents.grid2d(documents.cells("5,6,7,8"), shape=(2, 2), corner=(51, 9), step=1)
    update(app, "map", part, subset=["Lat(49,51)", "Long(9,11)"])
    assert values(app, "map") == ["5", "6", "255", "7", "8", "2", "255", "3", "4"]
    root = gml(app, "map")
    assert texts(root, "//gml:lowerCorner/text()") == ["48 9"]
    assert texts(root, "//gml:upperCorner/text()") == ["51 12"]
    near = documents.grid2d(documents.cells("9"), shape=(1, 1), corner=(49.0004, 11.0004), step=1)
    update(app, "map", near, subset=["Lat(48.0004,49.0004)", "Long(11.0004,12.0004)"])
    assert values(app, "map")[-1] == "9"


def test_where_an_input_without_place_goes(app: Application) -> None:
    """The subsets place the cells; the input's own position does not count on their axes."""
    insert(app, documents.grid2d(documents.cells(",".join(["0"] * 24))))
    part = documents.grid2d(documents.cells("5,6"), shape=(1, 2), corner=(0, 0))
    update(app, "map", part, subset=["Lat(49,49.5)", "Long(11,12)"])
    assert values(app, "map", subset="Lat(49.25)") == ["0", "0", "5", "6", "0", "0"]
    insert(app, documents.index2d("grid"))
    update(app, "grid", documents.index2d("x", "7,8,9,10,11,12"), subset=["i(2,3)", "j(0,3)"])
    assert values(app, "grid") == [str(value) for value in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]


def test_nil_cells_leave_what_is_there(app: Application) -> None:
    nil = '<swe:nilValues><swe:NilValues><swe:nilValue reason="">0</swe:nilValue></swe:NilValues></swe:nilValues>'
    insert(app, documents.index2d(fields=documents.field(inner=nil)))
    update(app, "demo", documents.index2d(values="9,0,9,0,9,0"))
    assert values(app, "demo") == ["9", "2", "9", "4", "9", "6"]
    other = nil.replace(">0<", ">9<")
    update(app, "demo", documents.index2d(values="9,8,7,9,8,7", fields=documents.field(inner=other)))
    assert values(app, "demo") == ["9", "8", "7", "4", "8", "7"]


def test_a_mask_says_which_cells_are_written(app: Application) -> None:
    insert(app, documents.index2d())
    mask = documents.index2d(values="1,0,0,0,0,1")
    update(app, "demo", documents.index2d(values="9,9,9,9,9,9"), maskGrid=mask)
    assert values(app, "demo") == ["9", "2", "3", "4", "5", "9"]
    refused = ask(
        app, "UpdateCoverage", coverageId="demo", inputCoverage=documents.index2d(),
        maskGrid=documents.grid2d(documents.cells("1,1,1,1"), shape=(2, 2)),
    )  # fmt: skip
    assert refused.status_code == 400
    assert values(app, "demo") == ["9", "2", "3", "4", "5", "9"]


def test_slices_from_files(app: Application) -> None:
    insert(app, slice_of(0, "2008-01-01"), pixelDataType="Int16")
    for day in (3, 2):
        cells = np.full((1, 2, 3), day * 100, "int16")
        url = raster(app.instance.paths.data, f"{day}.tif", cells, bounds=(10, 48, 13, 50))
        document = documents.cube(documents.file_cells(url), [f"2008-01-0{day}"])
        update(app, "cube", document, subset=[f'ansi("2008-01-0{day}")', "Lat(48,50)", "Long(10,13)"])
    assert values(app, "cube", subset=["Lat(48.5)", "Long(12.5)"]) == ["0", "200", "300"]


# -- delete, rename, metadata -------------------------------------------------------------------


def test_coverages_are_deleted_all_or_none(app: Application) -> None:
    for name in ("a", "b", "c"):
        insert(app, documents.index2d(name))
    refused = ask(app, "DeleteCoverage", coverageId="a,nix,b,nux")
    assert (refused.status_code, code(refused)) == (404, "NoSuchCoverage")
    assert texts(parse_xml(refused.data), "//ows:Exception/@locator") == ["nix,nux"]
    assert all(app.instance.catalogue.exists(name) for name in ("a", "b", "c"))
    done = ask(app, "DeleteCoverage", "GET", coverageId="a,b")
    assert (done.status_code, done.data) == (200, b"")
    assert [app.instance.catalogue.exists(name) for name in ("a", "b", "c")] == [False, False, True]
    insert(app, documents.index2d("a", "6,5,4,3,2,1"))
    assert values(app, "a") == ["6", "5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    "path", ["admin/coverage/update", "ows/UpdateCoverageMetadata", "admin/UpdateCoverageMetadata"]
)
def test_metadata_are_replaced(app: Application, path: str) -> None:
    insert(
        app, documents.grid2d(documents.cells("1,2,3,4"), shape=(2, 2), metadata="<covMetadata><a>1</a></covMetadata>")
    )
    assert app.instance.catalogue.coverage("map").metadata == {"a": "1"}
    file = FileStorage(BytesIO(b'{"title": "New", "bands": {"v": {"long_name": "Height"}}}'), "m.json")
    file.headers["Content-Type"] = "application/json"
    done = app.client.post(f"/rasdaman/{path}", data={"COVERAGEID": "map", "file": file}, headers=login(app))
    assert (done.status_code, done.data) == (200, b"")
    coverage = app.instance.catalogue.coverage("map")
    assert dict(coverage.metadata) == {"title": "New"}
    assert dict(coverage.extra.fields) == {"v": {"long_name": "Height"}}
    form = {"coverageId": "map", "metadata": "plain words"}
    assert app.client.post(f"/rasdaman/{path}", data=form, headers=login(app)).status_code == 200
    assert app.instance.catalogue.coverage("map").extra.document == "plain words"


def test_metadata_that_are_none(app: Application) -> None:
    insert(app, documents.index2d())
    file = FileStorage(BytesIO(b"\x89PNG"), "m.png", content_type="image/png")
    url = "/rasdaman/admin/coverage/update"
    wrong = app.client.post(url, data={"coverageId": "demo", "file": file}, headers=login(app))
    assert (wrong.status_code, code(wrong)) == (400, "InvalidRequest")
    missing = app.client.post(url, data={"coverageId": "demo"}, headers=login(app))
    assert (missing.status_code, code(missing)) == (400, "MissingParameterValue")
    unknown = app.client.post(url, data={"coverageId": "nix", "metadata": "a"}, headers=login(app))
    assert (unknown.status_code, code(unknown)) == (404, "NoSuchCoverage")
    misspelt = app.client.post(url, data={"coverageId": "demo", "metdata": "a"}, headers=login(app))
    assert (misspelt.status_code, code(misspelt)) == (400, "InvalidRequest")


def test_coverages_are_renamed(app: Application) -> None:
    insert(app, documents.index2d("a"))
    insert(app, documents.index2d("b"))
    query = {"COVERAGEID": "a", "NEWCOVERAGEID": "b"}
    taken = app.client.get("/rasdaman/admin/coverage/update", query_string=query, headers=login(app))
    assert taken.status_code == 400
    done = app.client.get(
        "/rasdaman/admin/coverage/update", query_string={**query, "NEWCOVERAGEID": "c"}, headers=login(app)
    )
    assert (done.status_code, done.data) == (200, b"")
    assert values(app, "c") == ["1", "2", "3", "4", "5", "6"]
    older = {"coverageId": "c", "newId": "d"}
    assert app.client.post("/rasdaman/admin/UpdateCoverageId", data=older, headers=login(app)).status_code == 200
    for name, found in (("c", b"false"), ("d", b"true")):
        assert app.client.get("/rasdaman/ows/objectExists", query_string={"coverageId": name}).data == found
        assert app.client.get("/rasdaman/admin/coverage/exist", query_string={"coverageId": name}).data == found
    gone = app.client.post("/rasdaman/admin/UpdateCoverageId", data=older, headers=login(app))
    assert (gone.status_code, code(gone)) == (404, "NoSuchCoverage")


def test_metadata_of_slices_come_with_updates(app: Application) -> None:
    def local(time: str, text: str) -> str:
        return (
            "<covMetadata><title>T</title><slices><slice><boundedBy><Envelope><axisLabels>ansi Lat Long</axisLabels>"
            f'<srsDimension>3</srsDimension><lowerCorner>"{time}" 48 10</lowerCorner><upperCorner>"{time}" 50 13'
            f"</upperCorner></Envelope></boundedBy><station>{text}</station></slice></slices></covMetadata>"
        )

    insert(app, slice_of(1, "2008-01-01", metadata=local("2008-01-01", "one")))
    update(app, "cube", slice_of(2, "2008-01-02", metadata=local("2008-01-02", "two")))
    coverage = app.instance.catalogue.coverage("cube")
    assert dict(coverage.metadata) == {"title": "T"}
    assert [part.values["station"] for part in coverage.extra.parts.within(coverage.domain)] == ["one", "two"]


# -- scale levels -------------------------------------------------------------------------------


def test_scale_levels(app: Application) -> None:
    cells = ",".join(str(value % 250) for value in range(32 * 32))
    insert(app, documents.grid2d(documents.cells(cells), shape=(32, 32), step=0.25))
    assert ask(app, "InsertScaleLevel", coverageId="map", level="4").status_code == 200
    assert app.instance.ingestion.overviews("map") == (({"Lat": 4, "Long": 4}, "nearest"),)
    assert len(app.instance.catalogue.coverage("map").source.levels) == 2
    for level, status in (("4", 400), ("1", 400), ("0", 400), ("x", 400)):
        assert ask(app, "InsertScaleLevel", coverageId="map", level=level).status_code == status
    assert ask(app, "DeleteScaleLevel", coverageId="map", level="8").status_code == 400
    gone = ask(app, "DeleteScaleLevel", "GET", coverageId="map", level="4")
    assert (gone.status_code, gone.data) == (200, b"")
    assert app.instance.ingestion.overviews("map") == ()
    assert ask(app, "InsertScaleLevel", coverageId="nix", level="4").status_code == 404


def members(app: Application, identifier: str) -> Any:
    response = app.client.get("/rasdaman/admin/coverage/pyramid/list", query_string={"coverageId": identifier})
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return response.json


def test_pyramids(app: Application) -> None:
    planes = ",".join(str(value % 250) for value in range(8 * 8 * 2))
    insert(app, documents.cube(documents.cells(planes), ("2008-01-01", "2008-01-03"), shape=(8, 8)))
    assert members(app, "cube") == {"coverage": "cube", "members": []}
    made = pyramid(app, "create", COVERAGEID="cube", MEMBER="cube_4", SCALEVECTOR="1,4,4")
    assert (made.status_code, made.data) == (200, b"")
    assert members(app, "cube") == {"coverage": "cube", "members": [{"coverage": "cube_4", "scale": [1, 4, 4]}]}
    assert app.instance.catalogue.coverage("cube_4").domain.shape == (2, 2, 2)
    assert len(values(app, "cube_4")) == 8
    assert pyramid(app, "remove", coverageId="cube", members="cube_4").status_code == 200
    assert members(app, "cube")["members"] == []
    pyramid(app, "create", coverageId="cube_4", member="cube_8", scaleVector="1,2,2")
    assert pyramid(app, "add", coverageId="cube", members="cube_4", harvesting="true").status_code == 200
    assert [one["scale"] for one in members(app, "cube")["members"]] == [[1, 4, 4], [1, 8, 8]]
    ask(app, "DeleteCoverage", coverageId="cube_8")
    assert [one["coverage"] for one in members(app, "cube")["members"]] == ["cube_4"]


def test_fractional_scale_levels(app: Application) -> None:
    cells = ",".join(str(value % 250) for value in range(32 * 32))
    insert(app, documents.grid2d(documents.cells(cells), shape=(32, 32), step=0.25))
    assert ask(app, "InsertScaleLevel", coverageId="map", level="2.5").status_code == 200
    assert members(app, "map")["members"] == [{"coverage": "map_2_5", "scale": [2.5, 2.5]}]
    assert app.instance.catalogue.coverage("map_2_5").domain.shape == (13, 13)
    again = ask(app, "InsertScaleLevel", coverageId="map", level="2.5")
    assert (again.status_code, code(again)) == (400, "WCSTDuplicatedCoverageName")
    assert ask(app, "DeleteScaleLevel", coverageId="map", level="3.5").status_code == 400
    assert ask(app, "DeleteScaleLevel", coverageId="map", level="2.5").status_code == 200
    assert members(app, "map")["members"] == []
    assert not app.instance.catalogue.exists("map_2_5")


PLANES = ",".join(str(value % 250) for value in range(8 * 8 * 2))
MARKED = ",".join(["77"] * 8)
"""What no cell of the base is."""


def with_member(app: Application) -> None:
    """A coverage with a member of its pyramid whose cells tell that they are its."""
    insert(app, documents.cube(documents.cells(PLANES), ("2008-01-01", "2008-01-03"), shape=(8, 8)))
    assert pyramid(app, "create", COVERAGEID="cube", MEMBER="cube_4", SCALEVECTOR="1,4,4").status_code == 200
    days = ("2008-01-01", "2008-01-03")
    mark = documents.cube(documents.cells(MARKED), days, shape=(2, 2), step=4.0)
    update(app, "cube_4", mark)


def test_reads_take_members_of_pyramids(app: Application) -> None:
    with_member(app)
    assert (
        set(values(app, "cube", scaleFactor="0.25")) == {"77"} == set(values(app, "cube", scaleSize="Lat(2),Long(2)"))
    )
    assert set(values(app, "cube", scaleAxes="Lat(0.125),Long(0.125)", subset='ansi("2008-01-03")')) == {"77"}
    assert "77" not in values(app, "cube", scaleFactor="0.5")
    assert values(app, "cube", scaleFactor="1") == values(app, "cube") == PLANES.split(",")
    assert pyramid(app, "remove", coverageId="cube", members="cube_4").status_code == 200
    assert "77" not in values(app, "cube", scaleFactor="0.25")


def test_maps_take_members_of_pyramids(app: Application) -> None:
    insert(app, documents.grid2d(documents.cells(",".join(["10"] * 1024)), shape=(32, 32), step=0.25))
    pyramid(app, "create", COVERAGEID="map", MEMBER="map_8", SCALEVECTOR="8,8")
    update(app, "map_8", documents.grid2d(documents.cells(",".join(["200"] * 16)), shape=(4, 4), step=2.0))

    def drawn(size: int) -> set[int]:
        answer = app.wms(
            "GetMap", layers="map", styles="", crs="EPSG:4326", bbox="42,10,50,18", width=str(size), height=str(size),
            format="image/png",
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return set(np.unique(raster_cells(answer.data)[0]).tolist())

    assert drawn(4) == {200}
    assert drawn(32) == {10}


def test_members_of_pyramids_follow_updates(app: Application) -> None:
    with_member(app)
    new = documents.cells(",".join(["9"] * 64))
    update(app, "cube", documents.cube(new, ("2008-01-03",), shape=(8, 8)))
    assert values(app, "cube_4") == ["77"] * 4 + ["9"] * 4
    assert values(app, "cube", scaleFactor="0.25") == ["77"] * 4 + ["9"] * 4
    update(app, "cube", documents.cube(new, ("2008-01-02",), shape=(8, 8)))
    assert values(app, "cube_4") == ["77"] * 4 + ["9"] * 8 == values(app, "cube", scaleFactor="0.25")


def test_members_of_pyramids_that_are_out_of_step_are_not_read(app: Application) -> None:
    with_member(app)
    whole = app.instance.catalogue.coverage("cube")
    app.instance.ingestion.update("cube", whole)
    found = values(app, "cube", scaleFactor="0.25")
    assert "77" not in found
    update(app, "cube", documents.cube(documents.cells(PLANES), ("2008-01-01", "2008-01-03"), shape=(8, 8)))
    assert values(app, "cube", scaleFactor="0.25") == found
    assert set(values(app, "cube_4")) == {"77"}


def test_an_update_that_lets_a_base_grow_leaves_members_behind(app: Application) -> None:
    with_member(app)
    strip = documents.cube(documents.cells(",".join(["9"] * 64)), ("2008-01-03",), shape=(8, 8))
    response = ask(app, "UpdateCoverage", coverageId="cube", inputCoverage=strip, subset="Long(18,26)")
    assert response.status_code == 200, response.text
    assert "77" not in values(app, "cube", scaleFactor="0.25")


def test_pyramids_by_older_names(app: Application) -> None:
    insert(app, documents.cube(documents.cells(PLANES), ("2008-01-01", "2008-01-03"), shape=(8, 8)))
    made = ask(app, "CreatePyramidMember", Base="cube", Member="cube_4", ScaleFactor="1,4,4")
    assert (made.status_code, made.data) == (200, b"")
    ask(app, "CreatePyramidMember", "GET", base="cube_4", member="cube_8", scaleFactor="1,2,2")
    assert ask(app, "RemovePyramidMember", base="cube", member="cube_4").status_code == 200
    assert ask(app, "AddPyramidMember", base="cube", member="cube_4", pyramidHarvesting="true").status_code == 200
    listed = app.client.get("/ows", query_string={**COMMON, "request": "ListPyramidMembers", "base": "cube"}).json
    assert listed == members(app, "cube")
    assert [one["coverage"] for one in members(app, "cube")["members"]] == ["cube_4", "cube_8"]
    bad: list[tuple[str, dict[str, str], int, str]] = [
        ("CreatePyramidMember", {"base": "cube", "member": "b"}, 400, "MissingParameterValue"),
        ("CreatePyramidMember", {"base": "cube", "member": "b", "scaleFactor": "0,1,1"}, 400, "InvalidParameterValue"),
        ("AddPyramidMember", {"base": "nix", "member": "cube_4"}, 404, "NoSuchCoverage"),
        ("RemovePyramidMember", {"base": "cube", "member": "cube"}, 400, "InvalidParameterValue"),
        ("ListPyramidMembers", {"base": "cube", "foo": "1"}, 400, "InvalidRequest"),
    ]
    for name, params, status, error in bad:
        response = ask(app, name, **params)
        assert (response.status_code, code(response)) == (status, error)
    nobody = app.client.post(
        "/ows", data={**COMMON, "request": "RemovePyramidMember", "base": "cube", "member": "cube_4"}
    )
    assert nobody.status_code == 401


# -- who may ------------------------------------------------------------------------------------


def test_who_may_is_told(app: Application) -> None:
    for path in ("/login", "/rasdaman/login"):
        told = app.client.get(path, headers=login(app))
        assert (told.status_code, told.mimetype, told.text) == (200, "text/plain", "RW")
    User.objects.create_user("reader", password="secret")
    reader = {"Authorization": f"Basic {base64.b64encode(b'reader:secret').decode()}"}
    assert app.client.get("/login", headers=reader).text == ""
    wrong = {"Authorization": f"Basic {base64.b64encode(b'reader:wrong').decode()}"}
    assert app.client.get("/login", headers=wrong).status_code == 401
    nobody = app.client.get("/login")
    assert (nobody.status_code, code(nobody)) == (400, "InvalidRequest")


WRITES: list[tuple[str, dict[str, str]]] = [
    ("/ows", {**COMMON, "request": "InsertCoverage", "inputCoverage": documents.index2d("new")}),
    ("/ows", {**COMMON, "request": "UpdateCoverage", "coverageId": "demo", "inputCoverage": documents.index2d()}),
    ("/ows", {**COMMON, "request": "DeleteCoverage", "coverageId": "demo"}),
    ("/ows", {**COMMON, "request": "InsertScaleLevel", "coverageId": "demo", "level": "2"}),
    ("/ows", {**COMMON, "request": "DeleteScaleLevel", "coverageId": "demo", "level": "2"}),
    ("/rasdaman/admin/coverage/update", {"coverageId": "demo", "metadata": "a"}),
    ("/rasdaman/admin/coverage/update", {"coverageId": "demo", "newCoverageId": "b"}),
    ("/rasdaman/ows/UpdateCoverageMetadata", {"coverageId": "demo", "metadata": "a"}),
    ("/rasdaman/admin/UpdateCoverageId", {"coverageId": "demo", "newId": "b"}),
    ("/rasdaman/admin/coverage/pyramid/create", {"coverageId": "demo", "member": "b", "scaleVector": "2,2"}),
    ("/rasdaman/admin/coverage/pyramid/add", {"coverageId": "demo", "members": "b"}),
    ("/rasdaman/admin/coverage/pyramid/remove", {"coverageId": "demo", "members": "b"}),
    ("/rasdaman/admin/coverage/virtual/put", {"coverageId": "v", "sources": "demo"}),
    ("/rasdaman/admin/inspire/metadata/update", {"coverageId": "demo", "metadataUrl": "https://a.example/"}),
    ("/rasdaman/admin/ows/serviceinfo", {"serviceTitle": "Mine"}),
]


@pytest.mark.parametrize(("path", "form"), WRITES)
def test_nobody_writes_without_permission(app: Application, path: str, form: dict[str, str]) -> None:
    insert(app, documents.index2d())
    version = app.instance.catalogue.version()
    nobody = app.client.post(path, data=form)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, 'Basic realm="eoxserver"')
    assert code(nobody) == "AccessDenied"
    basic = {"Authorization": f"Basic {base64.b64encode(b'admin:wrong').decode()}"}
    assert app.client.post(path, data=form, headers=basic).status_code == 401
    User.objects.create_user("reader", password="secret")
    version_with_user = app.instance.catalogue.version()
    reader = {"Authorization": f"Basic {base64.b64encode(b'reader:secret').decode()}"}
    refused = app.client.post(path, data=form, headers=reader)
    assert (refused.status_code, code(refused)) == (403, "AccessDenied")
    elsewhere = {**login(app), "Sec-Fetch-Site": "cross-site"}
    assert app.client.post(path, data=form, headers=elsewhere).status_code == 403
    assert version <= version_with_user == app.instance.catalogue.version()
    assert values(app, "demo") == ["1", "2", "3", "4", "5", "6"]


def test_permissions_are_apart(app: Application) -> None:
    user = User.objects.create_user("inserter", password="secret")
    user.user_permissions.add(Permission.objects.get(codename="add_coverage"))
    headers = {"Authorization": f"Basic {base64.b64encode(b'inserter:secret').decode()}"}
    form = {**COMMON, "request": "InsertCoverage", "inputCoverage": documents.index2d()}
    assert app.client.post("/ows", data=form, headers=headers).text == "demo"
    form = {**COMMON, "request": "DeleteCoverage", "coverageId": "demo"}
    assert app.client.post("/ows", data=form, headers=headers).status_code == 403


def test_bodies_of_writers_may_be_larger(tmp_path: Path, instance_template: Path) -> None:
    environ = {
        "EOXS_SERVICES_LIMITS__REQUEST_BODY_BYTES": "10000",
        "EOXS_SERVICES_WCST__REQUEST_BODY_BYTES": "1000000",
    }
    with application(tmp_path, instance_template, environ) as app:
        content = documents.cells(",".join(["1"] * 40_000))
        insert(app, documents.grid2d(content, shape=(200, 200), step=0.01))
        form = {**COMMON, "request": "InsertCoverage", "inputCoverage": documents.grid2d(content, shape=(200, 200))}
        assert app.client.post("/ows", data=form).status_code == 413
        version = app.instance.catalogue.version()
        form["inputCoverage"] += " " * 1_000_000
        assert app.client.post("/ows", data=form, headers=login(app)).status_code == 413
        assert app.instance.catalogue.version() == version


# -- XML ----------------------------------------------------------------------------------------


def in_xml(app: Application, name: str, content: str, **headers: str) -> TestResponse:
    """Send a request as an XML document."""
    body = f'<w:{name} xmlns:w="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1">{content}</w:{name}>'
    return app.client.post("/ows", data=body, content_type="application/xml", headers=headers)


def gml_of(document: str) -> str:
    return f"<w:coverage>{document.partition('?>')[2]}</w:coverage>"


def test_requests_in_xml(app: Application) -> None:
    who = login(app)
    content = f"{gml_of(slice_of(1, '2008-01-01'))}<w:Extension><w:pixelDataType>Int16</w:pixelDataType></w:Extension>"
    assert in_xml(app, "InsertCoverage", content, **who).text == "cube"
    place = (
        "<w:DimensionSlice><w:Dimension>ansi</w:Dimension><w:SlicePoint>2008-01-03</w:SlicePoint></w:DimensionSlice>"
    )
    content = f"<w:CoverageId>cube</w:CoverageId>{gml_of(slice_of(3, '2008-01-01'))}{place}"
    assert in_xml(app, "UpdateCoverage", content, **who).text == "cube"
    assert times(app, "cube") == ["2008-01-01", "2008-01-03"]
    assert app.instance.catalogue.coverage("cube").range_type.fields[0].dtype == np.int16
    assert (
        in_xml(app, "InsertCoverage", f"{gml_of(slice_of(1, '2008-01-01'))}<w:useId>new</w:useId>", **who).text[:4]
        == "cov_"
    )
    answer = in_xml(app, "DeleteCoverage", "<w:CoverageId>cube</w:CoverageId>", **who)
    assert (answer.status_code, answer.text) == (200, "")
    assert not app.instance.catalogue.exists("cube")


BAD_DOCUMENTS = [
    ("InsertCoverage", "", "WCSTMissingCoverageParameter", 400),
    ("InsertCoverage", "<w:coverageRef>file:///etc/passwd</w:coverageRef>", "AccessDenied", 403),
    ("InsertCoverage", gml_of(documents.index2d()), "WCSTDuplicatedCoverageName", 400),
    ("InsertCoverage", f"{gml_of(documents.index2d('a'))}<w:foo>1</w:foo>", "InvalidRequest", 400),
    ("UpdateCoverage", gml_of(documents.index2d()), "MissingParameterValue", 400),
    ("UpdateCoverage", f"<w:CoverageId>nix</w:CoverageId>{gml_of(documents.index2d())}", "NoSuchCoverage", 404),
    ("DeleteCoverage", "<w:CoverageId>demo</w:CoverageId><w:CoverageId>nix</w:CoverageId>", "NoSuchCoverage", 404),
    ("DeleteCoverage", "", "MissingParameterValue", 400),
]


@pytest.mark.parametrize(("name", "content", "error", "status"), BAD_DOCUMENTS)
def test_bad_requests_in_xml(
    app: Application, name: str, content: str, error: str, status: int, validate_xml: ValidateXml
) -> None:
    insert(app, documents.index2d())
    version = app.instance.catalogue.version()
    response = in_xml(app, name, content, **login(app))
    assert (response.status_code, code(response, validate_xml)) == (status, error)
    assert app.instance.catalogue.version() == version


def test_nobody_writes_in_xml_without_permission(app: Application) -> None:
    insert(app, documents.index2d())
    version = app.instance.catalogue.version()
    for name, content in (
        ("InsertCoverage", gml_of(documents.index2d("other"))),
        ("UpdateCoverage", f"<w:CoverageId>demo</w:CoverageId>{gml_of(documents.index2d())}"),
        ("DeleteCoverage", "<w:CoverageId>demo</w:CoverageId>"),
    ):
        assert in_xml(app, name, content).status_code == 401
        assert in_xml(app, name, content, **login(app), **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert app.instance.catalogue.version() == version


def test_head_changes_nothing(app: Application) -> None:
    query = {**COMMON, "request": "InsertCoverage", "inputCoverage": documents.index2d()}
    assert app.client.head("/ows", query_string=query, headers=login(app)).status_code == 400
    assert not app.instance.catalogue.exists("demo")


# -- capabilities -------------------------------------------------------------------------------


def test_capabilities_announce_transactions(app: Application, validate_xml: ValidateXml) -> None:
    root = validate_xml(app.wcs("GetCapabilities").data)
    names = texts(root, "//ows:Operation/@name")
    assert {"GetCoverage", "InsertCoverage", "UpdateCoverage", "DeleteCoverage"} <= set(names)
    profile = "http://www.opengis.net/spec/WCS_service-extension_transaction/2.0/conf/insert+delete"
    assert profile in texts(root, "//ows:Profile/text()")
    posts = "//ows:Operation[@name='InsertCoverage']//ows:Post//ows:Value/text()"
    assert texts(root, posts) == ["KVP", "XML"]
