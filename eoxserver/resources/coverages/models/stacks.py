# SPDX-License-Identifier: MIT
"""Stacks: coverages over files that stay where they are, each of which has the cells of some positions.

A row for a file says where its cells belong in the grid, in numbers that never change, however the coverage grows: grid
indices counted from the cell that was first when the coverage was registered, coefficients on irregular axes. So a
slice more is a row more, in the middle too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from eoxserver.resources.coverages.columns.arrays import CoefficientsField

__all__ = ["SLICE", "Stack", "StackSlice"]

SLICE = "slice"
"""Semantic of the data items of a stack."""


class Stack(models.Model):
    """What makes a coverage a stack."""

    coverage = models.OneToOneField("coverages.Coverage", on_delete=models.CASCADE, related_name="stack")
    anchors = models.JSONField(help_text="Coordinate of grid index 0 on each axis, in grid order; null: irregular.")
    chunks = models.JSONField(help_text="Cells along each axis that are cheapest to read at a time.")
    revision = models.PositiveBigIntegerField(default=1, help_text="Grows with each change.")

    class Meta:
        """Plain."""

        verbose_name = "stack"

    def __str__(self) -> str:
        return f"stack of coverage {self.coverage_id}"


class StackSlice(models.Model):
    """Where the cells of one file belong."""

    coverage = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="slices")
    item = models.OneToOneField("backends.DataItem", on_delete=models.CASCADE, related_name="slice")
    key = models.CharField(max_length=64, editable=False, help_text="The same for the same place and fields.")
    place = models.JSONField(help_text="First grid index and number of cells on each axis; coefficients if irregular.")
    positions = CoefficientsField(
        null=True, blank=True, help_text="Those on irregular axes with several, one axis after the other."
    )
    reading = models.JSONField(help_text="Fields, bands or variables, axes of its dimensions, nil values.")
    revision = models.PositiveBigIntegerField(help_text="That of the stack since which it is so.")

    class Meta:
        """Looked for by coverage: by what it is in the place of, and by what is new."""

        verbose_name = "slice of a stack"
        verbose_name_plural = "slices of stacks"
        indexes: ClassVar = [models.Index(fields=["coverage", "revision"], name="coverages_slice_revision")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["coverage", "key"], name="coverages_slice_once")]

    def __str__(self) -> str:
        return f"slice {self.pk} of {self.coverage_id}"
