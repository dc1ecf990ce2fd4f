# SPDX-License-Identifier: MIT
"""Virtual coverages in the catalogue: they follow their sources, which stay as long as they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db.models import RestrictedError

from eoxserver.conf.schema import Settings
from eoxserver.core.errors import (
    CoverageExists,
    CoverageUnusable,
    InconsistentChange,
    InvalidParameterValue,
    NoSuchCoverage,
    RegistrationRefused,
)
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.proposals import Options
from eoxserver.resources.coverages.virtual_coverages import VirtualCoverages
from tests.backends.rasters import write
from tests.resources.coverages.ingestion.coverages import coverage, lat, long, read, slice_of, times
from tests.resources.coverages.stacking.slices import Site, slice_part


@pytest.fixture
def site(database: Settings, tmp_path: Path) -> Iterator[Site]:
    """Answer an empty catalogue, and a folder for files."""
    found = Site(database, tmp_path)
    yield found
    found.close()


def inserted(site: Site, name: str, day: float, value: Any, **given: Any) -> None:
    site.ingestion.insert(replace(slice_of(day, value, **given), identifier=name))


def virtual(site: Site, *sources: str, name: str = "v", metadata: Mapping[str, str] | None = None) -> None:
    VirtualCoverages(site.catalogue).put(name, sources, metadata or {})


def stored_size(site: Site, name: str = "v") -> tuple[int, ...]:
    """As capabilities tell it."""
    (found,) = (one for one in site.catalogue.summaries() if one.identifier == name)
    return found.domain.shape


def test_cells_are_those_of_the_sources(site: Site) -> None:
    inserted(site, "a", 3, 1)
    inserted(site, "b", 1, 2, north=8)
    virtual(site, "a", "b", metadata={"title": "both"})
    found = site.catalogue.coverage("v")
    assert dict(found.metadata) == {"title": "both"}
    assert found.domain.axes[0].coordinates().tolist() == [1, 3]
    cells = read(found)
    assert cells.shape == (2, 6, 4)
    assert cells[:, :, 0].tolist() == [[-1, -1, 2, 2, 2, 2], [1, 1, 1, 1, -1, -1]]
    assert stored_size(site) == (2, 6, 4)
    row = models.Coverage.objects.get(identifier="v")
    assert (row.begin_time, row.end_time) == (found.begin_time, found.end_time)
    assert row.footprint is not None
    assert not row.data_items.exists()


def test_updates_of_sources_are_seen_at_once(site: Site) -> None:
    for name, day in (("a", 1), ("b", 2)):
        inserted(site, name, day, day)
    virtual(site, "a", "b")
    assert read(site.catalogue.coverage("v"))[0].max() == 1
    site.ingestion.update("a", slice_of(1, 7))
    assert read(site.catalogue.coverage("v"))[0].min() == 7
    before = site.catalogue.version()
    site.ingestion.update("b", slice_of(5, 8, north=12))
    assert site.catalogue.version() > before
    assert site.catalogue.coverage("v").domain.shape == (3, 6, 4) == stored_size(site)
    assert read(site.catalogue.coverage("v"))[2, :4].min() == 8


def test_files_are_sources_too(site: Site) -> None:
    for number in range(2):
        path = write(
            site.folder / f"s{number}.tif",
            np.full((1, 4, 5), number + 1, "int16"),
            bounds=(5 * number, 0, 5 * number + 5, 4),
        )
        (outcome,) = site.registrar.register([path], Options())
        assert not outcome.failed
    virtual(site, "s0", "s1")
    assert read(site.catalogue.coverage("v")).tolist() == [[1] * 5 + [2] * 5] * 4


def test_it_is_given_other_sources(site: Site) -> None:
    for name, day in (("a", 1), ("b", 2), ("c", 3)):
        inserted(site, name, day, day)
    virtual(site, "a", "b")
    virtual(site, "c", "b", metadata={"n": "2"})
    assert read(site.catalogue.coverage("v"))[:, 0, 0].tolist() == [2, 3]
    assert dict(site.catalogue.coverage("v").metadata) == {"n": "2"}
    assert stored_size(site) == (2, 4, 4)
    site.ingestion.delete(["a"])


def test_later_ones_lie_over_earlier_ones_but_for_their_nil_cells(site: Site) -> None:
    values = np.full((1, 4, 4), 5)
    values[0, 0] = -1
    inserted(site, "a", 1, 1)
    inserted(site, "b", 1, values)
    virtual(site, "a", "b")
    assert read(site.catalogue.coverage("v"))[0, :, 0].tolist() == [1, 5, 5, 5]
    virtual(site, "b", "a")
    assert read(site.catalogue.coverage("v"))[0, :, 0].tolist() == [1, 1, 1, 1]


def test_stacks_that_grow(site: Site) -> None:
    site.register("s", slice_part(site, [times(10)], [[3]]))
    site.register("t", slice_part(site, [times(11)], [[4]]))
    virtual(site, "s", "t")
    assert read(site.catalogue.coverage("v"))[:, 0, 0].tolist() == [3, 4]
    site.add("s", slice_part(site, [times(12)], [[5]]))
    assert read(site.catalogue.coverage("v"))[:, 0, 0].tolist() == [3, 4, 5]
    assert stored_size(site) == (3, 4, 5)


# -- sources stay ---------------------------------------------------------------------------------------


def test_sources_are_not_deleted_before_it(site: Site) -> None:
    inserted(site, "a", 1, 1)
    virtual(site, "a")
    with pytest.raises(InconsistentChange, match="'a' is a source of the virtual coverage 'v', which has to be"):
        site.ingestion.delete(["a"])
    with pytest.raises(RestrictedError):
        models.EOObject.objects.filter(identifier="a").delete()
    assert read(site.catalogue.coverage("v")).max() == 1
    site.ingestion.delete(["a", "v"])
    assert not site.catalogue.exists("a")
    assert not site.catalogue.exists("v")


def test_it_is_deleted_alone(site: Site) -> None:
    inserted(site, "a", 1, 1)
    virtual(site, "a")
    site.ingestion.delete(["v"])
    assert site.catalogue.exists("a")
    site.ingestion.delete(["a"])


def test_registered_sources_are_not_taken_out_or_replaced(site: Site) -> None:
    path = write(site.folder / "a.tif", np.ones((1, 4, 5), "int16"))
    list(site.registrar.register([path], Options()))
    virtual(site, "a")
    with pytest.raises(RegistrationRefused, match="'a' is a source of the virtual coverage 'v'"):
        site.registrar.deregister(["a"])
    write(site.folder / "a.tif", np.ones((1, 6, 5), "int16"))
    (outcome,) = site.registrar.register([path], Options(replace=True))
    assert "source of the virtual coverage" in outcome.reason
    site.registrar.deregister(["v", "a"])


def test_what_is_said_of_it(site: Site) -> None:
    inserted(site, "a", 1, 1)
    inserted(site, "b", 2, 1)
    virtual(site, "b", "a")
    assert site.registrar.describe("v")["sources"] == ["b", "a"]
    rows = {row.identifier: row.where for row in site.registrar.rows(where=True)}
    assert rows["v"] == ("coverage b", "coverage a")
    (checked,) = site.registrar.check(["v"])
    assert checked.problems == ()


def test_sources_keep_their_names_or_not(site: Site) -> None:
    inserted(site, "a", 1, 4)
    virtual(site, "a")
    site.ingestion.rename("a", "b")
    assert read(site.catalogue.coverage("v")).max() == 4
    assert site.registrar.describe("v")["sources"] == ["b"]


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "error", "words"),
    [
        ((), InvalidParameterValue, "'v' has no source"),
        (("a", "a"), InvalidParameterValue, "'a' stands there twice"),
        (("a", "nix"), NoSuchCoverage, "no coverage 'nix'"),
        (("a", "other"), InconsistentChange, "'other' does not go with 'a': the axes are Lat, Long"),
        (("a", "w"), InvalidParameterValue, "'w' is a virtual coverage itself"),
    ],
)
def test_sources_that_are_none(site: Site, sources: tuple[str, ...], error: type[Exception], words: str) -> None:
    inserted(site, "a", 1, 1)
    site.ingestion.insert(coverage("other", (lat(10, 4), long(0, 4))))
    virtual(site, "a", name="w")
    with pytest.raises(error, match=words):
        virtual(site, *sources)
    assert not site.catalogue.exists("v")


def test_it_takes_no_other_place_and_no_cells(site: Site) -> None:
    inserted(site, "a", 1, 1)
    inserted(site, "b", 2, 1)
    with pytest.raises(CoverageExists, match="'b' already, which is no virtual coverage"):
        virtual(site, "a", name="b")
    virtual(site, "a")
    with pytest.raises(CoverageUnusable, match="only what was inserted is changed"):
        site.ingestion.update("v", slice_of(1, 3))
    with pytest.raises(CoverageExists):
        inserted(site, "v", 1, 1)


def test_a_source_that_goes_with_the_others_no_more_is_named(site: Site) -> None:
    inserted(site, "a", 1, 1)
    inserted(site, "b", 2, 1)
    virtual(site, "a", "b")
    models.Axis.objects.filter(coverage__identifier="b", label="Lat").update(origin=3.25)
    with pytest.raises(Exception, match="coverage 'v' is broken in the catalogue: 'b' does not go with 'a'"):
        site.catalogue.coverage("v")
    (checked,) = site.registrar.check(["v"])
    assert "its sources: 'b' does not go with 'a'" in checked.problems[0]


def test_many_times(site: Site) -> None:
    for name, days in (("even", range(0, 40, 2)), ("odd", range(1, 40, 2))):
        values = np.array(days, dtype=np.int16).reshape(-1, 1, 1)
        site.ingestion.insert(coverage(name, (times(*map(float, days)), lat(10, 3), long(0, 2)), values))
    virtual(site, "even", "odd")
    assert read(site.catalogue.coverage("v"))[:, 0, 0].tolist() == list(range(40))
