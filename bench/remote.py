# SPDX-License-Identifier: MIT
"""Maps of a COG on a web server, beside maps of the same COG in a ZIP archive there: ``python -m bench.remote``.

The server has ranges, entity tags and ``If-Match``, runs in a process of its own, and may answer late, as one far away.
The layers take turns; the first map of each is cold, the others are of places that were not asked for yet.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.data import FOLDER, world
from bench.requests import maps
from eoxserver.app import build_app, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.resources.coverages.registration.identifiers import IdentifierTemplate
from eoxserver.resources.coverages.registration.proposals import Options

MUST_REACH = 2.0
"""Most times as long as a map of the plain file that one of the archive may take."""
PLACES = {"plain": "world.tif", "zipped": "world.zip//2024/world.tif"}
"""Where the raster of each layer is."""


class Handler(BaseHTTPRequestHandler):
    """Answers files of the folder of the benchmarks, whole or in part."""

    protocol_version = "HTTP/1.1"
    delay = 0.0

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer without body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer a file or a part of it."""
        time.sleep(self.delay)
        path = FOLDER / Path(self.path).name
        if not path.is_file():
            self.answer(404, {"Content-Length": "0"})
            return
        status = path.stat()
        tag = f'"{status.st_size}-{status.st_mtime_ns}"'
        if self.headers.get("If-Match", tag) != tag:
            self.answer(412, {"Content-Length": "0"})
            return
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        stop = min(int(found[2]) + 1 if found and found[2] else status.st_size, status.st_size)
        headers = {"ETag": tag, "Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
        if found:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{status.st_size}"
        self.answer(206 if found else 200, headers)
        if self.command == "GET":
            with path.open("rb") as file:
                file.seek(start)
                self.wfile.write(file.read(stop - start))

    def answer(self, status: int, headers: dict[str, str]) -> None:
        """Send the header."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def serve(delay: float) -> None:
    """Serve until the end of standard input, after the port was told on standard output."""
    Handler.delay = delay
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextmanager
def serving(delay: float) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, "-m", "bench.remote", "--serve", "--delay", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def archive() -> Path:
    """The raster in a ZIP archive, as it is."""
    source, target = world(), FOLDER / "world.zip"
    if not target.exists():
        part = target.with_suffix(".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:
            made.write(source, "2024/world.tif")
        part.rename(target)
    return target


def timed(url: str, count: int) -> dict[str, list[float]]:
    """Seconds of each map of each layer; the layers take turns."""
    taken: dict[str, list[float]] = {layer: [] for layer in PLACES}
    with tempfile.TemporaryDirectory() as folder:
        instance = open_instance(make_instance("remote", Path(folder) / "instance").paths.root)
        for layer, place in PLACES.items():
            named = Options(identifier=IdentifierTemplate(layer))
            outcomes = list(instance.registrar().register([f"{url}/{place}"], named))
            assert [(one.reason, one.failed) for one in outcomes] == [("", False)]
        app = build_app(instance)
        queries = {layer: list(islice(maps(1, layer), count)) for layer in PLACES}
        for number in range(count):
            for layer in PLACES:
                environ = EnvironBuilder("/ows", query_string=queries[layer][number]).get_environ()
                began = time.perf_counter()
                body, status, _ = run_wsgi_app(app, environ, buffered=True)
                taken[layer].append(time.perf_counter() - began)
                assert status.startswith("200"), b"".join(body)
        instance.close()
    return taken


def main() -> int:
    """Print medians and the ratio; answer 1 when it is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.remote", description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0, help="before each answer of the server [s]")
    parser.add_argument("--maps", type=int, default=300, help="of each layer (default: %(default)s)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.delay)
        return 0
    os.environ.setdefault("EOXS_CORE_SYSTEM__LOGGING_LEVEL", "ERROR")
    archive()
    with serving(options.delay) as url:
        taken = timed(url, options.maps)
    for layer, seconds in taken.items():
        others = statistics.median(seconds[1:])
        print(f"{layer:7} first map {1e3 * seconds[0]:6.1f} ms, others {1e3 * others:6.1f} ms (median)")
    ratio = sum(taken["zipped"][1:]) / sum(taken["plain"][1:])
    print(f"in the archive: {ratio:.2f} times as long as plain, at most {MUST_REACH:g} is asked for")
    return int(ratio > MUST_REACH)


if __name__ == "__main__":
    sys.exit(main())
