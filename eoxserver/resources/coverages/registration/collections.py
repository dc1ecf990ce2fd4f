# SPDX-License-Identifier: MIT
"""What an operator does with collections: make, fill, empty and delete them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from eoxserver.core.errors import NoSuchCoverage, RegistrationRefused, suggest
from eoxserver.resources.coverages import models

__all__ = ["Collections", "sentence"]

SUGGESTIONS = 200
"""Identifiers that are looked at for a similar one."""


class Collections:
    """Collections of the catalogue, by identifier."""

    def create(self, identifier: str, title: str = "", members: Iterable[str] = ()) -> models.DatasetSeries:
        """Make a collection, with members if wanted.

        Raises
        ------
        RegistrationRefused
            When the identifier is taken or none.
        NoSuchCoverage
            When a member does not exist.
        """
        series = models.DatasetSeries(identifier=identifier, title=title)
        try:
            with transaction.atomic():
                series.full_clean()
                series.save()
                if members := list(members):
                    series.insert(*[self.find(member) for member in members])
        except ValidationError as error:
            raise RegistrationRefused(f"collection '{identifier}': {sentence(error)}", locator=identifier) from error
        return series

    def insert(self, identifier: str, members: Iterable[str]) -> None:
        """Insert coverages and collections, all or none; raises as ``create``."""
        collection = self.get(identifier)
        try:
            collection.insert(*[self.find(member) for member in members])
        except ValidationError as error:
            raise RegistrationRefused(sentence(error), locator=identifier) from error

    def remove(self, identifier: str, members: Iterable[str]) -> None:
        """Take members out, all or none; what is no member is refused.

        Raises
        ------
        NoSuchCoverage
            When the collection does not exist, or has no such member.
        """
        collection = self.get(identifier)
        found = [self.find(member) for member in members]
        inside = set(collection.eo_objects.filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
        for one in found:
            if one.pk not in inside:
                raise NoSuchCoverage(f"'{one.identifier}' is not in collection '{identifier}'", locator=one.identifier)
        collection.remove(*found)

    def delete(self, identifier: str) -> None:
        """Delete a collection; its members stay. Raises NoSuchCoverage."""
        self.get(identifier).delete()

    def get(self, identifier: str) -> models.Collection:
        """The collection of this identifier; raises NoSuchCoverage."""
        found = self.find(identifier, models.Collection.objects).cast()
        assert isinstance(found, models.Collection)
        return found

    def coverage(self, identifier: str) -> models.Coverage:
        """The coverage of this identifier; raises NoSuchCoverage."""
        found = self.find(identifier, models.Coverage.objects).cast()
        assert isinstance(found, models.Coverage)
        return found

    def find(self, identifier: str, among: models.EOObjectManager[models.EOObject] | None = None) -> models.EOObject:
        """The object of this identifier, of any kind or among some; raises NoSuchCoverage."""
        manager = models.EOObject.objects if among is None else among
        found = manager.filter(identifier=identifier).first()
        if found is not None:
            return found
        kind = {models.Coverage: "coverage", models.Collection: "collection"}.get(manager.model, "object")
        known = manager.order_by("identifier").values_list("identifier", flat=True)[:SUGGESTIONS]
        other = models.EOObject.objects.filter(identifier=identifier).first()
        what = f"; it is a {type(other.cast()).__name__}" if other is not None else ""
        raise NoSuchCoverage(f"no {kind} '{identifier}'{what}; {suggest(identifier, known)}", locator=identifier)

    def check_name(self, identifier: str) -> None:
        """Refuse an identifier under which there can be no collection; raises RegistrationRefused."""
        found = models.EOObject.objects.filter(identifier=identifier).first()
        if found is None:
            try:
                models.DatasetSeries(identifier=identifier).full_clean()
            except ValidationError as error:
                raise RegistrationRefused(
                    f"collection '{identifier}': {sentence(error)}", locator="collection"
                ) from error
        elif not isinstance(actual := found.cast(), models.Collection):
            raise RegistrationRefused(
                f"'{identifier}' is a {type(actual).__name__} and cannot take members", locator="collection"
            )

    def add(self, identifier: str, members: Sequence[models.EOObject]) -> None:
        """Insert those that are not in it yet into a collection, which is made when there is none."""
        found = models.Collection.objects.filter(identifier=identifier).first() or self._made(identifier)
        keys = [member.pk for member in members]
        inside = set(found.eo_objects.filter(pk__in=keys).values_list("pk", flat=True))
        if outside := [member for member in members if member.pk not in inside]:
            found.insert(*outside)

    def _made(self, identifier: str) -> models.Collection:
        """A new collection, or the one that another process has made meanwhile."""
        try:
            return self.create(identifier)
        except (RegistrationRefused, IntegrityError):
            other = models.Collection.objects.filter(identifier=identifier).first()
            if other is None:
                raise
            return other


def sentence(error: Exception) -> str:
    """An error of Django's as one line."""
    if isinstance(error, ValidationError):
        return "; ".join(" ".join(message.split()) for message in error.messages)
    return " ".join(str(error).split())
