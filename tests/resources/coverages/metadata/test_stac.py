# SPDX-License-Identifier: MIT
"""STAC items as metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box

from eoxserver.core.errors import DataUnavailable
from eoxserver.core.util.timetools import isotime
from eoxserver.resources.coverages.metadata.stac import STACReader
from tests.resources.coverages.metadata.conftest import Write

SQUARE = [[[10, 30], [20, 30], [20, 40], [10, 40], [10, 30]]]


def item(**changes: Any) -> dict[str, Any]:
    properties = {
        "datetime": "2020-07-12T10:10:31.5Z",
        "title": "A scene",
        "platform": "sentinel-2a",
        "instruments": ["msi"],
        "eo:cloud_cover": 3.5,
    }
    whole = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2A 1",
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
        "properties": properties,
        "links": [],
        "assets": {},
    }
    return {**whole, **changes}


def test_an_item_is_read(write: Write) -> None:
    path = write(json.dumps(item()))
    assert STACReader().can_read(path)
    found = STACReader().read(path)
    assert found.identifier == "S2A 1"
    assert found.title == "A scene"
    assert found.begin_time == found.end_time
    assert found.begin_time is not None and isotime(found.begin_time) == "2020-07-12T10:10:31.500Z"
    assert found.footprint is not None and found.footprint.equals(box(10, 30, 20, 40))
    assert dict(found.extra) == {
        "platform": "sentinel-2a",
        "instrument": "msi",
        "cloudCoverPercentage": "3.5",
    }


def test_a_span_goes_before_the_nominal_time(write: Write) -> None:
    properties = {"datetime": "2020-07-15", "start_datetime": "2020-07-01", "end_datetime": "2020-07-31T23:59:59Z"}
    found = STACReader().read(write(json.dumps(item(properties=properties))))
    assert found.begin_time is not None and isotime(found.begin_time) == "2020-07-01T00:00:00Z"
    assert found.end_time is not None and isotime(found.end_time) == "2020-07-31T23:59:59Z"


def test_an_item_without_time_and_place(write: Write) -> None:
    found = STACReader().read(write(json.dumps(item(geometry=None, properties={"datetime": None}))))
    assert (found.begin_time, found.end_time, found.footprint) == (None, None, None)


def test_parts_on_both_sides_of_the_date_line(write: Write) -> None:
    parts = [
        [[[170, 0], [180, 0], [180, 10], [170, 10], [170, 0]]],
        [[[-180, 0], [-170, 0], [-170, 10], [-180, 10], [-180, 0]]],
    ]
    found = STACReader().read(write(json.dumps(item(geometry={"type": "MultiPolygon", "coordinates": parts}))))
    assert found.footprint is not None
    assert len(found.footprint.geoms) == 2
    assert found.footprint.area == pytest.approx(200)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "not a STAC item"),
        (json.dumps({"stac_version": "1.0.0", "type": "Catalog"}), "not a STAC item"),
        (json.dumps(item(properties=None)), "no properties"),
        (json.dumps(item(properties={"datetime": "soon"})), "'soon'"),
        (json.dumps(item(properties={"datetime": 5})), "5 is not an instant"),
        (
            json.dumps(item(properties={"start_datetime": "2021-01-01", "end_datetime": "2020-01-01"})),
            "is before start_datetime",
        ),
        (json.dumps(item(geometry={"type": "Point", "coordinates": [1, 2]})), "not Point"),
        (json.dumps(item(geometry={"type": "Polygon", "coordinates": [[[40, 110]] * 4]})), "longitude comes before"),
        (json.dumps(item(geometry={"type": "Polygon", "coordinates": [[[1], [1, 2], [3, 4], [1]]]})), "malformed"),
        (json.dumps(item(geometry={"type": "Polygon", "coordinates": []})), "no area"),
        ("[" * 100_000, "recursion"),
    ],
)  # fmt: skip
def test_a_bad_item_is_refused_with_the_reason(write: Write, text: str, reason: str) -> None:
    path = write(text)
    with pytest.raises(DataUnavailable) as refused:
        STACReader().read(path)
    assert reason in refused.value.message
    assert refused.value.message.startswith(path)


@pytest.mark.parametrize("text", ["", "<a/>", "{}", '{"type": "Feature"}', b"\xff\x00"])
def test_other_files_are_told_apart(write: Write, text: str | bytes) -> None:
    assert not STACReader().can_read(write(text))


def test_a_missing_item(tmp_path: Path) -> None:
    assert not STACReader().can_read(str(tmp_path / "x.json"))
    with pytest.raises(DataUnavailable, match="No such file"):
        STACReader().read(str(tmp_path / "x.json"))
