# SPDX-License-Identifier: MIT
"""CRSs of administrators on the admin site: added and changed; removed one by one, unless coverages use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from eoxserver.resources.crs.catalogue import coverages_using
from eoxserver.resources.crs.models import CrsDefinition

__all__ = ["register_crss"]

if TYPE_CHECKING:
    CrsAdminBase = admin.ModelAdmin[CrsDefinition]
    CrsFormBase = forms.ModelForm[CrsDefinition]
else:
    # Django's classes take type parameters for the type checker only.
    CrsAdminBase, CrsFormBase = admin.ModelAdmin, forms.ModelForm


class CrsForm(CrsFormBase):
    """A definition; the name of one that is there, and what coverages use of it, stay."""

    def clean(self) -> dict[str, object]:
        """Refuse to change what coverages use."""
        found: dict[str, object] = super().clean() or {}
        if self.instance.pk is not None:
            stored = CrsDefinition.objects.get(pk=self.instance.pk)
            changed = [name for name in ("definition", "parameters") if found.get(name) != getattr(stored, name)]
            using = list(coverages_using(stored.value)) if changed else []
            if using:
                raise ValidationError({changed[0]: f"coverages use this CRS: {', '.join(using[:5])}"})
        return found


class CrsAdmin(CrsAdminBase):
    """Definitions: a searchable list."""

    form = CrsForm
    list_display = ("__str__", "title")
    search_fields = ("authority", "code", "title")
    actions = None  # none for many at once

    def get_readonly_fields(self, request: HttpRequest, obj: CrsDefinition | None = None) -> tuple[str, ...]:
        """The name of a definition that is there."""
        return () if obj is None else ("authority", "version", "code")

    def has_delete_permission(self, request: HttpRequest, obj: CrsDefinition | None = None) -> bool:
        """Whoever may delete, while no coverage uses it."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or next(coverages_using(obj.value), None) is None)


def register_crss(site: admin.AdminSite) -> None:
    """Put the definitions on an admin site, once."""
    if not site.is_registered(CrsDefinition):
        site.register(CrsDefinition, CrsAdmin)
