# SPDX-License-Identifier: MIT
"""Collections: any objects gathered under one identifier, collections too, with no cycles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from graphlib import TopologicalSorter
from typing import ClassVar

import shapely
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from shapely.errors import GEOSException
from shapely.geometry import MultiPolygon, Polygon

from eoxserver.resources.coverages.columns.footprint import SIDES
from eoxserver.resources.coverages.models.eo_objects import EOObject

__all__ = ["Collection", "DatasetSeries", "Membership"]

_BATCH = 1000
_GATHERED = ("begin_time", "end_time", "footprint", *SIDES)


class Collection(EOObject):
    """Gathers objects; its footprint and times cover those of all members."""

    eo_objects = models.ManyToManyField(
        EOObject, through="coverages.Membership", through_fields=("collection", "eo_object"), related_name="collections"
    )

    class Meta:
        """Plain."""

        verbose_name = "collection"

    def __iter__(self) -> Iterator[EOObject]:
        """The members, as EOObjects of any type; ``cast()`` makes each what it is."""
        return iter(self.eo_objects.all())

    def insert(self, *eo_objects: EOObject) -> None:
        """Add members; footprint and times of this collection and those above it grow.

        Raises
        ------
        ValidationError
            When the collection would contain itself, or something is not saved; nothing is changed then.
        """
        unsaved = next((one for one in (self, *eo_objects) if one._state.adding), None)
        if unsaved is not None:
            raise ValidationError(f"'{unsaved}' is not saved yet", code="unsaved")
        alias = router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            manager = Membership.objects.using(alias)
            # Writing comes first: it makes other writers wait, so that all that is read below stays true.
            manager.bulk_create(
                [Membership(collection_id=self.pk, eo_object_id=one.pk) for one in eo_objects], ignore_conflicts=True
            )
            above = _above([self.pk], alias)
            for one in eo_objects:
                if one.pk in above:
                    raise ValidationError(f"'{self}' cannot contain '{one}', which contains it", code="cycle")
            first = manager.filter(collection_id=self.pk).count() <= len(eo_objects)
            if first:
                self.gather(alias)
            for collection in Collection.objects.using(alias).filter(pk__in=above):
                if not (first and collection.pk == self.pk):
                    collection.grow(eo_objects)
        self.refresh_from_db(using=alias, fields=_GATHERED)

    def remove(self, *eo_objects: EOObject) -> None:
        """Take members out; footprint and times of this collection and those above it shrink, to None at last."""
        alias = router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            keys = [one.pk for one in eo_objects]
            Membership.objects.using(alias).filter(collection_id=self.pk, eo_object_id__in=keys).delete()
            self.refresh()

    def refresh(self) -> None:
        """Gather footprint and times from the members again, then in every collection above."""
        alias = router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            keys = _above([self.pk], alias)
            members = Membership.objects.using(alias).filter(collection_id__in=keys, eo_object_id__in=keys)
            graph: dict[int, set[int]] = {key: set() for key in keys}
            for collection_id, member_id in members.values_list("collection_id", "eo_object_id"):
                graph[collection_id].add(member_id)
            collections = Collection.objects.using(alias).in_bulk(list(keys))
            for key in TopologicalSorter(graph).static_order():
                collections[key].gather(alias)
        self.refresh_from_db(using=alias, fields=_GATHERED)

    def gather(self, alias: str) -> None:
        """Compute footprint and times from the members alone, and write them; not those above (see ``refresh``)."""
        members = EOObject.objects.using(alias).filter(memberships__collection_id=self.pk)
        times = members.aggregate(begin=models.Min("begin_time"), end=models.Max("end_time"))
        footprints = members.filter(footprint__isnull=False).order_by("pk").values_list("footprint", flat=True)
        footprint = _union(footprints.iterator(chunk_size=_BATCH))
        self._write(alias, times["begin"], times["end"], footprint)

    def grow(self, eo_objects: Iterable[EOObject]) -> None:
        """Add footprints and times of new members to those there are, and write them; not those above."""
        alias = self._state.db or router.db_for_write(type(self), instance=self)
        new = EOObject.objects.using(alias).filter(pk__in=[one.pk for one in eo_objects])
        values = [(self.begin_time, self.end_time, self.footprint)]
        values += new.values_list("begin_time", "end_time", "footprint")
        self._write(
            alias,
            min((begin for begin, _, _ in values if begin is not None), default=None),
            max((end for _, end, _ in values if end is not None), default=None),
            _union(footprint for _, _, footprint in values if footprint is not None),
        )

    def _write(self, alias: str, begin: datetime | None, end: datetime | None, footprint: MultiPolygon | None) -> None:
        self.begin_time, self.end_time, self.footprint = begin, end, footprint
        EOObject.objects.using(alias).filter(pk=self.pk).update(begin_time=begin, end_time=end, footprint=footprint)


class DatasetSeries(Collection):
    """A collection that may hold any object: what EO-WCS (OGC 10-140r1) calls a dataset series."""

    class Meta:
        """Plain."""

        verbose_name = "dataset series"
        verbose_name_plural = "dataset series"


class Membership(models.Model):
    """That a collection contains an object."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="members")
    eo_object = models.ForeignKey(EOObject, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        """An object is in a collection once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["collection", "eo_object"], name="coverages_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.eo_object_id} in {self.collection_id}"


def _above(keys: Iterable[int], alias: str) -> set[int]:
    """Keys of collections and of all collections that contain them, at any distance."""
    found = set(keys)
    edge = set(found)
    while edge:
        parents = Membership.objects.using(alias).filter(eo_object_id__in=edge)
        edge = set(parents.values_list("collection_id", flat=True)) - found
        found |= edge
    return found


def _union(footprints: Iterable[MultiPolygon]) -> MultiPolygon | None:
    """One footprint for all; a single one stays as it is."""
    whole: MultiPolygon | None = None
    batch: list[MultiPolygon] = []
    for footprint in footprints:
        batch.append(footprint)
        if len(batch) >= _BATCH:
            whole, batch = _merged([*batch, *([whole] if whole is not None else [])]), []
    if batch:
        whole = _merged([*batch, *([whole] if whole is not None else [])])
    return whole


def _merged(footprints: list[MultiPolygon]) -> MultiPolygon:
    footprints = list(dict.fromkeys(footprints))
    if len(footprints) == 1:
        return footprints[0]
    try:
        union = shapely.union_all(footprints)
    except GEOSException:
        # Polygons that cross themselves came in without full_clean(); GEOS cannot always join them as they are.
        union = shapely.union_all([shapely.make_valid(footprint) for footprint in footprints])
    polygons = [part for part in shapely.get_parts(union) if isinstance(part, Polygon)]
    return MultiPolygon(polygons)
