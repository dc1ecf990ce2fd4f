# SPDX-License-Identifier: MIT
"""Errors of WCS-T by name, and which of ours they stand for.

The names are those of the servers that importers know (specification of WCS-T and administration, 2.5).
"""

from __future__ import annotations

from eoxserver.core import errors
from eoxserver.services.ows.exceptions import Report, error_report

__all__ = ["TransactionError", "missing", "transaction_report", "wrong_number"]


class TransactionError(errors.EOxServerError):
    """An error with a name of WCS-T's own.

    Parameters
    ----------
    code : str
        The exception code (``WCSTInvalidXML``).
    status : int
        Of the answer in HTTP.
    """

    def __init__(self, code: str, message: str, *, locator: str | None = None, status: int = 400) -> None:
        super().__init__(message, locator=locator)
        self.code = code
        self.status = status


def missing(part: str, found: int = 0, where: str = "") -> TransactionError:
    """An element that is not there exactly once.

    >>> missing("Envelope").code
    'WCSTMissingEnvelope'
    """
    how = "is missing" if found == 0 else f"stands there {found} times; once is accepted"
    place = f" in {where}" if where else ""
    return TransactionError(f"WCSTMissing{part}", f"the coverage: element {part}{place} {how}", locator=part)


def wrong_number(of: str, message: str) -> TransactionError:
    """A number of things that is not the one it has to be.

    >>> wrong_number("Pixels", "4 cells, 6 are needed").code
    'WCSTWrongNumberOfPixels'
    """
    return TransactionError(f"WCSTWrongNumberOf{of}", message, locator=of)


CODES: dict[type[errors.EOxServerError], str] = {
    errors.CoverageExists: "WCSTDuplicatedCoverageName",
    errors.InconsistentChange: "InconsistentChange",
}
"""Names of errors that are not only WCS-T's."""


def transaction_report(error: Exception, request_id: str = "") -> Report:
    """What a client is told of an error."""
    report = error_report(error, request_id)
    if isinstance(error, TransactionError):
        return Report(error.code, error.status, "InvalidRequest", error.message, error.locator)
    for kind, code in CODES.items():
        if isinstance(error, kind):
            return Report(code, 400, report.wms_code, report.text, report.locator)
    return report
