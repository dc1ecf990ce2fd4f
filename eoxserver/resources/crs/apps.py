# SPDX-License-Identifier: MIT
"""The Django application ``crs``."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["CrsConfig"]


class CrsConfig(AppConfig):
    """CRSs that administrators define."""

    name = "eoxserver.resources.crs"
    label = "crs"
    verbose_name = "Coordinate reference systems"
    default_auto_field = "django.db.models.BigAutoField"
