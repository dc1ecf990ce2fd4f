# SPDX-License-Identifier: MIT
"""Work that several threads want at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from eoxserver.backends.cache.flights import Flights
from eoxserver.core.errors import DataUnavailable

pytestmark = pytest.mark.unit


class _Awkward(Exception):
    """Cannot be copied."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class _Work:
    """Work that waits to be told."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.begun = threading.Event()
        self.go = threading.Event()
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        count = self.count
        self.begun.set()
        self.go.wait()
        if self.error is not None and count == 1:
            raise self.error
        return count


def together(flights: Flights[int], work: _Work, others: int) -> list[object]:
    """What one thread gets, and others that came while it worked: a result, or an error."""

    def run() -> object:
        try:
            return flights.run("k", work)
        except BaseException as error:  # noqa: BLE001 - also those that end a thread
            return error

    with ThreadPoolExecutor(others + 1) as pool:
        futures = [pool.submit(run)]
        work.begun.wait()
        futures += [pool.submit(run) for _ in range(others)]
        while sum(future.running() for future in futures) <= others:
            pass
        threading.Event().wait(0.1)  # so that they wait by now
        work.go.set()
        return [future.result() for future in futures]


def test_one_works_and_all_have_the_result() -> None:
    work = _Work()
    assert together(Flights(), work, 5) == [(1, True), *[(1, False)] * 5]


def test_an_error_is_everybodys_and_each_has_its_own() -> None:
    error = DataUnavailable("gone", locator="k")
    found = together(Flights(), _Work(error), 3)
    assert found[0] is error
    for other in found[1:]:
        assert isinstance(other, DataUnavailable) and other is not error
        assert (other.message, other.locator, other.__cause__) == ("gone", "k", error)


def test_an_error_that_cannot_be_copied_is_shared() -> None:
    error = _Awkward("one", "two")
    assert together(Flights(), _Work(error), 1) == [error, error]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_when_the_one_who_works_is_interrupted_another_takes_over(interruption: type[BaseException]) -> None:
    work = _Work(interruption())
    found = together(Flights(), work, 3)
    assert isinstance(found[0], interruption)
    results = [result for result in found[1:] if isinstance(result, tuple)]
    assert len(results) == 3 and (2, True) in results
    assert work.count == 1 + sum(led for _, led in results)


def test_nothing_is_remembered() -> None:
    flights = Flights[int]()
    assert [flights.run("k", lambda: 1), flights.run("k", lambda: 2)] == [(1, True), (2, True)]
    with pytest.raises(DataUnavailable):
        flights.run("k", _fail)
    assert flights.run("k", lambda: 3) == (3, True)


def test_keys_are_apart() -> None:
    flights = Flights[int]()
    assert flights.run("a", lambda: flights.run("b", lambda: 1)[0] + 1) == (2, True)


def test_work_that_wants_itself_is_refused() -> None:
    flights = Flights[int]()
    with pytest.raises(RuntimeError, match="k: is wanted while it is being fetched"):
        flights.run("k", lambda: flights.run("k", lambda: 1)[0])


def _fail() -> int:
    raise DataUnavailable("gone")
