# SPDX-License-Identifier: MIT
"""Extra metadata of a catalogued coverage: of fields and axes, and of its parts, which are found by their bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q

from eoxserver.core.domain import Domain
from eoxserver.core.metadata import NO_PARTS, ExtraMetadata, PartMetadata
from eoxserver.resources.coverages.models import MetadataBound, MetadataPart
from eoxserver.resources.database import reading

__all__ = ["StoredParts", "extra_details", "stored_extra", "write_parts"]

_BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredParts:
    """The parts of a coverage in the catalogue, as of a version."""

    coverage_key: int
    version: int | None = None
    """None: the latest."""

    def within(self, domain: Domain) -> Sequence[PartMetadata]:
        """Those that have positions in common with a domain, in the order in which they came; one query or two.

        Raises
        ------
        CatalogueUnavailable
            When the database does not answer.
        """
        outside = Q()
        for axis in domain.axes:
            outside |= Q(label=axis.label, high__lt=axis.low) | Q(label=axis.label, low__gt=axis.high)
        found = MetadataPart.objects.filter(coverage_id=self.coverage_key)
        if self.version is None:
            found = found.filter(until=None)
        else:
            found = found.filter(Q(until=None) | Q(until__gte=self.version), since__lte=self.version)
        if outside:
            found = found.exclude(Exists(MetadataBound.objects.filter(outside, part=OuterRef("pk"))))
        with reading():
            return [row.core for row in found.order_by("pk").prefetch_related("bounds")]


def extra_details(extra: ExtraMetadata, parts: bool) -> dict[str, Any] | None:
    """The column ``details`` of extra metadata; None when there is nothing to say.

    Parameters
    ----------
    parts : bool
        Whether there are metadata of parts, which have rows of their own.
    """
    found = {
        "document": extra.document,
        "fields": {name: dict(values) for name, values in extra.fields.items()},
        "axes": {label: dict(values) for label, values in extra.axes.items()},
        "parts": parts,
    }
    return {name: value for name, value in found.items() if value} or None


def stored_extra(details: Mapping[str, Any] | None, coverage_key: int, version: int | None = None) -> ExtraMetadata:
    """Extra metadata of the column ``details``; parts as of a version, the latest by default."""
    known = details or {}
    return ExtraMetadata(
        document=known.get("document", ""),
        fields=known.get("fields", {}),
        axes=known.get("axes", {}),
        parts=StoredParts(coverage_key, version) if known.get("parts") else NO_PARTS,
    )


def write_parts(coverage_key: int, version: int, parts: Iterable[PartMetadata]) -> None:
    """Write the parts that came with a version; those of the same bounds hold up to the version before."""
    remaining = iter(parts)
    while batch := list(islice(remaining, _BATCH)):
        rows = [MetadataPart.from_core(part, coverage_key, version) for part in batch]
        same = MetadataPart.objects.filter(coverage_id=coverage_key, until=None)
        same.filter(key__in=[row.key for row in rows]).update(until=version - 1)
        MetadataPart.objects.bulk_create(rows)
        MetadataBound.objects.bulk_create(
            MetadataBound(part=row, label=label, low=low, high=high)
            for row, part in zip(rows, batch, strict=True)
            for label, (low, high) in part.bounds.items()
        )
