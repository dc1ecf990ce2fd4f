# SPDX-License-Identifier: MIT
"""Metadata of parts of coverages, of single slices mostly: found by the bounds of the parts, however many there are."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar, Self

from django.db import models

from eoxserver.core.metadata import PartMetadata

__all__ = ["MetadataBound", "MetadataPart"]


class MetadataPart(models.Model):
    """What is known of a part of a coverage."""

    coverage = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="parts")
    key = models.CharField(max_length=64, editable=False, help_text="The same for the same bounds.")
    values = models.JSONField(help_text="Names and values.")
    since = models.PositiveBigIntegerField(default=0, help_text="First version of the coverage it belongs to.")
    until = models.PositiveBigIntegerField(null=True, blank=True, help_text="Last one; empty: the latest.")

    class Meta:
        """Looked for by coverage and bounds."""

        verbose_name = "metadata of a part"
        verbose_name_plural = "metadata of parts"
        indexes: ClassVar = [models.Index(fields=["coverage", "key"], name="coverages_part_key")]

    def __str__(self) -> str:
        return f"part {self.pk} of {self.coverage_id}"

    @classmethod
    def from_core(cls, part: PartMetadata, coverage_id: int, since: int) -> Self:
        """A row without its bounds."""
        bounds = json.dumps([(label, *map(float, part.bounds[label])) for label in sorted(part.bounds)])
        key = hashlib.sha256(bounds.encode()).hexdigest()
        return cls(coverage_id=coverage_id, key=key, values=dict(part.values), since=since)

    @property
    def core(self) -> PartMetadata:
        """The part as the rest of the program knows it."""
        return PartMetadata({each.label: (each.low, each.high) for each in self.bounds.all()}, self.values)


class MetadataBound(models.Model):
    """How far a part reaches along one axis."""

    part = models.ForeignKey(MetadataPart, on_delete=models.CASCADE, related_name="bounds")
    label = models.CharField(max_length=100)
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        """One on an axis."""

        verbose_name = "bound of a part"
        verbose_name_plural = "bounds of parts"
        constraints: ClassVar = [models.UniqueConstraint(fields=["part", "label"], name="coverages_bound_once")]

    def __str__(self) -> str:
        return f"{self.label} {self.low}..{self.high}"
