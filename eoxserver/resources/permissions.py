# SPDX-License-Identifier: MIT
"""The plugin that lets users do what their permissions say, unless another plugin decides.

Permissions are Django's, given to users and groups at ``/admin/`` or by ``eoxserver user``; a superuser has all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django.contrib.auth.models import User
from django.db import connection

from eoxserver.plugins import hookimpl
from eoxserver.resources.database import reading
from eoxserver.resources.statements import Statement

__all__ = ["PERMISSIONS", "eoxs_authorize"]

PERMISSIONS: Mapping[str, str] = {
    "insert": "coverages.add_coverage",
    "update": "coverages.change_coverage",
    "delete": "coverages.delete_coverage",
    "admin": "crs.administer",
}
"""The permission that an action needs."""


@hookimpl
def eoxs_authorize(actor: str | None, action: str) -> bool | None:
    """Decide on writes of users by name; reading, and whoever has no name, is nothing to decide on."""
    if actor is None or action not in PERMISSIONS:
        return None
    with reading():
        return bool(_allowed(connection.vendor, PERMISSIONS[action]).rows(actor))


@lru_cache
def _allowed(_vendor: str, permission: str) -> Statement:
    """Finds an active user by name who has a permission: a superuser, or by the user's own or a group's."""
    name = "\0"
    allowed = User.objects.with_perm(permission, backend="django.contrib.auth.backends.ModelBackend")
    return Statement.of(allowed.filter(username=name).values_list("pk")[:1], name)
