# SPDX-License-Identifier: MIT
"""Who evaluates plans: an executor owns the threads and what is remembered between requests.

``local`` evaluates in the threads of the server's process. Others (``dask``) come as plugins by the hook
``eoxs_executors``; their contract is :class:`Executor`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor as Pool
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar, Protocol, Self

from eoxserver.conf.schema import Settings
from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.query.check import Checked, Limits, check_step
from eoxserver.query.plan import Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.rewrite import rewrite
from eoxserver.query.steps import Lookup, Options
from eoxserver.query.transforms import TransformCache

__all__ = ["Executor", "LocalExecutor"]


class Executor(Protocol):
    """Evaluates plans; made once by the application and used from many threads.

    Parameters
    ----------
    threads : int
        Blocks that are computed at the same time.
    block_cells : int
        Cells of one block.
    """

    key: ClassVar[str]

    def __init__(self, threads: int, block_cells: int) -> None: ...

    @classmethod
    def configured(cls, settings: Settings) -> Self:
        """The executor of an instance, as its settings say."""

    @property
    def pool(self) -> Pool:
        """Threads in which encoders read blocks ahead."""

    def resolver(self, lookup: Lookup, proceed: Callable[[], None] | None = None) -> Resolver:
        """What makes steps of plans that share nodes; what they have in common is then computed once.

        Parameters
        ----------
        proceed : callable, optional
            Called between blocks of work; raises when the work is not wanted any more.
        """

    def check(self, plan: Node, lookup: Lookup | Resolver, limits: Limits | None = None) -> Checked:
        """Rewrite a plan and find out what it makes and costs; raises what ``query.check.check`` raises."""

    def evaluate(self, plan: Node, lookup: Lookup | Resolver, limits: Limits | None = None) -> Coverage:
        """The coverage a plan describes, not yet read; raises what ``check`` raises."""

    def blocks(
        self, coverage: Coverage, fields: Sequence[int] | None = None, row_major: bool = False
    ) -> Iterator[tuple[CellBox, Cells]]:
        """All cells of a coverage block by block, in array order, in bounded memory."""

    def close(self) -> None:
        """Give back threads and memory."""


class LocalExecutor:
    """Evaluates plans in threads of this process.

    Threads start with the first block that is read in them, so that a server may make executors before it forks.

    Parameters
    ----------
    window_bytes : int
        Source cells that one read holds at once [bytes].
    transform_bytes : int
        Transformed coordinates that are remembered [bytes].
    """

    key: ClassVar[str] = "local"

    def __init__(
        self,
        threads: int = 2,
        block_cells: int = 1 << 20,
        window_bytes: int = 64 << 20,
        transform_bytes: int = 16 << 20,
    ) -> None:
        self.threads = threads
        self.block_cells = block_cells
        self.transforms = TransformCache(transform_bytes)
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="eoxs-evaluate")
        # Who walks an input takes part: with as many helpers one more block is being read while others are computed.
        self._helpers = ThreadPoolExecutor(max(1, threads), thread_name_prefix="eoxs-help")
        self.options = Options(
            window_bytes=window_bytes, block_cells=block_cells, pool=self._helpers if threads > 1 else None
        )

    @classmethod
    def configured(cls, settings: Settings) -> Self:
        """As many threads as the settings say, or one a core."""
        return cls(settings.evaluation.threads or os.cpu_count() or 1, settings.evaluation.block_cells)

    @property
    def pool(self) -> Pool:
        """Threads in which encoders read blocks ahead."""
        return self._pool

    def resolver(self, lookup: Lookup, proceed: Callable[[], None] | None = None) -> Resolver:
        """What makes steps of plans that share nodes; what they have in common is then computed once."""
        options = self.options if proceed is None else replace(self.options, proceed=proceed)
        return Resolver(lookup, options, self.transforms)

    def check(self, plan: Node, lookup: Lookup | Resolver, limits: Limits | None = None) -> Checked:
        """Rewrite a plan and find out what it makes and costs, without reading.

        Raises
        ------
        LimitExceeded
            When it costs more than ``limits`` allow.
        EOxServerError
            When the plan asks for what its coverages do not have.
        """
        resolver = lookup if isinstance(lookup, Resolver) else self.resolver(lookup)
        return check_step(resolver.resolve(rewrite(plan, resolver.lookup)), limits)

    def evaluate(self, plan: Node, lookup: Lookup | Resolver, limits: Limits | None = None) -> Coverage:
        """The coverage a plan describes, not yet read; raises what ``check`` raises."""
        return self.check(plan, lookup, limits).coverage

    def blocks(
        self, coverage: Coverage, fields: Sequence[int] | None = None, row_major: bool = False
    ) -> Iterator[tuple[CellBox, Cells]]:
        """All cells of a coverage block by block, in array order, ``threads`` blocks at a time.

        Parameters
        ----------
        row_major : bool
            Whether blocks follow each other in the order of cells (``core.blocks.block_shape``).
        """
        source = coverage.source
        chosen = range(len(coverage.range_type)) if fields is None else fields
        block = block_shape(source.shape, source.chunks, self.block_cells, row_major)
        boxes = split(CellBox.whole(source.shape), block)
        pool = self._pool if self.threads > 1 else None
        return stream(source, boxes, chosen, pool, self.threads)

    def close(self) -> None:
        """Stop the threads."""
        for pool in (self._pool, self._helpers):
            pool.shutdown(wait=True, cancel_futures=True)
