# SPDX-License-Identifier: MIT

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("coverages", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Storage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="For people and commands.", max_length=100, null=True, unique=True
                    ),
                ),
                (
                    "url",
                    models.CharField(help_text="Root of all locations in it; never with a password.", max_length=2000),
                ),
                (
                    "storage_type",
                    models.CharField(help_text="Key of the storage plugin: local, http, ftp, s3, ...", max_length=50),
                ),
                (
                    "credentials",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Where to find the credentials; never the credentials.",
                        max_length=200,
                    ),
                ),
            ],
            options={
                "verbose_name": "storage",
            },
        ),
        migrations.CreateModel(
            name="Package",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("location", models.CharField(max_length=4000)),
                ("format", models.CharField(help_text="Key of the package plugin: ZIP, TAR, ...", max_length=50)),
                (
                    "package",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="backends.package",
                    ),
                ),
                (
                    "storage",
                    models.ForeignKey(
                        blank=True,
                        help_text="Comes first.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="backends.storage",
                    ),
                ),
            ],
            options={
                "verbose_name": "package",
            },
        ),
        migrations.CreateModel(
            name="DataItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("location", models.CharField(max_length=4000)),
                (
                    "format",
                    models.CharField(
                        blank=True, default="", help_text="MIME type, or a metadata format.", max_length=200
                    ),
                ),
                (
                    "semantic",
                    models.CharField(
                        help_text="metadata, bands, bands[i], bands[i:j], or another word.", max_length=100
                    ),
                ),
                (
                    "gdal_driver_name",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="GDAL's name of the format the data is stored in (RFC 17).",
                        max_length=50,
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="data_items", to="coverages.coverage"
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="backends.package",
                    ),
                ),
                (
                    "storage",
                    models.ForeignKey(
                        blank=True,
                        help_text="Comes first.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="backends.storage",
                    ),
                ),
            ],
            options={
                "verbose_name": "data item",
                "ordering": ["pk"],
            },
        ),
    ]
