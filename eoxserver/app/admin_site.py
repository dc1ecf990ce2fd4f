# SPDX-License-Identifier: MIT
"""What administrators may look at and change in a browser, at ``/admin/``.

Texts and visibility of coverages and collections, and users can be changed; what registration found in the
data (grid, range type, footprint, times) is shown, and changed by registering again. Collections get and lose
members by ``eoxserver collection``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from eoxserver.backends.credentials import shown_url
from eoxserver.backends.locations import location_of, shown_address
from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.core.errors import DataUnavailable
from eoxserver.resources.coverages.models import (
    DatasetSeries,
    EOObject,
    RectifiedDataset,
    RectifiedStitchedMosaic,
    ReferenceableDataset,
)

__all__ = ["register_models"]

EDITABLE = ("title", "abstract", "visible", "metadata")

if TYPE_CHECKING:
    DataItemAdminBase = admin.ModelAdmin[DataItem]
    EOObjectAdminBase = admin.ModelAdmin[EOObject]
    PackageAdminBase = admin.ModelAdmin[Package]
    StorageAdminBase = admin.ModelAdmin[Storage]
else:
    # Django's classes take type parameters for the type checker only.
    DataItemAdminBase = EOObjectAdminBase = PackageAdminBase = StorageAdminBase = admin.ModelAdmin


class EOObjectAdmin(EOObjectAdminBase):
    """Coverages and collections: a searchable list, texts that can be changed."""

    list_display = ("identifier", "title", "begin_time", "end_time", "visible")
    list_filter = ("visible",)
    search_fields = ("identifier", "title")
    show_full_result_count = False

    def columns(self) -> list[str]:
        """Every column of the model, the derived and inherited keys left out."""
        left_out = ("id", "real_type", "west", "south", "east", "north")
        return [
            field.name
            for field in self.model._meta.concrete_fields
            if field.name not in left_out and not field.name.endswith("_ptr")
        ]

    def get_fields(self, request: HttpRequest, obj: EOObject | None = None) -> list[Any]:
        """The columns of the model."""
        return list(self.columns())

    def get_readonly_fields(self, request: HttpRequest, obj: EOObject | None = None) -> list[str]:
        """All but the texts."""
        return [name for name in self.columns() if name not in EDITABLE]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: coverages are registered from data."""
        return False


class DataItemAdmin(DataItemAdminBase):
    """Data items: a searchable list; what they belong to is named by key, not chosen from all there is."""

    list_display = ("where", "dataset", "semantic", "format")
    list_select_related = ("dataset", "storage", "package__storage", "package__package__storage")
    search_fields = ("location", "dataset__identifier")
    raw_id_fields = ("dataset", "package", "storage")
    readonly_fields = ("where",)
    show_full_result_count = False

    @admin.display(description="where it is")
    def where(self, item: DataItem) -> str:
        """Storage, packages and location."""
        return _where(item)


class PackageAdmin(PackageAdminBase):
    """Packages: as data items."""

    list_display = ("where", "format")
    list_select_related = ("storage", "package__storage")
    search_fields = ("location",)
    raw_id_fields = ("package", "storage")
    readonly_fields = ("where",)
    show_full_result_count = False

    @admin.display(description="where it is")
    def where(self, package: Package) -> str:
        """Storage, packages and location."""
        return _where(package)


class StorageAdmin(StorageAdminBase):
    """Storages: where they are, and where their credentials are found, never what these are."""

    list_display = ("name", "storage_type", "shown", "credentials")
    list_filter = ("storage_type",)
    search_fields = ("name", "url")

    @admin.display(description="URL")
    def shown(self, storage: Storage) -> str:
        """Its URL, without what may be a secret."""
        return shown_url(storage.url)


def _where(item: DataItem | Package) -> str:
    """The whole way to a file."""
    try:
        return shown_address(location_of(item))
    except DataUnavailable as error:
        return error.message


def register_models(site: admin.AdminSite) -> None:
    """Put the catalogue's models on an admin site, once."""
    for model in (RectifiedDataset, ReferenceableDataset, RectifiedStitchedMosaic, DatasetSeries):
        if not site.is_registered(model):
            site.register(model, EOObjectAdmin)
    if not site.is_registered(Storage):
        site.register(Storage, StorageAdmin)
    if not site.is_registered(Package):
        site.register(Package, PackageAdmin)
    if not site.is_registered(DataItem):
        site.register(DataItem, DataItemAdmin)
