# SPDX-License-Identifier: MIT
"""``/-/metrics``: counters and latencies in the Prometheus text format.

With several worker processes the environment variable ``PROMETHEUS_MULTIPROC_DIR`` names a folder that
they share (``eoxserver serve`` sets it); the answer of any worker then covers all of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from eoxserver.services.wire import Response

__all__ = ["CacheMeter", "Metrics"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_CACHE_COUNTERS = {
    "hits": ("eoxserver_cache_hits", "Data items answered from the local copies without a transfer"),
    "misses": ("eoxserver_cache_misses", "Transfers of data items that had no true local copy"),
    "revalidations": ("eoxserver_cache_revalidations", "Questions to storages whether a data item changed"),
    "bytes_fetched": ("eoxserver_cache_fetched_bytes", "Bytes of data items that were copied"),
    "evictions": ("eoxserver_cache_evictions", "Local copies removed for want of room or by age"),
}


class _CacheCounters(Protocol):
    """What a cache counts in this process; numbers that only grow."""

    @property
    def hits(self) -> int: ...
    @property
    def misses(self) -> int: ...
    @property
    def revalidations(self) -> int: ...
    @property
    def bytes_fetched(self) -> int: ...
    @property
    def evictions(self) -> int: ...


class CacheMeter(Protocol):
    """What is asked of the cache of local copies."""

    @property
    def counters(self) -> _CacheCounters:
        """Of this process."""

    @property
    def max_bytes(self) -> int:
        """Its bound [bytes]."""

    def size(self) -> int:
        """Answer what the copies take, those of all processes [bytes]."""


class Metrics:
    """What one application counts; owns its registry, so that applications do not mix.

    Parameters
    ----------
    cache : CacheMeter, optional
        Counts by itself; its numbers are taken over after each request.
    """

    def __init__(self, cache: CacheMeter | None = None) -> None:
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
        self._cache = None if cache is None else _CacheMetrics(cache, self._registry)

    def observe(self, service: str, operation: str, status: int, seconds: float) -> None:
        """Count one request; ``service`` and ``operation`` are names the server knows, never a client's text."""
        self._requests.labels(service, operation, str(status)).inc()
        self._seconds.labels(service, operation).observe(seconds)
        if self._cache is not None:
            self._cache.take_over()

    def exposition(self) -> Response:
        """Everything counted so far."""
        registry = self._registry
        if self._cache is not None:
            self._cache.take_over()
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client has no types here
            if self._cache is not None:
                registry.register(self._cache)
        return Response(generate_latest(registry), CONTENT_TYPE_LATEST)


class _CacheMetrics:
    """The numbers of a cache as metrics.

    Its counters are those of a process: they become Prometheus' own, which are summed up over processes. Its size is
    the same in each.
    """

    def __init__(self, cache: CacheMeter, registry: CollectorRegistry) -> None:
        self._meter = cache
        self._counters = {
            name: Counter(metric, text, registry=registry) for name, (metric, text) in _CACHE_COUNTERS.items()
        }
        self._taken_over = dict.fromkeys(_CACHE_COUNTERS, 0)
        self._lock = threading.Lock()
        registry.register(self)

    def take_over(self) -> None:
        """Add what the cache counted since the last time."""
        with self._lock:
            for name, before in self._taken_over.items():
                now = getattr(self._meter.counters, name)
                if now != before:
                    self._counters[name].inc(now - before)
                    self._taken_over[name] = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The levels of now; Prometheus calls it."""
        yield GaugeMetricFamily("eoxserver_cache_bytes", "Size of all local copies [bytes]", self._meter.size())
        yield GaugeMetricFamily(
            "eoxserver_cache_max_bytes", "What all local copies may take together [bytes]", self._meter.max_bytes
        )
