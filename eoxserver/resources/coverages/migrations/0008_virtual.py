# SPDX-License-Identifier: MIT
"""Coverages that are read out of others."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from eoxserver.resources.coverages.versioning import drop_triggers, make_triggers

TABLE = "coverages_virtualsource"


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in make_triggers(schema_editor.connection.vendor, TABLE):
        schema_editor.execute(statement, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in drop_triggers(schema_editor.connection.vendor, TABLE):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("coverages", "0007_announcements"),
    ]

    operations = [
        migrations.CreateModel(
            name="VirtualSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "position",
                    models.PositiveIntegerField(help_text="Cells of greater ones lie over those of others."),
                ),
                (
                    "coverage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="virtual_sources",
                        to="coverages.coverage",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="virtual_uses",
                        to="coverages.coverage",
                    ),
                ),
            ],
            options={
                "verbose_name": "source of a virtual coverage",
                "verbose_name_plural": "sources of virtual coverages",
            },
        ),
        migrations.AddConstraint(
            model_name="virtualsource",
            constraint=models.UniqueConstraint(fields=("coverage", "source"), name="coverages_virtual_once"),
        ),
        migrations.RunPython(make, drop),
    ]
