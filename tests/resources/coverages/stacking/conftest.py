# SPDX-License-Identifier: MIT
"""Fixtures of the tests of stacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.conf.schema import Settings
from tests.resources.coverages.stacking.slices import Site


@pytest.fixture
def site(database: Settings, tmp_path: Path) -> Iterator[Site]:
    """Answer an empty catalogue, and a folder for slices."""
    found = Site(database, tmp_path)
    yield found
    found.close()
