# SPDX-License-Identifier: MIT
"""The plugin that lets users do what their permissions say, unless another plugin decides.

Permissions are Django's, given to users and groups at ``/admin/`` or by ``eoxserver user``; a superuser has all.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth import get_user_model

from eoxserver.plugins import hookimpl
from eoxserver.resources.database import reading

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
        user = get_user_model().objects.filter(username=actor, is_active=True).first()
        return user is not None and user.has_perm(PERMISSIONS[action])
