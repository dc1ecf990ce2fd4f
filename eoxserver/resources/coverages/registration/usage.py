# SPDX-License-Identifier: MIT
"""What in the catalogue uses a storage or package, so that it is not taken away from under it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.storing import CHAIN

__all__ = ["usage_text"]

NAMED = 5
"""Coverages and packages that are named; of more, the number is told."""


def usage_text(used: Storage | Package) -> str:
    """Say which coverages and packages lie in a storage or package; empty when none does."""
    where = Q(storage=used) if isinstance(used, Storage) else Q(package=used)
    items = DataItem.objects.filter(where).order_by("dataset__identifier")
    packages = Package.objects.filter(where).order_by("location").select_related(*CHAIN[:2])
    return " and ".join(part for part in (_items_text(items), _packages_text(packages)) if part)


def _items_text(items: QuerySet[DataItem]) -> str:
    count = items.count()
    names = items.values_list("dataset__identifier", flat=True).distinct()[: NAMED + 1]
    what = f"{count} data item{'s' if count > 1 else ''} of coverage{'s' if len(names) > 1 else ''}"
    return f"{what} {_some(list(names))}" if count else ""


def _packages_text(packages: QuerySet[Package]) -> str:
    count = packages.count()
    names = [str(Place.of_item(package)) for package in packages[: NAMED + 1]]
    return f"{count} package{'s' if count > 1 else ''} {_some(names)}" if count else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
