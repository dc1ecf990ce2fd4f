# SPDX-License-Identifier: MIT
"""docs/howto/encode-a-result.md, held to the extra parameters and the names of formats."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eoxserver.services.wcps.encoding.extra import KEYS
from eoxserver.services.wcps.encoding.formats import SHORT_NAMES

pytestmark = pytest.mark.docs


def first_cells(root: Path, heading: str) -> list[str]:
    """Answer the first column of the table under a heading."""
    text = (root / "docs" / "howto" / "encode-a-result.md").read_text()
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)


def test_every_extra_parameter_is_there(root: Path) -> None:
    assert [cell.strip("`") for cell in first_cells(root, "Extra parameters")] == list(KEYS)


def test_formats_have_short_names(root: Path) -> None:
    names = [name for cell in first_cells(root, "Formats") for name in re.findall(r"`(\w+)`", cell)]
    assert set(names) <= {*SHORT_NAMES, "gml"}
    assert {SHORT_NAMES[name] for name in names if name != "gml"} == set(SHORT_NAMES.values())
