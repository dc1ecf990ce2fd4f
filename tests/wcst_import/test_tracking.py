# SPDX-License-Identifier: MIT
"""The list of imported files is whole at any moment, and is not written for each of many files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eoxserver.wcst_import import tracking
from eoxserver.wcst_import.errors import ImportRefused
from eoxserver.wcst_import.tracking import ImportedFiles

pytestmark = pytest.mark.unit


def listed(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "c.resume.json").read_text())
    return found


def test_files_of_the_last_second_are_written_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "SECONDS", 1e9)
    files = ImportedFiles(tmp_path, "c")
    for number in range(100):
        files.add([f"/{number}"])
        assert f"/{number}" in files
    assert listed(tmp_path) == ["/0"]
    files.save()
    assert listed(tmp_path) == [f"/{number}" for number in range(100)]
    monkeypatch.setattr(tracking, "SECONDS", 0)
    again = ImportedFiles(tmp_path, "c")
    again.add(["/new"])
    assert listed(tmp_path)[-1] == "/new" and "/99" in again and len(again) == 101


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    files = ImportedFiles(tmp_path, "c")
    files.add(["/a"])
    (tmp_path / "c.resume.json").unlink()
    files.save()
    assert list(tmp_path.iterdir()) == []


def test_without_tracking_nothing_is_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "c.resume.json").write_text('["/a"]')
    files = ImportedFiles(tmp_path, "c", remember=False)
    assert "/a" not in files
    files.add(["/b"])
    files.save()
    assert listed(tmp_path) == ["/a"]


def test_a_list_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    files = ImportedFiles(tmp_path / "nowhere", "c")
    with pytest.raises(ImportRefused, match=r"c\.resume\.json cannot be written: "):
        files.add(["/a"])
