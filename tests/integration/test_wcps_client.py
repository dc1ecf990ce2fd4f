# SPDX-License-Identifier: MIT
"""The Python client ``wcps`` of the rasdaman project works unchanged: the examples of its README, on data made here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from wcps.model import (
    Axis,
    AxisIter,
    Cast,
    CastType,
    Clip,
    Condense,
    CondenseOp,
    Datacube,
    MultiBand,
    Switch,
    WCPSClientException,
    rgb,
)
from wcps.model import Coverage as NewCoverage
from wcps.service import Service, WCPSResultType
from wcps.spectral import NDVI

from eoxserver.core.axes import Axis as GridAxis
from eoxserver.core.axes import IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import parse_crs, to_number
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.util.timetools import parse_iso8601
from tests.applications import application, instance_template
from tests.servers import serving

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

Array = npt.NDArray[Any]
MONTHS = tuple(f"2015-{month:02d}-01" for month in range(1, 13))


def times(*days: str) -> GridAxis:
    crs = parse_crs("OGC/0/AnsiDate")
    return IrregularAxis("ansi", np.array([to_number(crs, parse_iso8601(day)) for day in days]), crs, "d", Role.T)


def utm(step: float) -> tuple[GridAxis, GridAxis]:
    """E 669960 to 700000, N 4990200 to 5015220, roughly."""
    crs = parse_crs("EPSG:32631")
    return (
        RegularAxis("E", 669960 + step / 2, step, int(30040 // step) + 1, crs, "metre", Role.X),
        RegularAxis("N", 5015220 - step / 2, -step, int(25020 // step) + 1, crs, "metre", Role.Y),
    )


def degrees(lat: float, long: float, step: float, rows: int, columns: int) -> tuple[GridAxis, GridAxis]:
    crs = parse_crs("EPSG:4326")
    return (
        RegularAxis("Lat", lat, -step, rows, crs, "degree", Role.Y),
        RegularAxis("Long", long, step, columns, crs, "degree", Role.X),
    )


def made(name: str, axes: tuple[GridAxis, ...], dtype: str, *fields: str, low: int = 0, high: int = 255) -> Coverage:
    """A coverage of random cells, the same in every run."""
    shape = (len(fields), *(axis.size for axis in axes))
    values = np.random.default_rng(len(name)).integers(low, high, shape).astype(dtype)
    domain = Domain(axes)
    return Coverage(name, domain, RangeType(tuple(Field(one, np.dtype(dtype)) for one in fields)), MemorySource(values))


def index(label: str) -> GridAxis:
    return RegularAxis(label, 0.5, 1.0, 64, parse_crs("OGC/0/Index2D"), "GridSpacing")


DAY = times("2021-04-07", "2021-04-09")
S2 = "S2_L2A_32631"
MADE = {
    one.identifier: one
    for one in (
        made(f"{S2}_TCI_60m", (DAY, *utm(60)), "u1", "red", "green", "blue"),
        made(f"{S2}_B03_10m", (DAY, *utm(100)), "u2", "B3", low=1, high=4000),
        made(f"{S2}_B04_10m", (DAY, *utm(100)), "u2", "B4", low=1, high=4000),
        made(f"{S2}_B08_10m", (DAY, *utm(100)), "u2", "B8", low=1, high=4000),
        made(f"{S2}_B12_20m", (DAY, *utm(200)), "u2", "B12", low=1, high=4000),
        made("Germany_DTM_4", degrees(55.475, 5.025, 0.05, 200, 220), "f4", "height", high=1500),
        made("AvgTemperatureColorScaled", (times(*MONTHS), *degrees(89, -179, 2, 90, 180)), "u1", "Red", high=60),
        made("NIR", (index("i"), index("j")), "u1", "nir", "red", "green"),
        made(
            "AvgLandTemp", (times("2014-06-01", "2014-07-01"), *degrees(89.5, -179.5, 1, 180, 360)), "f4", "t", high=40
        ),
    )
}


def cells(name: str) -> Array:
    """Shape (field, *axes)."""
    found: Array = MADE[name].source.values  # type: ignore[attr-defined]  # they are in memory
    return found


@pytest.fixture(scope="module")
def service(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Answer a client of a real server."""
    folder = tmp_path_factory.mktemp("client")
    with application(folder, instance_template) as app:
        for coverage in MADE.values():
            app.instance.ingestion.insert(coverage)
    with serving(folder / "instance") as url:
        yield Service(url.replace("/ows", "/rasdaman/ows"))


SUBSET = [Axis("ansi", "2021-04-09"), Axis("E", 670000, 680000), Axis("N", 4990220, 5000220)]


def band(name: str) -> Any:
    return Datacube(f"{S2}_{name}")[SUBSET]


def part(name: str) -> Array:
    """The cells of ``SUBSET``, eastings first."""
    coverage = MADE[f"{S2}_{name}"]
    _, east, north = coverage.domain.axes
    assert isinstance(east, RegularAxis) and isinstance(north, RegularAxis)
    first = int((670000 - 669960) // east.step)
    last = int(np.ceil((680000 - 669960) / east.step))
    top = int((5015220 - 5000220) // -north.step)
    bottom = int(np.ceil((5015220 - 4990220) / -north.step))
    return cells(f"{S2}_{name}")[0, 1, first:last, top:bottom]


def picture(result: Any) -> Array:
    return np.array(Image.open(io.BytesIO(result.value)))


def test_subsetting(service: Service, tmp_path: Path) -> None:
    cov = Datacube(f"{S2}_TCI_60m")["ansi":"2021-04-09", "E":669960:700000, "N":4990200:5015220]
    query = cov.encode("JPEG")
    result = service.execute(query)
    assert result.type is WCPSResultType.IMAGE
    array = service.execute(query, convert_to_numpy=True)
    assert array.type is WCPSResultType.NUMPY
    assert array.value.shape == (417, 501, 3)
    service.download(query, output_file=str(tmp_path / "tci.jpg"))
    assert (tmp_path / "tci.jpg").read_bytes() == result.value


POLYGON = """POLYGON(( 51.645 10.772, 51.018 12.551,
                       50.400 11.716, 50.584 10.051,
                       51.222 10.142, 51.551 10.522,
                       51.645 10.772 ))"""
COLOURS = (
    '{"colorMap":{"type":"intervals","colorTable":{'
    '"0":[0,0,255,0],"15":[0,140,0,255],'
    '"30":[0,180,0,255],"50":[255,193,0,255],'
    '"100":[255,154,0,255],"150":[255,116,0,255],'
    '"200":[255,77,0,255],"500":[255,0,0,255]}}}'
)


def test_clipping_with_a_polygon(service: Service) -> None:
    result = service.execute(Clip(Datacube("Germany_DTM_4"), POLYGON).encode("image/png").params(COLOURS))
    found = picture(result)
    assert found.shape == (25, 51, 4)
    assert {tuple(colour) for colour in found[12, 20:30].tolist()} <= {
        (0, 0, 255, 0), (0, 140, 0, 255), (0, 180, 0, 255), (255, 193, 0, 255), (255, 154, 0, 255),
        (255, 116, 0, 255), (255, 77, 0, 255), (255, 0, 0, 255),
    }  # fmt: skip


def test_clipping_with_a_line(service: Service) -> None:
    line = """LineString( 52.8691 7.7124, 50.9861 6.8335,
                          49.5965 7.6904, 48.3562 9.0308,
                          48.0634 11.9531, 51.0966 13.7988,
                          53.3440 13.5571, 53.8914 12.3926 )"""
    result = service.execute(Clip(Datacube("Germany_DTM_4"), line).encode("application/json"))
    assert result.type is WCPSResultType.JSON
    heights = np.array(result.value)
    assert heights.ndim == 1 and len(heights) > 200
    assert np.isin(heights, cells("Germany_DTM_4")).all()


def test_band_math(service: Service) -> None:
    red, nir = band("B04_10m"), band("B08_10m")
    by_hand, by_class = (nir - red) / (nir + red), NDVI(N=nir, R=red)
    nir_cells, red_cells = part("B08_10m"), part("B04_10m")
    expected = ((nir_cells - red_cells) // (nir_cells + red_cells)) > 0.5
    for ndvi in (by_hand, by_class):
        found = picture(service.execute((ndvi > 0.5).encode("PNG")))
        np.testing.assert_array_equal(found != 0, expected.T)
    floating = (Cast(nir, CastType.FLOAT) - red) / (nir + red)
    found = picture(service.execute((floating > 0.5).encode("PNG")))
    shares = (nir_cells.astype("f4") - red_cells) / (nir_cells + red_cells)
    np.testing.assert_array_equal(found != 0, (shares > 0.5).T)


def test_composites(service: Service) -> None:
    nir, red, green = band("B08_10m"), band("B04_10m"), band("B03_10m")
    expected = np.stack([part("B08_10m"), part("B04_10m"), part("B03_10m")]).astype("f8") / 17
    rounded = np.clip(np.floor(expected + 0.5), 0, 255).T
    for composite in (MultiBand({"red": nir, "green": red, "blue": green}), rgb(nir, red, green)):
        found = picture(service.execute((composite / 17.0).encode("PNG")))
        np.testing.assert_array_equal(found, rounded)


def test_matching_resolutions(service: Service) -> None:
    green, swir, nir = band("B03_10m"), band("B12_20m"), band("B08_10m")
    composite = rgb(swir.scale(another_coverage=green), nir, green)
    found = picture(service.execute((composite / 17.0).encode("PNG")))
    fine, coarse = part("B03_10m"), part("B12_20m")
    rows, columns = (np.arange(n) * m // n for n, m in zip(fine.shape, coarse.shape, strict=True))
    expected = np.clip(np.floor(coarse[rows][:, columns] / 17.0 + 0.5), 0, 255).T
    np.testing.assert_array_equal(found[..., 0], expected)


def test_aggregation(service: Service) -> None:
    red, nir = band("B04_10m"), band("B08_10m")
    result = service.execute(((nir - red * 1.0) / (nir + red)).avg())
    a, b = part("B08_10m"), part("B04_10m")
    assert result.type is WCPSResultType.SCALAR
    assert result.value == pytest.approx(float(np.mean((a - b * 1.0) / (a + b))), rel=1e-12)
    assert service.execute(nir.max()).value == int(a.max())
    assert service.execute(nir.sum()).value == int(a.astype(int).sum())
    assert service.execute((nir > 5).count()).value == int((a > 5).sum())
    assert service.execute(Datacube(f"{S2}_TCI_60m")[SUBSET].max()).type is WCPSResultType.MULTIBAND_SCALAR


def averages() -> tuple[Any, Any]:
    cov = Datacube("AvgTemperatureColorScaled")
    iterator = AxisIter("ansi_iter", "ansi").of_geo_axis(cov["ansi":"2015-01-01":"2015-07-01"])
    return cov, iterator


def test_time_series_to_a_map(service: Service, tmp_path: Path) -> None:
    cov, iterator = averages()
    at_time = cov["ansi" : iterator.ref()]
    query = Condense(CondenseOp.MAX).over(iterator).where(at_time.avg() > 20).using(at_time).encode("PNG")
    service.download(query, str(tmp_path / "max_map.png"))
    slices = cells("AvgTemperatureColorScaled")[0, :7]
    chosen = slices[slices.mean(axis=(1, 2)) > 20]
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "max_map.png")), chosen.max(axis=0))


def test_a_series_of_averages(service: Service) -> None:
    cov, iterator = averages()
    query = NewCoverage("average_per_date").over(iterator).values(cov["ansi" : iterator.ref()].Red.avg()).encode("JSON")
    result = service.execute(query)
    np.testing.assert_allclose(result.value, cells("AvgTemperatureColorScaled")[0, :7].mean(axis=(1, 2)), rtol=1e-12)


def test_convolution(service: Service) -> None:
    x, y = AxisIter("$x", "x").interval(-1, 1), AxisIter("$y", "y").interval(-1, 1)
    weights = ([1, 0, -1, 2, 0, -2, 1, 0, -1], [1, 2, 1, 0, 0, 0, -1, -2, -1])
    cov = Datacube("NIR")
    subset = [("i", 10, 50), ("j", 10, 40)]
    cx, cy = AxisIter("$px", "i").of_grid_axis(cov[subset]), AxisIter("$py", "j").of_grid_axis(cov[subset])
    kx, ky = AxisIter("$kx", "x").interval(-1, 1), AxisIter("$ky", "y").interval(-1, 1)
    gradients = []
    for number, values in enumerate(weights, 1):
        kernel = NewCoverage(f"kernel{number}").over([x, y]).value_list(values)
        moved = cov.green["i" : cx.ref() + kx.ref(), "j" : cy.ref() + ky.ref()]
        product = kernel["x" : kx.ref(), "y" : ky.ref()] * moved
        total = Condense(CondenseOp.PLUS).over([kx, ky]).using(product)
        gradients.append(NewCoverage(f"G{number}").over([cx, cy]).values(total).pow(2.0))
    edges = (gradients[0] + gradients[1]).sqrt()
    found = np.array(service.execute(edges.encode("json")).value)
    image = cells("NIR")[2].astype("f8")
    sums = []
    for values in weights:
        kernel = np.array(values).reshape(3, 3)
        sums.append(
            sum(kernel[a + 1, b + 1] * image[10 + a : 50 + a, 10 + b : 40 + b] for a in (-1, 0, 1) for b in (-1, 0, 1))
        )
    np.testing.assert_allclose(found, np.sqrt(sums[0] ** 2 + sums[1] ** 2), rtol=1e-6)
    assert service.execute(edges.encode("image/jpeg")).type is WCPSResultType.IMAGE


def test_case_distinction(service: Service) -> None:
    cov = Datacube("AvgLandTemp")["ansi":"2014-07", "Lat":35:75, "Long":-20:40]
    switch = (
        Switch()
        .case(cov == 99999).then(rgb(255, 255, 255))
        .case(cov < 18).then(rgb(0, 0, 255))
        .case(cov < 23).then(rgb(255, 255, 0))
        .case(cov < 30).then(rgb(255, 140, 0))
        .default(rgb(255, 0, 0))
    )  # fmt: skip
    found = picture(service.execute(switch.encode("image/png")))
    temperatures = cells("AvgLandTemp")[0, 1, 15:55, 160:220]
    colours = np.array([(0, 0, 255), (255, 255, 0), (255, 140, 0), (255, 0, 0)])
    np.testing.assert_array_equal(found, colours[np.digitize(temperatures, [18, 23, 30])])


def test_what_the_server_refuses_is_an_error_of_the_client(service: Service) -> None:
    with pytest.raises(WCPSClientException, match="NoSuchCoverage"):
        service.execute(Datacube("nope").max())
    with pytest.raises(WCPSClientException, match=r"encode\(\)"):
        service.execute(Datacube("NIR") + 1)
    assert service.list_udfs() is None
