# SPDX-License-Identifier: MIT
"""Stacks grow, are read, and say what is wrong with their files."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eoxserver.backends.locations import Location, PackageRecord
from eoxserver.backends.models import DataItem
from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coverage import CellBox, DataState
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageExists,
    CoverageUnusable,
    DataUnavailable,
    InconsistentChange,
    InvalidParameterValue,
    InvalidSubsetting,
    NoSuchCoverage,
    RegistrationRefused,
)
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.stacking.parts import SlicePart
from tests.backends.rasters import add_overviews
from tests.resources.coverages.ingestion.coverages import index, lat, long, regular_days, times
from tests.resources.coverages.samples import series, small
from tests.resources.coverages.stacking.slices import NIL, Site, geotiff, range_type, slice_part


def day(first: float, step: float = 1.0) -> RegularAxis:
    return regular_days(first, 1, step)


def along(site: Site, identifier: str = "s", field: int = 0) -> list[int]:
    """The first cell of each position of the first axis."""
    return [int(one) for one in site.cells(identifier, field).reshape(site.cells(identifier).shape[0], -1)[:, 0]]


# -- growing ----------------------------------------------------------------------------------------------


def test_gaps_of_a_regular_axis_are_nil(site: Site) -> None:
    site.register("s", slice_part(site, [day(10)], [[3]]))
    site.add("s", slice_part(site, [day(12)], [[5]]), slice_part(site, [day(8)], [[1]]))
    axis = site.catalogue.coverage("s").domain.axes[0]
    assert axis == regular_days(8, 5)
    assert along(site) == [1, NIL, 3, NIL, 5]
    site.add("s", slice_part(site, [day(9)], [[2]]))
    assert along(site) == [1, 2, 3, NIL, 5]


@pytest.mark.parametrize("order", [(1, 4, 2, 3), (4, 3, 2, 1), (2, 1, 4, 3)])
def test_a_position_in_the_middle_of_an_irregular_axis(site: Site, order: tuple[int, ...]) -> None:
    first, *others = (slice_part(site, [times(one)], [[one]]) for one in order)
    site.register("s", first)
    for part in others:
        site.add("s", part)
    assert site.catalogue.coverage("s").domain.axes[0] == times(1, 2, 3, 4)
    assert along(site) == [1, 2, 3, 4]


def test_an_index_axis_grows_at_both_ends(site: Site) -> None:
    site.register("s", slice_part(site, [index("k", 3, 1)], [[3]]))
    site.add("s", slice_part(site, [index("k", 1, 1)], [[1]]), slice_part(site, [index("k", 4, 1)], [[4]]))
    assert site.catalogue.coverage("s").domain.axes[0] == index("k", 1, 4)
    assert along(site) == [1, NIL, 3, 4]


def test_two_axes(site: Site) -> None:
    heights = [IrregularAxis("h", np.array([float(one)])) for one in (0, 10)]
    for number, (time, height) in enumerate([(1, 0), (2, 1), (1, 1)], 1):
        part = slice_part(site, [times(time), heights[height]], [[number]])
        if number == 1:
            site.register("s", part)
        else:
            site.add("s", part)
    assert site.cells("s")[:, :, 0, 0].tolist() == [[1, 3], [NIL, 2]]


def test_tiles_of_a_plane_that_grows(site: Site) -> None:
    west, east = (lat(10, 2), long(0, 2)), (lat(11, 2), long(2, 2))
    site.register("s", slice_part(site, [], [[1]], plane=west))
    site.add("s", slice_part(site, [], [[2]], plane=east))
    assert site.cells("s").tolist() == [[NIL, NIL, 2, 2], [1, 1, 2, 2], [1, 1, NIL, NIL]]
    found = site.catalogue.coverage("s")
    assert found.footprint is not None
    assert found.footprint.bounds == (0, 8, 4, 11)


def test_a_slice_is_read_in_the_stead_of_another(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)], [[1]]), slice_part(site, [day(2)], [[2]]))
    assert along(site) == [1, 2]
    site.add("s", slice_part(site, [day(2)], [[7]]))
    assert along(site) == [1, 7]
    assert DataItem.objects.count() == models.StackSlice.objects.count() == 2


def test_cells_of_a_later_slice_come_before_those_of_an_earlier_one(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)], [[1]]))
    values = np.full((1, 1, 2), 5)
    values[0, 0, 1] = NIL
    site.add("s", slice_part(site, [day(1)], values, plane=(lat(10, 1), long(0, 2))))
    assert site.cells("s")[0, 0].tolist() == [5, 1, 1, 1, 1]


def test_fields_in_files_of_their_own(site: Site) -> None:
    both = range_type(2)
    v0, v1 = (RangeType((field,)) for field in both.fields)
    parts = [
        replace(slice_part(site, [day(1)], [[1]]), range_type=v1),
        replace(slice_part(site, [day(1)], [[2]]), range_type=v0),
        replace(slice_part(site, [day(2)], np.arange(3 * 4 * 5).reshape(3, 4, 5)), range_type=v1, bands=(2,)),
    ]
    site.register("s", *parts, range_type=both)
    assert along(site, field=0) == [2, NIL]
    assert along(site, field=1) == [1, 40]
    box = CellBox((0, 0, 0), (2, 1, 1))
    cells = site.catalogue.coverage("s").source.read(box, [1, 0, 1])
    assert cells.mask()[:, :, 0, 0].tolist() == [[True, True], [True, False], [True, True]]
    assert cells.values[0, :, 0, 0].tolist() == cells.values[2, :, 0, 0].tolist() == [1, 40]


def test_nil_values_of_a_file_and_of_the_coverage(site: Site) -> None:
    values = np.arange(20).reshape(1, 4, 5)
    values[0, 0, 0] = NIL
    part = slice_part(site, [day(1)], values)
    own = RangeType((replace(part.range_type.fields[0], nil=(NilValue(3), NilValue(7, 9))),))
    site.register("s", replace(part, range_type=own), range_type=range_type(1))
    valid = site.catalogue.coverage("s").source.read(CellBox.whole((1, 4, 5)), [0]).mask()
    assert np.flatnonzero(~valid).tolist() == [0, 3, 7, 8, 9]
    place = geotiff(site.folder / "nodata.tif", np.arange(20, dtype="int16").reshape(1, 4, 5), nodata=4)
    site.add("s", replace(part, place=place, domain=Domain((day(2), *part.domain.axes[1:]))))
    valid = site.catalogue.coverage("s").source.read(CellBox((1, 0, 0), (2, 4, 5)), [0]).mask()
    assert np.flatnonzero(~valid).tolist() == [4]


def test_rows_and_columns_in_another_order(site: Site) -> None:
    part = slice_part(site, [])
    y, x = part.domain.axes
    site.register("s", replace(part, domain=Domain((x, day(1), y))))
    assert site.cells("s")[:, 0].tolist() == np.arange(1, 21).reshape(4, 5).T.tolist()


def test_metadata_of_slices(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)], values=None))
    site.add("s", replace(slice_part(site, [day(2)]), values={"sensor": "A"}))
    found = site.catalogue.coverage("s")
    assert [part.values for part in found.extra.parts.within(found.domain)] == [{"sensor": "A"}]
    only_first = Domain((day(1), *found.domain.axes[1:]))
    assert not found.extra.parts.within(only_first)


def test_times_and_collections_grow(site: Site) -> None:
    site.register("s", slice_part(site, [times(148654)]), title="a stack")
    collection = series("all", models.EOObject.objects.get(identifier="s"))
    site.add("s", slice_part(site, [times(148656.5)]))
    found = site.catalogue.coverage("s")
    assert (found.title, found.native_format) == ("a stack", "application/netcdf")
    assert found.end_time == datetime(2008, 1, 3, 12, tzinfo=UTC)
    collection.refresh_from_db()
    assert collection.end_time == found.end_time


# -- what it costs ----------------------------------------------------------------------------------------


def test_the_cost_of_a_slice_does_not_grow(site: Site) -> None:
    def cost(number: int) -> int:
        part = slice_part(site, [times(number)])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            site.add("s", part)
        return len(queries)

    site.register("s", slice_part(site, [times(0)]))
    few = cost(1)
    site.add("s", *(slice_part(site, [times(number)]) for number in range(2, 60)))
    assert cost(61) == few
    assert cost(60) <= few


def test_a_map_of_one_slice_opens_one_file_and_reads_no_others(site: Site) -> None:
    site.register("s", *(slice_part(site, [times(number)], [[number]]) for number in range(30)))
    site.reader.handles.close()
    opened = site.reader.handles.opened
    source = site.catalogue.coverage("s").source
    assert source.chunks == (1, 4, 5)
    assert site.reader.handles.opened == opened
    assert int(source.read(CellBox((17, 0, 0), (18, 1, 1)), [0]).values.item()) == 17
    assert site.reader.handles.opened == opened + 1
    site.add("s", slice_part(site, [times(16.5)], [[99]]))
    found = site.catalogue.coverage("s").source
    with CaptureQueriesContext(connection) as queries:
        assert [int(found.read(CellBox((at, 0, 0), (at + 1, 1, 1)), [0]).values.item()) for at in (16, 17, 18)] == [
            16, 99, 17,
        ]  # fmt: skip
    assert len(queries) == 1
    assert [query["sql"].count("revision") > 0 for query in queries.captured_queries] == [True]


def test_who_reads_an_earlier_version_sees_it(site: Site) -> None:
    site.register("s", slice_part(site, [times(1)], [[1]]), slice_part(site, [times(3)], [[3]]))
    before = site.catalogue.coverage("s").source
    site.add("s", slice_part(site, [times(2)], [[2]]))
    assert along(site) == [1, 2, 3]
    assert before.read(CellBox.whole(before.shape), [0]).values[0, :, 0, 0].tolist() == [1, 3]


# -- files ------------------------------------------------------------------------------------------------


def test_a_missing_file_is_named(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)], [[1]]), slice_part(site, [day(2)], [[2]], name="gone.tif"))
    (site.folder / "slices" / "gone.tif").unlink()
    source = site.catalogue.coverage("s").source
    assert source.read(CellBox((0, 0, 0), (1, 1, 1)), [0]).values.item() == 1
    with pytest.raises(DataUnavailable, match=r"coverage 's' cannot be read: gone\.tif") as caught:
        source.read(CellBox.whole(source.shape), [0])
    assert str(site.folder) not in caught.value.message


def test_a_file_of_another_size_is_told(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)], name="a.tif"))
    geotiff(site.folder / "slices" / "a.tif", np.zeros((1, 2, 2), "int16"))
    with pytest.raises(DataUnavailable, match=r"a\.tif: has 2 x 2 cells now, registered were 4 x 5"):
        site.cells("s")


def test_a_file_that_changes_is_read_anew(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)], [[1]], name="a.tif"), slice_part(site, [day(2)], [[2]]))
    state = DataState.of([site.catalogue.coverage("s")])
    assert along(site) == [1, 2]
    assert state.holds
    path = site.folder / "slices" / "a.tif"
    geotiff(site.folder / "new.tif", np.full((1, 4, 5), 8, "int16"))
    os.replace(site.folder / "new.tif", path)  # noqa: PTH105 - as an operator would
    assert along(site) == [8, 2]
    assert DataState.of([site.catalogue.coverage("s")]).states != state.states


def test_members_of_archives(site: Site) -> None:
    part = slice_part(site, [day(1)], [[6]])
    path = site.folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(part.place.name if Path(part.place.name).exists() else str(part.place), "x/b.tif")
    place = Place(Location(None, (PackageRecord("ZIP", str(path)),), "x/b.tif"))
    site.register("s", replace(part, place=place))
    assert along(site) == [6]


def test_a_deleted_coverage_is_not_nil(site: Site) -> None:
    site.register("s", slice_part(site, [day(1)]))
    source = site.catalogue.coverage("s").source
    site.registrar.deregister(["s"])
    with pytest.raises(DataUnavailable, match="deregistered meanwhile"):
        source.read(CellBox.whole(source.shape), [0])
    assert not DataItem.objects.exists()
    assert not models.StackSlice.objects.exists()


# -- what is refused --------------------------------------------------------------------------------------


def test_slices_that_do_not_fit(site: Site) -> None:
    site.register("s", slice_part(site, [day(10)]))
    good = slice_part(site, [day(11)])
    plane = good.domain.axes[1:]
    wrong: list[tuple[SlicePart, type[Exception], str]] = [
        (replace(good, domain=Domain((day(11.3), *plane))), InvalidSubsetting, "cells off the grid"),
        (
            replace(good, domain=Domain((index("k", 0, 1), *plane))),
            InconsistentChange,
            "those of the coverage are ansi",
        ),
        (replace(good, domain=Domain((day(11), lat(10, 3), long(0, 5)))), InconsistentChange, "has 4 x 5 cells along"),
        (replace(good, range_type=range_type(2)), InconsistentChange, "has a field v0"),
        (replace(good, bands=(0, 1)), InconsistentChange, "2 bands or variables are given for 1 fields"),
        (replace(good, bands=(1,)), DataUnavailable, "has 1 bands"),
        (replace(good, dims=("Lat", "height")), InvalidParameterValue, "its dimensions run along Lat, height"),
        (replace(good, place=Place.of_file(site.folder / "none.tif")), DataUnavailable, "none.tif"),
        (
            replace(good, place=geotiff(site.folder / "float.tif", np.ones((1, 4, 5)))),
            InconsistentChange,
            "is float64, which cannot be int16",
        ),
    ]
    before = site.cells("s")
    for part, error, text in wrong:
        with pytest.raises(error, match=text):
            site.add("s", slice_part(site, [day(20)]), part)
    assert (site.cells("s") == before).all()
    assert models.StackSlice.objects.count() == 1


def test_a_step_of_another_length(site: Site) -> None:
    site.register("s", slice_part(site, [], plane=(lat(10, 4, -1), long(0, 5))))
    finer = slice_part(site, [], plane=(lat(10, 4, -1), long(0, 5)))
    finer = replace(finer, domain=Domain((lat(10, 4, -0.5), long(0, 5))))
    with pytest.raises(InconsistentChange, match="has the resolution -0.5"):
        site.add("s", finer)


def test_identifiers(site: Site) -> None:
    part = slice_part(site, [day(1)])
    small("other")
    with pytest.raises(NoSuchCoverage, match="no coverage 'none'"):
        site.add("none", part)
    with pytest.raises(CoverageUnusable, match="has no slices"):
        site.add("other", part)
    with pytest.raises(CoverageExists, match="'other' already"):
        site.register("other", part)
    with pytest.raises(RegistrationRefused, match="there is no slice"):
        site.register("new")
    with pytest.raises(RegistrationRefused, match="1 is no|cannot be catalogued"):
        site.register("1 is no identifier", part)


def test_types_of_fields_that_are_wider_than_those_of_a_file(site: Site) -> None:
    wide = RangeType((Field("v", np.dtype("float64"), nil=(NilValue(NIL),)),))
    part = replace(slice_part(site, [IndexAxis("k", 1)], [[3]]), range_type=wide)
    site.register("s", part)
    cells = site.catalogue.coverage("s").source.read(CellBox((0, 0, 0), (1, 1, 1)), [0])
    assert cells.values.dtype == np.float64
    assert cells.values.item() == 3


# -- overviews --------------------------------------------------------------------------------------------


def big(site: Site, name: str, factors: tuple[int, ...]) -> Place:
    """A raster of 64 x 96 cells of a degree with overviews of the nearest cells."""
    values = np.arange(64 * 96, dtype="int16").reshape(1, 64, 96)
    place = geotiff(site.folder / name, values, north=64)
    if factors:
        add_overviews(str(place), factors)
    return place


def test_overviews_of_files_are_those_of_the_coverage(site: Site) -> None:
    plane = (lat(64, 64), long(0, 96))
    parts = [
        SlicePart(big(site, f"{number}.tif", factors), Domain((day(number), *plane)), range_type(1))
        for number, factors in enumerate([(2, 4), (2, 4), ()], 1)
    ]
    site.register("s", *parts)
    source = site.catalogue.coverage("s").source
    assert [level.shape for level in source.levels] == [(3, 64, 96), (3, 32, 48), (3, 16, 24)]
    for number in (1, 2):
        shape = source.levels[number].shape
        own = site.reader.open(str(parts[0].place)).read(CellBox.whole(shape[1:]), [0], number).values[0]
        found = source.read(CellBox.whole(shape), [0], number).values[0]
        assert (found[0] == own).all()
        assert (found[1] == own).all()
        factor = 2**number
        middle = factor // 2
        full = source.read(CellBox((2, 0, 0), (3, 64, 96)), [0]).values[0, 0]
        assert (found[2] == full[middle::factor, middle::factor]).all()
        box = CellBox((1, 3, 5), (3, 7, 12))
        assert (source.read(box, [0], number).values[0] == found[1:3, 3:7, 5:12]).all()


def test_a_file_that_does_not_fill_the_plane_ends_the_overviews(site: Site) -> None:
    plane = (lat(64, 64), long(0, 96))
    part = SlicePart(big(site, "a.tif", (2,)), Domain((day(1), *plane)), range_type(1))
    site.register("s", part)
    assert len(site.catalogue.coverage("s").source.levels) == 2
    site.add("s", replace(part, domain=Domain((day(1), lat(64, 64), long(96, 96)))))
    source = site.catalogue.coverage("s").source
    assert [level.shape for level in source.levels] == [(1, 64, 192)]
    assert source.read(CellBox((0, 1, 95), (1, 2, 98)), [0]).values.ravel().tolist() == [191, 96, 97]
