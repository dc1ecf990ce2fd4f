# SPDX-License-Identifier: MIT
"""What access to data costs: ``python -m bench.access``.

* retrieving an item that is here, or has a copy here, beside ``os.stat`` of its file;
* many requests at once, of several processes, for one large item that has no copy yet, beside one plain download.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

from eoxserver.backends.access import Access
from eoxserver.backends.locations import Location, StorageRecord
from eoxserver.conf.schema import Cache, default_settings
from eoxserver.plugins.manager import load_from_environ

ROUNDS, CALLS = 7, 20_000
MOST_STATS = 20
"""A warm retrieve may take as long as so many calls of ``os.stat``."""
SIZE = 200_000_000
PROCESSES, THREADS = 4, 8


def main() -> int:
    """Measure, print, and answer 1 when a bound is missed."""
    with tempfile.TemporaryDirectory(prefix="eoxserver-bench-") as folder:
        root = Path(folder)
        (root / "small.tif").write_bytes(bytes(10_000))
        with (root / "large.tif").open("wb") as file:
            file.truncate(SIZE)
        with served(root) as (url, transfers):
            missed = warm(root, url)
            missed += parallel(root, url, transfers)
    return 1 if missed else 0


# -- warm -----------------------------------------------------------------------------------------


def warm(root: Path, url: str) -> int:
    """Time items that are here already; answers how many take too long."""
    access = new_access(root / "warm")
    cases = {
        "an absolute path": Location(None, (), str(root / "small.tif")),
        "a local storage": Location(StorageRecord("local", str(root)), (), "small.tif"),
        "a copy of an HTTP item": Location(StorageRecord("http", url), (), "small.tif"),
    }
    missed = 0
    for name, location in cases.items():
        path = access.retrieve_location(location)
        took = in_turn(partial(access.retrieve_location, location), partial(os.stat, path))
        ratio = took[0] / took[1]
        missed += ratio > MOST_STATS
        print(
            f"warm retrieve of {name:22}: {1e6 * took[0]:6.1f} us, os.stat {1e6 * took[1]:.1f} us, "
            f"ratio {ratio:.1f} (at most {MOST_STATS})"
        )
    return missed


def in_turn(*calls: Callable[[], object]) -> list[float]:
    """Median seconds of one call of each, timed in turn."""
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for number, call in enumerate(calls):
            began = time.perf_counter()
            for _ in range(CALLS):
                call()
            took[number].append((time.perf_counter() - began) / CALLS)
    return [statistics.median(each) for each in took]


# -- many at once ---------------------------------------------------------------------------------


def parallel(root: Path, url: str, transfers: SimpleQueue[int]) -> int:
    """Time many requests for one item that has no copy yet; answers 1 unless they make one transfer."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/large.tif") as answer, (root / "plain").open("wb") as file:
        shutil.copyfileobj(answer, file, 1 << 20)
        os.fsync(file.fileno())
    alone = time.perf_counter() - began
    sent(transfers)
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    processes = [context.Process(target=clients, args=(root / "many", url, ready, go)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    took = time.perf_counter() - began
    sizes = [size for size in sent(transfers) if size > SIZE // 100]  # less is a question, not a transfer
    failed = sum(process.exitcode != 0 for process in processes)
    print(
        f"{PROCESSES} x {THREADS} requests for an item of {SIZE // 10**6} MB without copy: {len(sizes)} transfer(s), "
        f"{sum(sizes) / 1e6:.0f} MB, {took:.2f} s, {failed} failed; one plain download to the disk: {alone:.2f} s"
    )
    return int(failed > 0 or sizes != [SIZE])


def clients(directory: Path, url: str, ready: Any, go: Any) -> None:
    """One process: many threads that want the same item, and look whether it is whole."""
    access = new_access(directory)
    location = Location(StorageRecord("http", url), (), "large.tif")
    start = threading.Barrier(THREADS)

    def client(_: int) -> None:
        start.wait()
        assert Path(access.retrieve_location(location)).stat().st_size == SIZE

    ready.release()
    go.wait()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(client, range(THREADS)))


def new_access(directory: Path) -> Access:
    """An access with a cache in a folder, and all the plugins that are installed."""
    settings = replace(default_settings(), cache=Cache(directory=directory))
    return Access(load_from_environ({}, ()), settings)


# -- the server -----------------------------------------------------------------------------------


@contextmanager
def served(root: Path) -> Iterator[tuple[str, SimpleQueue[int]]]:
    """Serve the files of a folder by another process; yields the URL, and the bytes of each transfer."""
    context = multiprocessing.get_context("spawn")
    address, transfers = context.SimpleQueue(), context.SimpleQueue()
    process = context.Process(target=serve, args=(root, address, transfers), daemon=True)
    process.start()
    try:
        yield address.get(), transfers
    finally:
        process.terminate()
        process.join()


def serve(root: Path, address: SimpleQueue[str], transfers: SimpleQueue[int]) -> None:
    """Answer HTTP requests for the files of a folder."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = root / self.path.lstrip("/")
            size = path.stat().st_size
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            first, last = (int(asked[1]), min(int(asked[2] or size), size - 1)) if asked else (0, size - 1)
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(last + 1 - first))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.end_headers()
            if self.command == "GET":
                with path.open("rb") as file:
                    self.connection.sendfile(file, first, last + 1 - first)
                transfers.put(last + 1 - first)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address.put(f"http://127.0.0.1:{server.server_port}")
    server.serve_forever()


def sent(transfers: SimpleQueue[int]) -> list[int]:
    """The transfers since the last time [bytes]; each is noted a moment after its end."""
    time.sleep(0.5)
    found = []
    while not transfers.empty():
        found.append(transfers.get())
    return found


if __name__ == "__main__":
    sys.exit(main())
