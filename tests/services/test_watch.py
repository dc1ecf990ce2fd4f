# SPDX-License-Identifier: MIT
"""Work goes on while there is time and somebody waits for it."""

from __future__ import annotations

import socket

import pytest

from eoxserver.core.errors import EvaluationStopped
from eoxserver.services.watch import Watch, connection_of, is_gone


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_time_limit_is_counted_from_the_request_on() -> None:
    clock = Clock()
    watch = Watch(30, lambda: False, clock)
    clock.now += 30
    watch()
    clock.now += 0.5
    with pytest.raises(EvaluationStopped, match="not ready after 30 s") as stopped:
        watch()
    assert stopped.value.locator == "max_evaluation_time"


def test_the_time_is_counted_anew_when_a_part_was_sent() -> None:
    clock = Clock()
    watch = Watch(30, lambda: False, clock)
    clock.now += 1000
    watch.restart()
    clock.now += 29
    watch()
    clock.now += 2
    with pytest.raises(EvaluationStopped, match="not ready after 30 s"):
        watch()


def test_without_a_limit_work_may_take_any_time() -> None:
    clock = Clock()
    watch = Watch(0, lambda: False, clock)
    clock.now += 1e9
    watch()


def test_a_client_is_looked_for_a_few_times_a_second_only() -> None:
    clock, looks = Clock(), []

    def gone() -> bool:
        looks.append(clock.now)
        return len(looks) > 1

    watch = Watch(0, gone, clock)
    for _ in range(100):
        watch()
    assert looks == []
    clock.now += 0.3
    watch()
    watch()
    assert len(looks) == 1
    clock.now += 0.3
    with pytest.raises(EvaluationStopped, match="client is gone"):
        watch()


def test_a_closed_connection_is_noticed_and_a_waiting_one_left_alone() -> None:
    here, there = socket.socketpair()
    with here:
        assert connection_of({"gunicorn.socket": here}) is here
        assert not is_gone(here)
        there.send(b"next request")
        assert not is_gone(here)
        assert here.recv(100) == b"next request", "what the client sent is still there"
        there.close()
        assert is_gone(here)
    assert is_gone(here), "a socket that was closed on this side has nobody at the other end"


@pytest.mark.parametrize("environ", [{}, {"gunicorn.socket": None}, {"gunicorn.socket": object()}])
def test_where_the_server_tells_no_connection_clients_are_taken_for_being_there(environ: dict[str, object]) -> None:
    assert connection_of(environ) is None
    assert not is_gone(None)
