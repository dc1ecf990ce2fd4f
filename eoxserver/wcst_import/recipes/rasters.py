# SPDX-License-Identifier: MIT
"""What recipes of 2-D files share: a file as axes y and x, fields and cells, by the readers of this instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from eoxserver.backends.descriptions import Description
from eoxserver.backends.readers.base import Reader
from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coverage import Coverage, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.core.fields import NilValue, RangeType
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata
from eoxserver.core.rasters import raster_domain
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.sections import CommonOptions, Metadata
from eoxserver.wcst_import.nils import nil_values
from eoxserver.wcst_import.recipes.base import Environment, Recipe
from eoxserver.wcst_import.sentences.evaluate import Sentence
from eoxserver.wcst_import.sentences.file import file_value
from eoxserver.wcst_import.slices import Expanded, ImportFile, Slice

__all__ = ["Raster", "RasterRecipe", "open_raster"]

O = TypeVar("O", bound=CommonOptions)  # noqa: E741 - one letter, as type variables are


@dataclass(frozen=True, slots=True)
class Raster:
    """A georeferenced 2-D file."""

    domain: Domain
    """Axes y and x, regular."""
    range_type: RangeType
    source: Source
    metadata: Mapping[str, str]


def open_raster(file: ImportFile, environment: Environment, default_crs: str = "") -> Raster:
    """A 2-D file; no cell is read.

    Raises
    ------
    FileRefused
        When it cannot be read, or is not georeferenced.
    """
    reader = _reader(file, environment.readers)
    try:
        found = reader.describe(file.path)
        domain = _domain(found, file, environment, default_crs)
        return Raster(domain, found.range_type, reader.open(file.path), found.metadata)
    except FileRefused:
        raise
    except EOxServerError as error:
        raise FileRefused(f"{file.path}: {error.message}", locator=file.path) from error


def _reader(file: ImportFile, readers: Mapping[str, Reader]) -> Reader:
    for reader in readers.values():
        if reader.can_open(file.path):
            return reader
    raise FileRefused(
        f"{file.path}: no reader knows its format (readers: {', '.join(readers)}); config.skip leaves such files out",
        locator=file.path,
    )


def _domain(found: Description, file: ImportFile, environment: Environment, default_crs: str) -> Domain:
    if all(isinstance(axis, RegularAxis) for axis in found.domain.axes) and len(found.domain.axes) == 2:
        return found.domain
    if found.bounds is None or len(found.domain.axes) != 2:
        raise FileRefused(
            f"{file.path} is no georeferenced raster; general_coverage with axes of its own takes such files",
            locator=file.path,
        )
    if not default_crs:
        raise FileRefused(f"{file.path} names no CRS; say which with config.default_crs", locator=file.path)
    height, width = found.domain.shape
    return raster_domain(environment.parse_crs(default_crs), found.bounds, width, height, found.north_up)


class RasterRecipe(Recipe[O]):
    """A recipe of 2-D files, each a slice of one coverage."""

    def leading(self, file: ImportFile, raster: Raster, number: int) -> Sequence[Axis]:
        """The axes before y and x, each of one position."""
        return ()

    def slices(self, file: ImportFile, number: int) -> list[Slice]:
        """The file at its place."""
        raster = open_raster(file, self.environment, self.ingredients.config.default_crs)
        leading = tuple(self.leading(file, raster, number))
        labels = tuple(axis.label for axis in leading)
        domain = Domain((*leading, *raster.domain.axes), (*labels, *raster.domain.crs_labels))
        part = Coverage(
            identifier=self.ingredients.input.coverage_id,
            domain=domain,
            range_type=self._fields(raster, file),
            source=Expanded(raster.source, (*(None for _ in leading), 0, 1)),
            metadata=self._global(raster, file),
            extra=ExtraMetadata(parts=GivenParts(self._local(raster, file, domain))),
        )
        return [Slice(file, part, tuple(axis.coordinate(0) for axis in leading))]

    # -- fields ------------------------------------------------------------------------------------------

    def _fields(self, raster: Raster, file: ImportFile) -> RangeType:
        fields = raster.range_type.fields
        names = self.options.band_names
        if names:
            if len(names) != len(fields):
                raise FileRefused(
                    f"{file.path} has {len(fields)} bands, recipe.options.band_names {len(names)} names",
                    locator="recipe.options.band_names",
                )
            fields = tuple(replace(field, name=name) for field, name in zip(fields, names, strict=True))
        if self._nil:
            fields = tuple(replace(field, nil=self._nil) for field in fields)
        return RangeType(fields)

    @cached_property
    def _nil(self) -> tuple[NilValue, ...]:
        return nil_values(self.ingredients.config.default_null_values, "config.default_null_values")

    # -- metadata ----------------------------------------------------------------------------------------

    @property
    def _metadata(self) -> Metadata:
        section = self.options.coverage
        return section.metadata if section is not None and section.metadata is not None else Metadata()

    def _global(self, raster: Raster, file: ImportFile) -> dict[str, str]:
        given = self._metadata.global_
        if given == "auto":
            return dict(raster.metadata)
        return {key: str(self._value(text, raster, file, f"global.{key}")) for key, text in (given or {}).items()}

    def _local(self, raster: Raster, file: ImportFile, domain: Domain) -> tuple[PartMetadata, ...]:
        if not self._metadata.local:
            return ()
        values = {key: self._value(text, raster, file, f"local.{key}") for key, text in self._metadata.local.items()}
        bounds = {axis.label: (axis.low, axis.high) for axis in domain.axes}
        return (PartMetadata(bounds, {**values, "fileReferenceHistory": file.original or file.path}),)

    def _value(self, text: Any, raster: Raster, file: ImportFile, key: str) -> Any:
        where = f"recipe.options.coverage.metadata.{key}"
        if not isinstance(text, str | int | float):
            raise IngredientsError(f"{where} must be a sentence, not {text!r}", locator=where)

        def find(parts: tuple[str, ...]) -> Any:
            if parts[0] == "gdal" and len(parts) == 3 and parts[1] == "metadata":
                if parts[2] in raster.metadata:
                    return raster.metadata[parts[2]]
                raise FileRefused(
                    f"{file.path} has no metadata item '{parts[2]}'; {suggest(parts[2], raster.metadata)}",
                    locator=file.path,
                )
            return file_value(parts, file)

        return Sentence(text, key=where).evaluate(find)
