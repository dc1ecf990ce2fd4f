# SPDX-License-Identifier: MIT
"""What capabilities say beside what is served: which coverages INSPIRE knows, and texts on the service."""

from __future__ import annotations

from django.db import models

__all__ = ["InspireMark", "ServiceText"]


class InspireMark(models.Model):
    """A coverage that is an INSPIRE spatial data set."""

    coverage = models.OneToOneField("coverages.Coverage", on_delete=models.CASCADE, related_name="inspire_mark")
    metadata_url = models.TextField(help_text="URL of its metadata record.")

    class Meta:
        """One a coverage."""

        verbose_name = "INSPIRE mark"

    def __str__(self) -> str:
        return f"INSPIRE mark of {self.coverage_id}"


class ServiceText(models.Model):
    """A text that stands in capabilities instead of the one of the configuration."""

    name = models.CharField(
        max_length=100, unique=True, help_text="Setting of [services.ows], as electronic_mail_address."
    )
    value = models.TextField(blank=True)

    class Meta:
        """One a setting."""

        verbose_name = "text on the service"
        verbose_name_plural = "texts on the service"

    def __str__(self) -> str:
        return self.name
