# SPDX-License-Identifier: MIT
"""Running a server as a child process: the port is taken first, and it is stopped so that requests can end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from eoxserver.cli.console import Fault

__all__ = ["Address", "interruptible", "run_server"]

GRACEFUL_SECONDS = 30
"""How long requests under way may take when the server is stopped."""
POLL_SECONDS = 0.05
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Threads inside numpy's libraries only get into each other's way where every request has a thread."""


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def bind(self) -> str:
        """As gunicorn takes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """URL by which this machine reaches it; a wildcard address is reached by the loopback one."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 - compared
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, so that what it opened is closed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_server(instance: Path, host: str, port: int, workers: int, announce: Callable[[Address], None]) -> None:
    """Serve an instance until interrupted.

    Parameters
    ----------
    port : int
        0 takes a free one.
    announce : callable
        Called with the address once the server answers.

    Raises
    ------
    Fault
        When the port is in use, or the server ends by itself.
    """
    with tempfile.TemporaryDirectory(prefix="eoxserver-metrics-") as metrics:
        environ = os.environ | {name: os.environ.get(name, "1") for name in THREAD_VARIABLES}
        if workers > 1:
            environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
        with _listen(host, port, shared=workers > 1) as listening:
            address = Address(host, listening.getsockname()[1])
            bind = address.bind if workers > 1 else f"fd://{listening.fileno()}"
            command = [
                sys.executable,
                "-m",
                "eoxserver.cli.workers",
                str(instance),
                bind,
                str(workers),
                str(GRACEFUL_SECONDS),
            ]
            # A process group of its own: Ctrl-C reaches this process only, which then asks the server to stop.
            server = subprocess.Popen(command, env=environ, pass_fds=[listening.fileno()], process_group=0)
        _attend(server, address, announce)


def _attend(server: subprocess.Popen[bytes], address: Address, announce: Callable[[Address], None]) -> None:
    """Wait until the server is interrupted; raises Fault when it ends by itself."""
    try:
        _wait_until_it_answers(server, address)
        announce(address)
        code = server.wait()
    except KeyboardInterrupt:
        _stop(server)
        return
    except BaseException:
        _stop(server)
        raise
    raise Fault(f"the server ended by itself with code {code}; what it said stands above")


def _listen(host: str, port: int, shared: bool) -> socket.socket:
    """A socket on the port; with ``shared`` it only keeps the port for those that the workers open."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise Fault(f"'{host}' is no address of this machine: {error.strerror}") from error
    first = socket.socket(family, kind, protocol)
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        first.bind(where)
        if not shared:
            first.listen(2048)
            return first
        taken = first.getsockname()
        first.close()
        keeper = socket.socket(family, kind, protocol)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        keeper.bind(taken)
    except OSError as error:
        first.close()
        raise Fault(
            f"cannot listen on port {port} of {host}: {(error.strerror or str(error)).lower()}; "
            "--port names another one, --port 0 takes any that is free"
        ) from error
    return keeper


def _wait_until_it_answers(server: subprocess.Popen[bytes], address: Address) -> None:
    host, _, port = address.url.removeprefix("http://").rpartition(":")
    while server.poll() is None:
        connection = http.client.HTTPConnection(host.strip("[]"), int(port))
        try:
            connection.request("GET", "/-/live")
            connection.getresponse().read()
        except OSError:
            time.sleep(POLL_SECONDS)
        else:
            return
        finally:
            connection.close()
    raise Fault(f"the server did not start (code {server.returncode}); what it said stands above")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ask the server to end its requests and stop; being interrupted once more, or a long wait, ends it at once."""
    try:
        server.terminate()
        server.wait(GRACEFUL_SECONDS + 5)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
