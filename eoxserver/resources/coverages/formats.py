# SPDX-License-Identifier: MIT
"""The formats that are known and offered, as RFC 17 configures them: ``formats.conf`` and ``eoxserver.conf``.

A format is offered when its line says that it may be written, and its driver can write on this machine. A format whose
driver is missing here, or cannot write, stays known for what is stored in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings as django_settings

from eoxserver.backends.drivers import format_drivers
from eoxserver.conf.formats import FORMATS_FILE, FormatLine, load_formats
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError, FormatNotSupported, suggest
from eoxserver.plugins.manager import load_from_environ

__all__ = ["Format", "FormatRegistry", "getFormatRegistry", "get_format_registry", "normal_mime"]


@dataclass(frozen=True, slots=True)
class Format:
    """One line of ``formats.conf``, and what this machine makes of it."""

    mime: str
    driver: str
    """GDAL's name."""
    extension: str
    """With its dot."""
    readable: bool
    """Whether its driver is there."""
    writable: bool
    """Whether it may be offered: configured as ``rw``, and its driver can write here."""


class FormatRegistry:
    """Look-ups among the formats, all in the order of ``formats.conf``; immutable.

    Parameters
    ----------
    settings : Settings
        For the lists of the services, and the native formats.
    lines : iterable of FormatLine
        The formats; the first line of a driver gives the MIME type of what is stored in it.
    drivers : mapping of str to str
        What this machine can do: driver name to ``r`` (read) or ``rw`` (read and write).
    """

    def __init__(self, settings: Settings, lines: Iterable[FormatLine], drivers: Mapping[str, str]) -> None:
        self._formats = tuple(
            Format(
                line.mime,
                line.driver,
                line.extension,
                "r" in drivers.get(line.driver, ""),
                line.writable and "w" in drivers.get(line.driver, ""),
            )
            for line in lines
        )
        self._by_mime: dict[str, Format] = {}
        for known in (*filter(_is_writable, self._formats), *self._formats):
            self._by_mime.setdefault(normal_mime(known.mime), known)
        self._by_driver: dict[str, Format] = {}
        for known in self._formats:
            self._by_driver.setdefault(known.driver, known)
        self._wms = self._offered(settings.wms.supported_formats)
        self._wcs = self._offered(settings.wcs.supported_formats)
        self._default_native = settings.wcs20.default_native_format
        self._native = {
            normal_mime(source): native for source, native in settings.wcs20.source_to_native_format_map.items()
        }

    @property
    def formats(self) -> tuple[Format, ...]:
        """All formats that are known."""
        return self._formats

    @property
    def wms_formats(self) -> tuple[Format, ...]:
        """The formats of maps that are offered, in the configured order."""
        return self._wms

    @property
    def wcs_formats(self) -> tuple[Format, ...]:
        """The formats of coverages that are offered, in the configured order."""
        return self._wcs

    @property
    def default_native_format(self) -> str:
        """MIME type delivered for coverages whose stored format cannot be written."""
        return self._default_native

    def find(self, mime: str) -> Format | None:
        """The format of a MIME type, or None; of several the one that can be written."""
        return self._by_mime.get(normal_mime(mime))

    def by_mime(self, mime: str) -> Format:
        """The format of a MIME type.

        Raises
        ------
        FormatNotSupported
            When it is not known.
        """
        found = self.find(mime)
        if found is None:
            known = dict.fromkeys(known.mime for known in self._formats)
            raise FormatNotSupported(f"format '{mime}' is not known; {suggest(mime, known)}", locator="format")
        return found

    def by_driver(self, driver: str) -> Format | None:
        """The first format of a driver, or None."""
        return self._by_driver.get(driver.removeprefix("GDAL/"))

    def mime_of_driver(self, driver: str) -> str | None:
        """The MIME type of what a driver stores, or None for a driver without a line."""
        found = self.by_driver(driver)
        return None if found is None else found.mime

    def driver_of_mime(self, mime: str) -> str:
        """The driver of a MIME type; raises FormatNotSupported."""
        return self.by_mime(mime).driver

    def extension_of_mime(self, mime: str) -> str:
        """The extension of a MIME type, with its dot; raises FormatNotSupported."""
        return self.by_mime(mime).extension

    def native_mime(self, source: str) -> str:
        """The native format of coverages stored in a format (WCS 2.0.1): what is delivered when none is asked for.

        Parameters
        ----------
        source : str
            MIME type of the stored data; may be empty when nobody knows.

        Returns
        -------
        str
            What the configuration maps it to; itself, if it can be written; else the configured default.
        """
        mapped = self._native.get(normal_mime(source))
        if mapped is not None:
            return mapped
        known = self.find(source)
        return known.mime if known is not None and known.writable else self._default_native

    def native_mime_of_driver(self, driver: str) -> str:
        """The native format of coverages stored by a driver."""
        return self.native_mime(self.mime_of_driver(driver) or "")

    def _offered(self, mimes: Iterable[str]) -> tuple[Format, ...]:
        found = (self.find(mime) for mime in mimes)
        return tuple(dict.fromkeys(known for known in found if known is not None and known.writable))


def normal_mime(mime: str) -> str:
    """A MIME type in the form in which two that are the same are equal: no blanks, lower case (RFC 2045 clause 5.1).

    >>> normal_mime("image/TIFF;application = geotiff")
    'image/tiff;application=geotiff'
    """
    return re.sub(r"\s+", "", mime).lower()


def get_format_registry() -> FormatRegistry:
    """The formats of the open instance; each call reads its configuration.

    Raises
    ------
    ConfigurationError
        When no instance is open in this process, or its ``formats.conf`` is wrong.
    """
    settings = getattr(django_settings, "EOXSERVER", None) if django_settings.configured else None
    if not isinstance(settings, Settings):
        raise ConfigurationError("no instance is open: eoxserver.app.open_instance(FOLDER) opens one")
    lines = load_formats(None if settings.instance is None else settings.instance / FORMATS_FILE)
    return FormatRegistry(settings, lines, format_drivers(load_from_environ(os.environ).encoders))


getFormatRegistry = get_format_registry  # noqa: N816 (the name RFC 17's implementation has)


def _is_writable(known: Format) -> bool:
    return known.writable
