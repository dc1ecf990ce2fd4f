# SPDX-License-Identifier: MIT
"""What is done to every new connection: SQLite gets the function that compares footprints."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from eoxserver.resources.coverages.search.regions import Relation, related

__all__ = ["FUNCTION", "prepare_connection"]

FUNCTION = "eoxs_related"
"""Name of the function: (relation, WKB of a footprint, WKB of the search) -> 0 or 1."""

log = logging.getLogger(__name__)


def prepare_connection(*, connection: Any, **_: object) -> None:
    """Receiver of Django's ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 3, _comparison(), deterministic=True)


def _comparison() -> Callable[[str, bytes | None, bytes], int | None]:
    """The function for one connection, with the few geometries its searches are about.

    A prepared geometry must not be used from several threads, and a connection is not.
    """

    @lru_cache(maxsize=8)
    def prepared(wkb: bytes) -> BaseGeometry:
        geometry = shapely.from_wkb(wkb)
        shapely.prepare(geometry)
        return geometry

    def compare(relation: str, footprint: bytes | None, wkb: bytes) -> int | None:
        if footprint is None:
            return None
        try:
            geometries = np.array([shapely.from_wkb(footprint)])
            return int(related(Relation(relation), prepared(wkb), geometries)[0])
        except ShapelyError:
            log.warning("a footprint in the catalogue cannot be read; the search goes on without it", exc_info=True)
            return 0

    return compare
