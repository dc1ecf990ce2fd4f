# SPDX-License-Identifier: MIT
"""Fixtures of the tests of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages.catalogue import Catalogue
from tests.resources.coverages.arrays import open_catalogue


@pytest.fixture
def catalogue(database: Settings) -> Iterator[Catalogue]:
    """Answer the catalogue over an empty database."""
    found = open_catalogue(database)
    yield found
    found.release()
