# SPDX-License-Identifier: MIT
"""Uncompressed TIFF from a header and cells: the same file as GDAL would write."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.planes import gather, plane_of
from eoxserver.backends.encoders.tiff_plain import can_be_plain, plain_tiff
from eoxserver.backends.encoders.tiff_writer import tiff_dtype
from eoxserver.core.coverage import Coverage, TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.testing.coverages import counted, image, index_image
from tests.backends.encoders.tools import opened


def plain(coverage: Coverage, folder: Path) -> bytes:
    plane = plane_of(coverage, "GeoTIFF")
    return b"".join(plain_tiff(plane, gather(plane, Workspace(folder), tiff_dtype(plane.fields)).values))


@given(
    rows=st.integers(1, 300),
    columns=st.integers(1, 300),
    count=st.integers(1, 5),
    dtype=st.sampled_from(["uint8", "int16", "float32", "float64", "complex64"]),
    west=st.floats(-180, 170),
    north=st.floats(-80, 90),
    step=st.floats(0.001, 0.03),
)
def test_any_size_and_place(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    columns: int,
    count: int,
    dtype: str,
    west: float,
    north: float,
    step: float,
) -> None:
    values = counted((count, rows, columns), dtype)
    coverage = image(values, bounds=(west, north - rows * step, west + columns * step, north))
    transform = plane_of(coverage, "GeoTIFF").transform
    with opened(plain(coverage, tmp_path_factory.getbasetemp())) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
        assert dataset.transform.almost_equals(transform, 1e-12)
        assert dataset.crs.to_epsg() == 4326


def test_sizes_beyond_what_short_tags_hold(tmp_path: Path) -> None:
    values = counted((1, 2, 70000), "uint16")
    with opened(plain(index_image(values), tmp_path)) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)


def test_others_than_gdal_read_it(tmp_path: Path) -> None:
    values = counted((3, 40, 50))
    with Image.open(io.BytesIO(plain(image(values), tmp_path))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), values.transpose(1, 2, 0))


def test_masks_and_ground_control_points_need_gdal(tmp_path: Path) -> None:
    values = counted((1, 4, 5))
    masked, nodata, tied = image(values, values > 9), image(values, nil=0), index_image(values)
    place = np.array([0.0])
    tied = replace(tied, tie_points=TiePoints(parse_crs("EPSG:4326"), place, place, place, place))
    for coverage, expected in ((masked, False), (nodata, True), (tied, False), (image(values), True)):
        plane = plane_of(coverage, "GeoTIFF")
        assert can_be_plain(plane, gather(plane, Workspace(tmp_path), values.dtype)) is expected
