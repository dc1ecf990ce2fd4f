# SPDX-License-Identifier: MIT
"""Definitions of administrators in the database: added, changed, removed, found, and kept while coverages use them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from django.db import connection

from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import Crs, Definition, Parameter
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CatalogueUnavailable,
    CrsUnknown,
    InvalidParameterValue,
    InvalidRequest,
    NoSuchDefinition,
)
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.rasters import raster_domain
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.versioning import catalogue_version
from eoxserver.resources.crs.catalogue import CrsCatalogue, coverages_using
from eoxserver.resources.crs.entries import CrsEntry

pytestmark = pytest.mark.integration

LOCAL = Definition("USER", "0", "local", "+proj=tmerc +lat_0=0 +lon_0=14.5 +datum=WGS84 +type=crs")
HOURS = Definition("USER", "0", "hours", 'OGC/0/Temporal?epoch="1950-01-01"&uom="h"&label="run"')
TILTED = Definition("USER", "0", "tilted", "+proj=tmerc +lon_0=${lon} +datum=WGS84 +type=crs", (Parameter("lon", "1"),))

RANGE_TYPE = RangeType((Field("b", np.dtype("uint8")),))


@pytest.fixture
def crss(database: Settings) -> CrsCatalogue:
    found = CrsCatalogue()
    for definition in (LOCAL, HOURS, TILTED):
        found.add(CrsEntry(definition, f"the {definition.code}", "made for tests"))
    return found


def test_what_is_added_is_found(crss: CrsCatalogue) -> None:
    assert crss.parse("USER:local").custom == (LOCAL,)
    assert crss.parse("USER/0/hours@USER/0/local").labels == ("run", "E", "N")
    assert crss.parse("EPSG:4326").epsg == 4326
    assert crss.parse("USER/0/tilted?lon=3").uri.endswith('/USER/0/tilted?lon="3"')
    assert crss.entry("USER", "", "tilted") == CrsEntry(TILTED, "the tilted", "made for tests")
    assert [entry.definition for entry in crss.entries()] == [HOURS, LOCAL, TILTED]
    assert CrsCatalogue().definitions() == crss.definitions()
    with pytest.raises(CrsUnknown, match="no CRS 'USER:other'"):
        crss.parse("USER:other")


def test_without_definitions_names_are_refused_in_the_words_of_the_parser(database: Settings) -> None:
    with pytest.raises(CrsUnknown, match="no CRS 'USER:local'"):
        CrsCatalogue().parse("USER:local")


def test_every_change_is_seen_by_others_at_once(crss: CrsCatalogue) -> None:
    other = CrsCatalogue()
    seen = [other.fingerprint()]
    version = catalogue_version()
    changed = replace(LOCAL, text=LOCAL.text.replace("14.5", "15"))
    crss.change(CrsEntry(changed, "the local"))
    assert other.parse("USER:local").custom == (changed,)
    seen.append(other.fingerprint())
    crss.change(CrsEntry(changed, "another title"))
    assert other.entries()[1].title == "another title"
    seen.append(other.fingerprint())
    crss.remove("USER", "0", "local")
    with pytest.raises(CrsUnknown):
        other.parse("USER:local")
    seen.append(other.fingerprint())
    assert len(set(seen)) == 4
    assert catalogue_version() > version


def test_put_adds_or_changes(crss: CrsCatalogue) -> None:
    new = replace(LOCAL, code="new")
    assert crss.put(CrsEntry(new)) is True
    assert crss.put(CrsEntry(replace(new, text="EPSG:4326"))) is False
    assert crss.parse("USER:new").labels == ("Lat", "Long")


def test_a_name_is_there_once(crss: CrsCatalogue) -> None:
    with pytest.raises(InvalidParameterValue, match="there is a CRS USER/0/local already"):
        crss.add(CrsEntry(replace(LOCAL, text="EPSG:4326")))
    crss.add(CrsEntry(replace(LOCAL, version="1", text="EPSG:4326")))
    assert crss.parse("USER/0/local").version == "0"
    assert crss.parse("USER/1/local").labels == ("Lat", "Long")


@pytest.mark.parametrize(
    "wrong", [replace(LOCAL, authority="EPSG"), replace(LOCAL, text="nonsense"), replace(LOCAL, code="a/b")]
)
def test_what_makes_no_crs_changes_nothing(crss: CrsCatalogue, wrong: Definition) -> None:
    before = catalogue_version()
    for write in (crss.add, crss.change, crss.put):
        with pytest.raises(CrsUnknown):
            write(CrsEntry(wrong))
    assert catalogue_version() == before


@pytest.mark.parametrize("code", ["lokal", "a\0b"])
def test_what_is_not_there_cannot_be_changed_or_removed(crss: CrsCatalogue, code: str) -> None:
    with pytest.raises(NoSuchDefinition, match=r"available: USER/0/hours|did you mean 'USER/0/local'"):
        crss.remove("USER", "0", code)
    with pytest.raises(NoSuchDefinition):
        crss.change(CrsEntry(replace(LOCAL, code="lokal")))


def test_a_definition_stays_while_a_raster_uses_it(crss: CrsCatalogue) -> None:
    crs = crss.parse("USER:local")
    dataset = models.RectifiedDataset(identifier="scene", range_type=RANGE_TYPE)
    dataset.set_domain(raster_domain(crs, (0.0, 0.0, 10.0, 10.0), 10, 10))
    dataset.save()
    stored = models.RectifiedDataset.objects.get()
    assert stored.crs == crs
    assert stored.domain.crs == crs
    check_is_kept(crss, LOCAL, ["scene"])
    models.RectifiedDataset.objects.all().delete()
    crss.remove("USER", "0", "local")
    assert [entry.definition for entry in crss.entries()] == [HOURS, TILTED]


def test_a_definition_stays_while_an_axis_or_tie_points_use_it(crss: CrsCatalogue) -> None:
    hours, tilted = crss.parse("USER:hours"), crss.parse("USER/0/tilted?lon=5")
    series = models.Coverage.objects.create(identifier="series", range_type=RANGE_TYPE)
    series.set_domain(Domain((IndexAxis("run", 3, 0, hours, "h"),), ("run",)))
    assert models.Coverage.objects.get().domain.axes[0].crs == hours
    models.ReferenceableDataset.objects.create(
        identifier="swath", range_type=RANGE_TYPE, size_x=2, size_y=2, tie_points=points_of(tilted)
    )
    check_is_kept(crss, HOURS, ["series"])
    check_is_kept(crss, TILTED, ["swath"])


def points_of(crs: Crs) -> TiePoints:
    return TiePoints(crs, *(np.array([0.0, 1.0]) for _ in range(4)))


def check_is_kept(crss: CrsCatalogue, definition: Definition, using: list[str]) -> None:
    assert list(coverages_using(definition)) == using
    with pytest.raises(InvalidRequest, match=f"cannot be removed: coverages use it \\({using[0]}\\)"):
        crss.remove(definition.authority, definition.version, definition.code)
    with pytest.raises(InvalidRequest, match="cannot be changed"):
        crss.change(CrsEntry(replace(definition, text="EPSG:3035", parameters=())))
    crss.change(CrsEntry(definition, "a better title"))
    assert crss.entry("USER", "0", definition.code) == CrsEntry(definition, "a better title")


def test_a_refusal_names_a_few_of_many(crss: CrsCatalogue) -> None:
    for number in range(7):
        models.Coverage.objects.create(
            identifier=f"c{number}", range_type=RANGE_TYPE, projection=_stored(crss.parse("USER:local"))
        )
    with pytest.raises(InvalidRequest, match=r"\(c0, c1, c2, c3, c4 and 2 more\)"):
        crss.remove("USER", "0", "local")


def _stored(crs: Crs) -> str:
    coverage = models.Coverage()
    coverage.crs = crs
    return coverage.projection


def test_a_database_without_tables_is_no_bare_error(database: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE crs_crsdefinition")
    with pytest.raises(CatalogueUnavailable):
        CrsCatalogue().entries()
