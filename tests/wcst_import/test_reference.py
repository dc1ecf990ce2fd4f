# SPDX-License-Identifier: MIT
"""docs/ingredients.md, held to the options."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from eoxserver.wcst_import.ingredients import sections
from eoxserver.wcst_import.reference import SECTIONS, reference_text

pytestmark = pytest.mark.docs


def test_the_page_is_made_from_the_options(root: Path) -> None:
    assert (root / "docs" / "ingredients.md").read_text() == reference_text(), "say: make reference"


def test_every_section_is_there() -> None:
    kinds = {kind for kind in vars(sections).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
    assert kinds <= {kind for _, kind in SECTIONS}


def test_an_option_has_its_form_and_its_default() -> None:
    page = reference_text()
    assert "| `retries` | a whole number from 0 on | `5` | how often |" in page
    assert (
        "| `coverage_id` | text | required | identifier of the coverage; recipes of Sentinel take templates |" in page
    )
