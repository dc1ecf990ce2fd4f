# SPDX-License-Identifier: MIT
"""The footprint column takes geometries in every form and keeps them exactly."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, models, transaction
from shapely.geometry import MultiPolygon, Polygon, box

from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages.columns.footprint import FootprintField
from eoxserver.resources.coverages.models import EOObject

TRIANGLE = Polygon([(0.1, 0.2), (1 / 3, 50.123456789012345), (-70, 5)])


@pytest.mark.parametrize("value", [TRIANGLE, TRIANGLE.wkt, TRIANGLE.wkb, MultiPolygon([TRIANGLE]), None])
def test_assigned_values_are_multi_polygons_at_once(value: Any) -> None:
    one = EOObject(identifier="a", footprint=value)
    if value is None:
        assert one.footprint is None
    else:
        assert isinstance(one.footprint, MultiPolygon) and one.footprint.equals(TRIANGLE)


def test_coordinates_are_kept_exactly(database: Settings) -> None:
    footprint = MultiPolygon([TRIANGLE, box(100, 10, 110, 20).difference(box(102, 12, 104, 14))])
    EOObject.objects.create(identifier="a", footprint=footprint)
    found = EOObject.objects.get()
    assert found.footprint == footprint
    assert (found.west, found.south, found.east, found.north) == footprint.bounds
    assert EOObject.objects.filter(footprint=footprint).exists()
    assert EOObject.objects.values_list("footprint", flat=True).get() == footprint


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (shapely.Point(0, 0), "this is a Point"),
        ("nowhere", "not a geometry"),
        (box(0, 0, 10, 95), "latitudes"),
        (Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), "not a valid footprint: Self-intersection"),
    ],
)
def test_what_is_no_footprint_is_told_by_full_clean(database: Settings, value: Any, reason: str) -> None:
    one = EOObject(identifier="a", footprint=value)
    with pytest.raises(ValidationError, match=reason) as told:
        one.full_clean()
    assert "footprint" in told.value.message_dict
    if "valid" not in reason:
        with pytest.raises(ValidationError, match=reason):
            one.save()
        with pytest.raises((ValidationError, ValueError), match=reason):
            EOObject.objects.update(footprint=value)


def test_expressions_are_refused(database: Settings) -> None:
    with pytest.raises(FieldError, match="not an expression"):
        EOObject.objects.update(footprint=models.F("title"))


def test_database_refuses_a_footprint_without_its_box(database: Settings) -> None:
    one = EOObject.objects.create(identifier="a", footprint=TRIANGLE)
    with pytest.raises(IntegrityError), transaction.atomic():
        EOObject.objects.filter(pk=one.pk).update(west=None)


def test_fixtures_keep_footprints(database: Settings) -> None:
    one = EOObject.objects.create(identifier="a", footprint=TRIANGLE)
    text = serializers.serialize("json", [one])
    one.delete()
    for loaded in serializers.deserialize("json", text):
        loaded.save()
    assert EOObject.objects.search((0, 0, 1, 1)).get().footprint == MultiPolygon([TRIANGLE])


def test_form_shows_wkt_that_it_understands() -> None:
    model_field = EOObject._meta.get_field("footprint")
    assert isinstance(model_field, FootprintField)
    form = model_field.formfield()
    footprint = MultiPolygon([TRIANGLE])
    assert model_field.clean(form.clean(form.prepare_value(footprint)), None) == footprint
    assert form.clean("") is None
    assert model_field.deconstruct()[1] == "eoxserver.resources.coverages.columns.footprint.FootprintField"
