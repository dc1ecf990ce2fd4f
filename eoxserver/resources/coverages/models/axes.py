# SPDX-License-Identifier: MIT
"""Axes of coverages as rows: all axes of a general coverage, or those a raster has beside x and y."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models

from eoxserver.core import axes as core
from eoxserver.core.errors import CrsUnknown
from eoxserver.resources.coverages.columns.arrays import CoefficientsField
from eoxserver.resources.coverages.domains import AxisColumns, crs_text

__all__ = ["Axis", "AxisManager"]


class AxisManager(models.Manager["Axis"]):
    """Leaves coefficients in the database until somebody asks: an axis of time may have a million."""

    def get_queryset(self) -> models.QuerySet[Axis]:
        """All axes without coefficients, in grid order."""
        return super().get_queryset().defer("coefficients").order_by("coverage_id", "grid_position")


class Axis(models.Model):
    """One axis of a coverage (OGC 09-146r8, CIS 1.1, clause 6.2)."""

    class Kind(models.TextChoices):
        """What coordinates its cells have."""

        REGULAR = "regular"
        IRREGULAR = "irregular"
        INDEX = "index"

    class Role(models.TextChoices):
        """What it measures."""

        X = "x"
        Y = "y"
        Z = "z"
        T = "t"
        OTHER = "other"

    coverage = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="axes")
    grid_position = models.PositiveSmallIntegerField(help_text="Place in the array, 0 varies slowest.")
    crs_position = models.PositiveSmallIntegerField(help_text="Place in the CRS of the coverage, from 0.")
    kind = models.CharField(max_length=9, choices=Kind)
    label = models.CharField(max_length=100)
    crs = models.TextField(blank=True, default="", help_text="URI or WKT of the single CRS it belongs to.")
    unit = models.CharField(max_length=50, blank=True, default="")
    role = models.CharField(max_length=5, choices=Role, default=Role.OTHER)
    origin = models.FloatField(null=True, blank=True, help_text="Centre of cell 0; first index of an index axis.")
    step = models.FloatField(null=True, blank=True, help_text="Signed spacing of a regular axis.")
    size = models.PositiveBigIntegerField(help_text="Number of cells.")
    coefficients = CoefficientsField(null=True, blank=True, help_text="Coordinates of an irregular axis.")

    objects: ClassVar[AxisManager] = AxisManager()

    class Meta:
        """Positions and labels are unique in a coverage."""

        verbose_name_plural = "axes"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["coverage", name], name=f"coverages_axis_{name}")
            for name in ("grid_position", "crs_position", "label")
        ]

    def __str__(self) -> str:
        return self.label

    @classmethod
    def from_core(cls, axis: core.Axis, grid_position: int, crs_position: int) -> Self:
        """An axis without coverage, from that of a domain."""
        row = cls(
            grid_position=grid_position,
            crs_position=crs_position,
            label=axis.label,
            crs="" if axis.crs is None else crs_text(axis.crs),
            unit=axis.unit,
            role=axis.role.value,
            size=axis.size,
        )
        if isinstance(axis, core.RegularAxis):
            row.kind, row.origin, row.step = cls.Kind.REGULAR, axis.origin, axis.step
        elif isinstance(axis, core.IrregularAxis):
            row.kind, row.coefficients = cls.Kind.IRREGULAR, axis.coefficients
        else:
            row.kind, row.origin = cls.Kind.INDEX, float(axis.first)
        return row

    @property
    def columns(self) -> AxisColumns:
        """The columns that make the axis."""
        return AxisColumns(*(getattr(self, name) for name in AxisColumns._fields))

    @property
    def core(self) -> core.Axis:
        """The axis as the rest of the program knows it; raises ValueError, CrsUnknown."""
        return self.columns.axis

    def clean(self) -> None:
        """Check that it is an axis; raises ValidationError."""
        super().clean()
        if self.kind == self.Kind.IRREGULAR and self.coefficients is not None:
            self.size = len(self.coefficients)
        try:
            _ = self.core
        except (ValueError, CrsUnknown) as error:
            raise ValidationError(str(error)) from error
