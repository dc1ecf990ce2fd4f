# SPDX-License-Identifier: MIT
"""What capabilities say beside what is served: INSPIRE marks of coverages, and texts on the service.

They are in the catalogue, so that all workers say the same, and the version of the catalogue grows with each change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction

from eoxserver.core.errors import NoSuchCoverage
from eoxserver.resources.coverages import models
from eoxserver.resources.database import reading, storable

__all__ = ["Announcements", "MarkedCoverage"]


@dataclass(frozen=True, slots=True)
class MarkedCoverage:
    """A coverage that is an INSPIRE spatial data set."""

    identifier: str
    metadata_url: str
    """Of its metadata record."""


class Announcements:
    """Reads and changes them; made once by the application, used from all threads."""

    def marked(self) -> Iterator[MarkedCoverage]:
        """The visible coverages with an INSPIRE mark, by identifier."""
        found = models.InspireMark.objects.filter(coverage__visible=True).order_by("coverage__identifier")
        with reading():
            for identifier, url in found.values_list("coverage__identifier", "metadata_url").iterator():
                yield MarkedCoverage(identifier, url)

    def mark(self, identifier: str, metadata_url: str) -> None:
        """Mark a coverage, or with an empty URL take its mark away; raises NoSuchCoverage."""
        with reading(), transaction.atomic():
            coverages = models.Coverage.objects.filter(identifier=storable(identifier))
            key = coverages.values_list("pk", flat=True).first()
            if key is None:
                raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)
            marks = models.InspireMark.objects
            if metadata_url:
                marks.update_or_create(coverage_id=key, defaults={"metadata_url": storable(metadata_url)})
            else:
                marks.filter(coverage_id=key).delete()

    def service_texts(self) -> dict[str, str]:
        """Texts that hold instead of those of the configuration, by setting."""
        with reading():
            return dict(models.ServiceText.objects.values_list("name", "value"))

    def set_service_texts(self, texts: Mapping[str, str]) -> None:
        """Let texts hold, by setting, all or none; others stay as they are."""
        with reading(), transaction.atomic():
            for name, value in texts.items():
                models.ServiceText.objects.update_or_create(name=name, defaults={"value": storable(value)})
