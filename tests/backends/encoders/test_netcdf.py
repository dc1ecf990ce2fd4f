# SPDX-License-Identifier: MIT
"""netCDF as netCDF4 and GDAL read it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.encoders.netcdf import NetcdfEncoder
from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.axes import IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue, UnsupportedCombination
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.metadata import ExtraMetadata
from eoxserver.core.rasters import raster_domain
from eoxserver.testing.coverages import counted, cube, fields_of, image, profile, single_value
from tests.backends.encoders.cfreading import read_coverage
from tests.backends.encoders.tools import check, encode, opened

MEMORY = pytest.mark.parametrize("memory", [1 << 20, 0], ids=["memory", "file"])


@contextmanager
def dataset(data: bytes, folder: Path, raw: bool = True) -> Iterator[Any]:
    """Open the bytes of a netCDF file; ``raw`` leaves values as they are written."""
    path = folder / "read.nc"
    path.write_bytes(data)
    with HDF5_LOCK, netCDF4.Dataset(path) as found:
        found.set_auto_mask(not raw)
        yield found


@MEMORY
@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "float32", "float64"]
)
def test_every_type_comes_back(tmp_path: Path, dtype: str, memory: int) -> None:
    values = counted((2, 3, 8, 9), dtype)
    with dataset(encode(NetcdfEncoder, cube(values), tmp_path, memory_bytes=memory, block_cells=50), tmp_path) as found:
        for number in (0, 1):
            variable = found[f"b{number + 1}"]
            assert variable.dtype == np.dtype(dtype)
            assert variable.dimensions == ("ansi", "Lat", "Long")
            np.testing.assert_array_equal(variable[:], values[number])
            assert "_FillValue" not in variable.ncattrs()


def test_fields_of_different_types_keep_theirs(tmp_path: Path) -> None:
    values = counted((3, 4, 5), "float64")
    fields = RangeType(tuple(Field(name, np.dtype(name)) for name in ("uint8", "float64", "int16")))
    with dataset(encode(NetcdfEncoder, image(values % 100, range_type=fields), tmp_path), tmp_path) as found:
        assert [found[name].dtype.name for name in fields.names] == list(fields.names)
        np.testing.assert_array_equal(found["uint8"][:], (values % 100)[0].astype("uint8"))


@MEMORY
def test_fields_keep_their_order(tmp_path: Path, memory: int) -> None:
    names = ["red", "green", "b10", "b9", "blue"]
    types = ["uint8", "int16", "uint8", "float32", "float32"]
    fields = RangeType(tuple(Field(name, np.dtype(kind)) for name, kind in zip(names, types, strict=True)))
    values = counted((5, 4, 5), "float32") % 100
    data = encode(NetcdfEncoder, image(values, range_type=fields), tmp_path, memory_bytes=memory)
    with dataset(data, tmp_path) as found:
        assert [name for name in found.variables if name in names] == names
        np.testing.assert_array_equal(found["b10"][:], values[2].astype("uint8"))


@MEMORY
def test_the_nil_value_is_the_fill_value(tmp_path: Path, memory: int) -> None:
    values = counted((1, 3, 8, 9), "int16")
    data = encode(NetcdfEncoder, cube(values, nil=0), tmp_path, memory_bytes=memory)
    with dataset(data, tmp_path, raw=False) as found:
        assert found["b1"]._FillValue == 0
        np.testing.assert_array_equal(np.ma.getmaskarray(found["b1"][:]), values[0] == 0)


def test_nan_can_be_the_nil_value(tmp_path: Path) -> None:
    values = counted((1, 8, 9), "float32")
    values[0, 3] = np.nan
    with dataset(encode(NetcdfEncoder, image(values, nil=np.nan), tmp_path), tmp_path) as found:
        assert np.isnan(found["b1"]._FillValue)
        np.testing.assert_array_equal(found["b1"][:], values[0])


def test_further_nil_values_are_missing_values(tmp_path: Path) -> None:
    values = counted((1, 8, 9), "int16")
    nils = (NilValue(0.0), NilValue(7.0), NilValue(100, 200))
    coverage = image(values, range_type=RangeType((Field("b1", values.dtype, nil=nils),)))
    with dataset(encode(NetcdfEncoder, coverage, tmp_path), tmp_path) as found:
        assert found["b1"]._FillValue == 0
        assert found["b1"].missing_value == 7


def holes(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    valid = np.ones(values.shape, dtype=bool)
    valid[:, 1:3] = False
    return valid


@MEMORY
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int32", "uint64", "float32"])
def test_without_nil_value_the_fill_value_is_one_that_no_cell_has(tmp_path: Path, dtype: str, memory: int) -> None:
    values = counted((2, 8, 9), dtype)
    values[0, 5] = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1e30
    data = encode(NetcdfEncoder, image(values, holes(values)), tmp_path, memory_bytes=memory, block_cells=20)
    with dataset(data, tmp_path, raw=False) as found:
        for number in (0, 1):
            read = found[f"b{number + 1}"][:]
            np.testing.assert_array_equal(~np.ma.getmaskarray(read), holes(values)[number])
            np.testing.assert_array_equal(read.compressed(), values[number][holes(values)[number]])


def test_where_every_value_is_in_use_a_status_tells(tmp_path: Path) -> None:
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16).repeat(2, axis=1)
    valid = np.ones(values.shape, dtype=bool)
    valid[0, 0] = False
    with dataset(encode(NetcdfEncoder, image(values, valid), tmp_path), tmp_path) as found:
        assert "_FillValue" not in found["b1"].ncattrs()
        assert found["b1"].ancillary_variables == "b1_status"
        np.testing.assert_array_equal(found["b1_status"][:] == 0, valid[0])
        np.testing.assert_array_equal(found["b1"][:][valid[0]], values[0][valid[0]])


def test_axes_and_crs_follow_cf(tmp_path: Path) -> None:
    coverage = replace(cube(counted((1, 3, 2, 4, 5), "float32")), title="A cube", metadata={"creator": "me", "1x": "y"})
    with dataset(encode(NetcdfEncoder, coverage, tmp_path), tmp_path) as found:
        assert found.Conventions == "CF-1.8"
        assert (found.title, found.id, found.creator, found.n1x) == ("A cube", "cube", "me", "y")
        assert found["b1"].dimensions == ("ansi", "H", "Lat", "Long")
        assert found["b1"].grid_mapping == "crs"
        assert found["crs"].grid_mapping_name == "latitude_longitude"
        for axis in coverage.domain.axes:
            np.testing.assert_array_equal(found[axis.label][:], axis.coordinates())
        times: Any = netCDF4.num2date(found["ansi"][:], found["ansi"].units, found["ansi"].calendar)
        assert [str(time)[:10] for time in times] == ["2008-01-02", "2008-01-04", "2008-01-07"]


def test_y_and_x_come_last_wherever_they_stand(tmp_path: Path) -> None:
    plain = cube(counted((1, 3, 4, 5)))
    turned = replace(
        plain,
        domain=type(plain.domain)(tuple(reversed(plain.domain.axes)), plain.domain.crs_labels),
        source=MemorySource(counted((1, 3, 4, 5)).transpose(0, 3, 2, 1)),
    )
    with dataset(encode(NetcdfEncoder, turned, tmp_path), tmp_path) as found:
        assert found["b1"].dimensions == ("ansi", "Lat", "Long")
        np.testing.assert_array_equal(found["b1"][:], counted((1, 3, 4, 5))[0])


def test_few_axes(tmp_path: Path) -> None:
    with dataset(encode(NetcdfEncoder, profile(counted((1, 7))), tmp_path), tmp_path) as found:
        np.testing.assert_array_equal(found["b1"][:], counted((1, 7))[0])
        assert found["i"][:].tolist() == list(range(7))
    with dataset(encode(NetcdfEncoder, single_value(2.5), tmp_path), tmp_path) as found:
        assert found["b1"][...] == 2.5
        assert found["b1"].dimensions == ()


def test_names_that_clash_get_a_number(tmp_path: Path) -> None:
    values = counted((2, 4, 5))
    fields = RangeType((Field("Lat", values.dtype), Field("crs", values.dtype)))
    with dataset(encode(NetcdfEncoder, image(values, range_type=fields), tmp_path), tmp_path) as found:
        np.testing.assert_array_equal(found["Lat_2"][:], values[0])
        np.testing.assert_array_equal(found["crs_2"][:], values[1])
        assert found["Lat"].standard_name == "latitude"


def test_units_and_texts_of_fields(tmp_path: Path) -> None:
    values = counted((1, 4, 5))
    given = fields_of(values, label="Air temperature", description="2 m above ground", unit="K", definition="http://t")
    with dataset(encode(NetcdfEncoder, image(values, range_type=given), tmp_path), tmp_path) as found:
        variable = found["b1"]
        assert (variable.units, variable.long_name, variable.comment, variable.definition) == (
            "K", "Air temperature", "2 m above ground", "http://t",
        )  # fmt: skip


@MEMORY
def test_compression(tmp_path: Path, memory: int) -> None:
    values = np.zeros((1, 4, 100, 100), "float32")
    plain = encode(NetcdfEncoder, cube(values), tmp_path, {"compression": "None"}, memory_bytes=memory)
    small = encode(NetcdfEncoder, cube(values), tmp_path, {"compression": "deflate"}, memory_bytes=memory)
    assert len(small) < len(plain) / 4
    with dataset(small, tmp_path) as found:
        np.testing.assert_array_equal(found["b1"][:], values[0])
    with pytest.raises(InvalidParameterValue, match="accepted: None, Deflate"):
        check(NetcdfEncoder, cube(values), {"compression": "LZW"})


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(UnsupportedCombination, match="field b1 is complex64, which GeoTIFF holds"):
        check(NetcdfEncoder, image(counted((1, 4, 5), "complex64")), {})


def test_gdal_reads_back_the_same_grid(tmp_path: Path) -> None:
    reader = GdalReader(default_settings())
    for crs in ("EPSG:4326", "EPSG:3035", "EPSG:3857"):
        values = counted((1, 20, 40), "float32")
        coverage = image(values, crs=crs, nil=-1)
        path = tmp_path / f"{crs[5:]}.nc"
        path.write_bytes(encode(NetcdfEncoder, coverage, tmp_path))
        described = reader.describe(str(path))
        assert described.domain == coverage.domain
        assert described.range_type.fields[0].nil == (NilValue(-1.0),)
        np.testing.assert_array_equal(reader.open(str(path)).read(CellBox.whole((20, 40)), [0]).values, values)
    reader.close()


@given(st.data())
def test_any_blocks_give_the_same_cells(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=3, max_size=4)))
    values = counted((2, *shape), data.draw(st.sampled_from(["int16", "float32"])))
    folder = tmp_path_factory.getbasetemp()
    coverage: Coverage = cube(values, nil=data.draw(st.sampled_from([None, 7919])))
    for memory in (0, 1 << 20):
        size = data.draw(st.integers(1, 500))
        written = encode(NetcdfEncoder, coverage, folder, memory_bytes=memory, block_cells=size)
        with dataset(written, folder) as found:
            for number in (0, 1):
                np.testing.assert_array_equal(found[f"b{number + 1}"][...], values[number])


def test_reading_and_writing_netcdf_at_once_goes_through_one_lock(tmp_path: Path) -> None:
    values = counted((1, 60, 80), "float32")
    path = tmp_path / "source.nc"
    path.write_bytes(encode(NetcdfEncoder, image(values), tmp_path))
    settings = default_settings()
    reader = GdalReader(replace(settings, evaluation=replace(settings.evaluation, tile_cache_bytes=0, open_files=2)))
    described = reader.describe(str(path))
    coverage = Coverage("again", described.domain, described.range_type, reader.open(str(path)))
    with ThreadPoolExecutor(4) as readers, ThreadPoolExecutor(4) as writers:
        jobs = [
            writers.submit(encode, NetcdfEncoder, coverage, tmp_path, pool=readers, block_cells=500) for _ in range(24)
        ]
        for job in jobs:
            with dataset(job.result(), tmp_path) as found:
                np.testing.assert_array_equal(found["b1"][:], values[0])
    reader.close()


def same(first: Coverage, second: Coverage) -> None:
    """Fail unless two coverages are one; the steps of regular axes may differ in the last bits."""
    assert first.range_type == second.range_type
    for a, b in zip(first.domain.axes, second.domain.axes, strict=True):
        noise = 1e-13 * max(abs(a.low), abs(a.high), abs(a.high - a.low))
        np.testing.assert_allclose(a.coordinates(), b.coordinates(), rtol=0, atol=noise)
        np.testing.assert_allclose((a.low, a.high), (b.low, b.high), rtol=0, atol=noise)
        assert (type(a), a.label, a.crs, a.unit, a.role) == (type(b), b.label, b.crs, b.unit, b.role)
        if not isinstance(a, RegularAxis):
            assert a == b
    whole = CellBox.whole(first.domain.shape)
    one, other = (coverage.source.read(whole, range(len(first.range_type))) for coverage in (first, second))
    np.testing.assert_array_equal(one.mask(), other.mask())
    np.testing.assert_array_equal(one.values[one.mask()], other.values[one.mask()])


def every_kind() -> list[Coverage]:
    """Answer coverages from none to four axes, of fields of several types."""
    described = replace(
        cube(counted((1, 4, 3, 5), "int16"), nil=0),
        range_type=RangeType(
            (Field("tg", np.dtype("i2"), "Cel", (NilValue(0.0), NilValue(-9.0)), "Air", "of it", "urn:x"),)
        ),
    )
    mixed = image(np.array([[[1, 2, 3]], [[0, 1, 0]], [[0.5, 1.5, 2.5]]]))
    fields = RangeType(tuple(Field(name, np.dtype(name)) for name in ("int16", "bool", "float32")))
    return [
        single_value(2.5),
        profile(counted((2, 7), "uint16")),
        image(counted((2, 6, 9), "uint8"), crs="EPSG:32633", bounds=(0, 0, 90, 60)),
        image(counted((1, 1, 1), "int32")),
        replace(mixed, range_type=fields),
        cube(counted((2, 4, 3, 5), "float32"), irregular=False),
        cube(counted((2, 3, 2, 4, 5), "float64"), nil=0.25),
        described,
    ]


@MEMORY
@pytest.mark.parametrize("number", range(8))
def test_what_is_read_and_written_is_read_again(tmp_path: Path, number: int, memory: int) -> None:
    given_coverage = every_kind()[number]
    first = read_coverage(encode(NetcdfEncoder, given_coverage, tmp_path, memory_bytes=memory), tmp_path)
    same(given_coverage, first)
    same(first, read_coverage(encode(NetcdfEncoder, first, tmp_path, memory_bytes=memory), tmp_path))


@given(st.data())
def test_any_grid_is_read_and_written_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    west, south = data.draw(st.floats(-170, 100)), data.draw(st.floats(-80, 30))
    width, height = data.draw(st.floats(0.01, 70)), data.draw(st.floats(0.01, 50))
    plane = raster_domain(
        parse_crs("EPSG:4326"), (west, south, west + width, south + height),
        data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6)), data.draw(st.booleans()),
    )  # fmt: skip
    crs = parse_crs(f"OGC/0/{data.draw(st.sampled_from(['AnsiDate', 'UnixTime', 'JulianDate']))}")
    numbers = data.draw(st.lists(st.integers(1, 3_000_000), min_size=1, max_size=5, unique=True))
    days = IrregularAxis(crs.labels[0], np.sort(np.array(numbers) / 4), crs, crs.axes[0].unit, Role.T)
    domain = Domain((days, *plane.axes), (days.label, *plane.crs_labels))
    dtype = data.draw(st.sampled_from(["uint8", "int16", "float32", "float64"]))
    values = counted((2, *domain.shape), dtype)
    nil = data.draw(st.sampled_from([None, 1.0]))
    valid = None if nil is None else values != nil
    coverage = Coverage("any", domain, fields_of(values, nil), MemorySource(values, valid))
    first = read_coverage(encode(NetcdfEncoder, coverage, folder), folder)
    same(coverage, first)
    same(first, read_coverage(encode(NetcdfEncoder, first, folder), folder))


def test_gdal_reads_a_cube_as_bands(tmp_path: Path) -> None:
    for irregular in (True, False):
        values = counted((1, 3, 6, 9), "float32")
        data = encode(NetcdfEncoder, cube(values, irregular=irregular), tmp_path)
        with opened(data, ".nc") as dataset:
            np.testing.assert_array_equal(dataset.read(), values[0])
            assert dataset.crs.to_epsg() == 4326
            assert tuple(dataset.bounds) == (10, 40, 20, 45)


def test_truth_values_have_meanings(tmp_path: Path) -> None:
    with dataset(encode(NetcdfEncoder, image(counted((1, 4, 5), "bool")), tmp_path), tmp_path) as found:
        assert found["b1"].flag_meanings == "false true"
        np.testing.assert_array_equal(found["b1"][:], counted((1, 4, 5), "bool")[0])


def test_what_else_is_known_of_fields_and_axes_are_attributes(tmp_path: Path) -> None:
    extra = ExtraMetadata(
        fields={"b1": {"wavelength": 445, "units": "no", "_FillValue": 7, "scale_factor": 2}, "gone": {"a": "b"}},
        axes={"ansi": {"sampling": "daily", "units": "no"}},
    )
    values = counted((1, 3, 4, 5), "int16")
    field = Field("b1", values.dtype, "K", definition="http://vocab.nerc.ac.uk/standard_name/air_temperature/")
    coverage = replace(cube(values), extra=extra, range_type=RangeType((field,)))
    with dataset(encode(NetcdfEncoder, coverage, tmp_path), tmp_path) as found:
        assert (found["b1"].wavelength, found["b1"].units) == ("445", "K")
        assert found["b1"].standard_name == "air_temperature"
        assert not {"scale_factor", "_FillValue", "FillValue"} & set(found["b1"].ncattrs())
        assert found["ansi"].sampling == "daily"
        assert found["ansi"].units.startswith("days since")
