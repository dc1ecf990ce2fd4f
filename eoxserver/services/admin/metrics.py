# SPDX-License-Identifier: MIT
"""``/-/metrics``: counters and latencies in the Prometheus text format.

With several worker processes the environment variable ``PROMETHEUS_MULTIPROC_DIR`` names a folder that
they share (``eoxserver serve`` sets it); the answer of any worker then covers all of them.
"""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from eoxserver.services.wire import Response

__all__ = ["Metrics"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What one application counts; owns its registry, so that applications do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("service", "operation")
        self._requests = Counter(
            "eoxserver_requests", "Requests answered", (*labels, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "eoxserver_request_seconds",
            "Time until the answer was ready to be sent [s]",
            labels,
            buckets=BUCKETS,
            registry=self._registry,
        )

    def observe(self, service: str, operation: str, status: int, seconds: float) -> None:
        """Count one request; ``service`` and ``operation`` are names the server knows, never a client's text."""
        self._requests.labels(service, operation, str(status)).inc()
        self._seconds.labels(service, operation).observe(seconds)

    def exposition(self) -> Response:
        """Everything counted so far."""
        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client has no types here
        return Response(generate_latest(registry), CONTENT_TYPE_LATEST)
