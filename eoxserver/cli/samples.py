# SPDX-License-Identifier: MIT
"""The sample data of ``eoxserver demo``: rasters of every kind a server meets, written as GeoTIFF, with STAC items.

Colours, a colour table, 16 bits, floating point with nil values, an instant, a time series, a projected CRS, and a
scene over the date line.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Encoder, Workspace
from eoxserver.cli.planet import COVER_COLOURS, VEGETATION_COLOURS, Planet, colours, cyclone, hillshade, plane_noise
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.rasters import raster_domain
from eoxserver.resources.coverages.footprints import bounds_footprint

__all__ = ["CUBE", "SERIES", "SERIES_TITLE", "Sample", "samples", "write_sample"]

GLOBE_ROWS = 1024
GLOBE = (-180.0, -90.0, 180.0, 90.0)
SERIES = "vegetation"
"""Collection of the time series."""
SERIES_TITLE = "Vegetation index, month by month"
CUBE = "vegetation_cube"
"""Coverage of the same files, with a time axis."""
NIL = -9999.0
NIL_BYTE = 255
YEAR = 2024
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class Sample:
    """One raster to be."""

    identifier: str
    title: str
    cells: npt.NDArray[Any]
    """Shape (field, rows, columns), first row in the north."""
    fields: tuple[Field, ...]
    crs: str = "EPSG:4326"
    bounds: tuple[float, float, float, float] = GLOBE
    """Outer edges (min x, min y, max x, max y) [CRS units]."""
    begin: str = ""
    end: str = ""
    collection: str = ""
    shown: tuple[float, float] | None = None
    """What maps show as black and as white."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Properties of its STAC item."""


def samples() -> Iterator[tuple[str, Callable[[], Sequence[Sample]]]]:
    """What is made, step by step: the name of a step, and the function that makes its rasters."""
    planet = Planet.make(GLOBE_ROWS)
    yield "the globe in colours", lambda: [_globe(planet)]
    yield "elevation, 16 bits", lambda: [_elevation(planet)]
    yield "land cover, colour table", lambda: [_cover(planet)]
    yield "surface temperature, floating point", lambda: [_temperature(planet)]
    yield "vegetation, twelve months", lambda: [_vegetation(planet, month) for month in range(1, 13)]
    yield "a coast in UTM", _coast
    yield "a storm over the date line", lambda: [_storm()]


def write_sample(sample: Sample, folder: Path, encoder: Encoder, workspace: Workspace) -> Path:
    """Write a raster and its STAC item beside it; answers the path of the raster."""
    crs = parse_crs(sample.crs)
    _, rows, columns = sample.cells.shape
    domain = raster_domain(crs, sample.bounds, columns, rows)
    coverage = Coverage(sample.identifier, domain, RangeType(sample.fields), MemorySource(sample.cells))
    path = folder / f"{sample.identifier}.tif"
    with path.open("wb") as file:
        for part in encoder.encode(coverage, encoder.key, {}, workspace):
            file.write(part)
    path.with_suffix(".json").write_text(json.dumps(_item(sample), indent=1) + "\n", encoding="utf-8")
    return path


def _item(sample: Sample) -> dict[str, Any]:
    """The STAC item of a raster (item specification 1.0)."""
    times = {"datetime": None, "start_datetime": sample.begin, "end_datetime": sample.end or sample.begin}
    footprint = bounds_footprint(parse_crs(sample.crs), sample.bounds)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": sample.identifier,
        "geometry": json.loads(json.dumps(footprint.__geo_interface__)),
        "bbox": list(footprint.bounds),
        "properties": {"title": sample.title, **(times if sample.begin else {"datetime": None}), **sample.facts},
        "links": [],
        "assets": {"data": {"href": f"./{sample.identifier}.tif"}},
    }


def _rgb() -> tuple[Field, ...]:
    return tuple(Field(name, np.dtype("uint8"), interpretation=name) for name in COLOURS)


def _globe(planet: Planet) -> Sample:
    return Sample("globe", "The globe in natural colours", planet.picture(), _rgb())


def _elevation(planet: Planet) -> Sample:
    band = Field("elevation", np.dtype("int16"), unit="m", interpretation="gray")
    return Sample(
        "elevation",
        "Elevation and depth",
        np.rint(planet.elevation).astype(np.int16)[None],
        (band,),
        shown=(-7500, 7000),
    )


def _cover(planet: Planet) -> Sample:
    band = Field("cover", np.dtype("uint8"), nil=(NilValue(0.0),), interpretation="palette", palette=COVER_COLOURS)
    return Sample("land_cover", "Land cover", planet.cover()[None], (band,))


def _temperature(planet: Planet) -> Sample:
    """Of the sea; land is nil."""
    sea = np.where(planet.land, NIL, np.clip(planet.temperature + planet.season(8), -1.8, 34))[::2, ::2]
    band = Field("temperature", np.dtype("float32"), unit="Cel", nil=(NilValue(NIL),), interpretation="gray")
    return Sample(
        "sea_surface_temperature",
        "Temperature of the sea, August",
        sea.astype(np.float32)[None],
        (band,),
        shown=(-2, 34),
        begin=f"{YEAR}-08-01T00:00:00Z",
        end=f"{YEAR}-08-31T23:59:59Z",
    )


def _vegetation(planet: Planet, month: int) -> Sample:
    """One month of the time series: the index times 250, from desert to forest; water is nil."""
    index = np.where(planet.land, np.clip(planet.vegetation(month), 0, 1) * 250, NIL_BYTE)[::2, ::2]
    band = Field(
        "ndvi",
        np.dtype("uint8"),
        nil=(NilValue(float(NIL_BYTE)),),
        interpretation="palette",
        palette=VEGETATION_COLOURS,
    )
    last = calendar.monthrange(YEAR, month)[1]
    return Sample(
        f"vegetation_{YEAR}_{month:02d}",
        f"Vegetation index, {calendar.month_name[month]} {YEAR}",
        index.astype(np.uint8)[None],
        (band,),
        begin=f"{YEAR}-{month:02d}-01T00:00:00Z",
        end=f"{YEAR}-{month:02d}-{last}T23:59:59Z",
        collection=SERIES,
    )


def _coast() -> Sequence[Sample]:
    """A close-up of 30 km in UTM zone 33: in colours, and as reflectances of five bands in 16 bits."""
    generator = np.random.default_rng(11)
    rows, columns = 1536, 2048
    relief = plane_noise(generator, rows, columns, 3.3)
    tilt = np.linspace(-1.1, 1.1, columns, dtype=np.float32)[None, :]
    height = relief + tilt
    elevation = np.where(height > 0, height * 420, height * 70).astype(np.float32)
    moisture = np.clip(0.55 + 0.28 * plane_noise(generator, rows, columns, 2.6) - elevation / 4200, 0, 1).astype(
        np.float32
    )
    light = np.where(elevation > 0, hillshade(elevation, 15.0), 1.0)
    rgb = colours(elevation, moisture, sea_depth=150) * light
    grain = 1 + 0.05 * plane_noise(generator, rows, columns, 0.6)
    picture = np.clip(rgb * grain, 0, 255)
    near = np.where(elevation > 0, 900 + 4200 * moisture * light, 120) * grain
    short = np.where(elevation > 0, 400 + 3200 * (1 - moisture) * light, 40) * grain
    reflectance = np.concatenate([picture * (2600 / 255), near[None], short[None]]).clip(1, 10000).astype(np.uint16)
    names = ("red", "green", "blue", "nir", "swir")
    bands = tuple(
        Field(name, np.dtype("uint16"), nil=(NilValue(0.0),), interpretation=name if name in COLOURS else "")
        for name in names
    )
    place: dict[str, Any] = {"crs": "EPSG:32633", "bounds": (300_000, 4_980_000, 330_720, 5_003_040)}
    place |= {"begin": f"{YEAR}-07-14T10:02:31Z", "facts": {"platform": "demo-1", "instruments": "camera"}}
    return [
        Sample("coast", "A coast in natural colours", picture.astype(np.uint8), _rgb(), **place),
        Sample("coast_reflectance", "The coast, five bands of 16 bits", reflectance, bands, shown=(0, 2600), **place),
    ]


def _storm() -> Sample:
    """Clouds over the Pacific, from 165 degrees east to 155 west."""
    generator = np.random.default_rng(3)
    rows, columns = 1024, 2048
    cloud = cyclone(generator, rows, columns)
    depth = 0.5 + 0.12 * plane_noise(generator, rows, columns, 3.0)
    sea = np.array([14, 44, 88], np.float32)[:, None, None] * (0.7 + depth)
    picture = sea + cloud * (np.array([250, 251, 252], np.float32)[:, None, None] - sea)
    return Sample(
        "storm",
        "A storm over the date line",
        np.clip(picture, 0, 255).astype(np.uint8),
        _rgb(),
        bounds=(165.0, -29.0, 205.0, -9.0),
        begin=f"{YEAR}-03-02T00:10:00Z",
    )
