# SPDX-License-Identifier: MIT
"""The start page of a catalogue without coverages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.applications import application
from tests.services.web.test_start_page import Page

pytestmark = pytest.mark.integration


def test_nothing_is_served_yet(tmp_path: Path) -> None:
    with application(tmp_path) as empty:
        found = Page(empty.client.get("/"))
        sought = Page(empty.client.get("/?q=scene"))
    assert found.names == sought.names == []
    assert "Nothing is served yet." in found.text
    assert "Nothing has “scene” in its name." in sought.text
