# SPDX-License-Identifier: MIT
"""Fixtures of the tests of ingestion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.conf.schema import Settings
from tests.resources.coverages.ingestion.coverages import Place


@pytest.fixture
def place(database: Settings, tmp_path: Path) -> Iterator[Place]:
    """Answer an empty catalogue with an empty store."""
    found = Place(database, tmp_path)
    yield found
    found.catalogue.release()
