# SPDX-License-Identifier: MIT
"""Virtual coverages by ingredients, read by WCS, WCPS and WMS."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from werkzeug.test import Client

from eoxserver.app import build_app
from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration


def virtual(*sources: str, options: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """Ingredients of the coverage ``v``."""
    found = ingredients("virtual_coverage", [], options, **config)
    found["input"] = {"coverage_id": "v", "source_coverage_ids": list(sources)}
    return found


def tile(imports: Imports, name: str, values: Any, west: float, north: float = 3.0, **config: Any) -> None:
    """Import a coverage of one file, with cells of one degree."""
    _, height, width = values.shape
    bounds = (west, north - height, west + width, north)
    write(imports.folder / f"{name}.tif", values, bounds=bounds, nodata=0)
    whole = ingredients("map_mosaic", f"{name}.tif", **config)
    whole["input"]["coverage_id"] = name
    imports.run(whole)


def two(imports: Imports) -> Any:
    """Coverages ``t_0`` and ``t_1`` beside each other, the second one in place; answers all cells."""
    values = pattern((1, 3, 8), "int16") + 1
    tile(imports, "t_0", values[:, :, :4], 0)
    tile(imports, "t_1", values[:, :, 4:], 4, insitu=True)
    return values


def test_sources_by_name(imports: Imports) -> None:
    values = two(imports)
    assert imports.run(virtual("t_0", "t_1")).imported == 1
    assert np.array_equal(imports.cells("v"), values)
    assert imports.instance.registrar().describe("v")["sources"] == ["t_0", "t_1"]


def test_sources_by_expression(imports: Imports) -> None:
    values = two(imports)
    tile(imports, "other", pattern((1, 3, 4), "int16") + 1, 100)
    imports.run(virtual("t_.*"))
    assert np.array_equal(imports.cells("v"), values)
    imports.run(virtual("t_[0-9]", "other"))
    assert imports.coverage("v").domain.axes[1].size == 104
    imports.run(virtual(".*_1"))
    assert imports.coverage("v").domain.axes[1].size == 4


def test_protocols_read_it_as_any_other(imports: Imports) -> None:
    values = two(imports)
    imports.run(virtual("t_.*"))
    client = Client(build_app(imports.instance))
    wcs = "/ows?service=WCS&version=2.0.1&request="
    answer = client.get(f"{wcs}GetCoverage&coverageId=v&format=image/tiff&subset=Long(2,6)")
    with rasterio.MemoryFile(answer.data) as file, file.open() as dataset:
        assert np.array_equal(dataset.read(), values[:, :, 2:6])
    assert "<wcs:CoverageId>v</wcs:CoverageId>" in client.get(f"{wcs}GetCapabilities").text
    assert imports.instance.wcps("for $c in (v) return max($c)") == values.max()
    query = "service=WMS&version=1.3.0&request=GetMap&layers=v&styles=&crs=CRS:84&bbox=0,0,8,3&width=8&height=3"
    picture = client.get(f"/ows?{query}&format=image/png&transparent=true")
    assert np.asarray(Image.open(BytesIO(picture.data)).convert("RGBA")).shape == (3, 8, 4)
    assert picture.mimetype == "image/png"


def test_answers_that_clients_keep_follow_the_sources(imports: Imports) -> None:
    two(imports)
    imports.run(virtual("t_.*"))
    client = Client(build_app(imports.instance))
    query = "/ows?service=WCS&version=2.0.1&request=GetCoverage&coverageId=v&format=image/tiff"
    before = client.get(query)
    known = {"If-None-Match": before.headers["ETag"]}
    assert client.get(query, headers=known).status_code == 304
    values = pattern((1, 3, 4), "int16") + 77
    for name, west in (("t_0", 0), ("t_1", 4)):
        tile(imports, name, values, west, track_files=False, insitu=name == "t_1")
        after = client.get(query, headers=known)
        assert after.status_code == 200
        known = {"If-None-Match": after.headers["ETag"]}
    assert np.array_equal(imports.cells("v"), np.concatenate([values, values], axis=2))


def test_coarser_virtual_coverages_are_members_of_its_pyramid(imports: Imports) -> None:
    for number in range(2):
        tile(imports, f"t_{number}", pattern((1, 4, 4), "int16") + 1, 4 * number, 4)
        bounds = (4 * number, 0, 4 * number + 4, 4)
        write(imports.folder / f"c_{number}.tif", pattern((1, 2, 2), "int16") + 9, bounds=bounds, nodata=0)
        coarse = ingredients("map_mosaic", f"c_{number}.tif")
        coarse["input"]["coverage_id"] = f"c_{number}"
        imports.run(coarse)
    small = virtual("c_.*")
    small["input"]["coverage_id"] = "small"
    imports.run(small)
    whole = virtual("t_.*", options={"pyramid_members": ["small"]})
    imports.run(whole)
    assert [level.shape for level in imports.coverage("v").source.levels] == [(4, 8), (2, 4)]
    tile(imports, "t_1", pattern((1, 4, 4), "int16") + 2, 4, 4, track_files=False)
    assert [level.shape for level in imports.coverage("v").source.levels] == [(4, 8)]  # out of step
    imports.run(whole)
    assert [level.shape for level in imports.coverage("v").source.levels] == [(4, 8), (2, 4)]


def test_explanations_change_nothing(imports: Imports) -> None:
    two(imports)
    result = imports.run(virtual("t_.*"), explain=True)
    assert result.declined
    assert imports.listener.lines == [
        "virtual coverage v: make it of these sources, of which nothing is copied: t_0, t_1",
        "  axis Lat: regular, 3 positions, 0 to 3, step -1, http://www.opengis.net/def/crs/EPSG/0/4326",
        "  axis Long: regular, 8 positions, 0 to 8, step 1, http://www.opengis.net/def/crs/EPSG/0/4326",
        "  band b1: int16, unit 10^0, nil 0",
    ]
    assert not imports.instance.catalogue.exists("v")
    imports.run(virtual("t_0"))
    imports.run(virtual("t_.*"), explain=True)
    assert "give it these sources" in imports.listener.lines[0]
    assert imports.coverage("v").domain.shape == (3, 4)


def test_metadata_and_inspire(imports: Imports) -> None:
    two(imports)
    options = {"coverage": {"metadata": {"global": {"Title": "'both ' + 'tiles'", "n": 2}}}}
    whole = virtual("t_.*", options=options)
    whole["input"]["inspire"] = {"metadata_url": "https://geo.example/v"}
    imports.run(whole)
    assert dict(imports.coverage("v").metadata) == {"Title": "both tiles", "n": "2"}
    (mark,) = imports.instance.context.announcements.marked()
    assert mark.identifier == "v"


def test_an_envelope_that_is_that_of_the_sources(imports: Imports) -> None:
    two(imports)
    axes = [{"axisLabel": "Lat", "resolution": "-1"}, {"axisLabel": "Long", "resolution": 1}]
    imports.run(virtual("t_.*", options={"envelope": {"srsName": "EPSG/0/4326", "axis": axes}}))
    assert imports.coverage("v").domain.shape == (3, 8)


TILE = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tiles=st.lists(TILE, min_size=1, max_size=4), seed=st.integers(0, 99))
def test_cells_by_coordinate_equal_those_of_the_sources(
    imports: Imports, tiles: list[tuple[int, int, int, int]], seed: int
) -> None:
    instance, rng = imports.instance, np.random.default_rng(seed)
    for name in ("v", *(f"p{number}" for number in range(4))):
        if instance.catalogue.exists(name):
            instance.ingestion.delete([name])
    wanted = np.zeros((20, 20), "int16")
    for number, (row, column, height, width) in enumerate(tiles):
        values = rng.integers(0, 5, (1, height, width), "int16")
        tile(imports, f"p{number}", values, column, 20 - row, track_files=False)
        place = (slice(row, row + height), slice(column, column + width))
        wanted[place] = np.where(values[0], values[0], wanted[place])
    imports.run(virtual("p[0-9]"))
    domain = imports.coverage("v").domain
    top, left = round(20 - domain.axes[0].high), round(domain.axes[1].low)
    found = np.nan_to_num(imports.cells("v")[0], nan=0)
    height, width = found.shape
    assert np.array_equal(found, wanted[top : top + height, left : left + width])
    assert np.count_nonzero(wanted) == np.count_nonzero(found)


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ((), "source_coverage_ids is missing"),
        (("nix",), "no coverage 'nix'"),
        (("nix.*",), "no coverage matches 'nix"),
        (("t_(",), "is no regular expression"),
        (("v",), "no coverage 'v'"),
        (("t_0", "other"), "'other' does not go with 't_0'.*off the grid"),
    ],
)
def test_sources_that_are_none(imports: Imports, sources: tuple[str, ...], words: str) -> None:
    two(imports)
    tile(imports, "other", pattern((1, 2, 2), "int16") + 1, 0.4)
    with pytest.raises(EOxServerError, match=words):
        imports.run(virtual(*sources))
    assert not imports.instance.catalogue.exists("v")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tiling": "ALIGNED [0:1,0:1]"}, "tiling is not for virtual_coverage, .*pyramid_members"),
        ({"scale_levels": [2]}, "scale_levels is not for virtual_coverage"),
        ({"envelope": {"srsName": "EPSG/0/32633"}}, r"srsName 'EPSG/0/32633' is not the CRS .*EPSG/0/4326"),
        ({"envelope": {"srsName": "nonsense"}}, r"envelope\.srsName: "),
        ({"envelope": {"axis": [{"axisLabel": "Lon"}]}}, "there is no axis 'Lon'; did you mean 'Long'"),
        (
            {"envelope": {"axis": [{"axisLabel": "Lat", "resolution": 2}]}},
            "resolution of Lat is 1 in the .*, not 2",
        ),
        ({"coverage": {"metadata": {"global": {"a": "${file:name}"}}}}, "a virtual coverage has no file"),
        ({"coverage": {"metadata": {"global": "auto"}}}, "global must be an object"),
    ],
)
def test_options_that_go_ill_with_it(imports: Imports, options: dict[str, Any], words: str) -> None:
    two(imports)
    with pytest.raises(EOxServerError, match=words):
        imports.run(virtual("t_.*", options=options))
    assert not imports.instance.catalogue.exists("v")


def test_files_are_not_for_it(imports: Imports) -> None:
    whole = virtual("a")
    whole["input"]["paths"] = ["*.tif"]
    with pytest.raises(IngredientsError, match=r"input\.paths is not for virtual_coverage"):
        imports.session(whole)
    with pytest.raises(IngredientsError, match=r"config\.insitu is for files"):
        imports.session(virtual("a", insitu=True))
    mosaic = ingredients("map_mosaic", "*.tif")
    mosaic["input"]["source_coverage_ids"] = ["a"]
    with pytest.raises(IngredientsError, match=r"input\.source_coverage_ids: the recipe map_mosaic has no such filter"):
        imports.session(mosaic)


def test_a_name_that_is_taken(imports: Imports) -> None:
    two(imports)
    whole = virtual("t_0")
    whole["input"]["coverage_id"] = "t_1"
    with pytest.raises(EOxServerError, match="'t_1' already, which is no virtual coverage"):
        imports.run(whole)
