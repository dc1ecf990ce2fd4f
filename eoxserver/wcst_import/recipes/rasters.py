# SPDX-License-Identifier: MIT
"""What recipes of 2-D files share: a file as axes y and x, fields and cells, by the readers of this instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.rasters import raster_domain
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.nils import nil_values
from eoxserver.wcst_import.probes.gdal import GdalProbe
from eoxserver.wcst_import.recipes.base import Recipe
from eoxserver.wcst_import.recipes.described import Described
from eoxserver.wcst_import.sentences.file import file_value
from eoxserver.wcst_import.slices import Arranged, ImportFile, Slice

__all__ = ["RasterRecipe"]

OptionsT = TypeVar("OptionsT", bound=CommonOptions)


class RasterRecipe(Recipe[OptionsT]):
    """A recipe of 2-D files, each a slice of one coverage."""

    def leading(self, file: ImportFile, probe: GdalProbe, number: int) -> Sequence[Axis]:
        """The axes before y and x, each of one position."""
        return ()

    def slices(self, file: ImportFile, number: int) -> list[Slice]:
        """The file at its place."""
        probe = GdalProbe(file.path, self.environment.readers)
        identifier = self.ingredients.input.coverage_id
        return [self.placed(identifier, file, probe, self.leading(file, probe, number), self.plane(probe))]

    def placed(
        self, identifier: str, file: ImportFile, probe: GdalProbe, leading: Sequence[Axis], plane: Domain
    ) -> Slice:
        """A slice of a coverage: the bands of a probe on a plane, at one position of each leading axis."""
        labels = tuple(axis.label for axis in leading)
        domain = Domain((*leading, *plane.axes), (*labels, *plane.crs_labels))
        fields, source = probe.open(())

        def find(parts: tuple[str, ...]) -> Any:
            return probe.value(parts) if parts[0] == "gdal" else file_value(parts, file)

        section = self.options.coverage
        described = Described(
            None if section is None else section.metadata, probe, find, folder=self.ingredients.folder
        )
        part = Coverage(
            identifier=identifier,
            domain=domain,
            range_type=self._range_type(fields, file),
            source=Arranged(source, (*(None for _ in leading), 0, 1), known=plane.shape),
            metadata=self.once(lambda: described.whole(fields), identifier),
            extra=described.beside(domain, file),
        )
        in_place = probe.in_place((), part.range_type.names, plane.labels)
        return Slice(file, part, tuple(axis.coordinate(0) for axis in leading), in_place)

    def plane(self, probe: GdalProbe) -> Domain:
        """Axes y and x; raises FileRefused where the file is not georeferenced."""
        found = probe.description
        if all(isinstance(axis, RegularAxis) for axis in found.domain.axes):
            return found.domain
        if found.bounds is None and found.tie_points is not None:
            raise FileRefused(
                f"{probe.path} is tied to the ground at {found.tie_points.rows.size} points only, and has no "
                "grid of its own; gdalwarp -tps -t_srs EPSG:CODE -tr X Y brings it to one (hooks: before_import, "
                "replace_path)",
                locator=probe.path,
            )
        if found.bounds is None:
            raise FileRefused(
                f"{probe.path} is not georeferenced; general_coverage, with axes of its own, takes such files",
                locator=probe.path,
            )
        default = self.ingredients.config.default_crs
        if not default:
            raise FileRefused(f"{probe.path} names no CRS; say which with config.default_crs", locator=probe.path)
        try:
            crs = self.environment.parse_crs(default)
        except CrsUnknown as error:
            raise IngredientsError(f"config.default_crs: {error.message}", locator="config.default_crs") from error
        height, width = found.domain.shape
        return raster_domain(crs, found.bounds, width, height, found.north_up)

    def _range_type(self, fields: Sequence[Field], file: ImportFile) -> RangeType:
        names = self.options.band_names
        if names and len(names) != len(fields):
            raise FileRefused(
                f"{file.path} has {len(fields)} bands, recipe.options.band_names {len(names)} names",
                locator="recipe.options.band_names",
            )
        named = fields if not names else [replace(one, name=name) for one, name in zip(fields, names, strict=True)]
        return RangeType(tuple(replace(field, nil=self._nil or field.nil) for field in named))

    @cached_property
    def _nil(self) -> tuple[NilValue, ...]:
        return nil_values(self.ingredients.config.default_null_values, "config.default_null_values")
