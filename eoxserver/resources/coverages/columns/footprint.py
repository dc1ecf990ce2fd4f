# SPDX-License-Identifier: MIT
"""The footprint of an object: a multi-polygon kept as WKB, and the box around it in four columns beside it.

WKB: OGC 06-103r4 clause 8. The boxes feed the spatial index (``search``); they follow the footprint wherever it is
written: by ``save()``, ``bulk_create()``, ``bulk_update()`` and ``QuerySet.update()`` (``models.eo_objects``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from django.core.exceptions import ValidationError
from django.db import models
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon

from eoxserver.resources.coverages.columns.values import ValueField
from eoxserver.resources.coverages.geometries import multi_polygon, surrounding_box
from eoxserver.resources.coverages.search.lookups import LOOKUPS

__all__ = ["SIDES", "BoundField", "FootprintField", "box_columns"]

if TYPE_CHECKING:
    FloatColumn = models.FloatField[Any, float | None]
else:
    # Django's fields take type parameters for the type checker only.
    FloatColumn = models.FloatField

SIDES = ("west", "south", "east", "north")


class FootprintField(ValueField["MultiPolygon | None"]):
    """A shapely MultiPolygon in EPSG:4326, or None.

    Accepts whatever ``geometries.geometry`` understands. Lookups: ``intersects``, ``within``, ``contains``,
    ``disjoint`` and ``bbox``, each by the index.
    """

    description = "Footprint"

    def get_internal_type(self) -> str:
        """WKB is bytes."""
        return "BinaryField"

    def decode(self, stored: Any) -> MultiPolygon:
        """The geometry of WKB; raises ValueError."""
        try:
            return shapely.from_wkb(bytes(stored))
        except ShapelyError as error:
            raise ValueError(f"a footprint in the catalogue is no WKB: {error}") from error

    def convert(self, given: object) -> MultiPolygon:
        """The multi-polygon of any geometry."""
        return given if isinstance(given, MultiPolygon) and _is_plain(given) else multi_polygon(given)

    def encode(self, value: MultiPolygon | None) -> bytes:
        """Little-endian WKB."""
        return bytes(shapely.to_wkb(value, byte_order=1))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The bytes as the database adapter wants them."""
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.Database.Binary(value) if isinstance(value, bytes) else value

    def text(self, value: MultiPolygon | None) -> str:
        """WKT with every digit."""
        return str(shapely.to_wkt(value, rounding_precision=-1))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Refuse polygons that cross themselves; searches among them would answer anything."""
        super().validate(value, model_instance)
        if value is not None and not value.is_valid:
            reason = shapely.is_valid_reason(value)
            raise ValidationError(f"not a valid footprint: {reason}; shapely.make_valid() mends it", code="invalid")


class BoundField(FloatColumn):
    """One side of the box around a footprint, computed whenever the object is written.

    Parameters
    ----------
    side : str
        ``west``, ``south``, ``east`` or ``north``; the east side lies beyond 180 when the box crosses the date line.
    """

    description = "Side of the box around the footprint"

    def __init__(self, side: str, **kwargs: Any) -> None:
        self.side = side
        super().__init__(**{"null": True, "editable": False, **kwargs})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """For migrations."""
        name, path, args, kwargs = super().deconstruct()
        return str(name), path, [self.side, *args], kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> float | None:
        """The side of the footprint that is about to be written."""
        if "footprint" not in model_instance.get_deferred_fields():
            try:
                columns = box_columns(getattr(model_instance, "footprint", None))
            except ValueError as error:
                raise ValidationError({"footprint": str(error)}) from error
            setattr(model_instance, self.attname, columns[self.side])
        value: float | None = getattr(model_instance, self.attname)
        return value


def box_columns(footprint: object) -> dict[str, float | None]:
    """The values of the four columns beside a footprint; raises ValueError when it is none.

    >>> box_columns(None)["west"] is None
    True
    """
    if footprint is None:
        return dict.fromkeys(SIDES)
    return dict(zip(SIDES, surrounding_box(multi_polygon(footprint)), strict=True))


def _is_plain(footprint: MultiPolygon) -> bool:
    """Whether a multi-polygon can be taken as it is."""
    if footprint.is_empty or footprint.has_z or shapely.get_srid(footprint) not in (0, 4326):
        return False
    west, south, east, north = footprint.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


for _lookup in LOOKUPS:
    FootprintField.register_lookup(_lookup)
