# SPDX-License-Identifier: MIT
from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoxserver.core.coordinates import coordinate_texts
from eoxserver.core.errors import EOxServerError
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.safeproducts import make_product

pytestmark = pytest.mark.integration

WHOLE = "S2_${crsCode}_${resolution}_${level}"


def products(paths: str, coverage_id: str = WHOLE, config: dict[str, Any] | None = None, **filters: Any) -> Any:
    given = ingredients("sentinel2", paths, **(config or {}))
    given["input"].update(coverage_id=coverage_id, **filters)
    return given


@pytest.mark.parametrize("archive", [False, True])
def test_a_product_is_a_coverage_for_each_resolution(imports: Imports, archive: bool) -> None:
    _, cells = make_product(imports.folder, archive=archive)
    assert imports.run(products("S2*")).imported == 4
    bands = {"10m": ["B4", "B3", "B2", "B8"], "20m": ["B5", "B6", "B7", "B8A", "B11", "B12"], "60m": ["B1", "B9"]}
    for resolution, names in bands.items():
        identifier = f"S2_32653_{resolution}_L2A"
        files = [name if name == "B8A" else f"B{int(name[1:]):02d}" for name in names]
        expected = np.concatenate([cells[name, resolution] for name in files])[:, None].astype(float)
        assert np.array_equal(imports.cells(identifier), np.where(expected == 0, np.nan, expected), equal_nan=True)
        found = imports.coverage(identifier)
        assert list(found.range_type.names) == names
        assert {field.dtype.name for field in found.range_type.fields} == {"uint16"}
        assert found.domain.labels == ("ansi", "N", "E")
        assert coordinate_texts(found.domain.axes[0], found.domain.axes[0].coordinates())[0][:19] == (
            "2017-01-05T01:34:42"
        )
        assert found.domain.horizontal_bounds == (399960, 0, 400080, 120)
    colours = imports.coverage("S2_32653_TCI_L2A").range_type
    assert (colours.names, colours.fields[0].dtype.name) == (("red", "green", "blue"), "uint8")
    expected = cells["TCI", "10m"][:, None].astype(float)
    assert np.array_equal(imports.cells("S2_32653_TCI_L2A"), np.where(expected == 0, np.nan, expected), equal_nan=True)


def test_products_of_several_days_levels_and_crss(imports: Imports) -> None:
    first = make_product(imports.folder, day="20170125", archive=True)[1]
    second = make_product(imports.folder, day="20170105", seed=1)[1]
    make_product(imports.folder, level="L1C", seed=2)
    make_product(imports.folder, tile="T52NMJ", crs="EPSG:32652", seed=3)
    imports.run(products("S2A*", resolutions=["60m"], levels=["L2A"], crss=["EPSG:32653"]))
    assert [each.identifier for each in imports.instance.catalogue.summaries()] == ["S2_32653_60m_L2A"]
    expected = np.stack([second["B09", "60m"][0], first["B09", "60m"][0]]).astype(float)
    found = imports.cells("S2_32653_60m_L2A")[1]
    assert np.array_equal(found, np.where(expected == 0, np.nan, expected), equal_nan=True)
    assert imports.run(products("S2A*", resolutions=["60m"], config={"track_files": False})).imported == 4
    assert imports.coverage("S2_32653_60m_L1C").range_type.names == ("B1", "B9", "B10")
    assert imports.instance.catalogue.exists("S2_32652_60m_L2A")


@pytest.mark.parametrize(
    ("coverage_id", "filters", "words"),
    [
        ("S2_${resolution}_${level}", {"resolutions": ["60m"]}, r"would mix crsCode 32652 and 32653"),
        ("S2_${crsCode}_${level}", {}, r"mix resolution 10m and 20m .*write \$\{resolution\} in it"),
        ("S2_${resolutions}", {}, r"there is no '\$\{resolutions\}'; did you mean 'resolution'"),
        (WHOLE, {"resolutions": ["15m"]}, r"input\.resolutions: '15m' is none; .*10m"),
        (WHOLE, {"levels": ["L2B"]}, r"input\.levels: 'L2B' is none; .*L2A"),
        (WHOLE, {"crss": ["utm"]}, r"input\.crss: 'utm' is no EPSG code"),
    ],
)
def test_what_would_mix_scenes_is_refused(imports: Imports, coverage_id: str, filters: Any, words: str) -> None:
    make_product(imports.folder, crs="EPSG:32652", tile="T52NMJ")
    make_product(imports.folder)
    with pytest.raises(EOxServerError, match=words):
        imports.run(products("S2*", coverage_id, **filters))


def test_one_kind_needs_no_template(imports: Imports) -> None:
    make_product(imports.folder)
    assert imports.run(products("S2*", "c", resolutions=["20m"])).imported == 1
    assert len(imports.coverage().range_type) == 6


def test_metadata_by_sentences(imports: Imports) -> None:
    path, _ = make_product(imports.folder)
    given = products("S2*/MTD*.xml", resolutions=["10m", "60m"])
    metadata = {"global": {"Title": "'S2 ${gdal:resolutionX}'"}, "local": {"name": "'${file:name}'"}}
    given["recipe"]["options"] = {"coverage": {"metadata": metadata}}
    imports.run(given)
    assert imports.coverage("S2_32653_10m_L2A").metadata["Title"] == "S2 10.0"
    found = imports.coverage("S2_32653_60m_L2A")
    assert found.metadata["Title"] == "S2 60.0"
    (part,) = found.extra.parts.within(found.domain)
    assert part.values == {"name": "MTD_MSIL2A.xml", "fileReferenceHistory": str(path / "MTD_MSIL2A.xml")}


def damage(folder: Path, how: str) -> None:
    product, _ = make_product(folder)
    metadata = product / "MTD_MSIL2A.xml"
    if how == "no metadata":
        metadata.unlink()
    elif how == "no xml":
        metadata.write_text("<a>")
    elif how == "no time":
        metadata.write_text("<a/>")
    elif how == "odd time":
        metadata.write_text(metadata.read_text().replace("2017-01-05", "the fifth"))
    elif how == "no jpeg":
        next(product.rglob("*B04*")).write_text("no image")
    else:
        (folder / "S2_x.zip").write_text("no archive")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("no metadata", "is no product of Sentinel-2: there are 0 files MTD_MSIL1C.xml"),
        ("no xml", r"MTD_MSIL2A\.xml of .* cannot be read"),
        ("no time", "has no PRODUCT_START_TIME"),
        ("odd time", "its time 'the fifthT01:34:42.460Z' is none"),
        ("no jpeg", "B04_10m.jp2"),
        ("no archive", "neither a folder nor a ZIP archive"),
    ],
)
def test_damaged_products_are_named_or_left_out(imports: Imports, how: str, words: str) -> None:
    damage(imports.folder, how)
    with pytest.raises(EOxServerError, match=words):
        imports.run(products("S2*", resolutions=["10m"]))
    make_product(imports.folder, day="20170301")
    result = imports.run(products("S2*", resolutions=["10m"], config={"skip": True}))
    assert len(result.skipped) == 1
    assert result.imported == (2 if how == "no archive" else 1)


def test_filters_that_let_nothing_pass_are_said(imports: Imports) -> None:
    path, _ = make_product(imports.folder, archive=True)
    assert zipfile.is_zipfile(path)
    assert imports.run(products("S2*", levels=["L1C"])).imported == 0
    assert "no slices to import: " in imports.listener.warnings[0]
