# SPDX-License-Identifier: MIT
"""What capabilities say beside what is served: INSPIRE marks of coverages, and texts on the service."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from eoxserver.resources.coverages.versioning import drop_triggers, make_triggers

TABLES = ("coverages_inspiremark", "coverages_servicetext")


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for table in TABLES:
        for statement in make_triggers(schema_editor.connection.vendor, table):
            schema_editor.execute(statement, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for table in TABLES:
        for statement in drop_triggers(schema_editor.connection.vendor, table):
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("coverages", "0006_pyramid_states"),
    ]

    operations = [
        migrations.CreateModel(
            name="InspireMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metadata_url", models.TextField(help_text="URL of its metadata record.")),
                (
                    "coverage",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inspire_mark",
                        to="coverages.coverage",
                    ),
                ),
            ],
            options={"verbose_name": "INSPIRE mark"},
        ),
        migrations.CreateModel(
            name="ServiceText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Setting of [services.ows], as electronic_mail_address.", max_length=100, unique=True
                    ),
                ),
                ("value", models.TextField(blank=True)),
            ],
            options={"verbose_name": "text on the service", "verbose_name_plural": "texts on the service"},
        ),
        migrations.RunPython(make, drop),
    ]
