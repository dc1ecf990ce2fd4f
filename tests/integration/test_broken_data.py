# SPDX-License-Identifier: MIT
"""Data that goes away or breaks behind a registered coverage harms nobody else; an empty catalogue is no error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from werkzeug.test import TestResponse

from eoxserver.core.errors import DataUnavailable
from eoxserver.core.util.timetools import parse_iso8601
from tests.applications import Application, application, instance_template, raster_cells
from tests.backends.rasters import pattern, write
from tests.xmlschemas import ValidateXml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

SHAPE = (3, 64, 128)
ALL = "40,10,45,20"
FORMATS = (
    "image/tiff", "image/tiff; application=geotiff; profile=cloud-optimized", "image/png", "image/jpeg",
    "application/netcdf", "application/gml+xml",
)  # fmt: skip


def remove(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_by_text(path: Path) -> None:
    path.write_text("There was a raster here.\n" * 100)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_another_size(path: Path) -> None:
    write(path, pattern((3, 8, 8)))


def replace_by_fewer_bands(path: Path) -> None:
    write(path, pattern((1, *SHAPE[1:])))


def replace_by_another_type(path: Path) -> None:
    write(path, pattern(SHAPE, "uint16"))


def replace_by_a_link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


DAMAGES: tuple[tuple[Callable[[Path], None], str], ...] = (
    (remove, "no such file"),
    (truncate, "failed"),
    (empty, "no reader opens"),
    (replace_by_text, "not recognized"),
    (replace_by_folder, "no reader opens"),
    (replace_by_another_size, "8 x 8 cells now, registered were 64 x 128"),
    (replace_by_another_type, "uint16 cells now, registered were uint8"),
    (replace_by_fewer_bands, "1 band"),
    (replace_by_a_link_to_itself, ""),
)
"""What is done to a file, and what of it must be told."""


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    """Answer an application that serves ``good`` and ``bad``, both in ``scenes``."""
    with application(tmp_path, instance_template) as made:
        tiles: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 16}
        paths = [Path(write(tmp_path / f"{name}.tif", pattern(SHAPE), **tiles)) for name in ("bad", "good")]
        assert made.register(*paths, collection="scenes") == ["bad", "good"]
        yield made


def get_map(app: Application, layers: str, **params: str) -> TestResponse:
    asked = {"styles": "", "crs": "EPSG:4326", "bbox": ALL, "width": "128", "height": "64", "format": "image/png"}
    return app.wms("GetMap", layers=layers, **{**asked, **params})


def check_report(answer: TestResponse, told: str, folder: Path, validate_xml: ValidateXml) -> None:
    """The report is valid, has code and status, names the coverage and nothing of the server."""
    assert answer.status_code == 503, answer.text
    assert answer.mimetype == "text/xml"
    assert "ETag" not in answer.headers
    root = validate_xml(answer.data)
    assert texts(root, "//@exceptionCode | //@code") == ["NoApplicableCode"]
    assert texts(root, "//@locator") == ["bad"]
    assert "'bad'" in answer.text and told in answer.text
    assert str(folder) not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize(("damage", "told"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
def test_broken_files(
    app: Application, tmp_path: Path, validate_xml: ValidateXml, damage: Callable[[Path], None], told: str
) -> None:
    damage(tmp_path / "bad.tif")
    for media_type in FORMATS:
        check_report(app.wcs("GetCoverage", coverageId="bad", format=media_type), told, tmp_path, validate_xml)
    check_report(app.wcs("GetCoverage", coverageId="bad", mediaType="multipart/related"), told, tmp_path, validate_xml)
    check_report(get_map(app, "bad"), told, tmp_path, validate_xml)
    check_report(get_map(app, "good,bad"), told, tmp_path, validate_xml)
    picture = get_map(app, "bad", exceptions="INIMAGE")
    assert "ETag" not in picture.headers
    assert (picture.status_code, picture.mimetype, raster_cells(picture.data).shape[1:]) == (
        200,
        "image/png",
        (64, 128),
    )
    check_the_rest(app, validate_xml)


def check_the_rest(app: Application, validate_xml: ValidateXml) -> None:
    """What needs no cells of ``bad`` works as if nothing had happened."""
    for service in (app.wcs, app.wms):
        capabilities = service("GetCapabilities")
        assert capabilities.status_code == 200
        names = texts(validate_xml(capabilities.data), "//wcs:CoverageId/text() | //wms:Layer/wms:Name/text()")
        assert {"good", "bad"} <= set(names)
    described = app.wcs("DescribeCoverage", coverageId="bad,good")
    assert described.status_code == 200
    assert texts(validate_xml(described.data), "//wcs:CoverageId/text()") == ["bad", "good"]
    whole = app.wcs("GetCoverage", coverageId="good", format="image/tiff")
    np.testing.assert_array_equal(raster_cells(whole.data), pattern(SHAPE))
    for layer in ("good", "scenes"):
        np.testing.assert_array_equal(raster_cells(get_map(app, layer).data), pattern(SHAPE))
    assert app.client.get("/").status_code == 200


def test_a_mended_file_is_read_again(app: Application, tmp_path: Path) -> None:
    content = (tmp_path / "bad.tif").read_bytes()
    before = app.wcs("GetCoverage", coverageId="bad").data
    (tmp_path / "bad.tif").unlink()
    assert app.wcs("GetCoverage", coverageId="bad").status_code == 503
    (tmp_path / "bad.tif").write_bytes(content)
    assert app.wcs("GetCoverage", coverageId="bad").data == before


def test_a_map_without_all_of_its_collection_is_not_kept(app: Application, tmp_path: Path) -> None:
    path = tmp_path / "late.tif"
    content = np.full(SHAPE, 200, np.uint8)
    write(path, content)
    app.register(path, collection="scenes", span=(parse_iso8601("2020-01-01"), parse_iso8601("2020-01-02")))
    kept = path.read_bytes()
    path.unlink()
    incomplete = get_map(app, "scenes")
    np.testing.assert_array_equal(raster_cells(incomplete.data), pattern(SHAPE))
    assert "ETag" not in incomplete.headers
    path.write_bytes(kept)
    complete = get_map(app, "scenes")
    np.testing.assert_array_equal(raster_cells(complete.data), content)
    assert "ETag" in complete.headers


def test_a_file_that_may_not_be_read(app: Application, tmp_path: Path, validate_xml: ValidateXml) -> None:
    (tmp_path / "bad.tif").chmod(0)
    user = os.geteuid()
    assert app.instance.catalogue.version()  # the catalogue is open before this process gives up its rights
    if user == 0:
        os.seteuid(65534)
    try:
        answers = [app.wcs("GetCoverage", coverageId="bad"), get_map(app, "bad")]
    finally:
        os.seteuid(user)
    for answer in answers:
        check_report(answer, "", tmp_path, validate_xml)
    (tmp_path / "bad.tif").chmod(0o600)
    assert app.wcs("GetCoverage", coverageId="bad").status_code == 200


def test_nobody_sees_a_part_of_a_coverage_as_the_whole(app: Application, tmp_path: Path) -> None:
    """What breaks when the answer is under way ends it: the client notices that it is not whole."""
    path = tmp_path / "long.tif"
    write(path, pattern((1, 900, 1200), "uint16"), tiled=True, blockxsize=16, blockysize=16)
    app.register(path)
    content = path.read_bytes()
    path.write_bytes(content[:-1000])
    for media_type in FORMATS:
        answer = app.wcs("GetCoverage", coverageId="long", format=media_type)
        if answer.status_code == 200:
            with pytest.raises(DataUnavailable):
                _ = answer.data
        elif media_type not in ("image/png", "image/jpeg"):
            assert answer.status_code == 503
        answer.close()


# -- the catalogue --------------------------------------------------------------------------------

ROWS = {
    "unknown CRS": "UPDATE coverages_coverage SET srid = 999999 WHERE eoobject_ptr_id = {key}",
    "no size": "UPDATE coverages_rectifieddataset SET size_x = 0 WHERE coverage_ptr_id = {key}",
    "reversed bounds": "UPDATE coverages_rectifieddataset SET min_x = 30 WHERE coverage_ptr_id = {key}",
    "no range type": "UPDATE coverages_coverage SET range_type = '[]' WHERE eoobject_ptr_id = {key}",
    "range type of no sense": "UPDATE coverages_coverage SET range_type = '7' WHERE eoobject_ptr_id = {key}",
    "unknown type": "UPDATE coverages_eoobject SET real_type = 'coverages.nothing' WHERE id = {key}",
    "unknown semantic": "UPDATE backends_dataitem SET semantic = 'bands[9:12]' WHERE dataset_id = {key}",
    "no data item": "DELETE FROM backends_dataitem WHERE dataset_id = {key}",
}
"""Rows that somebody broke by hand."""


@pytest.mark.parametrize("statement", ROWS.values(), ids=ROWS.keys())
def test_broken_rows(app: Application, validate_xml: ValidateXml, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM coverages_eoobject WHERE identifier = 'bad'")
        cursor.execute(statement.format(key=cursor.fetchone()[0]))
    for answer in (app.wcs("GetCoverage", coverageId="bad"), get_map(app, "bad")):
        assert answer.status_code == 503, answer.text
        root = validate_xml(answer.data)
        assert texts(root, "//@exceptionCode | //@code") == ["NoApplicableCode"]
        assert "bad" in answer.text and "Traceback" not in answer.text
    described = app.wcs("DescribeCoverage", coverageId="bad")
    assert described.status_code in (200, 503)
    validate_xml(described.data)
    for service in (app.wcs, app.wms):
        root = validate_xml(service("GetCapabilities").data)
        assert "good" in texts(root, "//wcs:CoverageId/text() | //wms:Layer/wms:Name/text()")
    for layer in ("good", "scenes"):
        np.testing.assert_array_equal(raster_cells(get_map(app, layer).data), pattern(SHAPE))
    assert app.wcs("GetCoverage", coverageId="good").status_code == 200
    assert app.client.get("/").status_code == 200


# -- nothing at all -------------------------------------------------------------------------------


@pytest.fixture
def nothing(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    """Answer an application with an empty catalogue."""
    with application(tmp_path, instance_template) as made:
        yield made


def test_an_empty_catalogue_is_valid(nothing: Application, validate_xml: ValidateXml) -> None:
    for service in (nothing.wcs, nothing.wms):
        answer = service("GetCapabilities")
        assert answer.status_code == 200
        validate_xml(answer.data)
    for section in ("Contents", "ServiceMetadata", "OperationsMetadata", "All"):
        validate_xml(nothing.wcs("GetCapabilities", sections=section).data)
    for answer, code in (
        (nothing.wcs("DescribeCoverage", coverageId="a"), "NoSuchCoverage"),
        (nothing.wcs("GetCoverage", coverageId="a"), "NoSuchCoverage"),
        (get_map(nothing, "a"), "LayerNotDefined"),
    ):
        assert answer.status_code == 404
        assert texts(validate_xml(answer.data), "//@exceptionCode | //@code") == [code]
        assert "'a'" in answer.text and "none is available" in answer.text
    for path in ("/", "/-/live", "/-/ready", "/-/metrics", "/-/plugins", "/admin/login/"):
        assert nothing.client.get(path).status_code == 200


def test_an_empty_collection_is_a_layer_without_picture(nothing: Application, validate_xml: ValidateXml) -> None:
    nothing.instance.registrar().collections.create("empty")
    root = validate_xml(nothing.wms("GetCapabilities").data)
    assert texts(root, "//wms:Layer/wms:Layer/wms:Name/text()") == ["empty"]
    cells = raster_cells(get_map(nothing, "empty", transparent="true").data)
    assert cells.shape == (4, 64, 128) and not cells[3].any()
