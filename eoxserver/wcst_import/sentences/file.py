# SPDX-License-Identifier: MIT
"""Expressions of files themselves: ``${file:name}`` and its like (wcst_import specification, section 7)."""

from __future__ import annotations

from pathlib import Path

from eoxserver.core.errors import suggest
from eoxserver.wcst_import.errors import SentenceError
from eoxserver.wcst_import.slices import ImportFile

__all__ = ["file_value"]


def file_value(parts: tuple[str, ...], file: ImportFile) -> str:
    """The value of ``${file:...}``.

    Raises
    ------
    SentenceError
        For another driver or an unknown property.
    """
    original = file.original or file.path
    known = {
        "path": file.path,
        "name": file.name,
        "dir_path": str(Path(file.path).parent),
        "original_path": original,
        "original_dir_path": str(Path(original).parent),
    }
    if parts[0] != "file":
        raise SentenceError(f"'${{{':'.join(parts)}}}' is not known here: no driver '{parts[0]}'", locator=parts[0])
    if len(parts) != 2 or parts[1] not in known:
        name = ":".join(parts[1:])
        raise SentenceError(f"'${{{':'.join(parts)}}}' is not known: {suggest(name, known)}", locator=name)
    return known[parts[1]]
