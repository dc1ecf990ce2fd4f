# SPDX-License-Identifier: MIT
"""Products of Sentinel-2 as ESA delivers them: folders of the SAFE layout, or ZIP archives with one.

Images of bands are found by their names below ``GRANULE/*/IMG_DATA``, and the instant and the nil value in
``MTD_MSIL1C.xml`` or ``MTD_MSIL2A.xml``; nothing else of the product is needed.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from lxml import etree

from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.wcst_import.errors import FileRefused

__all__ = ["BANDS", "LEVELS", "SafeProduct"]

BANDS = {
    "10m": ("B4", "B3", "B2", "B8"),
    "20m": ("B5", "B6", "B7", "B8A", "B11", "B12"),
    "60m": ("B1", "B9", "B10"),
    "TCI": ("TCI",),
}
"""Bands by resolution; level 2A has no B10."""
LEVELS = ("L1C", "L2A")

_COLOURS = ("red", "green", "blue")
_METADATA = re.compile(r"(?:.*/)?MTD_MSI(L1C|L2A)\.xml")
_IMAGE = re.compile(r".*\bGRANULE/([^/]+)/IMG_DATA/(?:R(\d+m)/)?[^/]+_(B\d\d|B8A|TCI)(?:_(\d+m))?\.(?:jp2|tiff?)")


class SafeProduct:
    """One product.

    Parameters
    ----------
    path : str
        Of the folder, its metadata file, or the archive.

    Raises
    ------
    FileRefused
        When it is none.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._root = Path(path).parent if _METADATA.fullmatch(Path(path).name) else Path(path)
        self._names = tuple(self._listed())
        found = [(name, level[1]) for name in self._names if (level := _METADATA.fullmatch(name))]
        if len(found) != 1:
            raise FileRefused(
                f"{path} is no product of Sentinel-2: there are {len(found)} files MTD_MSIL1C.xml or MTD_MSIL2A.xml; "
                "accepted: a folder .SAFE, or a ZIP archive of one",
                locator=path,
            )
        self._metadata, self.level = found[0]

    def _listed(self) -> Iterator[str]:
        """Names of the files of the product, relative to its folder or as the archive has them."""
        if self._root.is_dir():
            patterns = ("MTD_MSI*.xml", "GRANULE/*/IMG_DATA/*", "GRANULE/*/IMG_DATA/*/*")
            yield from (
                path.relative_to(self._root).as_posix() for pattern in patterns for path in self._root.glob(pattern)
            )
            return
        try:
            with zipfile.ZipFile(self._root) as archive:
                yield from archive.namelist()
        except (OSError, zipfile.BadZipFile) as error:
            raise FileRefused(
                f"{self.path} is neither a folder nor a ZIP archive: {error}", locator=self.path
            ) from error

    @cached_property
    def _document(self) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            if self._root.is_dir():
                content = (self._root / self._metadata).read_bytes()
            else:
                with zipfile.ZipFile(self._root) as archive:
                    content = archive.read(self._metadata)
            return etree.fromstring(content, parser)
        except (OSError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
            raise FileRefused(f"{self._metadata} of {self.path} cannot be read: {error}", locator=self.path) from error

    @property
    def time(self) -> str:
        """When it was sensed; raises FileRefused."""
        for name in ("PRODUCT_START_TIME", "DATATAKE_SENSING_START"):
            for element in self._document.iter(f"{{*}}{name}"):
                if (element.text or "").strip():
                    return str(element.text).strip()
        raise FileRefused(f"{self._metadata} of {self.path} has no PRODUCT_START_TIME", locator=self.path)

    @property
    def nil(self) -> tuple[float, ...]:
        """The value of cells that were not seen."""
        for special in self._document.iter("{*}Special_Values"):
            found = {etree.QName(child).localname: (child.text or "").strip() for child in special}
            value = found.get("SPECIAL_VALUE_INDEX", "")
            if found.get("SPECIAL_VALUE_TEXT") == "NODATA" and value.isdigit():
                return (float(value),)
        return ()

    def scenes(self, resolution: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Names of bands and paths of images of a resolution, for each granule that has some."""
        granules: dict[str, dict[str, str]] = defaultdict(dict)
        for name in self._names:
            found = _IMAGE.fullmatch(name)
            if found is None:
                continue
            granule, folder, band, suffix = found.groups()
            shown = band if band in ("TCI", "B8A") else f"B{int(band[1:])}"
            own = suffix or folder
            wanted = "10m" if resolution == "TCI" else resolution
            if shown in BANDS[resolution] and own in (None, wanted):
                granules[granule][shown] = name
        for _, images in sorted(granules.items()):
            bands = [band for band in BANDS[resolution] if band in images]
            names = _COLOURS if resolution == "TCI" else tuple(bands)
            yield names, tuple(self._path(images[band]) for band in bands)

    def _path(self, name: str) -> str:
        if self._root.is_dir():
            return str(self._root / PurePosixPath(name))
        return RasterPath(
            f"/vsizip/{{{self._root}}}/{name}", validator=file_validator(str(self._root)), file=str(self._root)
        )
