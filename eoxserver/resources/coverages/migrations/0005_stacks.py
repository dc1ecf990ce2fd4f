# SPDX-License-Identifier: MIT
"""Stacks: coverages over many files, and where the cells of each file belong."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import eoxserver.resources.coverages.columns.arrays
from eoxserver.resources.coverages.versioning import drop_triggers, make_triggers

TABLES = ("coverages_stack", "coverages_stackslice")


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
        ("coverages", "0004_pyramids"),
    ]

    operations = [
        migrations.CreateModel(
            name="Stack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "anchors",
                    models.JSONField(
                        help_text="Coordinate of grid index 0 on each axis, in grid order; null: irregular."
                    ),
                ),
                (
                    "chunks",
                    models.JSONField(help_text="Cells along each axis that are cheapest to read at a time."),
                ),
                ("revision", models.PositiveBigIntegerField(default=1, help_text="Grows with each change.")),
                (
                    "coverage",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stack", to="coverages.coverage"
                    ),
                ),
            ],
            options={
                "verbose_name": "stack",
            },
        ),
        migrations.CreateModel(
            name="StackSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        editable=False, help_text="The same for the same place and fields.", max_length=64
                    ),
                ),
                (
                    "place",
                    models.JSONField(
                        help_text="First grid index and number of cells on each axis; coefficients if irregular."
                    ),
                ),
                (
                    "positions",
                    eoxserver.resources.coverages.columns.arrays.CoefficientsField(
                        blank=True,
                        help_text="Those on irregular axes with several, one axis after the other.",
                        null=True,
                    ),
                ),
                (
                    "reading",
                    models.JSONField(help_text="Fields, bands or variables, axes of its dimensions, nil values."),
                ),
                (
                    "revision",
                    models.PositiveBigIntegerField(help_text="That of the stack since which it is so."),
                ),
                (
                    "coverage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slices", to="coverages.coverage"
                    ),
                ),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slice", to="backends.dataitem"
                    ),
                ),
            ],
            options={
                "verbose_name": "slice of a stack",
                "verbose_name_plural": "slices of stacks",
            },
        ),
        migrations.AddIndex(
            model_name="stackslice",
            index=models.Index(fields=["coverage", "revision"], name="coverages_slice_revision"),
        ),
        migrations.AddConstraint(
            model_name="stackslice",
            constraint=models.UniqueConstraint(fields=("coverage", "key"), name="coverages_slice_once"),
        ),
        migrations.RunPython(make, drop),
    ]
