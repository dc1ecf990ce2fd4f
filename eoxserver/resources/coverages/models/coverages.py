# SPDX-License-Identifier: MIT
"""Coverages: general ones described by axes, rasters in a CRS, rasters tied to the Earth by points."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, router, transaction

from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported, CrsUnknown
from eoxserver.core.rasters import index_domain
from eoxserver.resources.coverages.columns.arrays import TiePointsField
from eoxserver.resources.coverages.columns.range_types import RangeTypeField
from eoxserver.resources.coverages.domains import (
    AxisColumns,
    Grid,
    axes_domain,
    crs_text,
    grid_domain,
    merged_domain,
    stored_crs,
)
from eoxserver.resources.coverages.models.axes import Axis
from eoxserver.resources.coverages.models.eo_objects import EOObject

__all__ = ["Coverage", "RectifiedDataset", "RectifiedGrid", "ReferenceableDataset"]


class Coverage(EOObject):
    """Any coverage; by itself one of any number of dimensions, all described by ``axes``."""

    range_type = RangeTypeField(help_text="Fields with data types, units and nil values, as JSON.")
    srid = models.PositiveIntegerField(null=True, blank=True, help_text="EPSG code of the CRS.")
    projection = models.TextField(blank=True, default="", help_text="Definition of a CRS without EPSG code.")
    native_format = models.CharField(
        max_length=200, blank=True, default="", help_text="MIME type; empty: what follows from the stored data."
    )
    details = models.JSONField(
        null=True, blank=True, help_text="Metadata of fields and axes, by name, and a document; see parts for slices."
    )

    class Meta:
        """Plain."""

        verbose_name = "coverage"

    @property
    def crs(self) -> Crs | None:
        """The CRS named by ``srid`` or ``projection``, without further axes; None where neither is set.

        Raises
        ------
        CrsUnknown
            When it is not known here.
        """
        return stored_crs(self.srid, self.projection)

    @crs.setter
    def crs(self, crs: Crs | None) -> None:
        self.srid = None if crs is None else crs.epsg
        self.projection = "" if crs is None or crs.epsg is not None else crs_text(crs)

    @property
    def domain(self) -> Domain:
        """Axes and their order in the CRS.

        Raises
        ------
        ValueError, CrsUnknown, CrsNotSupported
            When the catalogue describes none.
        """
        actual = self.cast()
        if actual is not self and isinstance(actual, Coverage):
            return actual.domain
        return axes_domain(self._axis_columns())

    def set_domain(self, domain: Domain) -> None:
        """Write the axes of a coverage that is saved, in place of those it had."""
        rows = [
            Axis.from_core(axis, position, domain.crs_labels.index(axis.label))
            for position, axis in enumerate(domain.axes)
        ]
        self._replace_axes(rows)

    def clean(self) -> None:
        """Check the CRS; raises ValidationError."""
        super().clean()
        if self.srid is not None and self.projection:
            raise ValidationError({"projection": "a coverage has an srid or a projection, not both"})
        try:
            _ = self.crs
        except CrsUnknown as error:
            raise ValidationError({"srid" if self.srid is not None else "projection": error.message}) from error

    def _axis_columns(self) -> list[AxisColumns]:
        """The axes, coefficients included; one query, unless they were prefetched."""
        if self._state.adding:
            return []
        fetched = "axes" in getattr(self, "_prefetched_objects_cache", {})
        return [row.columns for row in (self.axes.all() if fetched else self.axes.defer(None))]

    def _replace_axes(self, rows: list[Axis]) -> None:
        alias = router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            Axis.objects.using(alias).filter(coverage_id=self.pk).delete()
            for row in rows:
                row.coverage_id = self.pk
            Axis.objects.using(alias).bulk_create(rows)


class RectifiedGrid(models.Model):
    """Size and extent of a regular grid in a CRS, with the greatest y in its first row unless it says otherwise."""

    size_x = models.PositiveIntegerField()
    size_y = models.PositiveIntegerField()
    min_x = models.FloatField()
    min_y = models.FloatField()
    max_x = models.FloatField()
    max_y = models.FloatField()
    north_up = models.BooleanField(default=True, help_text="Whether the first row is the one with the greatest y.")

    class Meta:
        """Lends its columns."""

        abstract = True

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Outer edges (min x, min y, max x, max y) [CRS units]."""
        return self.min_x, self.min_y, self.max_x, self.max_y

    @property
    def grid(self) -> Grid:
        """The columns that make the grid."""
        return Grid(*(getattr(self, name) for name in Grid._fields))

    @staticmethod
    def columns_of(domain: Domain) -> dict[str, Any]:
        """The values of these columns, ``srid`` and ``projection`` for the x and y axes of a domain.

        Raises
        ------
        CoverageUnusable
            When it has none.
        """
        x, y = (domain.axes[i] for i in domain.require_horizontal())
        crs = domain.horizontal_crs
        assert crs is not None
        return {
            "size_x": x.size,
            "size_y": y.size,
            "min_x": x.low,
            "min_y": y.low,
            "max_x": x.high,
            "max_y": y.high,
            "north_up": getattr(y, "step", -1.0) < 0,
            "srid": crs.epsg,
            "projection": "" if crs.epsg is not None else crs_text(crs),
        }


def clean_domain(coverage: Coverage) -> None:
    """Check that a raster has a domain; raises ValidationError."""
    try:
        _ = coverage.domain
    except (ValueError, CrsUnknown, CrsNotSupported) as error:
        raise ValidationError(str(error)) from error
    except TypeError:
        # Columns that are still empty are reported by clean_fields().
        return


class RectifiedDataset(RectifiedGrid, Coverage):
    """A regular grid in a CRS, 2-D by itself; rows of ``axes`` add further dimensions."""

    class Meta:
        """Plain."""

        verbose_name = "rectified dataset"

    @property
    def domain(self) -> Domain:
        """Axes and their order in the CRS; raises as ``Coverage.domain``."""
        return merged_domain(grid_domain(self.crs, self.grid), self._axis_columns())

    def clean(self) -> None:
        """Check CRS and grid; raises ValidationError."""
        super().clean()
        clean_domain(self)

    def set_domain(self, domain: Domain) -> None:
        """Write grid columns and further axes of a dataset that is saved, in place of those it had.

        Raises
        ------
        ValueError
            When a rectified dataset cannot have the domain: x before y, or labels other than those of the CRS.
        CoverageUnusable
            When the domain has no x and y axes.
        """
        horizontal = domain.require_horizontal()
        for name, value in self.columns_of(domain).items():
            setattr(self, name, value)
        rows = [
            Axis.from_core(axis, position, domain.crs_labels.index(axis.label))
            for position, axis in enumerate(domain.axes)
            if position not in horizontal
        ]
        with transaction.atomic(using=router.db_for_write(type(self), instance=self)):
            self.save()
            self._replace_axes(rows)
            if (self.domain.labels, self.domain.crs_labels) != (domain.labels, domain.crs_labels):
                raise ValueError(f"axes {domain.labels} do not fit a rectified dataset; a Coverage takes any")


class ReferenceableDataset(Coverage):
    """A raster tied to the Earth by tie points; ``srid`` or ``projection`` are theirs. Its own axes are cells."""

    size_x = models.PositiveIntegerField()
    size_y = models.PositiveIntegerField()
    tie_points = TiePointsField(null=True, blank=True)

    class Meta:
        """Plain."""

        verbose_name = "referenceable dataset"

    @property
    def domain(self) -> Domain:
        """Rows and columns, and further axes; raises as ``Coverage.domain``."""
        return merged_domain(index_domain(self.size_x, self.size_y), self._axis_columns())

    def clean(self) -> None:
        """Check CRS and grid; raises ValidationError."""
        super().clean()
        if self.tie_points is not None and self.crs is not None and self.tie_points.crs != self.crs:
            raise ValidationError({"srid": f"the tie points are in {self.tie_points.crs.uri}"})
        clean_domain(self)
