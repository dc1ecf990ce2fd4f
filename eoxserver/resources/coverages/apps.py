# SPDX-License-Identifier: MIT
"""The Django application ``coverages``."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from eoxserver.resources.coverages.search.functions import prepare_connection

__all__ = ["CoveragesConfig"]


class CoveragesConfig(AppConfig):
    """Coverages and collections."""

    name = "eoxserver.resources.coverages"
    label = "coverages"
    verbose_name = "Coverages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give every new connection the functions that the lookups of footprints use."""
        connection_created.connect(prepare_connection, dispatch_uid="eoxserver.coverages")
