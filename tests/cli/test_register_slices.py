# SPDX-License-Identifier: MIT
"""``eoxserver register --axis``: files are slices of one coverage; and n-D arrays are n-D coverages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from tests.backends.rasters import write
from tests.backends.readers.arrayfiles import cube, write_netcdf, write_zarr
from tests.cli.conftest import Commands

BY_NAME = r"ansi=AnsiDate:regex(_(\d{8})\.)"


def day(folder: Path, date: str, value: int = 1, **tags: str) -> Path:
    """A raster of 4 x 8 cells."""
    folder.mkdir(exist_ok=True)
    path = folder / f"t_{date}.tif"
    write(path, np.full((1, 4, 8), value, "int16"), nodata=-1)
    if tags:
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(**tags)
    return path


def axis(eoxserver: Commands, identifier: str, number: int = 0) -> dict[str, object]:
    found: dict[str, object] = eoxserver.json("describe", identifier)["axes"][number]
    return found


def test_a_series_grows_when_the_command_is_given_again(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    day(folder, "20200101")
    day(folder, "20200105")
    assert "2 registered" in eoxserver.ok("register", folder, "--id", "temps", "--axis", BY_NAME)
    first = axis(eoxserver, "temps")
    assert (first["kind"], first["size"]) == ("IrregularAxis", 2)
    day(folder, "20200103")
    told = eoxserver.ok("register", folder, "--id", "temps", "--axis", BY_NAME)
    assert "1 registered, 2 unchanged" in told
    whole = eoxserver.json("describe", "temps")
    assert (whole["slices"], whole["axes"][0]["size"]) == (3, 3)
    assert (whole["begin_time"], whole["end_time"]) == ("2020-01-01T00:00:00Z", "2020-01-05T00:00:00Z")
    assert eoxserver.ok("check") == "1 coverages checked, 0 with problems\n"


def test_a_regular_axis_has_gaps(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    for date in ("20200101", "20200105"):
        day(folder, date)
    eoxserver.ok("register", folder, "--id", "temps", "--axis", f"{BY_NAME}/P1D")
    found = axis(eoxserver, "temps")
    assert (found["kind"], found["size"], found["step"]) == ("RegularAxis", 5, "1")


def test_several_axes_from_metadata_and_names(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    for number, level in (("01", "850"), ("02", "500")):
        day(folder, f"202001{number}", LEVEL=level, ACQUISITION_START_TIME=f"2020-01-{number}T06:00:00Z")
    words = ("--axis", "ansi=AnsiDate", "--axis", "h=:metadata(LEVEL)")
    eoxserver.ok("register", folder, "--id", "a", *words)
    whole = eoxserver.json("describe", "a")
    assert [one["label"] for one in whole["axes"]] == ["ansi", "h", "Lat", "Long"]
    assert whole["axes"][0]["low"] == "2020-01-01T06:00:00.000Z"
    assert (whole["axes"][1]["low"], whole["axes"][1]["high"]) == ("500", "850")
    eoxserver.ok("register", folder, "--id", "b", "--axis", "k=:order")
    assert (axis(eoxserver, "b")["kind"], axis(eoxserver, "b")["high"]) == ("IndexAxis", "1")
    eoxserver.ok("register", folder, "--id", "c", "--axis", r"n=:regex(2020(\d+))/1")
    assert (axis(eoxserver, "c")["kind"], axis(eoxserver, "c")["low"]) == ("RegularAxis", "100.5")


def test_files_that_do_not_fit_are_refused_and_the_rest_goes_on(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    day(folder, "20200101")
    day(folder, "20200102")
    write(folder / "t_20200103.tif", np.zeros((1, 2, 2), "int16"))
    write(folder / "t_20200104.tif", np.zeros((2, 4, 8), "int16"))
    write(folder / "t_20200105.tif", np.zeros((1, 4, 8), "float64"))
    write(folder / "undated.tif", np.zeros((1, 4, 8), "int16"))
    (folder / "t_20200106.tif").write_bytes(b"II*\0")
    result = eoxserver("register", folder, "--id", "temps", "--axis", BY_NAME)
    assert result.exit_code == 1
    assert "2 registered, 5 refused" in result.stdout
    for text in ("resolution", "has 2 fields; the coverage has 1", "is float64", "finds no time in the name"):
        assert text in result.stdout
    assert axis(eoxserver, "temps")["size"] == 2


def test_replace_dry_run_and_deregister(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    path = day(folder, "20200101")
    words = ("--id", "temps", "--axis", BY_NAME)
    assert "1 planned" in eoxserver.ok("register", folder, *words, "--dry-run")
    assert eoxserver.json("list") == []
    eoxserver.ok("register", folder, *words, "--collection", "all")
    path.unlink()
    day(folder, "20200201")
    assert "1 replaced" in eoxserver.ok("register", folder, *words, "--replace")
    assert axis(eoxserver, "temps")["low"] == "2020-02-01T00:00:00.000Z"
    assert [row["identifier"] for row in eoxserver.json("list", "--collection", "all")] == ["temps"]
    (folder / "t_20200202.tif").write_bytes(b"II*\0")
    assert eoxserver("register", folder, *words, "--replace").exit_code == 1
    assert axis(eoxserver, "temps")["low"] == "2020-02-01T00:00:00.000Z"
    places = {row["identifier"]: row["where"] for row in eoxserver.json("list", "--where")}
    assert places["temps"] == [str(folder / "t_20200201.tif")]
    eoxserver.ok("deregister", "temps")
    assert not any(row["identifier"] == "temps" for row in eoxserver.json("list"))


def test_check_names_the_file(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    for date in ("20200101", "20200102", "20200103"):
        day(folder, date)
    eoxserver.ok("register", folder, "--id", "temps", "--axis", BY_NAME)
    (folder / "t_20200102.tif").unlink()
    write(folder / "t_20200103.tif", np.zeros((1, 2, 8), "int16"))
    told = eoxserver("check").stdout
    assert "t_20200102.tif: no such file" in told
    assert "t_20200103.tif: 2 x 8 cells, registered with 4 x 8" in told
    assert "t_20200101.tif" not in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--axis", "ansi"), "--id ID names it"),
        (("--id", "a", "--axis", "1=x"), "'1=x' is no axis; accepted: LABEL=CRS:HOW"),
        (("--id", "a", "--axis", "t=EPSG:4326"), "EPSG:4326 has 2 axes"),
        (("--id", "a", "--axis", "t=NoDate"), "NoDate"),
        (("--id", "a", "--axis", "t=AnsiDate/P1M"), "months and years have no fixed length"),
        (("--id", "a", "--axis", "t=:time"), "is no CRS of time"),
        (("--id", "a", "--axis", "t=AnsiDate:regex"), "regex needs an argument"),
        (("--id", "a", "--axis", "t=AnsiDate:regex(()"), "regular expression"),
        (("--id", "a", "--axis", "t/P1D"), "'/irregular' is accepted"),
        (("--id", "a", "--axis", "t", "--bands"), "exclude each other"),
    ],
)
def test_wrong_usage(eoxserver: Commands, words: tuple[str, ...], message: str) -> None:
    told = " ".join(eoxserver.fails("register", "x.tif", *words, code=2).split())
    assert message in told


def test_an_identifier_of_something_else(eoxserver: Commands, tmp_path: Path) -> None:
    path = day(tmp_path / "days", "20200101")
    eoxserver.ok("register", path, "--id", "one")
    told = eoxserver.fails("register", path, "--id", "one", "--axis", BY_NAME)
    assert "taken by a RectifiedDataset without slices; --replace" in told
    eoxserver.ok("register", path, "--id", "one", "--axis", BY_NAME, "--replace")
    assert eoxserver.json("describe", "one")["kind"] == "Coverage"


# -- arrays -----------------------------------------------------------------------------------------------


def test_arrays_become_coverages(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    folder.mkdir()
    write_netcdf(folder / "a.nc", cube(names="ab"), title="two fields")
    write_zarr(folder / "z.zarr", cube(), 3)
    assert "2 registered" in eoxserver.ok("register", folder)
    whole = eoxserver.json("describe", "a")
    assert (whole["kind"], whole["title"]) == ("Coverage", "two fields")
    assert [(one["label"], one["size"]) for one in whole["axes"]] == [("time", 3), ("Lat", 4), ("Long", 5)]
    assert [one["name"] for one in whole["fields"]] == ["a", "b"]
    assert eoxserver.json("describe", "z")["data_items"][0]["driver"] == "Zarr"
    assert "2 unchanged" in eoxserver.ok("register", folder)
    assert "2 replaced" in eoxserver.ok("register", folder, "--replace")
    assert eoxserver.ok("check") == "2 coverages checked, 0 with problems\n"
    one = f'NETCDF:"{folder / "a.nc"}":b'
    eoxserver.ok("register", one, "--id", "only_b")
    assert [field["name"] for field in eoxserver.json("describe", "only_b")["fields"]] == ["b"]
    assert "axes: time (irregular, 3: 2000-01-01" in eoxserver.ok("register", one, "--id", "x", "--dry-run")


def test_an_array_with_one_time_is_an_image(eoxserver: Commands, tmp_path: Path) -> None:
    path = write_netcdf(tmp_path / "a.nc", cube(times=(3,)))
    eoxserver.ok("register", path, "--crs", "EPSG:4326")
    assert eoxserver.json("describe", "a")["kind"] == "RectifiedDataset"


def test_array_files_that_follow_each_other(eoxserver: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    folder.mkdir()
    for number, times in enumerate([(0, 1, 5), (9,), (2, 6, 7)]):
        write_netcdf(folder / f"{number}.nc", cube(times=times))
    told = eoxserver.ok("register", folder, "--id", "all", "--axis", "time/irregular")
    assert "3 registered" in told
    assert axis(eoxserver, "all")["size"] == 7
    assert "has no axis height" in eoxserver("register", folder, "--id", "x", "--axis", "height").stdout
    assert (
        "is a raster and has no axis time"
        in eoxserver("register", day(tmp_path / "days", "20200101"), "--id", "x", "--axis", "time").stdout
    )
