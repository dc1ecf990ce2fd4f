# SPDX-License-Identifier: MIT
"""Which coverages are read out of others."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

__all__ = ["VirtualSource"]


class VirtualSource(models.Model):
    """That cells of a virtual coverage are those of another coverage, which cannot be deleted meanwhile."""

    coverage = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="virtual_sources")
    source = models.ForeignKey("coverages.Coverage", on_delete=models.RESTRICT, related_name="virtual_uses")
    position = models.PositiveIntegerField(help_text="Cells of greater ones lie over those of others.")

    class Meta:
        """Each once."""

        verbose_name = "source of a virtual coverage"
        verbose_name_plural = "sources of virtual coverages"
        constraints: ClassVar = [models.UniqueConstraint(fields=["coverage", "source"], name="coverages_virtual_once")]

    def __str__(self) -> str:
        return f"{self.source_id} in {self.coverage_id}"
