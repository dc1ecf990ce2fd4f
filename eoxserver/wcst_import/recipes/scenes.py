# SPDX-License-Identifier: MIT
"""What recipes of satellite products share: scenes at instants, in coverages whose identifiers come from templates.

A product has scenes of several kinds (resolutions, polarisations), each a slice of time, y and x of the coverage that
``input.coverage_id`` names for its kind (wcst_import specification, section 12).
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import suggest
from eoxserver.core.roles import Role
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.probes.joined import JoinedProbe
from eoxserver.wcst_import.recipes.rasters import RasterRecipe
from eoxserver.wcst_import.slices import ImportFile, Slice

__all__ = ["Scene", "SceneRecipe", "code_of"]

_TEMPLATE = re.compile(r"\$\{([^}]*)\}")
_TIME_CRS = "OGC/0/AnsiDate"


@dataclass(frozen=True, slots=True)
class Scene:
    """What of a product is one slice."""

    paths: tuple[str, ...]
    """Files of one grid."""
    bands: tuple[str, ...]
    """Names of the bands of all files."""
    time: str
    """When it was sensed, as ISO 8601 text."""
    values: Mapping[str, str]
    """What it is, by template; without ``crsCode``, which the files say."""
    nil: tuple[float, ...] = ()
    """Values of cells that were not seen, where the files do not say it themselves."""


class SceneRecipe(RasterRecipe[CommonOptions]):
    """Scenes of products of one mission."""

    templates: ClassVar[Sequence[str]]
    """Names that may stand in ``input.coverage_id``."""

    @abstractmethod
    def scenes(self, file: ImportFile) -> Iterator[Scene]:
        """The scenes of a product that the filters let pass; raises FileRefused."""

    def check(self) -> None:
        """Refuse templates that there are not."""
        for name in _TEMPLATE.findall(self.ingredients.input.coverage_id):
            if name not in self.templates:
                raise IngredientsError(
                    f"input.coverage_id: there is no '${{{name}}}'; {suggest(name, self.templates)}",
                    locator="input.coverage_id",
                )

    def wanted(self, plane: Domain) -> bool:
        """Whether a scene with this plane is imported."""
        return True

    def slices(self, file: ImportFile, number: int) -> list[Slice]:
        """A slice for each scene."""
        return [slice_ for scene in self.scenes(file) for slice_ in self._slice(file, scene)]

    def _slice(self, file: ImportFile, scene: Scene) -> Iterator[Slice]:
        probe = JoinedProbe(scene.paths, scene.bands, self.environment.readers, scene.nil)
        plane = self.plane(probe)
        if not self.wanted(plane):
            return
        known = {**scene.values, "crsCode": code_of(plane)}
        values = {name: known[name] for name in self.templates}
        identifier = _TEMPLATE.sub(lambda found: values[found[1]], self.ingredients.input.coverage_id)
        self._check_mix(identifier, values, file)
        try:
            at = parse_coordinate(self._time_crs, scene.time, self._time_crs.axes[0].label)
        except ValueError as error:
            raise FileRefused(f"{file.path}: its time '{scene.time}' is none: {error}", locator=file.path) from error
        (axis,) = self._time_crs.axes
        time = IrregularAxis(axis.label, np.array([at]), crs=self._time_crs, unit=axis.unit, role=Role.T)
        yield self.placed(identifier, file, probe, (time,), plane)

    def _check_mix(self, identifier: str, values: Mapping[str, str], file: ImportFile) -> None:
        """Refuse scenes of two kinds in one coverage; raises IngredientsError."""
        first = self.once(lambda: dict(values), f"kind of {identifier}")
        for name in self.templates:
            if values[name] != first[name]:
                raise IngredientsError(
                    f"input.coverage_id '{self.ingredients.input.coverage_id}' would mix {name} {first[name]} and "
                    f"{values[name]} ({file.path}) in {identifier}; write ${{{name}}} in it, or choose one with a "
                    "filter of section input",
                    locator="input.coverage_id",
                )

    @cached_property
    def _time_crs(self) -> Crs:
        return self.environment.parse_crs(_TIME_CRS)


def code_of(plane: Domain) -> str:
    """The code of the CRS of a plane: ``32633``."""
    crs = plane.axes[0].crs
    return "" if crs is None else crs.uri.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
