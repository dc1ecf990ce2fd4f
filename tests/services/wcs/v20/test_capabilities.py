# SPDX-License-Identifier: MIT
from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pytest

from eoxserver.conf.schema import Settings, Wcs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wire import Request, Response
from tests.services.wcs.conftest import Client, MemoryCatalogue, Summary
from tests.services.wcs.v20.coverages import rgb
from tests.xmlschemas import NS, ValidateXml, parse_xml, texts


def test_every_section_is_there(client: Client) -> None:
    root = parse_xml(client.get("GetCapabilities"))
    assert root.tag == f"{{{NS['wcs']}}}Capabilities"
    assert (root.get("version"), root.get("updateSequence")) == ("2.0.1", "7")
    assert [str(child.tag).partition("}")[2] for child in root] == [
        "ServiceIdentification", "ServiceProvider", "OperationsMetadata", "ServiceMetadata", "Contents",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "names"),
    [
        ("Contents", ["Contents"]),
        ("OperationsMetadata,ServiceProvider", ["ServiceProvider", "OperationsMetadata"]),
        ("Languages", []),
    ],
)
def test_sections_that_are_asked_for(client: Client, sections: str, names: list[str]) -> None:
    root = parse_xml(client.get("GetCapabilities", ("sections", sections)))
    assert [str(child.tag).partition("}")[2] for child in root] == names


def test_a_coverage_in_short(client: Client) -> None:
    root = parse_xml(client.get("GetCapabilities", ("sections", "Contents")))
    summary = "//wcs:CoverageSummary[wcs:CoverageId='airtemp']"
    assert texts(root, f"{summary}/wcs:CoverageSubtype/text()") == ["RectifiedGridCoverage"]
    assert texts(root, f"{summary}/ows:WGS84BoundingBox/*/text()") == ["111.975 -44.525", "156.275 -8.975"]
    assert texts(root, f"{summary}/ows:BoundingBox/*/text()") == ["-44.525 111.975", "-8.975 156.275"]
    assert texts(root, f"{summary}/ows:BoundingBox/@crs") == ["http://www.opengis.net/def/crs/EPSG/0/4326"]
    assert texts(root, f"{summary}/ows:BoundingBox/@dimensions") == ["2"]


def test_times_in_bounding_boxes_are_numbers(client: Client) -> None:
    root = parse_xml(client.get("GetCapabilities", ("sections", "Contents")))
    path = "//wcs:CoverageSummary[wcs:CoverageId='eobs']/ows:BoundingBox/*/text()"
    assert texts(root, path) == ["127469.5 25 40", "127475.5 40 60"]


def test_titles_are_told(make: Callable[..., Client]) -> None:
    root = parse_xml(make([replace(rgb(), title="A < B", abstract="C & D")]).get("GetCapabilities"))
    assert texts(root, "//wcs:CoverageSummary/ows:Title/text()") == ["A < B"]
    assert texts(root, "//wcs:CoverageSummary/ows:Abstract/text()") == ["C & D"]


def test_what_is_announced_comes_from_the_configuration(make: Callable[..., Client]) -> None:
    settings = replace(Settings(), wcs=Wcs(supported_formats=("image/png", "image/jp2"), supported_crs=(4326, 32633)))
    root = parse_xml(make([rgb()], settings).get("GetCapabilities"))
    assert texts(root, "//wcs:formatSupported/text()") == ["image/png", "application/gml+xml"]
    assert texts(root, "//crs:crsSupported/text()") == [
        "http://www.opengis.net/def/crs/EPSG/0/4326",
        "http://www.opengis.net/def/crs/EPSG/0/32633",
    ]
    assert texts(root, "//int:InterpolationSupported/text()") == [
        "http://www.opengis.net/def/interpolation/OGC/1.0/nearest-neighbor"
    ]
    profiles = texts(root, "//ows:Profile/text()")
    assert not [profile for profile in profiles if "geotiff" in profile or "post" in profile or "soap" in profile]
    assert "https://www.w3.org/TR/PNG/" in profiles


def test_no_crs_need_be_offered(make: Callable[..., Client], validate_xml: ValidateXml) -> None:
    settings = replace(Settings(), wcs=Wcs(supported_crs=()))
    root = validate_xml(make([rgb()], settings).get("GetCapabilities"))
    assert not texts(root, "//crs:crsSupported/text()")


def test_operations_are_reached_by_get_and_by_form(client: Client) -> None:
    root = parse_xml(client.get("GetCapabilities"))
    assert texts(root, "//ows:Operation/@name") == ["GetCapabilities", "DescribeCoverage", "GetCoverage"]
    assert set(texts(root, "//ows:Get/@xlink:href")) == {"http://eo.example/ows?"}
    assert set(texts(root, "//ows:Post//ows:Value/text()")) == {"KVP"}


def test_the_client_that_is_up_to_date_gets_no_document(client: Client, validate_xml: ValidateXml) -> None:
    root = validate_xml(client.get("GetCapabilities", ("updateSequence", "7")))
    assert len(root) == 0
    assert (root.get("version"), root.get("updateSequence")) == ("2.0.1", "7")
    assert len(parse_xml(client.get("GetCapabilities", ("updateSequence", "6")))) == 5


def test_the_media_type_is_negotiated(client: Client) -> None:
    def media_type(*pairs: tuple[str, str]) -> str:
        return client.ask(("request", "GetCapabilities"), *pairs).media_type

    assert media_type() == "text/xml; charset=utf-8"
    assert media_type(("acceptFormats", "application/xml")) == "application/xml; charset=utf-8"


def test_an_empty_catalogue_is_no_error(make: Callable[..., Client], validate_xml: ValidateXml) -> None:
    root = validate_xml(make([]).get("GetCapabilities"))
    assert root.find("wcs:Contents", namespaces=NS) is not None
    assert not texts(root, "//wcs:CoverageId/text()")


def test_capabilities_are_valid(client: Client, validate_xml: ValidateXml) -> None:
    validate_xml(client.get("GetCapabilities"))


class BrokenDomain(Domain):
    """A domain that cannot be told of."""

    @property
    def subtype(self) -> str:
        raise CrsUnknown("EPSG:999999 is not known")


@dataclass
class OtherCatalogue(MemoryCatalogue):
    """Tells of a coverage that is broken, and then of another one again and again."""

    count: int = 1

    def summaries(self) -> Iterator[Summary]:
        good = next(super().summaries())
        yield replace(good, identifier="broken", domain=BrokenDomain(()))
        for number in range(self.count):
            yield replace(good, identifier=f"c{number}", title=f"Coverage {number}")


def test_one_broken_coverage_is_left_out(
    make: Callable[..., Client], caplog: pytest.LogCaptureFixture, validate_xml: ValidateXml
) -> None:
    client = make([], catalogue=OtherCatalogue({"rgb": rgb()}))
    root = validate_xml(client.get("GetCapabilities"))
    assert texts(root, "//wcs:CoverageId/text()") == ["c0"]
    assert "broken" in caplog.text and "999999" in caplog.text


def test_ten_thousand_coverages_do_not_lie_in_memory(make: Callable[..., Client]) -> None:
    client = make([], catalogue=OtherCatalogue({"rgb": rgb()}, count=10_000))
    request = Request(Params([("request", "GetCapabilities")]), "http://eo.example/ows")
    tracemalloc.start()
    size = sum(len(part) for part in chunks(client.service.handle(request)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 4_000_000
    assert peak < size / 4


def test_few_coverages_come_in_one_part(client: Client) -> None:
    request = Request(Params([("request", "GetCapabilities")]), "http://eo.example/ows")
    assert len(list(chunks(client.service.handle(request)))) == 1


def chunks(response: Response) -> Iterable[bytes]:
    """Answer the parts of a body that is made while it is sent."""
    assert not isinstance(response.body, bytes)
    return response.body
