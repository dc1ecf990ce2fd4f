# SPDX-License-Identifier: MIT
"""The recipe ``general_coverage``: any files, any axes, by sentences (wcst_import specification, section 8).

Each file (each message of a GRIB file) is a slice. Axes that the file has are those with ``max`` or
``directPositions``; along the others the slice has one position. The array of the coverage has its axes in the order of
``gridOrder``, by default that of the CRS. Where the file runs along an axis in another direction than the sign of the
resolution says, its cells are turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from eoxserver.core.axes import Axis, IrregularAxis, RegularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import rename_axes
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.roles import Role
from eoxserver.plugins import hookimpl
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.sections import Band, CommonOptions, CoverageSection, Slicer
from eoxserver.wcst_import.nils import nil_values
from eoxserver.wcst_import.probes.base import Dimension, Probe
from eoxserver.wcst_import.probes.gdal import GdalProbe
from eoxserver.wcst_import.probes.grib import grib_probes
from eoxserver.wcst_import.probes.netcdf import NetcdfProbe
from eoxserver.wcst_import.recipes.axes import AxisRule
from eoxserver.wcst_import.recipes.base import Recipe
from eoxserver.wcst_import.recipes.described import Described
from eoxserver.wcst_import.recipes.ungeoreferenced import check_rules, index_crs, remainder, without_georeference
from eoxserver.wcst_import.sentences.evaluate import Find, Sentence
from eoxserver.wcst_import.sentences.file import file_value
from eoxserver.wcst_import.slices import Arranged, ImportFile, Slice

__all__ = ["GeneralCoverage", "eoxs_import_recipes"]

_KEY = "recipe.options.coverage"


class GeneralCoverage(Recipe[CommonOptions]):
    """Files with axes by sentences."""

    key: ClassVar[str] = "general_coverage"

    def check(self) -> None:
        """Refuse a coverage without CRS or slicer, axes that are not those of the CRS, bands that are missing."""
        slicer = self._slicer
        if self.options.band_names:
            raise IngredientsError(
                f"recipe.options.band_names is for recipes of 2-D files; {_KEY}.slicer.bands names bands here",
                locator="recipe.options.band_names",
            )
        if slicer.type != "gdal" and not slicer.bands:
            raise IngredientsError(
                f"{_KEY}.slicer.bands is missing: {slicer.type} needs them", locator=f"{_KEY}.slicer"
            )
        self._check_metadata()
        orders = [rule.order for rule in self._rules]
        if len(set(orders)) != len(orders):
            raise IngredientsError(
                f"{_KEY}.slicer.axes: two axes have one gridOrder: "
                f"{', '.join(f'{rule.label} {rule.order}' for rule in self._rules)}",
                locator=f"{_KEY}.slicer.axes",
            )
        if self._section.grid_coverage:
            check_rules(self._rules)

    def _check_metadata(self) -> None:
        """Refuse "auto" for GRIB, whose messages have hundreds of keys."""
        given = self._section.metadata
        if self._slicer.type != "grib" or given is None:
            return
        named = {"global": given.global_, "bands": given.bands, "axes": given.axes}
        named["colorPaletteTable"] = given.color_palette_table
        for name, value in named.items():
            if value == "auto":
                raise IngredientsError(
                    f'{_KEY}.metadata.{name}: "auto" is not for grib; name keys, as {{"centre": "${{grib:centre}}"}}',
                    locator=f"{_KEY}.metadata.{name}",
                )

    @property
    def _section(self) -> CoverageSection:
        section = self.options.coverage
        if section is None or not section.crs:
            raise IngredientsError(f"{_KEY}.crs is missing: the CRS of the coverage", locator=f"{_KEY}.crs")
        return section

    @property
    def _slicer(self) -> Slicer:
        if self._section.slicer is None:
            raise IngredientsError(f"{_KEY}.slicer is missing: how files are read", locator=f"{_KEY}.slicer")
        return self._section.slicer

    # -- axes --------------------------------------------------------------------------------------------

    @cached_property
    def _rules(self) -> tuple[AxisRule, ...]:
        """One for each axis of the CRS, in its order."""
        try:
            crs = self.environment.parse_crs(self._section.crs)
        except EOxServerError as error:
            raise IngredientsError(f"{_KEY}.crs: {error.message}", locator=f"{_KEY}.crs") from error
        given = self._slicer.axes
        known = [axis.label for axis in crs.axes]
        if len(given) != len(known):
            raise IngredientsError(
                f"{_KEY}.slicer.axes has {len(given)} axes: {', '.join(given)}; the CRS has {len(known)}: "
                f"{', '.join(known)}",
                locator=f"{_KEY}.slicer.axes",
            )
        labels = [self._label(place, label) for place, label in enumerate(known)]
        renamed = crs if labels == known else rename_axes(crs, labels)
        rules: list[AxisRule] = []
        for part in renamed.components:
            for axis in part.axes:
                place = len(rules)
                point = self._slicer.pixel_is_point and self._slicer.type != "gdal"
                rules.append(AxisRule.of(axis.label, part, axis, place, given[labels[place]], point))
        return tuple(rules)

    def _label(self, place: int, known: str) -> str:
        """The label that the ingredients give the axis at a place of the CRS."""
        given = self._slicer.axes
        by_order = [label for label, axis in given.items() if axis.crs_order == place]
        if len(by_order) == 1:
            return by_order[0]
        if known in given and given[known].crs_order is None:
            return known
        raise IngredientsError(
            f"{_KEY}.slicer.axes has no definition for axis {known} (crsOrder {place}); {suggest(known, given)}",
            locator=f"{_KEY}.slicer.axes",
        )

    # -- files -------------------------------------------------------------------------------------------

    def slices(self, file: ImportFile, number: int) -> Iterator[Slice]:
        """A slice of the file, or of each of its messages."""
        for probe in self._probes(file):
            yield self._slice(file, probe)

    def _probes(self, file: ImportFile) -> Iterable[Probe]:
        match self._slicer.type:
            case "netcdf":
                return [NetcdfProbe(file.path)]
            case "grib":
                return grib_probes(file.path, self.environment.grib)
        return [GdalProbe(file.path, self.environment.readers)]

    def _slice(self, file: ImportFile, probe: Probe) -> Slice:
        bands = self._slicer.bands
        find = self._finder(file, probe)
        fields, source = probe.open(bands)
        dimensions = probe.dimensions(bands)
        matched = self._matched(dimensions, file)
        axes = {
            rule: rule.axis(find, None if place is None else dimensions[place].size, file.path)
            for rule, place in matched.items()
        }
        ordered = sorted(self._rules, key=lambda rule: rule.order)
        places = tuple(matched[rule] for rule in ordered)
        flipped = frozenset(
            place for rule, place in matched.items() if place is not None and _runs_back(axes[rule], dimensions[place])
        )
        domain = self._domain([axes[rule] for rule in ordered], file)
        described = Described(self._section.metadata, probe, find, bands, self._rules, self.ingredients.folder)
        part = Coverage(
            identifier=self.ingredients.input.coverage_id,
            domain=domain,
            range_type=self._fields(fields, bands, find),
            source=Arranged(source, places, flipped, tuple(each.size for each in dimensions)),
            metadata=self.once(lambda: described.whole(fields)),
            extra=described.beside(domain, file),
        )
        order = tuple(axes[rule].coordinate(0) for rule in self._by_time if matched[rule] is None)
        if flipped:
            turned = ", ".join(rule.label for rule, place in matched.items() if place in flipped)
            return Slice(file, part, order, obstacle=f"its cells are turned along {turned}; a resolution of the other "
                         "sign takes them as they are")  # fmt: skip
        labels = [rule.label for rule, _ in sorted(_given(matched), key=lambda pair: pair[1])]
        in_place = probe.in_place(bands, part.range_type.names, labels)
        return Slice(file, part, order, in_place, "" if in_place else "messages of GRIB files are copied")

    def _domain(self, axes: Sequence[Axis], file: ImportFile) -> Domain:
        """The domain of a slice, with georeference or without."""
        domain = Domain(tuple(axes), tuple(rule.label for rule in self._rules))
        if not self._section.grid_coverage:
            return domain
        crs = self.once(lambda: index_crs(domain.crs_labels, self.environment.parse_crs), "CRS of indices")
        return without_georeference(
            domain,
            crs,
            lambda: self.once(lambda: {axis.label: remainder(axis) for axis in axes}, "remainders"),
            file.path,
        )

    @cached_property
    def _by_time(self) -> list[AxisRule]:
        """Axes of time first."""
        return sorted(self._rules, key=lambda rule: not rule.crs.is_temporal)

    def _finder(self, file: ImportFile, probe: Probe) -> Find:
        driver = self._slicer.type

        def find(parts: tuple[str, ...]) -> Any:
            return probe.value(parts) if parts[0] == driver else file_value(parts, file)

        return find

    def _matched(self, dimensions: Sequence[Dimension], file: ImportFile) -> dict[AxisRule, int | None]:
        """For each axis the one of the file's array; None where the file has none."""
        bound = sorted((rule for rule in self._rules if rule.bound), key=lambda rule: rule.order)
        roles = [dimension.role for dimension in dimensions]
        if Role.X in roles and Role.Y in roles:
            return self._matched_plane(bound, roles, file)
        if len(bound) != len(dimensions):
            raise FileRefused(
                f"{file.path}: the array has {len(dimensions)} axes; {len(bound)} axes of the ingredients are of the "
                f"file: {', '.join(rule.label for rule in bound) or 'none'} (dataBound false says that one is not)",
                locator=file.path,
            )
        places = {rule: place for place, rule in enumerate(bound)}
        return {rule: places.get(rule) for rule in self._rules}

    def _matched_plane(
        self, bound: Sequence[AxisRule], roles: Sequence[Role], file: ImportFile
    ) -> dict[AxisRule, int | None]:
        """Rows and columns: by the roles of the axes in their CRS, else the first in grid order are the columns."""
        if len(bound) != 2:
            raise FileRefused(
                f"{file.path} has rows and columns; {len(bound)} axes of the ingredients are of the file: "
                f"{', '.join(rule.label for rule in bound) or 'none'}",
                locator=file.path,
            )
        found = {rule.crs_axis.role: rule for rule in bound}
        if Role.X not in found or Role.Y not in found:
            found = {Role.X: bound[0], Role.Y: bound[1]}
        places = {found[role]: roles.index(role) for role in (Role.X, Role.Y)}
        return {rule: places.get(rule) for rule in self._rules}

    # -- fields ------------------------------------------------------------------------------------------

    def _fields(self, own: Sequence[Field], bands: Sequence[Band], find: Find) -> RangeType:
        everywhere = nil_values(self.ingredients.config.default_null_values, "config.default_null_values")
        named = [self._field(field, band, find) for field, band in zip(own, bands, strict=True)] if bands else own
        return RangeType(tuple(replace(field, nil=everywhere or field.nil) for field in named))

    def _field(self, field: Field, band: Band, find: Find) -> Field:
        key = f"{_KEY}.slicer.bands.{band.name}"
        nil = nil_values(band.nil_value, f"{key}.nilValue", band.nil_reason)
        unit = field.unit
        if band.uom_code:
            unit = (
                str(Sentence(band.uom_code, key=f"{key}.uomCode").evaluate(find))
                if "$" in band.uom_code
                else (band.uom_code.strip("'\""))
            )
        return replace(
            field,
            name=band.name,
            nil=nil or field.nil,
            unit=unit,
            description=band.description or field.description,
            definition=band.definition or field.definition,
        )


def _given(matched: Mapping[AxisRule, int | None]) -> Iterator[tuple[AxisRule, int]]:
    """Axes that the file has, with their places in it."""
    for rule, place in matched.items():
        if place is not None:
            yield rule, place


def _runs_back(axis: Axis, dimension: Dimension) -> bool:
    """Whether the file runs along an axis in the other direction."""
    if dimension.falling is None or axis.size < 2 or isinstance(axis, IrregularAxis):
        return False
    return dimension.falling != (isinstance(axis, RegularAxis) and axis.step < 0)


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipe ``general_coverage``."""
    return [GeneralCoverage]
