# SPDX-License-Identifier: MIT
"""What URLs below ``/def`` ask for."""

from __future__ import annotations

import doctest

import pytest

from eoxserver.core.errors import CrsUnknown, NoSuchDefinition
from eoxserver.services.crs import names
from eoxserver.services.crs.names import Name, decode_name


def test_docstrings_hold() -> None:
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("crs", "", Name("crs", parameters={})),
        ("crs/epsg", "", Name("crs", "EPSG", parameters={})),
        ("crs/IAU/0", "", Name("crs", "IAU_2015", "0", parameters={})),
        ("crs/OGC/0/AnsiDate", "axis-label=%22day%22", Name("crs", "OGC", "0", "AnsiDate", {"axis-label": "day"})),
        ("crs", "authority=EPSG&code=4326", Name("crs", "EPSG", "0", "4326", {})),
        ("crs", "authority=EPSG&version=9&code=4326&x=1", Name("crs", "EPSG", "9", "4326", {"x": "1"})),
        ("uom/UCUM/0/d", "", Name("uom", "UCUM", "0", "d", {})),
    ],
)
def test_names_are_read(path: str, query: str, name: Name) -> None:
    assert decode_name(path, query) == name


def test_a_path_beyond_a_code_is_nothing() -> None:
    with pytest.raises(NoSuchDefinition, match="AUTHORITY/VERSION/CODE"):
        decode_name("crs/EPSG/0/4326/more", "")
    with pytest.raises(CrsUnknown, match="is no parameter"):
        decode_name("crs/EPSG/0/4326", "axis")
