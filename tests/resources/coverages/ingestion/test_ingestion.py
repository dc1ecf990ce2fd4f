# SPDX-License-Identifier: MIT
"""Coverages that are inserted, grow, and are deleted: catalogue and store together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from eoxserver.core.axes import Axis
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageExists,
    CoverageUnusable,
    DataUnavailable,
    InconsistentChange,
    InvalidParameterValue,
    InvalidScaleFactor,
    InvalidSubsetting,
    NoSuchCoverage,
)
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.models import PendingCube
from tests.resources.coverages.ingestion.coverages import (
    NIL,
    Place,
    coverage,
    index,
    lat,
    long,
    read,
    regular_days,
    slice_of,
    times,
)
from tests.resources.coverages.samples import series, small

SHAPES: list[tuple[Axis, ...]] = [
    (index("i", -2, 7),),
    (),
    (times(1, 4, 9),),
    (regular_days(148654, 5),),
    (lat(10, 4), long(0, 5)),
    (times(1, 2, 4), lat(10, 4), long(0, 5)),
    (regular_days(148654, 3), lat(10, 4, -0.25), long(0, 5, 0.25)),
    (times(9, 4, 1), replace(times(5, 50), label="h", crs=None), lat(10, 4), long(0, 5)),
]
"""Axes of none to four dimensions: regular, irregular, index; rising and falling."""


class Broken(MemorySource):
    """A source whose second half cannot be read."""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        raise DataUnavailable("the disk is broken")


# -- inserting --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", SHAPES)
def test_what_is_inserted_is_served(place: Place, axes: tuple[Axis, ...]) -> None:
    given = coverage("c", axes)
    place.ingestion.insert(given)
    found = place.catalogue.coverage("c")
    assert found.domain == given.domain
    assert found.range_type == given.range_type
    assert (place.cells("c") == read(given)).all()
    assert PendingCube.objects.count() == 0


def test_times_and_footprint_follow_from_the_domain(place: Place) -> None:
    place.ingestion.insert(coverage("c", (times(148654, 148655.5), lat(10, 4), long(0, 5))))
    found = place.catalogue.coverage("c")
    assert (found.begin_time, found.end_time) == (
        datetime(2008, 1, 1, tzinfo=UTC),
        datetime(2008, 1, 2, 12, tzinfo=UTC),
    )
    assert found.footprint is not None
    assert found.footprint.bounds == (0, 6, 5, 10)
    assert [one.identifier for one in place.catalogue.search((4, 9, 6, 11))] == ["c"]
    assert [one.identifier for one in place.catalogue.search((6, 9, 7, 11))] == []


def test_texts_fields_and_chunks_are_kept(place: Place) -> None:
    fields = RangeType(
        (
            Field("a", np.dtype("uint8"), "K", (NilValue(255, reason="cloud"),), "A", "first"),
            Field("b", np.dtype("float32"), nil=(NilValue(float("nan")),)),
        )
    )
    given = coverage("c", (lat(10, 4), long(0, 5)), range_type=fields, title="Title", metadata={"author": "me"})
    cells = np.stack([np.full((4, 5), 255.0), np.full((4, 5), np.nan)])
    place.ingestion.insert(replace(given, source=MemorySource(cells)), chunks=(2, 3), native_format="image/png")
    found = place.catalogue.coverage("c")
    assert (found.range_type, found.title, found.metadata) == (fields, "Title", {"author": "me"})
    assert found.native_format == "image/png"
    assert found.source.chunks == (2, 3)
    assert not found.source.read(CellBox((0, 0), (4, 5)), [0, 1]).mask().any()


def test_an_identifier_is_taken_once(place: Place) -> None:
    place.ingestion.insert(coverage("c", SHAPES[0]))
    series("s")
    small("r")
    for identifier in ("c", "s", "r"):
        with pytest.raises(CoverageExists, match=f"'{identifier}' already"):
            place.ingestion.insert(coverage(identifier, SHAPES[0]))
    assert len(place.cubes()) == 1


@pytest.mark.parametrize("identifier", ["", "1a", "a b", "a/b", "a" * 257])
def test_identifiers_are_names(place: Place, identifier: str) -> None:
    with pytest.raises(InvalidParameterValue, match="is no identifier"):
        place.ingestion.insert(coverage(identifier, SHAPES[0]))


@pytest.mark.parametrize("identifier", ["größe.1-b", "a" * 256, "_"])
def test_any_identifier_of_the_catalogue_will_do(place: Place, identifier: str) -> None:
    place.ingestion.insert(coverage(identifier, SHAPES[0]))
    assert place.cells(identifier).shape == (7,)


def test_new_identifiers_are_free(place: Place) -> None:
    assert place.ingestion.new_identifier() != place.ingestion.new_identifier()
    place.ingestion.check_identifier(place.ingestion.new_identifier())


@pytest.mark.parametrize("chunks", [(2,), (0, 2), (-1, 5)])
def test_chunks_that_cannot_be_are_refused(place: Place, chunks: tuple[int, ...]) -> None:
    with pytest.raises(InvalidParameterValue, match="cannot be stored"):
        place.ingestion.insert(coverage("c", (lat(10, 4), long(0, 5))), chunks=chunks)
    assert not place.catalogue.exists("c")


def test_integers_of_64_bits_become_floats(place: Place) -> None:
    place.ingestion.insert(coverage("c", SHAPES[0], dtype="int64"))
    assert place.catalogue.coverage("c").range_type.fields[0].dtype == np.float64


def test_a_source_that_fails_leaves_nothing(place: Place) -> None:
    given = coverage("c", SHAPES[0])
    with pytest.raises(DataUnavailable, match="the disk is broken"):
        place.ingestion.insert(replace(given, source=Broken(np.zeros((1, 7), "int16"))))
    assert not place.catalogue.exists("c")
    assert place.cubes() == []
    assert PendingCube.objects.count() == 0


# -- growing ----------------------------------------------------------------------------------------------


def test_a_coverage_grows_in_time(place: Place) -> None:
    place.ingestion.insert(slice_of(148654, 1))
    for day, value in ((148655, 2), (148660, 3), (148600, 4), (148654.5, 5)):
        place.ingestion.update("part", slice_of(day, value))
    found = place.catalogue.coverage("part")
    assert found.domain.axes[0] == times(148600, 148654, 148654.5, 148655, 148660)
    assert place.cells("part")[:, 0, 0].tolist() == [4, 1, 5, 2, 3]
    assert found.begin_time == datetime(2007, 11, 8, tzinfo=UTC)
    assert found.end_time == datetime(2008, 1, 7, tzinfo=UTC)


def test_a_coverage_grows_in_all_directions(place: Place) -> None:
    place.ingestion.insert(coverage("c", (lat(10, 4), long(0, 4)), 1))
    place.ingestion.update("c", coverage("p", (lat(13, 4), long(-2, 3)), 2))
    place.ingestion.update("c", coverage("p", (lat(7, 2), long(3, 4)), 3))
    found = place.catalogue.coverage("c")
    assert found.domain.axes == (lat(13, 8), long(-2, 9))
    expected = np.full((8, 9), NIL)
    expected[3:7, 2:6] = 1
    expected[0:4, 0:3] = 2
    expected[6:8, 5:9] = 3
    assert (place.cells("c") == expected).all()
    assert found.footprint is not None
    assert found.footprint.bounds == (-2, 5, 7, 13)


def test_regular_time_and_index_axes_grow(place: Place) -> None:
    place.ingestion.insert(coverage("c", (regular_days(100, 2), index("i", 5, 2)), 1))
    place.ingestion.update("c", coverage("p", (times(97), index("i", 3, 3)), 2))
    found = place.catalogue.coverage("c")
    assert found.domain.axes == (regular_days(97, 5), index("i", 3, 4))
    assert place.cells("c").tolist() == [[2, 2, 2, NIL], [NIL] * 4, [NIL] * 4, [NIL, NIL, 1, 1], [NIL, NIL, 1, 1]]


def test_nil_cells_leave_what_is_there_unless_told_otherwise(place: Place) -> None:
    place.ingestion.insert(coverage("c", (lat(10, 2), long(0, 2)), [[1, 2], [3, 4]]))
    part = coverage("p", (lat(10, 2), long(0, 2)), [[NIL, 9], [NIL, NIL]])
    place.ingestion.update("c", part)
    assert place.cells("c").tolist() == [[1, 9], [3, 4]]
    place.ingestion.update("c", part, keep=False)
    assert place.cells("c").tolist() == [[NIL, 9], [NIL, NIL]]


def test_collections_grow_with_their_members(place: Place) -> None:
    place.ingestion.insert(slice_of(148654, 1))
    inner = series("inner", models.Coverage.objects.get(identifier="part"))
    series("outer", inner)
    place.ingestion.update("part", slice_of(148700, 2, north=20.0))
    for identifier in ("inner", "outer"):
        summary = place.catalogue.collection(identifier)
        assert summary is not None
        assert summary.end_time == datetime(2008, 2, 16, tzinfo=UTC)
        assert summary.wgs84_bounds == (0, 6, 4, 20)


def test_readers_of_a_version_go_on_reading_it(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    before = place.catalogue.coverage("part")
    place.ingestion.update("part", slice_of(0.5, 2))
    place.ingestion.update("part", slice_of(1, 3))
    assert read(before).shape == (1, 4, 4)
    assert (read(before) == 1).all()
    assert place.cells("part")[:, 0, 0].tolist() == [2, 3]


def test_values_are_converted_to_the_type_of_the_coverage(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    place.ingestion.update("part", slice_of(2, 7.0, dtype="float64"))
    assert place.cells("part")[1, 0, 0] == 7


@pytest.mark.parametrize(
    ("part", "error", "told"),
    [
        (coverage("p", (lat(10, 4), long(0, 4))), InconsistentChange, "the axes are Lat, Long"),
        (slice_of(2, 1, north=10.5), InvalidSubsetting, "off the grid"),
        (slice_of(2, 1.5, dtype="float64"), InconsistentChange, "1.5"),
        (slice_of(2, 70000, dtype="int32"), InconsistentChange, "70000"),
        (slice_of(2, 1, dtype="complex64"), InconsistentChange, "complex64"),
        (coverage("p", (index("ansi", 2, 1), lat(10, 4), long(0, 4))), InconsistentChange, "is in"),
        (
            replace(slice_of(2, 1), range_type=RangeType(tuple(Field(name, np.dtype("int16")) for name in "ab"))),
            InconsistentChange,
            "2 fields",
        ),
        (replace(slice_of(2, 1), source=Broken(np.zeros((1, 1, 4, 4), "int16"))), DataUnavailable, "broken"),
    ],
)
def test_what_does_not_fit_changes_nothing(place: Place, part: Coverage, error: type[Exception], told: str) -> None:
    place.ingestion.insert(slice_of(1, 1))
    version = place.catalogue.version()
    with pytest.raises(error, match=told):
        place.ingestion.update("part", part)
    assert place.catalogue.version() == version
    assert len(place.ingestion.history("part")) == 1
    assert place.cells("part").shape == (1, 4, 4)


def test_only_what_was_inserted_is_updated(place: Place) -> None:
    small("r")
    with pytest.raises(CoverageUnusable, match="'r' is read from the files"):
        place.ingestion.update("r", slice_of(1, 1))
    with pytest.raises(NoSuchCoverage, match="no coverage 'x'"):
        place.ingestion.update("x", slice_of(1, 1))


# -- metadata ---------------------------------------------------------------------------------------------


def about(day: float, **values: Any) -> ExtraMetadata:
    """Metadata of a slice."""
    return ExtraMetadata(parts=GivenParts((PartMetadata({"ansi": (day, day)}, values),)))


def files(found: Coverage, domain: Domain | None = None) -> list[Any]:
    """What the parts say."""
    return [part.values["file"] for part in found.extra.parts.within(domain or found.domain)]


def test_metadata_of_fields_axes_and_slices_are_kept(place: Place) -> None:
    extra = ExtraMetadata("<a/>", {"v": {"k": "1"}}, {"Lat": {"long_name": "latitude"}}, about(1, file="1.tif").parts)
    place.ingestion.insert(slice_of(1, 1, extra=extra))
    found = place.catalogue.coverage("part")
    assert (found.extra.document, found.extra.fields, found.extra.axes) == (extra.document, extra.fields, extra.axes)
    assert files(found) == ["1.tif"]


def test_metadata_of_slices_are_merged_and_found_by_their_bounds(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    assert files(place.catalogue.coverage("part")) == []
    for day in (2, 3, 4):
        place.ingestion.update("part", slice_of(day, 1, extra=about(day, file=f"{day}.tif")))
    place.ingestion.update("part", slice_of(3, 1, extra=about(3, file="new.tif")))
    found = place.catalogue.coverage("part")
    assert files(found) == ["2.tif", "4.tif", "new.tif"]
    assert files(found, found.domain.replaced({0: found.domain.axes[0].cells(1, 3)})) == ["2.tif", "new.tif"]
    assert files(found, found.domain.without(frozenset({0}))) == ["2.tif", "4.tif", "new.tif"]


def test_metadata_can_be_replaced(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1, metadata={"a": "1"}, extra=about(1, file="1.tif")))
    small("r", metadata={"b": "1"})
    for identifier in ("part", "r"):
        place.ingestion.set_metadata(identifier, {"c": "2"}, ExtraMetadata(axes={"Lat": {"d": 3}}))
        found = place.catalogue.coverage(identifier)
        assert (found.metadata, found.extra.axes) == ({"c": "2"}, {"Lat": {"d": 3}})
    assert files(place.catalogue.coverage("part")) == ["1.tif"]
    place.ingestion.update("part", slice_of(2, 1))
    assert place.ingestion.coverage("part", 2).metadata == {"c": "2"}
    with pytest.raises(NoSuchCoverage):
        place.ingestion.set_metadata("x", {}, ExtraMetadata())


# -- deleting and renaming --------------------------------------------------------------------------------


def test_a_deleted_coverage_is_gone_with_its_cube(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1, extra=about(1, file="1.tif")))
    place.ingestion.delete(["part"])
    assert not place.catalogue.exists("part")
    assert place.cubes() == []
    assert PendingCube.objects.count() == 0
    place.ingestion.insert(slice_of(5, 2))
    assert place.cells("part")[:, 0, 0].tolist() == [2]


def test_deletion_is_of_all_or_none(place: Place) -> None:
    place.ingestion.insert(coverage("a", SHAPES[0]))
    place.ingestion.insert(coverage("b", SHAPES[0]))
    small("r")
    with pytest.raises(NoSuchCoverage, match="'x'"):
        place.ingestion.delete(["a", "x", "b"])
    assert models.Coverage.objects.filter(visible=True).count() == 3
    place.ingestion.delete(["a", "b", "r", "a"])
    assert models.Coverage.objects.count() == 0
    assert place.cubes() == []


def test_collections_forget_what_is_deleted(place: Place) -> None:
    place.ingestion.insert(slice_of(148654, 1))
    series("s", models.Coverage.objects.get(identifier="part"))
    place.ingestion.delete(["part"])
    summary = place.catalogue.collection("s")
    assert summary is not None
    assert summary.wgs84_bounds is None


def test_a_renamed_coverage_goes_on(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    place.ingestion.insert(coverage("other", SHAPES[0]))
    place.ingestion.rename("part", "new")
    place.ingestion.update("new", slice_of(2, 2))
    assert place.cells("new")[:, 0, 0].tolist() == [1, 2]
    assert not place.catalogue.exists("part")
    with pytest.raises(CoverageExists):
        place.ingestion.rename("new", "other")
    with pytest.raises(NoSuchCoverage):
        place.ingestion.rename("part", "x")
    with pytest.raises(InvalidParameterValue):
        place.ingestion.rename("new", "1")


# -- overviews --------------------------------------------------------------------------------------------


def test_overviews_follow_the_coverage(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1, size=8))
    place.ingestion.add_overview("part", {"Lat": 2, "Long": 2}, "average")
    place.ingestion.update("part", slice_of(2, 6, size=8))
    assert place.ingestion.overviews("part") == (({"ansi": 1, "Lat": 2, "Long": 2}, "average"),)
    source = place.catalogue.coverage("part").source
    assert [level.shape for level in source.levels] == [(2, 8, 8), (2, 4, 4)]
    assert source.read(CellBox((0, 0, 0), (2, 1, 1)), [0], 1).values.ravel().tolist() == [1, 6]
    place.ingestion.remove_overview("part", {"Lat": 2, "Long": 2})
    assert len(place.catalogue.coverage("part").source.levels) == 1


@pytest.mark.parametrize("factors", [{"ansi": 2}, {"Lat": 0}, {"x": 2}, {}])
def test_overviews_that_cannot_be_are_refused(place: Place, factors: dict[str, int]) -> None:
    place.ingestion.insert(slice_of(1, 1))
    with pytest.raises(InvalidScaleFactor):
        place.ingestion.add_overview("part", factors)
    with pytest.raises(InvalidScaleFactor):
        place.ingestion.remove_overview("part", {"Lat": 2})
