# SPDX-License-Identifier: MIT
"""Sources are opened late; whatever a storage connects to may be one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from eoxserver.backends.access import Access
from eoxserver.backends.models import DataItem
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox, Cells, Level, MemorySource, Source
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field, NilValue
from eoxserver.resources.coverages.sources import LazySource, Opener

CELLS = MemorySource(np.arange(6).reshape(1, 2, 3))


def own(place: Any) -> Access:
    """An access to one thing."""
    return cast("Access", SimpleNamespace(connect_location=lambda location: place, is_own=lambda location: True))


def opener(place: Any) -> Opener:
    return Opener({}, own(place))


def test_a_connection_that_is_a_source_needs_no_reader() -> None:
    found = opener(CELLS).source("a", (2, 3), [(range(1), DataItem())])
    assert isinstance(found, Source)
    assert found.read(CellBox((1, 0), (2, 3)), [0]).values.tolist() == [[[3, 4, 5]]]


def test_nil_values_of_the_catalogue_mask_cells_of_any_source() -> None:
    field = Field("a", np.dtype("int64"), nil=(NilValue(4),))
    found = opener(CELLS).source("a", (2, 3), [(range(1), DataItem())], [field])
    assert found.read(CellBox((1, 0), (2, 3)), [0]).mask().tolist() == [[[True, False, True]]]


def test_nil_values_of_the_catalogue_mask_cells_of_files_that_know_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    profile = {"driver": "GTiff", "width": 3, "height": 2, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=from_origin(0, 2, 1, 1), **profile) as dataset:
        dataset.write(CELLS.values.astype("uint8"))
    readers = {"GDAL": GdalReader(default_settings())}
    found = Opener(readers, own(str(path))).source(
        "a", (2, 3), [(range(1), DataItem())], [Field("a", np.dtype("uint8"), nil=(NilValue(5),))]
    )
    assert found.read(CellBox((1, 0), (2, 3)), [0]).mask().tolist() == [[[True, True, False]]]
    readers["GDAL"].close()


def test_without_readers_nothing_opens() -> None:
    with pytest.raises(DataUnavailable, match="asked: none is installed"):
        _ = opener("/a.tif").source("a", (2, 3), [(range(1), DataItem())]).chunks


@pytest.mark.parametrize(
    ("message", "locator", "told"),
    [
        ("/srv/eo data/a.tif: no such file", "/srv/eo data/a.tif", "a.tif: no such file"),
        ("/srv/a.vrt: /mnt/raw/b.tif: No such file", "/srv/a.vrt", "a.vrt: b.tif: No such file"),
        ('NETCDF:"/srv/a.nc":sst: cannot be read', "", 'NETCDF:"a.nc":sst: cannot be read'),
        ("https://eo.example/data/a.tif: 404", "https://eo.example/data/a.tif", "a.tif: 404"),
        ("a.tif: no such file in storage http://inside:8080", "a.tif", "a.tif: no such file in storage ..."),
        ("/vsisubfile/7_9,/vsicurl/http://h/d/a.zip: 412", "", "a.zip: 412"),
        ("http:http://h:80 -> a.nc: too large", "http:http://h:80 -> a.nc", "a.nc: too large"),
        (
            "http:http://h/x [file:/etc/keys/eo] -> ZIP d/a.zip -> m/b.nc: too large",
            "http:http://h/x [file:/etc/keys/eo] -> ZIP d/a.zip -> m/b.nc",
            "b.nc: too large",
        ),
        ("/vsis3/bucket/d/a.tif: 412", "", "a.tif: 412"),
        ("band 1: 3/4 of it is gone", "a.tif", "band 1: 3/4 of it is gone"),
    ],
)
def test_folders_of_the_server_are_not_told(
    message: str, locator: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(MemorySource):
        def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
            raise DataUnavailable(message, locator=locator)

    def fail() -> Source:
        raise DataUnavailable(message, locator=locator)

    class FailingToOpen(MemorySource):
        @property
        def levels(self) -> tuple[Level, ...]:
            raise DataUnavailable(message, locator=locator)

    with pytest.raises(DataUnavailable, match="coverage 'a' cannot be read"):
        _ = LazySource("a", (2, 3), lambda: FailingToOpen(CELLS.values)).levels
    for source in (LazySource("a", (2, 3), fail), LazySource("a", (2, 3), lambda: Failing(CELLS.values))):
        caplog.clear()
        with pytest.raises(DataUnavailable) as caught:
            source.read(CellBox.whole((2, 3)), [0])
        assert (caught.value.message, caught.value.locator) == (f"the data of coverage 'a' cannot be read: {told}", "a")
        assert message in caplog.text


def test_data_that_is_called_as_its_coverage_is_no_exception() -> None:
    def fail() -> Source:
        raise DataUnavailable("a: storage http://10.0.0.7:8080/rasdaman/rasql: no", locator="a")

    with pytest.raises(DataUnavailable, match="'a' cannot be read: a: storage rasql: no"):
        LazySource("a", (2, 3), fail).read(CellBox.whole((2, 3)), [0])


def test_data_of_another_type_is_refused() -> None:
    for dtype, fine in (("int64", True), ("uint8", False), ("float64", False)):
        found = opener(CELLS).source("a", (2, 3), [(range(1), DataItem())], [Field("a", np.dtype(dtype))])
        if fine:
            assert found.read(CellBox.whole((2, 3)), [0]).values.dtype == dtype
            continue
        with pytest.raises(DataUnavailable, match=f"'a' has int64 cells now, registered were {dtype}") as caught:
            found.read(CellBox.whole((2, 3)), [0])
        assert caught.value.locator == "a"


def test_shape_needs_no_data() -> None:
    def never() -> Source:
        raise AssertionError("the data was opened")

    assert LazySource("a", (2, 3), never).shape == (2, 3)
