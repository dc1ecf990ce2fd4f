# SPDX-License-Identifier: MIT
"""Coverages as they were."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import CoverageUnusable, InvalidParameterValue, NoSuchCoverage
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata
from tests.resources.coverages.ingestion.coverages import Place, read, slice_of, times
from tests.resources.coverages.samples import small


def note(day: float, text: str) -> ExtraMetadata:
    """Metadata of the slice at a day."""
    return ExtraMetadata(parts=GivenParts((PartMetadata({"ansi": (day, day)}, {"text": text}),)))


def test_each_version_can_be_read(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1, metadata={"a": "b"}, title="Title", extra=note(1, "one")))
    place.ingestion.update("part", slice_of(0, 2, extra=note(0, "zero")))
    place.ingestion.update("part", slice_of(1, 3, extra=note(1, "again")))
    numbers = [version.number for version in place.ingestion.history("part")]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 3
    states = []
    for number in reversed(numbers):
        found = place.ingestion.coverage("part", number)
        texts = [part.values["text"] for part in found.extra.parts.within(found.domain)]
        states.append((found.domain.axes[0], read(found)[:, 0, 0].tolist(), texts))
        assert (found.identifier, found.title, found.metadata) == ("part", "Title", {"a": "b"})
    assert states == [
        (times(1), [1], ["one"]),
        (times(0, 1), [2, 1], ["one", "zero"]),
        (times(0, 1), [2, 3], ["zero", "again"]),
    ]


def test_the_latest_version_is_the_coverage(place: Place) -> None:
    place.ingestion.insert(slice_of(148654, 1))
    latest = place.ingestion.coverage("part", place.ingestion.history("part")[0].number)
    served = place.catalogue.coverage("part")
    assert latest.domain == served.domain
    assert latest.range_type == served.range_type
    assert (latest.begin_time, latest.end_time) == (served.begin_time, served.end_time)
    assert latest.footprint == served.footprint


def test_versions_that_are_not_there_are_refused(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    for version in (0, 99):
        with pytest.raises(InvalidParameterValue, match=f"no version {version}"):
            place.ingestion.coverage("part", version)
    small("r")
    with pytest.raises(CoverageUnusable):
        place.ingestion.coverage("r", 1)
    with pytest.raises(NoSuchCoverage):
        place.ingestion.history("x")


def test_compaction_forgets_what_was(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    place.ingestion.update("part", slice_of(2, 2))
    before = place.catalogue.coverage("part")
    number = place.ingestion.compact("part")
    assert [version.number for version in place.ingestion.history("part")] == [number]
    assert read(before)[:, 0, 0].tolist() == [1, 2]
    place.ingestion.update("part", slice_of(3, 3))
    assert place.cells("part")[:, 0, 0].tolist() == [1, 2, 3]
    with pytest.raises(InvalidParameterValue, match="may be forgotten"):
        place.ingestion.coverage("part", 1)
