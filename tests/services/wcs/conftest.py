# SPDX-License-Identifier: MIT
"""A Web Coverage Service over coverages in memory, with the real query engine and a plain encoder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar, cast

import pytest

from eoxserver.backends.encoders.base import Encoder, Workspace
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.crs import parse_crs, wgs84_bounds
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, InvalidParameterValue, NoSuchCoverage, UnsupportedCombination, suggest
from eoxserver.plugins.manager import Plugins
from eoxserver.query.check import Limits
from eoxserver.query.executors import LocalExecutor
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.context import ServiceContext
from eoxserver.services.engine import Engine
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcs.service import WebCoverageService
from eoxserver.services.wire import Request, Response
from tests.services.announced import Announced
from tests.services.wcs.v20.coverages import all_coverages

if TYPE_CHECKING:
    from eoxserver.resources.coverages.announcements import Announcements
    from eoxserver.resources.coverages.catalogue import Catalogue
    from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
    from eoxserver.resources.coverages.pyramids import PyramidCatalogue
    from eoxserver.resources.coverages.virtual_coverages import VirtualCoverages
    from eoxserver.resources.crs.catalogue import CrsCatalogue

DRIVERS = dict.fromkeys(("GTiff", "COG", "netCDF", "PNG", "JPEG"), "rw") | {"HFA": "rw", "GRIB": "r"}


@dataclass(frozen=True)
class Summary:
    """A coverage in short, as the catalogue tells it."""

    identifier: str
    title: str
    abstract: str
    domain: Domain
    wgs84_bounds: tuple[float, float, float, float] | None

    @property
    def subtype(self) -> str:
        """That of a grid."""
        return self.domain.subtype


@dataclass
class MemoryCatalogue:
    """As much of the catalogue as the service uses."""

    by_id: dict[str, Coverage]
    number: int = 7

    def version(self) -> int:
        return self.number

    def coverage(self, identifier: str) -> Coverage:
        if identifier not in self.by_id:
            raise NoSuchCoverage(f"no coverage '{identifier}'; {suggest(identifier, self.by_id)}", locator=identifier)
        return self.by_id[identifier]

    def suggestions(self, identifier: str, suits: Callable[[Summary], bool]) -> str:
        return suggest(identifier, [one.identifier for one in self.summaries() if suits(one)])

    def summaries(self) -> Iterator[Summary]:
        for coverage in self.by_id.values():
            crs = coverage.domain.horizontal_crs
            box = None if crs is None else wgs84_bounds(crs, coverage.domain.horizontal_bounds)
            yield Summary(coverage.identifier, coverage.title, coverage.abstract, coverage.domain, box)


@dataclass
class Rules:
    """Who may read what."""

    hidden: frozenset[str] = frozenset()
    services: Mapping[str, type] = field(default_factory=dict)

    def authorize(self, actor: object, action: str, coverage_id: str | None) -> bool:
        return action == "read" and (coverage_id not in self.hidden or actor == "admin")


@dataclass
class JsonEncoder:
    """Writes shape, driver, options and cells of two axes as JSON."""

    key: ClassVar[str] = "GDAL"
    settings: Settings = field(default_factory=Settings)

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        if len(coverage.domain.axes) != 2 and driver != "netCDF":
            raise UnsupportedCombination(f"{driver} holds two axes; this has {len(coverage.domain.axes)}")
        if options.get("compression") == "bad":
            raise InvalidParameterValue("compression 'bad' is not known", locator="compression")

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        fields = range(len(coverage.range_type))
        cells = coverage.source.read(CellBox.whole(coverage.source.shape), fields)
        about = {
            "id": coverage.identifier,
            "driver": driver,
            "options": dict(options),
            "fields": coverage.range_type.names,
            "values": cells.values.tolist(),
        }
        yield json.dumps(about).encode()


def body(response: Response) -> bytes:
    """Answer the body of a response that has been read."""
    assert isinstance(response.body, bytes)
    return response.body


class Client:
    """Asks the service as the dispatcher would."""

    def __init__(self, context: ServiceContext, service: WebCoverageService) -> None:
        self.context = context
        self.service = service

    def ask(self, *pairs: tuple[str, str], actor: str | None = None) -> Response:
        """Answer the response, or the report of the error; bodies are read."""
        request = Request(Params((("service", "WCS"), *pairs)), "http://eo.example/ows", actor=actor)
        try:
            return self._read(self.service.handle(request))
        except EOxServerError as error:
            return self._read(self.service.report(request, error))

    def get(self, operation: str, *pairs: tuple[str, str], actor: str | None = None) -> bytes:
        """Answer the body of a request that succeeds."""
        response = self.ask(("version", "2.0.1"), ("request", operation), *pairs, actor=actor)
        assert response.status == 200, body(response).decode()
        return body(response)

    def coverage(self, identifier: str, *pairs: tuple[str, str]) -> bytes:
        """Answer a coverage."""
        return self.get("GetCoverage", ("coverageId", identifier), *pairs)

    @staticmethod
    def _read(response: Response) -> Response:
        if isinstance(response.body, bytes):
            return response
        return replace(response, body=b"".join(response.body))


def make_client(
    tmp_path: Path,
    coverages: Iterable[Coverage],
    settings: Settings | None = None,
    limits: Limits | None = None,
    hidden: Iterable[str] = (),
    catalogue: MemoryCatalogue | None = None,
) -> Client:
    """Answer a client of a service over these coverages, or over a catalogue."""
    settings = settings or Settings()
    catalogue = catalogue or MemoryCatalogue({coverage.identifier: coverage for coverage in coverages})
    encoder: Encoder = JsonEncoder(settings=settings)
    engine = Engine(catalogue.coverage, LocalExecutor(1), limits or Limits(), {"GDAL": encoder}, Workspace(tmp_path))
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
    return Client(context, WebCoverageService(context))


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Client]:
    """Answer ``make_client`` with a folder of its own."""
    return partial(make_client, tmp_path)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Answer a client of a service with one coverage of each kind."""
    return make_client(tmp_path, all_coverages())
