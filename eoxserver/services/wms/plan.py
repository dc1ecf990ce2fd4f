# SPDX-License-Identifier: MIT
"""From a map request and a coverage to query plans: one for each position of its further axes.

Pure functions. A request that says nothing of an axis shows its last position (the latest time); several
positions are painted over each other in the order of their coordinates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from eoxserver.core.axes import Axis, IndexAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import same_horizontal
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidDimensionValue, suggest
from eoxserver.core.selection import GRID, Slice
from eoxserver.query.plan import Interpolation, Node, Read, Reproject, Select, SubsetNode, TargetGrid
from eoxserver.services.wms.render import Picture
from eoxserver.services.wms.requests import MapRequest
from eoxserver.services.wms.times import Span, axis_key, axis_positions, default_position, matching, parse_spans

__all__ = ["check_dimensions", "coverage_plans", "dimension_keys", "requested_spans", "shows_time"]


def requested_spans(request: MapRequest) -> tuple[Span, ...]:
    """The spans of the ``time`` parameter; empty without one. Raises InvalidDimensionValue."""
    text = dict(request.dimensions).get("time")
    return parse_spans(text) if text is not None else ()


def dimension_keys(domain: Domain) -> dict[int, tuple[str, ...]]:
    """By grid position of each axis that is not horizontal: the parameters that pick from it, in lower case."""
    horizontal = domain.horizontal or ()
    found = {}
    for position, axis in enumerate(domain.axes):
        if position not in horizontal:
            own = f"dim_{axis.label}".lower()
            found[position] = tuple(dict.fromkeys((axis_key(axis).lower(), own)))
    return found


def check_dimensions(request: MapRequest, domains: Iterable[Domain]) -> None:
    """Refuse ``dim_...`` parameters that no layer has; raises InvalidDimensionValue.

    ``time`` and ``elevation`` are parameters of WMS itself: layers without them ignore them.
    """
    known = {key for domain in domains for keys in dimension_keys(domain).values() for key in keys}
    for key, _ in request.dimensions:
        if key not in known and key.startswith("dim_"):
            raise InvalidDimensionValue(
                f"no layer of this request has a dimension '{key}'; {suggest(key, known)}", locator=key
            )


def shows_time(coverage: Coverage, spans: tuple[Span, ...], closed: bool) -> bool:
    """Whether a coverage is to be seen at the times asked for: yes if none is, or if it has an axis of its own."""
    if not spans or "time" in {key for keys in dimension_keys(coverage.domain).values() for key in keys}:
        return True
    if coverage.begin_time is None and coverage.end_time is None:
        return True
    return matching(spans, coverage.begin_time, coverage.end_time, closed)


def coverage_plans(
    coverage: Coverage, request: MapRequest, picture: Picture | None, closed: bool = True
) -> Iterator[Node]:
    """The plans that paint a coverage, from the top down.

    Parameters
    ----------
    picture : Picture or None
        Whose fields are read; None: all of the coverage.
    closed : bool
        Whether the upper end of a range of times or values belongs to it.

    Raises
    ------
    CoverageUnusable
        When the coverage has no horizontal CRS.
    InvalidDimensionValue
        When a dimension value is malformed, or not there.
    """
    domain = coverage.domain
    domain.require_horizontal()
    asked = dict(request.dimensions)
    keys = dimension_keys(domain)
    choices = [_choice(domain, position, keys[position], asked, closed) for position in keys]
    for cells in product(*(reversed(choice) for choice in choices)):
        chosen = zip(keys, cells, strict=True)
        subsets = tuple(_slice(domain.axes[position], cell) for position, cell in chosen)
        node: Node = Read(coverage.identifier)
        if subsets:
            node = SubsetNode(node, subsets)
        if picture is not None and picture.fields != tuple(range(len(coverage.range_type))):
            node = Select(node, picture.fields)
        grid = TargetGrid(request.bounds, request.width, request.height)
        yield Reproject(node, request.crs, grid, _interpolation(coverage, request, picture))


def _slice(axis: Axis, cell: int) -> Slice:
    """The slice at a cell; an index axis counts from its first index."""
    return Slice(axis.label, cell + (axis.first if isinstance(axis, IndexAxis) else 0), GRID)


def _interpolation(coverage: Coverage, request: MapRequest, picture: Picture | None) -> Interpolation:
    """The method asked for, where it is used: for other CRSs than the coverage's, and for values that have between.

    Maps in the CRS of the coverage show its cells as they are; between two numbers of a palette is no third colour.
    """
    native = coverage.domain.horizontal_crs
    if native is None or same_horizontal(native, request.crs) or (picture is not None and picture.palette is not None):
        return Interpolation.NEAREST
    return request.interpolation


def _choice(
    domain: Domain, position: int, keys: tuple[str, ...], asked: Mapping[str, str], closed: bool
) -> tuple[int, ...]:
    """The cells of an axis to show."""
    given = [key for key in keys if key in asked]
    if len(given) > 1:
        raise InvalidDimensionValue(f"'{given[0]}' and '{given[1]}' are the same dimension; give one", locator=given[1])
    if not given:
        return (default_position(domain.axes[position]),)
    return axis_positions(domain, position, asked[given[0]], given[0], closed)
