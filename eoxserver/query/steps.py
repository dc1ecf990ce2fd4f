# SPDX-License-Identifier: MIT
"""What is known of a node of a plan without reading a cell: domain, range type, and the lazy source behind it.

``resolver.Resolver`` makes steps of nodes. Price, explanation and evaluation all start from them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeAlias

from eoxserver.core.coverage import Coverage, Source
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.query.errands import Elsewhere
from eoxserver.query.plan import Iterator, Node
from eoxserver.query.sampling import BUDGET
from eoxserver.query.windows import Window

__all__ = ["Lookup", "Options", "Resolving", "Step", "derived", "steady", "window_over"]

Lookup: TypeAlias = Callable[[str], Coverage]
"""From an identifier to the coverage; raises NoSuchCoverage."""


def _proceed() -> None:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Options:
    """How plans are evaluated."""

    window_bytes: int = BUDGET
    """Source cells held at once by one read of the result [bytes]."""
    tolerance: float = 0.125
    """Greatest error of approximated positions [cells]; 0: every position is transformed exactly."""
    block_cells: int = 1 << 20
    """Cells of one block, where a node walks its input."""
    pool: Executor | None = None
    """Threads that help a node that walks its input; whoever asks takes part, and waits for nobody who has not begun.
    """
    proceed: Callable[[], None] = _proceed
    """Called between blocks by nodes that walk their input; raises when the work is not wanted any more."""
    elsewhere: Elsewhere | None = None
    """Who does pieces of large walks in other processes."""


@dataclass(frozen=True, eq=False)
class Step:
    """A node of a plan, and what it makes."""

    node: Node
    coverage: Coverage
    """The result; its source is lazy."""
    inputs: tuple[Step, ...] = ()
    iterators: tuple[Iterator, ...] = ()
    """Those it depends on; their axes stand first in ``domain``, in this order."""

    @property
    def source(self) -> Source:
        """The cells of the result."""
        return self.coverage.source

    @property
    def domain(self) -> Domain:
        """Of the result."""
        return self.coverage.domain

    @cached_property
    def own_domain(self) -> Domain:
        """Of the result at one place of the iterators."""
        if not self.iterators:
            return self.domain
        return self.domain.without(frozenset(range(len(self.iterators))))

    @property
    def range_type(self) -> RangeType:
        """Of the result."""
        return self.coverage.range_type


class Resolving(Protocol):
    """Who makes steps of nodes, as the functions that make one kind of step see it."""

    @property
    def options(self) -> Options:
        """How the plan is evaluated."""

    @property
    def known(self) -> dict[int, Step]:
        """Steps that are made, by the identity of nodes; who makes those of a whole tree adds them."""

    def resolve(self, node: Node) -> Step:
        """The step of a node, made once; raises what the node asks for and cannot have."""


def window_over(step: Step) -> Window:
    """The cells of a step as a window."""
    return Window.over(step.source, len(step.range_type))


def derived(
    coverage: Coverage, source: Source, domain: Domain | None = None, range_type: RangeType | None = None
) -> Coverage:
    """The coverage with other cells; what described its old grid only is dropped when the grid changes."""
    if domain is None or domain is coverage.domain:
        return replace(coverage, source=source, range_type=range_type or coverage.range_type)
    return replace(
        coverage,
        source=source,
        domain=domain,
        range_type=range_type or coverage.range_type,
        footprint=None,
        tie_points=None,
    )


def steady(lookup: Lookup) -> Lookup:
    """A look-up that answers the same coverage each time: a plan reads one version, whatever is written meanwhile."""
    known: dict[str, Coverage] = {}

    def look_up(identifier: str) -> Coverage:
        if identifier not in known:
            known[identifier] = lookup(identifier)
        return known[identifier]

    return look_up
