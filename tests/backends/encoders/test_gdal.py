# SPDX-License-Identifier: MIT
"""Formats written by drivers that have no encoder of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.encoders.gdal import GdalEncoder
from eoxserver.core.errors import FormatNotSupported, InvalidParameterValue, UnsupportedCombination
from eoxserver.testing.coverages import counted, cube, image
from tests.backends.encoders.tools import check, encode, opened


@pytest.mark.parametrize(
    ("driver", "count", "dtype"),
    [("GIF", 1, "uint8"), ("BMP", 3, "uint8"), ("JP2OpenJPEG", 3, "uint16"), ("JP2OpenJPEG", 1, "int16"),
     ("AAIGrid", 1, "float32"), ("HFA", 2, "float64"), ("PNM", 1, "uint16"), ("GSBG", 1, "float32")],
)  # fmt: skip
def test_cells_come_back_by_the_driver(tmp_path: Path, driver: str, count: int, dtype: str) -> None:
    values = counted((count, 40, 50), dtype)
    with opened(encode(GdalEncoder, image(values), tmp_path, driver=driver)) as dataset:
        assert dataset.driver == driver
        np.testing.assert_allclose(dataset.read(), values, rtol=1e-6)


def test_the_place_is_kept_where_the_format_has_one(tmp_path: Path) -> None:
    with opened(encode(GdalEncoder, image(counted((1, 20, 40))), tmp_path, driver="JP2OpenJPEG")) as dataset:
        assert dataset.crs.to_epsg() == 4326
        assert dataset.transform.c == 10
        assert dataset.transform.f == 45


@pytest.mark.parametrize(
    ("driver", "shape", "dtype", "text"),
    [
        ("GIF", (3, 20, 20), "uint8", "GIF cannot hold 3 fields of uint8: .*band.*; GeoTIFF and netCDF can"),
        ("JP2OpenJPEG", (1, 20, 20), "float32", "JP2OpenJPEG cannot hold 1 fields of float32"),
        ("ENVI", (1, 20, 20), "uint8", r"takes several files \(.*hdr.*\), and an answer is one"),
        ("BMP", (1, 20, 20), "uint16", "BMP cannot hold"),
    ],
)
def test_what_the_driver_cannot_hold_is_refused_with_its_reason(
    driver: str, shape: tuple[int, ...], dtype: str, text: str
) -> None:
    with pytest.raises(UnsupportedCombination, match=text):
        check(GdalEncoder, image(counted(shape, dtype)), {}, driver)


def test_other_numbers_of_axes_are_refused() -> None:
    with pytest.raises(UnsupportedCombination, match="GIF holds two axes"):
        check(GdalEncoder, cube(counted((1, 2, 3, 4))), {}, "GIF")


@pytest.mark.parametrize("driver", ["NoSuchDriver", "DIMAP"])
def test_drivers_that_do_not_write_are_named(driver: str) -> None:
    with pytest.raises(FormatNotSupported, match=f"does not write {driver}"):
        check(GdalEncoder, image(counted((1, 4, 4))), {}, driver)


def test_parameters_are_creation_options_of_the_driver() -> None:
    with pytest.raises(InvalidParameterValue, match="GIF has no encoding parameter 'quality'"):
        check(GdalEncoder, image(counted((1, 4, 4))), {"quality": "5"}, "GIF")


def test_a_driver_that_narrows_the_type_is_refused() -> None:
    with pytest.raises(UnsupportedCombination, match="float64 turns into uint8"):
        check(GdalEncoder, image(counted((1, 4, 4), "float64")), {}, "PCIDSK")


def test_the_reason_is_that_of_the_driver_in_the_middle_of_another_error() -> None:
    try:
        raise UnsupportedCombination("GIF cannot")
    except UnsupportedCombination:
        with pytest.raises(UnsupportedCombination, match="AAIG driver doesn't support 7 bands"):
            check(GdalEncoder, image(counted((7, 4, 4))), {}, "AAIGrid")
