# SPDX-License-Identifier: MIT
"""Cubes that no coverage names: those that are being made, and those that are to go."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from eoxserver.backends.models import Storage

__all__ = ["PendingCube"]


class PendingCube(models.Model):
    """A cube that is removed from its store unless a coverage comes to name it: what a process that was killed left."""

    storage = models.ForeignKey(Storage, on_delete=models.CASCADE, related_name="pending_cubes")
    name = models.CharField(max_length=300)
    doomed = models.BooleanField(default=False, help_text="Whether its coverage was deleted; else it is being made.")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Each once."""

        verbose_name = "pending cube"
        constraints: ClassVar = [models.UniqueConstraint(fields=["storage", "name"], name="coverages_pending_once")]

    def __str__(self) -> str:
        return self.name
