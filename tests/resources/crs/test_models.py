# SPDX-License-Identifier: MIT
"""Rows of definitions, as the admin site checks them."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from eoxserver.conf.schema import Settings
from eoxserver.core.crs import Definition, Parameter
from eoxserver.resources.crs.models import CrsDefinition

pytestmark = pytest.mark.integration


def test_a_row_is_a_definition(database: Settings) -> None:
    text = "+proj=tmerc +lon_0=${lon} +datum=WGS84 +type=crs"
    row = CrsDefinition(code="tm", definition=f" {text}\n", parameters=[["lon", "3"]])
    row.full_clean()
    row.save()
    found = CrsDefinition.objects.get()
    assert found.value == Definition("USER", "0", "tm", text, (Parameter("lon", "3"),))
    assert str(found) == "USER/0/tm"


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ({"authority": "EPSG"}, "authority"),
        ({"code": "a b"}, "code"),
        ({"version": "x"}, "version"),
        ({"definition": "nonsense"}, "definition"),
        ({"definition": "EPSG:${n}"}, "definition"),
        ({"parameters": {"lon": "3"}}, "parameters"),
        ({"parameters": "lon"}, "parameters"),
        ({"parameters": [["lon", 3]]}, "parameters"),
        ({"parameters": [["lon"]]}, "parameters"),
    ],
)
def test_wrong_rows_are_refused(database: Settings, columns: dict[str, Any], key: str) -> None:
    row = CrsDefinition(**({"code": "c", "definition": "EPSG:4326"} | columns))
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert list(refused.value.message_dict) == [key]


def test_django_finds_nothing_wrong(database: Settings) -> None:
    call_command("check", "--fail-level", "WARNING", "crs", stdout=StringIO())
