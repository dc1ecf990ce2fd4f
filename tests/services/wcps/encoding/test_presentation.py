# SPDX-License-Identifier: MIT
"""Extra parameters together, by the files that they make."""

from __future__ import annotations

import json
import math
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.core.errors import InvalidParameterValue, InvalidRequest
from eoxserver.testing.coverages import counted, image
from tests.services.wcps.encoding.tools import Encoding, airtemp, table

HOLES = np.array([[[1, 2], [3, 4]]], np.int16)


@pytest.mark.parametrize("extra", ['{"nodata": -1}', '{"nodata": [-1]}', "nodata=-1"])
def test_nil_cells_come_out_as_the_given_value(encoding: Encoding, extra: str) -> None:
    coverage = image(HOLES, nil=3)
    with encoding.opened(coverage, "tiff", extra) as dataset:
        assert dataset.nodata == -1
        assert dataset.read().tolist() == [[[1, 2], [-1, 4]]]
    assert encoding.text(coverage, "csv", extra) == "{1,2},{-1,4}"
    assert encoding.text(coverage, "csv") == "{1,2},{3,4}"


def test_nil_cells_of_a_field_without_nil_value_do_so_too(encoding: Encoding) -> None:
    coverage = table([[5, 6, 7]], "uint8", None, [[True, False, True]])
    assert encoding.text(coverage, "csv") == "5,0,7"
    assert encoding.text(coverage, "csv", "nodata=255") == "5,255,7"
    clear = '{"colorMap": {"type": "ramp", "colorTable": {"0": [1, 1, 1, 255]}}}'
    assert encoding.text(coverage, "csv", clear) == '"1 1 1 255","1 1 1 0","1 1 1 255"'


def test_nodata_of_each_field(encoding: Encoding, tmp_path: Path) -> None:
    coverage = image(counted((2, 2, 2)))
    (tmp_path / "a.nc").write_bytes(encoding.bytes(coverage, "netcdf", '{"nodata": [5, 7]}'))
    with HDF5_LOCK, netCDF4.Dataset(tmp_path / "a.nc") as dataset:
        assert (dataset["b1"]._FillValue, dataset["b2"]._FillValue) == (5, 7)
    with pytest.raises(InvalidParameterValue, match="nodata has 3 values; accepted: one, or one for each of the 2"):
        encoding.result(coverage, "netcdf", '{"nodata": [1, 2, 3]}')


def test_nodata_of_real_numbers(encoding: Encoding) -> None:
    coverage = image(np.array([[[1.5, -9999.0]]], np.float32), nil=-9999)
    with encoding.opened(coverage, "tiff", '{"nodata": NaN}') as dataset:
        assert dataset.nodata is not None and math.isnan(dataset.nodata)
        np.testing.assert_array_equal(dataset.read(), [[[1.5, np.nan]]])
    assert encoding.text(coverage, "csv", '{"nodata": -Infinity}') == "{1.5,-Infinity}"


@pytest.mark.parametrize(
    ("dtype", "nodata", "accepted"),
    [
        ("uint8", "-1", "an integer from 0 to 255"),
        ("uint8", "0.5", "an integer from 0 to 255"),
        ("int16", "NaN", "an integer from -32768 to 32767"),
        ("float32", "1e39", "a number from -3.4"),
        ("bool", "256", "an integer from 0 to 255"),
    ],
)
def test_nodata_that_the_type_does_not_have(encoding: Encoding, dtype: str, nodata: str, accepted: str) -> None:
    with pytest.raises(InvalidParameterValue, match=accepted) as caught:
        encoding.result(image(counted((1, 2, 2), dtype)), "tiff", f"nodata={nodata}")
    assert caught.value.locator == "nodata"


def test_nodata_of_a_png_is_the_transparent_colour(encoding: Encoding) -> None:
    with encoding.opened(image(HOLES), "png", "nodata=0") as dataset:
        assert (dataset.nodata, dataset.count) == (0, 1)


def test_metadata_is_merged(encoding: Encoding, tmp_path: Path) -> None:
    extra = json.dumps({"metadata": {"project": "spring", "title_of": "x"}})
    with encoding.opened(airtemp(), "tiff", extra) as dataset:
        assert dataset.tags()["project"] == "spring"
    (tmp_path / "a.nc").write_bytes(encoding.bytes(airtemp(), "netcdf", extra))
    with HDF5_LOCK, netCDF4.Dataset(tmp_path / "a.nc") as dataset:
        assert (dataset.project, dataset.title_of) == ("spring", "x")
    assert "<project>spring</project>" in encoding.text(airtemp(), "gml", extra)
    assert "<project>spring</project>" in encoding.description(airtemp(), "gml", extra)


@pytest.mark.parametrize("extra", ['{"formatParameters": {"order": "inner_outer"}}', "order=inner_outer"])
def test_the_order_of_lists(encoding: Encoding, extra: str) -> None:
    assert encoding.text(table([[[1, 2, 3], [4, 5, 6]]]), "csv", extra) == "{1,4},{2,5},{3,6}"
    assert encoding.text(table([[[1, 2, 3], [4, 5, 6]]]), "json", extra) == "[[1,4],[2,5],[3,6]]"


def test_creation_options(encoding: Encoding) -> None:
    extra = '{"formatParameters": {"COMPRESS": "DEFLATE", "TILED": "YES", "BLOCKXSIZE": "16", "BLOCKYSIZE": "16"}}'
    with encoding.opened(image(counted((1, 40, 40))), "tiff", extra) as dataset:
        assert dataset.compression is not None and dataset.compression.name == "deflate"
        assert dataset.block_shapes == [(16, 16)]
    values = counted((3, 64, 64))
    low = encoding.bytes(image(values), "jpeg", "QUALITY=10")
    assert len(low) < len(encoding.bytes(image(values), "jpeg", "QUALITY=95"))
    for name, extra in (("tiff", "COMPRES=LZW"), ("csv", "order=sideways"), ("png", "ZLEVEL=10")):
        with pytest.raises(InvalidParameterValue) as caught:
            encoding.result(image(values), name, extra)
        assert caught.value.locator == extra.partition("=")[0]
    with pytest.raises(InvalidRequest, match=r"application/gml\+xml has no formatParameters"):
        encoding.result(image(values), "gml", "QUALITY=10")


def test_everything_together(encoding: Encoding) -> None:
    extra = json.dumps({
        "nodata": [9],
        "metadata": {"k": "v"},
        "transpose": [0, 1],
        "geoReference": {"crs": "EPSG:3857", "bbox": {"xmin": 0, "ymin": 0, "xmax": 3, "ymax": 5}},
        "colorPalette": {"colorTable": [[1, 2, 3], [4, 5, 6]]},
        "formatParameters": {"COMPRESS": "LZW"},
        "configOptions": {"GDAL_TIFF_ENDIANNESS": "BIG"},
    })  # fmt: skip
    with encoding.opened(airtemp(), "tiff", extra) as dataset:
        assert (dataset.width, dataset.height, dataset.nodata) == (3, 5, 9)
        assert dataset.crs.to_epsg() == 3857
        assert tuple(dataset.bounds) == (0, 0, 3, 5)
        assert dataset.colormap(1)[1] == (4, 5, 6, 255)
        assert dataset.tags()["k"] == "v"
        np.testing.assert_array_equal(dataset.read(1), np.arange(15).reshape(5, 3))
