# SPDX-License-Identifier: MIT
"""A registered file that is replaced: neither kept maps nor entity tags outlive it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.applications import Application, raster_cells
from tests.backends.rasters import pattern, write

pytestmark = pytest.mark.integration

WCS = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=one"
WMS = (
    "service=WMS&version=1.3.0&request=GetMap&layers={layer}&styles=&crs=CRS:84&bbox={bbox}"
    "&width=8&height=8&format=image/png"
)


@pytest.mark.parametrize("layer", ["one", "ones"])
def test_maps_and_coverages_are_those_of_the_new_file(app: Application, tmp_path: Path, layer: str) -> None:
    files = [Path(write(tmp_path / name, pattern((1, 8, 8)))) for name in ("one.tif", "two.tif")]
    app.register(*files, collection="ones")
    bounds = ",".join(map(str, app.instance.catalogue.coverage("one").domain.horizontal_bounds))
    queries = [WCS, WMS.format(layer=layer, bbox=bounds)]
    before = [app.get(query) for query in queries]
    assert [answer.status_code for answer in before] == [200, 200]
    tags = [answer.headers["ETag"] for answer in before]
    assert [app.get(q, If_None_Match=tag).status_code for q, tag in zip(queries, tags, strict=True)] == [304, 304]

    for file in files:
        new = write(tmp_path / "new.tif", 255 - pattern((1, 8, 8)))
        Path(new).replace(file)

    after = [app.get(query, If_None_Match=tag) for query, tag in zip(queries, tags, strict=True)]
    assert [answer.status_code for answer in after] == [200, 200]
    np.testing.assert_array_equal(raster_cells(after[0].data), 255 - raster_cells(before[0].data))
    assert after[1].data != before[1].data
    assert not {answer.headers["ETag"] for answer in after} & set(tags)
