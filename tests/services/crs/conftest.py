# SPDX-License-Identifier: MIT
"""The resolver by itself: no database behind the definitions, no socket before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lxml import etree

from eoxserver.core.crs import Crs, Definition, Definitions, Parameter, check_definition, parse_crs
from eoxserver.core.errors import EOxServerError, InvalidParameterValue, NoSuchDefinition
from eoxserver.resources.crs.entries import CrsEntry
from eoxserver.services.context import ServiceContext
from eoxserver.services.crs.service import CrsResolver
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wire import Request, Response
from tests.xmlschemas import check, parse_xml

BASE = "https://eo.example/def"


class MemoryCrss:
    """Definitions in memory, as ``CrsCatalogue`` has them in the database."""

    def __init__(self, *entries: CrsEntry) -> None:
        self._entries = {entry.definition.name: entry for entry in entries}

    def parse(self, text: str) -> Crs:
        return parse_crs(text, self.definitions())

    def definitions(self) -> Definitions:
        return Definitions.of(entry.definition for entry in self._entries.values())

    def entry(self, authority: str, version: str, code: str) -> CrsEntry | None:
        found = self.definitions().find(authority, version, code)
        return None if found is None else self._entries[found.name]

    def fingerprint(self) -> str:
        return repr(self._entries)

    def add(self, entry: CrsEntry) -> None:
        if entry.definition.name in self._entries:
            raise InvalidParameterValue(f"there is a CRS {entry.definition.name} already")
        self.put(entry)

    def put(self, entry: CrsEntry) -> bool:
        check_definition(entry.definition)
        new = entry.definition.name not in self._entries
        self._entries[entry.definition.name] = entry
        return new

    def remove(self, authority: str, version: str, code: str) -> None:
        name = f"{authority}/{version}/{code}"
        if name not in self._entries:
            raise NoSuchDefinition(f"nobody has defined a CRS {name}", locator=name)
        del self._entries[name]


@dataclass(frozen=True)
class Resolver:
    """Asks the service as the dispatcher does."""

    crss: MemoryCrss
    service: CrsResolver

    def ask(self, url: str, request: Request | None = None) -> Response:
        """Answer what a URL below ``/def`` gets."""
        path, _, query = url.partition("?")
        blank = request or Request(Params(), BASE)
        asked = replace(blank, base_url=BASE, path=path.strip("/"), query=query)
        try:
            response = self.service.handle(asked)
        except EOxServerError as error:
            response = self.service.report(asked, error)
        body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        return replace(response, body=body)

    def root(self, url: str) -> etree._Element:
        """Answer the document of a definition that there is."""
        response = self.ask(url)
        assert response.status == 200, response.body
        return parse_xml(_bytes(response))

    def gml(self, url: str, shared: Path) -> etree._Element:
        """Answer the document of a definition, which must be valid."""
        response = self.ask(url)
        assert response.status == 200, response.body
        return check(shared / "schemas", _bytes(response))


def _bytes(response: Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def make_resolver(*entries: CrsEntry) -> Resolver:
    """Answer a resolver with these definitions."""
    crss = MemoryCrss(*entries)
    rules = SimpleNamespace(authorize=lambda actor, action, _: actor == "keeper" and action == "admin")
    context = SimpleNamespace(crss=crss, plugins=rules)
    return Resolver(crss, CrsResolver(cast("ServiceContext", context)))


ENTRIES = (
    CrsEntry(
        Definition("USER", "0", "local", "+proj=tmerc +lat_0=0 +lon_0=14.5 +datum=WGS84 +type=crs"),
        "Local grid",
        "Made for tests.",
    ),
    CrsEntry(Definition("USER", "0", "hours", 'OGC/0/Temporal?epoch="1950-01-01"&uom="h"&label="run"')),
    CrsEntry(Definition("USER", "0", "cube", "OGC/0/AnsiDate@EPSG:4326")),
    CrsEntry(
        Definition("USER", "0", "site", 'ENGCRS["site",EDATUM["peg",ANCHOR["South corner"]],CS[Cartesian,2],'
                   'AXIS["east (x)",east],AXIS["north (y)",north],LENGTHUNIT["furlong",201.168]]')
    ),
    CrsEntry(
        Definition("USER", "0", "meridian", "+proj=tmerc +lon_0=${lon} +lat_0=${lat} +datum=WGS84 +type=crs",
                   (Parameter("lon"), Parameter("lat", "0"))),
        "Meridian of your own",
    ),
)  # fmt: skip


@pytest.fixture
def resolver() -> Resolver:
    """Answer a resolver with definitions of every kind."""
    return make_resolver(*ENTRIES)
