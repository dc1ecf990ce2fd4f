# SPDX-License-Identifier: MIT
"""Objects of the catalogue for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from eoxserver.backends.models import DataItem
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.resources.coverages import models

__all__ = ["GREY", "GREY_JSON", "RGB", "box_footprint", "item", "rectified", "series", "small"]

GREY = RangeType((Field("grey", np.dtype("uint16"), nil=(NilValue(65535, reason="no data"),)),))
GREY_JSON = '[{"name":"grey","dtype":"uint16"}]'
RGB = RangeType(tuple(Field(name, np.dtype("uint8"), interpretation=name) for name in ("red", "green", "blue")))


def box_footprint(west: float, south: float, east: float, north: float) -> Any:
    """A box as a footprint."""
    return shapely.geometry.MultiPolygon([shapely.box(west, south, east, north)])


def rectified(
    identifier: str, box: tuple[float, float, float, float] | None = (0, 0, 90, 90), save: bool = True, **values: Any
) -> models.RectifiedDataset:
    """A dataset of 1024 x 1024 cells over a box in EPSG:4326."""
    west, south, east, north = box or (0, 0, 90, 90)
    given: dict[str, Any] = {
        "size_x": 1024,
        "size_y": 1024,
        "min_x": west,
        "min_y": south,
        "max_x": east,
        "max_y": north,
        "srid": 4326,
        "footprint": None if box is None else box_footprint(*box),
        "range_type": GREY,
    }
    dataset = models.RectifiedDataset(identifier=identifier, **{**given, **values})
    if save:
        dataset.full_clean()
        dataset.save()
    return dataset


def small(identifier: str, **values: Any) -> models.RectifiedDataset:
    """A dataset of 3 rows and 4 columns."""
    return rectified(identifier, (0, 0, 4, 3), **{"size_x": 4, "size_y": 3, **values})


def series(identifier: str, *members: models.EOObject) -> models.DatasetSeries:
    """A saved series with members."""
    found = models.DatasetSeries(identifier=identifier)
    found.full_clean()
    found.save()
    if members:
        found.insert(*members)
    return found


def item(dataset: models.Coverage, location: str, semantic: str = "bands", **values: Any) -> DataItem:
    """A saved data item."""
    found = DataItem(dataset=dataset, location=location, semantic=semantic, format="image/tiff", **values)
    found.full_clean()
    found.save()
    return found
