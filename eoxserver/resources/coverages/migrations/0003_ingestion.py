# SPDX-License-Identifier: MIT
"""Metadata of fields, axes and parts of coverages; cubes that no coverage names."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from eoxserver.resources.coverages.versioning import drop_triggers, make_triggers

TABLES = ("coverages_metadatapart", "coverages_metadatabound", "coverages_pendingcube")


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
        ("backends", "0001_initial"),
        ("coverages", "0002_search_and_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="coverage",
            name="details",
            field=models.JSONField(
                blank=True,
                help_text="Metadata of fields and axes, by name, and a document; see parts for slices.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="MetadataPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, help_text="The same for the same bounds.", max_length=64)),
                ("values", models.JSONField(help_text="Names and values.")),
                (
                    "since",
                    models.PositiveBigIntegerField(default=0, help_text="First version of the coverage it belongs to."),
                ),
                (
                    "until",
                    models.PositiveBigIntegerField(blank=True, help_text="Last one; empty: the latest.", null=True),
                ),
                (
                    "coverage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="coverages.coverage"
                    ),
                ),
            ],
            options={
                "verbose_name": "metadata of a part",
                "verbose_name_plural": "metadata of parts",
            },
        ),
        migrations.CreateModel(
            name="MetadataBound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=100)),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bounds", to="coverages.metadatapart"
                    ),
                ),
            ],
            options={
                "verbose_name": "bound of a part",
                "verbose_name_plural": "bounds of parts",
            },
        ),
        migrations.CreateModel(
            name="PendingCube",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300)),
                (
                    "doomed",
                    models.BooleanField(
                        default=False, help_text="Whether its coverage was deleted; else it is being made."
                    ),
                ),
                ("since", models.DateTimeField(auto_now_add=True)),
                (
                    "storage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pending_cubes", to="backends.storage"
                    ),
                ),
            ],
            options={
                "verbose_name": "pending cube",
            },
        ),
        migrations.AddIndex(
            model_name="metadatapart",
            index=models.Index(fields=["coverage", "key"], name="coverages_part_key"),
        ),
        migrations.AddConstraint(
            model_name="metadatabound",
            constraint=models.UniqueConstraint(fields=("part", "label"), name="coverages_bound_once"),
        ),
        migrations.AddConstraint(
            model_name="pendingcube",
            constraint=models.UniqueConstraint(fields=("storage", "name"), name="coverages_pending_once"),
        ),
        migrations.RunPython(make, drop),
    ]
