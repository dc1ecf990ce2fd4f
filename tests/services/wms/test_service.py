# SPDX-License-Identifier: MIT
"""Operations, versions, capabilities, and errors in every form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from eoxserver.conf.schema import Ows, Settings
from eoxserver.core.axes import IrregularAxis, Role
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.plugins.manager import Plugins
from eoxserver.services.wms import plugin
from eoxserver.services.wms.service import VERSIONS, WebMapService
from tests.services.wms.conftest import GET_MAP, Client, Summary, make_client, pixels
from tests.services.wms.coverages import all_coverages, grey
from tests.xmlschemas import NS, ValidateXml, parse_xml

CAPABILITIES = "service=WMS&version=1.3.0&request=GetCapabilities"
MAP = GET_MAP.format(layers="grey", bbox="0,0,4,6", width=6, height=4)

# Changes to a good request; code, HTTP status, locator, and what the text must name.
ERRORS: list[tuple[dict[str, str | None], str, int, str, str]] = [
    ({"request": None}, "MissingParameterValue", 400, "request", "request"),
    ({"request": "GetFeatureInfo"}, "OperationNotSupported", 501, "request", "GetFeatureInfo"),
    ({"request": "GetMaps"}, "OperationNotSupported", 501, "request", "did you mean 'GetMap'"),
    ({"version": None}, "MissingParameterValue", 400, "version", "version"),
    ({"version": "1.1.1"}, "InvalidParameterValue", 400, "version", "1.3.0"),
    ({"layers": None}, "MissingParameterValue", 400, "layers", "layers"),
    ({"layers": "gray"}, "LayerNotDefined", 404, "layers", "did you mean 'grey'"),
    ({"layers": "grey,nix"}, "LayerNotDefined", 404, "layers", "collections: available: empty, scenes"),
    ({"layers": "pixel"}, "LayerNotDefined", 404, "layers", "available: broken, classes, cube, dateline, grey"),
    ({"layers": "grey,pixels"}, "InvalidRequest", 400, "layers", "j, i"),
    ({"styles": None}, "MissingParameterValue", 400, "styles", "styles"),
    ({"styles": "fancy"}, "StyleNotDefined", 404, "styles", "fancy"),
    ({"layers": "grey,rgb", "styles": "grey"}, "InvalidParameterValue", 400, "styles", "1 given for 2"),
    ({"layers": "grey,rgb", "styles": "rgb,grey"}, "StyleNotDefined", 404, "styles", "available: grey"),
    ({"crs": None}, "MissingParameterValue", 400, "crs", "crs"),
    ({"crs": "EPSG:99999"}, "InvalidCRS", 400, "crs", "99999"),
    ({"crs": "EPSG:32633"}, "InvalidCRS", 400, "crs", "EPSG:4326"),
    ({"crs": "AUTO2:42001,1,9,53"}, "InvalidCRS", 400, "crs", "AUTO"),
    ({"layers": "scenes", "crs": "EPSG:32633"}, "InvalidCRS", 400, "crs", "EPSG:3857"),
    ({"bbox": None}, "MissingParameterValue", 400, "bbox", "bbox"),
    ({"bbox": "0,0,four,6"}, "InvalidParameterValue", 400, "bbox", "yMax 'four'"),
    ({"bbox": "4,0,0,6"}, "InvalidParameterValue", 400, "bbox", "yMin 4 is not less than yMax 0"),
    ({"width": "0"}, "InvalidParameterValue", 400, "width", "4096"),
    ({"height": "99999"}, "InvalidParameterValue", 400, "height", "4096"),
    ({"format": "image/gif"}, "InvalidFormat", 400, "format", "image/png"),
    ({"format": "image/tiff"}, "InvalidFormat", 400, "format", "image/jpeg"),
    ({"layers": "stack", "time": "2008-01-03"}, "InvalidDimensionValue", 400, "time", "2008-01-03"),
    ({"layers": "stack", "time": "2010/2011"}, "InvalidDimensionValue", 400, "time", "2008-01-04"),
    ({"layers": "stack", "time": "then"}, "InvalidDimensionValue", 400, "time", "then"),
    ({"layers": "stack", "time": "2008-01-01", "dim_ansi": "2008-01-04"}, "InvalidDimensionValue", 400, "", "dim_ansi"),
    ({"layers": "cube", "elevation": "99"}, "InvalidDimensionValue", 400, "elevation", "99"),
    ({"layers": "cube", "dim_colour": "red"}, "InvalidDimensionValue", 400, "dim_colour", "dim_pressure"),
    ({"layers": "scenes", "time": "1999"}, "InvalidDimensionValue", 400, "time", "2006-08-16T09:00:00Z"),
    ({"layers": "old", "time": "2006-08-17"}, "InvalidDimensionValue", 400, "time", "2006-08-16T09:05:00Z"),
    ({"layers": "broken"}, "NoApplicableCode", 503, "broken.tif", "broken.tif"),
    ({"exceptions": "html"}, "InvalidParameterValue", 400, "exceptions", "INIMAGE"),
    ({"transparent": "yes"}, "InvalidParameterValue", 400, "transparent", "yes"),
    ({"interpolation": "magic"}, "InvalidParameterValue", 400, "interpolation", "bilinear"),
]


@pytest.mark.parametrize(("changes", "code", "status", "locator", "words"), ERRORS)
def test_errors(
    client: Client, validate_xml: ValidateXml, changes: dict[str, str | None], code: str, status: int,
    locator: str, words: str,
) -> None:  # fmt: skip
    response = client.ask(MAP, None, **changes)
    assert (response.status, response.media_type) == (status, "text/xml")
    assert isinstance(response.body, bytes)
    (found,) = validate_xml(response.body).findall("ogc:ServiceException", NS)
    assert found.get("code") == code
    assert locator in (found.get("locator") or "")
    assert words in (found.text or "")


def test_our_own_faults_are_told_without_details(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(client.service, "_map", fail)
    response = client.ask(MAP)
    assert response.status == 500
    assert isinstance(response.body, bytes)
    assert b"secret" not in response.body and b"r1" in response.body


@pytest.mark.parametrize("kind", ["INIMAGE", "application/vnd.ogc.se_inimage"])
def test_errors_are_written_into_images(client: Client, kind: str) -> None:
    response = client.ask(MAP, layers="nix", exceptions=kind, width="300", height="120", bgcolor="0xFFFFCC")
    assert (response.status, response.media_type) == (200, "image/png")
    assert isinstance(response.body, bytes)
    shown = pixels(response.body)
    assert shown.shape == (120, 300, 3)
    drawn = (shown != (255, 255, 204)).any(axis=2)
    assert 0.005 < drawn.mean() < 0.5, "there is text on the image, and room around it"
    assert not drawn[:, -3:].any()


def test_longer_errors_have_more_text(client: Client) -> None:
    inks = []
    for layer in ("n", "nowhere_to_be_found_in_the_catalogue" * 3):
        body = client.body(MAP, layers=layer, exceptions="inimage", width="600", height="200", format="image/jpeg")
        inks.append((pixels(body) < 128).sum())
    assert inks[1] > inks[0] * 1.2


@pytest.mark.parametrize(
    ("changes", "shape", "pixel"),
    [
        ({"width": "30", "height": "20", "transparent": "true"}, (20, 30, 4), [255, 255, 255, 0]),
        ({"width": "30", "height": "20", "bgcolor": "0x0000FF"}, (20, 30, 3), [0, 0, 255]),
        ({"width": "none"}, (256, 256, 3), [255, 255, 255]),
        ({"format": "image/jpeg", "transparent": "true"}, (4, 6, 3), [255, 255, 255]),
        ({"format": "nonsense"}, (4, 6, 3), [255, 255, 255]),
    ],
)
def test_blank_images(client: Client, changes: dict[str, str], shape: tuple[int, ...], pixel: list[int]) -> None:
    shown = pixels(client.body(MAP, None, **{"layers": "nix", "exceptions": "blank", **changes}))
    assert shown.shape == shape
    assert np.unique(shown.reshape(-1, shape[2]), axis=0).tolist() == [pixel]


def test_capabilities_never_come_as_an_image(client: Client) -> None:
    response = client.ask(CAPABILITIES, exceptions="blank", updateSequence="8")
    assert response.media_type == "text/xml"
    assert isinstance(response.body, bytes)
    assert b'code="InvalidUpdateSequence"' in response.body


# -- capabilities -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [None, "", "1.3.0", "7.0.0", "1.1.1", "7"])
def test_capabilities_are_answered_in_the_nearest_version(client: Client, version: str | None) -> None:
    asked = "" if version is None else f"&version={version}"
    response = client.ask(f"service=WMS&request=GetCapabilities{asked}")
    assert isinstance(response.body, bytes)
    assert (response.status, parse_xml(response.body).get("version")) == (200, "1.3.0")


def test_what_is_no_version_is_refused(client: Client) -> None:
    response = client.ask("service=WMS&request=GetCapabilities&version=latest")
    assert response.status == 400 and isinstance(response.body, bytes)
    assert b"'latest' is not a version number; available: 1.3.0" in response.body


def test_capabilities_are_valid(client: Client, validate_xml: ValidateXml) -> None:
    response = client.ask(CAPABILITIES)
    assert (response.status, response.media_type) == (200, "text/xml")
    assert isinstance(response.body, bytes)
    root = validate_xml(response.body)
    assert (root.get("version"), root.get("updateSequence")) == ("1.3.0", "7")
    names = [name.text for name in root.findall(".//wms:Layer/wms:Layer/wms:Name", NS)]
    assert names == [
        "scenes", "empty", "grey", "rgb", "moisture", "classes", "stack", "cube", "projected", "dateline", "broken",
        "old", "middle", "new",
    ]  # fmt: skip
    formats = [element.text for element in root.findall(".//wms:GetMap/wms:Format", NS)]
    assert formats == ["image/png", "image/jpeg"]
    address = root.find(".//wms:GetMap//wms:OnlineResource", NS)
    assert address is not None
    assert address.get("{http://www.w3.org/1999/xlink}href") == "http://eo.example/ows?"
    exceptions = [element.text for element in root.findall(".//wms:Exception/wms:Format", NS)]
    assert {"application/vnd.ogc.se_inimage", "application/vnd.ogc.se_xml", "application/vnd.ogc.se_blank"} <= {
        *exceptions
    }


def layer_texts(client: Client, name: str, path: str) -> list[str]:
    root = parse_xml(client.body(CAPABILITIES))
    for layer in root.findall(".//wms:Layer/wms:Layer", NS):
        if layer.findtext("wms:Name", "", NS) == name:
            return [element.text or "" for element in layer.findall(path, NS)]
    raise AssertionError(f"no layer {name}")


def test_a_layer(client: Client) -> None:
    root = parse_xml(client.body(CAPABILITIES))
    layer = next(
        one for one in root.findall(".//wms:Layer/wms:Layer", NS) if one.findtext("wms:Name", "", NS) == "grey"
    )
    attributes = ("queryable", "cascaded", "opaque", "noSubsets", "fixedWidth", "fixedHeight")
    assert [layer.get(name) for name in attributes] == ["0", "0", "1", "0", "0", "0"]
    assert layer.findtext("wms:Title", "", NS) == "Title of grey <&>"
    assert layer.findtext("wms:Abstract", "", NS) == "About grey"
    geographic = layer.find("wms:EX_GeographicBoundingBox", NS)
    assert geographic is not None
    assert [element.text for element in geographic] == ["0", "6", "0", "4"]
    boxes = {element.get("CRS"): [element.get(n) for n in ("minx", "miny", "maxx", "maxy")]
             for element in layer.findall("wms:BoundingBox", NS)}  # fmt: skip
    assert boxes == {"EPSG:4326": ["0", "0", "4", "6"], "CRS:84": ["0", "0", "6", "4"]}
    assert layer.findtext("wms:Style/wms:Name", "", NS) == "grey"
    assert layer.findtext("wms:Style/wms:Title", "", NS) == "Default Raster Style"


def test_native_crs_first(client: Client) -> None:
    assert layer_texts(client, "projected", "wms:CRS") == [
        "EPSG:32633",
        "EPSG:4326",
        "EPSG:3857",
        "EPSG:3035",
        "CRS:84",
    ]
    assert layer_texts(client, "scenes", "wms:CRS") == ["EPSG:4326", "EPSG:3857", "EPSG:3035", "CRS:84"]


def test_every_announced_crs_is_answered(client: Client) -> None:
    for crs in layer_texts(client, "projected", "wms:CRS"):
        box = "0,0,10,10" if crs in ("EPSG:4326", "CRS:84") else "0,0,1000,1000"
        assert client.ask(MAP, layers="projected", crs=crs, bbox=box).status == 200


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [
        ("grey", []),
        ("stack", [("time", "ISO8601", "2008-01-04T00:00:00Z",
                    "2008-01-01T00:00:00Z,2008-01-02T12:00:00Z,2008-01-04T00:00:00Z")]),
        ("cube", [("dim_pressure", "hPa", "1000", "500,850,1000"), ("elevation", "metre", "20", "10/20/10")]),
        ("old", [("time", "ISO8601", "2006-08-16T09:00:00Z/2006-08-16T09:05:00Z",
                  "2006-08-16T09:00:00Z/2006-08-16T09:05:00Z/PT5M")]),
        ("scenes", [("time", "ISO8601", "2006-08-16T09:00:00Z/2006-08-30T09:05:00Z",
                     "2006-08-16T09:00:00Z,2006-08-22T09:00:00Z,2006-08-30T09:00:00Z")]),
        ("empty", []),
    ],
)  # fmt: skip
def test_dimensions(client: Client, name: str, dimensions: list[tuple[str, ...]]) -> None:
    root = parse_xml(client.body(CAPABILITIES))
    layer = next(one for one in root.findall(".//wms:Layer/wms:Layer", NS) if one.findtext("wms:Name", "", NS) == name)
    found = [
        (one.get("name"), one.get("units"), one.get("default"), one.text) for one in layer.findall("wms:Dimension", NS)
    ]
    assert found == dimensions


def test_of_too_many_times_the_span_is_announced(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    times = tuple(datetime(2006, 8, 16, tzinfo=UTC) + timedelta(hours=hour) for hour in range(1001))
    monkeypatch.setattr(client.catalogue, "collection_times", lambda name, limit: times[:limit])
    assert layer_texts(client, "scenes", "wms:Dimension") == ["2006-08-16T09:00:00Z/2006-08-30T09:05:00Z/P14DT5M"]
    monkeypatch.setattr(client.catalogue, "collection_times", lambda name, limit: times[1:limit])
    assert layer_texts(client, "scenes", "wms:Dimension")[0].count(",") == 999


def test_announced_dimensions_are_answered(client: Client) -> None:
    root = parse_xml(client.body(CAPABILITIES))
    for layer in root.findall(".//wms:Layer/wms:Layer", NS):
        for dimension in layer.findall("wms:Dimension", NS):
            name, key = layer.findtext("wms:Name", "", NS), dimension.get("name") or ""
            for value in (dimension.get("default") or "", dimension.text or ""):
                response = client.ask(MAP, None, layers=name, **{key: value})
                assert response.status == (503 if name == "broken" else 200)


def test_across_the_antimeridian(client: Client) -> None:
    root = parse_xml(client.body(CAPABILITIES))
    layer = next(
        one for one in root.findall(".//wms:Layer/wms:Layer", NS) if one.findtext("wms:Name", "", NS) == "dateline"
    )
    geographic = layer.find("wms:EX_GeographicBoundingBox", NS)
    assert geographic is not None
    assert [element.text for element in geographic] == ["-180", "180", "0", "4"]


def test_all_texts_of_the_service(tmp_path: Path, validate_xml: ValidateXml) -> None:
    ows = Ows(
        title="A & B", abstract="Both", keywords=("a", "b"), provider_name="Us", individual_name="Ada",
        position_name="Chief", phone_voice="1", phone_facsimile="2", city="Here", fees="", access_constraints="",
        electronic_mail_address="a@b.example", online_resource="http://us.example/?a=1&b=2", update_sequence="spring",
    )  # fmt: skip
    client = make_client(tmp_path, [grey()], settings=replace(Settings(), ows=ows))
    root = validate_xml(client.body(CAPABILITIES))
    assert root.get("updateSequence") == "spring"
    assert root.findtext("wms:Service/wms:Title", "", NS) == "A & B"
    assert root.findtext("wms:Capability/wms:Layer/wms:Title", "", NS) == "A & B"
    assert root.findtext(".//wms:ContactAddress/wms:City", "", NS) == "Here"


def test_an_empty_catalogue(tmp_path: Path, validate_xml: ValidateXml) -> None:
    client = make_client(tmp_path, [])
    root = validate_xml(client.body("service=WMS&request=GetCapabilities"))
    assert not root.findall(".//wms:Layer/wms:Layer", NS)
    response = client.ask(MAP)
    assert response.status == 404
    assert isinstance(response.body, bytes)
    assert b"none is available" in response.body


@pytest.mark.parametrize(
    ("given", "status", "content"),
    [
        ("", 200, b"<WMS_Capabilities"),
        ("6", 200, b"<WMS_Capabilities"),
        ("7", 200, b'code="CurrentUpdateSequence"'),
        ("8", 400, b'code="InvalidUpdateSequence"'),
    ],
)
def test_update_sequence(client: Client, given: str, status: int, content: bytes) -> None:
    response = client.ask(CAPABILITIES, updatesequence=given)
    assert response.status == status
    assert isinstance(response.body, bytes)
    assert content in response.body


def test_capabilities_stream(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(client.catalogue.summaries())
    taken = 0

    def many() -> Iterator[Summary]:
        nonlocal taken
        for taken in range(1, 1001):
            yield replace(one, identifier=f"c{taken}")

    monkeypatch.setattr(client.catalogue, "summaries", many)
    body = client.service.handle(client.request(CAPABILITIES)).body
    assert not isinstance(body, bytes)
    parts = iter(body)
    assert len(next(parts)) < 100_000
    assert taken < 200
    assert sum(map(len, parts)) > 500_000
    assert taken == 1000


def test_a_broken_coverage_never_breaks_capabilities(
    client: Client, validate_xml: ValidateXml, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    days = IrregularAxis("ansi", np.array([1e9, 2e9]), crs=parse_crs("OGC/0/AnsiDate"), unit="d", role=Role.T)
    flat = grey().domain
    domain = Domain((days, *flat.axes), ("ansi", *flat.crs_labels))
    good = next(client.catalogue.summaries())
    bad = replace(good, identifier="bad", domain=domain)
    monkeypatch.setattr(client.catalogue, "summaries", lambda: iter([bad, good]))
    root = validate_xml(client.body(CAPABILITIES))
    names = [name.text for name in root.findall(".//wms:Layer/wms:Layer/wms:Name", NS)]
    assert "grey" in names and "bad" not in names
    assert "bad" in caplog.text


# -- access -----------------------------------------------------------------------------------------


def test_what_an_actor_must_not_read_is_neither_listed_nor_drawn(tmp_path: Path) -> None:
    client = make_client(tmp_path, all_coverages(), {"scenes": ("old", "new")}, hidden=["grey", "new"])
    assert client.ask(MAP).status == 403
    assert client.ask(MAP, actor="admin").status == 200
    assert b"<Name>grey</Name>" not in client.body(CAPABILITIES)
    assert b"<Name>grey</Name>" in client.body(CAPABILITIES, actor="admin")
    told = {actor: client.ask(MAP, actor, layers="gray").body for actor in (None, "admin")}
    assert b"'grey'" not in told[None] and b"did you mean 'grey'" in told["admin"]
    shown = client.map("scenes", bbox="0,0,4,10", width=10)
    assert 150 not in shown and 50 in shown
    assert 150 in pixels(
        client.body(GET_MAP.format(layers="scenes", bbox="0,0,4,10", width=10, height=4), actor="admin")
    )


# -- the plugin -------------------------------------------------------------------------------------


def test_the_plugin_brings_the_service() -> None:
    plugins = Plugins.from_modules([plugin])
    assert plugins.services["WMS"] is WebMapService
    assert [version.version.number for version in VERSIONS] == ["1.3.0"]
