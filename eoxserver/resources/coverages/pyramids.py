# SPDX-License-Identifier: MIT
"""Pyramids: coverages, and other coverages that are the same with larger cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection, transaction

from eoxserver.backends.cubes.storage import CubeStorage
from eoxserver.backends.models import DataItem
from eoxserver.core.errors import InvalidParameterValue, NoSuchCoverage
from eoxserver.resources.coverages import models
from eoxserver.resources.database import reading, storable
from eoxserver.resources.statements import Statement

__all__ = ["Member", "PyramidCatalogue", "served_state", "virtual_state"]


@dataclass(frozen=True, slots=True)
class Member:
    """A coarser version of a coverage."""

    identifier: str
    factors: tuple[float, ...]
    """Cells of the base per cell along each axis, in CRS order."""
    base_state: str = ""
    """Version of the base that it was made of (``PyramidCatalogue.state``); empty: whatever the base is."""


class PyramidCatalogue:
    """Which coverages are in the pyramids of others; made once by the application, used from all threads."""

    def members(self, identifier: str) -> tuple[Member, ...]:
        """The members of a coverage's pyramid, from the finest to the coarsest."""
        with reading():
            rows = _members_statement(connection.vendor).rows(storable(identifier))
            found = [Member(name, tuple(map(float, factors)), state) for name, factors, state in rows]
        return tuple(sorted(found, key=lambda one: (math.prod(one.factors), one.identifier)))

    def state(self, identifier: str) -> str:
        """The version of a coverage that is served; empty when it is read from files, whose versions nobody knows.

        Of a virtual coverage those of its sources.
        """
        with reading():
            items = DataItem.objects.filter(dataset__identifier=storable(identifier)).select_related("storage")
            return served_state(items) if items else virtual_state(identifier)

    def follow(self, identifier: str, member: str, before: str, after: str) -> None:
        """Say that a member was made of a later version of its base, unless it was made of another one than before."""
        with reading():
            rows = models.PyramidMember.objects.filter(
                base__identifier=storable(identifier), member__identifier=storable(member), base_state=before
            )
            rows.update(base_state=after)

    def add(self, identifier: str, members: Mapping[str, Sequence[float]], state: str = "") -> None:
        """Take coverages into a pyramid, all or none.

        Parameters
        ----------
        members : mapping of str to sequence of float
            The factors of each along the axes, in CRS order.
        state : str
            Version of the coverage that they were made of; empty: whatever it is.

        Raises
        ------
        NoSuchCoverage
        InvalidParameterValue
            When one is a member already.
        """
        with reading(), transaction.atomic():
            keys = _keys([identifier, *members])
            for name, factors in members.items():
                _, made = models.PyramidMember.objects.get_or_create(
                    base_id=keys[identifier],
                    member_id=keys[name],
                    defaults={"factors": list(factors), "base_state": state},
                )
                if not made:
                    raise InvalidParameterValue(
                        f"'{name}' is a member of the pyramid of '{identifier}' already", locator=name
                    )

    def remove(self, identifier: str, members: Sequence[str]) -> None:
        """Take coverages out of a pyramid, all or none; they stay coverages.

        Raises
        ------
        NoSuchCoverage
        InvalidParameterValue
            When one is no member.
        """
        with reading(), transaction.atomic():
            keys = _keys([identifier])
            for name in members:
                rows = models.PyramidMember.objects.filter(base_id=keys[identifier], member__identifier=storable(name))
                if not rows.delete()[0]:
                    raise InvalidParameterValue(f"'{name}' is no member of the pyramid of '{identifier}'", locator=name)


def served_state(items: Iterable[DataItem]) -> str:
    """The versions of cubes among the data items of a coverage."""
    places = (one.location for one in items if one.storage is not None and one.storage.key == CubeStorage.key)
    return " ".join(places)


def virtual_state(identifier: str) -> str:
    """The versions of the cubes that a virtual coverage is read out of; empty for any other."""
    used = DataItem.objects.filter(dataset__virtual_uses__coverage__identifier=storable(identifier))
    return served_state(used.exclude(semantic=models.SLICE).select_related("storage").order_by("pk"))


def _keys(identifiers: Sequence[str]) -> dict[str, int]:
    rows = models.Coverage.objects.filter(identifier__in=[storable(one) for one in identifiers])
    keys = dict(rows.values_list("identifier", "pk"))
    missing = [one for one in identifiers if one not in keys]
    if missing:
        raise NoSuchCoverage(f"no coverage '{', '.join(missing)}'", locator=",".join(missing))
    return keys


@lru_cache
def _members_statement(_vendor: str) -> Statement:
    base = "\0"
    members = models.PyramidMember.objects.filter(base__identifier=base)
    return Statement.of(members.values_list("member__identifier", "factors", "base_state"), base)
