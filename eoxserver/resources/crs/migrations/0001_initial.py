# SPDX-License-Identifier: MIT

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from eoxserver.resources.coverages.versioning import drop_triggers, make_triggers

TABLE = "crs_crsdefinition"


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in make_triggers(schema_editor.connection.vendor, TABLE):
        schema_editor.execute(statement, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in drop_triggers(schema_editor.connection.vendor, TABLE):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("coverages", "0002_search_and_version")]

    operations = [
        migrations.CreateModel(
            name="CrsDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "authority",
                    models.CharField(default="USER", help_text="Capital letters, digits and _.", max_length=32),
                ),
                ("version", models.CharField(default="0", help_text="0, or numbers such as 1.2.", max_length=32)),
                ("code", models.CharField(help_text="Letters, digits and _ . -", max_length=64)),
                ("title", models.CharField(blank=True, default="", help_text="Name for people.", max_length=200)),
                (
                    "definition",
                    models.TextField(
                        help_text=(
                            "WKT, PROJJSON or PROJ text, or the name of a CRS or a compound; ${name} stands for a "
                            "parameter."
                        )
                    ),
                ),
                (
                    "parameters",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='Parameters with their defaults, as [["lon", null], ["lat", "0"]].',
                    ),
                ),
                ("remarks", models.TextField(blank=True, default="")),
            ],
            options={
                "verbose_name": "CRS definition",
                "ordering": ["authority", "code", "version"],
                "permissions": [("administer", "Can administer the services: CRSs, layers, styles, scale levels")],
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "version", "code"), name="crs_crsdefinition_name")
                ],
            },
        ),
        migrations.RunPython(make, drop),
    ]
