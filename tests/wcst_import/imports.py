# SPDX-License-Identifier: MIT
"""Imports into an instance of a test, by sessions in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.app import Instance, open_instance
from eoxserver.backends.grib.process import GribProcess
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.wcst_import.ingredients.reading import read_ingredients
from eoxserver.wcst_import.recipes.base import Environment
from eoxserver.wcst_import.session import Result, Session
from eoxserver.wcst_import.targets.instance import InstanceTarget

__all__ = ["Imports", "importing", "ingredients"]


def ingredients(recipe: str, paths: Any, options: Mapping[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """Ingredients of the coverage ``c``."""
    return {
        "config": {"automated": True, **config},
        "input": {"coverage_id": "c", "paths": paths},
        "recipe": {"name": recipe, "options": dict(options or {})},
    }


@dataclass
class Listener:
    """Remembers what a run says."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    asked: int = 0
    answer: bool = True

    def say(self, line: str) -> None:
        self.lines.append(line)

    def warn(self, line: str) -> None:
        self.warnings.append(line)

    def confirm(self) -> bool:
        self.asked += 1
        return self.answer

    def progress(self, done: int, total: int) -> None:
        assert 0 <= done <= total


@dataclass
class Imports:
    """Runs ingredients in a folder."""

    instance: Instance
    folder: Path
    grib: GribProcess
    listener: Listener = field(default_factory=Listener)

    def run(self, given: Mapping[str, Any], name: str = "ingredients.json", explain: bool = False) -> Result:
        """Import, or explain; what is said is with ``listener``."""
        return self.session(given, name, explain).run()

    def session(self, given: Mapping[str, Any], name: str = "ingredients.json", explain: bool = False) -> Session:
        """A run that is not begun."""
        path = self.folder / name
        path.write_text(json.dumps(given))
        environment = Environment(
            self.instance.readers, self.instance.crss.parse, InstanceTarget(self.instance), self.grib
        )
        self.listener = Listener()
        recipes = self.instance.plugins.import_recipes
        return Session(read_ingredients(path), recipes, environment, self.listener, explain)

    def coverage(self, identifier: str = "c") -> Coverage:
        """A coverage of the instance."""
        return self.instance.catalogue.coverage(identifier)

    def cells(self, identifier: str = "c") -> npt.NDArray[Any]:
        """All cells, shape (field, *axes); those that are not valid are NaN where the type has it."""
        source = self.coverage(identifier).source
        cells = source.read(CellBox.whole(source.shape), range(len(self.coverage(identifier).range_type)))
        return np.where(cells.mask(), cells.values, np.nan)


@contextmanager
def importing(root: Path, folder: Path) -> Iterator[Imports]:
    """Imports into the instance of a folder, with ingredients and files in another."""
    instance, grib = open_instance(root), GribProcess()
    try:
        yield Imports(instance, folder, grib)
    finally:
        grib.close()
        instance.close()
