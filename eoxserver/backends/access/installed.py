# SPDX-License-Identifier: MIT
"""``retrieve`` and ``connect`` for scripts, which have no instance in their hands.

They use the ``Access`` that was installed when the instance was opened. There is one in a process, as there is one
catalogue in a process: Django binds its models to one database. It is not a context variable because threads of WSGI
servers start with an empty context and would not find it.
"""

from __future__ import annotations

from eoxserver.backends.access.access import Access
from eoxserver.backends.locations import Located
from eoxserver.core.errors import ConfigurationError

__all__ = ["connect", "install_access", "retrieve"]


class _Installed:
    """The access of the one instance that is open in this process."""

    access: Access | None = None


def install_access(access: Access | None) -> Access | None:
    """Make ``access`` the one that ``retrieve`` and ``connect`` use; answer the one before.

    The application calls this when it opens an instance.
    """
    before, _Installed.access = _Installed.access, access
    return before


def retrieve(item: Located) -> str:
    """Answer the path of a local file with the data of a data item (``Access.retrieve``)."""
    return _installed().retrieve(item)


def connect(item: Located) -> object:
    """Answer what a reader opens in place for a data item (``Access.connect``)."""
    return _installed().connect(item)


def _installed() -> Access:
    if _Installed.access is None:
        raise ConfigurationError(
            "no instance is open: eoxserver.app.open_instance(FOLDER) opens one, "
            "and so does `eoxserver manage shell` in its folder"
        )
    return _Installed.access
