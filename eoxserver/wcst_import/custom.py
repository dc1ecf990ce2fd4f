# SPDX-License-Identifier: MIT
"""Recipes in a folder of the instance, beside those of plugins: ``recipes/NAME.py`` or ``recipes/NAME/recipe.py``.

A file is loaded as a module; its recipes are the classes that it defines, have a ``key`` and miss no method of
:class:`eoxserver.wcst_import.recipes.base.Recipe`. A file that fails is told by name; the others work.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from eoxserver.core.errors import EOxServerError, UnknownKey, suggest
from eoxserver.wcst_import.recipes.base import Recipe

__all__ = ["FOLDER", "Recipes"]

FOLDER = "recipes"
"""In the instance."""


class Recipes(Mapping[str, type[Any]]):
    """All recipes by name.

    Parameters
    ----------
    installed : mapping
        Those of plugins; they keep their names.
    folder : Path
        Of more recipes; need not be there.
    warn : callable
        Called with a line for each file or recipe that is left out.
    """

    def __init__(self, installed: Mapping[str, type[Any]], folder: Path, warn: Callable[[str], None]) -> None:
        self._installed = installed
        self._folder = folder
        self._own: dict[str, type[Any]] = {}
        for path in _files(folder):
            try:
                self._add(_loaded(path, folder), path)
            except Exception as error:  # noqa: BLE001 - whatever a file does, the others work
                warn(f"{path} is left out: {_where(error, path)}{type(error).__name__}: {error}")

    def _add(self, module: ModuleType, path: Path) -> None:
        found = [each for each in vars(module).values() if _is_recipe(each, module)]
        if not found:
            raise TypeError("it defines no class that is a Recipe, has a key and all its methods")
        for recipe in found:
            if recipe.key in self:
                raise ValueError(f"there is a recipe '{recipe.key}' already")
            self._own[recipe.key] = recipe

    def __getitem__(self, key: str) -> type[Any]:
        """A recipe; raises UnknownKey, which says where recipes are looked for."""
        if key in self._own:
            return self._own[key]
        try:
            return self._installed[key]
        except EOxServerError as error:
            raise UnknownKey(
                f"{error.message}; in {self._folder} there is none of this name either"
                + (f": {suggest(key, self._own)}" if self._own else ""),
                locator=key,
            ) from error

    def __contains__(self, key: object) -> bool:
        return key in self._own or key in self._installed

    def __iter__(self) -> Iterator[str]:
        return iter((*self._installed, *self._own))

    def __len__(self) -> int:
        return len(self._installed) + len(self._own)


def _files(folder: Path) -> list[Path]:
    """What there is to load, by name."""
    found = [path for path in folder.glob("*.py") if path.stem.isidentifier() and not path.stem.startswith("_")]
    return sorted([*found, *(path for path in folder.glob("*/recipe.py") if path.parent.name.isidentifier())])


def _loaded(path: Path, folder: Path) -> ModuleType:
    """A file as a module of a package that is the folder, so that recipes may import what lies beside them."""
    name = f"eoxserver_recipes_{hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder.absolute())]
        sys.modules[name] = package
    importlib.invalidate_caches()
    return importlib.import_module(".".join((name, *path.relative_to(folder).with_suffix("").parts)))


def _is_recipe(value: object, module: ModuleType) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, Recipe)
        and value.__module__ == module.__name__
        and not inspect.isabstract(value)
        and isinstance(getattr(value, "key", None), str)
    )


def _where(error: Exception, path: Path) -> str:
    """The line of the file at which something went wrong."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"line {lines[-1]}: " if lines else ""
