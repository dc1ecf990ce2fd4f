# SPDX-License-Identifier: MIT
"""Requests of WCS-T to the whole application, and what has come of them."""

from __future__ import annotations

import base64
from typing import Any

from lxml import etree
from werkzeug.test import TestResponse

from tests.applications import Application
from tests.services.wcst import documents
from tests.xmlschemas import ValidateXml, parse_xml, texts

__all__ = [
    "COMMON", "ask", "code", "gml", "insert", "login", "pyramid", "slice_of", "times", "update", "values",
]  # fmt: skip

COMMON = {"service": "WCS", "version": "2.0.1"}


def login(app: Application) -> dict[str, str]:
    name, password = app.instance.paths.credentials.read_text().split()
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def ask(app: Application, request: str, method: str = "POST", **params: Any) -> TestResponse:
    """A request of the administrator, in the form of a POST or in the query."""
    pairs = {**COMMON, "request": request, **params}
    if method == "GET":
        return app.client.get("/ows", query_string=pairs, headers=login(app))
    return app.client.post("/ows", data=pairs, headers=login(app))


def insert(app: Application, document: str, **params: str) -> str:
    response = ask(app, "InsertCoverage", inputCoverage=document, **params)
    assert response.status_code == 200, response.text
    return response.text


def update(app: Application, identifier: str, document: str, **params: Any) -> None:
    response = ask(app, "UpdateCoverage", coverageId=identifier, inputCoverage=document, **params)
    assert (response.status_code, response.text) == (200, identifier)


def gml(app: Application, identifier: str, **params: str | list[str]) -> etree._Element:
    response = app.wcs("GetCoverage", coverageId=identifier, format="application/gml+xml", **params)
    assert response.status_code == 200, response.text
    return parse_xml(response.data)


def values(app: Application, identifier: str, **params: str | list[str]) -> list[str]:
    """The cells of a coverage as WCS delivers them, in the order of the array."""
    return texts(gml(app, identifier, **params), "//gml:tupleList/text()")[0].split(",")


def times(app: Application, identifier: str) -> list[str]:
    found = texts(gml(app, identifier), "//gmlrgrid:coefficients/text()")[0].split()
    return [one.strip('"')[:10] for one in found]


def code(response: TestResponse, validate: ValidateXml | None = None) -> str:
    """The exception code of a report."""
    root = parse_xml(response.data) if validate is None else validate(response.data)
    return texts(root, "/*/ows:Exception/@exceptionCode")[0]


def slice_of(value: int, time: str, **about: Any) -> str:
    return documents.cube(documents.cells(",".join([str(value)] * 6)), [time], **about)


def pyramid(app: Application, action: str, **query: str) -> TestResponse:
    return app.client.get(f"/rasdaman/admin/coverage/pyramid/{action}", query_string=query, headers=login(app))
