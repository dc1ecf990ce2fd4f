# SPDX-License-Identifier: MIT
"""Mosaics hold datasets of one grid in painting order."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from eoxserver.conf.schema import Settings
from eoxserver.core.rasters import raster_domain
from eoxserver.resources.coverages import models
from tests.resources.coverages.samples import GREY, RGB, rectified


def mosaic() -> models.RectifiedStitchedMosaic:
    """A mosaic of 40 x 20 cells of half a degree."""
    found = models.RectifiedStitchedMosaic(
        identifier="m", size_x=40, size_y=20, min_x=0, min_y=0, max_x=20, max_y=10, srid=4326, range_type=GREY
    )
    found.full_clean()
    found.save()
    return found


def tile(identifier: str, west: float, south: float, **values: Any) -> models.RectifiedDataset:
    """A dataset of 10 x 10 cells of half a degree."""
    return rectified(identifier, (west, south, west + 5, south + 5), **{"size_x": 10, "size_y": 10, **values})


def order(one: models.RectifiedStitchedMosaic) -> list[str]:
    return [member.identifier for member in one]


def test_members_stay_in_painting_order(database: Settings) -> None:
    one = mosaic()
    a, b, c = tile("a", 0, 0), tile("b", 2.5, 0), tile("c", -2.5, 8)
    one.insert(b, a)
    one.insert(c)
    assert order(one) == ["b", "a", "c"]
    one.insert(b)
    assert order(one) == ["a", "c", "b"]
    one.remove(c)
    assert order(one) == ["a", "b"]
    assert one.domain == raster_domain(a.domain.horizontal_crs, (0, 0, 20, 10), 40, 20)  # type: ignore[arg-type]  # it is not None
    assert models.Coverage.objects.get(identifier="m").cast() == one
    assert list(a.mosaics.all()) == [one]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"size_x": 11}, "cells of"),
        ({"west": 0.1}, "0.200 of a cell beside"),
        ({"srid": 3857}, "are not"),
        ({"north_up": False}, "cells of"),
        ({"range_type": RGB}, "other fields"),
    ],
)
def test_what_does_not_fit_is_refused(database: Settings, values: dict[str, Any], reason: str) -> None:
    one = mosaic()
    good, bad = tile("good", 0, 0), tile("bad", **{"west": 0, "south": 0, **values})
    with pytest.raises(ValidationError, match=reason):
        one.insert(good, bad)
    assert order(one) == []
