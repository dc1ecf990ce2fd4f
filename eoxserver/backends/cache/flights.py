# SPDX-License-Identifier: MIT
"""Work that several threads want at once is done by one of them."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Flights"]

T = TypeVar("T")


class _Flight(Generic[T]):
    """Work under way; afterwards its result or its error, or neither when its thread was interrupted."""

    def __init__(self) -> None:
        self.leader = threading.get_ident()
        self.done = threading.Event()
        self.results: list[T] = []
        self.error: Exception | None = None


class Flights(Generic[T]):
    """Work by key."""

    def __init__(self) -> None:
        self._under_way: dict[str, _Flight[T]] = {}
        self._lock = threading.Lock()

    def run(self, key: str, work: Callable[[], T]) -> tuple[T, bool]:
        """Do the work, or wait for the thread that does it already.

        An error is everybody's who waited. When the thread that works is interrupted (KeyboardInterrupt, SystemExit),
        one of those who wait takes over.

        Returns
        -------
        result
            Of the work.
        bool
            Whether this thread did it.
        """
        while True:
            with self._lock:
                flight = self._under_way.get(key)
                leads = flight is None
                if flight is None:
                    flight = self._under_way[key] = _Flight()
            if leads:
                return self._lead(key, flight, work), True
            if flight.leader == threading.get_ident():
                raise RuntimeError(f"{key}: is wanted while it is being fetched, by the same thread")
            flight.done.wait()
            if flight.error is not None:
                raise _again(flight.error) from flight.error
            if flight.results:
                return flight.results[0], False

    def _lead(self, key: str, flight: _Flight[T], work: Callable[[], T]) -> T:
        try:
            result = work()
            flight.results.append(result)
        except Exception as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                del self._under_way[key]
            flight.done.set()
        return result


def _again(error: Exception) -> Exception:
    """The same error for another thread: two threads that raise one object mix up its traceback."""
    try:
        return copy.copy(error)
    except TypeError:  # made with other arguments than it keeps
        return error
