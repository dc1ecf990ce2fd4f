# SPDX-License-Identifier: MIT
"""GetMap from parameters to pixels."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eoxserver.conf.schema import Limits, Settings, Wms
from tests.services.wms.conftest import GET_MAP, Client, Summary, make_client, pixels
from tests.services.wms.coverages import COLUMNS, NUMBERS, ROWS, all_coverages, broken, scene

WHOLE = GET_MAP.format(layers="grey", bbox="0,0,4,6", width=6, height=4)


def test_one_pixel_per_cell_north_up(client: Client) -> None:
    assert client.map("grey").tolist() == (10 * NUMBERS).tolist()


def test_the_same_by_longitude_first(client: Client) -> None:
    shown = client.map("grey", bbox="0,0,6,4", crs="CRS:84")
    assert shown.tolist() == (10 * NUMBERS).tolist()


def test_a_part_of_one_cell_fills_the_image(client: Client) -> None:
    shown = client.map("grey", bbox="1.4,2.4,1.6,2.6", width=8, height=8)
    assert np.unique(shown).tolist() == [10 * (2 * COLUMNS + 2)]


def test_pixel_centres_pick_cells(client: Client) -> None:
    shown = client.map("grey", width=3, height=2)
    assert shown.tolist() == (10 * NUMBERS[1::2, 1::2]).tolist(), "a centre on an edge belongs to the following cell"


def test_three_fields_are_colours(client: Client) -> None:
    shown = client.map("rgb")
    assert shown.shape == (ROWS, COLUMNS, 3)
    assert shown[1, 2].tolist() == [8, 100, 247]


def test_palettes_are_applied(client: Client) -> None:
    shown = client.map("classes", transparent="true", interpolation="bilinear")
    assert shown[0, :3].tolist() == [[0, 0, 0, 0], [255, 0, 0, 255], [0, 0, 255, 255]]


def test_floats_are_clamped_and_nil_is_see_through(client: Client) -> None:
    shown = client.map("moisture", transparent="true")
    assert shown.shape == (ROWS, COLUMNS, 2)
    assert shown[:, 0, 1].tolist() == [0] * ROWS
    assert (shown[:, 1:, 1] == 255).all()
    assert shown[3, 4].tolist() == [11, 255]


def test_nil_is_background_on_opaque_maps(client: Client) -> None:
    shown = client.map("moisture", bgcolor="0x102030")
    assert shown[0, 0].tolist() == [16, 32, 48]
    assert shown[3, 4].tolist() == [11, 11, 11]


def test_zero_is_see_through_only_on_transparent_maps(client: Client) -> None:
    assert client.map("grey", transparent="true")[0, 0].tolist() == [0, 0]
    assert client.map("grey", bgcolor="0xFF0000")[0, 0].tolist() == 0


@pytest.mark.parametrize("transparent", ["true", "false"])
def test_what_lies_outside(client: Client, transparent: str) -> None:
    shown = client.map("rgb", bbox="2,-3,6,3", transparent=transparent, bgcolor="0x112233")
    inside = shown[2:, 3:]
    assert inside[0, 0, :3].tolist() == [0, 100, 255]
    if transparent == "true":
        assert shown.shape[2] == 4
        assert (shown[:2, :, 3] == 0).all() and (shown[:, :3, 3] == 0).all() and (inside[..., 3] == 255).all()
    else:
        assert shown.shape[2] == 3
        assert (shown[:2] == (0x11, 0x22, 0x33)).all() and (shown[:, :3] == (0x11, 0x22, 0x33)).all()


@pytest.mark.parametrize("layer", ["grey", "rgb", "scenes", "empty"])
def test_wholly_outside_is_blank(client: Client, layer: str) -> None:
    shown = client.map(layer, bbox="50,50,60,60", transparent="true")
    assert shown.shape in ((4, 6, 2), (4, 6, 4))
    assert (shown[..., -1] == 0).all()
    opaque = client.map(layer, bbox="50,50,60,60")
    assert (opaque == 255).all()


def test_other_crs(client: Client) -> None:
    shown = client.map("grey", bbox="0,0,667916.94,445640.11", crs="EPSG:3857")
    assert np.abs(shown.astype(int) - 10 * NUMBERS).max() == 0, "6 x 4 degrees at the equator are nearly square"


def test_native_crs_is_offered_beside_the_configured_ones(client: Client) -> None:
    shown = client.map("projected", bbox="500000,4980000,506000,4984000", crs="EPSG:32633")
    assert shown.tolist() == (10 * NUMBERS).tolist()
    response = client.ask(WHOLE, crs="EPSG:32633")
    assert b'code="InvalidCRS"' in response.body if isinstance(response.body, bytes) else False


@pytest.mark.parametrize(
    ("bbox", "columns"), [("0,177,4,183", range(6)), ("0,-180,4,-177", range(3, 6)), ("0,-183,4,-177", range(6))]
)
def test_across_the_antimeridian(client: Client, bbox: str, columns: range) -> None:
    shown = client.map("dateline", bbox=bbox, width=len(columns))
    assert shown.tolist() == (10 * NUMBERS[:, columns.start : columns.stop]).tolist()


def test_interpolation(client: Client) -> None:
    near, smooth = (
        client.map("rgb", bbox="0,0,667916,445640", crs="EPSG:3857", width=60, height=40, interpolation=how)
        for how in ("near", "bilinear")
    )
    column = smooth[5:-5, 33, 0].astype(int)
    assert np.abs(np.diff(column)).max() <= 1, "from one row of cells to the next, six greater, there are steps of one"
    assert np.abs(np.diff(near[5:-5, 33, 0].astype(int))).max() == 6


@pytest.mark.parametrize(("crs", "bbox"), [("EPSG:4326", "0,0,4,6"), ("CRS:84", "0,0,6,4")])
def test_the_own_crs_shows_cells_as_they_are(client: Client, crs: str, bbox: str) -> None:
    shown = client.map("grey", bbox=bbox, crs=crs, width=60, height=40, interpolation="cubic")
    assert shown.tolist() == (10 * NUMBERS).repeat(10, axis=0).repeat(10, axis=1).tolist()


# -- several layers -------------------------------------------------------------------------------


def test_later_layers_cover_earlier_ones(client: Client) -> None:
    shown = client.map("grey,moisture")
    assert shown[:, 0].tolist() == [0, 60, 120, 180]
    assert shown[3, 4] == 11
    assert client.map("moisture,rgb")[1, 2].tolist() == [8, 100, 247]


def test_a_layer_may_stand_twice(client: Client) -> None:
    assert client.map("grey,grey,grey").tolist() == (10 * NUMBERS).tolist()


# -- collections ----------------------------------------------------------------------------------


def test_members_are_painted_oldest_first(client: Client) -> None:
    shown = client.map("scenes", bbox="0,0,4,10", width=10, transparent="true")
    assert shown[0, :, 0].tolist() == [0, 50, 50, 100, 100, 150, 150, 150, 150, 150]
    assert shown[0, :, 3].tolist() == [0] + [255] * 9, "black edges hide nothing"


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2006-08-16T09:00:00Z", [0, 50, 50, 50, 50, 50, 255, 255, 255, 255]),
        ("2006-08-22", [255, 255, 0, 100, 100, 100, 100, 100, 255, 255]),
        ("2006-08-16/2006-08-23", [0, 50, 50, 100, 100, 100, 100, 100, 255, 255]),
        ("2006-08-16,2006-08-30T09:03:00Z", [0, 50, 50, 50, 50, 150, 150, 150, 150, 150]),
        ("2006-08-17T00:00:00Z", [255] * 10),
    ],
)
def test_times_of_collections(client: Client, time: str, expected: list[int]) -> None:
    shown = client.map("scenes", bbox="0,0,4,10", width=10, time=time)
    assert (shown[0, :, 0] if shown.ndim == 3 else shown[0]).tolist() == expected


def test_a_member_without_data_is_left_out(tmp_path: Path) -> None:
    client = make_client(tmp_path, [scene("old", 50, 16), broken()], {"mix": ("old", "broken")})
    assert client.map("mix", bbox="0,1,4,6", width=5)[0, :, 0].tolist() == [50] * 5
    response = client.ask(WHOLE, layers="mix", time="2006-08-30")
    assert response.status == 503


def test_painting_stops_when_nothing_more_can_be_seen(tmp_path: Path) -> None:
    scenes = [scene(f"s{day}", day, day, west=-1) for day in range(1, 20)]
    settings = Settings(limits=Limits(max_map_coverages=2))
    client = make_client(tmp_path, scenes, {"many": tuple(one.identifier for one in scenes)}, settings)
    assert np.unique(client.map("many", bbox="0,0,4,5", width=5)).tolist() == [19]
    response = client.ask(WHOLE, layers="many")
    assert response.status == 400
    assert isinstance(response.body, bytes)
    assert b"more than 2 coverages" in response.body and b"max_map_coverages" in response.body


# -- dimensions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "first_row"),
    [
        (None, [150, 150, 0, 150, 150, 150]),
        ("2008-01-01", [0, 50, 50, 50, 50, 50]),
        ('"2008-01-02T12:00:00.000Z"', [100, 0, 100, 100, 100, 100]),
        ("2008-01-02T12:00:00.400Z", [100, 0, 100, 100, 100, 100]),
        ("2008-01-01/2008-01-03", [100, 50, 100, 100, 100, 100]),
        ("2008-01-04,2008-01-01", [150, 150, 50, 150, 150, 150]),
        ("2007/2009", [150, 150, 100, 150, 150, 150]),
    ],
)
def test_positions_of_a_time_axis(client: Client, time: str | None, first_row: list[int]) -> None:
    if time is None:
        shown = client.map("stack", bgcolor="0x000000")
    else:
        shown = client.map("stack", bgcolor="0x000000", time=time)
    assert (shown[0] if shown.ndim == 2 else shown[0, :, 0]).tolist() == first_row
    if time is not None:
        same = client.map("stack", bgcolor="0x000000", dim_ansi=time)
        assert same.tolist() == shown.tolist()


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ({}, 11),
        ({"dim_pressure": "850"}, 21),
        ({"DIM_PRESSURE": "500", "elevation": "10"}, 30),
        ({"dim_h": "10", "dim_pressure": "1000"}, 10),
        ({"dim_pressure": "500/900", "elevation": "10,20"}, 21),
    ],
)
def test_positions_of_other_axes(client: Client, asked: dict[str, str], value: int) -> None:
    shown = pixels(client.body(WHOLE, None, layers="cube", **asked))
    assert shown[2, 3] == value
    assert shown[0, 0] == value + 100, "x before y in the grid is turned"


# -- formats --------------------------------------------------------------------------------------


def test_jpeg(client: Client) -> None:
    body = client.body(WHOLE, format="image/jpeg", transparent="true", layers="moisture")
    assert Image.open(io.BytesIO(body)).format == "JPEG"
    assert pixels(body).shape == (4, 6, 3)


def test_formats_of_data_keep_values(tmp_path: Path) -> None:
    settings = Settings(wms=Wms(supported_formats=("image/tiff", "image/png")))
    client = make_client(tmp_path, all_coverages(), {"scenes": ("old", "middle", "new")}, settings)
    response = client.ask(WHOLE, layers="moisture", format="image/tiff")
    assert response.media_type == "image/tiff"
    assert isinstance(response.body, bytes)
    found = json.loads(response.body)
    assert (found["fields"], found["type"]) == (["sm"], "float32")
    assert found["values"][0][3] == [pytest.approx(value) for value in [-1, 9.5, 10, 10.5, 11, 11.5]]
    assert found["valid"][0][3] == [False, True, True, True, True, True]
    mosaic = json.loads(client.body(WHOLE, layers="scenes", format="image/tiff", bbox="0,0,4,10", width="10"))
    assert mosaic["values"][0][0][1:] == [50, 0, 100, 0, 150, 150, 150, 150, 150]


def test_formats_of_data_leave_out_members_that_cannot_be_read(tmp_path: Path) -> None:
    settings = Settings(wms=Wms(supported_formats=("image/tiff",)))
    collections = {"mix": ("old", "broken"), "ruin": ("broken",)}
    client = make_client(tmp_path, [scene("old", 50, 16), broken()], collections, settings)
    response = client.ask(WHOLE, layers="mix", format="image/tiff", bbox="0,0,4,10", width="10")
    assert isinstance(response.body, bytes)
    assert {value for row in json.loads(response.body)["values"][0] for value in row} >= {50}
    assert not response.lasting
    ruin = client.ask(WHOLE, layers="ruin", format="image/tiff")
    assert ruin.status == 503 and isinstance(ruin.body, bytes)
    assert b"none of the 1 coverages" in ruin.body


# -- the cache and explain ------------------------------------------------------------------------


def test_identical_requests_are_drawn_once(client: Client) -> None:
    first = client.body(WHOLE, random="1")
    client.catalogue.by_id["grey"] = client.catalogue.by_id["rgb"]
    assert client.body(WHOLE, random="2") == first
    client.catalogue.number += 1
    assert client.body(WHOLE, random="2") != first


def test_explain(client: Client) -> None:
    found = json.loads(client.body(WHOLE, explain="true"))
    assert found["plan"]["node"] == "Reproject"
    assert found["cost"]["coverages"] == 1
    layered = json.loads(client.body(WHOLE, explain="true", layers="rgb,scenes", crs="CRS:84", bbox="0,0,6,4"))
    assert layered["plan"]["node"] == "Overlay"
    assert json.loads(client.body(WHOLE, explain="true", layers="empty"))["plan"] is None


def test_collections_are_looked_up_once_a_version(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = client.catalogue.collection

    def counted(name: str) -> Summary | None:
        asked.append(name)
        return original(name)

    monkeypatch.setattr(client.catalogue, "collection", counted)
    for width in range(1, 4):
        client.map("scenes", width=width)
    assert asked == ["scenes"]
    client.catalogue.number += 1
    client.map("scenes", width=4)
    assert asked == ["scenes", "scenes"]


def test_members_that_may_not_be_read_do_not_hide_that_others_are_left_out(tmp_path: Path) -> None:
    scenes = [scene(f"s{day:02}", day, day) for day in range(1, 9)]
    names = tuple(one.identifier for one in scenes)
    settings = Settings(limits=Limits(max_map_coverages=3))
    client = make_client(tmp_path, scenes, {"many": names}, settings, hidden=names[5:])
    response = client.ask(WHOLE, layers="many")
    assert response.status == 400
    assert isinstance(response.body, bytes)
    assert b"more than 3 coverages" in response.body
