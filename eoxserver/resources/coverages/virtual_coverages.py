# SPDX-License-Identifier: MIT
"""Virtual coverages in the catalogue: made, and given other sources, in one transaction each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

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

__all__ = ["VirtualCoverages"]

N_D_FORMAT = "application/netcdf"
"""Native format of coverages that are no images."""
_BATCH = 500
"""Identifiers in one query; databases bound them."""


class VirtualCoverages:
    """Makes them; used from all threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def planned(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> Coverage:
        """The coverage as it would be; nothing is changed.

        Parameters
        ----------
        sources : sequence of str
            Identifiers of the coverages it is read out of; cells of later ones lie over those of earlier ones.
        metadata : mapping of str to str
            Names and texts.

        Raises
        ------
        CoverageExists
            When there is something else of this identifier.
        NoSuchCoverage
            When there is no coverage of the name of a source.
        InvalidParameterValue
            When there is no source, or one stands there twice, or is a virtual coverage.
        InconsistentChange, InvalidSubsetting
            When a source does not go with the first one.
        """
        if not sources:
            raise InvalidParameterValue(f"virtual coverage '{identifier}' has no source", locator=identifier)
        twice = next((name for name, count in Counter(sources).items() if count > 1), None)
        if twice is not None:
            raise InvalidParameterValue(f"source '{twice}' stands there twice", locator=twice)
        with reading():
            if _is_other(identifier):
                raise _taken(identifier)
        coverages = self._catalogue.coverages(sources)
        with reading():
            virtual = min(virtual_among(sources), default=None)
        if virtual is not None:
            raise InvalidParameterValue(
                f"'{virtual}' is a virtual coverage itself; name the coverages it is read out of", locator=virtual
            )
        domain, range_type, source = compose(coverages)
        return Coverage(identifier, domain, range_type, source, metadata=metadata)

    def put(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> None:
        """Make a virtual coverage, or give one that is there other sources and metadata; parameters as ``planned``.

        Raises
        ------
        CoverageExists, NoSuchCoverage, InvalidParameterValue, InconsistentChange, InvalidSubsetting
            As ``planned``.
        """
        planned = self.planned(identifier, sources, metadata)
        with reading():
            try:
                with transaction.atomic():
                    row = self._row(planned)
                    found = _rows(sources)
                    domain = common_domain([(one.identifier, one.domain) for one in found])
                    models.VirtualSource.objects.filter(coverage=row).delete()
                    models.VirtualSource.objects.bulk_create(
                        models.VirtualSource(coverage=row, source=one, position=place)
                        for place, one in enumerate(found)
                    )
                    write_domain(row, domain)
            except IntegrityError as error:
                raise _taken(identifier) from error
            except ValidationError as error:
                raise InvalidParameterValue(
                    f"coverage '{identifier}' cannot be catalogued: {sentence(error)}", locator=identifier
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
    found: set[str] = set()
    for some in _batches([storable(name) for name in names]):
        rows = models.VirtualSource.objects.filter(coverage__identifier__in=some)
        found.update(rows.values_list("coverage__identifier", flat=True).distinct())
    return found


def _is_other(identifier: str) -> bool:
    """Whether a coverage or collection has this identifier, which is no virtual coverage."""
    name = storable(identifier)
    return models.EOObject.objects.filter(identifier=name).exists() and not virtual_among([name])


def _rows(names: Sequence[str]) -> list[models.Coverage]:
    rows: dict[str, models.Coverage] = {}
    for some in _batches(names):
        rows |= {row.identifier: row for row in models.Coverage.objects.filter(identifier__in=some)}
    for name in names:
        if name not in rows:
            raise NoSuchCoverage(f"coverage '{name}' was deleted meanwhile", locator=name)
    return [rows[name] for name in names]


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _BATCH] for start in range(0, len(names), _BATCH))


def _format(domain: Domain) -> str:
    return "" if len(domain.axes) == 2 else N_D_FORMAT


def _taken(identifier: str) -> CoverageExists:
    return CoverageExists(
        f"there is a coverage or collection '{identifier}' already, which is no virtual coverage", locator=identifier
    )
