# SPDX-License-Identifier: MIT
"""A Web Map Service over coverages in memory, with the real query engine."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from shapely.geometry import box

from eoxserver.backends.encoders.base import Workspace
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import parse_crs, wgs84_bounds
from eoxserver.core.domain import Domain
from eoxserver.core.errors import NoSuchCoverage, suggest
from eoxserver.plugins.manager import Plugins
from eoxserver.query.check import Limits
from eoxserver.query.executors import LocalExecutor
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.context import ServiceContext
from eoxserver.services.engine import Engine
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wire import Request, Response
from eoxserver.services.wms.entries import Bounds
from eoxserver.services.wms.service import WebMapService
from eoxserver.services.wms.times import Span, matching
from tests.services.announced import Announced
from tests.services.wms.coverages import all_coverages
from tests.services.wms.encoder import ValuesEncoder

if TYPE_CHECKING:
    from eoxserver.resources.coverages.announcements import Announcements
    from eoxserver.resources.coverages.catalogue import Catalogue
    from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
    from eoxserver.resources.coverages.pyramids import PyramidCatalogue
    from eoxserver.resources.coverages.virtual_coverages import VirtualCoverages
    from eoxserver.resources.crs.catalogue import CrsCatalogue

DRIVERS = dict.fromkeys(("GTiff", "PNG", "JPEG"), "rw")
GET_MAP = (
    "service=WMS&version=1.3.0&request=GetMap&layers={layers}&styles=&crs=EPSG:4326&bbox={bbox}"
    "&width={width}&height={height}&format=image/png"
)


@dataclass(frozen=True)
class Summary:
    """A coverage or collection in short, as the catalogue tells it."""

    identifier: str
    begin_time: datetime | None
    end_time: datetime | None
    wgs84_bounds: Bounds | None
    domain: Domain = field(default_factory=lambda: Domain(()))
    title: str = ""
    abstract: str = ""


@dataclass
class MemoryCatalogue:
    """As much of the catalogue as the service uses."""

    by_id: dict[str, Coverage]
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    number: int = 7

    def version(self) -> int:
        return self.number

    def coverage(self, identifier: str) -> Coverage:
        if identifier not in self.by_id:
            raise NoSuchCoverage(f"no coverage '{identifier}'; {suggest(identifier, self.by_id)}", locator=identifier)
        return self.by_id[identifier]

    def suggestions(self, identifier: str, suits: Callable[[Summary], bool]) -> str:
        return suggest(identifier, [one.identifier for one in self.summaries() if suits(one)])

    def coverages(self, identifiers: Iterable[str]) -> tuple[Coverage, ...]:
        return tuple(self.coverage(identifier) for identifier in identifiers)

    def summaries(self) -> Iterator[Summary]:
        for coverage in self.by_id.values():
            yield Summary(
                coverage.identifier, coverage.begin_time, coverage.end_time, _bounds(coverage), coverage.domain,
                coverage.title, coverage.abstract,
            )  # fmt: skip

    def collections(self) -> Iterator[Summary]:
        for identifier in self.members:
            yield self._summary(identifier)

    def collection(self, identifier: str) -> Summary | None:
        return self._summary(identifier) if identifier in self.members else None

    def _summary(self, identifier: str) -> Summary:
        inside = [self.by_id[name] for name in self.members[identifier]]
        begins = [one.begin_time for one in inside if one.begin_time is not None]
        ends = [one.end_time for one in inside if one.end_time is not None]
        boxes = [bounds for bounds in map(_bounds, inside) if bounds is not None]
        whole = None
        if boxes:
            west, south, east, north = zip(*boxes, strict=True)
            whole = (min(west), min(south), max(east), max(north))
        return Summary(identifier, min(begins, default=None), max(ends, default=None), whole, title=f"All {identifier}")

    def collection_times(self, identifier: str, limit: int) -> tuple[datetime, ...]:
        inside = [self.by_id[name].begin_time for name in self.members[identifier]]
        return tuple(sorted({begin for begin in inside if begin is not None}))[:limit]

    def collection_members(
        self,
        identifier: str,
        bbox: Bounds | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[str, ...]:
        found = []
        for name in self.members[identifier]:
            one, bounds = self.by_id[name], _bounds(self.by_id[name])
            if bbox is not None and (bounds is None or not box(*bounds).intersects(box(*bbox))):
                continue
            if begin is None or end is None or matching([Span(begin, end)], one.begin_time, one.end_time):
                found.append(one)
        found.sort(key=lambda one: (one.begin_time is not None, one.begin_time, one.identifier))
        names = tuple(one.identifier for one in found)
        return names if limit is None else names[-limit:]


def _bounds(coverage: Coverage) -> Bounds | None:
    crs = coverage.domain.horizontal_crs
    return None if crs is None else wgs84_bounds(crs, coverage.domain.horizontal_bounds)


@dataclass
class Rules:
    """Who may read what."""

    hidden: frozenset[str] = frozenset()

    def authorize(self, actor: object, action: str, coverage_id: str | None) -> bool:
        return action == "read" and (coverage_id not in self.hidden or actor == "admin")


class Client:
    """Asks the service as the dispatcher would."""

    def __init__(self, context: ServiceContext, catalogue: MemoryCatalogue) -> None:
        self.context = context
        self.catalogue = catalogue
        self.service = WebMapService(context)

    def ask(self, query: str, actor: str | None = None, **changes: str | None) -> Response:
        """Answer the response, or the report of the error; bodies are read."""
        request = self.request(query, actor, **changes)
        try:
            return _read(self.service.handle(request))
        except Exception as error:  # noqa: BLE001  (as the dispatcher does)
            return _read(self.service.report(request, error))

    @staticmethod
    def request(query: str, actor: str | None = None, **changes: str | None) -> Request:
        """Answer a request; a change to None leaves the parameter out."""
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        for key, value in changes.items():
            if value is None:
                del pairs[key]
            else:
                pairs[key] = value
        return Request(Params(pairs.items()), "http://eo.example/ows", actor=actor, request_id="r1")

    def body(self, query: str, actor: str | None = None, **changes: str | None) -> bytes:
        """Answer the body of a request that succeeds."""
        response = self.ask(query, actor, **changes)
        assert isinstance(response.body, bytes)
        assert response.status == 200, response.body.decode()
        return response.body

    def map(
        self, layers: str, bbox: str = "0,0,4,6", width: int = 6, height: int = 4, **changes: str | None
    ) -> npt.NDArray[Any]:
        """Answer the pixels of a map of the given box (latitude first) in EPSG:4326, as they are in the file."""
        query = GET_MAP.format(layers=layers, bbox=bbox, width=width, height=height)
        return pixels(self.body(query, **changes))


def pixels(image: bytes) -> npt.NDArray[Any]:
    """Answer the pixels of an image file, shape (rows, columns) or (rows, columns, channels)."""
    return np.asarray(Image.open(io.BytesIO(image)))


def _read(response: Response) -> Response:
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    return replace(response, body=body)


def make_client(
    folder: Path,
    coverages: Iterable[Coverage],
    members: Mapping[str, tuple[str, ...]] | None = None,
    settings: Settings | None = None,
    hidden: Iterable[str] = (),
) -> Client:
    """Answer a client of a service over these coverages and collections."""
    settings = settings or Settings()
    catalogue = MemoryCatalogue({one.identifier: one for one in coverages}, dict(members or {}))
    engine = Engine(
        catalogue.coverage, LocalExecutor(), Limits(), {"GTiff": ValuesEncoder(settings)}, Workspace(folder)
    )
    context = ServiceContext(
        settings,
        cast("Plugins", Rules(frozenset(hidden))),
        cast("Catalogue", catalogue),
        FormatRegistry(settings, load_formats(), DRIVERS),
        engine,
        cast("CrsCatalogue", SimpleNamespace(parse=parse_crs)),
        cast("Ingestion", None),
        cast("PyramidCatalogue", None),
        cast("Announcements", Announced()),
        cast("VirtualCoverages", None),
    )
    return Client(context, catalogue)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Answer a client of a service with coverages of each kind, and a collection of scenes."""
    return make_client(tmp_path, all_coverages(), {"scenes": ("old", "middle", "new"), "empty": ()})
