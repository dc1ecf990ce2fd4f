# SPDX-License-Identifier: MIT
"""Which versions the members of pyramids were made of."""

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
        ("coverages", "0005_stacks"),
    ]

    operations = [
        # SQLite makes the table anew, without triggers.
        migrations.RunPython(drop, make),
        migrations.AddField(
            model_name="pyramidmember",
            name="base_state",
            field=models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="Version of the base that the member was made of; empty: whatever the base is.",
            ),
        ),
        migrations.RunPython(make, drop),
    ]
