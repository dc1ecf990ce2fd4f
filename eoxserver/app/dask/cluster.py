# SPDX-License-Identifier: MIT
"""The connection to a Dask cluster: tasks go out in batches, and come back in their order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from eoxserver.app.dask.worker import work
from eoxserver.core.errors import DataUnavailable, EOxServerError

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Cluster"]

POLL = 0.25
"""How often it is asked whether an answer is still wanted [s]."""
SENT_ONCE = 256 << 10
"""What tasks have in common is sent with each of them up to this size [bytes]."""
TRUSTED = 5.0
"""How long the number of threads is trusted [s]."""


class Cluster:
    """Connects when it is first needed, and again after the connection was lost. Safe in threads.

    Parameters
    ----------
    address : str
        Of the scheduler.
    timeout : float
        Longest wait for the scheduler, and for a worker [s].
    """

    def __init__(self, address: str, timeout: float) -> None:
        self.address = address
        self.timeout = timeout
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._hands = (0, 0.0)

    def hands(self) -> int:
        """Threads of all workers.

        Raises
        ------
        DataUnavailable
            When the scheduler does not answer, or has no worker and gets none.
        """
        count, when = self._hands
        if count and time.monotonic() - when < TRUSTED:
            return count
        end = time.monotonic() + self.timeout
        while not (count := self._threads()):
            if time.monotonic() > end:
                raise DataUnavailable(f"the Dask scheduler at {self.address} has no workers; start some: dask worker")
            time.sleep(POLL)
        self._hands = count, time.monotonic()
        return count

    def in_order(self, header: bytes, batches: Iterable[bytes], proceed: Callable[[], None]) -> Iterator[list[Any]]:
        """What ``worker.work`` makes of each batch, in their order; some are under way at the same time.

        Raises
        ------
        DataUnavailable
            When the cluster is gone, or lost its workers again and again.
        EOxServerError
            What the work raised; what ``proceed`` raises.
        """
        ahead = 2 * self.hands()
        client = self._connected()
        waiting: deque[Future[list[Any]]] = deque()
        try:
            shared: Any = header if len(header) <= SENT_ONCE else client.scatter(header)
            for batch in batches:
                proceed()
                waiting.append(client.submit(work, shared, batch, pure=False))
                if len(waiting) > ahead:
                    yield self._result(waiting.popleft(), proceed)
            while waiting:
                yield self._result(waiting.popleft(), proceed)
        except (OSError, CancelledError) as error:
            self._lost(client)
            raise self._gone(error) from error
        finally:
            for future in waiting:
                future.release()

    def close(self) -> None:
        """Leave the cluster."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _result(self, future: Future[list[Any]], proceed: Callable[[], None]) -> list[Any]:
        from distributed import KilledWorker  # an extra

        try:
            while True:
                try:
                    future.exception(timeout=POLL)
                except TimeoutError:
                    proceed()
                    self.hands()
                else:
                    return future.result()
        except KilledWorker as error:
            raise DataUnavailable(
                f"workers of the Dask cluster at {self.address} died again and again over the same task; "
                "their logs may say why (memory?)"
            ) from error
        finally:
            future.release()

    def _threads(self) -> int:
        try:
            found: dict[str, int] = self._connected().nthreads()
        except (OSError, CancelledError) as error:
            raise self._gone(error) from error
        return sum(found.values())

    def _connected(self) -> Client:
        with self._lock:
            if self._client is not None and self._client.status not in ("running", "connecting"):
                self._lost(self._client)
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        try:
            from distributed import Client  # an extra
        except ImportError as error:
            raise DataUnavailable("Dask is not installed; try: pip install 'eoxserver[dask]'") from error
        try:
            return Client(self.address, timeout=self.timeout, set_as_default=False)
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _lost(self, client: Client) -> None:
        """Connect anew when the cluster is next needed."""
        if self._client is client:
            self._client, self._hands = None, (0, 0.0)
            client.close(timeout=0)

    def _gone(self, error: BaseException) -> EOxServerError:
        reason = str(error) or type(error).__name__
        return DataUnavailable(f"the Dask scheduler at {self.address} does not answer: {reason}")
