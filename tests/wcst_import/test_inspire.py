# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any

import pytest

from eoxserver.core.errors import InvalidParameterValue
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

URL = "https://geo.example/c"


def given(imports: Imports, url: str | None, **config: Any) -> dict[str, Any]:
    write(imports.folder / "a.tif", pattern((1, 3, 4)))
    whole = ingredients("map_mosaic", "a.tif", **config)
    if url is not None:
        whole["input"]["inspire"] = {"metadata_url": url}
    return whole


def marks(imports: Imports) -> dict[str, str]:
    return {one.identifier: one.metadata_url for one in imports.instance.context.announcements.marked()}


@pytest.mark.parametrize("after", ["", None])
def test_coverages_are_marked_and_unmarked(imports: Imports, after: str | None) -> None:
    """Also by runs that find all files imported."""
    imports.run(given(imports, URL))
    assert marks(imports) == {"c": URL}
    imports.run(given(imports, URL + "/new"))
    assert marks(imports) == {"c": URL + "/new"}
    imports.run(given(imports, after))
    assert marks(imports) == {}


def test_explanations_say_it_and_do_not_do_it(imports: Imports) -> None:
    imports.run(given(imports, None))
    imports.run(given(imports, URL), explain=True)
    assert marks(imports) == {}
    imports.run(given(imports, URL, track_files=False), explain=True)
    assert marks(imports) == {}
    assert any(URL in line for line in imports.listener.lines)


def test_what_is_no_url_is_refused(imports: Imports) -> None:
    with pytest.raises(InvalidParameterValue, match=r"input\.inspire\.metadata_url: 'here' is no http or https URL"):
        imports.run(given(imports, "here"))
