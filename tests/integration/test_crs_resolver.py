# SPDX-License-Identifier: MIT
"""The CRS resolver in the whole application: paths, users, validators, and CRSs of administrators in WCS and WMS."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import rasterio
from lxml import etree
from werkzeug.test import TestResponse

from eoxserver.core.crs import parse_crs
from eoxserver.resources.coverages.models import RectifiedDataset
from eoxserver.resources.crs.catalogue import coverages_using
from eoxserver.resources.crs.models import CrsDefinition
from tests.app.test_admin_site import form_of, log_in
from tests.applications import Application, application, instance_template
from tests.backends.rasters import pattern, write
from tests.xmlschemas import check, parse_xml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

TEXT = "+proj=tmerc +lat_0=0 +lon_0=14.5 +k=1 +datum=WGS84 +type=crs"
URL = "/def/crs/USER/0/local"


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as opened:
        yield opened


def administrator(app: Application) -> dict[str, str]:
    name, password = app.instance.paths.credentials.read_text().split()
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def define(app: Application, text: str = TEXT, url: str = URL) -> TestResponse:
    return app.client.put(url, data=text, headers=administrator(app), content_type="text/plain")


def identifier(response: TestResponse) -> str:
    assert response.status_code == 200, response.text
    return texts(parse_xml(response.data), "/*/gml:identifier/text()")[0]


@pytest.mark.parametrize("mount", ["/def", "/rasdaman/def"])
def test_definitions_resolve_at_both_paths(app: Application, mount: str, shared: Path) -> None:
    for url in (f"{mount}/crs/EPSG/0/4326", f"{mount}/crs?authority=EPSG&version=0&code=4326"):
        response = app.client.get(url)
        assert response.content_type.startswith("text/xml")
        assert identifier(response) == f"http://localhost{mount}/crs/EPSG/0/4326"
        check(shared / "schemas", response.data)
    compound = app.client.get(f"{mount}/crs-compound?1=http://localhost{mount}/crs/OGC/0/AnsiDate&2=EPSG:4326")
    url = f"http://localhost{mount}/crs"
    assert identifier(compound) == f"http://localhost{mount}/crs-compound?1={url}/OGC/0/AnsiDate&2={url}/EPSG/0/4326"
    label = app.client.get(f'{mount}/crs/OGC/0/AnsiDate?axis-label="day"')
    assert identifier(label) == f'{url}/OGC/0/AnsiDate?axis-label="day"'
    assert texts(parse_xml(label.data), "//gml:axisAbbrev/text()") == ["day"]
    equal = app.client.get(f"{mount}/equal?1={url}/EPSG/0/4327&2={url}/EPSG/0/4326")
    assert ">false<" in equal.text
    for listing in (mount, f"{mount}/", f"{mount}/crs/EPSG/0", f"{mount}/crs/EPSG/0/"):
        assert app.client.get(listing).text.count("<identifier>") > 5
    assert app.client.get(f"{mount}/crs/EPSG/0/999999").status_code == 404
    assert app.client.get("/ows?service=CRS&request=GetCapabilities").status_code == 400


def test_methods(app: Application) -> None:
    assert app.client.head("/def/crs/EPSG/0/4326").status_code == 200
    assert app.client.post("/def/crs/EPSG/0/4326").status_code == 405
    assert app.client.options("/def").status_code == 204


def test_answers_follow_the_configured_url(tmp_path: Path, instance_template: Path) -> None:
    environ = {"EOXS_SERVICES_OWSCOMMON__HTTP_SERVICE_URL": "https://eo.example/maps/ows"}
    with application(tmp_path, instance_template, environ) as app:
        for mount in ("/def", "/rasdaman/def"):
            found = identifier(app.client.get(f"{mount}/crs/EPSG/0/4326"))
            assert found == "https://eo.example/maps/def/crs/EPSG/0/4326"


def test_what_a_client_has_is_good_until_a_definition_changes(app: Application) -> None:
    tags = {}
    for url in ("/def/crs/EPSG/0", "/def/crs/EPSG/0/4326", "/def/crs/EPSG/0/4258", "/def/crs"):
        first = app.client.get(url)
        tags[url] = first.headers["ETag"]
        again = app.client.get(url, headers={"If-None-Match": tags[url]})
        assert (again.status_code, again.data) == (304, b"")
    assert len(set(tags.values())) == len(tags)
    app.register(Path(write(app.instance.paths.root / "a.tif", pattern((1, 4, 8)))))
    assert app.client.get("/def/crs", headers={"If-None-Match": tags["/def/crs"]}).status_code == 304
    assert define(app).status_code == 201
    assert app.client.get("/def/crs", headers={"If-None-Match": tags["/def/crs"]}).status_code == 200


def test_only_administrators_define(app: Application) -> None:
    refused = app.client.put(URL, data=TEXT)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Basic realm="eoxserver"')
    wrong = {"Authorization": f"Basic {base64.b64encode(b'admin:wrong').decode()}"}
    assert app.client.put(URL, data=TEXT, headers=wrong).status_code == 401
    assert app.client.get(URL).status_code == 404
    made = define(app)
    assert (made.status_code, made.headers["Location"]) == (201, f"http://localhost{URL}")
    assert identifier(app.client.get(URL)) == f"http://localhost{URL}"
    assert app.client.delete(URL).status_code == 401
    assert app.client.delete(URL, headers=administrator(app)).status_code == 204
    assert app.client.get(URL).status_code == 404


def test_a_form_as_curl_sends_it(app: Application) -> None:
    fields = {"definition": TEXT, "title": "Local grid"}
    assert app.client.put(URL, data=fields, headers=administrator(app)).status_code == 201
    assert texts(parse_xml(app.client.get(URL).data), "/*/gml:name/text()") == ["Local grid"]


@pytest.fixture
def scene(app: Application) -> str:
    """A raster in the local CRS, which it names by WKT."""
    crs = parse_crs(TEXT)
    path = write(app.instance.paths.root / "scene.tif", pattern((1, 8, 8)), bounds=(0, 0, 800, 800), crs=crs.wkt)
    return app.register(Path(path))[0]


def test_wcs_and_wms_know_the_crs(app: Application, scene: str) -> None:
    subset = ["E(200,400)", "N(0,400)"]
    assert app.wcs("GetCoverage", coverageId=scene, subset=subset, subsettingCrs="USER:local").status_code == 404
    define(app)
    local, plain = parse_crs(TEXT), app.instance.crss.parse("USER:local")
    assert plain.wkt == local.wkt
    assert plain != local
    for name in ("USER:local", "http://www.opengis.net/def/crs/USER/0/local", f"http://localhost{URL}"):
        response = app.wcs("GetCoverage", coverageId=scene, subset=subset, subsettingCrs=name)
        assert response.status_code == 200, response.text
        with rasterio.MemoryFile(response.data) as file, file.open() as dataset:
            assert (dataset.width, dataset.height) == (2, 4)
            assert tuple(dataset.bounds) == (200, 0, 400, 400)
    box = app.wcs("GetCoverage", coverageId=scene, subset=[f"E,http://localhost{URL}(200,400)"])
    assert box.status_code == 200


@pytest.mark.parametrize(
    "extra",
    [
        '{"geoReference": {"crs": "USER:local", "bbox": {"xmin": 0, "ymin": 0, "xmax": 80, "ymax": 80}}}',
        '{"coordinates": {"crs": "USER:local", "xmin": 0, "ymin": 0, "xmax": 80, "ymax": 80}}',
        '{"geoReference": {"crs": "USER/0/local", "GCPs": [{"pixel":0,"line":0,"x":0,"y":8}]}}',
        "crs=USER:local;xmin=0;ymin=0;xmax=80;ymax=80",
    ],
)
def test_results_of_queries_are_placed_in_the_crs(app: Application, scene: str, extra: str) -> None:
    escaped = extra.replace('"', '\\"')
    query = f'for $c in ({scene}) return encode($c, "image/tiff", "{escaped}")'
    assert app.client.post("/ows/wcps", data={"query": query}).status_code == 400
    define(app)
    answer = app.client.post("/ows/wcps", data={"query": query})
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.data) as file, file.open() as dataset:
        placed = dataset.gcps[1] if "GCPs" in extra else dataset.crs
        assert placed == rasterio.crs.CRS.from_wkt(parse_crs(TEXT).wkt)


def test_a_coverage_in_the_crs_keeps_it(app: Application, scene: str) -> None:
    """What registration with --crs stores: the name, with the definition it had then."""
    define(app)
    dataset = RectifiedDataset.objects.get()
    dataset.crs = app.instance.crss.parse("USER:local")
    dataset.save()
    described = app.wcs("DescribeCoverage", coverageId=scene)
    assert 'srsName="http://www.opengis.net/def/crs/USER/0/local"' in described.text
    layer = app.wms("GetCapabilities")
    assert "<CRS>USER:local</CRS>" in layer.text
    picture = app.wms(
        "GetMap", layers=scene, styles="", crs="USER:local", bbox="0,0,800,800", width="8", height="8",
        format="image/png",
    )  # fmt: skip
    assert picture.content_type == "image/png", picture.text
    assert list(coverages_using(CrsDefinition.objects.get().value)) == [scene]
    for refused in (define(app, "EPSG:3035"), app.client.delete(URL, headers=administrator(app))):
        assert refused.status_code == 400
        text = etree.fromstring(refused.data)
        assert f"coverages use it ({scene})" in texts(text, "//ows:ExceptionText/text()")[0]


def test_the_admin_site_defines_crss(app: Application) -> None:
    name, password = app.instance.paths.credentials.read_text().split()
    log_in(app, name, password)
    page = form_of(app.client.get("/admin/crs/crsdefinition/add/"), "@name='_save'")
    wrong = app.client.post("/admin/crs/crsdefinition/add/", data={**page, "code": "local", "definition": "nonsense"})
    assert "is not a CRS" in wrong.text
    made = app.client.post("/admin/crs/crsdefinition/add/", data={**page, "code": "local", "definition": TEXT})
    assert made.status_code == 302
    assert app.client.get(URL).status_code == 200
    row = CrsDefinition.objects.get()
    change = f"/admin/crs/crsdefinition/{row.pk}/change/"
    fields = form_of(app.client.get(change), "@name='_save'")
    assert "code" not in fields
    assert app.client.post(change, data={**fields, "title": "Better"}).status_code == 302
    assert texts(parse_xml(app.client.get(URL).data), "/*/gml:name/text()") == ["Better"]
    delete = f"/admin/crs/crsdefinition/{row.pk}/delete/"
    assert app.client.post(delete, data=form_of(app.client.get(delete), "@type='submit'")).status_code == 302
    assert app.client.get(URL).status_code == 404
