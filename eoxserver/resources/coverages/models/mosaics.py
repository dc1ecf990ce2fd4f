# SPDX-License-Identifier: MIT
"""One coverage stitched from datasets on a common grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models, router, transaction

from eoxserver.core.domain import Domain
from eoxserver.resources.coverages.domains import grid_domain
from eoxserver.resources.coverages.models.coverages import Coverage, RectifiedDataset, RectifiedGrid, clean_domain
from eoxserver.resources.coverages.stitching import grid_offset

__all__ = ["MosaicMember", "RectifiedStitchedMosaic"]


class RectifiedStitchedMosaic(RectifiedGrid, Coverage):
    """A regular grid filled by its members; later ones paint over earlier ones."""

    members = models.ManyToManyField(RectifiedDataset, through="coverages.MosaicMember", related_name="mosaics")

    class Meta:
        """Plain."""

        verbose_name = "rectified stitched mosaic"

    def __iter__(self) -> Iterator[RectifiedDataset]:
        """The members in painting order."""
        return iter(self.members.order_by("mosaic_memberships__position"))

    @property
    def domain(self) -> Domain:
        """The axes y and x; raises as ``Coverage.domain``."""
        return grid_domain(self.crs, self.grid)

    def clean(self) -> None:
        """Check CRS and grid; raises ValidationError."""
        super().clean()
        clean_domain(self)

    def insert(self, *datasets: RectifiedDataset) -> None:
        """Paint datasets over those there are; one that is a member already comes to the top.

        Raises
        ------
        ValidationError
            When a dataset's cells are not cells of the mosaic, or its fields are others.
        """
        for dataset in datasets:
            self._check(dataset)
        alias = router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            manager = MosaicMember.objects.using(alias)
            manager.filter(mosaic=self, dataset__in=datasets).delete()
            last = manager.filter(mosaic=self).aggregate(last=models.Max("position"))["last"]
            start = 0 if last is None else last + 1
            manager.bulk_create(
                [MosaicMember(mosaic=self, dataset=one, position=start + number) for number, one in enumerate(datasets)]
            )

    def remove(self, *datasets: RectifiedDataset) -> None:
        """Take members out."""
        alias = router.db_for_write(type(self), instance=self)
        MosaicMember.objects.using(alias).filter(mosaic=self, dataset__in=datasets).delete()

    def _check(self, dataset: RectifiedDataset) -> None:
        try:
            grid_offset(self.domain, dataset.domain)
        except ValueError as error:
            raise ValidationError(f"'{dataset}' does not fit the grid of '{self}': {error}") from error
        mine, theirs = ([(field.name, field.dtype) for field in one.range_type.fields] for one in (self, dataset))
        if mine != theirs:
            raise ValidationError(f"'{dataset}' has other fields than '{self}': {theirs}, not {mine}")


class MosaicMember(models.Model):
    """That a mosaic is stitched from a dataset, and which lies on top."""

    mosaic = models.ForeignKey(RectifiedStitchedMosaic, on_delete=models.CASCADE, related_name="memberships_of")
    dataset = models.ForeignKey(RectifiedDataset, on_delete=models.CASCADE, related_name="mosaic_memberships")
    position = models.PositiveIntegerField(help_text="Greater ones lie on top.")

    class Meta:
        """A dataset is in a mosaic once, each in its own place."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mosaic", "dataset"], name="coverages_mosaic_once"),
            models.UniqueConstraint(fields=["mosaic", "position"], name="coverages_mosaic_place"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} in {self.mosaic_id}"
