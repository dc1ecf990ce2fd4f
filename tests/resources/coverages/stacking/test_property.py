# SPDX-License-Identifier: MIT
"""A coverage over files in place is the one that is inserted from them: domain, fields, cells, and which are valid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.resources.coverages.stacking.parts import SlicePart
from tests.resources.coverages.ingestion.coverages import ANSI, lat, long
from tests.resources.coverages.stacking.slices import NIL, Site, geotiff, range_type, same_cells

PLANE = (lat(10, 3), long(0, 4))


def regular(number: int) -> Axis:
    return RegularAxis("ansi", 148654 + number * 1.5, 1.5, 1, ANSI, "d", Role.T)


def irregular(number: int) -> Axis:
    return IrregularAxis("ansi", np.array([148654 + number**3 / 7]), ANSI, "d", Role.T)


def index(number: int) -> Axis:
    return IndexAxis("k", 1, number, parse_crs('OGC/0/Index1D?axis-label="k"'))


def height(number: int) -> Axis:
    return replace(irregular(number), label="h", crs=None, role=Role.OTHER)


@dataclass(frozen=True)
class Case:
    """Slices in the order in which they come, with their cells, and boxes to be read."""

    axes: list[tuple[Axis, ...]]
    values: list[npt.NDArray[Any]]
    at_once: int
    """So many come with the registration, the others one by one."""
    boxes: list[list[tuple[float, float]]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kinds = draw(st.sampled_from([(regular,), (irregular,), (index,), (regular, height), (index, irregular)]))
    number = st.tuples(*(st.integers(-4, 4) for _ in kinds))
    places = draw(st.lists(number, min_size=1, max_size=6, unique=True))
    fields = draw(st.integers(1, 2))
    cell = st.sampled_from([NIL, 0, 1, 7, 300])
    size = fields * 3 * 4
    values = [
        np.array(draw(st.lists(cell, min_size=size, max_size=size)), "int16").reshape(fields, 3, 4) for _ in places
    ]
    fraction = st.floats(0, 1)
    boxes = draw(st.lists(st.lists(st.tuples(fraction, fraction), min_size=4, max_size=4), min_size=1, max_size=4))
    axes = [tuple(kind(one) for kind, one in zip(kinds, place, strict=True)) for place in places]
    return Case(axes, values, draw(st.integers(1, len(places))), boxes)


def box_of(shape: tuple[int, ...], parts: list[tuple[float, float]]) -> CellBox:
    """A box of at least a cell."""
    low = tuple(min(int(a * size), size - 1) for size, (a, _) in zip(shape, parts, strict=False))
    high = tuple(min(first + 1 + int(b * size), size) for size, first, (_, b) in zip(shape, low, parts, strict=False))
    return CellBox(low, high)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_the_same_slices_in_place_and_inserted(site: Site, case: Case) -> None:
    folder = Path(mkdtemp(dir=site.folder))
    placed, inserted = f"a{folder.name}", f"b{folder.name}"
    parts, arrays = [], []
    for number, (axes, values) in enumerate(zip(case.axes, case.values, strict=True)):
        domain = Domain((*axes, *PLANE))
        arrays.append((domain, values.reshape(len(values), *domain.shape)))
        parts.append(SlicePart(geotiff(folder / f"{number}.tif", values), domain, range_type(len(values))))
    site.register(placed, *parts[: case.at_once])
    for part in parts[case.at_once :]:
        site.add(placed, part)
    site.insert(inserted, *arrays)
    one, other = (site.catalogue.coverage(identifier) for identifier in (placed, inserted))
    assert one.domain == other.domain
    assert one.range_type == other.range_type
    assert (one.begin_time, one.end_time, one.footprint) == (other.begin_time, other.end_time, other.footprint)
    assert one.native_format == other.native_format
    shape = one.domain.shape
    for box in [CellBox.whole(shape), *(box_of(shape, parts) for parts in case.boxes)]:
        for fields in ([0], list(range(len(one.range_type)))):
            assert same_cells(one.source.read(box, fields), other.source.read(box, fields))
