# SPDX-License-Identifier: MIT
"""Work in pieces, done by whoever asks for it and by helpers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from eoxserver.query.iterate.crew import in_order
from eoxserver.query.steps import Options


def test_results_come_in_order() -> None:
    with ThreadPoolExecutor(3) as pool:
        assert list(in_order(lambda n: n * n, range(200), Options(pool=pool))) == [n * n for n in range(200)]


def test_helpers_take_part() -> None:
    meet = threading.Barrier(2)

    def work(_: int) -> int:
        meet.wait(30)  # nobody passes alone
        return threading.get_ident()

    with ThreadPoolExecutor(1) as pool:
        assert len(set(in_order(work, range(2), Options(pool=pool)))) == 2


def test_nobody_waits_for_what_has_not_begun() -> None:
    """All threads of the pool ask for work, at two depths, in the same pool."""
    with ThreadPoolExecutor(2) as pool:
        options = Options(pool=pool)

        def inner(n: int) -> int:
            return n

        def outer(n: int) -> int:
            return sum(in_order(inner, range(n), options))

        asked = [pool.submit(lambda: list(in_order(outer, range(12), options))) for _ in range(6)]
        expected = [n * (n - 1) // 2 for n in range(12)]
        assert all(each.result(60) == expected for each in asked)


def test_no_more_than_a_few_are_ahead() -> None:
    done: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        results = in_order(done.append, range(10_000), Options(pool=pool))
        next(results)
        results.close()
    assert len(done) < 1000


@pytest.mark.parametrize("helpers", [False, True])
def test_errors_end_all(helpers: bool) -> None:
    def work(n: int) -> int:
        if n == 20:
            raise ValueError("twenty")
        return n

    pool = ThreadPoolExecutor(2) if helpers else None
    with pytest.raises(ValueError, match="twenty"):
        list(in_order(work, range(100), Options(pool=pool)))


@pytest.mark.parametrize("helpers", [False, True])
def test_unwanted_work_is_not_begun(helpers: bool) -> None:
    class UnwantedError(Exception):
        pass

    begun: list[int] = []

    def proceed() -> None:
        if len(begun) >= 5:
            raise UnwantedError

    pool = ThreadPoolExecutor(2) if helpers else None
    with pytest.raises(UnwantedError):
        list(in_order(begun.append, range(1000), Options(pool=pool, proceed=proceed)))
    assert 5 <= len(begun) < 50
