# SPDX-License-Identifier: MIT
"""What ``connect()`` answers where data is read in place: GDAL's path of it, with what GDAL has to know on the way."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["RasterPath"]


class RasterPath(str):
    """A path that GDAL opens in place, as ``/vsicurl/https://eo.example/a.tif``.

    It is that text for everybody; who opens it with rasterio holds ``rasterio.Env(**path.options)`` around opening and
    every read, so that nothing is set for the process.

    Parameters
    ----------
    text : str
        GDAL's path; without credentials, it comes in messages.
    options : mapping of str to str
        GDAL's configuration options for this data set: its storage's profile, and credentials. Never logged.
    validator : str
        Changes when the data does; empty when nobody knows.
    """

    __slots__ = ("options", "validator")

    options: Mapping[str, str]
    validator: str

    def __new__(cls, text: str, options: Mapping[str, str] | None = None, validator: str = "") -> RasterPath:
        """Make the path."""
        made = super().__new__(cls, text)
        made.options = MappingProxyType(dict(options or {}))
        made.validator = validator
        return made

    def with_text(self, text: str) -> RasterPath:
        """Another path that is reached in the same way: of a member within, of a data set inside.

        >>> RasterPath("/vsicurl/http://host/a.zip", {"GDAL_HTTP_TIMEOUT": "60"}).with_text("/vsizip/x").options
        mappingproxy({'GDAL_HTTP_TIMEOUT': '60'})
        """
        return RasterPath(text, self.options, self.validator)
