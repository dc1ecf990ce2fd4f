# SPDX-License-Identifier: MIT
"""The Django application ``backends``."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["BackendsConfig"]


class BackendsConfig(AppConfig):
    """Storages, packages and data items."""

    name = "eoxserver.backends"
    label = "backends"
    verbose_name = "Data access"
    default_auto_field = "django.db.models.BigAutoField"
