# SPDX-License-Identifier: MIT
"""Metrics of requests, and of the cache of local copies."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from eoxserver.services.admin.metrics import Metrics

pytestmark = pytest.mark.unit

_TWO_PROCESSES = """
import sys
from types import SimpleNamespace
from eoxserver.services.admin.metrics import Metrics
counters = SimpleNamespace(hits=int(sys.argv[1]), misses=1, revalidations=0, bytes_fetched=100, evictions=0)
metrics = Metrics(SimpleNamespace(counters=counters, max_bytes=1000, size=lambda: 300))
metrics.observe("WMS", "GetMap", 200, 0.1)
if sys.argv[2] == "show":
    sys.stdout.buffer.write(metrics.exposition().body)
"""


class Meter:
    """A cache that counts what it is told."""

    def __init__(self) -> None:
        self.counters = SimpleNamespace(hits=0, misses=0, revalidations=0, bytes_fetched=0, evictions=0)
        self.max_bytes = 1000
        self.taken = 0

    def size(self) -> int:
        """What it takes."""
        return self.taken


def samples(body: object) -> dict[str, float]:
    """Values by name, labels left out."""
    assert isinstance(body, bytes)
    families = text_string_to_metric_families(body.decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_a_cache_comes_in_the_metrics() -> None:
    meter = Meter()
    metrics = Metrics(meter)
    meter.counters = SimpleNamespace(hits=7, misses=2, revalidations=3, bytes_fetched=500, evictions=1)
    meter.taken = 400
    found = samples(metrics.exposition().body)
    assert {name: value for name, value in found.items() if "cache" in name and "created" not in name} == {
        "eoxserver_cache_hits_total": 7,
        "eoxserver_cache_misses_total": 2,
        "eoxserver_cache_revalidations_total": 3,
        "eoxserver_cache_fetched_bytes_total": 500,
        "eoxserver_cache_evictions_total": 1,
        "eoxserver_cache_bytes": 400,
        "eoxserver_cache_max_bytes": 1000,
    }


def test_what_was_taken_over_is_not_counted_twice() -> None:
    meter = Meter()
    metrics = Metrics(meter)
    with ThreadPoolExecutor(8) as pool:

        def request(_: int) -> None:
            meter.counters.misses = 5
            metrics.observe("WMS", "GetMap", 200, 0.1)

        list(pool.map(request, range(200)))
    assert samples(metrics.exposition().body)["eoxserver_cache_misses_total"] == 5
    meter.counters.misses = 6
    assert samples(metrics.exposition().body)["eoxserver_cache_misses_total"] == 6


def test_without_a_cache_there_is_nothing_of_it() -> None:
    metrics = Metrics()
    metrics.observe("WMS", "GetMap", 200, 0.1)
    assert not any("cache" in name for name in samples(metrics.exposition().body))


def test_the_metrics_of_several_processes_are_one(tmp_path: Path) -> None:
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    answers = [
        subprocess.run(
            [sys.executable, "-c", _TWO_PROCESSES, hits, last], env=environ, stdout=subprocess.PIPE, check=True
        ).stdout
        for hits, last in (("3", "hide"), ("4", "show"))
    ]
    found = samples(answers[1])
    assert found["eoxserver_cache_hits_total"] == 7
    assert found["eoxserver_cache_misses_total"] == 2 and found["eoxserver_cache_fetched_bytes_total"] == 200
    assert found["eoxserver_cache_bytes"] == 300, "the copies of all processes are the same ones"
    assert found["eoxserver_requests_total"] == 2
