# SPDX-License-Identifier: MIT
"""Which coverages are coarser versions of others."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

__all__ = ["PyramidMember"]


class PyramidMember(models.Model):
    """A coverage that is a coarser version of another one."""

    base = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="pyramid_members")
    member = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="pyramid_bases")
    factors = models.JSONField(help_text="Cells of the base per cell of the member along each axis, in CRS order.")
    base_state = models.TextField(
        blank=True,
        default="",
        editable=False,
        help_text="Version of the base that the member was made of; empty: whatever the base is.",
    )

    class Meta:
        """Each once."""

        verbose_name = "member of a pyramid"
        verbose_name_plural = "members of pyramids"
        constraints: ClassVar = [models.UniqueConstraint(fields=["base", "member"], name="coverages_pyramid_once")]

    def __str__(self) -> str:
        return f"{self.member_id} of {self.base_id}"
