# SPDX-License-Identifier: MIT
"""CRSs that administrators define, as rows."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from eoxserver.core.crs import Definition, check_definition
from eoxserver.core.errors import CrsUnknown
from eoxserver.resources.crs.entries import decode_parameters

__all__ = ["ADMINISTER", "CrsDefinition"]

ADMINISTER = "crs.administer"
"""The permission to administer the services."""


class CrsDefinition(models.Model):
    """A name for a CRS text, see ``core.crs.definitions``."""

    authority = models.CharField(max_length=32, default="USER", help_text="Capital letters, digits and _.")
    version = models.CharField(max_length=32, default="0", help_text="0, or numbers such as 1.2.")
    code = models.CharField(max_length=64, help_text="Letters, digits and _ . -")
    title = models.CharField(max_length=200, blank=True, default="", help_text="Name for people.")
    definition = models.TextField(
        help_text="WKT, PROJJSON or PROJ text, or the name of a CRS or a compound; ${name} stands for a parameter."
    )
    parameters = models.JSONField(
        blank=True, default=list, help_text='Parameters with their defaults, as [["lon", null], ["lat", "0"]].'
    )
    remarks = models.TextField(blank=True, default="")

    class Meta:
        """A name is there once; the permission is for all administration of services."""

        verbose_name = "CRS definition"
        ordering: ClassVar = ["authority", "code", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "version", "code"], name="crs_crsdefinition_name")
        ]
        permissions: ClassVar = [("administer", "Can administer the services: CRSs, layers, styles, scale levels")]

    def __str__(self) -> str:
        return f"{self.authority}/{self.version}/{self.code}"

    @property
    def value(self) -> Definition:
        """The definition as a value; raises ValueError when the parameters are no such list."""
        return Definition(self.authority, self.version, self.code, self.definition, decode_parameters(self.parameters))

    def clean(self) -> None:
        """Check that the definition makes a CRS; raises ValidationError."""
        super().clean()
        self.definition = self.definition.strip()
        try:
            check_definition(self.value)
        except CrsUnknown as error:
            known = {field.name for field in self._meta.concrete_fields}
            key = error.locator if error.locator in known else "definition"
            raise ValidationError({key or "definition": error.message}) from error
        except ValueError as error:
            raise ValidationError({"parameters": str(error)}) from error
