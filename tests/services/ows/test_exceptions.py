# SPDX-License-Identifier: MIT
from __future__ import annotations

import inspect

import pytest

from eoxserver.core import errors
from eoxserver.services.ows.exceptions import (
    INTERNAL_ERROR,
    TABLE,
    error_report,
    ows_exception_report,
    service_exception_report,
)
from tests.xmlschemas import NS, ValidateXml, parse_xml

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.EOxServerError) and value is not errors.EOxServerError
]
SET_UP = {"ConfigurationError", "PluginError", "DuplicateKey", "RegistrationRefused", "ContainerRefused"}


@pytest.mark.parametrize("kind", CLASSES)
def test_each_error_of_a_request_has_a_row(kind: type[errors.EOxServerError]) -> None:
    report = error_report(kind("what <&> is wrong", locator="where"))
    if kind.__name__ in SET_UP:
        assert report.status == 500
        assert "wrong" not in report.text
    else:
        assert any(base in TABLE for base in kind.__mro__)
        assert (report.text, report.locator) == ("what <&> is wrong", "where")


def test_other_errors_are_reported_without_their_text() -> None:
    report = error_report(RuntimeError("/secret/path"), "id-1")
    assert (report.status, report.ows_code, report.text) == (500, "NoApplicableCode", f"{INTERNAL_ERROR}: id-1")


@pytest.mark.parametrize("locator", [None, 'a"<b>'])
@pytest.mark.parametrize("text", ["plain", "a < b & c", "control \x00\x0b characters"])
def test_reports_say_code_locator_and_text(text: str, locator: str | None) -> None:
    report = error_report(errors.InvalidAxisLabel(text, locator=locator))
    clean = text.replace("\x00", "\ufffd").replace("\x0b", "\ufffd")
    for document, path in (
        (ows_exception_report(report), "ows:Exception/ows:ExceptionText"),
        (service_exception_report(report), "ogc:ServiceException"),
    ):
        root = parse_xml(document)
        assert root.findtext(path, namespaces=NS) == clean
        assert [element.get("locator") for element in root.iter() if element.get("locator")] == (
            [locator] if locator else []
        )


@pytest.mark.parametrize("kind", CLASSES)
def test_reports_are_valid(kind: type[errors.EOxServerError], validate_xml: ValidateXml) -> None:
    report = error_report(kind("what <&> is wrong", locator="where"))
    assert validate_xml(ows_exception_report(report)).get("version") == "2.0.1"
    validate_xml(service_exception_report(report))


@pytest.mark.parametrize("status", [400, 404])
def test_the_status_of_subsets_that_cannot_be_is_configured(status: int) -> None:
    assert error_report(errors.InvalidSubsetting("no such part"), "", status).status == status
    assert error_report(errors.NoSuchField("no such field"), "", status).status == 400
