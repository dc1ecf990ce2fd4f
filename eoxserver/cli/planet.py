# SPDX-License-Identifier: MIT
"""A planet that does not exist, as arrays: relief, climate, colours, clouds. The same seed makes the same planet.

Noise is fractal: octaves of smoothed random lattices, in space for the globe, so that nothing shows where the map ends
or at the poles, and in the plane for close-ups.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "COVER_COLOURS", "COVER_NAMES", "VEGETATION_COLOURS", "Planet", "colours", "cyclone", "hillshade", "plane_noise",
    "sphere_noise",
]  # fmt: skip

Array: TypeAlias = npt.NDArray[np.float32]
Pixels: TypeAlias = npt.NDArray[np.uint8]

SEA_SHARE = 0.62
"""Part of the planet that lies under water."""
HIGHEST, DEEPEST = 6800.0, -7400.0
"""Metres above and below the sea."""

COVER_NAMES = ("no data", "water", "snow and ice", "bare", "grass", "shrub", "forest", "rain forest", "wetland")
COVER_COLOURS = (
    (0, 0, 0, 0), (52, 102, 160, 255), (240, 245, 250, 255), (205, 178, 128, 255), (178, 196, 98, 255),
    (146, 158, 84, 255), (64, 122, 60, 255), (22, 84, 44, 255), (104, 160, 150, 255),
)  # fmt: skip

LATTICE = 64
"""Nodes along each side of a random lattice."""
BAND = 32
"""Rows that are made at a time: what belongs to them fits into a processor's cache."""

_LAND = (
    (0.0, (196, 176, 128)), (0.25, (170, 165, 105)), (0.5, (106, 134, 70)), (0.75, (56, 102, 52)), (1.0, (28, 74, 42)),
)  # fmt: skip
"""Moisture -> colour of land."""
_LEAVES = (
    (0.0, (214, 196, 160)), (0.2, (206, 190, 130)), (0.4, (170, 182, 88)), (0.6, (98, 152, 58)), (0.8, (34, 110, 44)),
    (1.0, (6, 66, 32)),
)  # fmt: skip
"""Vegetation index -> colour."""
_SEA = ((0.0, (10, 28, 66)), (0.7, (18, 56, 104)), (0.93, (34, 96, 138)), (1.0, (92, 160, 172)))
"""Nearness to the surface -> colour of water."""


@dataclass(frozen=True)
class Planet:
    """The globe on a grid of latitude and longitude, first row in the north; every array has shape (rows, columns)."""

    latitude: Array
    """Of cell centres [degrees], shape (rows, 1)."""
    elevation: Array
    """Above the sea [m]."""
    moisture: Array
    """From 0, dry, to 1."""
    temperature: Array
    """Mean of the year at the surface [degrees Celsius]."""

    @classmethod
    def make(cls, rows: int, seed: int = 7) -> Planet:
        """A planet of ``rows`` times twice as many cells."""
        latitude, x, y, z = _sphere(rows)
        generator = np.random.default_rng(seed)
        relief = sphere_noise(generator, x, y, z, octaves=9, first=1.6)
        ridges = 1 - np.abs(sphere_noise(generator, x, y, z, octaves=7, first=2.5))
        height = relief + 0.35 * (ridges - 0.75) * np.clip(relief + 0.3, 0, None)
        above = height - np.quantile(height, SEA_SHARE)
        scale = np.where(above > 0, HIGHEST / above.max(), DEEPEST / above.min())
        elevation = (np.sign(above) * np.abs(above * scale / HIGHEST) ** 1.25 * HIGHEST).astype(np.float32)
        wet = sphere_noise(generator, x, y, z, octaves=6, first=3.0)
        belts = np.cos(np.radians(latitude * 6)) * 0.22 + 0.1 * np.cos(np.radians(latitude))
        moisture = np.clip(0.42 + 0.75 * wet + belts, 0, 1).astype(np.float32)
        warm = 29 - 0.0094 * np.abs(latitude) ** 1.95 - 0.0062 * np.clip(elevation, 0, None)
        return cls(latitude, elevation, moisture, (warm + 6 * wet).astype(np.float32))

    @property
    def land(self) -> npt.NDArray[np.bool_]:
        """Where there is no water."""
        return self.elevation > 0

    def season(self, month: float) -> Array:
        """Deviation of the temperature in a month from the mean of the year [kelvin]."""
        swing = np.where(self.land, 0.33, 0.12) * np.abs(self.latitude)
        summer = np.cos((month - 7) / 12 * 2 * np.pi) * np.sign(self.latitude)
        return np.asarray(swing * summer, np.float32)

    def vegetation(self, month: float) -> Array:
        """Normalised difference vegetation index in a month, from -0.1 to 0.9."""
        warm = np.clip((self.temperature + self.season(month)) / 22, 0, 1)
        low = 1 - np.clip(self.elevation / 5200, 0, 1)
        return np.asarray(np.clip(self.moisture * 1.15 * warm * low - 0.06, -0.1, 0.9), np.float32)

    def cover(self) -> Pixels:
        """Land cover: positions in ``COVER_NAMES``."""
        t, m = self.temperature, self.moisture
        kinds = [~self.land & (t > -9), t < -4, m < 0.2, (self.elevation < 60) & (m > 0.72), m < 0.38, m < 0.5, t > 21]
        return np.select(kinds, [1, 2, 3, 8, 5, 4, 7], default=6).astype(np.uint8)

    def picture(self) -> Pixels:
        """The planet from space, shape (3, rows, columns)."""
        rgb = colours(self.elevation, self.moisture, sea_depth=4200)
        frozen = np.clip((-self.temperature - 2) / 8, 0, 1) * np.where(self.land, 1.0, 0.85)
        rgb += frozen * (np.array([242, 246, 250], np.float32)[:, None, None] - rgb)
        cell = 111_000 * 180 / self.elevation.shape[0]
        rgb *= np.where(self.land, hillshade(self.elevation, cell / 26), 1.0)
        return np.clip(rgb, 0, 255).astype(np.uint8)


def sphere_noise(generator: np.random.Generator, x: Array, y: Array, z: Array, octaves: int, first: float) -> Array:
    """Fractal noise at points in space, about -1 to 1; the first octave has ``first`` waves in a radius."""
    lattices = [generator.standard_normal((LATTICE,) * 3).astype(np.float32) for _ in range(octaves)]
    total = np.empty(x.shape, np.float32)

    def fill(rows: slice) -> None:
        part = sum(
            0.5**octave * _interpolated(lattice, *(axis[rows] * (first * 2**octave) for axis in (x, y, z)))
            for octave, lattice in enumerate(lattices)
        )
        total[rows] = part

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, [slice(start, start + BAND) for start in range(0, len(total), BAND)]))
    return total


def plane_noise(generator: np.random.Generator, rows: int, columns: int, slope: float) -> Array:
    """Fractal noise on a plane, mean 0 and deviation 1; the power of waves falls with their frequency by ``slope``."""
    spectrum = np.fft.rfft2(generator.standard_normal((rows, columns)))
    across = np.fft.rfftfreq(columns)[None, :] * columns
    down = np.fft.fftfreq(rows)[:, None] * rows
    distance = np.hypot(across / columns, down / rows) * max(rows, columns)
    distance[0, 0] = 1
    field = np.fft.irfft2(spectrum * distance ** (-slope / 2), s=(rows, columns))
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def hillshade(elevation: Array, cell: float) -> Array:
    """Brightness of slopes lit from the north-west, about 0.6 to 1.3; ``cell`` is the size of a cell [m]."""
    down, across = np.gradient(elevation)
    light = (down - across) / cell
    return np.asarray(1 + 0.42 * light / np.sqrt(1 + light**2), np.float32)


def colours(elevation: Array, moisture: Array, sea_depth: float) -> Array:
    """Colours of land by moisture and height, and of water by depth, shape (3, rows, columns)."""
    land = _ramp(_LAND, moisture)
    rock = np.clip(elevation / HIGHEST * 1.6 - 0.25, 0, 1)
    land += rock * (np.array([148, 136, 124], np.float32)[:, None, None] - land)
    water = _ramp(_SEA, np.clip(1 + elevation / sea_depth, 0, 1))
    return np.where(elevation > 0, land, water)


def cyclone(generator: np.random.Generator, rows: int, columns: int) -> Array:
    """Cloud of a tropical storm in the middle of a picture, from 0 to 1."""
    v, u = np.mgrid[-1 : 1 : rows * 1j, -columns / rows : columns / rows : columns * 1j].astype(np.float32)
    radius, angle = np.hypot(u, v) + 1e-4, np.arctan2(v, u)
    arms = 0.5 + 0.5 * np.cos(2 * angle + 7.5 * np.log(radius + 0.06))
    rough = plane_noise(generator, rows, columns, 2.6)
    disc = np.exp(-((radius / 0.62) ** 2)) * (1 - np.exp(-((radius / 0.045) ** 4)))
    cloud = disc * (0.55 + 0.6 * arms) + 0.16 * rough * np.exp(-((radius / 1.1) ** 2)) + 0.07 * rough
    return np.asarray(np.clip(cloud * 1.15, 0, 1), np.float32)


def _sphere(rows: int) -> tuple[Array, Array, Array, Array]:
    """Latitudes of a global grid, and its points on the unit sphere."""
    latitude = np.asarray(90 - (np.arange(rows) + 0.5) * 180 / rows, np.float32)[:, None]
    longitude = np.asarray(-180 + (np.arange(2 * rows) + 0.5) * 180 / rows, np.float32)[None, :]
    ring = np.cos(np.radians(latitude))
    x, y = ring * np.cos(np.radians(longitude)), ring * np.sin(np.radians(longitude))
    return latitude, x, y, np.broadcast_to(np.sin(np.radians(latitude)), x.shape)


def _interpolated(lattice: Array, x: Array, y: Array, z: Array) -> Array:
    """Values between the nodes of a lattice that repeats, smooth at the nodes."""
    flat = lattice.ravel()
    (i, i1, u), (j, j1, v), (k, k1, w) = (_cell(axis) for axis in (x, y, z))
    i, i1, j, j1 = i * LATTICE**2, i1 * LATTICE**2, j * LATTICE, j1 * LATTICE
    near = _mixed(_mixed(flat[i + j + k], flat[i + j + k1], w), _mixed(flat[i + j1 + k], flat[i + j1 + k1], w), v)
    far = _mixed(_mixed(flat[i1 + j + k], flat[i1 + j + k1], w), _mixed(flat[i1 + j1 + k], flat[i1 + j1 + k1], w), v)
    return _mixed(near, far, u)


def _cell(values: Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array]:
    """The nodes before and after, and how far between them."""
    floor = np.floor(values)
    part = values - floor
    node = floor.astype(np.int32)
    return node % LATTICE, (node + 1) % LATTICE, part * part * (3 - 2 * part)


def _mixed(first: Array, second: Array, share: Array) -> Array:
    return first + (second - first) * share


def _ramp(stops: tuple[tuple[float, tuple[int, int, int]], ...], values: Array) -> Array:
    """Colours between stops, shape (3, *values.shape)."""
    places = [place for place, _ in stops]
    return np.stack([np.interp(values, places, [colour[i] for _, colour in stops]) for i in range(3)]).astype(
        np.float32
    )


def _table(stops: tuple[tuple[float, tuple[int, int, int]], ...]) -> tuple[tuple[int, int, int, int], ...]:
    """A colour table of 256 entries, the last one see-through."""
    shades = np.rint(_ramp(stops, np.linspace(0, 255 / 250, 255, dtype=np.float32))).astype(int).T.tolist()
    return (*((r, g, b, 255) for r, g, b in shades), (0, 0, 0, 0))


VEGETATION_COLOURS = _table(_LEAVES)
"""Colours of the vegetation index times 250; 255 is no land."""
