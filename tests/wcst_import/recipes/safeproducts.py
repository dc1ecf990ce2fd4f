# SPDX-License-Identifier: MIT
"""Products of Sentinel-2 that tests make: the SAFE layout and names, with small lossless JPEG 2000 images."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.backends.rasters import write

__all__ = ["SIZES", "make_product"]

SIZES = {"10m": 12, "20m": 6, "60m": 2}
"""Rows and columns of an image, by resolution."""

BANDS = {
    "10m": ("B02", "B03", "B04", "B08", "AOT"),
    "20m": ("B02", "B05", "B06", "B07", "B8A", "B11", "B12", "SCL"),
    "60m": ("B01", "B02", "B09"),
}
_METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
  <n1:General_Info><Product_Info>
    <PRODUCT_START_TIME>{time}</PRODUCT_START_TIME><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
  </Product_Info><Product_Image_Characteristics>
    <Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
    <Special_Values><SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX></Special_Values>
  </Product_Image_Characteristics></n1:General_Info>
</n1:Level-2A_User_Product>
"""


def make_product(
    folder: Path,
    *,
    day: str = "20170105",
    level: str = "L2A",
    tile: str = "T53NMJ",
    crs: str = "EPSG:32653",
    archive: bool = False,
    seed: int = 0,
) -> tuple[Path, Mapping[tuple[str, str], npt.NDArray[Any]]]:
    """Write a product; answers its path and the cells of each image by band and resolution."""
    name = f"S2A_MSI{level}_{day}T013442_N0204_R031_{tile}_{day}T013443"
    root = folder / f"{name}.SAFE"
    granule = root / "GRANULE" / f"{level}_{tile}_A008026_{day}T013442" / "IMG_DATA"
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, str], npt.NDArray[Any]] = {}
    for resolution, bands in BANDS.items():
        size = SIZES[resolution]
        for band in (*bands, *(["TCI"] if resolution == "10m" else [])):
            kind, count = ("uint8", 3) if band == "TCI" else ("uint16", 1)
            found[band, resolution] = rng.integers(0, 250, (count, size, size)).astype(kind)
    if level == "L1C":
        found = {(band, "10m" if band == "TCI" else key): cells for (band, key), cells in found.items()
                 if band not in ("AOT", "SCL") and (band != "B02" or key == "10m")}  # fmt: skip
        found["B10", "60m"] = found["B09", "60m"] + 1
    for (band, resolution), cells in found.items():
        where = granule if level == "L1C" else granule / f"R{resolution}"
        where.mkdir(parents=True, exist_ok=True)
        suffix = "" if level == "L1C" else f"_{resolution}"
        write(where / f"{tile}_{day}T013442_{band}{suffix}.jp2", cells, driver="JP2OpenJPEG", crs=crs,
              bounds=(399960, 0, 400080, 120), QUALITY="100", REVERSIBLE="YES")  # fmt: skip
    time = f"{day[:4]}-{day[4:6]}-{day[6:]}T01:34:42.460Z"
    (root / f"MTD_MSI{level}.xml").write_text(_METADATA.format(time=time))
    (root / "manifest.safe").write_text("<xfdu/>")
    if not archive:
        return root, found
    packed = folder / f"{name}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(root.rglob("*")):
            file.write(path, path.relative_to(folder))
    shutil.rmtree(root)
    return packed, found
