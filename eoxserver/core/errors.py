# SPDX-License-Identifier: MIT
"""Every error the package raises on purpose.

Errors carry what a person needs to act: the message names the offending value and what would be
accepted, ``locator`` names the parameter, axis, field or file at fault. They know nothing of HTTP
or of OGC exception codes: ``eoxserver.services.ows.exceptions`` maps classes to both in one table.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = [
    "AccessDenied", "CatalogueUnavailable", "ConfigurationError", "ContainerRefused", "CoverageExists",
    "CoverageUnusable", "CredentialsRefused", "CrsNotSupported", "CrsUnknown", "DataUnavailable", "DuplicateKey",
    "EOxServerError", "EmptyCoverageIdList", "EvaluationFailed", "EvaluationStopped", "FormatNotSupported",
    "IllegalFieldSequence", "InconsistentChange", "InterpolationNotSupported", "InvalidAxisLabel", "InvalidBounds",
    "InvalidDimensionValue", "InvalidExtent", "InvalidMediaType", "InvalidParameterValue", "InvalidRequest",
    "InvalidScaleFactor", "InvalidSubsetting", "InvalidTime", "InvalidUpdateSequence", "ItemMissing", "LimitExceeded",
    "MissingParameterValue", "MissingQuery", "NoRoom", "NoSuchCoverage", "NoSuchDefinition", "NoSuchField",
    "NoSuchLayer", "NoSuchMediaType", "NoSuchStyle", "OperationNotSupported", "OutputCrsNotSupported", "PackageBroken",
    "PartsRefused", "PluginError", "RangeSubsetRepeated", "RegistrationRefused", "ScaleAxisUndefined",
    "StorageUnreachable", "SubsettingCrsNotSupported", "TransferFailed", "UnknownKey", "UnsupportedCombination",
    "VersionConflict", "VersionNegotiationFailed", "WcpsError", "WcpsSemanticError", "WcpsSyntaxError", "shortened",
    "suggest", "without_long_words",
]  # fmt: skip


def suggest(name: str, known: Iterable[str], limit: int = 10, counted: str = "in all") -> str:
    """Say which of the ``known`` names was probably meant, and which there are.

    Never lists more than ``limit`` names, so that the text stays short on a large catalogue; says how many there are
    ``counted`` instead.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    shown = ", ".join(names[:limit]) + (f", ... ({len(names)} {counted})" if len(names) > limit else "")
    have = f"available: {shown}" if names else "none is available"
    return f"did you mean '{near[0]}'? {have}" if near else have


def shortened(text: str, most: int = 100) -> str:
    """A text that a client sent, for messages: of a long one the beginning and the end.

    >>> shortened("abcdefghijklmnopqrstuvwxyz", 11)
    'abcdef...xyz'
    """
    if len(text) <= most + 3:
        return text
    begin = most * 3 // 5
    return f"{text[:begin]}...{text[begin - most :]}"


def without_long_words(text: str, most: int = 100) -> str:
    """A message with what it quotes, and its longest words, ``shortened``."""
    return _LONG.sub(lambda found: _shortened_word(found[0], most), text) if len(text) > most else text


_LONG = re.compile(r"""(?<!\w)'[^'\n]*'(?!\w)|(?<!\w)"[^"\n]*"(?!\w)|[^\s'"]+""")


def _shortened_word(word: str, most: int) -> str:
    if len(word) > 1 and word[0] in "'\"" and word[-1] == word[0]:
        return f"{word[0]}{shortened(word[1:-1], most)}{word[0]}"
    return shortened(word, most)


class EOxServerError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message : str
        For the client: what is wrong, with which value, and what would be accepted.
    locator : str, optional
        The parameter, axis, field, identifier or file at fault.
    """

    place: tuple[int, int] | None = None
    """Line and column, from 1, of what is at fault in the text of a query, as long as the message does not show it."""

    def __init__(self, message: str, *, locator: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.locator = locator


# -- requests ---------------------------------------------------------------------------------


class InvalidRequest(EOxServerError):
    """The request as a whole cannot be understood (unknown or doubled key, conflicting keys)."""


class MissingParameterValue(EOxServerError):
    """A mandatory parameter is absent or empty; ``locator`` is its name."""


class MissingQuery(MissingParameterValue):
    """ProcessCoverages without a query, or with more than one."""


class EmptyCoverageIdList(MissingParameterValue):
    """The list of coverage identifiers is there and has no entry."""


class RangeSubsetRepeated(InvalidRequest):
    """The fields of the result are asked for in more than one place."""


class InvalidParameterValue(EOxServerError):
    """A parameter has a value outside what it accepts; ``locator`` is its name."""


class InvalidTime(InvalidParameterValue, ValueError):
    """Text that is no instant, interval or duration, or an instant outside the years 1 to 9999."""


class OperationNotSupported(EOxServerError):
    """The service has no such operation; ``locator`` is its name."""


class VersionNegotiationFailed(EOxServerError):
    """None of the accepted versions is offered."""


class InvalidUpdateSequence(EOxServerError):
    """The client's ``updateSequence`` is newer than the server's."""


class InvalidMediaType(EOxServerError):
    """``mediaType`` is not one that WCS knows."""


class FormatNotSupported(EOxServerError):
    """An output format that is not offered."""


class NoSuchMediaType(FormatNotSupported):
    """A WCPS query encodes its result in a format that there is not."""


class UnsupportedCombination(EOxServerError):
    """Each part of the request is valid, together they cannot be answered."""


class AccessDenied(EOxServerError):
    """The actor may not do this."""


class LimitExceeded(EOxServerError):
    """The request costs more than the configuration allows; the message names a request that fits."""


class EvaluationStopped(EOxServerError):
    """The work was given up while it went on: its time was over, or nobody waits for it any more."""


# -- coverages and layers ---------------------------------------------------------------------


class NoSuchCoverage(EOxServerError, LookupError):
    """No coverage has this identifier; ``locator`` lists the identifiers."""


class CoverageExists(InvalidParameterValue):
    """There is something of this identifier already; ``locator`` is the identifier."""


class InconsistentChange(EOxServerError, ValueError):
    """Data that does not fit the coverage it is to become part of: other axes, another CRS, other fields."""


class NoSuchLayer(EOxServerError, LookupError):
    """No WMS layer has this name."""


class NoSuchStyle(EOxServerError, LookupError):
    """The layer has no such style."""


class CoverageUnusable(EOxServerError):
    """The coverage exists, but this operation does not work on its kind of grid."""


class DataUnavailable(EOxServerError):
    """The data behind a coverage is missing, truncated or unreadable."""


class ItemMissing(DataUnavailable):
    """The storage or package answers, and has no such item (any more)."""


class PartsRefused(DataUnavailable):
    """The storage sends whole files only, no parts of them; what wants parts works on a copy."""


class StorageUnreachable(DataUnavailable):
    """The storage does not answer, not in time or with an error of its own; trying again later may help."""


class CredentialsRefused(DataUnavailable):
    """The storage wants other credentials than it was given, or any at all; the message never has them."""


class TransferFailed(DataUnavailable):
    """A transfer ended early, or what came is not what was announced."""


class PackageBroken(DataUnavailable):
    """An archive or a member of one is corrupt, encrypted, packed in an unknown way, or unreasonably large."""


class NoRoom(DataUnavailable):
    """There is no room for a local copy: the disk is full, or the item is larger than the cache may be."""


class CatalogueUnavailable(DataUnavailable):
    """The database of the catalogue does not answer, or is not set up; its log has the details."""


# -- subsetting, range, scaling, CRS ----------------------------------------------------------


class InvalidAxisLabel(EOxServerError, LookupError):
    """The coverage has no such axis, or it is named twice; ``locator`` is the label."""


class InvalidSubsetting(EOxServerError, ValueError):
    """Bounds that are reversed, unreadable or outside the coverage; ``locator`` is the axis."""


class InvalidDimensionValue(EOxServerError, ValueError):
    """A WMS dimension value (time, elevation, dim_*) that is malformed or not available."""


class InvalidBounds(EOxServerError, ValueError):
    """A bounding box that is no box."""


class NoSuchField(EOxServerError, LookupError):
    """The range type has no such field; ``locator`` is the field."""


class IllegalFieldSequence(EOxServerError, ValueError):
    """A field interval whose end lies before its start."""


class ScaleAxisUndefined(EOxServerError, LookupError):
    """Scaling names an axis the coverage does not have."""


class InvalidScaleFactor(EOxServerError, ValueError):
    """A scale factor or size that is not a positive number."""


class InvalidExtent(EOxServerError, ValueError):
    """A scale extent whose end lies before its start."""


class InterpolationNotSupported(EOxServerError):
    """An interpolation method that is unknown or not available here."""


class CrsUnknown(EOxServerError, LookupError):
    """Text that names no CRS."""


class NoSuchDefinition(CrsUnknown):
    """A name that is well formed, and that no register has; ``locator`` is the name."""


class CrsNotSupported(EOxServerError):
    """A CRS that is known but not offered, or not reachable from the coverage's own."""


class SubsettingCrsNotSupported(CrsNotSupported):
    """The CRS of the subset values is not supported."""


class OutputCrsNotSupported(CrsNotSupported):
    """The CRS asked for the result is not supported."""


class VersionConflict(EOxServerError):
    """Somebody else changed a coverage meanwhile; nothing was changed, trying again may help."""


# -- queries ----------------------------------------------------------------------------------


class WcpsError(EOxServerError):
    """A WCPS query that cannot be answered.

    Parameters
    ----------
    message : str
        What is wrong, with the place and a caret under it where the place is known.
    locator : str, optional
        As of every error.
    line, column : int
        The place in the query, from 1; 0 when it is not known.
    """

    def __init__(self, message: str, *, locator: str | None = None, line: int = 0, column: int = 0) -> None:
        super().__init__(message, locator=locator)
        self.line = line
        self.column = column


class WcpsSyntaxError(WcpsError, ValueError):
    """Text that is no WCPS query."""


class WcpsSemanticError(WcpsError, ValueError):
    """A query whose parts do not fit each other: domains, types, numbers of bands."""


class EvaluationFailed(WcpsError):
    """Cells that cannot be computed: an integer divided by 0."""


# -- set-up -----------------------------------------------------------------------------------


class ConfigurationError(EOxServerError):
    """A configuration file is wrong; the message starts with ``file:line: [section] key``."""


class PluginError(EOxServerError):
    """A plugin breaks the contract of its hook."""


class DuplicateKey(PluginError):
    """Two components claim one key; the message names both distributions."""


class UnknownKey(EOxServerError, LookupError):
    """A registry has no component of this key; the message says what to do."""


class RegistrationRefused(EOxServerError):
    """A file cannot become a coverage; the message gives the reason and the remedy."""


class ContainerRefused(RegistrationRefused):
    """A file that is no coverage itself and holds data sets that may be.

    Parameters
    ----------
    message : str
        As of every error.
    datasets : tuple of str
        Names of the data sets inside, as the reader opens them.
    """

    def __init__(self, message: str, *, datasets: tuple[str, ...] = (), locator: str | None = None) -> None:
        super().__init__(message, locator=locator)
        self.datasets = datasets
