# SPDX-License-Identifier: MIT
"""What ``connect()`` answers where data is read in place: GDAL's path of it, with what GDAL has to know on the way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["RasterPath", "file_validator"]


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
    file : str
        The file of this machine that is read, if it is one: an archive. Its ``file_validator`` is the validator.
    attempt : int
        Counts how often something was wrong with the path, whatever state the data was in.
    """

    __slots__ = ("attempt", "file", "options", "validator")

    options: Mapping[str, str]
    validator: str
    file: str
    attempt: int

    def __new__(
        cls,
        text: str,
        options: Mapping[str, str] | None = None,
        validator: str = "",
        file: str = "",
        attempt: int = 0,
    ) -> RasterPath:
        """Make the path."""
        made = super().__new__(cls, text)
        made.options = MappingProxyType(dict(options or {}))
        made.validator = validator
        made.file = file
        made.attempt = attempt
        return made

    def with_text(self, text: str) -> RasterPath:
        """Another path that is reached in the same way: of a member within, of a data set inside.

        >>> RasterPath("/vsicurl/http://host/a.zip", {"GDAL_HTTP_TIMEOUT": "60"}).with_text("/vsizip/x").options
        mappingproxy({'GDAL_HTTP_TIMEOUT': '60'})
        """
        return RasterPath(text, self.options, self.validator, self.file, self.attempt)

    def pinned(self, validator: str, options: Mapping[str, str] | None = None, attempt: int = 0) -> RasterPath:
        """The same path for one state of the data: what was read of another one is not taken for it.

        >>> RasterPath("/vsicurl/http://host/a.tif").pinned("v1").identity
        'v1'
        """
        return RasterPath(str(self), {**self.options, **(options or {})}, validator, self.file, attempt)

    @property
    def identity(self) -> str:
        """What is read is kept under it: the validator, and the attempt."""
        return f"{self.validator}~{self.attempt}" if self.attempt else self.validator

    def is_same(self, other: object) -> bool:
        """Say whether another one is of the same data in the same state, at the same attempt."""
        return isinstance(other, RasterPath) and (self, self.identity) == (other, other.identity)


def file_validator(file: str) -> str:
    """Answer what changes when a file of this machine is written again or replaced; empty when there is none.

    >>> file_validator("/no/such/file")
    ''
    """
    try:
        status = os.stat(file)  # noqa: PTH116 - asked before every read; Path costs twice as much
    except (OSError, ValueError):
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}-{status.st_dev}"
