# SPDX-License-Identifier: MIT
"""Coverages over files in place answer WCS and WMS as the ones that are inserted from the same files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.core.coverage import CellBox, MemorySource
from eoxserver.resources.coverages.registration.proposals import Options
from eoxserver.resources.coverages.stacking.rules import parse_rule
from eoxserver.resources.coverages.stacking.series import Series, SeriesOptions
from tests.applications import Application, application, instance_template
from tests.backends.rasters import write
from tests.backends.readers.arrayfiles import cube, write_netcdf, write_zarr
from tests.fileservers import FileServer

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

BY_NAME = r"ansi=AnsiDate:regex(_(\d{8})\.)"
DATES = ("20200101", "20200102", "20200104")


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as found:
        yield found


def series(app: Application, identifier: str, paths: Sequence[Path | str], *axes: str) -> None:
    """Register files as slices."""
    instance = app.instance
    rules = tuple(parse_rule(axis, instance.crss.parse) for axis in axes)
    outcomes = list(
        Series(instance.registrar(), instance.stacks).register(paths, SeriesOptions(identifier, rules, Options()))
    )
    assert [outcome.reason for outcome in outcomes] == [""] * len(paths)


def insert_copy(app: Application, identifier: str, copy: str) -> None:
    """Insert all cells of a coverage as another one."""
    found = app.instance.catalogue.coverage(identifier)
    cells = found.source.read(CellBox.whole(found.source.shape), range(len(found.range_type)))
    source = MemorySource(cells.values, cells.mask())
    changed: dict[str, Any] = {"identifier": copy, "source": source}
    app.instance.ingestion.insert(type(found)(**{**vars(found), **changed}))


@pytest.fixture
def days(app: Application, tmp_path: Path) -> Application:
    """A regular series with a gap in place, ``placed``, and the same cells ``inserted``."""
    generator = np.random.default_rng(7)
    paths = []
    for date in DATES:
        values = generator.integers(-1, 200, (1, 6, 8)).astype("int16")
        paths.append(Path(write(tmp_path / f"t_{date}.tif", values, nodata=-1)))
    series(app, "placed", paths[:1], f"{BY_NAME}/P1D")
    series(app, "placed", paths[1:], BY_NAME)
    insert_copy(app, "placed", "inserted")
    return app


REQUESTS: list[dict[str, Any]] = [
    {},
    {"subset": 'ansi("2020-01-02")'},
    {"subset": 'ansi("2020-01-03")'},
    {"subset": ['ansi("2020-01-02","2020-01-04")', "Lat(41,43)", "Long(12,17)"]},
    {"subset": ['ansi("2020-01-04")', "Lat(42.1)"], "format": "application/json"},
    {"subset": ['ansi("2020-01-01")'], "format": "image/tiff"},
    {"subset": ['ansi("2020-01-01")', "Lat(41,44)"], "scalefactor": "2", "format": "image/tiff"},
    {"subset": ["Lat(41,44)"], "format": "text/csv"},
    {
        "subset": ['ansi("2020-01-01")'],
        "outputcrs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "format": "image/tiff",
    },
]


def cells(body: bytes, kind: str | None) -> Any:
    """What there is to compare of an answer."""
    if "netcdf" not in (kind or ""):
        return body
    with HDF5_LOCK, netCDF4.Dataset("x.nc", memory=body) as dataset:
        found: dict[str, npt.NDArray[Any]] = {name: one[...] for name, one in dataset.variables.items()}
        return {name: (np.ma.getmaskarray(one).tolist(), np.ma.filled(one, 0).tolist()) for name, one in found.items()}


@pytest.mark.parametrize("request_", REQUESTS)
def test_wcs_answers_the_same(days: Application, request_: dict[str, Any]) -> None:
    one, other = (days.wcs("GetCoverage", coverageid=name, **request_) for name in ("placed", "inserted"))
    assert (one.status_code, one.mimetype) == (200, other.mimetype)
    assert cells(one.data, one.mimetype) == cells(other.data, other.mimetype)


def test_they_are_described_the_same(days: Application) -> None:
    for params in ({}, {"outputtype": "GeneralGridCoverage", "version": "2.1.0"}):
        one, other = (days.wcs("DescribeCoverage", coverageid=name, **params) for name in ("placed", "inserted"))
        assert one.status_code == 200, one.text
        assert one.data == other.data.replace(b"inserted", b"placed")


def test_maps_are_the_same(days: Application) -> None:
    params = {
        "crs": "CRS:84", "bbox": "10,40,20,45", "width": "80", "height": "40", "styles": "", "format": "image/png",
        "transparent": "true",
    }  # fmt: skip
    for time in ("2020-01-01", "2020-01-04"):
        one, other = (days.wms("GetMap", layers=name, time=time, **params) for name in ("placed", "inserted"))
        assert (one.status_code, one.mimetype) == (200, "image/png"), one.data
        assert one.data == other.data


def test_an_answer_is_another_one_when_a_file_changes(days: Application, tmp_path: Path) -> None:
    def ask(**headers: str) -> Any:
        query = "service=WCS&version=2.0.1&request=GetCoverage&coverageid=placed&format=text/csv"
        return days.get(query, **headers)

    first = ask()
    tag = first.headers["ETag"]
    assert ask(If_None_Match=tag).status_code == 304
    write(tmp_path / "new.tif", np.full((1, 6, 8), 42, "int16"), nodata=-1)
    (tmp_path / "new.tif").replace(tmp_path / f"t_{DATES[0]}.tif")
    again = ask(If_None_Match=tag)
    assert again.status_code == 200
    assert again.data != first.data


def test_a_missing_file_is_an_answer_that_names_it(days: Application, tmp_path: Path) -> None:
    (tmp_path / f"t_{DATES[1]}.tif").unlink()
    good = days.wcs("GetCoverage", coverageid="placed", subset='ansi("2020-01-01")', format="text/csv")
    assert good.status_code == 200
    bad = days.wcs("GetCoverage", coverageid="placed", format="text/csv")
    assert bad.status_code >= 400
    assert f"t_{DATES[1]}.tif" in bad.text
    assert str(tmp_path) not in bad.text


@pytest.mark.parametrize("falling", [True, False])
@pytest.mark.parametrize("kind", ["netcdf", "zarr2", "zarr3", "files"])
def test_arrays(app: Application, tmp_path: Path, kind: str, falling: bool) -> None:
    whole = cube(times=(0, 1, 5, 7), falling=falling)
    if kind == "netcdf":
        app.register(write_netcdf(tmp_path / "a.nc", whole))
    elif kind == "files":
        values = whole["v"].values
        for number, times in enumerate([(0, 5), (1, 7)]):
            part = cube(times=times, falling=falling)
            part["v"].values[...] = values[[0, 2]] if number == 0 else values[[1, 3]]
            write_netcdf(tmp_path / f"{number}.nc", part)
        series(app, "a", [tmp_path / "0.nc", tmp_path / "1.nc"], "time/irregular")
    else:
        app.register(write_zarr(tmp_path / "a.zarr", whole, int(kind[-1])))
    answer = app.wcs("GetCoverage", coverageid="a", subset='time("2000-01-06")', format="application/netcdf")
    assert answer.status_code == 200, answer.text
    with HDF5_LOCK, netCDF4.Dataset("x.nc", memory=answer.data) as dataset:
        assert (np.asarray(dataset["v"][...]) == whole["v"].values[2]).all()
    insert_copy(app, "a", "b")
    for subset in (["Lat(40,41)", "Long(10.1,11)"], ['time("2000-01-02","2000-01-08")']):
        one, other = (
            app.wcs("GetCoverage", coverageid=name, subset=subset, format="application/netcdf") for name in ("a", "b")
        )
        assert cells(one.data, one.mimetype) == cells(other.data, other.mimetype)


def test_netcdf_of_ours_is_the_coverage_it_was_made_of(days: Application, tmp_path: Path) -> None:
    body = days.wcs("GetCoverage", coverageid="placed", format="application/netcdf").data
    (tmp_path / "again.nc").write_bytes(body)
    days.register(tmp_path / "again.nc")
    one, other = (days.instance.catalogue.coverage(name) for name in ("placed", "again"))
    assert other.domain.axes[0] == one.domain.axes[0]
    assert (other.domain.labels, other.domain.crs_labels, other.domain.crs) == (
        one.domain.labels, one.domain.crs_labels, one.domain.crs,
    )  # fmt: skip
    for mine, own in zip(one.domain.axes, other.domain.axes, strict=True):
        assert np.allclose(mine.coordinates(), own.coordinates(), rtol=0, atol=1e-12)
    box = CellBox.whole(one.source.shape)
    a, b = (found.source.read(box, [0]) for found in (one, other))
    assert (a.mask() == b.mask()).all()
    assert (a.values[a.mask()] == b.values[b.mask()]).all()


def test_two_months_of_soil_moisture(app: Application, shared: Path) -> None:
    paths = sorted((shared / "data").glob("cci_ssmv_*.tif"))
    series(app, "sm", paths, r"ansi=AnsiDate:regex(_(\d{6})\.)")
    found = app.instance.catalogue.coverage("sm")
    assert found.domain.axes[0].size == len(paths) == 2
    answer = app.wcs("GetCoverage", coverageid="sm", subset=["Lat(47.1)", "Long(15.1)"], format="text/csv")
    assert answer.status_code == 200
    app.register(*paths)
    series_ = [float(word) for word in answer.text.strip("{} \n").replace('"', "").split(",")]
    for path, value in zip(paths, series_, strict=True):
        alone = app.wcs("GetCoverage", coverageid=path.stem, subset=["Lat(47.1)", "Long(15.1)"], format="text/csv").text
        assert float(alone.strip("{} \n")) == value


@pytest.mark.parametrize("stored", [False, True], ids=["by URL", "in a storage"])
def test_files_elsewhere(app: Application, tmp_path: Path, stored: bool) -> None:
    files = {}
    for number, date in enumerate(DATES):
        path = write(tmp_path / f"t_{date}.tif", np.full((1, 6, 8), number, "int16"), nodata=-1)
        files[f"eo/t_{date}.tif"] = Path(path).read_bytes()
    for number, times in enumerate([(0, 1), (4,)]):
        files[f"eo/{number}.nc"] = write_netcdf(tmp_path / f"{number}.nc", cube(times=times)).read_bytes()
    with FileServer(files) as server:
        if stored:
            app.instance.registrar().storages.add("eo", f"{server.url}/eo")
        url = f"{server.url}/eo"
        series(app, "days", [f"{url}/t_{date}.tif" for date in DATES], BY_NAME)
        series(app, "arrays", [f"{url}/0.nc", f"{url}/1.nc"], "time/irregular")
        answer = app.wcs("GetCoverage", coverageid="days", subset=["Lat(42)", "Long(12)"], format="text/csv")
        assert answer.text.strip("{} \n").replace('"', "").split(",") == ["0", "1", "2"]
        answer = app.wcs("GetCoverage", coverageid="arrays", subset=["Lat(40.5)", "Long(11)"], format="text/csv")
        assert len(answer.text.split(",")) == 3, answer.text
        assert [one.problems for one in app.instance.registrar().check()] == [(), ()]
