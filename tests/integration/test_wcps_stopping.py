# SPDX-License-Identifier: MIT
"""Queries that nobody waits for any more are stopped: their time is over, or the client has gone."""

from __future__ import annotations

import re
import socket
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from eoxserver.core.errors import EvaluationStopped
from eoxserver.services.wcps.evaluation import Array, Encoding, Evaluation
from eoxserver.services.wcps.requests import query_request
from tests.applications import Application, application, instance_template
from tests.servers import serving
from tests.services.wcps import samples
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

LONG = "for $c in (mr) return add(scaleextent($c, [i(0:99999), j(0:999999)]))"
"""Goes through 100 thousand million cells."""


def test_a_query_whose_time_is_over_is_refused(instance_template: Path, tmp_path: Path) -> None:
    environ = {"EOXS_SERVICES_LIMITS__MAX_EVALUATION_TIME": "1s"}
    with application(tmp_path, instance_template, environ) as app:
        app.instance.ingestion.insert(samples.mr())
        answer = app.client.post("/ows/wcps", data={"query": LONG})
        assert answer.status_code == 503
        text = parse_xml(answer.data).findtext(".//ows:ExceptionText", namespaces=NS) or ""
        assert "not ready after 1 s" in text
        assert app.client.post("/ows/wcps", data={"query": "for $c in (mr) return max($c)"}).data == b"255"


@pytest.mark.parametrize(
    "query",
    [
        "for $c in (mr, mr, mr) return max($c)",
        "for $c in (mr) return condense + over $x i(0:250) using $c[i($x), j(0)]",
        "for $c in (mr) return coverage h over $b b(0:200) values count($c = $b)",
        'for $c in (mr) return encode($c + 1, "tiff")',
        'for $c in (eobs) return encode(sort $c along t by avg($c), "json")',
    ],
)
def test_all_kinds_of_work_ask_whether_to_go_on(instance_template: Path, tmp_path: Path, query: str) -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise EvaluationStopped("enough")

    with application(tmp_path, instance_template) as app:
        for coverage in (samples.mr(), samples.eobs()):
            app.instance.ingestion.insert(coverage)
        with pytest.raises(EvaluationStopped, match="enough"):
            read_all(app, Evaluation(app.instance.context, query_request(query), proceed=stop))


def read_all(app: Application, evaluation: Evaluation) -> None:
    for outcome in evaluation.outcomes():
        if isinstance(outcome, Encoding):
            b"".join(outcome.encoded.chunks)
        elif isinstance(outcome, Array):
            list(app.instance.context.engine.executor.blocks(outcome.coverage))


def test_a_query_ends_when_its_client_goes(
    instance_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with application(tmp_path, instance_template) as app:
        app.instance.ingestion.insert(samples.mr())
    monkeypatch.setenv("EOXS_SERVICES_LIMITS__MAX_EVALUATION_TIME", "0s")
    root = tmp_path / "instance"
    with serving(root) as url:
        place = urlsplit(url)
        assert place.hostname is not None
        body = f"query={LONG}".encode()
        head = f"POST /ows/wcps HTTP/1.1\r\nHost: x\r\nX-Request-Id: leaver\r\nContent-Length: {len(body)}\r\n"
        with socket.create_connection((place.hostname, place.port or 80)) as client:
            client.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body)
            client.settimeout(1)
            with pytest.raises(TimeoutError):
                client.recv(1)
        log = root / "logs" / "test-server.log"
        while not (said := re.search(r"leaver POST \S+ (\d+)", log.read_text())):
            time.sleep(0.1)
        assert said[1] == "503"
        with urllib.request.urlopen(f"{url}/wcps?query=for%20$c%20in%20(mr)%20return%20max($c)") as answer:
            assert answer.read() == b"255"
