# SPDX-License-Identifier: MIT
"""The migrations make exactly the tables that the models describe."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from eoxserver.app.django_setup import pending_migrations
from eoxserver.conf.schema import Settings


def test_no_migration_is_missing(database: Settings) -> None:
    output = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=output)
    except SystemExit:
        pytest.fail(output.getvalue())


def test_a_new_catalogue_is_up_to_date(database: Settings) -> None:
    assert pending_migrations() == ()


def test_django_finds_nothing_wrong(database: Settings) -> None:
    call_command("check", "--fail-level", "WARNING", "coverages", "backends", stdout=StringIO())
