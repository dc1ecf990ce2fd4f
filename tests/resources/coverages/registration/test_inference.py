# SPDX-License-Identifier: MIT
"""Finding out what a file is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import netCDF4
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from shapely.geometry import box

from eoxserver.backends.access import Access
from eoxserver.backends.readers.base import Description
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import ContainerRefused, DataUnavailable, EOxServerError, RegistrationRefused
from eoxserver.core.util.timetools import isotime
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.metadata.base import EOMetadata
from eoxserver.resources.coverages.metadata.eogml import EOGMLReader
from eoxserver.resources.coverages.metadata.stac import STACReader
from eoxserver.resources.coverages.registration.identifiers import IdentifierTemplate
from eoxserver.resources.coverages.registration.inference import Inference
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Options, Proposal
from eoxserver.resources.coverages.registration.times import NamePattern, parse_span
from tests.backends.rasters import BOUNDS, pattern, write
from tests.resources.coverages.metadata.test_eogml import document
from tests.resources.coverages.metadata.test_stac import item


@pytest.fixture
def inference() -> Iterator[Inference]:
    reader = GdalReader(default_settings())
    yield Inference([reader], [EOGMLReader(), STACReader()], nowhere())
    reader.close()


def nowhere() -> Access:
    """Reaches files of this machine only."""
    return Access(Plugins.from_modules([]), default_settings())


def propose(inference: Inference, *paths: str | Path, index: int = 1, **options: Any) -> Proposal:
    return inference.propose([inference.describe(Place.of_file(path)) for path in paths], Options(**options), index)


def facts(proposal: Proposal) -> dict[str, str]:
    return {fact.name: fact.value for fact in proposal.facts}


def origins(proposal: Proposal) -> dict[str, str]:
    return {fact.name: fact.why for fact in proposal.facts}


def test_everything_comes_from_the_raster(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a b.tif", pattern((3, 20, 40)), nodata=7)
    proposal = propose(inference, path)
    assert proposal.identifier == "a_b"
    assert proposal.kind == "RectifiedDataset"
    assert [(item.place.local, item.semantic, item.driver) for item in proposal.items] == [(path, "bands", "GTiff")]
    assert proposal.domain.shape == (20, 40)
    assert proposal.domain.horizontal_bounds == pytest.approx(BOUNDS)
    assert [field.nil_value for field in proposal.range_type.fields] == [7, 7, 7]
    assert proposal.footprint.equals_exact(box(*BOUNDS).normalize(), 1e-9) or proposal.footprint.equals(box(*BOUNDS))
    assert (proposal.begin_time, proposal.end_time, proposal.tie_points) == (None, None, None)
    found = facts(proposal)
    assert found["crs"] == "EPSG:4326"
    assert found["size"] == "40 x 20"
    assert found["extent"] == "10, 40, 20, 45"
    assert found["time"] == "none"
    assert found["fields"].startswith("b1") and "nil 7" in found["fields"]


def test_times_of_the_raster_are_taken(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(TIFFTAG_DATETIME="2006:08:16 09:09:29")
    proposal = propose(inference, path)
    assert proposal.begin_time is not None and isotime(proposal.begin_time) == "2006-08-16T09:09:29Z"
    assert origins(proposal)["time"] == "TIFFTAG_DATETIME of the raster"


def test_a_document_beside_the_data_goes_before_the_raster(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)), bounds=(10, 30, 20, 40))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(TIFFTAG_DATETIME="1999:01:01 00:00:00")
    (tmp_path / "a.xml").write_text(document("<gml:posList>39 11 39 19 31 19 31 11 39 11</gml:posList>"))
    proposal = propose(inference, path, identifier=IdentifierTemplate("{id}_{begin}"))
    assert proposal.identifier == "scene_1_20060816T090929"
    assert proposal.end_time is not None and isotime(proposal.end_time) == "2006-08-16T09:12:46Z"
    assert proposal.footprint.equals(box(11, 31, 19, 39))
    assert proposal.metadata["platform"] == "ENVISAT"
    assert proposal.items[1].semantic == "metadata"
    assert proposal.items[1].metadata_format == "eogml"
    assert proposal.addresses == {path}
    assert origins(proposal)["time"] == origins(proposal)["footprint"] == "a.xml"


@pytest.mark.parametrize("name", ["a.json", "a.JSON", "a.tif.json", "a.geojson"])
def test_a_stac_item_beside_the_data(inference: Inference, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)), bounds=(10, 30, 20, 40))
    (tmp_path / name).write_text(json.dumps(item()))
    proposal = propose(inference, path)
    assert proposal.title == "A scene"
    assert origins(proposal)["time"] == name


def test_documents_of_other_kinds_are_passed_over(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)))
    (tmp_path / "a.xml").write_text("<html/>")
    (tmp_path / "a.json").write_text("{}")
    assert len(propose(inference, path).items) == 1


def test_a_broken_document_is_a_refusal_with_a_way_out(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)))
    (tmp_path / "a.xml").write_text(document()[:-40])
    with pytest.raises(RegistrationRefused, match="no well-formed XML.*--no-metadata"):
        propose(inference, path)
    assert len(propose(inference, path, metadata=False).items) == 1


class Breaking(STACReader):
    """A plugin that is not careful."""

    key: ClassVar[str] = "breaking"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def can_read(self, path: str) -> bool:
        return True

    def read(self, path: str) -> EOMetadata:
        raise KeyError("begin")


class BreakingReader(GdalReader):
    """Another one."""

    def describe(self, path: str) -> Description:
        raise ZeroDivisionError("no cells")


def test_what_a_plugin_raises_is_a_refusal(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)))
    (tmp_path / "a.txt").touch()
    reader = GdalReader(default_settings())
    with pytest.raises(RegistrationRefused, match="reader breaking failed on a.txt: KeyError: 'begin'; --no-metadata"):
        propose(Inference([reader], [Breaking()], nowhere()), path)
    reader.close()
    broken = BreakingReader(default_settings())
    with pytest.raises(RegistrationRefused, match="reader GDAL failed: ZeroDivisionError: no cells"):
        Inference([broken], [], nowhere()).describe(Place.of_file(path))
    broken.close()


def test_a_document_of_another_place_is_a_refusal(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 4)), bounds=(30, 10, 40, 20))
    (tmp_path / "a.xml").write_text(document())
    with pytest.raises(RegistrationRefused, match="does not touch the raster"):
        propose(inference, path)


def test_a_time_that_is_asked_for_goes_first(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a_201411.tif", pattern((1, 4, 4)), bounds=(10, 30, 20, 40))
    (tmp_path / "a_201411.xml").write_text(document())
    proposal = propose(inference, path, span=parse_span("2001-01-01/2001-02-01"), name_pattern=NamePattern(r"\d{6}"))
    assert facts(proposal)["time"] == "2001-01-01T00:00:00Z/2001-02-01T00:00:00Z"
    proposal = propose(inference, path, name_pattern=NamePattern(r"\d{6}"))
    assert facts(proposal)["time"] == "2014-11-01T00:00:00Z/2014-11-30T23:59:59Z"
    assert "as asked for" in origins(proposal)["time"]


def test_a_raster_without_crs_asks_for_one(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 8)), crs=None, bounds=(110, -44, 156, -9))
    with pytest.raises(RegistrationRefused, match=r"names no CRS.*look like degrees: try --crs EPSG:4326"):
        propose(inference, path)
    proposal = propose(inference, path, crs=parse_crs("EPSG:4326"))
    assert proposal.domain.horizontal_bounds == pytest.approx((110, -44, 156, -9))
    assert proposal.domain.shape == (4, 8)
    assert "as asked for" in origins(proposal)["crs"]


def test_metres_do_not_look_like_degrees(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 8)), crs=None, bounds=(400000, 5000000, 500000, 5100000))
    with pytest.raises(RegistrationRefused, match=r"say which with --crs EPSG:CODE"):
        propose(inference, path)


def test_the_first_row_of_a_raster_without_crs_may_be_in_the_south(inference: Inference, tmp_path: Path) -> None:
    south_up = rasterio.transform.Affine(1, 0, 110, 0, 1, -44)
    path = write(tmp_path / "a.tif", pattern((1, 4, 8)), crs=None, bounds=None, transform=south_up)
    domain = propose(inference, path, crs=parse_crs("EPSG:4326")).domain
    assert domain.horizontal_bounds == pytest.approx((110, -44, 118, -40))
    assert domain.axis("Lat").coordinate(0) == pytest.approx(-43.5)


def test_a_crs_that_is_asked_for_does_not_replace_one_that_is_there(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 4, 8)), crs="EPSG:32633", bounds=(4e5, 5e6, 5e5, 51e5))
    assert facts(propose(inference, path, crs=parse_crs("EPSG:4326")))["crs"] == "EPSG:32633"


def test_a_picture_is_refused_with_a_way_out(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", pattern((3, 4, 8)), crs=None, bounds=None, driver="PNG")
    with pytest.raises(RegistrationRefused, match="not georeferenced.*world file"):
        propose(inference, path, crs=parse_crs("EPSG:4326"))


def test_tie_points_make_a_referenceable_dataset(inference: Inference, tmp_path: Path) -> None:
    corners = [(0, 0, 10, 45), (0, 8, 20, 46), (4, 0, 11, 40), (4, 8, 21, 41)]
    gcps = [GroundControlPoint(row=r, col=c, x=x, y=y) for r, c, x, y in corners]
    path = write(tmp_path / "a.tif", pattern((1, 4, 8)), bounds=None, gcps=gcps)
    proposal = propose(inference, path)
    assert proposal.kind == "ReferenceableDataset"
    assert proposal.tie_points is not None and len(proposal.tie_points.x) == 4
    assert proposal.footprint.bounds == (10, 40, 21, 46)
    assert proposal.domain.labels == ("j", "i")


def test_a_scene_over_the_date_line(inference: Inference, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pattern((1, 10, 20)), bounds=(170, -10, 190, 0))
    footprint = propose(inference, path).footprint
    assert len(footprint.geoms) == 2
    assert footprint.bounds == (-180, -10, 180, 0)


def test_files_together_are_the_bands_of_one_coverage(inference: Inference, tmp_path: Path) -> None:
    red = write(tmp_path / "red.tif", pattern((1, 4, 8)))
    rest = write(tmp_path / "rest.tif", pattern((2, 4, 8), "uint16"))
    proposal = propose(inference, red, rest, identifier=IdentifierTemplate("x"))
    assert [(item.semantic, item.location) for item in proposal.items] == [("bands[0:1]", red), ("bands[1:3]", rest)]
    assert [field.dtype.name for field in proposal.range_type.fields] == ["uint8", "uint16", "uint16"]
    assert proposal.range_type.names == ("red", "rest_b1", "rest_b2")


def test_bands_keep_names_of_their_own(inference: Inference, tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        paths.append(write(tmp_path / f"{name}.tif", pattern((1, 4, 8))))
        with rasterio.open(paths[-1], "r+") as dataset:
            dataset.set_band_description(1, "near infrared")
    assert propose(inference, *paths).range_type.names == ("near_infrared", "near_infrared_2")


def test_bands_of_different_grids_do_not_go_together(inference: Inference, tmp_path: Path) -> None:
    one = write(tmp_path / "one.tif", pattern((1, 4, 8)))
    two = write(tmp_path / "two.tif", pattern((1, 8, 8)))
    with pytest.raises(RegistrationRefused, match=r"two\.tif does not lie on the grid of one\.tif: 8 x 8 cells"):
        propose(inference, one, two)


@pytest.mark.parametrize(
    ("tags", "interval"),
    [
        ({"valid_range": "{0,1}"}, (0, 1)),
        ({"valid_range": "0s, 10000s"}, (0, 10000)),
        ({"valid_min": "-2", "valid_max": "34.5f"}, (-2, 34.5)),
        ({"valid_range": "1"}, None),
        ({"valid_range": "5,1"}, None),
        ({"valid_range": "low, high"}, None),
        ({"valid_max": "5"}, None),
        ({}, None),
    ],
)
def test_valid_values_come_from_the_band(
    inference: Inference, tmp_path: Path, tags: dict[str, str], interval: tuple[float, float] | None
) -> None:
    path = write(tmp_path / "a.tif", pattern((2, 4, 8), "float32"))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(2, **tags)
    first, second = propose(inference, path).range_type.fields
    assert first.intervals == ()
    assert second.intervals == (() if interval is None else (interval,))
    assert propose(inference, path, values=(3.0, 4.0)).range_type.fields[1].intervals == ((3, 4),)


def test_a_truncated_file_is_found_out(inference: Inference, tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.tif", pattern((3, 200, 400))))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataUnavailable):
        inference.describe(Place.of_file(path))


@pytest.mark.parametrize("content", [b"", b"hello", b"II*\x00"])
def test_what_is_no_raster_is_refused(inference: Inference, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(EOxServerError):
        inference.describe(Place.of_file(path))


def test_a_container_names_what_is_inside(inference: Inference, tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("y", 4)
        dataset.createDimension("x", 8)
        for name in ("wind", "rain"):
            dataset.createVariable(name, "f4", ("y", "x"))[:] = 1
    with pytest.raises(ContainerRefused, match="wind.*rain") as refused:
        inference.describe(Place.of_file(path))
    assert refused.value.datasets == (f'NETCDF:"{path}":wind', f'NETCDF:"{path}":rain')


def test_documents_are_told_from_rasters(inference: Inference, tmp_path: Path) -> None:
    raster = write(tmp_path / "a.tif", pattern((1, 4, 4)))
    (tmp_path / "a.xml").write_text(document())
    (tmp_path / "b.xml").write_text("<a/>")
    is_document = inference.documents.is_document
    assert is_document(Place.of_file(tmp_path / "a.xml"))
    assert not is_document(Place.of_file(tmp_path / "b.xml"))
    assert not is_document(Place.of_file(raster))


def test_the_real_scenes(inference: Inference, shared: Path, tmp_path: Path) -> None:
    folder = shared / "data"
    refused, found = [], {}
    for path in sorted(folder.glob("*.tif*")):
        try:
            found[path.name] = propose(inference, path)
        except RegistrationRefused as error:
            refused.append((path.name, error.message))
    assert [name for name, _ in refused] == ["mean_summer_airtemp.tif"]
    assert "--crs EPSG:4326" in refused[0][1]
    meris = [proposal for name, proposal in found.items() if name.startswith("mosaic")]
    assert len(meris) == 3
    assert all(proposal.begin_time and proposal.items[1].semantic == "metadata" for proposal in meris)
    for month in ("201411", "201412"):
        moisture = found[f"cci_ssmv_CCI_L3_v02.2_{month}.tif"]
        assert moisture.domain.shape == (720, 1440)
        assert moisture.range_type.fields[0].nil_value == -1
        assert moisture.range_type.fields[0].intervals == ((0, 1),)
    assert len(found["crosses_dateline.tif"].footprint.geoms) == 2
    asar = next(proposal for name, proposal in found.items() if name.startswith("ASA"))
    assert asar.kind == "ReferenceableDataset"
    assert asar.begin_time is not None and isotime(asar.begin_time) == "2005-03-31T07:59:36.409Z"
    # The same scene without the document beside it has no time.
    shutil.copy(next(folder.glob("mosaic*.tif")), tmp_path / "alone.tif")
    assert propose(inference, tmp_path / "alone.tif").begin_time is None
