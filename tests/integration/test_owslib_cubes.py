# SPDX-License-Identifier: MIT
"""OWSLib's WCS 2.0.1 client reads descriptions and cells of coverages with time and height."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, make_server

import netCDF4
import numpy as np
import pytest
from owslib.wcs import WebCoverageService

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wire import Request
from tests.services.wcs.v20.coverages import all_coverages, eobs, four, irr
from tests.services.wcs.v20.test_encodings import real_client, values
from tests.xmlschemas import NS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

pytestmark = pytest.mark.integration


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Answer the URL of a service over one coverage of each kind."""
    client = real_client(tmp_path_factory.mktemp("cubes"), all_coverages())

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        pairs = parse_qsl(str(environ["QUERY_STRING"]), keep_blank_values=True)
        url = f"http://{environ['HTTP_HOST']}/ows"
        response = client.service.handle(Request(Params(pairs), url))
        start_response("200 OK", [("Content-Type", response.media_type)])
        return [response.body] if isinstance(response.body, bytes) else response.body

    with make_server("127.0.0.1", 0, answer, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/ows"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def wcs(address: str) -> Any:
    return WebCoverageService(address, version="2.0.1")


def test_every_coverage_is_described(wcs: Any) -> None:
    for coverage in all_coverages():
        root = wcs.getDescribeCoverage(coverage.identifier)
        assert root.findtext(".//wcs:CoverageId", namespaces=NS) == coverage.identifier
        assert {"text/csv", "application/json", "application/netcdf"} < set(wcs[coverage.identifier].supportedFormats)


def test_the_grid_of_a_cube(wcs: Any) -> None:
    grid = wcs["eobs"].grid
    assert grid.axislabels == ["t", "Lat", "Long"]
    assert (grid.lowlimits, grid.highlimits) == (["0", "0", "0"], ["5", "29", "39"])


def test_the_grid_of_a_cube_with_irregular_times(wcs: Any) -> None:
    grid = wcs["irr"].grid
    assert grid.axislabels == ["ansi", "Y", "X"]
    assert grid.highlimits == ["2", "1", "2"]


def test_slices_and_trims_of_cubes(wcs: Any) -> None:
    subsets = [("t", "1950-01-02"), ("Lat", 30, 31), ("Long", 40, 41)]
    answer = wcs.getCoverage(identifier="eobs", format="application/json", subsets=subsets)
    np.testing.assert_array_equal(json.loads(answer.read()), values(eobs())[0, 1, 18:20, 0:2])
    subsets = [("ansi", "2008-01-02", "2008-01-06")]
    answer = wcs.getCoverage(identifier="irr", format="text/csv", subsets=subsets)
    cells = values(irr())[:, 1:]
    assert answer.read().decode().count('"') == 2 * cells[0].size


def test_a_cube_as_netcdf(wcs: Any, tmp_path: Path) -> None:
    answer = wcs.getCoverage(identifier="four", format="application/netcdf")
    (tmp_path / "four.nc").write_bytes(answer.read())
    with HDF5_LOCK, netCDF4.Dataset(tmp_path / "four.nc") as dataset:
        assert dataset["v"].dimensions == ("ansi", "h", "Lat", "Long")
        np.testing.assert_array_equal(dataset["v"][:], values(four())[0])
