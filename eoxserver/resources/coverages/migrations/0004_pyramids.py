# SPDX-License-Identifier: MIT
"""Members of pyramids."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from eoxserver.resources.coverages.versioning import drop_triggers, make_triggers

TABLE = "coverages_pyramidmember"


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in make_triggers(schema_editor.connection.vendor, TABLE):
        schema_editor.execute(statement, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in drop_triggers(schema_editor.connection.vendor, TABLE):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("coverages", "0003_ingestion"),
    ]

    operations = [
        migrations.CreateModel(
            name="PyramidMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "factors",
                    models.JSONField(
                        help_text="Cells of the base per cell of the member along each axis, in CRS order."
                    ),
                ),
                (
                    "base",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pyramid_members",
                        to="coverages.coverage",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pyramid_bases",
                        to="coverages.coverage",
                    ),
                ),
            ],
            options={
                "verbose_name": "member of a pyramid",
                "verbose_name_plural": "members of pyramids",
            },
        ),
        migrations.AddConstraint(
            model_name="pyramidmember",
            constraint=models.UniqueConstraint(fields=("base", "member"), name="coverages_pyramid_once"),
        ),
        migrations.RunPython(make, drop),
    ]
