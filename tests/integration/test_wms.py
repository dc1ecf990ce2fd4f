# SPDX-License-Identifier: MIT
"""Maps of real data, registered as anybody would, through the whole application."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.warp import Resampling, reproject

from eoxserver.core.crs import parse_crs
from tests.applications import Application, application
from tests.xmlschemas import NS, ValidateXml, parse_xml

pytestmark = pytest.mark.integration

MERIS = "mosaic_ENVISAT-MER_FRS_1PNPDE2006*_RGB_reduced.tif"


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves the real data."""
    data = shared / "data"
    with application(tmp_path_factory.mktemp("wms")) as app, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        app.register(*sorted(data.glob(MERIS)), collection="MER_FRS")
        app.register(*sorted(data.glob("cci_ssmv*.tif")), data / "crosses_dateline.tif")
        app.register(next(data.glob("ASA_WSM*.tiff")))
        app.register(data / "mean_summer_airtemp.tif", crs=parse_crs("EPSG:4326"))
        yield app


def layer(app: Application, part: str) -> str:
    """Answer the one layer with a text in its name."""
    (found,) = [one.identifier for one in app.instance.catalogue.summaries() if part in one.identifier]
    return found


def drawn(app: Application, layers: str, crs: str, bbox: str, width: int, height: int, **more: str) -> npt.NDArray[Any]:
    """Answer the pixels of a PNG."""
    response = app.wms(
        "GetMap", layers=layers, styles="", crs=crs, bbox=bbox, width=str(width), height=str(height),
        **{"format": "image/png", **more},
    )  # fmt: skip
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.data)))


def file_cells(path: Path) -> npt.NDArray[Any]:
    with rasterio.open(path) as dataset:
        cells: npt.NDArray[Any] = dataset.read()
    return cells


def test_capabilities(real: Application, validate_xml: ValidateXml) -> None:
    root = validate_xml(real.wms("GetCapabilities").data)
    listed = {name.text for name in root.findall(".//wms:Layer/wms:Layer/wms:Name", NS)}
    assert "MER_FRS" in listed
    assert not any(str(name).startswith("ASA_WSM") for name in listed), "tie points are no grid"
    assert len(listed) == 8
    box = root.find(f".//wms:Layer[wms:Name='{layer(real, 'mean_summer')}']/wms:BoundingBox[@CRS='EPSG:4326']", NS)
    assert box is not None
    corners = [float(box.get(name) or "nan") for name in ("minx", "miny", "maxx", "maxy")]
    assert corners == pytest.approx([-44.525, 111.975, -8.975, 156.275], abs=1e-9)
    time = root.findtext(".//wms:Layer[wms:Name='MER_FRS']/wms:Dimension[@name='time']", "", NS)
    assert [instant[:10] for instant in time.split(",")] == ["2006-08-16", "2006-08-22", "2006-08-30"]


def test_one_pixel_a_cell(real: Application, shared: Path) -> None:
    shown = drawn(real, layer(real, "mean_summer"), "EPSG:4326", "-44.525,111.975,-8.975,156.275", 886, 711)
    np.testing.assert_array_equal(shown, file_cells(shared / "data" / "mean_summer_airtemp.tif")[0])


def test_scenes_in_colour(real: Application, shared: Path) -> None:
    path = next((shared / "data").glob("*20060816*.tif"))
    with rasterio.open(path) as dataset:
        west, south, east, north = dataset.bounds
    shown = drawn(real, layer(real, "20060816"), "CRS:84", f"{west},{south},{east},{north}", 541, 449)
    np.testing.assert_array_equal(shown, np.moveaxis(file_cells(path), 0, 2))


def test_nil_is_see_through(real: Application, shared: Path) -> None:
    path = shared / "data" / "cci_ssmv_CCI_L3_v02.2_201411.tif"
    shown = drawn(
        real, layer(real, "cci_ssmv_CCI_L3_v02.2_201411"), "CRS:84", "-180,-90,180,90", 1440, 720, transparent="true"
    )
    values = file_cells(path)[0]
    np.testing.assert_array_equal(shown[..., 1] == 0, values == -1)
    valid = values != -1
    expected = np.floor(values[valid].astype(float) * 255 + 0.5)  # the file says that values lie in 0 to 1
    assert np.abs(shown[valid][:, 0] - expected).max() == 0


def test_an_alpha_band(real: Application, shared: Path) -> None:
    path = shared / "data" / "crosses_dateline.tif"
    with rasterio.open(path) as dataset:
        west, south, east, north = dataset.bounds
        cells = dataset.read()
    assert east > 180
    shown = drawn(
        real, "crosses_dateline", "EPSG:4326", f"{south},{west},{north},{east}", 1958, 2260, transparent="true"
    )
    np.testing.assert_array_equal(shown[..., 3], cells[3])
    seen = cells[3] == 255
    np.testing.assert_array_equal(shown[seen][:, :3], np.moveaxis(cells[:3], 0, 2)[seen])


def test_both_sides_of_the_date_line(real: Application) -> None:
    one, other = ("-180,77,-160,83", "180,77,200,83")
    left, right = (drawn(real, "crosses_dateline", "CRS:84", box, 100, 100, transparent="true") for box in (one, other))
    assert (left[..., 3] > 0).any()
    np.testing.assert_array_equal(left, right)
    metres = drawn(
        real, "crosses_dateline", "EPSG:3857", "-20037508,14000000,-18000000,18000000", 100, 240, transparent="true"
    )
    assert (metres[..., 3] > 0).any()


def test_reprojection_agrees_with_gdal(real: Application, shared: Path) -> None:
    path = shared / "data" / "mean_summer_airtemp.tif"
    box, width, height = (12_500_000.0, -5_500_000.0, 17_300_000.0, -1_100_000.0), 480, 440
    shown = drawn(
        real, layer(real, "mean_summer"), "EPSG:3857", ",".join(map(str, box)), width, height, bgcolor="0x000000"
    )
    expected = np.zeros((height, width), np.uint8)
    with rasterio.open(path) as dataset:
        reproject(
            dataset.read(1), expected, src_transform=dataset.transform, src_crs="EPSG:4326",
            dst_transform=rasterio.transform.from_bounds(*box, width, height), dst_crs="EPSG:3857",
            resampling=Resampling.nearest,
        )  # fmt: skip
    grey = shown if shown.ndim == 2 else shown[..., 0]
    assert (grey == expected).mean() > 0.98


def test_the_mosaic_by_time(real: Application) -> None:
    def seen(**more: str) -> npt.NDArray[Any]:
        return drawn(real, "MER_FRS", "CRS:84", "-4,32,29,47", 330, 150, transparent="true", **more)[..., 3] > 0

    whole = seen()
    scenes = [seen(time=day) for day in ("2006-08-16", "2006-08-22", "2006-08-30")]
    np.testing.assert_array_equal(whole, scenes[0] | scenes[1] | scenes[2])
    assert all(0 < scene.sum() < whole.sum() for scene in scenes)
    np.testing.assert_array_equal(seen(time="2006-08-16/2006-08-23"), scenes[0] | scenes[1])
    assert not seen(time="2006-08-18T00:00:00Z").any()
    response = real.wms(
        "GetMap", layers="MER_FRS", styles="", crs="CRS:84", bbox="-4,32,29,47", width="33", height="15",
        format="image/png", time="2010",
    )  # fmt: skip
    assert response.status_code == 400
    assert b"InvalidDimensionValue" in response.data


def test_the_scene_with_tie_points_is_refused_clearly(real: Application) -> None:
    name = layer(real, "ASA_WSM")
    response = real.wms(
        "GetMap", layers=name, styles="", crs="EPSG:4326", bbox="0,0,1,1", width="9", height="9", format="image/png"
    )
    assert response.status_code == 400
    exception = parse_xml(response.data).find("ogc:ServiceException", NS)
    assert exception is not None
    assert "cannot be drawn" in (exception.text or "")


def test_a_map_needs_no_service_parameter_and_has_a_validator(real: Application) -> None:
    query = (
        f"version=1.3.0&request=GetMap&layers={layer(real, 'mean_summer')}&styles=&crs=CRS:84"
        "&bbox=112,-44,156,-9&width=20&height=20&format=image/png"
    )
    first = real.get(query)
    assert (first.status_code, first.mimetype) == (200, "image/png")
    again = real.get(query, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_explain(real: Application) -> None:
    response = real.wms(
        "GetMap", layers="MER_FRS", styles="", crs="EPSG:3857", bbox="-400000,3700000,3200000,5900000", width="100",
        height="100", format="image/png", explain="true",
    )  # fmt: skip
    assert response.mimetype == "application/json"
    found = response.json
    assert found is not None
    assert found["cost"]["coverages"] == 3
    assert found["plan"]["node"] == "Overlay"
