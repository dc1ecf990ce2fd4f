# SPDX-License-Identifier: MIT
"""The one table from error classes to exception codes and HTTP statuses, and the report documents.

Codes: OGC 06-121r9 (OWS Common 2.0) table 27; OGC 09-110r4 (WCS 2.0.1) and its extensions; OGC 06-042
(WMS 1.3.0) table E.1. Statuses: the services answer a client's mistake with 4xx, never with 500.
"""

from __future__ import annotations

from dataclasses import dataclass

from eoxserver.core import errors
from eoxserver.services.ows.xml import DECLARATION, attributes, element

__all__ = ["INTERNAL_ERROR", "Report", "error_report", "ows_exception_report", "service_exception_report"]

INTERNAL_ERROR = "the server could not answer this request; its log has the details under this request id"


@dataclass(frozen=True, slots=True)
class Report:
    """What a client is told of an error."""

    ows_code: str
    status: int
    wms_code: str
    text: str = ""
    locator: str | None = None


def _row(ows_code: str, status: int, wms_code: str | None = None) -> Report:
    return Report(ows_code, status, wms_code or ows_code)


TABLE: dict[type[Exception], Report] = {
    errors.MissingParameterValue: _row("MissingParameterValue", 400),
    errors.EmptyCoverageIdList: _row("emptyCoverageIdList", 400, "MissingParameterValue"),
    errors.MissingQuery: _row("WCSPMissingQueryParameter", 400, "MissingParameterValue"),
    errors.InvalidParameterValue: _row("InvalidParameterValue", 400),
    errors.InvalidRequest: _row("InvalidRequest", 400),
    errors.RangeSubsetRepeated: _row("Invalid RangeSubsets parameters", 400, "InvalidRequest"),
    errors.OperationNotSupported: _row("OperationNotSupported", 501),
    errors.VersionNegotiationFailed: _row("VersionNegotiationFailed", 400),
    errors.InvalidUpdateSequence: _row("InvalidUpdateSequence", 400),
    errors.InvalidMediaType: _row("InvalidMediatype", 415),
    errors.FormatNotSupported: _row("InvalidParameterValue", 400, "InvalidFormat"),
    errors.NoSuchMediaType: _row("NoSuchMediaType", 404, "InvalidFormat"),
    errors.UnsupportedCombination: _row("UnsupportedCombination", 400, "InvalidRequest"),
    errors.AccessDenied: _row("AccessDenied", 403),
    errors.LimitExceeded: _row("InvalidParameterValue", 400, "InvalidRequest"),
    errors.EvaluationStopped: _row("NoApplicableCode", 503),
    errors.NoSuchCoverage: _row("NoSuchCoverage", 404, "LayerNotDefined"),
    errors.NoSuchLayer: _row("NoSuchLayer", 404, "LayerNotDefined"),
    errors.NoSuchStyle: _row("InvalidParameterValue", 404, "StyleNotDefined"),
    errors.CoverageUnusable: _row("UnsupportedCombination", 400, "InvalidRequest"),
    errors.DataUnavailable: _row("NoApplicableCode", 503, "NoApplicableCode"),
    errors.InconsistentChange: _row("InconsistentChange", 400, "InvalidRequest"),
    errors.VersionConflict: _row("NoApplicableCode", 409, "InvalidRequest"),
    errors.InvalidAxisLabel: _row("InvalidAxisLabel", 404, "InvalidDimensionValue"),
    errors.InvalidSubsetting: _row("InvalidSubsetting", 400, "InvalidDimensionValue"),
    errors.InvalidDimensionValue: _row("InvalidParameterValue", 400, "InvalidDimensionValue"),
    errors.InvalidBounds: _row("InvalidParameterValue", 400),
    errors.NoSuchField: _row("NoSuchField", 400, "InvalidDimensionValue"),
    errors.IllegalFieldSequence: _row("IllegalFieldSequence", 400),
    errors.ScaleAxisUndefined: _row("ScaleAxisUndefined", 400),
    errors.InvalidScaleFactor: _row("InvalidScaleFactor", 400),
    errors.InvalidExtent: _row("InvalidExtent", 400),
    errors.InterpolationNotSupported: _row("InterpolationMethodNotSupported", 501, "InvalidParameterValue"),
    errors.CrsUnknown: _row("InvalidParameterValue", 400, "InvalidCRS"),
    errors.CrsNotSupported: _row("InvalidParameterValue", 400, "InvalidCRS"),
    errors.SubsettingCrsNotSupported: _row("SubsettingCrs-NotSupported", 404, "InvalidCRS"),
    errors.OutputCrsNotSupported: _row("OutputCrs-NotSupported", 404, "InvalidCRS"),
    errors.WcpsError: _row("WcpsError", 400, "InvalidRequest"),
    errors.EvaluationFailed: _row("RasdamanRequestFailed", 400, "InvalidRequest"),
    errors.WcpsSyntaxError: _row("SyntaxError", 400, "InvalidRequest"),
    errors.WcpsSemanticError: _row("SemanticError", 400, "InvalidRequest"),
    errors.UnknownKey: _row("InvalidParameterValue", 400),
}
"""Every error a request can end in; a class without a row of its own takes that of its nearest base."""


def error_report(error: Exception, request_id: str = "", subsetting_status: int = 400) -> Report:
    """The report of an error; what is not an EOxServerError is reported without its text.

    Parameters
    ----------
    subsetting_status : int
        HTTP status of InvalidSubsetting: 400, or 404 as WCS 2.0.1 (OGC 09-110r4) has it.
    """
    if isinstance(error, errors.EOxServerError):
        for kind in type(error).__mro__:
            row = TABLE.get(kind)
            if row is not None:
                status = subsetting_status if row.ows_code == "InvalidSubsetting" else row.status
                return Report(row.ows_code, status, row.wms_code, error.message, error.locator)
    text = f"{INTERNAL_ERROR}: {request_id}" if request_id else INTERNAL_ERROR
    return Report("NoApplicableCode", 500, "NoApplicableCode", text)


def ows_exception_report(report: Report, version: str = "2.0.1") -> bytes:
    """An OWS Common 2.0 exception report (clause 8), as WCS 2.0 answers it."""
    where = {"locator": report.locator} if report.locator else {}
    return (
        f"{DECLARATION}"
        '<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/2.0"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://www.opengis.net/ows/2.0'
        ' http://schemas.opengis.net/ows/2.0/owsExceptionReport.xsd"'
        f' version="{version}" xml:lang="en">\n'
        f"  <ows:Exception{attributes({'exceptionCode': report.ows_code, **where})}>\n"
        f"    {element('ows:ExceptionText', report.text)}\n"
        "  </ows:Exception>\n"
        "</ows:ExceptionReport>\n"
    ).encode()


def service_exception_report(report: Report) -> bytes:
    """A WMS 1.3.0 service exception report (OGC 06-042 annex E.2)."""
    where = {"locator": report.locator} if report.locator else {}
    return (
        f"{DECLARATION}"
        '<ServiceExceptionReport version="1.3.0" xmlns="http://www.opengis.net/ogc"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://www.opengis.net/ogc'
        ' http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd">\n'
        f"  {element('ServiceException', report.text, {'code': report.wms_code, **where})}\n"
        "</ServiceExceptionReport>\n"
    ).encode()
