# SPDX-License-Identifier: MIT

import django.db.models.deletion
from django.db import migrations, models

import eoxserver.resources.coverages.columns.arrays
import eoxserver.resources.coverages.columns.footprint
import eoxserver.resources.coverages.columns.range_types
import eoxserver.resources.coverages.models.eo_objects


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Axis",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("grid_position", models.PositiveSmallIntegerField(help_text="Place in the array, 0 varies slowest.")),
                (
                    "crs_position",
                    models.PositiveSmallIntegerField(help_text="Place in the CRS of the coverage, from 0."),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("regular", "Regular"), ("irregular", "Irregular"), ("index", "Index")], max_length=9
                    ),
                ),
                ("label", models.CharField(max_length=100)),
                (
                    "crs",
                    models.TextField(blank=True, default="", help_text="URI or WKT of the single CRS it belongs to."),
                ),
                ("unit", models.CharField(blank=True, default="", max_length=50)),
                (
                    "role",
                    models.CharField(
                        choices=[("x", "X"), ("y", "Y"), ("z", "Z"), ("t", "T"), ("other", "Other")],
                        default="other",
                        max_length=5,
                    ),
                ),
                (
                    "origin",
                    models.FloatField(
                        blank=True, help_text="Centre of cell 0; first index of an index axis.", null=True
                    ),
                ),
                ("step", models.FloatField(blank=True, help_text="Signed spacing of a regular axis.", null=True)),
                ("size", models.PositiveBigIntegerField(help_text="Number of cells.")),
                (
                    "coefficients",
                    eoxserver.resources.coverages.columns.arrays.CoefficientsField(
                        blank=True, help_text="Coordinates of an irregular axis.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "axes",
            },
        ),
        migrations.CreateModel(
            name="CatalogueVersion",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "catalogue version",
            },
        ),
        migrations.CreateModel(
            name="EOObject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "identifier",
                    models.CharField(
                        error_messages={"unique": "there is already an object with this identifier"},
                        help_text="NCName, unique among coverages and collections.",
                        max_length=256,
                        unique=True,
                        validators=[eoxserver.resources.coverages.models.eo_objects.validate_identifier],
                    ),
                ),
                (
                    "real_type",
                    eoxserver.resources.coverages.models.eo_objects.RealTypeField(
                        db_index=True, editable=False, max_length=100
                    ),
                ),
                ("title", models.CharField(blank=True, default="", max_length=1000)),
                ("abstract", models.TextField(blank=True, default="")),
                (
                    "visible",
                    models.BooleanField(
                        default=True, help_text="Whether it is listed in capabilities; it is served anyway."
                    ),
                ),
                ("begin_time", models.DateTimeField(blank=True, db_index=True, null=True)),
                ("end_time", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "footprint",
                    eoxserver.resources.coverages.columns.footprint.FootprintField(
                        blank=True, help_text="In EPSG:4326, longitude first.", null=True
                    ),
                ),
                ("west", eoxserver.resources.coverages.columns.footprint.BoundField("west", editable=False, null=True)),
                (
                    "south",
                    eoxserver.resources.coverages.columns.footprint.BoundField("south", editable=False, null=True),
                ),
                ("east", eoxserver.resources.coverages.columns.footprint.BoundField("east", editable=False, null=True)),
                (
                    "north",
                    eoxserver.resources.coverages.columns.footprint.BoundField("north", editable=False, null=True),
                ),
                ("metadata", models.JSONField(blank=True, default=dict, help_text="Names and texts.")),
            ],
            options={
                "verbose_name": "EO object",
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="MosaicMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(help_text="Greater ones lie on top.")),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "eoobject_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="coverages.eoobject",
                    ),
                ),
            ],
            options={
                "verbose_name": "collection",
            },
            bases=("coverages.eoobject",),
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                (
                    "eoobject_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="coverages.eoobject",
                    ),
                ),
                (
                    "range_type",
                    eoxserver.resources.coverages.columns.range_types.RangeTypeField(
                        help_text="Fields with data types, units and nil values, as JSON."
                    ),
                ),
                ("srid", models.PositiveIntegerField(blank=True, help_text="EPSG code of the CRS.", null=True)),
                (
                    "projection",
                    models.TextField(blank=True, default="", help_text="Definition of a CRS without EPSG code."),
                ),
                (
                    "native_format",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="MIME type; empty: what follows from the stored data.",
                        max_length=200,
                    ),
                ),
            ],
            options={
                "verbose_name": "coverage",
            },
            bases=("coverages.eoobject",),
        ),
        migrations.AddConstraint(
            model_name="eoobject",
            constraint=eoxserver.resources.coverages.models.eo_objects.StoredConstraint(
                condition=models.Q(
                    ("begin_time__lte", models.F("end_time")),
                    ("begin_time__isnull", True),
                    ("end_time__isnull", True),
                    _connector="OR",
                ),
                name="coverages_time_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="eoobject",
            constraint=eoxserver.resources.coverages.models.eo_objects.StoredConstraint(
                condition=models.Q(
                    models.Q(("footprint__isnull", True), ("west__isnull", True)),
                    models.Q(
                        ("east__isnull", False),
                        ("footprint__isnull", False),
                        ("north__isnull", False),
                        ("south__isnull", False),
                        ("west__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="coverages_footprint_box",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="eo_object",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="coverages.eoobject"
            ),
        ),
        migrations.CreateModel(
            name="DatasetSeries",
            fields=[
                (
                    "collection_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="coverages.collection",
                    ),
                ),
            ],
            options={
                "verbose_name": "dataset series",
                "verbose_name_plural": "dataset series",
            },
            bases=("coverages.collection",),
        ),
        migrations.AddField(
            model_name="membership",
            name="collection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="members", to="coverages.collection"
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="eo_objects",
            field=models.ManyToManyField(
                related_name="collections",
                through="coverages.Membership",
                through_fields=("collection", "eo_object"),
                to="coverages.eoobject",
            ),
        ),
        migrations.CreateModel(
            name="RectifiedDataset",
            fields=[
                (
                    "coverage_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="coverages.coverage",
                    ),
                ),
                ("size_x", models.PositiveIntegerField()),
                ("size_y", models.PositiveIntegerField()),
                ("min_x", models.FloatField()),
                ("min_y", models.FloatField()),
                ("max_x", models.FloatField()),
                ("max_y", models.FloatField()),
                (
                    "north_up",
                    models.BooleanField(
                        default=True, help_text="Whether the first row is the one with the greatest y."
                    ),
                ),
            ],
            options={
                "verbose_name": "rectified dataset",
            },
            bases=("coverages.coverage", models.Model),
        ),
        migrations.CreateModel(
            name="RectifiedStitchedMosaic",
            fields=[
                (
                    "coverage_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="coverages.coverage",
                    ),
                ),
                ("size_x", models.PositiveIntegerField()),
                ("size_y", models.PositiveIntegerField()),
                ("min_x", models.FloatField()),
                ("min_y", models.FloatField()),
                ("max_x", models.FloatField()),
                ("max_y", models.FloatField()),
                (
                    "north_up",
                    models.BooleanField(
                        default=True, help_text="Whether the first row is the one with the greatest y."
                    ),
                ),
            ],
            options={
                "verbose_name": "rectified stitched mosaic",
            },
            bases=("coverages.coverage", models.Model),
        ),
        migrations.CreateModel(
            name="ReferenceableDataset",
            fields=[
                (
                    "coverage_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="coverages.coverage",
                    ),
                ),
                ("size_x", models.PositiveIntegerField()),
                ("size_y", models.PositiveIntegerField()),
                ("tie_points", eoxserver.resources.coverages.columns.arrays.TiePointsField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "referenceable dataset",
            },
            bases=("coverages.coverage",),
        ),
        migrations.AddField(
            model_name="axis",
            name="coverage",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="axes", to="coverages.coverage"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("collection", "eo_object"), name="coverages_member_once"),
        ),
        migrations.AddField(
            model_name="mosaicmember",
            name="dataset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mosaic_memberships",
                to="coverages.rectifieddataset",
            ),
        ),
        migrations.AddField(
            model_name="rectifiedstitchedmosaic",
            name="members",
            field=models.ManyToManyField(
                related_name="mosaics", through="coverages.MosaicMember", to="coverages.rectifieddataset"
            ),
        ),
        migrations.AddField(
            model_name="mosaicmember",
            name="mosaic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships_of",
                to="coverages.rectifiedstitchedmosaic",
            ),
        ),
        migrations.AddConstraint(
            model_name="axis",
            constraint=models.UniqueConstraint(
                fields=("coverage", "grid_position"), name="coverages_axis_grid_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="axis",
            constraint=models.UniqueConstraint(fields=("coverage", "crs_position"), name="coverages_axis_crs_position"),
        ),
        migrations.AddConstraint(
            model_name="axis",
            constraint=models.UniqueConstraint(fields=("coverage", "label"), name="coverages_axis_label"),
        ),
        migrations.AddConstraint(
            model_name="mosaicmember",
            constraint=models.UniqueConstraint(fields=("mosaic", "dataset"), name="coverages_mosaic_once"),
        ),
        migrations.AddConstraint(
            model_name="mosaicmember",
            constraint=models.UniqueConstraint(fields=("mosaic", "position"), name="coverages_mosaic_place"),
        ),
    ]
