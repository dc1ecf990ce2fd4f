# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import replace

from eoxserver.conf.schema import OwsCommon, Settings
from eoxserver.services.ows.urls import public_url, sibling_url


def test_the_configured_url_goes_before_that_of_the_request() -> None:
    configured = replace(Settings(), owscommon=OwsCommon(http_service_url="https://eo.example/ows"))
    assert public_url(configured, "http://10.0.0.1/ows") == "https://eo.example/ows"
    assert public_url(Settings(), "http://10.0.0.1/ows") == "http://10.0.0.1/ows"


def test_another_endpoint_stands_beside_the_configured_one() -> None:
    for configured, expected in (
        ("https://eo.example/maps/ows", "https://eo.example/maps/def"),
        ("https://eo.example/wms", "http://10.0.0.1/def"),
        (None, "http://10.0.0.1/def"),
    ):
        settings = replace(Settings(), owscommon=OwsCommon(http_service_url=configured))
        assert sibling_url(settings, "http://10.0.0.1/def", "/def") == expected
