# SPDX-License-Identifier: MIT
"""The executor ``dask``: small work is done here, large work by the workers of a cluster.

What is given away is what takes long: the walks of condensers through their inputs, cut here and merged here, and boxes
of results that read much. All the rest - checks, prices, merging, encoding - is that of the executor ``local``, and so
are the results.
"""

from __future__ import annotations

import os
import pickle
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import eoxserver
from eoxserver.app.dask.cluster import Cluster
from eoxserver.app.dask.worker import Header
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.query.check import Checked, Limits
from eoxserver.query.errands import Errand, Walker
from eoxserver.query.executors import LocalExecutor
from eoxserver.query.parcels import own_bytes, packed
from eoxserver.query.plan import Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Lookup, Options, Step
from eoxserver.query.windows import Need, is_view

__all__ = ["DaskExecutor"]

LEAST_BOX = 8 << 20
"""What reading a box must read to be given away [bytes]."""
MOST_TASK = 64 << 20
"""What one task goes through at most, where pieces are smaller [bytes]; at least an eighth of that."""
TASKS = 4
"""Tasks that each thread of the cluster gets of one walk, if they are large enough: one costs some milliseconds."""


class DaskExecutor(LocalExecutor):
    """Gives large work to a Dask cluster.

    Parameters
    ----------
    settings : Settings
        ``evaluation`` tells the scheduler and what is large; the folder of the instance is what workers open.
    """

    key: ClassVar[str] = "dask"

    def __init__(self, threads: int, block_cells: int, settings: Settings) -> None:
        super().__init__(threads, block_cells)
        chosen = settings.evaluation
        self._cluster = Cluster(chosen.dask_scheduler, chosen.dask_timeout)
        self._least = chosen.dask_least_bytes
        self._folder = Path(settings.path(""))

    @classmethod
    def configured(cls, settings: Settings) -> DaskExecutor:
        """The executor that settings describe."""
        chosen = settings.evaluation
        return cls(chosen.threads or os.cpu_count() or 1, chosen.block_cells, settings)

    def resolver(self, lookup: Lookup, proceed: Callable[[], None] | None = None) -> Resolver:
        """What makes steps of plans; large walks of their condensers are given away."""
        made = super().resolver(lookup, proceed)
        crew = _Crew(self._cluster, self._least, str(self._folder), made.known, lookup, made.options)
        return replace(made, options=replace(made.options, elsewhere=crew))

    def check(self, plan: Node, lookup: Lookup | Resolver, limits: Limits | None = None) -> Checked:
        """As of ``local``; boxes of a result that reads much are given away when they are read."""
        resolver = lookup if isinstance(lookup, Resolver) else self.resolver(lookup)
        checked = super().check(plan, resolver, limits)
        crew, step = resolver.options.elsewhere, checked.step
        if not isinstance(crew, _Crew) or checked.cost.bytes < self._least or not step.domain.axes:
            return checked
        size = own_bytes(step, resolver.known, crew.is_large)
        if size < self._least:
            return checked
        source = _Boxes(step, crew, size / max(1, step.domain.cell_count))
        return replace(checked, step=replace(step, coverage=replace(step.coverage, source=source)))

    def close(self) -> None:
        """Stop the threads and leave the cluster."""
        super().close()
        self._cluster.close()


@dataclass(eq=False)
class _Crew:
    """The cluster, for the plans of one request."""

    cluster: Cluster
    least: int
    folder: str
    known: Mapping[int, Step]
    lookup: Lookup
    options: Options
    _headers: dict[tuple[int, bool], tuple[Node, bytes | None]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def is_large(self, walker: Walker) -> bool:
        """Whether the walk of a condenser is given away."""
        return walker.burden() >= self.least

    def hands(self) -> int:
        """Threads of all workers."""
        return self.cluster.hands()

    def takes(self, errand: Errand) -> bool:
        """Whether a walk is large enough to be given away, and can be."""
        step = self.known.get(id(errand.node))
        if step is None or errand.bytes < min(self.least, LEAST_BOX):
            return False
        source: object = step.source
        large = isinstance(source, Walker) and self.is_large(source)
        return large and self.header(errand.node, walks=True) is not None

    def in_order(self, errand: Errand, pieces: Iterable[Any]) -> Iterator[Any]:
        """What the condenser makes of pieces of its walk."""
        header = self.header(errand.node, walks=True)
        assert header is not None
        share = errand.bytes / (TASKS * self.hands())
        size = min(MOST_TASK, max(MOST_TASK // 8, share)) / max(1.0, errand.bytes / errand.pieces)
        batches = (pickle.dumps(batch) for batch in _batched(pieces, max(1, round(size))))
        for results in self.cluster.in_order(header, batches, self.options.proceed):
            yield from results

    def header(self, node: Node, *, walks: bool) -> bytes | None:
        """What tasks of a plan have in common; None when it cannot be sent."""
        with self._lock:
            key = (id(node), walks)
            if key not in self._headers:
                parcel = packed(node, self.known, self.lookup, self.options, self.is_large)
                name = uuid.uuid4().hex
                header = None if parcel is None else Header(eoxserver.__version__, self.folder, name, walks, parcel)
                self._headers[key] = node, None if header is None else pickle.dumps(header)
            return self._headers[key][1]


@dataclass(frozen=True, eq=False)
class _Boxes:
    """A result whose boxes are made by the cluster."""

    step: Step
    crew: _Crew
    cell_bytes: float
    """What is read for a cell [bytes]."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the result."""
        return self.step.source.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Of the result."""
        return self.step.source.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Of the result."""
        return self.step.source.levels

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """As of the result."""
        source: Source = self.step.source
        if is_view(source):
            yield from source.needs(box, fields)
        else:
            yield Need(source, 0, box, tuple(fields))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """A box, made by one task."""
        header = None
        if level == 0 and box.cell_count * self.cell_bytes >= min(self.crew.least, LEAST_BOX):
            header = self.crew.header(self.step.node, walks=False)
        if header is None:
            return self.step.source.read(box, fields, level)
        pieces = pickle.dumps([(box, tuple(fields))])
        ((cells,),) = self.crew.cluster.in_order(header, [pieces], self.crew.options.proceed)
        assert isinstance(cells, Cells)
        return cells


def _batched(pieces: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """So many pieces at a time."""
    rest = iter(pieces)
    while batch := list(islice(rest, size)):
        yield batch
