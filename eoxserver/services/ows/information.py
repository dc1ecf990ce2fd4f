# SPDX-License-Identifier: MIT
"""Texts on the service as capabilities show them: those of the configuration, unless the catalogue has others."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from eoxserver.conf.schema import Ows

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["service_texts", "several"]


def service_texts(context: ServiceContext) -> Ows:
    """The texts that hold now; one of the catalogue that no release knows any more is nothing."""
    known = {each.name for each in fields(Ows)}
    told = context.announcements.service_texts()
    changes: dict[str, Any] = {name: value for name, value in told.items() if name in known}
    return replace(context.settings.ows, **changes)


def several(text: str) -> list[str]:
    """The parts of a text between commas: telephone numbers, or mail addresses.

    >>> several("+43 1 23, +43 1 24")
    ['+43 1 23', '+43 1 24']
    """
    return [part.strip() for part in text.split(",") if part.strip()]
