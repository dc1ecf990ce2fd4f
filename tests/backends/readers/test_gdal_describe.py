# SPDX-License-Identifier: MIT
"""What rasters say of themselves: place, fields, nil values, palettes, tie points; and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.control import GroundControlPoint

from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.backends.readers.gdal_describe import field_names, unit_code
from eoxserver.conf.schema import default_settings
from eoxserver.core.axes import IndexAxis, RegularAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable, RegistrationRefused
from eoxserver.core.fields import NilValue
from tests.backends.rasters import BOUNDS, convert, pattern, write


@pytest.fixture
def reader() -> Iterator[GdalReader]:
    reader = GdalReader(default_settings())
    yield reader
    reader.close()


def test_a_geographic_raster_has_regular_axes_in_both_orders(tmp_path: Path, reader: GdalReader) -> None:
    described = reader.describe(write(tmp_path / "a.tif", pattern((1, 50, 100))))
    assert described.driver == "GTiff"
    assert described.domain.labels == ("Lat", "Long")
    assert described.domain.crs_labels == ("Lat", "Long")
    lat, long = described.domain.axes
    assert isinstance(lat, RegularAxis) and isinstance(long, RegularAxis)
    assert (lat.origin, lat.step, lat.size) == pytest.approx((44.95, -0.1, 50))
    assert (long.origin, long.step, long.size) == pytest.approx((10.05, 0.1, 100))
    assert described.bounds == pytest.approx(BOUNDS)
    assert described.domain.crs is not None and described.domain.crs.epsg == 4326


@pytest.mark.parametrize(
    ("crs", "grid", "order"),
    [("EPSG:3857", ("Y", "X"), ("X", "Y")), ("EPSG:32633", ("N", "E"), ("E", "N")), ("EPSG:3035", None, None)],
)
def test_projected_rasters_keep_the_axis_order_of_their_crs(
    tmp_path: Path, reader: GdalReader, crs: str, grid: tuple[str, str] | None, order: tuple[str, str] | None
) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 6)), crs=crs, bounds=(4e6, 3e6, 4.6e6, 3.5e6))
    domain = reader.describe(path).domain
    if grid is None:
        assert domain.crs_labels == domain.labels, "EPSG:3035 is northing first"
    else:
        assert (domain.labels, domain.crs_labels) == (grid, order)
    assert domain.horizontal == (1, 0)
    assert domain.horizontal_bounds == pytest.approx((4e6, 3e6, 4.6e6, 3.5e6))


def test_a_south_up_raster_has_a_growing_y_axis(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 10)), transform=Affine(1, 0, 10, 0, 1, 40))
    described = reader.describe(path)
    lat = described.domain.axes[0]
    assert isinstance(lat, RegularAxis)
    assert (lat.origin, lat.step) == (40.5, 1)
    assert described.bounds == pytest.approx((10, 40, 20, 45))


def test_without_crs_there_are_bounds_and_index_axes(tmp_path: Path, reader: GdalReader) -> None:
    described = reader.describe(write(tmp_path / "a.tif", pattern((1, 5, 10)), crs=None))
    assert described.domain.labels == ("j", "i")
    assert all(isinstance(axis, IndexAxis) for axis in described.domain.axes)
    assert described.bounds == pytest.approx(BOUNDS)


def test_a_local_crs_is_none_that_has_a_place_on_the_earth(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 10)), crs='LOCAL_CS["nowhere",UNIT["metre",1]]')
    described = reader.describe(path)
    assert described.domain.labels == ("j", "i")
    assert described.bounds is not None


def test_without_georeference_there_are_index_axes_only(tmp_path: Path, reader: GdalReader) -> None:
    described = reader.describe(write(tmp_path / "a.tif", pattern((1, 5, 10)), crs=None, bounds=None))
    assert described.domain.shape == (5, 10)
    assert described.domain.crs_labels == ("i", "j")
    assert described.bounds is None
    assert described.tie_points is None


def test_ground_control_points_become_tie_points(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 10)), crs=None, bounds=None)
    with rasterio.open(path, "r+") as dataset:
        points = [GroundControlPoint(row, col, 10 + col, 50 - row) for row in (0, 5) for col in (0, 10)]
        dataset.gcps = (points, "EPSG:4326")
    described = reader.describe(path)
    assert described.tie_points is not None
    assert described.tie_points.crs.epsg == 4326
    assert described.tie_points.rows.tolist() == [0, 0, 5, 5]
    assert described.tie_points.x.tolist() == [10, 20, 10, 20]
    assert described.tie_points.y.tolist() == [50, 50, 45, 45]
    assert described.domain.labels == ("j", "i")


@pytest.mark.parametrize(
    ("transform", "word"),
    [(Affine(1, 0.2, 0, 0.2, -1, 0), "rotated"), (Affine(0, 1, 0, 1, 0, 0), "rotated"),
     (Affine(-1, 0, 0, 0, -1, 0), "mirrored")],
)  # fmt: skip
def test_grids_off_the_axes_are_refused_with_a_remedy(
    tmp_path: Path, reader: GdalReader, transform: Affine, word: str
) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 10)), transform=transform)
    with pytest.raises(RegistrationRefused, match=f"the grid is {word} .* gdalwarp"):
        reader.describe(path)


def test_a_container_is_refused_with_what_is_inside(tmp_path: Path, reader: GdalReader) -> None:
    path = convert(write(tmp_path / "a.tif", pattern((2, 5, 10))), tmp_path / "a.nc", "netCDF")
    with pytest.raises(RegistrationRefused, match="register one of the data sets inside: .*Band1.*Band2"):
        reader.describe(path)


def test_missing_data_is_named(tmp_path: Path, reader: GdalReader) -> None:
    with pytest.raises(DataUnavailable, match=r"gone\.tif: no such file"):
        reader.describe(str(tmp_path / "gone.tif"))


def test_fields_have_type_name_unit_nil_and_colour(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((3, 5, 10), "uint16"), nodata=65535)
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = ("near infrared", None, "near-infrared")
        dataset.units = ("m3 m-3", None, "K")
        dataset.scales, dataset.offsets = (0.5, 1, 1), (0, 0, -273.15)
        dataset.update_tags(2, wavelength="865")
    described = reader.describe(path)
    fields = described.range_type.fields
    assert [field.name for field in fields] == ["near_infrared", "b2", "near_infrared_2"]
    assert [field.label for field in fields] == ["near infrared", "", "near-infrared"]
    assert [field.unit for field in fields] == ["m3.m-3", "10^0", "K"]
    assert {field.dtype for field in fields} == {np.dtype("uint16")}
    assert {field.nil for field in fields} == {(NilValue(65535.0),)}
    assert described.metadata["band.1.scale"] == "0.5"
    assert described.metadata["band.3.offset"] == "-273.15"
    assert described.metadata["band.1.unit"] == "m3 m-3"
    assert described.metadata["band.2.wavelength"] == "865"


def test_nan_can_be_the_nil_value(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 10), "float32"), nodata=np.nan)
    (nil,) = reader.describe(path).range_type.fields[0].nil
    assert np.isnan(nil.low)


def test_a_colour_table_becomes_the_palette(tmp_path: Path, reader: GdalReader) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 5, 10)))
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {value: (value, 255 - value, 7, 255) for value in range(256)})
    (field,) = reader.describe(path).range_type.fields
    assert field.interpretation == "palette"
    assert field.palette is not None
    assert field.palette[200] == (200, 55, 7, 255)
    assert len(field.palette) == 256


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=1, max_size=8))
def test_field_names_are_unique_nc_names(descriptions: list[str | None]) -> None:
    names = field_names(descriptions)
    assert len(set(names)) == len(descriptions)
    assert all(name.isascii() and name.isidentifier() for name in names)


@given(st.text(max_size=12))
def test_unit_codes_have_no_blanks(text: str) -> None:
    code = unit_code(text)
    assert code and not any(character.isspace() or character == ":" for character in code)


def test_real_scenes_say_what_they_are(shared: Path, reader: GdalReader) -> None:
    data = shared / "data"
    soil = reader.describe(str(data / "cci_ssmv_CCI_L3_v02.2_201411.tif"))
    assert soil.domain.shape == (720, 1440)
    assert soil.bounds == pytest.approx((-180, -90, 180, 90))
    assert soil.range_type.fields[0].nil == (NilValue(-1.0),)
    asar = reader.describe(str(next(data.glob("ASA_WSM*.tiff"))))
    assert asar.tie_points is not None and asar.tie_points.x.size == 110
    assert asar.domain.labels == ("j", "i")
    airtemp = reader.describe(str(data / "mean_summer_airtemp.tif"))
    assert airtemp.domain.labels == ("j", "i")
    assert airtemp.bounds == pytest.approx((111.975, -44.525, 156.275, -8.975))
    dateline = reader.describe(str(data / "crosses_dateline.tif"))
    assert [field.interpretation for field in dateline.range_type.fields] == ["red", "green", "blue", "alpha"]
    assert dateline.bounds is not None and dateline.bounds[2] > 180


@pytest.mark.parametrize("driver", ["GTiff", "PNG", "JPEG", "GIF", "BMP", "JP2OpenJPEG", "HFA", "netCDF", "AAIGrid"])
def test_common_formats_look_like_rasters(tmp_path: Path, reader: GdalReader, driver: str) -> None:
    tiff = write(tmp_path / "a.tif", pattern((1, 64, 64)))
    assert reader.can_open(convert(tiff, tmp_path / f"other_{driver}.asc", driver))


def test_plain_cells_are_known_by_their_header(tmp_path: Path, reader: GdalReader) -> None:
    values = pattern((1, 9, 12), "int16")
    path = convert(write(tmp_path / "a.tif", values), tmp_path / "cells", "ENVI")
    assert reader.can_open(path)
    assert not reader.can_open(f"{path}.hdr")
    np.testing.assert_array_equal(reader.open(path).read(CellBox.whole((9, 12)), (0,)).values, values)


@pytest.mark.parametrize(("name", "content"), [("a.xml", b"<metadata/>"), ("a.txt", b"text"), ("a.tif", b"")])
def test_other_files_do_not(tmp_path: Path, reader: GdalReader, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert not reader.can_open(str(tmp_path / name))
    assert not reader.can_open(str(tmp_path))
    assert not reader.can_open(str(tmp_path / "gone.tif"))
