# SPDX-License-Identifier: MIT
"""Metadata documents made for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[str | bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a document and answers its path."""

    def make(text: str | bytes) -> str:
        path = tmp_path / "document"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return make
