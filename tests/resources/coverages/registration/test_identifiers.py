# SPDX-License-Identifier: MIT
"""Identifiers of new coverages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from eoxserver.core.errors import InvalidParameterValue, RegistrationRefused
from eoxserver.resources.coverages.identifiers import is_ncname
from eoxserver.resources.coverages.registration.identifiers import FIELDS, IdentifierTemplate, ncname
from eoxserver.resources.coverages.registration.places import Place

PLACE = Place.of_file("/data/2006 08/MER_FRS.v1.tif")


@given(st.text(min_size=1, max_size=40))
def test_every_text_becomes_an_ncname_that_xml_accepts(text: str) -> None:
    name = ncname(text)
    assert is_ncname(name)
    assert ncname(name) == name
    assert etree.fromstring(f"<{name}/>".encode()).tag == name


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,20}", fullmatch=True))
def test_what_is_an_ncname_stays_as_it_is(text: str) -> None:
    assert ncname(text) == text


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{stem}", "MER_FRS.v1"),
        ("{name}", "MER_FRS.v1.tif"),
        ("{parent}-{stem}", "_2006_08-MER_FRS.v1"),
        ("scene_{index:04d}", "scene_0007"),
        ("scene_{index}", "scene_7"),
        ("{id}", "urn_x"),
        ("{begin}_{end}", "_20060816T090929_20060816T091246"),
        ("{collection}_{index}", "meris_7"),
        ("{{x}}", "_x_"),
    ],
)
def test_a_template_is_filled(template: str, expected: str) -> None:
    identifier = IdentifierTemplate(template).fill(
        PLACE,
        7,
        metadata_id="urn:x",
        begin=datetime(2006, 8, 16, 9, 9, 29, tzinfo=UTC),
        end=datetime(2006, 8, 16, 9, 12, 46, tzinfo=UTC),
        collection="meris",
    )
    assert identifier == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{stam}", "did you mean 'stem'"),
        ("{stem", "expected '}'"),
        ("{}", "available: begin"),
        ("{stem!r}", "takes no format"),
        ("{stem:>9}", "takes no format"),
        ("{index:999999999d}", "takes no format"),
        ("{stem.__class__}", "no field"),
        (" ", "empty"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_at_once(template: str, message: str) -> None:
    with pytest.raises(InvalidParameterValue) as refused:
        IdentifierTemplate(template)
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("template", "several", "expected"),
    [
        ("{stem}", False, "a_deep_sst"),
        ("{stem}", True, "a_deep_sst"),
        ("x_{stem}", False, "x_a"),
        ("x_{stem}", True, "x_a_deep_sst"),
        ("{subdataset}_of_{stem}", True, "deep_sst_of_a"),
        ("x_{index}", True, "x_7"),
    ],
)
def test_data_sets_in_one_file_are_told_apart(template: str, several: bool, expected: str) -> None:
    place = Place.of_text('NETCDF:"/data/a.nc":/deep/sst')
    assert IdentifierTemplate(template).fill(place, 7, several=several) == expected


@pytest.mark.parametrize("field", ["id", "begin", "end", "collection", "subdataset"])
def test_a_file_without_the_field_is_refused(field: str) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        IdentifierTemplate(f"{{{field}}}").fill(PLACE, 1)
    assert FIELDS[field] in refused.value.message


def test_an_endless_name_is_refused() -> None:
    with pytest.raises(RegistrationRefused, match="256"):
        IdentifierTemplate("x" * 300).fill(PLACE, 1)
