# SPDX-License-Identifier: MIT
"""Coverages out of others: the same ingredients against a server and in process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from eoxserver.app import open_instance
from eoxserver.backends.credentials import Credentials
from eoxserver.core.coverage import MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import AccessDenied, CoverageExists, DataUnavailable, EOxServerError
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.services.ows.exceptions import Report, ows_exception_report
from eoxserver.wcst_import.errors import ImportRefused
from eoxserver.wcst_import.targets.http import HttpTarget
from tests.cli.conftest import Commands, eoxserver, template_instance
from tests.resources.coverages.ingestion.coverages import slice_of
from tests.wcst_import.imports import ingredients
from tests.wcst_import.targets.test_http import Server, cells, fetched, server, target

__all__ = ["eoxserver", "server", "target", "template_instance"]

pytestmark = pytest.mark.integration

VIRTUAL_FIELDS = RangeType(
    (
        Field(
            "t", np.dtype("float32"), "K", (NilValue(-1.0, reason="none"),), "air", "2 m", "http://example.org/def/t"
        ),
        Field("n", np.dtype("int16")),
    )
)
"""What a field measures takes the place of its type in descriptions in GML."""


@pytest.fixture
def sources(eoxserver: Commands, target: HttpTarget) -> Iterator[tuple[str, ...]]:
    """Coverages ``src_0`` and ``src_1``, here and there: planes of some days, two fields, some of their cells nil."""
    names = ("src_0", "src_1")
    instance = open_instance(eoxserver.instance)
    try:
        for number, name in enumerate(names):
            plane = np.array([number, -1, 2, 3] * 4).reshape(1, 4, 4)
            source = MemorySource(np.stack([plane, plane + 5]).astype("float32"))
            part = replace(slice_of(148654 + 3 * number, 0), range_type=VIRTUAL_FIELDS, identifier=name, source=source)
            instance.ingestion.insert(part)
            target.insert(part, [], "")
        yield names
    finally:
        instance.close()
        for name in ("all", *names):
            if target.coverage(name) is not None:
                target.delete(name)


def virtual(server: Server, *sources: str, **options: Any) -> None:
    """Write ingredients of the coverage ``all``, and who may import them."""
    given = ingredients("virtual_coverage", [], options, service_url=server.url)
    given["input"] = {"coverage_id": "all", "source_coverage_ids": list(sources)}
    Path("all.json").write_text(json.dumps(given))
    Path("identity").write_text(f"{server.credentials.user}:{server.credentials.password}\n")


THERE, HERE = ("--identity-file", "identity"), ("--local",)
METADATA = {"coverage": {"metadata": {"global": {"Title": "'both ' + 'days'", "note": "'é < \"'"}}}}


@pytest.mark.parametrize("patterns", [("src_0", "src_1"), ("src_.*",), ("src_1", "src_[0]")], ids=" ".join)
def test_virtual_coverages_are_the_same_there(
    server: Server, eoxserver: Commands, target: HttpTarget, sources: tuple[str, ...], patterns: tuple[str, ...]
) -> None:
    virtual(server, *patterns, **METADATA)
    told = [eoxserver.ok("wcst_import", "all.json", "--explain", *words) for words in (HERE, THERE)]
    assert "virtual coverage all: make it of these sources" in told[0]
    assert "band t: float32, unit K, nil -1" in told[0]
    assert told[0] == told[1]
    assert target.coverage("all") is None
    for words in (HERE, THERE):
        assert "1 slices imported" in eoxserver.ok("wcst_import", "all.json", *words)
    instance = open_instance(eoxserver.instance)
    try:
        here, there = instance.catalogue.coverage("all"), target.coverage("all")
        assert there is not None
        assert (there.domain, there.range_type.names) == (here.domain, here.range_type.names)
        assert dict(here.metadata) == {"Title": "both days", "note": 'é < "'}
        description = requests.get(f"{server.url}?{DESCRIBE}", timeout=60)
        assert "both days" in description.text
        assert "é &lt; " in description.content.decode()
        answer = fetched(server.url, "all", Path("there.nc"))
        for number, name in enumerate(here.range_type.names):
            assert np.array_equal(answer[name], cells(here)[number], equal_nan=True)
    finally:
        instance.close()
    told = [eoxserver.ok("wcst_import", "all.json", "--explain", *words) for words in (HERE, THERE)]
    assert "give it these sources" in told[0]
    assert told[0] == told[1]


DESCRIBE = "service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=all"


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (["nix"], {}, "no coverage 'nix'"),
        (["nix.*"], {}, "no coverage matches 'nix"),
        (["src_0", "src_2d"], {}, "'src_2d'"),
        (["all"], {}, "no coverage 'all'"),
        (["src_0"], {"envelope": {"srsName": "EPSG/0/32633"}}, "is not the CRS of the sources"),
    ],
)
def test_wrong_sources_are_told_there_as_here(
    server: Server,
    eoxserver: Commands,
    target: HttpTarget,
    sources: tuple[str, ...],
    names: list[str],
    options: Any,
    words: str,
) -> None:
    virtual(server, *names, **options)
    for where in (HERE, THERE):
        for more in ((), ("--explain",)):
            assert words in eoxserver.fails("wcst_import", "all.json", *where, *more)
    assert target.coverage("all") is None


def test_names_of_other_coverages_are_taken(target: HttpTarget, sources: tuple[str, ...]) -> None:
    for ask in (target.composed, target.compose):
        with pytest.raises(CoverageExists, match="'src_0' already, which is no virtual coverage"):
            ask("src_0", ["src_1"], {})


def test_virtual_coverages_take_permission(server: Server, tmp_path: Path, sources: tuple[str, ...]) -> None:
    for credentials in (Credentials(), Credentials("nobody", "wrong")):
        stranger = HttpTarget(server.url, credentials, parse_crs, tmp_path)
        with pytest.raises(AccessDenied, match=r"refused the credentials \(401\); --user and --passwd"):
            stranger.compose("all", ["src_0"], {})
        stranger.close()


@pytest.mark.parametrize("status", [404, 405, 501])
def test_servers_that_make_no_virtual_coverages_are_told(tmp_path: Path, status: int) -> None:
    with answering(status, b"<html>nothing here</html>") as url:
        other = HttpTarget(url, Credentials(), parse_crs, tmp_path)
        words = r"http://127\.0\.0\.1:\d+/rasdaman/ows makes no virtual coverages .*as new as this one; or .*--local"
        for ask in (other.composed, other.compose):
            with pytest.raises(ImportRefused, match=words):
                ask("all", ["a"], {})
        other.close()


@pytest.mark.parametrize("answer", [b"<html/>", b"{}", b"[", b'{"axes": [], "crs_labels": [], "range_type": 5}'])
def test_answers_that_are_no_plan_are_told(tmp_path: Path, answer: bytes) -> None:
    with answering(200, answer) as url:
        other = HttpTarget(url, Credentials(), parse_crs, tmp_path)
        with pytest.raises(DataUnavailable, match="does not say what virtual coverage 'all' would be"):
            other.composed("all", ["a"], {})
        other.close()


def test_other_failures_of_servers_are_passed_on(tmp_path: Path) -> None:
    with answering(502, b"bad gateway") as url:
        other = HttpTarget(url, Credentials(), parse_crs, tmp_path)
        with pytest.raises(EOxServerError, match="/admin/coverage/virtual/put: 502: bad gateway"):
            other.compose("all", ["a"], {})
        with pytest.raises(EOxServerError, match="502"):
            other.identifiers()
        other.close()
    with answering(200, b"no XML") as url:
        other = HttpTarget(url, Credentials(), parse_crs, tmp_path)
        with pytest.raises(DataUnavailable, match="does not answer as a WCS"):
            other.identifiers()
        other.close()


def test_missing_permissions_are_told_in_the_words_of_the_server(tmp_path: Path) -> None:
    report = ows_exception_report(Report("AccessDenied", 403, "AccessDenied", "user eve may not insert coverages"))
    for body, words in ((report, r"\(403\): user eve may not insert coverages; --user"), (b"no", r"\(403\); --user")):
        with answering(403, body) as url:
            other = HttpTarget(url, Credentials("eve", "secret"), parse_crs, tmp_path)
            with pytest.raises(AccessDenied, match=words):
                other.compose("all", ["a"], {})
            other.close()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that answers everything in the same way."""
    answer = Response(body, status, mimetype="text/html")
    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/rasdaman/ows"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
