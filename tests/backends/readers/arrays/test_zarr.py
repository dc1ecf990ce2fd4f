# SPDX-License-Identifier: MIT
"""Groups of Zarr hold what netCDF files with the same variables hold."""

from __future__ import annotations

import base64
import functools
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.readers.arrays.cf import array_cubes
from eoxserver.backends.readers.arrays.files import holds_arrays, open_arrays, read_arrays
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable, NoSuchField
from tests.backends.readers.arrayfiles import cube, write_netcdf, write_zarr


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The URL of a web server on the folder of the test; it lists nothing that tensorstore reads."""

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Be quiet."""

        def log_error(self, *args: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("consolidated", [True, False])
def test_the_same_as_netcdf(tmp_path: Path, version: int, consolidated: bool) -> None:
    variables = cube(names="ab", units="hours since 2000-01-01")
    zarr = str(write_zarr(tmp_path / "a.zarr", variables, version, consolidated))
    netcdf = str(write_netcdf(tmp_path / "a.nc", variables))
    assert holds_arrays(zarr)
    (one,), (other,) = (array_cubes(read_arrays(path)) for path in (zarr, netcdf))
    assert (one.variables, one.domain, one.range_type) == (other.variables, other.domain, other.range_type)
    sources = [open_arrays(path, one.variables) for path in (zarr, netcdf)]
    assert sources[0].chunks == (2, 3, 4)
    for box in (CellBox.whole((3, 4, 5)), CellBox((1, 2, 0), (3, 3, 5))):
        cells = [source.read(box, [1, 0]).values for source in sources]
        assert (cells[0] == cells[1]).all()
        assert cells[0].dtype == cells[1].dtype


@pytest.mark.parametrize("version", [2, 3])
def test_a_group_on_a_web_server(tmp_path: Path, web: str, version: int) -> None:
    write_zarr(tmp_path / "a.zarr", cube(), version, consolidated=True)
    (found,) = array_cubes(read_arrays(f"{web}/a.zarr"))
    assert found.domain.shape == (3, 4, 5)
    assert open_arrays(f"{web}/a.zarr", ["v"]).read(CellBox((2, 3, 4), (3, 4, 5)), [0]).values.item() == 60
    with pytest.raises(DataUnavailable, match="holds no array of Zarr"):
        read_arrays(f"{web}/b.zarr")


def test_missing_values_as_xarray_writes_them(tmp_path: Path) -> None:
    v = cube()["v"]
    encoded = base64.b64encode(np.array([np.nan], "<f8").tobytes()).decode()
    variables = {**cube(), "v": replace(v, values=v.values.astype("f4"), attributes={"_FillValue": encoded})}
    write_zarr(tmp_path / "a.zarr", variables, 3)
    (found,) = array_cubes(read_arrays(str(tmp_path / "a.zarr")))
    (nil,) = found.range_type.fields[0].nil
    assert np.isnan(nil.low)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr", cube(), 3)
    with pytest.raises(NoSuchField, match="no array 'w'"):
        open_arrays(str(path), ["w"])
    with pytest.raises(DataUnavailable, match="not of one shape"):
        open_arrays(str(path), ["v", "time"])
    (path / "zarr.json").write_text("{")
    with pytest.raises(DataUnavailable, match="no JSON"):
        read_arrays(str(path))
    assert not holds_arrays(str(tmp_path))


def test_a_broken_chunk_names_the_group(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr", cube(), 2)
    source = open_arrays(str(path), ["v"])
    for chunk in (path / "v").glob("0.*"):
        chunk.write_bytes(b"broken")
    with pytest.raises(DataUnavailable, match=r"a\.zarr cannot be read"):
        source.read(CellBox.whole((3, 4, 5)), [0])
