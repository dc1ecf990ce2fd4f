# SPDX-License-Identifier: MIT
"""The planet of the demo."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.cli.planet import COVER_COLOURS, COVER_NAMES, Planet, cyclone, plane_noise


@pytest.fixture(scope="module")
def planet() -> Planet:
    return Planet.make(64)


def test_the_same_seed_makes_the_same_planet(planet: Planet) -> None:
    again = Planet.make(64)
    assert np.array_equal(again.picture(), planet.picture())
    assert not np.array_equal(Planet.make(64, seed=8).elevation, planet.elevation)


def test_there_is_land_and_sea(planet: Planet) -> None:
    assert planet.elevation.shape == (64, 128)
    assert 0.3 < planet.land.mean() < 0.45
    assert planet.elevation.max() == pytest.approx(6800, rel=1e-4)
    assert planet.elevation.min() < -5000


def test_the_map_has_no_seam(planet: Planet) -> None:
    steps = np.abs(np.diff(planet.elevation, axis=1)).mean(axis=0)
    seam = np.abs(planet.elevation[:, 0] - planet.elevation[:, -1]).mean()
    assert seam < 3 * steps.max()


def test_poles_are_cold_and_seasons_turn(planet: Planet) -> None:
    assert planet.temperature[0].mean() < -10 < 20 < planet.temperature[32].mean()
    july, january = planet.season(7), planet.season(1)
    assert july[10].mean() > 0 > january[10].mean()
    assert july[-10].mean() < 0 < january[-10].mean()
    assert np.allclose(july, -january, atol=1e-4)


def test_every_cover_has_a_name_and_a_colour(planet: Planet) -> None:
    assert len(COVER_NAMES) == len(COVER_COLOURS)
    found = set(np.unique(planet.cover()).tolist())
    assert found <= set(range(1, len(COVER_NAMES))) and len(found) >= 6


def test_vegetation_stays_in_its_range(planet: Planet) -> None:
    for month in (1, 7):
        index = planet.vegetation(month)
        assert index.min() >= np.float32(-0.1) and index.max() <= np.float32(0.9)


def test_noise_and_clouds() -> None:
    noise = plane_noise(np.random.default_rng(1), 64, 96, 3.0)
    assert noise.shape == (64, 96)
    assert float(noise.mean()) == pytest.approx(0, abs=1e-4)
    assert float(noise.std()) == pytest.approx(1, abs=1e-4)
    cloud = cyclone(np.random.default_rng(1), 65, 97)
    assert cloud.min() >= 0 and cloud.max() == 1
    assert cloud[32, 48] < 0.5, "the eye of the storm is clear"
