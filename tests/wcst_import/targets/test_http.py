# SPDX-License-Identifier: MIT
"""The same ingredients against a server and in process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import requests

from eoxserver.app import open_instance
from eoxserver.backends.credentials import Credentials
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import AccessDenied, CoverageExists, DataUnavailable, EOxServerError, InconsistentChange
from eoxserver.resources.coverages.announcements import MarkedCoverage
from eoxserver.wcst_import.targets.base import renew_members
from eoxserver.wcst_import.targets.http import HttpTarget
from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands, eoxserver, template_instance
from tests.gribfiles import write_grib
from tests.resources.coverages.ingestion.coverages import slice_of
from tests.servers import serving
from tests.wcst_import.imports import ingredients
from tests.wcst_import.recipes.safeproducts import make_product
from tests.wcst_import.recipes.test_general import BANDS, DAYS, PLANE, general, write_netcdf

__all__ = ["eoxserver", "template_instance"]

pytestmark = pytest.mark.integration

SERIES = {
    "time_parameter": {"filename": {"regex": r"_(\d{8})\.", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "OGC/0/AnsiDate",
    "coverage": {"metadata": {"global": {"Title": "'a title'"}, "local": {"name": "'${file:name}'"}}},
}


@dataclass
class Server:
    url: str
    credentials: Credentials


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, and who may write there."""
    root = tmp_path_factory.mktemp("remote") / "instance"
    subprocess.run([sys.executable, "-m", "eoxserver", "create_instance", "remote", str(root)], check=True)
    user, password = (root / "conf" / "admin.credentials").read_text().split()
    with serving(root) as url:
        yield Server(url, Credentials(user, password))


@pytest.fixture
def target(server: Server, tmp_path: Path) -> Iterator[HttpTarget]:
    target = HttpTarget(server.url, server.credentials, parse_crs, tmp_path)
    yield target
    if target.coverage("part") is not None:
        target.delete("part")
    target.close()


def cells(found: Coverage) -> Any:
    source = found.source
    read = source.read(CellBox.whole(source.shape), range(len(found.range_type)))
    return np.where(read.mask(), read.values, np.nan)


# -- the same import --------------------------------------------------------------------------------------------


def mosaic(folder: Path) -> Any:
    for number in range(3):
        values = pattern((2, 3, 4), "int16") + number
        write(folder / f"t{number}.tif", values, bounds=(4 * number, 0, 4 * number + 4, 3), nodata=5)
    return ingredients("map_mosaic", "t*.tif", {"band_names": ["red", "nir"], "tiling": "ALIGNED [0:1,0:3]"})


def series(folder: Path) -> Any:
    for day in ("20150105", "20150101", "20150301"):
        write(folder / f"s_{day}.tif", pattern((1, 3, 4), "float32") + int(day[-1]))
    return ingredients("time_series_irregular", "s_*.tif", SERIES)


def netcdf(folder: Path) -> Any:
    write_netcdf(folder / "a.nc", [0, 1, 5], [40, 41, 42])
    write_netcdf(folder / "b.nc", [7], [40, 41, 42], seed=1)
    axes = {"ansi": DAYS, **PLANE}
    return ingredients(
        "general_coverage", "*.nc", general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", axes, BANDS, pixelIsPoint=True)
    )


def grib(folder: Path) -> Any:
    keys = [{"dataDate": 20150601, "dataTime": hour * 100} for hour in (0, 6)]
    write_grib(folder / "a.grib", [{"shape": (2, 3), "values": [1, 2, None, 4, 5, 6], "keys": each} for each in keys])
    axes = {
        "t": {"min": "grib_datetime(${grib:dataDate}, ${grib:dataTime})", "resolution": 0.25, "type": "date",
              "dataBound": False, "crsOrder": 0},
        "Lat": {"min": 49, "max": 50, "resolution": -1},
        "Long": {"min": 10, "max": 12, "resolution": 1},
    }  # fmt: skip
    options = general(
        "OGC/0/AnsiDate@EPSG/0/4326", "grib", axes, [{"name": "t2m", "nilValue": 9999}], pixelIsPoint=True
    )
    return ingredients("general_coverage", "a.grib", options)


def product(folder: Path) -> Any:
    for number, day in enumerate(("20170105", "20170301")):
        make_product(folder, day=day, seed=number, archive=number == 1)
    given = ingredients("sentinel2", "S2A*", {"coverage": {"metadata": {"colorPaletteTable": "auto"}}})
    given["input"]["resolutions"] = ["20m"]
    return given


def ungeoreferenced(folder: Path) -> Any:
    for number in range(2):
        write(
            folder / f"u{number}.tif", pattern((1, 3, 4), "int16") + number, bounds=(4 * number, 0, 4 * number + 4, 3)
        )
    axes = {
        "Lat": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": "${gdal:resolutionY}"},
        "Long": {"min": "${gdal:minX}", "max": "${gdal:maxX}", "resolution": "${gdal:resolutionX}"},
    }
    options = general("EPSG/0/4326", "gdal", axes)
    options["coverage"]["grid_coverage"] = True
    return ingredients("general_coverage", "u*.tif", options)


@pytest.mark.parametrize(
    "make", [mosaic, series, netcdf, grib, product, ungeoreferenced], ids=lambda make: make.__name__
)
def test_a_server_and_this_instance_get_the_same_coverage(
    server: Server, eoxserver: Commands, target: HttpTarget, make: Any
) -> None:
    """What the server has is read from it as netCDF."""
    folder = Path.cwd()
    given = make(folder)
    identifier = f"same_{make.__name__}"
    given["input"]["coverage_id"] = identifier
    given["input"]["inspire"] = {"metadata_url": f"https://geo.example/{identifier}"}
    given["config"].update(service_url=server.url, track_files=False)
    (folder / "in.json").write_text(json.dumps(given))
    (folder / "identity").write_text(f"{server.credentials.user}:{server.credentials.password}\n")
    for words in (["--local"], ["--identity-file", "identity"]):
        assert "slices imported" in eoxserver.ok("wcst_import", "in.json", *words)
    instance = open_instance(eoxserver.instance)
    try:
        here = instance.catalogue.coverage(identifier)
        there = target.coverage(identifier)
        assert there is not None
        assert (there.domain.labels, there.domain.crs_labels) == (here.domain.labels, here.domain.crs_labels)
        for mine, theirs in zip(here.domain.axes, there.domain.axes, strict=True):
            assert (type(mine), mine.crs) == (type(theirs), theirs.crs)
            assert np.allclose(mine.coordinates(), theirs.coordinates(), rtol=1e-12)
        assert there.range_type.names == here.range_type.names
        assert MarkedCoverage(identifier, f"https://geo.example/{identifier}") in list(
            instance.context.announcements.marked()
        )
        assert f"https://geo.example/{identifier}" in capabilities(server.url)
        answer = fetched(server.url, identifier, folder / "there.nc")
        fetched_here = cells(here)
        for number, name in enumerate(here.range_type.names):
            assert np.array_equal(answer[name], fetched_here[number], equal_nan=True)
    finally:
        instance.close()


def capabilities(url: str) -> str:
    return requests.get(f"{url}?service=WCS&request=GetCapabilities", timeout=60).text


def fetched(url: str, identifier: str, path: Path) -> dict[str, Any]:
    """The cells of a coverage of the server by field, those that are nil NaN."""
    query = f"service=WCS&version=2.0.1&request=GetCoverage&coverageId={identifier}&format=application/netcdf"
    answer = requests.get(f"{url}?{query}", timeout=60)
    assert answer.ok, answer.text
    path.write_bytes(answer.content)
    with netCDF4.Dataset(path) as dataset:
        return {
            name: np.ma.filled(variable[:].astype("f8"), np.nan)
            for name, variable in dataset.variables.items()
            if variable.ndim > 1
        }


# -- the target itself ------------------------------------------------------------------------------------------


def test_coverages_come_and_go(target: HttpTarget) -> None:
    target.check()
    assert target.coverage("part") is None
    target.insert(slice_of(148654, 1), [slice_of(148655, 2)], "")
    found = target.coverage("part")
    assert found is not None
    assert found.domain.shape == (2, 4, 4)
    assert found.range_type.fields[0].dtype == np.dtype("int16")
    with pytest.raises(DataUnavailable, match="the cells are on http"):
        found.source.read(CellBox.whole(found.domain.shape), [0])
    with pytest.raises(CoverageExists):
        target.insert(slice_of(148654, 1), [], "")
    target.add_overview("part", {"Lat": 2, "Long": 2})
    target.add_overview("part", {"Lat": 2, "Long": 2})
    with pytest.raises(InconsistentChange, match="must be the same on x and y"):
        target.add_overview("part", {"Lat": 2, "Long": 4})
    target.delete("part")
    assert target.coverage("part") is None


def test_refusals_say_what_was_asked_and_why(server: Server, target: HttpTarget, tmp_path: Path) -> None:
    with pytest.raises(EOxServerError, match="UpdateCoverage: NoSuchCoverage: no coverage 'part'"):
        target.update("part", [slice_of(148654, 1)])
    stranger = HttpTarget(server.url, Credentials("nobody", "wrong"), parse_crs, tmp_path)
    with pytest.raises(AccessDenied, match=r"refused the credentials \(401\); --user and --passwd"):
        stranger.insert(slice_of(148654, 1), [], "")
    stranger.close()


def test_pyramids_are_made_there(server: Server, target: HttpTarget) -> None:
    target.insert(slice_of(148654, 1), [], "")
    with pytest.raises(EOxServerError, match="AddPyramidMember: .*'none'"):
        target.add_members("part", ["none"], True)
    with pytest.raises(EOxServerError, match="cannot be below itself in a pyramid"):
        target.add_members("part", ["part"], False)


def test_marks_for_inspire(server: Server, target: HttpTarget, tmp_path: Path) -> None:
    target.insert(slice_of(148654, 1), [], "")
    target.mark("part", "https://geo.example/part")
    assert "https://geo.example/part" in capabilities(server.url)
    target.mark("part", "")
    target.mark("part", "")
    assert "https://geo.example/part" not in capabilities(server.url)
    with pytest.raises(EOxServerError, match=r"/admin/inspire/metadata/update: InvalidParameterValue: metadataUrl"):
        target.mark("part", "no URL")
    with pytest.raises(EOxServerError, match="no coverage 'other'"):
        target.mark("other", "")
    without = HttpTarget(server.url.replace("/ows", "/-/live"), server.credentials, parse_crs, tmp_path)
    without.mark("part", "")  # a server that knows no marks has none
    with pytest.raises(EOxServerError, match="/-/live/admin/inspire/metadata/update: 4"):
        without.mark("part", "https://geo.example/part")
    without.close()


def test_files_of_this_machine_are_not_registered_there(target: HttpTarget) -> None:
    assert not target.reads_files
    with pytest.raises(EOxServerError, match=r"config\.insitu leaves cells in files of this machine, which http"):
        target.register("part", [])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/ows", "cannot be reached"),
        ("ftp://host/ows", "is no URL of HTTP"),
        ("ows", "no URL of HTTP"),
    ],
)
def test_servers_that_do_not_answer_are_named(tmp_path: Path, url: str, words: str) -> None:
    target = HttpTarget(url, Credentials(), parse_crs, tmp_path)
    with pytest.raises(DataUnavailable, match=words):
        target.check()
    target.close()


def test_something_else_than_a_wcs_is_told(server: Server, tmp_path: Path) -> None:
    target = HttpTarget(server.url.replace("/ows", "/-/live"), Credentials(), parse_crs, tmp_path)
    with pytest.raises(DataUnavailable, match="does not answer as a WCS"):
        target.check()
    target.close()


def test_members_are_renewed_there(server: Server, target: HttpTarget) -> None:
    target.insert(slice_of(148654, 1), [], "")
    other = replace(slice_of(148654, 3), identifier="part_0")
    target.insert(other, [], "")
    try:
        for _ in range(2):
            renew_members(target, "part", ["part_0"], False)
            url = f"{server.url.replace('/ows', '')}/rasdaman/admin/coverage/pyramid/list?coverageId=part"
            assert requests.get(url, timeout=60).json()["members"] == [{"coverage": "part_0", "scale": [1, 1, 1]}]
    finally:
        target.delete("part_0")
