# SPDX-License-Identifier: MIT
"""Whether the data behind the catalogue is still there, and still what was registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eoxserver.backends.access import connect
from eoxserver.backends.models import DataItem
from eoxserver.backends.readers.base import Description, Reader
from eoxserver.backends.semantics import band_range
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError
from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages import models

__all__ = ["Checked", "check_catalogue"]

CHUNK = 100
"""Coverages that are fetched at a time."""
TOLERANCE = 1e-6
"""How far bounds may have moved [cells]."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one coverage."""

    identifier: str
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything is as registered."""
        return not self.problems


def check_catalogue(readers: Sequence[Reader], identifiers: Sequence[str] = ()) -> Iterator[Checked]:
    """Check coverages: every data item is reachable, readable to its last cell, and as large as registered.

    Parameters
    ----------
    identifiers : sequence of str
        Those to check; all when there are none.
    """
    coverages = models.Coverage.objects.order_by("identifier").prefetch_related("data_items")
    if identifiers:
        coverages = coverages.filter(identifier__in=list(identifiers))
    for coverage in coverages.iterator(chunk_size=CHUNK):
        yield Checked(coverage.identifier, tuple(_problems(coverage, readers)))


def _problems(coverage: models.Coverage, readers: Sequence[Reader]) -> Iterator[str]:
    items = list(coverage.data_items.all())
    bands = [item for item in items if item.semantic.startswith("bands")]
    if not bands:
        yield "it has no data item 'bands'"
    try:
        domain = coverage.domain
    except (EOxServerError, ValueError) as error:
        yield f"its registration is broken: {error}"
        return
    for item in items:
        try:
            place = connect(item)
            if item in bands:
                yield from _differences(item, _describe(str(place), readers), domain, coverage.range_type)
        except EOxServerError as error:
            yield error.message


def _describe(path: str, readers: Sequence[Reader]) -> Description:
    """Describe data and read its last cell; raises DataUnavailable."""
    reader = next((reader for reader in readers if reader.can_open(path)), None) or readers[0]
    description = reader.describe(path)
    source = reader.open(path)
    source.read(CellBox(tuple(size - 1 for size in source.shape), source.shape), [len(description.range_type) - 1])
    return description


def _differences(item: DataItem, found: Description, domain: Domain, range_type: RangeType) -> Iterator[str]:
    """What is no longer as registered."""
    name = item.location
    if found.domain.shape != domain.shape:
        yield f"{name}: {_size(found.domain)} cells, registered with {_size(domain)}"
    wanted = [range_type.fields[number] for number in band_range(item.semantic, len(range_type)) or ()]
    if len(found.range_type) != len(wanted):
        yield f"{name}: {len(found.range_type)} bands, registered with {len(wanted)}"
    else:
        for field, own in zip(wanted, found.range_type.fields, strict=True):
            if field.dtype != own.dtype:
                yield f"{name}: field {field.name} is {own.dtype}, registered as {field.dtype}"
    if domain.horizontal is not None and found.bounds is not None:
        x, y = (domain.axes[position] for position in domain.horizontal)
        cells = [(x.high - x.low) / x.size, (y.high - y.low) / y.size] * 2
        moved = [abs(a - b) / size for a, b, size in zip(found.bounds, domain.horizontal_bounds, cells, strict=True)]
        if max(moved) > TOLERANCE:
            yield f"{name}: bounds {found.bounds}, registered with {domain.horizontal_bounds}"


def _size(domain: Domain) -> str:
    return " x ".join(str(size) for size in reversed(domain.shape))
