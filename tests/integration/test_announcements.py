# SPDX-License-Identifier: MIT
"""INSPIRE marks and texts on the service, by requests of administration and in capabilities."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from lxml import etree
from werkzeug.test import Client, TestResponse

from eoxserver.app import build_app, open_instance
from tests.applications import Application, application, instance_template
from tests.integration.transactions import ask, code, insert, login
from tests.services.wcst import documents
from tests.xmlschemas import NS, ValidateXml, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

MARK = "/rasdaman/admin/inspire/metadata/update"
INFO = "/rasdaman/admin/ows/serviceinfo"
INSPIRE = {
    **NS,
    "common": "http://inspire.ec.europa.eu/schemas/common/1.0",
    "dls": "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0",
}


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as opened:
        yield opened


def send(app: Application, path: str, method: str = "POST", **params: str | list[str]) -> TestResponse:
    if method == "GET":
        return app.client.get(path, query_string=params, headers=login(app))
    return app.client.post(path, data=params, headers=login(app))


def told(document: bytes, path: str) -> list[str]:
    found = etree.XPath(path, namespaces=INSPIRE)(parse_xml(document))
    assert isinstance(found, list)
    return [str(one) for one in found]


def marked(app: Application) -> dict[str, str]:
    """Codes of data sets in capabilities, and URLs of their metadata."""
    sets = "/*/ows:OperationsMetadata/ows:ExtendedCapabilities/dls:ExtendedCapabilities/dls:SpatialDataSetIdentifier"
    document = app.wcs("GetCapabilities").data
    return dict(zip(told(document, f"{sets}/common:Code/text()"), told(document, f"{sets}/@metadataURL"), strict=True))


# -- INSPIRE ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_coverages_are_marked_and_unmarked(app: Application, validate_xml: ValidateXml, method: str) -> None:
    for name in ("b", "a"):
        insert(app, documents.index2d(name))
    assert "ExtendedCapabilities" not in app.wcs("GetCapabilities").text
    for name in ("b", "a"):
        done = send(app, MARK, method, COVERAGEID=name, METADATAURL=f"https://geo.example/{name}?id=1&x=2")
        assert (done.status_code, done.data, done.mimetype) == (200, b"", "text/plain")
    assert marked(app) == {"a": "https://geo.example/a?id=1&x=2", "b": "https://geo.example/b?id=1&x=2"}
    validate_xml(app.wcs("GetCapabilities").data)
    send(app, MARK, method, coverageId="b", metadataUrl="https://geo.example/new")
    assert marked(app)["b"] == "https://geo.example/new"
    assert send(app, MARK, method, coverageId="a", metadataUrl="").status_code == 200
    assert send(app, MARK, method, coverageId="a", metadataUrl="").status_code == 200
    assert marked(app) == {"b": "https://geo.example/new"}


def test_marks_go_with_their_coverages(app: Application) -> None:
    insert(app, documents.index2d("a"))
    send(app, MARK, coverageId="a", metadataUrl="https://geo.example/a")
    send(app, "/rasdaman/admin/coverage/update", coverageId="a", newCoverageId="c")
    assert marked(app) == {"c": "https://geo.example/a"}
    ask(app, "DeleteCoverage", coverageId="c")
    assert marked(app) == {}


@pytest.mark.parametrize(
    ("params", "status", "name"),
    [
        ({"coverageId": "demo"}, 400, "MissingParameterValue"),
        ({"metadataUrl": ""}, 400, "MissingParameterValue"),
        ({"coverageId": "nix", "metadataUrl": "https://geo.example/a"}, 404, "NoSuchCoverage"),
        ({"coverageId": "nix", "metadataUrl": ""}, 404, "NoSuchCoverage"),
        ({"coverageId": "demo", "metadataUrl": "javascript:alert(1)"}, 400, "InvalidParameterValue"),
        ({"coverageId": "demo", "metadataUrl": "https://"}, 400, "InvalidParameterValue"),
        ({"coverageId": "demo", "metadataUrl": "http://[1"}, 400, "InvalidParameterValue"),
        ({"coverageId": "demo", "metadataUrl": "http://a.example/a b"}, 400, "InvalidParameterValue"),
        ({"coverageId": "demo", "metadataUrl": "", "url": "b"}, 400, "InvalidRequest"),
    ],
)
def test_marks_that_are_none(app: Application, params: dict[str, str], status: int, name: str) -> None:
    insert(app, documents.index2d())
    wrong = send(app, MARK, **params)
    assert (wrong.status_code, code(wrong)) == (status, name)
    assert marked(app) == {}


def test_who_may_change_coverages_may_mark_them(app: Application) -> None:
    insert(app, documents.index2d())
    user = User.objects.create_user("changer", password="secret")
    user.user_permissions.add(Permission.objects.get(codename="change_coverage"))
    headers = {"Authorization": f"Basic {base64.b64encode(b'changer:secret').decode()}"}
    form = {"coverageId": "demo", "metadataUrl": "https://geo.example/a"}
    assert app.client.post(MARK, data=form, headers=headers).status_code == 200
    refused = app.client.post(INFO, data={"serviceTitle": "Mine"}, headers=headers)
    assert (refused.status_code, code(refused)) == (403, "AccessDenied")
    assert "administer" in refused.text


# -- texts on the service -----------------------------------------------------------------------

TEXTS = {
    "serviceTitle": ("Sea & Land", "//ows:ServiceIdentification/ows:Title", "/*/wms:Service/wms:Title"),
    "abstract": ("Cubes", "//ows:ServiceIdentification/ows:Abstract", "/*/wms:Service/wms:Abstract"),
    "providerName": ("EO Ltd", "//ows:ProviderName", "//wms:ContactOrganization"),
    "individualName": ("A. Person", "//ows:IndividualName", "//wms:ContactPerson"),
    "positionName": ("Keeper", "//ows:PositionName", "//wms:ContactPosition"),
    "role": ("pointOfContact", "//ows:Role", ""),
    "email": ("a@eo.example", "//ows:ElectronicMailAddress", "//wms:ContactElectronicMailAddress"),
    "voicePhone": ("+43 1", "//ows:Voice", "//wms:ContactVoiceTelephone"),
    "facsimilePhone": ("+43 2", "//ows:Facsimile", "//wms:ContactFacsimileTelephone"),
    "hoursOfService": ("always", "//ows:HoursOfService", ""),
    "contactInstructions": ("knock", "//ows:ContactInstructions", ""),
    "city": ("Vienna", "//ows:City", "//wms:City"),
    "administrativeArea": ("W", "//ows:AdministrativeArea", "//wms:StateOrProvince"),
    "postalCode": ("1010", "//ows:PostalCode", "//wms:PostCode"),
    "country": ("Austria", "//ows:Country", "//wms:Country"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_capabilities_show_what_was_told(app: Application, validate_xml: ValidateXml, method: str) -> None:
    given = {key: value for key, (value, _, _) in TEXTS.items()}
    done = send(app, INFO, method, providerSite="https://eo.example/", **given)
    assert (done.status_code, done.data, done.mimetype) == (200, b"", "text/plain")
    wcs, wms = app.wcs("GetCapabilities").data, app.wms("GetCapabilities").data
    validate_xml(wcs)
    validate_xml(wms)
    for key, (value, in_wcs, in_wms) in TEXTS.items():
        assert told(wcs, f"{in_wcs}/text()") == [value], key
        if in_wms:
            assert told(wms, f"{in_wms}/text()") == [value], key
    assert told(wcs, "//ows:ProviderSite/@xlink:href") == ["https://eo.example/"]
    assert "Sea &amp; Land" in app.client.get("/").text


def test_empty_values_keep_what_holds_but_for_the_role(app: Application) -> None:
    send(app, INFO, serviceTitle="A", city="Vienna", role="owner")
    send(app, INFO, serviceTitle="", city="undefined", country="Austria")
    document = app.wcs("GetCapabilities").data
    assert told(document, "//ows:ServiceIdentification/ows:Title/text()") == ["A"]
    assert told(document, "//ows:City/text() | //ows:Country/text()") == ["Vienna", "Austria"]
    assert told(document, "//ows:Role/text()") == ["owner"]
    send(app, INFO, role="")
    assert told(app.wcs("GetCapabilities").data, "//ows:Role/text()") == []


def test_several_numbers_and_addresses(app: Application, validate_xml: ValidateXml) -> None:
    send(app, INFO, email=["a@eo.example", "undefined", "b@eo.example"], voicePhone="+43 1, +43 2")
    document = app.wcs("GetCapabilities").data
    validate_xml(document)
    assert told(document, "//ows:ElectronicMailAddress/text()") == ["a@eo.example", "b@eo.example"]
    assert told(document, "//ows:Voice/text()") == ["+43 1", "+43 2"]
    wms = app.wms("GetCapabilities").data
    validate_xml(wms)
    assert told(wms, "//wms:ContactElectronicMailAddress/text()") == ["a@eo.example"]


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"title": "A"}, "InvalidRequest"),
        ({"city": ["a", "b"]}, "InvalidRequest"),
        ({"providerSite": "ftp://eo.example"}, "InvalidParameterValue"),
        ({"abstract": "a" * 10_001}, "InvalidParameterValue"),
    ],
)
def test_texts_that_are_none(app: Application, params: dict[str, Any], name: str) -> None:
    version = app.instance.catalogue.version()
    wrong = send(app, INFO, country="Austria", **params)
    assert (wrong.status_code, code(wrong)) == (400, name)
    assert app.instance.catalogue.version() == version


def test_every_worker_and_every_cache_is_told(app: Application) -> None:
    other = Client(build_app(open_instance(app.instance.paths.root)))
    query = "/ows?service=WCS&request=GetCapabilities"
    before = other.get(query)
    assert other.get(query, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    send(app, INFO, serviceTitle="New")
    after = other.get(query, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert told(after.data, "//ows:ServiceIdentification/ows:Title/text()") == ["New"]
    assert int(told(after.data, "/*/@updateSequence")[0]) > int(told(before.data, "/*/@updateSequence")[0])
