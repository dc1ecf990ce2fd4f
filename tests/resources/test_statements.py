# SPDX-License-Identifier: MIT
"""Queries that are written once: they answer what the database holds now, as Django's own do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction

from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.models import Coverage, EOObject
from eoxserver.resources.coverages.versioning import catalogue_version
from eoxserver.resources.statements import Statement, update_rows
from tests.resources.coverages.samples import GREY

pytestmark = pytest.mark.integration

NOON = datetime(2020, 2, 3, 12, 30, tzinfo=UTC)


def make(identifier: str, **given: Any) -> Coverage:
    """A coverage."""
    return Coverage.objects.create(identifier=identifier, range_type=GREY, **given)


def by_identifier() -> Statement:
    """Finds metadata and time of a coverage."""
    found = Coverage.objects.filter(identifier="\0").values_list("identifier", "metadata", "begin_time")
    return Statement.of(found, "\0")


def test_it_answers_what_django_answers(database: Settings) -> None:
    make("one", metadata={"a": "ä"}, begin_time=NOON)
    make("two")
    statement = by_identifier()
    for name in ("one", "two", "three", "o'ne", "%s"):
        wanted = Coverage.objects.filter(identifier=name).values_list("identifier", "metadata", "begin_time")
        assert [tuple(row) for row in statement.rows(name)] == list(wanted)
    assert [tuple(row) for row in statement.rows("one")] == [("one", {"a": "ä"}, NOON)]


def test_nothing_of_an_answer_is_kept(database: Settings) -> None:
    statement = by_identifier()
    assert statement.rows("one") == []
    row = make("one", metadata={"a": "b"})
    assert statement.rows("one")[0][1] == {"a": "b"}
    EOObject.objects.filter(pk=row.pk).update(metadata={"a": "c"})
    assert statement.rows("one")[0][1] == {"a": "c"}
    EOObject.objects.filter(pk=row.pk).delete()
    assert statement.rows("one") == []


def test_it_outlives_the_connection(database: Settings) -> None:
    make("one", begin_time=NOON)
    statement = by_identifier()
    connection.close()
    assert statement.rows("one")[0][2] == NOON


def test_a_sample_that_is_no_parameter(database: Settings) -> None:
    with pytest.raises(ValueError, match=r"samples \('other',\) are not all among"):
        Statement.of(Coverage.objects.filter(identifier="one").values_list("pk"), "other")


def test_rows_are_changed_as_django_changes_them(database: Settings) -> None:
    first, second = make("one"), make("two", begin_time=NOON)
    before = catalogue_version()
    assert update_rows(EOObject, {"id": first.pk}, {"end_time": NOON, "title": "it's 100 %", "metadata": {"a": 1}}) == 1
    assert catalogue_version() > before
    found = Coverage.objects.get(pk=first.pk)
    assert (found.end_time, found.title, found.metadata) == (NOON, "it's 100 %", {"a": 1})
    assert Coverage.objects.get(pk=second.pk).end_time is None
    assert update_rows(EOObject, {"id": first.pk}, {"end_time": None}) == 1
    assert Coverage.objects.get(pk=first.pk).end_time is None


def test_coefficients_are_written(database: Settings) -> None:
    row = models.Axis.objects.create(
        coverage=make("one"), grid_position=0, crs_position=0, kind="irregular", label="t", size=1, coefficients=[1.0]
    )
    assert update_rows(models.Axis, {"id": row.pk}, {"size": 2, "origin": None, "coefficients": np.array([1.0, 5.5])})
    found = models.Axis.objects.get(pk=row.pk)
    assert found.coefficients is not None
    assert (found.size, found.origin, found.coefficients.tolist()) == (2, None, [1.0, 5.5])


def test_all_conditions_count(database: Settings) -> None:
    row = make("one")
    assert update_rows(EOObject, {"id": row.pk, "identifier": "two"}, {"title": "new"}) == 0
    assert update_rows(EOObject, {"id": row.pk, "identifier": "one"}, {"title": "new"}) == 1
    assert Coverage.objects.get(pk=row.pk).title == "new"


def test_what_the_database_refuses(database: Settings) -> None:
    make("one")
    row = make("two")
    with pytest.raises(DatabaseError), transaction.atomic():
        update_rows(EOObject, {"id": row.pk}, {"identifier": "one"})
    assert Coverage.objects.get(pk=row.pk).identifier == "two"
