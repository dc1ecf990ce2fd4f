# SPDX-License-Identifier: MIT
"""What the worker processes of a Dask cluster do: they open the instance once, and pieces of plans when they come.

All that is remembered belongs to the worker, under one attribute of Dask's object.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import eoxserver
from eoxserver.app.instance import Instance
from eoxserver.app.opening import open_instance
from eoxserver.core.errors import DataUnavailable, EOxServerError, EvaluationStopped
from eoxserver.core.util.loading import loading
from eoxserver.query.errands import Walker
from eoxserver.query.parcels import Parcel
from eoxserver.query.steps import Step, steady
from eoxserver.query.transforms import TransformCache

__all__ = ["Header", "work"]

KEPT_PLANS = 4
"""Plans whose steps stay with a worker: each may hold parts of its result."""
TRANSFORM_BYTES = 16 << 20
"""Transformed coordinates that are remembered [bytes]."""
_ATTRIBUTE = "eoxserver_bench"
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameters of the GNU C library's ``mallopt``."""


@dataclass(frozen=True, slots=True)
class Header:
    """What tasks of one plan have in common."""

    version: str
    """Of EOxServer."""
    folder: str
    """Of the instance."""
    plan: str
    """Name of the plan, another one for each."""
    walks: bool
    """Whether pieces are those of the plan's condenser, else boxes and fields of its result."""
    parcel: bytes


def work(header: bytes, pieces: bytes) -> list[Any]:
    """Do some pieces; runs in a thread of a worker.

    Raises
    ------
    DataUnavailable
        When the instance cannot be opened here, or data cannot be read.
    EOxServerError
        Whatever the server itself would have raised.
    """
    from distributed import get_worker  # an extra

    own = vars(get_worker())
    bench: _Bench = own.get(_ATTRIBUTE) or own.setdefault(_ATTRIBUTE, _Bench())
    # Both come from the scheduler, which runs whatever it is given anyway.
    told: Header = pickle.loads(header)  # noqa: S301
    step = bench.step(told)
    todo: list[Any] = pickle.loads(pieces)  # noqa: S301
    if not told.walks:
        return [step.source.read(box, fields) for box, fields in todo]
    walker = step.source
    assert isinstance(walker, Walker)
    return walker.work(todo)


def _proceed() -> None:
    """Raise EvaluationStopped when the task that runs in this thread is not wanted any more."""
    from distributed import get_worker  # an extra

    worker = get_worker()
    task = worker.state.tasks.get(worker.get_current_task())
    if task is None or task.state == "cancelled":
        raise EvaluationStopped("the task was cancelled")


class _Bench:
    """What a worker has at hand: open instances, and the plans it works on."""

    def __init__(self) -> None:
        _keep_memory()
        self._lock = threading.Lock()
        self._instances: dict[str, Instance] = {}
        self._transforms = TransformCache(TRANSFORM_BYTES)
        self._plans: OrderedDict[str, tuple[threading.Lock, list[Step]]] = OrderedDict()

    def step(self, told: Header) -> Step:
        """The step of a plan, made once."""
        if told.version != eoxserver.__version__:
            raise DataUnavailable(
                f"a Dask worker has EOxServer {eoxserver.__version__}, the server {told.version}; install the same "
                "version in both"
            )
        instance = self._instance(told.folder)
        with self._lock:
            lock, made = self._plans.setdefault(told.plan, (threading.Lock(), []))
            self._plans.move_to_end(told.plan)
            while len(self._plans) > KEPT_PLANS:
                self._plans.popitem(last=False)
        with lock:
            if not made:
                parcel: Parcel = pickle.loads(told.parcel)  # noqa: S301 - as above
                made.append(parcel.opened(steady(instance.catalogue.coverage), _proceed, self._transforms))
            return made[0]

    def _instance(self, folder: str) -> Instance:
        with self._lock:
            found = self._instances.get(folder)
            if found is None:
                try:
                    with loading():  # else its end takes a second, in which the nanny may lose patience and kill it
                        found = self._instances[folder] = open_instance(folder)
                except EOxServerError as error:
                    raise DataUnavailable(
                        f"a Dask worker cannot open the instance {folder}, which must have this path there too: "
                        f"{error.message}"
                    ) from error
            return found


def _keep_memory() -> None:
    """Let the C library keep memory that is given back, as it does by itself.

    Dask's nanny tells it not to (``MALLOC_TRIM_THRESHOLD_``), which takes pages from the kernel for each block of cells
    anew: work then takes two to four times as long.
    """
    if os.name != "posix":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        library.mallopt(_M_TRIM_THRESHOLD, 256 << 20)
