# SPDX-License-Identifier: MIT
"""Any format with any parameters: an answer, or an error that says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.core.errors import EOxServerError
from eoxserver.testing.coverages import counted, cube, image, index_image
from tests.services.wcps.encoding.tools import Encoding, airtemp, table

HOLES = np.arange(24).reshape(1, 4, 6) % 5 > 0
COVERAGES = [
    airtemp(),
    image(counted((1, 4, 6))),
    image(counted((3, 4, 6))),
    image(counted((4, 4, 6)), crs="EPSG:3857"),
    image(counted((1, 4, 6), "float32"), HOLES, nil=-1),
    image(counted((1, 4, 6), "int16"), HOLES),
    image(counted((1, 4, 6), "bool"), north_up=False),
    image(counted((1, 4, 6), "complex64")),
    image(counted((2, 4, 6), "float64")),
    index_image(counted((1, 4, 6), "uint16")),
    cube(counted((1, 2, 4, 6), "int32")),
    table([[1, 2, 3]]),
    table([5]),
]
NAMES = [
    "png", "jpeg", "tiff", "cog", "bmp", "jp2", "webp", "gif", "netcdf", "csv", "json", "gml", "CoverageJSON", "dem",
    "AAIGrid", "HFA", "NITF", "PCIDSK",
]  # fmt: skip
BYTES = st.integers(-1, 256)
NUMBERS = st.integers(-3, 300) | st.floats() | st.sampled_from(["NaN", "7", "x"])
COLOURS = st.lists(BYTES, min_size=1, max_size=4)
SIDES = st.fixed_dictionaries(dict.fromkeys(("xmin", "ymin", "xmax", "ymax"), NUMBERS))
CRSS = st.sampled_from(["EPSG:4326", "EPSG:3857", "EPSG:32633"])
POINTS = st.fixed_dictionaries(dict.fromkeys(("pixel", "line", "x", "y"), NUMBERS))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "nodata": NUMBERS | st.lists(NUMBERS, max_size=4),
    "metadata": st.text(max_size=5) | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    "geoReference": st.fixed_dictionaries({"crs": CRSS, "bbox": SIDES})
    | st.fixed_dictionaries({"crs": CRSS, "GCPs": st.lists(POINTS, max_size=3)}),
    "coordinates": SIDES,
    "variables": st.lists(st.sampled_from(["a", "b", "c", "Lat", "i", ""]), max_size=3)
    | st.dictionaries(
        st.sampled_from(["a", "Lat", "i", "b1"]),
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["char", "double", "short", "x"]),
                "data": st.lists(NUMBERS, min_size=3, max_size=6),
                "metadata": st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
            },
        ),
        max_size=2,
    ),
    "dimensions": st.lists(st.sampled_from(["x", "y", "b1", "t u", ""]), max_size=3),
    "transpose": st.sampled_from([[0, 1], [1, 2], [1, 0], [2, 3]]),
    "colorPalette": st.fixed_dictionaries({"colorTable": st.lists(COLOURS, max_size=3)}),
    "colorMap": st.fixed_dictionaries(
        {
            "type": st.sampled_from(["values", "intervals", "ramp"]),
            "colorTable": st.dictionaries(st.sampled_from(["0", "1.5", "-3", "1e300"]), COLOURS, max_size=3),
        }
    ),
    "formatParameters": st.dictionaries(
        st.sampled_from(["COMPRESS", "QUALITY", "TILED", "ZLEVEL", "order", "INTERLEAVE", "PREDICTOR", "BLOCKXSIZE"]),
        st.sampled_from(["JPEG", "LERC", "DEFLATE", "YES", "16", "3", "BAND", "inner_outer"]),
        max_size=2,
    ),
    "configOptions": st.just({"GDAL_TIFF_ENDIANNESS": "BIG"}),
    "outputType": st.just("GeneralGridCoverage"),
}


@settings(max_examples=400)
@given(
    st.sampled_from(COVERAGES),
    st.sampled_from(NAMES),
    st.sets(st.sampled_from(sorted(VALUES)), max_size=3).flatmap(
        lambda keys: st.fixed_dictionaries({key: VALUES[key] for key in sorted(keys)})
    ),
)
def test_it_is_answered_or_refused(encoding: Encoding, coverage: Any, name: str, extra: dict[str, Any]) -> None:
    refusal = ""
    try:
        data = encoding.bytes(coverage, name, json.dumps(extra))
    except EOxServerError as error:
        data, refusal = b"", error.message
    assert bool(data) != bool(refusal)
    assert len(refusal) < 2000
