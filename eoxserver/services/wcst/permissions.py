# SPDX-License-Identifier: MIT
"""Who may change coverages: as the hook ``eoxs_authorize`` decides, which asks Django's permissions by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eoxserver.core.errors import AccessDenied
from eoxserver.services.wire import Request

if TYPE_CHECKING:
    from eoxserver.plugins.manager import Plugins

__all__ = ["Gate", "LoginNeeded"]

_WORDS = {
    "insert": "insert coverages",
    "update": "update coverage",
    "delete": "delete coverage",
    "read": "read coverage",
    "admin": "administer the services",
}


class LoginNeeded(AccessDenied):
    """Nobody in particular may not do this; a user might."""


class Gate:
    """Lets users do what they may."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    def check(self, request: Request, action: str, coverage_id: str | None) -> None:
        """Refuse what the user of a request may not do.

        Raises
        ------
        LoginNeeded
            When nobody has logged in.
        AccessDenied
        """
        if self._plugins.authorize(request.actor, action, coverage_id):
            return
        what = _WORDS[action] + (f" '{coverage_id}'" if coverage_id else "")
        if request.actor is None:
            raise LoginNeeded(f"to {what} takes a user with the permission; log in by HTTP Basic")
        raise AccessDenied(f"user {request.actor} may not {what}", locator=coverage_id)
