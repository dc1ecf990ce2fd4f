# SPDX-License-Identifier: MIT
"""What goes wrong in an import, as one line that names file, key and remedy."""

from __future__ import annotations

from eoxserver.core.errors import EOxServerError

__all__ = ["FileRefused", "ImportRefused", "IngredientsError", "SentenceError", "unreadable"]


class ImportRefused(EOxServerError, ValueError):
    """An import that cannot be done as its ingredients say."""


class IngredientsError(ImportRefused):
    """The ingredients file is wrong; the locator is the path of the key (``recipe.options.tiling``)."""


class SentenceError(ImportRefused):
    """A sentence of the ingredients has no value for a file."""


class FileRefused(ImportRefused):
    """A file that does not go with the others, or cannot be read; the locator is its path."""


def unreadable(path: str, error: EOxServerError) -> FileRefused:
    """Why a file cannot be imported, when reading it failed."""
    message = error.message if path in error.message else f"{path}: {error.message}"
    return FileRefused(f"{message} (input.paths); config.skip leaves such files out", locator=path)
