# SPDX-License-Identifier: MIT
"""From a plan to bytes: evaluate and encode, as every service does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Encoder, Workspace, encoder_for
from eoxserver.core.blocks import block_shape, split
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.wrapping import SameGrid
from eoxserver.query.check import Checked, Limits
from eoxserver.query.executors import Executor
from eoxserver.query.explain import explain, explain_text
from eoxserver.query.plan import Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options, steady

__all__ = ["Engine"]

AT_ONCE = 1 << 22
"""Cells of all fields that are read without asking whether they are wanted any more."""


@dataclass(frozen=True)
class Engine:
    """Runs plans against the catalogue with the configured executor, within the configured limits."""

    lookup: Callable[[str], Coverage]
    """The coverage of an identifier; raises NoSuchCoverage."""
    executor: Executor
    limits: Limits
    encoders: Mapping[str, Encoder]
    """By driver name; ``GDAL`` stands for all others."""
    workspace: Workspace
    proceed: Callable[[], None] | None = None
    """Called before cells are read; raises EvaluationStopped when they are not wanted any more."""

    def resolver(self) -> Resolver:
        """What makes steps of plans that share nodes and look-ups; what they have in common is then computed once."""
        return self.executor.resolver(steady(self.lookup), self.proceed)

    def check(self, plan: Node, resolver: Resolver | None = None) -> Checked:
        """What a plan makes and costs, within the limits; raises as ``evaluate``."""
        return self.executor.check(plan, resolver or self.resolver(), self.limits)

    def evaluate(self, plan: Node, resolver: Resolver | None = None) -> Coverage:
        """The coverage a plan describes, checked; its cells are computed as they are read.

        Raises
        ------
        LimitExceeded
            When it costs more than the limits allow.
        EOxServerError
            When the plan asks for what its coverages do not have.
        """
        return self.watched(self.executor.evaluate(plan, resolver or self.resolver(), self.limits))

    def watched(self, coverage: Coverage) -> Coverage:
        """The coverage, whose cells are read as long as they are wanted."""
        return coverage if self.proceed is None else replace(coverage, source=_Watched(coverage.source, self.proceed))

    def explain(self, plan: Node) -> dict[str, Any]:
        """The plan and its price as values for JSON; raises as ``evaluate``."""
        return explain(plan, steady(self.lookup), self.limits, self._options)

    def explain_text(self, plan: Node) -> str:
        """The plan and its price as text; raises as ``evaluate``."""
        return explain_text(plan, steady(self.lookup), self.limits, self._options)

    @property
    def _options(self) -> Options | None:
        """How plans are looked at that are not evaluated."""
        return None if self.proceed is None else Options(proceed=self.proceed)

    def encoder(self, driver: str) -> Encoder:
        """The encoder of a GDAL driver; raises FormatNotSupported."""
        return encoder_for(self.encoders, driver)

    def encode(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> Iterator[bytes]:
        """Bytes of a coverage in the format of a GDAL driver; refuses before reading what cannot be held."""
        encoder = self.encoder(driver)
        encoder.check(coverage, driver, options)
        return encoder.encode(coverage, driver, options, self.workspace)


@dataclass(frozen=True, eq=False)
class _Watched(SameGrid):
    """Cells of a source as long as they are wanted."""

    proceed: Callable[[], None]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells, many of them in parts; raises EvaluationStopped."""
        most = max(1, AT_ONCE // max(1, len(fields)))
        if level or box.cell_count <= most:
            self.proceed()
            return self.source.read(box, fields, level)
        parts = list(split(box, block_shape(self.shape, self.chunks, most)))
        values: npt.NDArray[Any] | None = None
        valid: npt.NDArray[np.bool_] | None = None
        for part in parts:
            self.proceed()
            cells = self.source.read(part, fields)
            here = (slice(None), *part.shifted([-low for low in box.low]).slices)
            if values is None:
                values = np.empty((len(fields), *box.shape), cells.values.dtype)
            values[here] = cells.values
            if cells.valid is not None:
                valid = np.ones(values.shape, np.bool_) if valid is None else valid
                valid[here] = cells.valid
        assert values is not None
        return Cells(values, valid)
