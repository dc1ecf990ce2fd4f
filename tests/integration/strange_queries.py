# SPDX-License-Identifier: MIT
"""An application to send strange queries to, and what its answers must be whatever the query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.applications import Application, application
from tests.services.wcps.fuzz import coverages
from tests.xmlschemas import NS, parse_xml

__all__ = ["FUZZ", "SEEDS", "app", "ask", "check"]

SEEDS = st.integers(0, 2**32)
FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves small coverages."""
    with application(tmp_path_factory.mktemp("fuzz"), instance_template) as found:
        for coverage in coverages().values():
            found.instance.ingestion.insert(coverage)
        yield found


def check(answer: TestResponse, query: str) -> None:
    """Fail unless an answer is one, or says what is wrong with the query."""
    body = answer.get_data()
    if answer.status_code == 200:
        assert answer.mimetype != "text/xml"
        return
    assert 400 <= answer.status_code < 500, (query, body.decode(errors="replace"))
    (exception,) = parse_xml(body).iterfind("ows:Exception", NS)
    assert exception.findtext("ows:ExceptionText", namespaces=NS), query
    assert exception.get("exceptionCode") not in (None, "NoApplicableCode"), query


def ask(app: Application, query: str) -> TestResponse:
    return app.client.post("/ows/wcps", data={"query": query})
