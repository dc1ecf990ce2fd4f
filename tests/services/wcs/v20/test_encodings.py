# SPDX-License-Identifier: MIT
"""Coverages from none to four axes, requested in every format with the encoders that come with the package."""

from __future__ import annotations

import email.policy
import json
from collections.abc import Iterable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from eoxserver.backends.drivers import format_drivers
from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.conf.formats import load_formats
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.fields import Field, RangeType
from eoxserver.plugins import load_plugins
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.wcs.service import WebCoverageService
from eoxserver.services.wire import Response
from tests.applications import raster_cells
from tests.services.wcs.conftest import Client, body, make_client
from tests.services.wcs.v20.coverages import all_coverages, eobs, four, irr, line, pixels, rgb
from tests.xmlschemas import NS, parse_xml, texts

GET = (("version", "2.0.1"), ("request", "GetCoverage"))
GENERAL = (("version", "2.1.0"), ("request", "GetCoverage"), ("outputType", "GeneralGridCoverage"))
COVJSON = "application/vnd.cov+json"


def real_client(folder: Path, coverages: Iterable[Coverage]) -> Client:
    """Answer a client of a service with the encoders and formats of this machine."""
    client = make_client(folder, coverages)
    plugins = load_plugins()
    settings = client.context.settings
    encoders = {key: plugins.encoders[key](settings) for key in plugins.encoders}
    context = replace(
        client.context,
        engine=replace(client.context.engine, encoders=encoders),
        formats=FormatRegistry(settings, load_formats(), format_drivers(encoders)),
    )
    return Client(context, WebCoverageService(context))


@pytest.fixture
def served(tmp_path: Path) -> Client:
    odd = replace(pixels(), identifier="odd", range_type=RangeType((Field("z", np.dtype("c8")),)))
    cells = MemorySource(np.arange(20).reshape(1, 4, 5).astype("c8") * (1 - 2j))
    return real_client(tmp_path, [*all_coverages(), replace(odd, source=cells)])


def values(coverage: Coverage) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    assert isinstance(coverage.source, MemorySource)
    return coverage.source.values


def asked(client: Client, identifier: str, mime: str, *pairs: tuple[str, str]) -> bytes:
    response = client.ask(*GET, ("coverageId", identifier), ("format", mime), *pairs)
    assert response.status == 200, body(response).decode()
    assert response.media_type == mime
    return body(response)


@pytest.mark.parametrize("coverage", [rgb(), eobs(), irr(), four(), line(), pixels()], ids=lambda one: one.identifier)
def test_all_axes_in_all_formats(served: Client, coverage: Coverage, tmp_path: Path) -> None:
    cells, identifier = values(coverage), coverage.identifier
    count = len(cells)
    lists = np.array(json.loads(asked(served, identifier, "application/json")), dtype=object)
    assert lists.shape == coverage.domain.shape
    found = np.array([str(cell).split() for cell in lists.ravel()], float).T
    np.testing.assert_array_equal(found, cells.reshape(count, -1))
    csv = asked(served, identifier, "text/csv").decode()
    nested = f"[{csv.replace('{', '[').replace('}', ']')}]"
    assert json.loads(nested) == json.loads(asked(served, identifier, "application/json"))
    ranges = json.loads(asked(served, identifier, COVJSON))["ranges"]
    for number, name in enumerate(coverage.range_type.names):
        np.testing.assert_array_equal(np.reshape(ranges[name]["values"], ranges[name]["shape"]), cells[number])
    (tmp_path / "answer.nc").write_bytes(asked(served, identifier, "application/netcdf"))
    with HDF5_LOCK, netCDF4.Dataset(tmp_path / "answer.nc") as dataset:
        dataset.set_auto_mask(False)
        for number, name in enumerate(coverage.range_type.names):
            assert dataset[name].dimensions == coverage.domain.labels
            np.testing.assert_array_equal(dataset[name][:], cells[number])
    tuples = texts(parse_xml(asked(served, identifier, "application/gml+xml")), "//gml:tupleList/text()")[0]
    found = np.array([cell.split() for cell in tuples.split(",")], float).T
    np.testing.assert_array_equal(found, cells.reshape(count, -1))


def test_one_slice_in_a_format_of_two_axes(served: Client) -> None:
    tiff = asked(served, "eobs", "image/tiff", ("subset", 't("1950-01-03")'))
    np.testing.assert_array_equal(raster_cells(tiff)[0], values(eobs())[0, 2])


@pytest.mark.parametrize(
    ("mime", "text"),
    [("text/csv", "740"), ("application/json", "740")],
)
def test_a_single_value(served: Client, mime: str, text: str) -> None:
    pairs = (("subset", 't("1950-01-01")'), ("subset", "Lat(30.6)"), ("subset", "Long(50.1)"))
    assert asked(served, "eobs", mime, *pairs).decode() == text
    found = json.loads(asked(served, "eobs", COVJSON, *pairs))
    assert found["ranges"]["tg"]["values"] == [740]


def test_complex_numbers(served: Client) -> None:
    assert asked(served, "odd", "text/csv", ("subset", "i(1)")).decode() == "(1,-2),(6,-12),(11,-22),(16,-32)"
    np.testing.assert_array_equal(
        raster_cells(asked(served, "odd", "image/tiff")), np.arange(20).reshape(1, 4, 5) * (1 - 2j)
    )


def refused(response: Response) -> str:
    assert response.status == 400
    error = parse_xml(body(response)).find("ows:Exception", namespaces=NS)
    assert error is not None
    assert (error.get("exceptionCode"), error.get("locator")) == ("UnsupportedCombination", "format")
    return error.findtext("ows:ExceptionText", namespaces=NS) or ""


def test_what_a_format_cannot_hold_is_refused_with_those_that_can(served: Client) -> None:
    for mime in ("image/png", "image/tiff", "image/jpeg"):
        message = refused(served.ask(*GET, ("coverageId", "eobs"), ("format", mime)))
        assert "3 (t, Lat, Long)" in message
        able = message.partition("Formats that hold this result: ")[2].split(", ")
        assert able == [
            "application/netcdf", "application/x-netcdf", "text/csv", "application/json", "application/vnd.cov+json",
            "application/prs.coverage+json", "application/gml+xml",
        ]  # fmt: skip
    for mime in ("application/netcdf", "application/gml+xml", COVJSON):
        message = refused(served.ask(*GET, ("coverageId", "odd"), ("format", mime)))
        able = message.partition("Formats that hold this result: ")[2].split(", ")
        assert able[0] == "image/tiff" and able[-2:] == ["text/csv", "application/json"]


def parts(response: Response) -> list[tuple[str, bytes]]:
    head = f"Content-Type: {response.media_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body(response), policy=email.policy.HTTP)
    assert isinstance(message, EmailMessage)
    found = [(part.get_content_type(), part.get_payload(decode=True)) for part in message.iter_parts()]
    return [(media_type, content) for media_type, content in found if isinstance(content, bytes)]


@pytest.mark.parametrize(
    ("mime", "extension"),
    [("application/netcdf", "nc"), ("text/csv", "csv"), ("application/json", "json"), (COVJSON, "covjson")],
)
def test_every_format_comes_in_parts_too(served: Client, mime: str, extension: str) -> None:
    pairs = (("coverageId", "four"), ("format", mime))
    whole = body(served.ask(*GET, *pairs))
    (first_type, first), (second_type, second) = parts(served.ask(*GET, *pairs, ("mediaType", "multipart/related")))
    assert (first_type, second_type) == ("application/gml+xml", mime)
    root = parse_xml(first)
    assert texts(root, "//gml:fileReference/text()") == [f"cid:four.{extension}"]
    assert texts(root, "//gml:mimeType/text()") == [mime]
    assert texts(root, "//gml:high/text()") == ["1 2 1 3"]
    if mime != "application/netcdf":  # which has the time of its making in it
        assert second == whole


def test_general_grids(served: Client) -> None:
    gml = served.ask(*GENERAL, ("coverageId", "irr"))
    assert gml.media_type == "application/gml+xml"
    assert parse_xml(body(gml)).tag == f"{{{NS['cis11']}}}GeneralGridCoverage"
    found = served.ask(*GENERAL, ("coverageId", "irr"), ("format", "application/json"), ("subset", "X(0,1000)"))
    assert found.media_type == "application/json"
    assert json.loads(body(found))["type"] == "CoverageByDomainAndRangeType"
    plain = served.ask(("version", "2.1.0"), GET[1], ("coverageId", "irr"), ("format", "application/json"))
    assert isinstance(json.loads(body(plain)), list)
    ((media_type, document),) = parts(served.ask(*GENERAL, ("coverageId", "irr"), ("mediaType", "multipart/related")))
    assert media_type == "application/gml+xml"
    assert document == body(gml)


@pytest.mark.parametrize(
    ("pairs", "code", "locator", "named"),
    [
        ((*GENERAL, ("coverageId", "rgb"), ("format", "image/tiff")), "InvalidRequest", "outputType", "image/tiff"),
        ((*GET, GENERAL[2], ("coverageId", "rgb")), "InvalidRequest", "outputType", "2.1.0"),
        ((*GENERAL[:2], ("outputType", "X"), ("coverageId", "rgb")), "InvalidParameterValue", "outputType", "'X'"),
        ((*GENERAL, ("coverageId", "odd")), "UnsupportedCombination", "format", "text/csv"),
    ],
)
def test_general_grids_that_are_not_offered(
    served: Client, pairs: tuple[tuple[str, str], ...], code: str, locator: str, named: str
) -> None:
    response = served.ask(*pairs)
    error = parse_xml(body(response)).find("ows:Exception", namespaces=NS)
    assert response.status == 400 and error is not None
    assert (error.get("exceptionCode"), error.get("locator")) == (code, locator)
    assert named in (error.findtext("ows:ExceptionText", namespaces=NS) or "")


def test_formats_are_announced(served: Client) -> None:
    root = parse_xml(body(served.ask(("request", "GetCapabilities"))))
    offered = texts(root, "//wcs:formatSupported/text()")
    assert {"text/csv", "application/json", COVJSON, "application/netcdf", "application/gml+xml"} < set(offered)
    assert len(offered) == len(set(offered))
    assert {"http://www.opengis.net/doc/CS/covjson/1.0"} < set(texts(root, "//ows:Profile/text()"))


def test_version_2_1(served: Client) -> None:
    root = parse_xml(body(served.ask(("request", "GetCapabilities"), ("acceptVersions", "2.1.0,2.0.1"))))
    assert root.get("version") == "2.1.0"
    assert texts(root, "//ows:ServiceTypeVersion/text()") == ["2.0.1", "2.1.0"]
    assert parse_xml(body(served.ask(("request", "GetCapabilities")))).get("version") == "2.0.1"
    pairs = (("request", "DescribeCoverage"), ("coverageId", "irr"))
    both = [body(served.ask(("version", version), *pairs)) for version in ("2.0.1", "2.1.0")]
    assert both[0] == both[1]
