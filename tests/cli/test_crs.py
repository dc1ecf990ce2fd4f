# SPDX-License-Identifier: MIT
"""``crs add``, ``list``, ``show`` and ``remove``, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands

TEXT = "+proj=tmerc +lat_0=0 +lon_0=14.5 +datum=WGS84 +type=crs"


def test_a_crs_is_added_shown_changed_and_removed(eoxserver: Commands) -> None:
    eoxserver.ok("crs", "add", "USER/0/local", TEXT, "--title", "Local grid", "--remarks", "For tests")
    assert eoxserver.json("crs", "list") == [
        {"name": "USER/0/local", "definition": TEXT, "parameters": [], "title": "Local grid", "remarks": "For tests"}
    ]
    listed = eoxserver.ok("crs", "list")
    assert "USER/0/local" in listed and "Local grid" in listed
    shown = eoxserver.json("crs", "show", "OGC/0/AnsiDate@USER:local")
    assert [axis["label"] for axis in shown["axes"]] == ["ansi", "E", "N"]
    assert shown["definition"] == TEXT
    told = eoxserver.ok("crs", "show", "user:local")
    assert "uri: http://www.opengis.net/def/crs/USER/0/local" in told
    assert "kind: projected" in told
    assert "there is a CRS USER/0/local already" in eoxserver.fails("crs", "add", "USER:local", "EPSG:4326")
    eoxserver.ok("crs", "add", "USER:local", "EPSG:4326", "--replace")
    assert eoxserver.json("crs", "show", "USER:local")["kind"] == "geographic"
    eoxserver.ok("crs", "remove", "USER:local")
    assert eoxserver.json("crs", "list") == []
    assert "nobody has defined a CRS USER/0/local" in eoxserver.fails("crs", "remove", "USER/0/local")


def test_a_definition_comes_from_a_file_and_has_parameters(eoxserver: Commands, tmp_path: Path) -> None:
    path = tmp_path / "crs.txt"
    path.write_text(f"{TEXT.replace('14.5', '${lon}').replace('lat_0=0', 'lat_0=${lat}')}\n")
    eoxserver.ok("crs", "add", "USER/1.0/tm", "--file", path, "--parameter", "lon", "--parameter", "lat=0")
    assert eoxserver.json("crs", "list")[0]["parameters"] == [["lon", None], ["lat", "0"]]
    assert eoxserver.json("crs", "show", "USER/1.0/tm?lon=3")["uri"].endswith('/USER/1.0/tm?lon="3"')
    assert "needs values of lon" in eoxserver.fails("crs", "show", "USER:tm")


def test_rasters_are_registered_in_a_crs_of_the_instance(eoxserver: Commands, tmp_path: Path) -> None:
    eoxserver.ok("crs", "add", "USER/0/local", TEXT)
    plain = write(tmp_path / "plain.tif", pattern((1, 4, 8)), crs=None, bounds=(0, 0, 800, 400))
    eoxserver.ok("register", plain, "--crs", "USER:local")
    assert eoxserver.json("describe", "plain")["crs"].endswith("/USER/0/local")
    assert "USER:other" in eoxserver.fails("register", plain, "--crs", "USER:other", code=2)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["add", "USER/0/a"], 2, "give the definition, or --file"),
        (["add", "local", TEXT], 2, "AUTHORITY/VERSION/CODE"),
        (["add", "USER//a", TEXT], 2, "AUTHORITY/VERSION/CODE"),
        (["add", "EPSG:99999", TEXT], 1, "fixed"),
        (["add", "USER:a", "nonsense"], 1, "is not a CRS"),
        (["show", "nonsense"], 1, "is not a CRS"),
        (["remove", "local"], 2, "AUTHORITY/VERSION/CODE"),
    ],
)
def test_wrong_words_are_refused(eoxserver: Commands, words: list[str], code: int, says: str) -> None:
    assert says in " ".join(eoxserver.fails("crs", *words, code=code).split())


def test_a_definition_in_gml(eoxserver: Commands, tmp_path: Path) -> None:
    url = "http://www.opengis.net/def"
    path = tmp_path / "zone.gml"
    path.write_text(
        '<gml:ProjectedCRS xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'gml:id="a"><gml:name>Own zone</gml:name>'
        f'<gml:conversion xlink:href="{url}/coordinateOperation/EPSG/0/16033"/>'
        f'<gml:baseGeodeticCRS xlink:href="{url}/crs/EPSG/0/4258"/>'
        f'<gml:cartesianCS xlink:href="{url}/cs/EPSG/0/4400"/></gml:ProjectedCRS>'
    )
    eoxserver.ok("crs", "add", "USER/0/zone", "--file", path)
    assert "kind: projected" in eoxserver.ok("crs", "show", "USER/0/zone")
    assert "Own zone" in str(eoxserver.json("crs", "list"))
    path.write_text("<a/>")
    assert "a in GML is not read" in eoxserver.fails("crs", "add", "USER/0/other", "--file", path)
