# SPDX-License-Identifier: MIT
"""Where the data of coverages lies: storages, packages in them, and data items, the files themselves."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from eoxserver.backends.credentials import shown_url
from eoxserver.backends.semantics import band_range, check_semantic

__all__ = ["CREDENTIALS_HINT", "DataItem", "Package", "Storage"]

CREDENTIALS_HINT = (
    "'eoxserver storage add NAME URL --credentials env:VARIABLE' (or file:/path) says where to find it, "
    "with 'user:password' or a token in that variable or file"
)
"""What to do instead of writing a password into a URL."""

_NESTING = 16
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*://"
_ABSOLUTE = re.compile(rf'({_SCHEME})|[A-Za-z][A-Za-z0-9_]+:([A-Za-z0-9_]+:)?("?/|"{_SCHEME})')
"""How a URL begins, and GDAL's name of a data set inside a file of an absolute path: ``NETCDF:"/data/a.nc":sst``."""
_USER = re.compile(r'([A-Za-z0-9+.-]+)://([^/?#"]*)@')
"""User and password in a URL, or in one within a name of GDAL's."""


class Storage(models.Model):
    """A place where files (or arrays) lie, and how it is spoken to."""

    name = models.CharField(max_length=100, unique=True, null=True, blank=True, help_text="For people and commands.")
    url = models.CharField(max_length=2000, help_text="Root of all locations in it; never with a password.")
    storage_type = models.CharField(max_length=50, help_text="Key of the storage plugin: local, http, ftp, s3, ...")
    credentials = models.CharField(
        max_length=200, blank=True, default="", help_text="Where to find the credentials; never the credentials."
    )

    class Meta:
        """Plain."""

        verbose_name = "storage"

    def __str__(self) -> str:
        return self.name or shown_url(self.url)

    @property
    def key(self) -> str:
        """The storage type as plugins spell it: in lower case."""
        return self.storage_type.lower()

    def clean(self) -> None:
        """Refuse passwords in the URL, and relative roots; raises ValidationError."""
        super().clean()
        self.name = self.name or None
        _refuse_password("url", self.url)
        try:
            _ = urlsplit(self.url).port
        except ValueError as error:
            raise ValidationError({"url": f"'{self.url}' is no URL: {error}"}) from error
        if self.key == "local" and not _is_absolute(self.url):
            raise ValidationError({"url": f"'{self.url}' is relative; the root of a local storage is an absolute path"})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's; storages without name do not count as having the same one."""
        self.name = self.name or None
        super().save(*args, **kwargs)


class _Located(models.Model):
    """Something at a location, which may be relative to a storage or within a package."""

    location = models.CharField(max_length=4000)
    storage = models.ForeignKey(
        Storage, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss", help_text="Comes first."
    )
    package = models.ForeignKey(
        "backends.Package", on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )

    class Meta:
        """Lends its columns."""

        abstract = True

    def __str__(self) -> str:
        return shown_url(self.location)

    def clean(self) -> None:
        """Refuse a relative location that is relative to nothing; raises ValidationError."""
        super().clean()
        _refuse_password("location", self.location)
        if self.storage is None and self.package is None and not _is_absolute(self.location):
            raise ValidationError(
                {
                    "location": f"'{self.location}' is relative, and without storage or package nobody knows to what; "
                    "accepted: an absolute path, a URL, or a location in a storage or package"
                }
            )


class Package(_Located):
    """An archive that holds files; it may lie in another one."""

    format = models.CharField(max_length=50, help_text="Key of the package plugin: ZIP, TAR, ...")

    class Meta:
        """Plain."""

        verbose_name = "package"

    def clean(self) -> None:
        """Refuse relative locations, and packages in themselves; raises ValidationError."""
        super().clean()
        outer = self.package
        for _ in range(_NESTING):
            if outer is None:
                return
            if outer is self or (outer.pk == self.pk and not self._state.adding):
                raise ValidationError({"package": f"package '{self}' would lie in itself"})
            outer = outer.package
        raise ValidationError({"package": f"packages lie in each other more than {_NESTING} deep"})


class DataItem(_Located):
    """One file (or one query) of a coverage."""

    dataset = models.ForeignKey("coverages.Coverage", on_delete=models.CASCADE, related_name="data_items")
    format = models.CharField(max_length=200, blank=True, default="", help_text="MIME type, or a metadata format.")
    semantic = models.CharField(max_length=100, help_text="metadata, bands, bands[i], bands[i:j], or another word.")
    gdal_driver_name = models.CharField(
        max_length=50, blank=True, default="", help_text="GDAL's name of the format the data is stored in (RFC 17)."
    )

    class Meta:
        """The order in which they were made."""

        verbose_name = "data item"
        ordering: ClassVar = ["pk"]

    def field_range(self, count: int) -> tuple[int, int]:
        """The fields of a coverage of ``count`` fields that are in it: the first, and the one after the last.

        Raises
        ------
        ValueError
            When its semantic is none of bands, or goes beyond the coverage.
        """
        bands = band_range(self.semantic, count)
        if bands is None:
            raise ValueError(f"'{self.location}' is '{self.semantic}' and holds no bands")
        return bands.start, bands.stop

    def clean(self) -> None:
        """Check location and semantic, against the coverage's fields too; raises ValidationError."""
        super().clean()
        # Both may still be missing, which clean_fields() reports.
        range_type = getattr(getattr(self, "dataset", None), "range_type", None)
        try:
            check_semantic(self.semantic)
            band_range(self.semantic, None if range_type is None else len(range_type))
        except ValueError as error:
            raise ValidationError({"semantic": str(error)}) from error


def _is_absolute(location: str) -> bool:
    """Whether a location needs nothing to be relative to: an absolute path, a URL, a data set in an absolute path."""
    return PurePosixPath(location).is_absolute() or _ABSOLUTE.match(location) is not None


def _refuse_password(field: str, url: str) -> None:
    """Refuse a URL with a password, or with a token in its place; raises ValidationError, which does not show it."""
    user = _USER.search(url)
    if user and (":" in user[2] or user[1].lower() in ("http", "https")):
        raise ValidationError({field: f"a URL in the catalogue holds no password; {CREDENTIALS_HINT}"})
