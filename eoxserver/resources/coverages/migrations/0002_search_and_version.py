# SPDX-License-Identifier: MIT
"""The search index, and the triggers that count writes; both in SQL that Django has no words for."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from eoxserver.resources.coverages.search.index import drop_index, make_index
from eoxserver.resources.coverages.versioning import drop_triggers, drop_version, make_triggers, make_version

TABLES = (
    "backends_storage",
    "backends_package",
    "backends_dataitem",
    "coverages_eoobject",
    "coverages_coverage",
    "coverages_axis",
    "coverages_rectifieddataset",
    "coverages_referenceabledataset",
    "coverages_rectifiedstitchedmosaic",
    "coverages_mosaicmember",
    "coverages_collection",
    "coverages_datasetseries",
    "coverages_membership",
)
"""Whatever changes here changes what is served."""


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    vendor = schema_editor.connection.vendor
    _execute(schema_editor, make_index(vendor))
    _execute(schema_editor, make_version(vendor))
    for table in TABLES:
        _execute(schema_editor, make_triggers(vendor, table))


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    vendor = schema_editor.connection.vendor
    for table in TABLES:
        _execute(schema_editor, drop_triggers(vendor, table))
    _execute(schema_editor, drop_version(vendor))
    _execute(schema_editor, drop_index(vendor))


def _execute(schema_editor: BaseDatabaseSchemaEditor, statements: Iterable[str]) -> None:
    for statement in statements:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("coverages", "0001_initial"), ("backends", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
