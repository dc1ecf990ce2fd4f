# SPDX-License-Identifier: MIT
"""Writing coverages into the catalogue, with their data items and the packages those lie in."""

from __future__ import annotations

from collections.abc import Iterable

from eoxserver.backends.locations import Location, StorageRecord
from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.core.errors import RegistrationRefused
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Proposal

__all__ = ["CHAIN", "addresses", "data_item", "package_row", "storage_of", "store"]

CHAIN = ("storage", "package__storage", "package__package__storage")
"""For ``select_related``: where a data item lies, in packages that are not nested more deeply than most."""


def store(proposal: Proposal, formats: FormatRegistry) -> models.Coverage:
    """Write a coverage, its axes, its data items and the packages they lie in.

    Raises
    ------
    ValidationError
        When something cannot be as it is.
    RegistrationRefused
        When a storage is no longer in the catalogue.
    """
    common = {
        "identifier": proposal.identifier,
        "title": proposal.title[:1000],
        "begin_time": proposal.begin_time,
        "end_time": proposal.end_time,
        "footprint": proposal.footprint,
        "range_type": proposal.range_type,
        "metadata": dict(proposal.metadata),
    }
    coverage: models.RectifiedDataset | models.ReferenceableDataset
    if proposal.tie_points is None:
        coverage = models.RectifiedDataset(**common, **models.RectifiedDataset.columns_of(proposal.domain))
    else:
        height, width = proposal.domain.shape[-2:]
        coverage = models.ReferenceableDataset(**common, size_x=width, size_y=height, tie_points=proposal.tie_points)
        coverage.crs = proposal.tie_points.crs
    coverage.full_clean()
    coverage.save()
    if len(proposal.domain.axes) > 2:
        coverage.set_domain(proposal.domain)
    for item in proposal.items:
        mime = item.metadata_format or formats.mime_of_driver(item.driver) or ""
        data_item(coverage, item.place.location, item.semantic, item.driver, mime)
    return coverage


def data_item(coverage: models.Coverage, location: Location, semantic: str, driver: str, mime: str) -> DataItem:
    """Write a data item, and the packages it lies in; raises as ``store``."""
    package = package_row(location)
    row = DataItem(
        dataset=coverage,
        location=location.path,
        storage=_storage_row(location.storage) if package is None else None,
        package=package,
        semantic=semantic,
        gdal_driver_name=driver,
        format=mime,
    )
    row.full_clean(exclude=["dataset"])
    row.save()
    return row


def package_row(location: Location) -> Package | None:
    """The innermost package of a location, made with those around it where there is none yet; None without any."""
    storage = _storage_row(location.storage) if location.packages else None
    package: Package | None = None
    for record in location.packages:
        place = {"storage": storage if package is None else None, "package": package, "location": record.path}
        found = Package.objects.filter(**place, format__iexact=record.format).order_by("pk").first()
        if found is None:
            found = Package(**place, format=record.format)
            found.full_clean()
            found.save()
        package = found
    return package


def _storage_row(record: StorageRecord | None) -> Storage | None:
    """The storage of the catalogue that a record was made from; raises RegistrationRefused when it is gone."""
    if record is None:
        return None
    found = Storage.objects.filter(
        storage_type__iexact=record.type, url=record.url, credentials=record.credentials
    ).order_by("pk")
    storage = found.first()
    if storage is None:
        raise RegistrationRefused(f"storage {record.url} is no longer in the catalogue", locator=record.url)
    return storage


def storage_of(item: DataItem | Package) -> Storage | None:
    """The storage of the catalogue that something lies in, through whatever packages."""
    found = item
    while found.storage is None and found.package is not None:
        found = found.package
    return found.storage


def addresses(items: Iterable[DataItem]) -> set[str]:
    """Where the cells of data items lie; items that have none are passed over."""
    return {Place.of_item(item).address for item in items if item.semantic.startswith(("bands", models.SLICE))}
