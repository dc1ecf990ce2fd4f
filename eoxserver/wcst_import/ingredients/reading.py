# SPDX-License-Identifier: MIT
"""From an ingredients file to checked ingredients (wcst_import specification, section 1).

The file is JSON. Lines whose first characters but blanks are ``//`` are comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eoxserver.core.errors import suggest
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.options import COMMENT, list_of, read_section, section
from eoxserver.wcst_import.ingredients.sections import Config, Hook, Input

__all__ = ["Ingredients", "read_ingredients"]

_SECTIONS = ("config", "input", "recipe", "hooks")


@dataclass(frozen=True)
class Ingredients:
    """What an ingredients file says; the options of the recipe are read by the recipe."""

    path: Path
    config: Config
    input: Input
    recipe: str
    options: Mapping[str, Any]
    hooks: tuple[Hook, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder to which paths are relative."""
        return self.path.parent


def read_ingredients(path: Path) -> Ingredients:
    """Read and check an ingredients file.

    Raises
    ------
    IngredientsError
        When it cannot be read or says something wrong; names place or key, and what is accepted.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise IngredientsError(f"{path} cannot be read: {error}", locator=str(path)) from error
    document = _parsed(content, path)
    if not isinstance(document, dict):
        raise IngredientsError(f"{path} must hold an object with {', '.join(_SECTIONS)}", locator=str(path))
    for name in document:
        if name not in _SECTIONS and name != COMMENT:
            raise IngredientsError(f"there is no section '{name}'; {suggest(name, _SECTIONS)}", locator=name)
    for name in ("config", "input", "recipe"):
        if name not in document:
            raise IngredientsError(f"section '{name}' is missing in {path}", locator=name)
    recipe, options = _recipe(document["recipe"])
    return Ingredients(
        path=path.absolute(),
        config=read_section(Config, document["config"], "config"),
        input=read_section(Input, document["input"], "input"),
        recipe=recipe,
        options=options,
        hooks=_hooks(document.get("hooks", [])),
    )


def _parsed(content: str, path: Path) -> Any:
    lines = ["" if re.match(r"\s*//", line) else line for line in content.splitlines()]
    try:
        return json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        shown = lines[error.lineno - 1] if error.lineno <= len(lines) else ""
        raise IngredientsError(
            f"{path}:{error.lineno}:{error.colno}: {error.msg}\n{shown}\n{' ' * (error.colno - 1)}^",
            locator=f"{path}:{error.lineno}",
        ) from error


def _recipe(value: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise IngredientsError("recipe.name is missing: the name of a recipe, as text", locator="recipe.name")
    for name in value:
        if name not in ("name", "options", COMMENT):
            raise IngredientsError(
                f"recipe has no option '{name}'; {suggest(name, ('name', 'options'))}", locator=f"recipe.{name}"
            )
    options = value.get("options", {})
    if not isinstance(options, dict):
        raise IngredientsError("recipe.options must be an object", locator="recipe.options")
    return value["name"], options


def _hooks(value: Any) -> tuple[Hook, ...]:
    form = list_of(section(Hook))
    try:
        hooks: tuple[Hook, ...] = form.read(value, "hooks")
    except IngredientsError:
        raise
    except ValueError as error:
        raise IngredientsError(f"hooks must be {form.accepted}", locator="hooks") from error
    return hooks
