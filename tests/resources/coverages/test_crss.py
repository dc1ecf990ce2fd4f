# SPDX-License-Identifier: MIT
"""The CRSs that are offered (RFC 17), and EPSG codes in their notations."""

from __future__ import annotations

import doctest
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.conf.schema import Settings
from eoxserver.core.crs import Definition, Definitions, parse_crs
from eoxserver.core.errors import ConfigurationError, CrsNotSupported, CrsUnknown
from eoxserver.resources.coverages import crss

CODES = (4326, 3857, 3035, 32632, 2180, 4979, 31467)


def configured(wms: tuple[int, ...], wcs: tuple[int, ...] = ()) -> Settings:
    settings = Settings()
    return replace(settings, wms=replace(settings.wms, supported_crs=wms), wcs=replace(settings.wcs, supported_crs=wcs))


def test_docstrings_hold() -> None:
    assert doctest.testmod(crss).failed == 0


def test_the_module_needs_no_database() -> None:
    script = "import sys; import eoxserver.resources.coverages.crss; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@given(st.sampled_from(CODES))
def test_notations_and_back(code: int) -> None:
    assert crss.from_url(crss.as_url(code)) == code
    assert crss.from_urn(crss.as_urn(code)) == code
    assert crss.from_short_code(crss.as_short_code(code)) == code
    for text in (crss.as_url(code), crss.as_urn(code), crss.as_short_code(code)):
        assert crss.parse_epsg_code(text) == code


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (crss.from_url, "EPSG:4326"),
        (crss.from_url, "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        (crss.from_url, "http://www.opengis.net/def/crs/EPSG/0/999999"),
        (crss.from_urn, "http://www.opengis.net/def/crs/EPSG/0/4326"),
        (crss.from_urn, "urn:ogc:def:crs:EPSG::"),
        (crss.from_short_code, "urn:ogc:def:crs:EPSG::4326"),
        (crss.from_short_code, "EPSG:north"),
        (crss.parse_epsg_code, "CRS:84"),
        (crss.parse_epsg_code, ""),
    ],
)
def test_what_is_no_epsg_code_in_that_notation_is_none(function: object, text: str) -> None:
    assert callable(function)
    assert function(text) is None


def test_unknown_codes() -> None:
    assert crss.is_epsg_code(4326)
    assert not crss.is_epsg_code(999999)
    assert not crss.is_epsg_code(-1)
    for function in (crss.as_url, crss.as_urn, crss.as_short_code, crss.has_swapped_axes, crss.is_projected):
        with pytest.raises(CrsUnknown, match="999999"):
            function(999999)


@pytest.mark.parametrize(
    ("code", "swapped", "projected"),
    [(4326, True, False), (3857, False, True), (3035, True, True), (32632, False, True), (4979, True, False),
     (7415, False, True), (5773, False, False)],
)  # fmt: skip
def test_axes(code: int, swapped: bool, projected: bool) -> None:
    assert crss.has_swapped_axes(code) is swapped
    assert crss.is_projected(code) is projected
    assert crss.axes_swapper(code)(1, 2) == ((2, 1) if swapped else (1, 2))


def test_configured_crss_keep_their_order() -> None:
    settings = configured((3857, 4326, 3857), (32632, 4326))
    assert [crs.epsg for crs in crss.wms_crss(settings)] == [3857, 4326]
    assert [crs.epsg for crs in crss.wcs_crss(settings)] == [32632, 4326]
    assert crss.wms_crss(configured(())) == ()


def test_the_defaults_are_offered() -> None:
    assert [crs.short for crs in crss.wms_crss(Settings())] == ["EPSG:4326", "EPSG:3857", "EPSG:3035"]


@pytest.mark.parametrize(
    ("native", "layer", "coverage"),
    [
        (None, ["EPSG:4326", "EPSG:3857"], ["EPSG:3857"]),
        ("EPSG:32632", ["EPSG:32632", "EPSG:4326", "EPSG:3857"], ["EPSG:32632", "EPSG:3857"]),
        ("EPSG:3857", ["EPSG:3857", "EPSG:4326"], ["EPSG:3857"]),
        ("OGC/0/AnsiDate@EPSG:3857", ["EPSG:3857", "EPSG:4326"], ["OGC/0/AnsiDate@EPSG:3857", "EPSG:3857"]),
        ("OGC/0/Index2D", ["EPSG:4326", "EPSG:3857"], ["OGC/0/Index2D", "EPSG:3857"]),
        ("CRS:84", ["CRS:84", "EPSG:4326", "EPSG:3857"], ["CRS:84", "EPSG:3857"]),
    ],
)
def test_native_first_and_each_once(native: str | None, layer: list[str], coverage: list[str]) -> None:
    settings = configured((4326, 3857), (3857,))
    own = parse_crs(native) if native else None
    assert [crs.short for crs in crss.layer_crss(settings, own)] == layer
    assert [crs.short for crs in crss.coverage_crss(settings, own)] == coverage


def test_a_plane_without_code_is_no_crs_of_a_layer() -> None:
    settings, own = configured((4326,), (4326,)), parse_crs("+proj=sinu +R=6371007.181")
    assert [crs.epsg for crs in crss.layer_crss(settings, own)] == [4326]
    assert crss.coverage_crss(settings, own)[0] == own


def test_what_is_offered_may_be_asked_for_and_nothing_else() -> None:
    offered = crss.layer_crss(configured((4326, 3857)), parse_crs("EPSG:32632"))
    assert crss.require_offered(parse_crs("urn:ogc:def:crs:EPSG::3857"), offered) == parse_crs("EPSG:3857")
    assert crss.require_offered(parse_crs("CRS:84"), offered).short == "CRS:84"
    local = parse_crs("+proj=tmerc +lat_0=0 +lon_0=14.5 +datum=WGS84 +type=crs")
    named = parse_crs("USER:local", Definitions.of([Definition("USER", "0", "local", local.wkt or "")]))
    other = parse_crs("USER:local", Definitions.of([Definition("USER", "0", "local", "EPSG:32633")]))
    assert crss.require_offered(named, [*offered, local]) == local
    with pytest.raises(CrsNotSupported, match="USER:local is not offered"):
        crss.require_offered(other, [*offered, local])
    with pytest.raises(CrsNotSupported, match="EPSG:3035 is not offered; available: EPSG:32632, EPSG:4326") as caught:
        crss.require_offered(parse_crs("EPSG:3035"), offered, "outputCrs")
    assert caught.value.locator == "outputCrs"
    with pytest.raises(CrsNotSupported, match="available: EPSG:3857"):
        crss.require_offered(parse_crs("CRS:84"), [parse_crs("EPSG:3857")])
    with pytest.raises(CrsNotSupported, match="available: EPSG:4326, EPSG:3857$"):
        crss.require_offered(parse_crs("EPSG:3035"), [parse_crs(f"EPSG:{code}") for code in (4326, 3857, 4326)])
    with pytest.raises(CrsNotSupported, match="available: none"):
        crss.require_offered(parse_crs("EPSG:4326"), [])


@pytest.mark.parametrize(
    ("code", "says"), [(999999, "no EPSG code 999999"), (5773, "EPSG:5773 is vertical"), (4979, "Lat, Long, h")]
)
def test_wrong_configuration_is_told(code: int, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        crss.wms_crss(configured((4326, code)))
    assert caught.value.message.startswith("[services.ows.wms] supported_crs")
    with pytest.raises(ConfigurationError, match=r"\[services.ows.wcs\] supported_crs"):
        crss.wcs_crss(configured((), (code,)))
