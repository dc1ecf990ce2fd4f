# SPDX-License-Identifier: MIT
"""Metadata of parts in the catalogue."""

from __future__ import annotations

import numpy as np

from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IrregularAxis
from eoxserver.core.domain import Domain
from eoxserver.core.metadata import NO_PARTS, ExtraMetadata, PartMetadata
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.parts import StoredParts, extra_details, stored_extra, write_parts
from tests.resources.coverages.samples import GREY


def cube() -> models.Coverage:
    """A saved coverage."""
    found = models.Coverage(identifier="c", range_type=GREY)
    found.save()
    return found


def domain(low: float, high: float, label: str = "t") -> Domain:
    """A domain of one axis."""
    return Domain((IrregularAxis(label, np.array([low, high])),))


def part(low: float, high: float, name: str, **more: tuple[float, float]) -> PartMetadata:
    """A part on the axis t."""
    return PartMetadata({"t": (low, high), **more}, {"name": name})


def names(parts: StoredParts, within: Domain) -> list[str]:
    """Names of parts."""
    return [found.values["name"] for found in parts.within(within)]


def test_parts_are_found_by_their_bounds(database: Settings) -> None:
    key = cube().pk
    parts = [part(0, 1, "a"), part(2, 3, "b", x=(0, 1)), part(1, 2, "c")]
    write_parts(key, 1, parts)
    stored = StoredParts(key)
    assert names(stored, domain(0, 0.5)) == ["a"]
    assert names(stored, domain(1, 1.5)) == ["a", "c"]
    assert names(stored, domain(5, 6)) == []
    assert names(stored, domain(5, 6, "x")) == ["a", "c"], "only b says how far it reaches in x"
    assert list(stored.within(domain(0, 9))) == parts
    assert names(StoredParts(key + 1), domain(0, 9)) == []


def test_parts_of_the_same_bounds_take_turns(database: Settings) -> None:
    key = cube().pk
    write_parts(key, 1, [part(0, 1, "a"), part(1, 2, "b")])
    write_parts(key, 4, [part(0, 1, "new"), part(5, 6, "c")])
    assert names(StoredParts(key), domain(0, 9)) == ["b", "new", "c"]
    assert names(StoredParts(key, 4), domain(0, 9)) == ["b", "new", "c"]
    assert names(StoredParts(key, 3), domain(0, 9)) == ["a", "b"]
    assert names(StoredParts(key, 0), domain(0, 9)) == []


def test_very_many_parts_are_written_at_a_time(database: Settings) -> None:
    key = cube().pk
    write_parts(key, 1, [part(number, number, str(number)) for number in range(1203)])
    assert names(StoredParts(key), domain(1200, 1201)) == ["1200", "1201"]


def test_details_give_back_what_they_were_made_of(database: Settings) -> None:
    extra = ExtraMetadata("text", {"v": {"a": 1}}, {"t": {"b": "2"}})
    assert stored_extra(extra_details(extra, False), 1) == extra
    assert extra_details(ExtraMetadata(), False) is None
    assert stored_extra(None, 1).parts is NO_PARTS
    assert stored_extra({"parts": True}, 7, 3).parts == StoredParts(7, 3)
