# SPDX-License-Identifier: MIT
"""What goes wrong between the server and the database of the catalogue, in the server's words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

from eoxserver.core.errors import CatalogueUnavailable

__all__ = ["reading", "storable"]

log = logging.getLogger(__name__)


@contextmanager
def reading() -> Iterator[None]:
    """Turn what goes wrong with the database into CatalogueUnavailable; the log has the details."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        log.exception("the catalogue cannot be read")
        if not connection.in_atomic_block:
            connection.close()
        raise CatalogueUnavailable("the catalogue cannot be read; the log of the server has the details") from error


def storable(text: str) -> str:
    """A text as databases can compare it: PostgreSQL knows no NUL, and what stands for it is in no identifier."""
    return text.replace("\0", "\ufffd")
