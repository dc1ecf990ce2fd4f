# SPDX-License-Identifier: MIT
"""Users by name and password, as clients send them with every single request (HTTP Basic)."""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import threading
from collections import OrderedDict
from functools import lru_cache

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db import DatabaseError, InterfaceError, connection

from eoxserver.core.errors import CatalogueUnavailable
from eoxserver.resources.statements import Statement

__all__ = ["Users"]

log = logging.getLogger(__name__)


class Users:
    """The users of the catalogue. Thread-safe.

    To hash a password takes a fifth of a second, on purpose, and a map client sends it with each of a hundred tiles. So
    a password that was right is remembered: its digest under a key of this process, beside the hash in the database
    that it matched. The user is looked up each time; whoever is locked out or has another password is so at once.

    Parameters
    ----------
    capacity : int
        Passwords that are remembered.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def authenticate(self, name: str, password: str) -> str | None:
        """The name of the active user with this password, or None.

        Raises
        ------
        CatalogueUnavailable
            When the database does not answer.
        """
        if "\0" in name:
            return None  # no user has it in the name, and PostgreSQL would refuse to look
        digest = hmac.digest(self._key, json.dumps([name, password]).encode(), "sha256")
        try:
            stored = _stored_hash(name)
            if stored is not None and self._remembered(digest) == stored:
                return name
            user = authenticate(username=name, password=password)
        except (DatabaseError, InterfaceError) as error:
            log.exception("users cannot be looked up")
            connection.close()
            raise CatalogueUnavailable("users cannot be looked up; the log of the server has the details") from error
        if not isinstance(user, User):
            return None
        self._remember(digest, user.password)
        return user.get_username()

    def _remembered(self, digest: bytes) -> str | None:
        with self._lock:
            if digest in self._right:
                self._right.move_to_end(digest)
            return self._right.get(digest)

    def _remember(self, digest: bytes, stored: str) -> None:
        with self._lock:
            self._right[digest] = stored
            while len(self._right) > self._capacity:
                self._right.popitem(last=False)


def _stored_hash(name: str) -> str | None:
    """The hash of the password of an active user; None when there is no such user."""
    statement = _hash_statement(connection.vendor)
    try:
        rows = statement.rows(name)
    except (DatabaseError, InterfaceError):
        # The server may have closed the connection while nobody used it; a new one tells.
        connection.close()
        rows = statement.rows(name)
    return rows[0][0] if rows else None


@lru_cache
def _hash_statement(_vendor: str) -> Statement:
    name = "\0"
    return Statement.of(User.objects.filter(username=name, is_active=True).values_list("password")[:1], name)
