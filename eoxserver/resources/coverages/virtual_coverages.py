# SPDX-License-Identifier: MIT
"""Virtual coverages in the catalogue: made, and given other sources, in one transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CoverageExists, InvalidParameterValue, NoSuchCoverage
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.catalogue import Catalogue
from eoxserver.resources.coverages.registration.collections import sentence
from eoxserver.resources.coverages.virtual.composing import common_domain, compose
from eoxserver.resources.coverages.virtual.following import write_domain
from eoxserver.resources.database import reading, storable

__all__ = ["NewVirtual", "VirtualCoverages"]

N_D_FORMAT = "application/netcdf"
"""Native format of coverages that are no images."""


@dataclass(frozen=True)
class NewVirtual:
    """What a virtual coverage is to be."""

    identifier: str
    sources: tuple[str, ...]
    """Identifiers of the coverages it is read out of; cells of later ones lie over those of earlier ones."""
    metadata: Mapping[str, str] = field(default_factory=dict)


class VirtualCoverages:
    """Makes them; used from all threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def planned(self, new: NewVirtual) -> Coverage:
        """The coverage as it would be; nothing is changed.

        Raises
        ------
        NoSuchCoverage
            When there is no coverage of the name of a source.
        InvalidParameterValue
            When there is no source, or one stands there twice, or is a virtual coverage.
        InconsistentChange, InvalidSubsetting
            When a source does not go with the first one.
        """
        names = new.sources
        if not names:
            raise InvalidParameterValue(f"virtual coverage '{new.identifier}' has no source", locator=new.identifier)
        if len(set(names)) != len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise InvalidParameterValue(f"source '{twice}' stands there twice", locator=twice)
        coverages = self._catalogue.coverages(names)
        with reading():
            virtual = min(virtual_among(names), default=None)
        if virtual is not None:
            raise InvalidParameterValue(
                f"'{virtual}' is a virtual coverage itself; name the coverages it is read out of", locator=virtual
            )
        domain, range_type, source = compose(coverages)
        return Coverage(new.identifier, domain, range_type, source, metadata=new.metadata)

    def put(self, new: NewVirtual) -> None:
        """Make a virtual coverage, or give one that is there other sources and metadata.

        Raises
        ------
        CoverageExists
            When there is something else of this identifier.
        NoSuchCoverage, InvalidParameterValue, InconsistentChange, InvalidSubsetting
            As ``planned``.
        """
        planned = self.planned(new)
        with reading():
            try:
                with transaction.atomic():
                    row = self._row(planned)
                    sources = _rows(new.sources)
                    domain = common_domain([(one.identifier, one.domain) for one in sources])
                    models.VirtualSource.objects.filter(coverage=row).delete()
                    models.VirtualSource.objects.bulk_create(
                        models.VirtualSource(coverage=row, source=one, position=place)
                        for place, one in enumerate(sources)
                    )
                    write_domain(row, domain)
            except IntegrityError as error:
                raise _taken(new.identifier) from error
            except ValidationError as error:
                raise InvalidParameterValue(
                    f"coverage '{new.identifier}' cannot be catalogued: {sentence(error)}", locator=new.identifier
                ) from error

    def _row(self, planned: Coverage) -> models.Coverage:
        """The row, made or brought up to date. Writing comes first: it makes other writers wait."""
        found = models.Coverage.objects.filter(identifier=storable(planned.identifier))
        if models.EOObject.objects.filter(pk__in=found.values("pk")).update(visible=F("visible")):
            row = found.get()
            if not models.VirtualSource.objects.filter(coverage=row).exists():
                raise _taken(planned.identifier)
        else:
            row = models.Coverage(identifier=planned.identifier)
        row.range_type = planned.range_type
        row.metadata = dict(planned.metadata)
        row.native_format = _format(planned.domain)
        row.crs = planned.domain.horizontal_crs
        row.full_clean(validate_unique=False)
        row.save()
        return row


def virtual_among(names: Iterable[str]) -> set[str]:
    """Those of these identifiers that virtual coverages have."""
    found = models.VirtualSource.objects.filter(coverage__identifier__in=[storable(name) for name in names])
    return set(found.values_list("coverage__identifier", flat=True).distinct())


def _rows(names: Sequence[str]) -> list[models.Coverage]:
    rows = {row.identifier: row for row in models.Coverage.objects.filter(identifier__in=names)}
    for name in names:
        if name not in rows:
            raise NoSuchCoverage(f"coverage '{name}' was deleted meanwhile", locator=name)
    return [rows[name] for name in names]


def _format(domain: Domain) -> str:
    return "" if len(domain.axes) == 2 else N_D_FORMAT


def _taken(identifier: str) -> CoverageExists:
    return CoverageExists(
        f"there is a coverage or collection '{identifier}' already, which is no virtual coverage", locator=identifier
    )
