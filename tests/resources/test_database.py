# SPDX-License-Identifier: MIT
from __future__ import annotations

import sqlite3

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection

from eoxserver.conf.schema import Settings
from eoxserver.core.errors import CatalogueUnavailable
from eoxserver.resources.coverages.announcements import Announcements
from eoxserver.resources.database import reading, unavailable

HINT = r"the catalogue cannot be read: it lacks tables or columns .* 'eoxserver manage migrate'"


def test_an_instance_of_an_older_release_is_told_what_to_do(database: Settings) -> None:
    call_command("migrate", "coverages", "0006", verbosity=0)
    with pytest.raises(CatalogueUnavailable, match=HINT):
        Announcements().service_texts()
    call_command("migrate", verbosity=0)
    assert Announcements().service_texts() == {}


def test_a_column_that_is_missing(database: Settings) -> None:
    with pytest.raises(CatalogueUnavailable, match=HINT), reading(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing_like_it FROM coverages_eoobject")


@pytest.mark.parametrize("cause", [None, sqlite3.OperationalError("disk I/O error"), ValueError("no such table")])
def test_other_errors_are_in_the_log(cause: Exception | None) -> None:
    error = OperationalError("cannot")
    error.__cause__ = cause
    assert unavailable("written", error).message == (
        "the catalogue cannot be written; the log of the server has the details"
    )
    with pytest.raises(CatalogueUnavailable, match=r"cannot be read; the log .* details") as caught, reading():
        raise DatabaseError from cause
    assert isinstance(caught.value.__cause__, DatabaseError)
