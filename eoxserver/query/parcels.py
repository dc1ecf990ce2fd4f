# SPDX-License-Identifier: MIT
"""Plans that are sent to other processes, which know the coverages of the same catalogue.

A parcel has a plan, what is known of its result already, and what its coverages were when the request began: nobody
reads other cells than those. Sender and receiver make the same steps of it, so that they cut work in the same way.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource, Source, state_of
from eoxserver.core.errors import DataUnavailable
from eoxserver.query.errands import Walker
from eoxserver.query.iterate.trees import below
from eoxserver.query.plan import Given, Node, Read
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Lookup, Options, Step
from eoxserver.query.transforms import TransformCache
from eoxserver.query.windows import is_view

__all__ = ["Parcel", "identity", "own_bytes", "packed"]

MOST_PARTS = 1 << 20
"""Size of scalars that are sent with a plan, for each condenser [bytes]."""


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """A plan on its way."""

    root: Node
    parts: tuple[tuple[Node, list[tuple[CellBox, Cells]]], ...]
    """Condensers in the plan whose results are known, and these."""
    identities: Mapping[str, str]
    """By the identifiers of the coverages that are read."""
    window_bytes: int
    block_cells: int
    tolerance: float

    def opened(self, lookup: Lookup, proceed: Callable[[], None], transforms: TransformCache) -> Step:
        """The step of the plan.

        Raises
        ------
        DataUnavailable
            When a coverage is not the one any more for which the plan was made.
        EOxServerError
            What stands in the way of the plan.
        """

        def look_up(identifier: str) -> Coverage:
            coverage = lookup(identifier)
            if identity(coverage) != self.identities[identifier]:
                raise DataUnavailable(
                    f"coverage '{identifier}' was changed while it was read; ask again", locator=identifier
                )
            return coverage

        options = Options(self.window_bytes, self.tolerance, self.block_cells, None, proceed)
        resolver = Resolver(look_up, options, transforms)
        step = resolver.resolve(self.root)
        for node, parts in self.parts:
            walker = resolver.resolve(node).source
            assert isinstance(walker, Walker)
            walker.keep(parts)
        return step


def identity(coverage: Coverage) -> str:
    """A text that is another one when a coverage has other cells; opens its data."""
    types = ",".join(field.dtype.str for field in coverage.range_type.fields)
    return f"{state_of(coverage.source)} {coverage.domain.shape} {types}"


def packed(
    root: Node, known: Mapping[int, Step], lookup: Lookup, options: Options, wanted: Callable[[Walker], bool]
) -> bytes | None:
    """A parcel as bytes; None when the plan has what cannot be sent.

    Parameters
    ----------
    known : mapping of int to Step
        Steps by the identity of nodes.
    wanted : callable
        Whether what a condenser makes is worth being sent, so that it is not made at each place again.
    """
    identities: dict[str, str] = {}
    for node in _nodes(root, frozenset()):
        if isinstance(node, Read):
            coverage = lookup(node.coverage_id)
            if coverage.identifier != node.coverage_id:
                return None
            identities[node.coverage_id] = identity(coverage)
        elif isinstance(node, Given) and not isinstance(node.coverage.source, MemorySource):
            return None
    walkers = {id(node): walker for node, walker in _scalar_walkers(root, known) if wanted(walker)}
    parts = tuple((node, walkers[id(node)].parts()) for node in _nodes(root, frozenset(walkers)) if id(node) in walkers)
    parcel = Parcel(root, parts, identities, options.window_bytes, options.block_cells, options.tolerance)
    try:
        return pickle.dumps(parcel, pickle.HIGHEST_PROTOCOL)
    except (RecursionError, TypeError, AttributeError, pickle.PicklingError):
        return None  # it is too deep, or holds what lives in this process only


def own_bytes(step: Step, known: Mapping[int, Step], apart: Callable[[Walker], bool]) -> int:
    """What reading a result reads but for what some condensers go through [bytes].

    Parameters
    ----------
    apart : callable
        Whether a condenser does not count.
    """
    types = {id(one.source): one.range_type for one in known.values() if not one.inputs}
    size = 0
    waiting: list[tuple[Source, CellBox, tuple[int, ...]]] = [
        (step.source, CellBox.whole(step.domain.shape), tuple(range(len(step.range_type))))
    ]
    seen: set[tuple[int, CellBox, tuple[int, ...]]] = set()
    while waiting:
        source, box, fields = part = waiting.pop()
        if (id(source), box, fields) in seen:
            continue
        seen.add((id(source), *part[1:]))
        if is_view(source):
            if not isinstance(source, Walker) or not apart(source):
                waiting.extend((need.source, need.box, need.fields) for need in source.needs(box, fields))
        elif (range_type := types.get(id(source))) is not None:
            size += box.cell_count * sum(range_type.fields[each].dtype.itemsize for each in fields)
    return size


def _nodes(root: Node, ends: frozenset[int]) -> Iterator[Node]:
    """The nodes of a plan, each once; those below some of them are left out."""
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        yield node
        fresh = {} if id(node) in ends else {id(each): each for each in below(node) if id(each) not in seen}
        seen.update(fresh)
        waiting.extend(fresh.values())


def _scalar_walkers(root: Node, known: Mapping[int, Step]) -> Iterator[tuple[Node, Walker]]:
    """The condensers below the root that make scalars, few enough to be sent."""
    for node in _nodes(root, frozenset()):
        step = known.get(id(node))
        if node is root or step is None or step.own_domain.axes:
            continue
        size = step.domain.cell_count * step.range_type.cell_bytes
        if isinstance(step.source, Walker) and size <= MOST_PARTS:
            yield node, step.source
