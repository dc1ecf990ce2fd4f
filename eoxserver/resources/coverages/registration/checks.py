# SPDX-License-Identifier: MIT
"""Whether the data behind the catalogue is still there, and still what was registered.

Data that is read in place is looked at: described, and read to its last cell. Of data that would have to be fetched
whole only the state is asked for. A storage is looked at once; one that cannot be reached is told once, with all that
lies in it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from django.db.models import Prefetch

from eoxserver.backends.access import Access
from eoxserver.backends.credentials import shown_url
from eoxserver.backends.locations import StorageRecord, with_implied_storage
from eoxserver.backends.models import DataItem, Storage
from eoxserver.backends.readers.arrays.files import is_zarr_name
from eoxserver.backends.readers.base import Description, Reader
from eoxserver.backends.semantics import band_range
from eoxserver.backends.storages.base import DescribeStorageInterface
from eoxserver.core.domain import Domain
from eoxserver.core.errors import ConfigurationError, DataUnavailable, EOxServerError, StorageUnreachable, UnknownKey
from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.inference import Inference
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.storages import storage_failure
from eoxserver.resources.coverages.registration.storing import CHAIN
from eoxserver.resources.coverages.sources import Opener
from eoxserver.resources.coverages.stacks.index import SliceFile, slice_files
from eoxserver.resources.coverages.virtual.composing import common_domain
from eoxserver.resources.coverages.virtual.following import source_domains

__all__ = ["Check", "Checked", "UnreachableStorage"]

CHUNK = 100
"""Coverages that are fetched at a time."""
THREADS = 4
"""Coverages that are looked at at a time."""
TOLERANCE = 1e-6
"""How far bounds may have moved [cells]."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one coverage."""

    identifier: str
    problems: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    """Storages of it that cannot be reached, each with the reason; what lies in them was not looked at."""

    @property
    def ok(self) -> bool:
        """Whether everything is as registered."""
        return not self.problems and not self.unreachable


@dataclass(frozen=True, slots=True)
class UnreachableStorage:
    """A storage that cannot be reached."""

    name: str
    """Its name, or URL."""
    reason: str
    items: int
    """Data items that lie in it, among those that were to be checked."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A data item as a value."""

    place: Place
    semantic: str
    storage: StorageRecord | None
    """That its URL implies, if it lies in none of the catalogue."""
    part: SliceFile | None = None
    """Where its cells belong, when it is a slice."""

    @property
    def has_bands(self) -> bool:
        return self.semantic.startswith("bands") or self.part is not None


@dataclass(frozen=True, slots=True)
class _Registered:
    """A coverage as it is registered."""

    identifier: str
    items: tuple[_Item, ...]
    domain: Domain | None
    range_type: RangeType
    problems: tuple[str, ...]


class Check:
    """A check of coverages: works while it is iterated, and then knows which storages could not be reached.

    Every data item is reachable; what can be read in place is readable to its last cell, and as large as registered.

    Parameters
    ----------
    readers : sequence of Reader
    access : Access
    identifiers : sequence of str
        Those to check; all when there are none.
    """

    def __init__(self, readers: Sequence[Reader], access: Access, identifiers: Sequence[str] = ()) -> None:
        self._access = access
        self._inference = Inference(readers, (), access)
        self._identifiers = list(identifiers)
        self._storages = _Storages(access)
        self._files = Opener({reader.key: reader for reader in readers}, access).files

    @property
    def unreachable(self) -> tuple[UnreachableStorage, ...]:
        """The storages that could not be reached."""
        return self._storages.unreachable()

    def __iter__(self) -> Iterator[Checked]:
        """Look at the coverages, a few at a time in threads; answers them in the order of their identifiers."""
        waiting: deque[Future[Checked]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for registered in _registered(self._identifiers):
                    waiting.append(pool.submit(self._look, registered))
                    if len(waiting) > 2 * THREADS:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _look(self, registered: _Registered) -> Checked:
        problems = list(registered.problems)
        unreachable: list[str] = []
        for item in registered.items if registered.domain is not None else ():
            record = item.storage
            if record is not None and self._storages.problem(record):
                unreachable.append(self._storages.miss(record))
                continue
            try:
                problems += self._problems(item, registered)
            except StorageUnreachable as error:
                if record is not None and self._storages.problem(record, anew=True):
                    unreachable.append(self._storages.miss(record))
                else:
                    problems.append(_told(item.place, error))
            except EOxServerError as error:
                problems.append(_told(item.place, error))
        return Checked(registered.identifier, tuple(problems), tuple(dict.fromkeys(unreachable)))

    def _problems(self, item: _Item, registered: _Registered) -> Iterator[str]:
        """What is no longer as registered; raises whatever keeps the item from being reached."""
        location = item.place.location
        arrays = item.part is not None and bool(item.part.reading.variables)
        if arrays and item.place.storage is None and is_zarr_name(location.path):
            looked_at = True
        elif arrays and item.place.local is None:
            self._access.status(location)
            looked_at = False
        elif item.place.local is not None:
            self._access.connect_location(location)
            looked_at = item.has_bands
        else:
            looked_at = item.has_bands and (self._holds_arrays(item) or self._access.is_read_in_place(location))
            if not looked_at:
                self._access.status(location)
        if not looked_at:
            return
        if item.part is not None:
            yield from self._files.differences(item.part.location, item.part, registered.range_type.fields)
            return
        found = self._inference.describe(item.place, metadata=False).description
        assert registered.domain is not None
        yield from _differences(item, found, registered.domain, registered.range_type)

    def _holds_arrays(self, item: _Item) -> bool:
        record = item.place.storage
        return record is not None and isinstance(self._access.storage(record), DescribeStorageInterface)


class _Storages:
    """Which storages can be reached; each is asked once. Used from many threads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known = {StorageRecord(one.key, one.url, one.credentials): str(one) for one in Storage.objects.all()}
        self._lock = threading.Lock()
        self._locks: dict[StorageRecord, threading.Lock] = {}
        self._problems: dict[StorageRecord, str] = {}
        self._missed: dict[StorageRecord, int] = {}

    def problem(self, record: StorageRecord, anew: bool = False) -> str:
        """Why a storage cannot be reached; empty when it can."""
        with self._lock:
            lock = self._locks.setdefault(record, threading.Lock())
        with lock:
            if record not in self._problems or (anew and not self._problems[record]):
                self._problems[record] = self._asked(record)
            return self._problems[record]

    def _asked(self, record: StorageRecord) -> str:
        try:
            self._access.storage(record).validate()
        except (StorageUnreachable, ConfigurationError, UnknownKey) as error:
            return error.message
        except DataUnavailable as error:
            # The root of a URL's host may be closed where files are open: they will tell.
            return error.message if record in self._known else ""
        except OSError as error:
            return storage_failure(record.url, error).message
        return ""

    def miss(self, record: StorageRecord) -> str:
        """Count a data item that was not looked at; answers which storage cannot be reached, and why."""
        with self._lock:
            self._missed[record] = self._missed.get(record, 0) + 1
        return f"storage {self._name(record)}: {self._problems[record]}"

    def _name(self, record: StorageRecord) -> str:
        """What the catalogue calls a storage; its URL where the catalogue has no such storage."""
        return self._known.get(record) or shown_url(record.url)

    def unreachable(self) -> tuple[UnreachableStorage, ...]:
        """Those that something was missed of."""
        return tuple(
            UnreachableStorage(self._name(record), self._problems[record], count)
            for record, count in self._missed.items()
        )


def _registered(identifiers: Sequence[str]) -> Iterator[_Registered]:
    """The coverages as they are registered."""
    items = Prefetch("data_items", queryset=DataItem.objects.exclude(semantic=models.SLICE).select_related(*CHAIN))
    stacks = set(models.Stack.objects.values_list("coverage_id", flat=True))
    virtual = set(models.VirtualSource.objects.values_list("coverage_id", flat=True).distinct())
    coverages = models.Coverage.objects.order_by("identifier").prefetch_related(items)
    if identifiers:
        coverages = coverages.filter(identifier__in=list(identifiers))
    for coverage in coverages.iterator(chunk_size=CHUNK):
        problems: list[str] = []
        found: list[_Item] = []
        for row in coverage.data_items.all():
            try:
                place = Place.of_item(row)
                found.append(_Item(place, row.semantic, with_implied_storage(place.location).storage))
            except EOxServerError as error:
                problems.append(error.message)
        if coverage.pk in stacks:
            found += [
                _Item(Place(part.location), models.SLICE, with_implied_storage(part.location).storage, part)
                for part in slice_files(coverage.pk)
            ]
        if coverage.pk in virtual:
            problems += _incompatible(coverage.pk)
        elif not any(item.has_bands for item in found):
            problems.append("it has no data item 'bands'")
        try:
            domain = coverage.domain
        except (EOxServerError, ValueError) as error:
            domain = None
            problems.append(f"its registration is broken: {error}")
        yield _Registered(coverage.identifier, tuple(found), domain, coverage.range_type, tuple(problems))


def _incompatible(key: int) -> list[str]:
    """Why sources of a virtual coverage do not go together; nothing when they do."""
    try:
        common_domain(source_domains(key))
    except (EOxServerError, ValueError) as error:
        return [f"its sources: {error}"]
    return []


def _told(place: Place, error: EOxServerError) -> str:
    """What is wrong with an item, which is named."""
    text = error.message
    return text if text.startswith(str(place)) or (place.local and place.local in text) else f"{place}: {text}"


def _differences(item: _Item, found: Description, domain: Domain, range_type: RangeType) -> Iterator[str]:
    """What is no longer as registered."""
    name = str(item.place)
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
