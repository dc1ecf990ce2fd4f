# SPDX-License-Identifier: MIT
"""Tables of colours; other metadata are tested with the recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from eoxserver.services.wcps.encoding.own_palette import table_colours
from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

CPT = "0 10 20 30 100 200 210 220\n100 200 210 220 255 250 250 250\n"


def coloured(table: str, **metadata: Any) -> Any:
    section = {"colorPaletteTable": table, **metadata}
    return ingredients("map_mosaic", "a.tif", {"coverage": {"metadata": section}}, track_files=False)


def picture(imports: Imports, tmp_path: Path) -> Any:
    """The first row of the coverage as PNG shows it."""
    path = tmp_path / "a.png"
    path.write_bytes(imports.instance.wcps('for $c in (c) return encode($c, "png")'))
    with rasterio.open(path) as dataset:
        if dataset.count == 1:
            table = dataset.colormap(1)
            return [table[int(value)][:3] for value in dataset.read(1)[0]]
        return [tuple(pixel) for pixel in np.moveaxis(dataset.read()[:3], 0, -1)[0].tolist()]


def test_a_file_gives_the_colours(imports: Imports, tmp_path: Path) -> None:
    write(imports.folder / "a.tif", np.array([[[0, 100, 255]]], "uint8"))
    (imports.folder / "a.cpt").write_text(CPT)
    imports.run(coloured("a.cpt", **{"global": {"Title": "'t'"}}))
    assert dict(imports.coverage().metadata) == {"Title": "t", "colorPaletteTable": CPT}
    assert picture(imports, tmp_path) == [(10, 20, 30), (200, 210, 220), (250, 250, 250)]


def test_auto_takes_those_of_the_first_file(imports: Imports, tmp_path: Path) -> None:
    write(imports.folder / "a.tif", np.array([[[0, 1, 2]]], "uint8"))
    with rasterio.open(imports.folder / "a.tif", "r+") as dataset:
        dataset.write_colormap(1, {0: (1, 2, 3, 255), 1: (4, 5, 6, 255), 2: (7, 8, 9, 255)})
    imports.run(coloured("auto"))
    assert table_colours(imports.coverage().metadata["colorPaletteTable"])[1] == (4, 5, 6, 255)
    assert picture(imports, tmp_path) == [(1, 2, 3), (4, 5, 6), (7, 8, 9)]


def test_without_colours_auto_says_nothing(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 2, 3)))
    imports.run(coloured("auto"))
    assert "colorPaletteTable" not in imports.coverage().metadata


@pytest.mark.parametrize(("name", "words"), [("no.cpt", "cannot be read"), ("a.tif.txt", "is no table of colours")])
def test_what_is_no_table_is_named(imports: Imports, name: str, words: str) -> None:
    write(imports.folder / "a.tif", pattern((1, 2, 3)))
    (imports.folder / "a.tif.txt").write_text("no colours")
    with pytest.raises(IngredientsError, match=rf"colorPaletteTable: .*{name} {words}"):
        imports.run(coloured(name))
