# SPDX-License-Identifier: MIT
"""The base of everything in the catalogue: an object with an identifier, a time span and a footprint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Collection as AbstractCollection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from django.apps import apps
from django.core.exceptions import FieldError, ValidationError
from django.db import models, router, transaction

from eoxserver.resources.coverages.columns.footprint import SIDES, BoundField, FootprintField, box_columns
from eoxserver.resources.coverages.geometries import Box
from eoxserver.resources.coverages.identifiers import MAX_LENGTH, is_ncname
from eoxserver.resources.coverages.search.regions import Region, box_region

if TYPE_CHECKING:
    from eoxserver.resources.coverages.models.collections import Collection

__all__ = ["EOObject", "EOObjectManager", "EOObjectQuerySet", "validate_identifier"]

Object = TypeVar("Object", bound="EOObject")
Method = TypeVar("Method", bound=Callable[..., object])


if TYPE_CHECKING:
    TextColumn = models.CharField[str, str]
else:
    # Django's fields take type parameters for the type checker only.
    TextColumn = models.CharField


def validate_identifier(identifier: str) -> None:
    """Refuse what is no NCName; raises ValidationError."""
    if not is_ncname(identifier):
        raise ValidationError(
            f"'{identifier}' is not an identifier; accepted: a letter or '_', then letters, digits, '_', '-', '.'",
            code="invalid",
        )


def _only_of_querysets(method: Method) -> Method:
    """Keep a method from becoming one of managers and of templates, as Django does with its own."""
    method.__dict__.update(queryset_only=True, alters_data=True)
    return method


class RealTypeField(TextColumn):
    """The label of the model an object was made as; written once, when it is new."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 100, "editable": False, "db_index": True, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The label of the instance's own type, unless it has one."""
        if not getattr(model_instance, self.attname):
            setattr(model_instance, self.attname, model_instance._meta.label_lower)
        return cast("str", super().pre_save(model_instance, add))


class StoredConstraint(models.CheckConstraint):
    """A condition that the database keeps; ``clean()`` says the same in better words, and without a query."""

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: AbstractCollection[str] | None = None,
        using: str = "default",
    ) -> None:
        """Leave it to ``clean()``."""


class EOObjectQuerySet(models.QuerySet[Object]):
    """Django's QuerySet, which also searches by place and time, and keeps derived columns right."""

    def search(
        self,
        bbox: Box | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
        *,
        contained: bool = False,
        closed: bool = True,
    ) -> Self:
        """The objects at a place and in a time span, by one look-up of one index.

        Parameters
        ----------
        bbox : tuple, optional
            West, south, east, north [degrees]; a west beyond the east crosses the date line. Objects without
            footprint are not found.
        begin, end : datetime, optional
            The time span; objects without any time are not found.
        contained : bool
            Whether objects must lie within box and span, instead of meeting them.
        closed : bool
            Whether the span contains its ends.

        Raises
        ------
        ValueError
            When the box is none, or the span ends before it begins.
        """
        if bbox is None and begin is None and end is None:
            return self.all()
        region = Region(None, begin, end, closed) if bbox is None else box_region(bbox, begin, end, closed)
        found = self.filter(**{"footprint__within" if contained else "footprint__intersects": region})
        if contained and begin is not None:
            found = found.filter(begin_time__gte=begin)
        if contained and end is not None:
            found = found.filter(end_time__lte=end)
        return found

    def update(self, **kwargs: Any) -> int:
        """As Django's; the box columns follow the footprint."""
        if "footprint" in kwargs and not set(SIDES) <= set(kwargs):
            footprint = kwargs["footprint"]
            if hasattr(footprint, "resolve_expression"):
                raise FieldError("footprint takes a geometry, not an expression")
            converted = cast("FootprintField", self.model._meta.get_field("footprint")).to_python(footprint)
            kwargs = {**kwargs, "footprint": converted, **box_columns(converted)}
        return super().update(**kwargs)

    def bulk_update(self, objs: Iterable[Object], fields: Iterable[str], batch_size: int | None = None) -> int:
        """As Django's; the box columns follow the footprint."""
        objs, fields = list(objs), list(fields)
        if "footprint" in fields:
            for one in objs:
                for side, value in box_columns(one.footprint).items():
                    setattr(one, side, value)
            fields = list(dict.fromkeys([*fields, *SIDES]))
        return super().bulk_update(objs, fields, batch_size=batch_size)

    @_only_of_querysets
    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's; the collections the objects were in forget their footprints and times."""
        if self.query.is_sliced or self.query.distinct or getattr(self, "_fields", None) is not None:
            return super().delete()
        with transaction.atomic(using=self.db):
            keys = list(self.order_by().values_list("pk", flat=True))
            above = _collections_of(keys, self.db)
            deleted = super().delete()
            _refresh(above, self.db)
        return deleted


EOObjectManager = models.Manager.from_queryset(EOObjectQuerySet)


class EOObject(models.Model):
    """Anything with an identifier, a time span and a footprint."""

    identifier = models.CharField(
        max_length=MAX_LENGTH,
        unique=True,
        validators=[validate_identifier],
        error_messages={"unique": "there is already an object with this identifier"},
        help_text="NCName, unique among coverages and collections.",
    )
    real_type = RealTypeField()
    title = models.CharField(max_length=1000, blank=True, default="")
    abstract = models.TextField(blank=True, default="")
    visible = models.BooleanField(default=True, help_text="Whether it is listed in capabilities; it is served anyway.")
    begin_time = models.DateTimeField(null=True, blank=True, db_index=True)
    end_time = models.DateTimeField(null=True, blank=True, db_index=True)
    footprint = FootprintField(null=True, blank=True, help_text="In EPSG:4326, longitude first.")
    west = BoundField("west")
    south = BoundField("south")
    east = BoundField("east")
    north = BoundField("north")
    metadata = models.JSONField(default=dict, blank=True, help_text="Names and texts.")

    objects: ClassVar[EOObjectManager[Self]] = EOObjectManager()

    class Meta:
        """One time must not lie before the other; a footprint has its box."""

        verbose_name = "EO object"
        constraints: ClassVar = [
            StoredConstraint(
                name="coverages_time_order",
                condition=models.Q(begin_time__lte=models.F("end_time"))
                | models.Q(begin_time__isnull=True)
                | models.Q(end_time__isnull=True),
            ),
            StoredConstraint(
                name="coverages_footprint_box",
                condition=models.Q(footprint__isnull=True, west__isnull=True)
                | models.Q(
                    footprint__isnull=False,
                    west__isnull=False,
                    south__isnull=False,
                    east__isnull=False,
                    north__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.identifier

    def clean(self) -> None:
        """Check the times, and bring the box columns up to date; raises ValidationError."""
        super().clean()
        for name in ("begin_time", "end_time"):
            instant = getattr(self, name)
            if isinstance(instant, datetime) and instant.tzinfo is None:
                raise ValidationError({name: f"{instant} has no time zone; times are in UTC"})
        if self.begin_time is not None and self.end_time is not None and self.begin_time > self.end_time:
            raise ValidationError({"end_time": f"{self.end_time} lies before begin_time {self.begin_time}"})
        try:
            columns = box_columns(self.footprint)
        except ValueError as error:
            raise ValidationError({"footprint": str(error)}) from error
        for side, value in columns.items():
            setattr(self, side, value)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's; ``update_fields`` with the footprint means its box too."""
        fields = kwargs.get("update_fields")
        if fields is not None and "footprint" in fields:
            kwargs["update_fields"] = {*fields, *SIDES}
        super().save(*args, **kwargs)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """As Django's; the collections the object was in forget its footprint and times."""
        alias = using or router.db_for_write(type(self), instance=self)
        if keep_parents or self.pk is None:
            return super().delete(using=using, keep_parents=keep_parents)
        with transaction.atomic(using=alias):
            above = _collections_of([self.pk], alias)
            deleted = super().delete(using=using)
            _refresh(above, alias)
        return deleted

    def cast(self) -> EOObject:
        """The object as its actual type: itself, without a query, if it is of that type already."""
        if not self.real_type or self.real_type == self._meta.label_lower:
            return self
        model = cast("type[EOObject]", apps.get_model(self.real_type))
        return model._default_manager.using(self._state.db).get(pk=self.pk)


def _collections_of(keys: Sequence[int], alias: str) -> list[int]:
    """Keys of the collections that contain one of the objects and are none of them."""
    membership = apps.get_model("coverages.membership")
    found: set[int] = set()
    for start in range(0, len(keys), 500):
        part = membership._default_manager.using(alias).filter(eo_object_id__in=keys[start : start + 500])
        found.update(part.values_list("collection_id", flat=True))
    return sorted(found - set(keys))


def _refresh(keys: Sequence[int], alias: str) -> None:
    """Let collections and those above them gather their metadata again."""
    model: type[Collection] = apps.get_model("coverages.collection")
    for collection in model._default_manager.using(alias).filter(pk__in=keys):
        collection.refresh()
