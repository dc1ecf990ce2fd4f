# SPDX-License-Identifier: MIT
"""Taking ports and being interrupted; ``tests/integration`` runs real servers."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from eoxserver.cli import serving
from eoxserver.cli.console import Fault
from eoxserver.cli.serving import Address, interruptible


@pytest.mark.parametrize(
    ("host", "bind", "url"),
    [
        ("127.0.0.1", "127.0.0.1:80", "http://127.0.0.1:80"),
        ("0.0.0.0", "0.0.0.0:80", "http://127.0.0.1:80"),
        ("::", "[::]:80", "http://[::1]:80"),
        ("::1", "[::1]:80", "http://[::1]:80"),
        ("eo.example", "eo.example:80", "http://eo.example:80"),
    ],
)
def test_addresses(host: str, bind: str, url: str) -> None:
    assert (Address(host, 80).bind, Address(host, 80).url) == (bind, url)


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_in_use_is_a_fault_with_a_way_out(shared: bool) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Fault, match=f"cannot listen on port {port}.*already in use.*--port 0"):
            serving._listen("127.0.0.1", port, shared)


def test_an_address_of_another_machine_is_a_fault() -> None:
    with pytest.raises(Fault, match="cannot listen on port 0 of 192.0.2.1"):
        serving._listen("192.0.2.1", 0, shared=False)
    with pytest.raises(Fault, match="no address of this machine"):
        serving._listen("no such host", 0, shared=False)


def test_a_port_that_is_kept_lets_workers_listen_on_it() -> None:
    with serving._listen("127.0.0.1", 0, shared=True) as keeper, socket.socket() as worker:
        worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        worker.bind(keeper.getsockname())
        worker.listen()
        with socket.create_connection(worker.getsockname()):
            worker.accept()[0].close()


def wait_for(number: signal.Signals) -> None:
    with interruptible():
        os.kill(os.getpid(), number)
        signal.pause()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_block_as_ctrl_c_does(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        wait_for(number)
    assert signal.getsignal(number) is before
