# SPDX-License-Identifier: MIT
"""Results in every format: section 6 of the notes on the WCPS language, and the expected outputs of its section 8."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rasterio.io import MemoryFile

from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.errors import InvalidParameterValue, InvalidRequest, NoSuchMediaType, UnsupportedCombination
from eoxserver.testing.coverages import counted, cube, image
from tests.services.wcps.encoding.tools import Encoding, Unreadable, airtemp, table
from tests.xmlschemas import NS, ValidateXml, parse_xml, texts


def unreadable(coverage: Coverage) -> Coverage:
    return replace(coverage, source=Unreadable(coverage.domain.shape))


@pytest.mark.parametrize(
    ("values", "csv", "json_text"),
    [
        ([7], "7", "7"),
        ([[1, 2]], "1,2", "[1,2]"),
        ([[[1, 2, 3], [4, 5, 6]]], "{1,2,3},{4,5,6}", "[[1,2,3],[4,5,6]]"),
        ([[[[1, 2]], [[3, 4]]]], "{{1,2}},{{3,4}}", "[[[1,2]],[[3,4]]]"),
        ([[1, 2], [3, 4], [5, 6]], '"1 3 5","2 4 6"', '["1 3 5","2 4 6"]'),
    ],
)
def test_lists_in_grid_order(encoding: Encoding, values: npt.ArrayLike, csv: str, json_text: str) -> None:
    assert encoding.text(table(values), "csv") == csv
    assert encoding.text(table(values), "json") == json_text


def test_values_of_lists(encoding: Encoding) -> None:
    assert encoding.text(table([[0.1, 1e-7, 1e20, 3.0, -0.0]], "float64"), "csv") == "0.1,1e-07,1e+20,3,-0"
    assert encoding.text(table([[0.1, 16777216.0]], "float32"), "json") == "[0.1,1.6777216e+07]"
    assert encoding.text(table([[True, False]], "bool"), "csv") == "true,false"
    assert encoding.text(table([[1 + 2j]], "complex64"), "csv") == "(1,2)"
    assert encoding.text(table([[np.nan, np.inf]], "float32"), "csv") == "NaN,Infinity"
    assert encoding.text(table([[np.nan, np.inf]], "float32"), "json") == "[null,null]"


def test_nil_cells_are_plain_values(encoding: Encoding) -> None:
    masked = [[True, False]]
    assert encoding.text(table([[5, 6]], "int16", -9999, masked), "csv") == "5,-9999"
    assert encoding.text(table([[5, 6]], "int16", None, masked), "csv") == "5,0"
    assert encoding.text(table([[5, 6]], "int16", None, masked), "json") == "[5,0]"
    assert encoding.text(table([[5, 6]], "float64", None, masked), "gml").count(">5,0<") == 1


def test_an_image_of_indices_has_i_as_columns(encoding: Encoding) -> None:
    values = counted((1, 256, 211))
    with encoding.opened(table(values), "png") as dataset:
        assert (dataset.width, dataset.height, dataset.count) == (256, 211, 1)
        np.testing.assert_array_equal(dataset.read(), values.transpose(0, 2, 1))


def test_an_image_of_long_and_lat_is_north_up(encoding: Encoding) -> None:
    coverage = airtemp()
    assert encoding.text(coverage, "csv") == "{0,1,2},{3,4,5},{6,7,8},{9,10,11},{12,13,14}"
    with encoding.opened(coverage, "tiff") as dataset:
        np.testing.assert_array_equal(dataset.read(1), np.arange(15).reshape(5, 3).T)
        assert dataset.crs.to_epsg() == 4326
        np.testing.assert_allclose(tuple(dataset.transform)[:6], (0.05, 0, 111.975, 0, -0.05, -8.975))


IMAGES = ("png", "jpeg", "tiff", "webp", "bmp", "jp2", "netcdf", "gif", "cog", "HFA", "NITF", "PCIDSK", "AAIGrid")


@pytest.mark.parametrize("name", IMAGES)
def test_gdal_reads_every_image(encoding: Encoding, name: str) -> None:
    values = np.broadcast_to(np.array([[10], [10]], np.uint8), (1, 2, 32)).copy()
    values[0, :, 16:] = 200
    coverage = image(values.repeat(16, axis=1))
    with encoding.opened(coverage, name) as dataset:
        assert (dataset.width, dataset.height) == (32, 32)
        found = dataset.read(1).astype(int)
    np.testing.assert_allclose(found, coverage.source.read(_whole(coverage), (0,)).values[0], atol=8)


@pytest.mark.parametrize("name", ["png", "jpeg", "tiff", "bmp", "jp2", "webp", "cog"])
def test_gdal_reads_every_image_of_colours(encoding: Encoding, name: str) -> None:
    values = np.zeros((3, 16, 16), np.uint8)
    values[0], values[1], values[2] = 200, 100, 50
    found = encoding.cells(image(values), name)
    assert found.shape == (3, 16, 16)
    np.testing.assert_allclose(found.astype(int), values, atol=8)


def _whole(coverage: Coverage) -> CellBox:
    return CellBox.whole(coverage.domain.shape)


@pytest.mark.parametrize(
    ("coverage", "name", "text"),
    [
        (cube(counted((1, 2, 3, 4))), "png", "PNG holds two axes"),
        (table([[1, 2, 3]]), "tiff", "two axes"),
        (table([7]), "jpeg", "two axes"),
        (image(counted((5, 4, 4))), "png", "one to four fields"),
        (image(counted((2, 4, 4))), "jpeg", "one or three fields"),
        (image(counted((1, 4, 4), "float32")), "jp2", "JP2OpenJPEG cannot hold 1 fields of float32"),
        (image(counted((1, 4, 4), "complex64")), "png", "PNG holds uint8 and uint16"),
        (image(counted((1, 4, 4), "complex64")), "gml", "complex64"),
        (image(counted((3, 4, 4))), "gif", "only supports one band"),
        (image(counted((3, 4, 4))), "dem", "DEM holds one field"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_cells_are_read(
    encoding: Encoding, coverage: Coverage, name: str, text: str
) -> None:
    with pytest.raises(UnsupportedCombination, match=text) as caught:
        encoding.result(unreadable(coverage), name)
    assert caught.value.locator == "format"
    able = caught.value.message.partition("Formats that hold this result: ")[2]
    assert "text/csv" in able


def test_a_format_that_there_is_not(encoding: Encoding) -> None:
    with pytest.raises(NoSuchMediaType, match="format 'pngg' is not known; did you mean 'png'"):
        encoding.result(airtemp(), "pngg")


def test_points(encoding: Encoding) -> None:
    lines = encoding.text(airtemp(), "dem").splitlines()
    assert len(lines) == 15
    assert lines[:2] == ["112 -9 0", "112.05 -9 3"]
    assert lines[-1] == "112.2 -9.1 14"


def test_gml_of_both_versions(encoding: Encoding, validate_xml: ValidateXml) -> None:
    found = encoding.result(airtemp(), "application/gml+xml")
    assert (found.media_type, found.extension) == ("application/gml+xml", ".gml")
    document = parse_xml(b"".join(found.chunks))
    assert document.tag == f"{{{NS['gmlcov']}}}RectifiedGridCoverage"
    assert texts(document, "//gml:tupleList/text()")[0].split(",")[:3] == ["0", "1", "2"]
    general = encoding.bytes(airtemp(), "gml", "outputType=GeneralGridCoverage")
    validate_xml(general)
    assert parse_xml(general).tag.endswith("GeneralGridCoverage")
    assert encoding.bytes(airtemp(), "gml", '{"outputType": "GeneralGridCoverage"}') == general
    grid = json.loads(encoding.bytes(airtemp(), "json", "outputType=GeneralGridCoverage"))
    assert grid["rangeSet"]["dataBlock"]["values"] == list(range(15))


def test_general_grids_are_gml_or_json(encoding: Encoding) -> None:
    with pytest.raises(InvalidRequest, match="does not apply to the format image/png") as caught:
        encoding.result(airtemp(), "png", "outputType=GeneralGridCoverage")
    assert caught.value.locator == "outputType"
    with pytest.raises(InvalidParameterValue, match="accepted: GeneralGridCoverage"):
        encoding.result(airtemp(), "gml", "outputType=Grid")


def test_descriptions_read_no_cells(encoding: Encoding) -> None:
    coverage = unreadable(airtemp())
    document = parse_xml(encoding.description(coverage, "gml").encode())
    assert document.find("gml:rangeSet", NS) is None
    assert document.find("gml:domainSet", NS) is not None
    assert document.find("gmlcov:rangeType", NS) is not None
    general = encoding.description(coverage, "application/gml+xml", "outputType=GeneralGridCoverage")
    assert "cis11:DomainSet" in general and "RangeSet" not in general
    found = json.loads(encoding.description(coverage, "json", "outputType=GeneralGridCoverage"))
    assert found["domainSet"]["generalGrid"]["axisLabels"] == ["Lat", "Long"]
    assert "rangeSet" not in found


def test_descriptions_that_there_are_not(encoding: Encoding) -> None:
    with pytest.raises(InvalidRequest, match="only supported for General Grid Coverage"):
        encoding.description(airtemp(), "json")
    with pytest.raises(InvalidRequest, match="describe answers gml"):
        encoding.description(airtemp(), "png")
    with pytest.raises(NoSuchMediaType):
        encoding.description(airtemp(), "xyz")


def test_large_results_come_in_pieces(encoding: Encoding) -> None:
    values = counted((1, 600, 700), "int16")
    small = replace(encoding.engine.workspace, memory_bytes=1 << 10, block_cells=1 << 14)
    narrow = replace(encoding, engine=replace(encoding.engine, workspace=small))
    for name in ("tiff", "png", "netcdf", "csv"):
        whole = encoding.bytes(image(values), name)
        data = narrow.bytes(image(values), name)
        if name == "csv":
            assert data == whole
        else:
            with MemoryFile(data) as memory, rasterio.open(memory.name) as dataset:
                np.testing.assert_array_equal(dataset.read(), encoding.cells(image(values), name))


@given(st.data())
def test_lists_read_back(encoding: Encoding, data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    dtype = data.draw(st.sampled_from(["uint8", "int16", "int64", "float32", "float64"]))
    elements = (
        st.floats(allow_nan=False, allow_infinity=False, width=32 if dtype == "float32" else 64)
        if dtype.startswith("float")
        else st.integers(int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    )
    values = data.draw(hnp.arrays(dtype, (1, *shape), elements=elements))
    found = json.loads(encoding.text(table(values, dtype), "json"), parse_int=int)
    np.testing.assert_array_equal(np.array(found, dtype), values[0])
    csv = encoding.text(table(values, dtype), "csv")
    assert json.loads(f"[{csv.replace('{', '[').replace('}', ']')}]") == found


@given(st.data())
def test_fields_of_lists_read_back(encoding: Encoding, data: st.DataObject) -> None:
    shape = (data.draw(st.integers(2, 3)), data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4)))
    values = data.draw(hnp.arrays("float64", shape, elements=st.floats(allow_nan=True, allow_infinity=True)))
    rows = json.loads(encoding.text(table(values, "float64"), "json"))
    found = [[[float(part.replace("Infinity", "inf")) for part in cell.split(" ")] for cell in row] for row in rows]
    np.testing.assert_array_equal(np.moveaxis(np.array(found), -1, 0), values)
