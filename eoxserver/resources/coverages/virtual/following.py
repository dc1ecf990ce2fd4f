# SPDX-License-Identifier: MIT
"""What a change of a coverage means for the virtual coverages that are read out of it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.extents import extent
from eoxserver.resources.coverages.virtual.composing import common_domain

__all__ = ["follow_source", "source_domains", "users", "write_domain"]

log = logging.getLogger(__name__)


def follow_source(source_key: int) -> None:
    """Let the virtual coverages over a coverage that has grown be as large, within the caller's transaction.

    What this costs does not depend on how many other sources they have. One that the coverage does not go with any more
    stays as it is; whoever reads it is told why.
    """
    for link in models.VirtualSource.objects.filter(source_id=source_key).select_related("coverage", "source"):
        row, source = link.coverage, link.source
        try:
            domain = common_domain([(row.identifier, row.domain), (source.identifier, source.domain)])
        except (EOxServerError, ValueError) as error:
            log.warning("virtual coverage %s does not follow its sources: %s", row.identifier, error)
            continue
        if domain != row.domain:
            write_domain(row, domain)


def source_domains(key: int) -> list[tuple[str, Domain]]:
    """Identifiers and domains of the sources of a virtual coverage, in their order."""
    links = models.VirtualSource.objects.filter(coverage_id=key).order_by("position").select_related("source")
    return [(link.source.identifier, link.source.domain) for link in links]


def write_domain(row: models.Coverage, domain: Domain) -> None:
    """Write the axes of a coverage, and what follows from them."""
    row.crs = domain.horizontal_crs
    for name, value in extent(domain).items():
        setattr(row, name, value)
    row.save()
    row.set_domain(domain)
    for collection in models.Collection.objects.filter(members__eo_object_id=row.pk):
        collection.insert(models.EOObject.objects.get(pk=row.pk))


def users(keys: Collection[int]) -> Iterable[tuple[str, str]]:
    """Coverages among some that others are read out of, and one of these others each; those among them do not count."""
    links = models.VirtualSource.objects.filter(source_id__in=keys).exclude(coverage_id__in=keys)
    return links.order_by("position").values_list("source__identifier", "coverage__identifier")
