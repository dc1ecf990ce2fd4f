# SPDX-License-Identifier: MIT
"""The admin site at ``/admin/``: who may enter, what it shows, what a change does to the services."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from lxml import html
from werkzeug.test import Client, TestResponse

from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.resources.coverages.models import RectifiedDataset
from tests.applications import Application
from tests.resources.coverages.samples import rectified

LOGIN = "/admin/login/?next=/admin/"
LISTS = (
    "auth/group", "auth/user", "backends/dataitem", "backends/package", "backends/storage",
    "coverages/datasetseries", "coverages/rectifieddataset", "coverages/rectifiedstitchedmosaic",
    "coverages/referenceabledataset", "crs/crsdefinition",
)  # fmt: skip


def xpath(element: html.HtmlElement, path: str) -> list[Any]:
    found = element.xpath(path)
    assert isinstance(found, list)
    return found


def form_of(page: TestResponse, submit: str) -> dict[str, Any]:
    """The fields of the form that has the button ``submit``."""
    assert page.status_code == 200, page.text
    (form,) = xpath(html.fromstring(page.data), f"//form[.//input[@type='submit'][{submit}]]")
    found = {name: value for name, value in form.fields.items() if value is not None and name != "_continue"}
    return {str(name): "" for name in xpath(form, ".//input[@type='text']/@name")} | found


def log_in(app: Application, name: str, password: str) -> TestResponse:
    fields = form_of(app.client.get(LOGIN), "@value='Log in'")
    return app.client.post(LOGIN, data={**fields, "username": name, "password": password})


@pytest.fixture
def client(app: Application) -> Client:
    """Answer a client in which the administrator of the instance has logged in."""
    name, password = app.instance.paths.credentials.read_text().split()
    assert log_in(app, name, password).headers["Location"] == "/admin/"
    return app.client


def test_strangers_see_the_login_page(app: Application) -> None:
    for path in ("/admin/", "/admin/coverages/rectifieddataset/"):
        answer = app.client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/admin/login/?next={path}")
    page = app.client.get(LOGIN)
    assert page.status_code == 200 and "password" in page.text
    refused = log_in(app, "admin", "wrong")
    assert refused.status_code == 200 and "correct username and password" in refused.text.replace("\n", " ")
    assert app.client.get("/admin/").status_code == 302


def test_a_login_without_the_token_of_its_page_is_refused(app: Application) -> None:
    name, password = app.instance.paths.credentials.read_text().split()
    refused = app.client.post(LOGIN, data={"username": name, "password": password})
    assert refused.status_code == 403
    assert app.client.get("/admin/").status_code == 302


def links(page: TestResponse) -> list[str]:
    return [str(link) for link in xpath(html.fromstring(page.data), "//link/@href | //script/@src")]


def test_pages_have_their_style_sheets_and_scripts(client: Client) -> None:
    for path in ("/admin/", "/admin/auth/user/", "/admin/auth/user/1/change/"):
        found = links(client.get(path))
        assert any(link.endswith("/css/base.css") for link in found)
        kinds = {}
        for link in found:
            with client.get(link) as answer:
                assert answer.status_code == 200 and answer.data, link
                kinds[link.rpartition(".")[2]] = answer.mimetype
        assert kinds["css"] == "text/css" and kinds["js"] == "text/javascript"


def test_style_sheets_are_found_below_another_path_too(app: Application) -> None:
    with app.client.get("/admin/static/admin/css/base.css", base_url="http://eo.example/below/here/") as answer:
        assert answer.status_code == 200 and answer.mimetype == "text/css"


def test_pages_below_another_path_link_to_files_there(app: Application) -> None:
    for base in ("http://eo.example/below/here/", "http://eo.example/"):
        page = app.client.get("/admin/login/", base_url=base)
        assert page.status_code == 200
        found = links(page)
        prefix = base.removeprefix("http://eo.example")
        assert found and all(link.startswith(f"{prefix}admin/static/") for link in found), found


@pytest.mark.parametrize(
    "name", ["nothing.css", "../../../django/conf/global_settings.py", "%2e%2e/admin/css/base.css", ""]
)
def test_there_are_no_other_files(app: Application, name: str) -> None:
    assert app.client.get(f"/admin/static/{name}").status_code == 404


def test_every_model_has_a_list(client: Client) -> None:
    registered = {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry}
    assert registered == set(LISTS)
    index = client.get("/admin/").text
    for name in LISTS:
        assert f'href="/admin/{name}/"' in index
        assert client.get(f"/admin/{name}/").status_code == 200


def test_lists_show_what_is_registered(client: Client) -> None:
    assert "scene" in client.get("/admin/coverages/rectifieddataset/").text
    assert "scenes" in client.get("/admin/coverages/datasetseries/").text
    assert "scene.tif" in client.get("/admin/backends/dataitem/").text
    assert "scene.tif" in client.get("/admin/backends/dataitem/?q=scene").text
    assert "scene.tif" not in client.get("/admin/backends/dataitem/?q=another").text


def test_where_data_is_is_shown_without_secrets(app: Application, client: Client) -> None:
    storage = Storage.objects.create(name="eo", url="https://eo.example/", storage_type="https", credentials="env:EO")
    package = Package.objects.create(location="a.zip", format="ZIP", storage=storage)
    Package.objects.create(location="https://eo.example/b.zip?signature=s3cr3t", format="ZIP")
    inner = Package.objects.create(location="b.tar", format="TAR", package=package)
    dataset = rectified("a")
    item = DataItem.objects.create(dataset=dataset, location="c.tif", package=inner, semantic="bands")
    pages = [client.get(f"/admin/backends/{kind}/").text for kind in ("storage", "package", "dataitem")]
    assert "env:EO" in pages[0]
    assert "https://eo.example/b.zip" in pages[1] and "a.zip//b.tar" in pages[1]
    assert "a.zip//b.tar//c.tif" in pages[2]
    assert not any("s3cr3t" in page for page in pages)
    assert "a.zip//b.tar//c.tif" in client.get(f"/admin/backends/dataitem/{item.pk}/change/").text
    assert client.get("/admin/backends/dataitem/add/").status_code == 200


def test_coverages_are_registered_and_not_typed_in(client: Client) -> None:
    assert client.get("/admin/coverages/rectifieddataset/add/").status_code == 403
    assert client.get("/admin/coverages/datasetseries/add/").status_code == 403


def test_a_changed_title_is_in_the_next_capabilities(app: Application, client: Client) -> None:
    key = RectifiedDataset.objects.get(identifier="scene").pk
    path = f"/admin/coverages/rectifieddataset/{key}/change/"
    before = app.wms("GetCapabilities")
    version = app.instance.catalogue.version()
    fields = form_of(client.get(path), "@name='_save'")
    editable = {name for name in fields if not name.startswith(("csrf", "initial-", "_"))}
    assert editable == {"title", "abstract", "visible", "metadata"}
    saved = client.post(path, data={**fields, "title": "The <best> scene"})
    assert (saved.status_code, saved.headers["Location"]) == (302, "/admin/coverages/rectifieddataset/")
    assert app.instance.catalogue.version() > version
    after = app.get("service=WMS&version=1.3.0&request=GetCapabilities", If_None_Match=before.headers["ETag"])
    assert after.status_code == 200 and "The &lt;best&gt; scene" in after.text
    assert "The &lt;best&gt; scene" in app.wcs("DescribeCoverage", coverageId="scene").text
    kept = RectifiedDataset.objects.get(identifier="scene")
    assert (kept.size_x, kept.size_y, kept.srid, len(kept.range_type)) == (40, 20, 4326, 3)
    assert app.wcs("GetCoverage", coverageId="scene").status_code == 200


def test_what_is_hidden_is_served_and_not_listed(app: Application, client: Client) -> None:
    key = RectifiedDataset.objects.get(identifier="scene").pk
    path = f"/admin/coverages/rectifieddataset/{key}/change/"
    fields = form_of(client.get(path), "@name='_save'")
    del fields["visible"]
    assert client.post(path, data=fields).status_code == 302
    assert "<Name>scene</Name>" not in app.wms("GetCapabilities").text
    assert "scene</wcs:CoverageId>" not in app.wcs("GetCapabilities").text
    assert app.wcs("DescribeCoverage", coverageId="scene").status_code == 200


def test_a_deleted_coverage_is_gone_everywhere(app: Application, client: Client) -> None:
    key = RectifiedDataset.objects.get(identifier="scene").pk
    path = f"/admin/coverages/rectifieddataset/{key}/delete/"
    fields = form_of(client.get(path), "starts-with(@value, 'Yes')")
    assert client.post(path, data=fields).status_code == 302
    assert app.wcs("DescribeCoverage", coverageId="scene").status_code == 404
    assert app.instance.catalogue.collection_members("scenes") == ()
    assert app.instance.catalogue.collection("scenes") is not None
    series = app.instance.catalogue.collection("scenes")
    assert series is not None and series.wgs84_bounds is None
